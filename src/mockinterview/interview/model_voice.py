"""A language model as interviewer. The policy says what may be asked; the model chooses among it and words it, under guard.

The guard lets words through as they come, and stops at the first one that would give something away, mark the candidate or
change a number. Whatever the model does, the bank's own question is asked in the end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Final

from mockinterview.errors import BackendError
from mockinterview.grading.lexicon import Role, lexeme, stem
from mockinterview.interview.wording import phrase
from mockinterview.models import Bank, Move, Origin
from mockinterview.ports import ChatModel, Message, Scene, Turn
from mockinterview.prompts import Prompts, fenced, harmless, shown

SAY_TOKENS: Final = 160
CHOICE_TOKENS: Final = 40
MOST_SENTENCES: Final = 2
MOST_CHARACTERS: Final = 400
KEPT_TURNS: Final = 2  # the last question and its answer stay in the prompt whatever the window
SHARED: Final = 0.25  # part of the content words of the bank's question that a rewording keeps
# Words that judge or quote the machinery: an interviewer who says them has left the role.
_OUT_OF_ROLE: Final = frozenset(
    map(
        stem,
        """great excellent perfect brilliant impressive fantastic amazing correct correctly incorrect wrong mistaken score scored
        scores system assistant instructions prompt""".split(),
    )
)
_TELLING: Final = frozenset({"zero", "zeros", "zeroes"})  # light for the grader, but an answer all the same
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PURPOSES: Final[dict[Origin, str]] = {
    "misconception": "test a statement of the candidate, without telling that it is doubtful",
    "probe": "draw out more about the same thing",
    "documented": "a related question",
    "implied": "a related question",
    "deepen": "one step further",
    "exercise": "a small calculation",
    "example": "ask for it as a formula",
    "redirect": "back to the question",
}


class ModelInterviewer:
    """Implements `ports.Interviewer` with a model; what it cannot do, the embedded wording does."""

    def __init__(self, model: ChatModel, prompts: Prompts, bank: Bank, *, fence: Callable[[str, str], str] = fenced) -> None:
        self.model = model
        self._say, self._choice = prompts.get("interviewer"), prompts.get("choice")
        self._bank = bank
        self._fence = fence

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    async def choose(self, moves: Sequence[Move], scene: Scene) -> Move:
        """Return the move that the model prefers; the policy's own where it has no choice or fails."""
        if len(moves) == 1:
            return moves[0]
        schema = {
            "type": "object", "properties": {"choice": {"type": "integer", "enum": list(range(1, len(moves) + 1))}},
            "required": ["choice"], "additionalProperties": False,
        }  # fmt: skip
        options = [{"purpose": _PURPOSES[move.origin], "text": harmless(move.text)} for move in moves]
        try:
            messages = await self._fitting(
                scene, CHOICE_TOKENS, lambda talk: self._choice.messages(**self._setting(scene), talk=talk, moves=options)
            )
            number = await self.model.complete_json(
                messages, schema, lambda data: _choice(data, len(moves)), max_tokens=CHOICE_TOKENS
            )
        except BackendError:
            return moves[0]
        return moves[number - 1]

    async def say(self, move: Move, scene: Scene) -> AsyncIterator[str]:
        """Yield the model's wording as it comes; what it leaves out, breaks off or must not say is made good by the bank's."""
        question = move.text or phrase(move, scene)
        guard = Guard(self._secrets(move, scene), _allowed(move, scene))
        broke_off = False
        try:
            async with aclosing(self._worded(move, scene)) as pieces:
                async for piece in pieces:
                    if text := guard.take(piece):
                        yield text
                    if guard.closed:
                        break
        except BackendError:
            broke_off = True
        if text := guard.rest():
            yield text
        yield _ending(guard, question, phrase(move, scene), broke_off=broke_off)

    async def _worded(self, move: Move, scene: Scene) -> AsyncGenerator[str, None]:
        task = {"purpose": _PURPOSES[move.origin], "text": harmless(move.text) or "Ask for it as a formula."}
        messages = await self._fitting(
            scene, SAY_TOKENS, lambda talk: self._say.messages(**self._setting(scene), talk=talk, **task)
        )
        async with aclosing(self.model.stream(messages, max_tokens=SAY_TOKENS)) as pieces:
            async for piece in pieces:
                yield piece

    def _setting(self, scene: Scene) -> dict[str, Any]:
        earlier = [" ".join(harmless(line).split()) for line in scene.earlier]
        return {"topic": scene.question.topic, "ask": harmless(scene.question.ask), "earlier": earlier}

    async def _fitting(self, scene: Scene, reply: int, build: Callable[[str], list[Message]]) -> list[Message]:
        """Return the prompt with as much of the talk about this question as fits: the oldest turns go first, the last two stay."""
        talk = _about(scene)
        while True:
            messages = build(self._fence(shown([(turn.speaker, turn.text) for turn in talk]), "talk"))
            if len(talk) <= KEPT_TURNS or await self.model.fits(messages, max_tokens=reply):
                return messages
            talk = talk[1:]

    def _secrets(self, move: Move, scene: Scene) -> set[str]:
        """Return the stems of the words that the move is after, as far as nobody has said them yet."""
        return content_stems(_answers(move, scene, self._bank)) - content_stems(_allowed(move, scene))


