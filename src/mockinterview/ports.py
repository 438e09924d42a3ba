"""What the core needs from the world, as protocols. Adapters implement them; nothing here is ever instantiated."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from mockinterview.models import Assessment, Event, Format, Move, Question

T = TypeVar("T")
PassageKind = Literal["question", "point", "misconception", "model_answer"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the bank that retrieval found: which question, what kind of text, and a score that only orders."""

    question_id: str
    kind: PassageKind
    item_id: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat request."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more requests, as the server reported them; `cost` in the currency of the configured prices."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    cost: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Return the sum of two usages."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.requests + other.requests,
            self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that was said, and by whom."""

    speaker: Literal["interviewer", "candidate"]
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What the interviewer knows when it speaks: the question in focus, the talk so far, and a seed for its wording.

    `spoken` is all that the interviewer has said so far, in order; `talk` the last turns of both.
    """

    question: Question
    seed: int
    spoken: tuple[str, ...] = ()
    dont_know: bool = False
    last_answer: str = ""
    format: Format = "phone"
    talk: tuple[Turn, ...] = ()
    shown: bool | None = None  # whether the last answer earned anything; None where that is not told, as in an exam
    earlier: tuple[str, ...] = ()  # closed questions, one line each: what was asked and how it went


class Grader(Protocol):
    """Turns one answer to one question into verdicts. `name` is the label that every mark carries."""

    @property
    def name(self) -> str:
        """The label of the marks: "embedded", or the model's name."""

    def warm_up(self) -> None:
        """Begin to load what grading needs, in the background; called once the first question is on the screen."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdicts on `answer`; raise BackendError where the grader cannot be reached."""


class Interviewer(Protocol):
    """Chooses among allowed moves and phrases them. It cannot leave the moves that the policy allows."""

    @property
    def name(self) -> str:
        """Who speaks: "embedded", or the model's name."""

    async def choose(self, moves: Sequence[Move], scene: Scene) -> Move:
        """Return one of `moves`; the first one is what the policy would do."""

    def say(self, move: Move, scene: Scene) -> AsyncIterator[str]:
        """Yield the words of a move, piece by piece."""


class ChatModel(Protocol):
    """A language model behind any door. All methods raise BackendError for every expected failure."""

    @property
    def name(self) -> str:
        """The model's name, used as label."""

    @property
    def context_window(self) -> int:
        """The number of tokens that prompt and reply may have together."""

    @property
    def usage(self) -> Usage:
        """The sum of all requests of this session, as the server reported them."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know about this model and cannot see: a prompt that was cut, a window that was assumed."""

    async def fits(self, messages: Sequence[Message], *, max_tokens: int) -> bool:
        """Tell whether prompt and reply stay within the context window."""

    async def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        *,
        max_tokens: int,
        temperature: float | None = None,
    ) -> T:
        """Return what `read` makes of a JSON object that was asked to follow `schema` (a JSON Schema).

        `read` validates: it raises ValueError with a sentence that the model is told, once, before BackendError is raised.
        Raises PromptTooLongError where prompt and reply exceed the window.
        """

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece; closing the iterator cancels the request."""


class Retriever(Protocol):
    """Finds pieces of the bank by meaning and wording."""

    def search(self, query: str, k: int = 5, kinds: Iterable[PassageKind] = ()) -> list[Passage]:
        """Return the best `k` passages, best first, of the given kinds (all, where none is given)."""

    def questions(self, query: str, k: int = 5) -> list[Passage]:
        """Return the best `k` distinct questions for a query, best first."""


class SessionLog(Protocol):
    """Append-only store of events. `append` returns only when the event is safe on disk."""

    def append(self, session_id: str, event: Event) -> None:
        """Store an event durably; raise StorageError where that is impossible."""

    def events(self, session_id: str) -> list[Event]:
        """Return the events of a session in order; raise UsageError where there is no such session."""
