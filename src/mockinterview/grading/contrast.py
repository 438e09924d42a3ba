"""Who does what: the things that a question sets against each other, and which of them each word of a statement is about.

"Bagging reduces variance, boosting reduces bias" and its swapped version have the same words; only the owners of the words differ.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from mockinterview.grading.lexicon import Lexeme, Role, lexeme
from mockinterview.grading.reading import Reading, Token, normalise
from mockinterview.models import Question

_CUE: Final = re.compile(
    r"\bvs\b|versus|differ|compar|\bapart\b|ranges of|each of|distinguish|contrast|separates|relate to| or |rather than|instead of"
    r"|in place of|displace|\bthan an?\b|what are|roles"
)
_CONNECTORS: Final = frozenset("and or vs versus from than over with ,".split())
_WORDS: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|,|[.?!:;]")
_PLAIN: Final = frozenset("plain classical that ordinary simple".split())
_PHRASE: Final = 3  # words that the name of a thing has at most


def key(concept: str, sign: int) -> str:
    """Return the name of a thing: opposites ("deep", "shallow") are two things, so their sign belongs to it."""
    return f"{concept}{'-' if sign < 0 else '+'}" if concept.endswith("±") else concept


def _key(entry: Lexeme) -> str:
    return key(entry.concept, entry.sign)


def entities_of(question: Question) -> frozenset[str]:
    """Return the keys of the things that the question's wording joins or contrasts ("bagging and boosting"), none if fewer than two."""
    claims = [{_key(lexeme(w)) for w in _WORDS.findall(normalise(point.claim))} for point in question.points]
    named = [question.id.replace("-", " ")] if "-vs-" in question.id else []
    asked = [text for text in (question.ask, *question.variants) if _CUE.search(text.lower())]
    found = _contrasted(named, claims) or _contrasted(asked[:1], claims) or _contrasted(asked, claims)
    return frozenset(found) if len(found) > 1 else frozenset()


def _contrasted(texts: Sequence[str], claims: Sequence[set[str]]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        words = _WORDS.findall(re.sub(r"\bwithout\b", "or", normalise(text)))
        for at, word in enumerate(words):
            if word in _CONNECTORS:
                left, right = _before(words, at), _after(words, at)
                pair = _opposites(left, right) or (_name(left, right, claims), _name(right, left, claims))
                found |= set(pair) if all(pair) and (word != "," or _listed(words[at:])) else set()
    # "small" without "large" beside it is a property, not a thing
    lone = {k for k in found if k[-1] in "+-" and k[:-1] + ("-" if k[-1] == "+" else "+") not in found and k[:4] != "same"}
    return found - lone if len(found - lone) > 1 else set()


def _opposites(left: Sequence[str], right: Sequence[str]) -> tuple[str, str] | None:
    """Return two things that are named by opposites ("deep", "shallow"), if both sides have them."""
    return next(((a, b) for a in left for b in right if a[-1] in "+-" and a[:-1] == b[:-1] and a != b), None)


def _listed(words: Sequence[str]) -> bool:
    """Tell whether a comma stands in a list ("a, b and c"): a conjunction follows within the next few words."""
    return any(word in ("and", "or") for word in words[1 : 2 * _PHRASE + 2])


def _before(words: Sequence[str], at: int) -> list[str]:
    found: list[str] = []
    while at and len(found) < _PHRASE and _is_content(words[at - 1]):
        at -= 1
        found.append(_key(lexeme(words[at])))
    return found


def _after(words: Sequence[str], at: int) -> list[str]:
    found: list[str] = []
    at += 1
    for _ in range(_PHRASE):
        if at < len(words) and (lexeme(words[at]).role in (Role.FUNCTION, Role.BOUNDARY) or words[at] in _PLAIN):
            at += 1
    while at < len(words) and len(found) < _PHRASE and _is_content(words[at]):
        found.append(_key(lexeme(words[at])))
        at += 1
    return found


def _is_content(word: str) -> bool:
    return word[0].isalnum() and lexeme(word).role == Role.CONTENT


def _name(own: Sequence[str], other: Sequence[str], claims: Sequence[set[str]]) -> str:
    """Return the word that tells a thing from the other one: the rarest in the claims, but in at least one of them."""
    fit = [k for k in own if k not in other and k[0] != "#" and not lexeme(k).light and any(k in claim for claim in claims)]
    return min(fit, key=lambda k: sum(k in claim for claim in claims), default="")


def subject_of(claim: Reading, entities: frozenset[str]) -> str:
    """Return the entity of which a claim speaks: the one that leads it or the only one in it, else ""."""
    inside = _inside(claim.tokens, entities)
    if inside and (len(set(inside)) == 1 or _token_key(claim.tokens[0]) == inside[0]):
        return inside[0]
    return ""


def _token_key(token: Token) -> str:
    return key(token.concept, token.sign)


def named_in(reading: Reading, entities: frozenset[str]) -> frozenset[str]:
    """Return the entities that a reading names."""
    return frozenset(_inside(reading.tokens, entities))


def _inside(tokens: Sequence[Token], entities: frozenset[str]) -> list[str]:
    """Return the entities named, in order; of a compound ("leaky ReLU") only the first word counts."""
    keys = [_token_key(t) for t in tokens]
    return [k for i, k in enumerate(keys) if k in entities and not (i and keys[i - 1] in entities and keys[i - 1] != k)]


def owners_of(readings: Sequence[tuple[Reading, int]], entities: frozenset[str], subject: str = "") -> list[dict[str, set[str]]]:
    """Return for each clause (with the number of its sentence) which entities each concept may be said of.

    A clause, or a part of it, is about the entity that it names first. A part without any may be about any that its sentence has
    named, or, where it refers back ("it", "this"), the sentence before. `subject` is what is spoken of first.
    """
    result: list[dict[str, set[str]]] = []
    before = {subject} if subject else set()
    inside: set[str] = set()
    last = readings[0][1] if readings else 0
    for reading, sentence in readings if entities else ():
        if sentence != last:
            before, inside, last = (inside or before) if reading.refers else set(), set(), sentence
        named = set(_inside(reading.tokens, entities))
        owners: dict[str, set[str]] = defaultdict(set)
        for part in _parts(reading):
            here = _inside(part, entities)
            current = named if len(named) == 1 else {here[0]} if here else inside or before
            for token in part:
                owners[token.concept] |= current
            inside |= set(here)
        result.append(dict(owners))
    return result or [{} for _ in readings]


def agreed_owners(all_owners: Sequence[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Return whom each concept is said of where all references that say so agree."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for owners in all_owners:
        for concept, names in owners.items():
            found[concept].add(names)
    return {concept: next(iter(names)) for concept, names in found.items() if len(names) == 1}


def _parts(reading: Reading) -> list[list[Token]]:
    parts: dict[int, list[Token]] = defaultdict(list)
    for token in reading.tokens:
        parts[token.part].append(token)
    return list(parts.values())