def _choice(data: dict[str, Any], count: int) -> int:
    number = data.get("choice")
    if isinstance(number, str) and number.strip().isdigit():
        number = int(number)
    if not isinstance(number, int) or not 1 <= number <= count:
        raise ValueError(f'"choice" must be a number from 1 to {count}')
    return number


def _about(scene: Scene) -> tuple[Turn, ...]:
    """Return the turns since the question in talk was put."""
    asks = (scene.question.ask, *scene.question.variants)
    starts = [i for i, t in enumerate(scene.talk) if t.speaker == "interviewer" and any(ask in t.text for ask in asks)]
    return scene.talk[starts[-1] :] if starts else scene.talk


def _answers(move: Move, scene: Scene, bank: Bank) -> list[str]:
    """Return the sentences of the bank that answer what the move asks."""
    question = scene.question if scene.question.id == move.question_id else bank.get(move.question_id)
    match move.origin:
        case "probe" | "deepen":
            return [question.point(move.target).claim]
        case "misconception":
            return [question.misconception(move.target).correction]
        case "documented" | "implied":
            return [point.claim for point in bank.get(move.to).core]
    return [point.claim for point in question.core]


def _allowed(move: Move, scene: Scene) -> list[str]:
    """Return what has been said or is going to be: none of it can be given away any more."""
    return [scene.question.ask, *scene.question.variants, move.text, scene.last_answer, *(turn.text for turn in scene.talk)]


def content_stems(texts: Iterable[str]) -> set[str]:
    """Return the stems of the words of some texts that carry content."""
    words = {word for text in texts for word in _WORD.findall(text.lower())}
    return {stem(word) for word in words if not word.isdigit() and _carries(word)}


def _carries(word: str) -> bool:
    found = lexeme(word)
    return found.role == Role.CONTENT and (not found.light or word in _TELLING)


class Guard:
    """Lets a stream of text through word by word until it is complete, or would say something that it must not."""

    def __init__(self, secrets: Iterable[str], allowed: Iterable[str]) -> None:
        said = " ".join(allowed).lower()
        self._numbers = set(re.findall(r"\d+", said))
        self._stops = frozenset(secrets) | (_OUT_OF_ROLE - {stem(word) for word in _WORD.findall(said)})
        self._word = self._held = ""
        self._sentences = 0
        self.text = ""
        self.leaked = False
        self.complete = False

    @property
    def closed(self) -> bool:
        """Whether nothing more is let through."""
        return self.leaked or self.complete

    def take(self, piece: str) -> str:
        """Return what may be shown now; the beginning of a word that may become a forbidden one is held back."""
        out = ""
        for character in piece:
            out += self._character(" " if character.isspace() else character)
            if self.closed:
                break
        if not self.closed and self._held and not self._may_be_forbidden():
            out, self._held = out + self._held, ""
        return self._shown(out)

    def rest(self) -> str:
        """Return what was held back, once the stream has ended."""
        if self.closed or self._forbidden():
            self.leaked = self.leaked or not self.complete
            return ""
        held, self._held, self._word = self._held, "", ""
        return self._shown(held)

    def _character(self, character: str) -> str:
        if character.isalnum():
            self._word += character
            self._held += character
            return ""
        if self._forbidden():
            self.leaked, self._held = True, ""
            return ""
        out, self._held, self._word = self._held + character, "", ""
        self._count(character, out)
        return "" if self.closed and character == " " else out

    def _count(self, character: str, out: str) -> None:
        length = len(self.text) + len(out)
        if character == "?" or length > MOST_CHARACTERS:
            self.complete = True  # exactly one question
        elif character in ".!":
            self._sentences += 1
        elif character == " " and self._sentences >= MOST_SENTENCES:
            self.complete = True

    def _forbidden(self) -> bool:
        word = self._word.lower()
        if word.isdigit():
            return word not in self._numbers
        return bool(word) and stem(word) in self._stops

    def _may_be_forbidden(self) -> bool:
        word = self._word.lower()
        # The last letter of a stem is often not that of the word: memory, memori.
        return word.isdigit() or any(word.startswith((s[:-1] or s)[: len(word)]) for s in self._stops)

    def _shown(self, out: str) -> str:
        if not self.text:
            out = out.lstrip(' "“*#>-')
        self.text += out
        return out


def _ending(guard: Guard, question: str, wording: str, *, broke_off: bool) -> str:
    """Return what is still to be said so that the bank's question has been asked."""
    said = guard.text.strip()
    if not said:
        return wording
    if guard.leaked or (broke_off and not said.endswith("?")):
        return f"{'' if guard.text.endswith(' ') else ' '}… Let me put it this way: {question}"
    if not said.endswith("?") or not _same_subject(said, question):
        return f"{'' if guard.text.endswith(' ') else ' '}{question}"
    return ""


def _same_subject(said: str, question: str) -> bool:
    wanted = content_stems([question])
    return not wanted or len(wanted & content_stems([said])) >= SHARED * len(wanted)
