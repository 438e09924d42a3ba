"""`python -m mockinterview`."""

import sys

from mockinterview.cli import main

sys.exit(main())
