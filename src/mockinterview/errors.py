"""The one tree of expected errors.

    MockInterviewError          exit code 1
    ├── UsageError              2   wrong arguments: unknown question, topic, level, session
    ├── SettingsError           2   a setting or a configuration file is wrong
    ├── BankError               1   a file of the question bank is broken or missing
    ├── StorageError            1   the session log cannot be read or written
    ├── RetrievalError          1   the index cannot be used (callers fall back to lexical search)
    ├── EncoderError            1   a model file that ships with the package cannot be used (callers do without it)
    ├── BackendError            3   a model cannot be reached or does not answer usefully
    │   └── PromptTooLongError  3   prompt and reply do not fit into the model's context window
    ├── GradingError            1   an answer could not be graded; it is then *not graded*, never zero
    ├── NotComparableError      4   two evaluation runs that must not be compared
    └── EvalError               1   an evaluation failed or found a regression

Every error carries one sentence that says what is wrong and a `hint`: the one thing that the person can do about it.
Anything that is not a `MockInterviewError` is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MockInterviewError(Exception):
    """An expected failure: `message` says what is wrong, `hint` the one thing to do about it."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message followed by the hint, as one line of plain text."""
        return f"{self.message} {self.hint}".strip()


class UsageError(MockInterviewError):
    """Wrong arguments: an unknown question, topic, level or session."""

    exit_code = 2


class SettingsError(MockInterviewError):
    """A setting or a configuration file is wrong."""

    exit_code = 2


class BankError(MockInterviewError):
    """A file of the question bank is broken or missing."""


class StorageError(MockInterviewError):
    """The session log cannot be read or written."""


class RetrievalError(MockInterviewError):
    """The retrieval index cannot be used."""


class EncoderError(MockInterviewError):
    """A model file for search or grading is missing or damaged, or its runtime cannot be used."""


class BackendError(MockInterviewError):
    """A model cannot be reached or does not answer usefully."""

    exit_code = 3


class PromptTooLongError(BackendError):
    """Prompt and reply do not fit into the model's context window; callers divide the prompt."""


class GradingError(MockInterviewError):
    """An answer could not be graded. It stays ungraded; it never counts as zero."""


class NotComparableError(MockInterviewError):
    """Two evaluation runs that must not be compared with each other."""

    exit_code = 4


class EvalError(MockInterviewError):
    """An evaluation run failed."""


def nearest_hint(wrong: str, known: Iterable[str], listing: str) -> str:
    """Return a hint that names the closest of `known` to `wrong`, or how to list them all (`listing`, a command)."""
    close = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    meant = f"Did you mean '{close[0]}'? " if close else ""
    return f"{meant}{listing}"
