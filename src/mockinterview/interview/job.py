"""Chooses the questions that a job description calls for, each with the phrase that calls for it.

Retrieval ranks the questions for every phrase. As it always finds something, also for "dental insurance", a question only counts
where the phrase names its subject: see `_Subject.calls_for`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from mockinterview.errors import UsageError
from mockinterview.interview.planning import wanted
from mockinterview.interview.policy import level_rank
from mockinterview.models import Bank, Plan, Question
from mockinterview.ports import Retriever

CANDIDATES = 8  # questions that retrieval proposes for a phrase
SPECIFIC = 0.15  # a word that stands in the wording of more questions than this share names no subject
LONGEST = 200  # characters of a phrase that are shown
_CUTS = re.compile(r"[.;:!?](?:\s|$)|[,()\[\]\n•·|]|\s[-–—*/+&]+\s|\b(?:and|or|such as|including|e\.g\.)\s", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_INNER_CAPITAL = re.compile(r"(?<=\w)[A-Z]")

# What every job description says, of whatever trade; and the names of our own, which call for no question more than another.
_EVERYDAY = """
    ability able about across advanced advantage after again against ai all already also always and any application
    apply approach are around artificial as ask assumption at autonomous based basic batch be because become been before
    being benefits best better between big both bring build business busy but buy call can candidate cannot capacity
    care certificate change chef choice choose clear close code come common communication companies company competitive
    complex computer concepts conference cost could cross customer daily data day dead decrease deep define definition
    deliver dense deploy depth describe design desirable develop development diagnose diagnosis did different
    disadvantage dive do does doing done drive during each early either element employer end engineer english
    environment equal even ever every excellent existing experience expert expertise explain extreme familiarity family
    fast faulty few field find first fix fluent for forward framework from full function further future general get give
    go good got great ground growth had hand has have having he head help her here hidden high highly him hire hiring
    his how ideally identical if impact important improve in industry ingredient initial intelligence intensive
    international into is issue it iterate its job join junior just keep knowledge large latest layered lead learn least
    let level life like long look looking love low machine made make manage manager many may me mean mentor method
    methodology metrics might ml model modelling modern more most move much multi multiple must my name need neither
    network neural never new nice no nor not now of off offer offering office often on once one only open opportunity
    option order our out output over own pad part partner passion pay people per person placement plan planning play
    plus point position practical practice preferred prerequisite present principles problem process product production
    professional proficiency program programming project proven provide provided put quality range rate read real reduce
    regular related reliable remote required requirements research responsibilities responsible results role run salary
    same scale science scientific scientist search second seek select sell senior separate serve set several shall share
    she shift should show sign single size skill small so software solid solution solve some somebody sometimes speed
    start state step still strategy strong structure study such support system take talk task team technical techniques
    technologies technology tell test than that the their them then there these they think this those three through time
    to together too tools toward towards track traditional train turn two type under understand unit universal up us use
    used user using usually value variant variety very via vs walkthrough want was way we well were what when where
    which who why will with within without word work world would write year yet you your zero
"""

_FIELD = frozenset({"data scienc", "deep learn", "machin learn", "neural network"})  # pairs that name the field, as stems

# Words with the stem of a term of the field and another meaning ("digital transformation", "talent pool").
_LOOKALIKES = frozenset(
    """
    active actively activities activity boost boosts boosted derive derived derives distil distill distills initiative
    initiatives logistics normal normally pool saturated transform transformation transformations transforms transforming
    valid validate validated validates
    """.split()
)


@dataclass(frozen=True, slots=True)
class Pick:
    """A question and the phrase of the job description that calls for it, in the description's own words."""

    question_id: str
    phrase: str


def called_for(
    text: str, bank: Bank, retriever: Retriever, count: int, *, allowed: Iterable[Question] | None = None, seen: Sequence[str] = ()
) -> list[Pick]:
    """Return at most `count` questions that a job description calls for, easier ones first.

    Each phrase gets one question before any gets a second. `allowed` are the questions to choose from (default: all); those in
    `seen` come last. Raises UsageError where no phrase calls for any.
    """
    questions = {q.id: q for q in (bank if allowed is None else allowed)}
    subjects = _subjects(bank)
    turns = [(phrase, _fitting(phrase, subjects, retriever, questions, seen)) for phrase in phrases(text)]
    picked: dict[str, str] = {}
    for turn in range(CANDIDATES):
        for phrase, found in turns:
            fresh = [name for name in found if name not in picked]
            # In its first turn a phrase that an earlier one has served already takes nothing.
            if fresh and len(picked) < count and (turn or fresh[0] == found[0]):
                picked[fresh[0]] = phrase
    if not picked:
        raise UsageError("The job description names nothing that the bank has questions on.", "Choose topics with --topic instead.")
    return [Pick(name, picked[name]) for name in sorted(picked, key=lambda name: level_rank(questions[name]))]


