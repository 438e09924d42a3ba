"""What every test may rely on."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard():
    """Listen to SIGINT: a run in the background of a shell is started deaf to it, and so would be every process that a test interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
