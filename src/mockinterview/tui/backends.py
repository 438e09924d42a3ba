"""What the models behind an interview have to say for themselves: a wait, a notice, what they cost, that one gave up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mockinterview.sanitize import clean
from mockinterview.tui.keys import label

if TYPE_CHECKING:
    from mockinterview.errors import BackendError
    from mockinterview.tui.core import Backend, Wait


class Backends:
    """The models of one interview; none where the embedded interviewer leads it."""

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._backends = tuple(backends)
        self._told: set[str] = set()
        self._set_aside: set[str] = set()

    def listen(self, on_wait: Callable[[str], object]) -> None:
        """Set who is told about a wait: one line a second, "" when it is over. Called in the thread of the interview."""
        for backend in self._backends:
            backend.listen(_teller(backend.name, on_wait))

    def spent(self) -> str:
        """Return what was used up to now, "" where nothing was."""
        used = [backend.usage for backend in self._backends]
        tokens = sum(usage.prompt_tokens + usage.completion_tokens for usage in used)
        cost = sum(usage.cost for usage in used)
        return f"{tokens:,} tokens{f', cost {cost:.4f}' if cost else ''}" if tokens else ""

    @property
    def given_up(self) -> tuple[str, ...]:
        """The names of the models that are not asked any more."""
        return tuple(backend.name for backend in self._backends if backend.set_aside)

    def news(self) -> list[str]:
        """Return what was not told before: notices of the models, and that one is set aside."""
        now = {notice for backend in self._backends for notice in backend.notices}
        aside = set(self.given_up)
        fresh = [*sorted(now - self._told), *(_given_up(name) for name in sorted(aside - self._set_aside))]
        self._told |= now
        self._set_aside = aside
        return fresh

    def try_again(self) -> None:
        """Ask the models again that were set aside."""
        for backend in self._backends:
            if backend.set_aside:
                backend.try_again()
        self._set_aside = set()


def _given_up(name: str) -> str:
    return f"{name} failed too often and is not asked any more; the embedded interviewer goes on. {label('retry')} asks it again."


def _teller(name: str, on_wait: Callable[[str], object]) -> Callable[[Wait], None]:
    def tell(wait: Wait) -> None:
        line = f"{name}: {wait.reason} Attempt {wait.attempt + 1} of {wait.attempts} in {wait.seconds:.0f} s"
        on_wait(line if wait.seconds else "")

    return tell


class BackendPanel(ModalScreen[str]):
    """What to do about a backend that cannot be used. Ends with "embedded", "again" or ""."""

    DEFAULT_CSS = """
    BackendPanel { align: center middle; }
    BackendPanel Vertical { width: 70; max-width: 95%; height: auto; border: round $warning; padding: 1 2; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,e", "dismiss('embedded')", "Embedded"),
        Binding("r", "dismiss('again')", "Try again"),
        Binding("escape,q", "dismiss('')", "Cancel"),
    ]

    def __init__(self, error: BackendError) -> None:
        super().__init__()
        self.error = error

    def compose(self) -> ComposeResult:
        """Yield the reason and the ways on."""
        ways = "Enter  go on with the embedded interviewer\nR      try again\nEsc    cancel"
        with Vertical():
            yield Static(Content(clean(f"{self.error.message}\n{self.error.hint}\n\n{ways}")), markup=False)