def plan_for_job(text: str, bank: Bank, plan: Plan, retriever: Retriever, seen: Sequence[str] = ()) -> Plan:
    """Return the plan with the questions that a job description calls for, and why; its topics and its level still hold.

    Raises UsageError where the plan names its questions already, or names an unknown topic, or nothing is called for.
    """
    if plan.questions or plan.about:
        raise UsageError("A job description chooses the questions itself.", "Leave out --question and --about.")
    for topic in plan.topics:
        bank.check_topic(topic)
    allowed = [q for q in bank if q.topic in (plan.topics or bank.topics) and plan.level in (None, q.level)]
    picks = called_for(text, bank, retriever, wanted(plan), allowed=allowed, seen=seen)
    because = {pick.question_id: pick.phrase for pick in picks}
    return plan.model_copy(update={"questions": tuple(because), "because": because})


def phrases(text: str) -> list[str]:
    """Return the phrases of a text, each once, in order: what stands between marks, bullets and conjunctions."""
    cut = (" ".join(piece.split()).strip(" -–—*'\"")[:LONGEST] for piece in _CUTS.split(text))
    return list(dict.fromkeys(piece for piece in cut if piece))


def _fitting(
    phrase: str, subjects: Mapping[str, _Subject], retriever: Retriever, questions: Mapping[str, Question], seen: Sequence[str]
) -> list[str]:
    """Return the questions whose subject a phrase names, those not seen lately first, else in the order of retrieval."""
    named = _Subject.of(phrase, phrase)
    found = [p.question_id for p in retriever.questions(phrase, k=CANDIDATES)] if named.names or named.words else []
    fitting = [name for name in found if name in questions and named.calls_for(subjects[name])]
    return sorted(fitting, key=lambda name: name in seen)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a text is about: `names` (words and pairs of its title), all its `words`, and `marked` ones (SGD, PyTorch)."""

    names: frozenset[str]
    words: frozenset[str]
    marked: frozenset[str]

    @classmethod
    def of(cls, title: str, text: str) -> _Subject:
        stems = [_stem(word) for word in _said(title)]
        pairs = {f"{one} {two}" for one, two in pairwise(stems) if min(len(one), len(two)) > 2}
        return cls(
            names=frozenset((pairs - _FIELD) | (set(stems) - _everyday())),
            words=frozenset(map(_stem, _said(text))) - _everyday(),
            marked=frozenset(_stem(word) for word in _said(text) if _INNER_CAPITAL.search(word)),
        )

    def calls_for(self, question: _Subject) -> bool:
        """Tell whether a phrase is about a question: it has one of its names, two of its words, or a marked one."""
        return bool(self.names & question.names or len(self.words & question.words) > 1 or self.marked & question.words)


def _subjects(bank: Bank) -> dict[str, _Subject]:
    """Return the subject of each question, without what many questions have in common.

    Its id is its title. A word of any title is a name wherever it stands: as "convolution" is one, so are the convolutional
    networks that the wording of a question speaks of.
    """
    subjects = {q.id: _Subject.of(q.id.replace("-", " "), " ".join((q.id.replace("-", " "), q.ask, *q.variants))) for q in bank}
    counts = Counter(item for s in subjects.values() for item in s.names | s.words)
    common = {item for item, count in counts.items() if count > max(2, SPECIFIC * len(bank))}
    titles = frozenset[str]().union(*(s.names for s in subjects.values()))
    return {name: _Subject((s.names | s.words & titles) - common, s.words - common, s.marked) for name, s in subjects.items()}


def _said(text: str) -> list[str]:
    """Return the words of a text in order, without numbers, single letters and lookalikes."""
    return [word for word in _WORD.findall(text) if word.isalpha() and len(word) > 1 and word.casefold() not in _LOOKALIKES]


@cache
def _everyday() -> frozenset[str]:
    return frozenset(map(_stem, _EVERYDAY.split()))


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Return the stem of a word, the same for British and American spellings."""
    return str(_stemmer().stemWord(word.casefold().replace("isation", "ization").replace("ise", "ize")))


@cache
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")
