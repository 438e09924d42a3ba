"""The terminal app: three screens over one interview. The only part that knows Textual.

`app`, `start`, `frame`, `choice`, `core` paint the first frame and import nothing heavy; the rest comes once that is on screen.
"""

import os

# Textual reads this at its import. After a frame, its timer lets between one and two periods go by before the next one: at its own
# 60 a second, a word that comes just after a frame would wait for up to 33 ms.
os.environ.setdefault("TEXTUAL_FPS", "120")
