"""A mock interviewer for deep-learning interviews, in the terminal."""

__version__ = "0.1.0"
