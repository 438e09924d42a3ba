"""Formulas and arithmetic in free text, compared by value: two spellings of a formula agree at random points or they differ.

A formula is read from symbols ("(n+2p-f)//s + 1"), from code ("ceil(n / batch_size)") and from speech ("n plus 2p minus f, over s,
plus one"). Rounding is left out of the comparison, because people write the same formula with and without it.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Node = tuple[str, tuple["Node", ...]]  # ("+", (left, right)), ("exp", (argument,)), ("n", ()), ("#2.0", ())
Values = tuple[float, ...]
Span = tuple[int, int, bool]  # start, end, whether names occur in it (else it is arithmetic)

POINTS: Final = 3  # random points at which two formulas must agree: chance agreement at three is practically impossible
MAX_NAMES: Final = 5  # more names than this are not tried against each other in every order (5! = 120 orders)
MAX_TOKENS: Final = 60  # nobody says a longer formula in an interview; bounds the work on hostile input
_PREFIXES: Final = frozenset("log ln exp sqrt tanh sum".split())  # may stand before their argument without brackets
ROUNDING: Final = frozenset({"floor", "ceil", "round", "int"})
FUNCTIONS: Final = frozenset(
    "floor ceil round int exp log ln log2 sqrt tanh sigmoid sigma softmax relu max min abs sum mean argmax sin cos len".split()
)
_SPOKEN: Final = (
    (re.compile(r"(?<=[a-z]{2})'s\b"), " is"),  # "it's (n - f)/s": the s is no factor
    (re.compile(r"\bdivided by\b|(?:(?<=[,)])|(?<=\b[a-z0-9]))\s+over\s+(?:the )?(?=\w|\()|\s+over\s+(?=[a-z0-9]\b|\()"), " // "),
    (re.compile(r"\bmultiplied by\b|(?:(?<=\))|(?<=\b[a-z0-9]))\s+times\s+(?=\w|\()|\s+times\s+(?=[a-z0-9]\b|\()"), " * "),
    (re.compile(r"\btwice (?:the )?"), " 2 * "),
    (re.compile(r"\bhalf (?:of )?(?:the )?"), " 0.5 * "),
    (re.compile(r"\bplus\b"), " + "),
    (re.compile(r"\bminus\b"), " - "),
    (re.compile(r"\bequals\b|:=|==|←"), " = "),
    (re.compile(r"\bsquared\b"), " ^ 2 "),
    (re.compile(r"\bto the power of\b|(?<=\be) to the (?:power (?:of )?)?(?=minus|-|\w\b)"), " ^ "),
    (re.compile(r"\bsquare root of\b|\broot of\b"), " sqrt "),
)  # fmt: skip
_NUMBERS: Final = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_HINT: Final = re.compile(
    r"[=+*/^<>()]|\d ?[-x×] ?\d|[a-z0-9)] - [a-z0-9(]|\b[a-z]-[a-z0-9]\b|\b(?:plus|minus|times|over|divided|squared|root|log|exp|sqrt|sum|max|min|tanh)\b"
)
_TOKEN: Final = re.compile(
    r"\d+(?:\.\d+)?(?: ?x ?\d+)+(?![a-z\d])|\d+(?:,\d{3})+(?![\d])|\d+(?:\.\d+)?(?:e[-+]?\d+)?|[a-z]+(?:_[a-z0-9]+)*[0-9]*'?|\*\*|//|[-+*/^=()\[\]|,]|<=|>=|[<>~]|\.\.+"
)
_HYPHEN: Final = re.compile(r"(?<=[a-z]{2})-(?=[a-z]{2})|(?<=[a-z]{3})/(?=[a-z]{3})|(?<=\b[a-z])-(?=[a-z]{3})|(?<=\d)-(?=[a-z]{2})")
_NAMES_ONLY: Final = re.compile(r"[a-z_]+ \( [a-z_]+ (?:, [a-z_]+ )*\)|d\w* / d\w+")
_RELATIONS: Final = frozenset({"=", "<", ">", "<=", ">=", "~"})
_BINARY: Final = frozenset({"+", "-", "*", "/", "//", "^", "**"})
_STOP: Final = frozenset(
    "a an the of is are it and or if so to then by with for in on at as we you i get gets gives be where when which that this "
    "per each every just then than not no but from into its our your becomes means output outputs vs versus".split()
)


@dataclass(frozen=True, slots=True)
class Formula:
    """One side of an equation, or a formula that stands alone: its readings, the names in it, and its numbers.

    `nodes` has more than one entry where the text allows two readings (speech has no brackets: "n minus f over s").
    """

    nodes: tuple[Node, ...]
    names: frozenset[str]
    numbers: tuple[float, ...]
    text: str
    value: float | None = None  # of a side without names
    stated: bool = False  # the text gives the value, too: "10000 / 200 = 50"
    false: bool = False  # an arithmetic equation that does not hold, such as "5 - 7 + 1 = 3"

    def fingerprints(self, renamed: Mapping[str, str] | None = None) -> set[Values]:
        """Return the values of each reading at the fixed random points, with names replaced as in `renamed`."""
        return {values for node in self.nodes if (values := _values(node, renamed or {})) is not None}


# --- reading --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def formulas_in(text: str) -> tuple[tuple[Formula, ...], tuple[Span, ...]]:
    """Return the formulas in a normalised, lower-case text and the spans of the (rewritten) text that they take.

    The spans refer to `spoken_to_symbols(text)`; words within them are single letters and operators that mean nothing alone.
    """
    if not _HINT.search(text):
        return (), ()
    rewritten = spoken_to_symbols(text)
    found: list[Formula] = []
    spans: list[Span] = []
    for run in _runs(rewritten):
        sides = _equation([token for token, _, _ in run])
        if sides:
            found += sides
            spans.append((run[0][1], run[-1][2], any(side.names for side in sides)))
    return tuple(found), tuple(spans)


def spoken_to_symbols(text: str) -> str:
    """Return the text with spoken operators written as symbols ("plus" as "+"); commas before an operator vanish."""
    for pattern, symbol in _SPOKEN:
        text = pattern.sub(symbol, text)
    return re.sub(r",\s*(?=//|[-+*/] )", " ", text)


def _runs(text: str) -> list[list[tuple[str, int, int]]]:
    """Return the stretches of tokens that may be formulas; hyphens and slashes within words do not count."""
    masked = _HYPHEN.sub(" ", text)
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(masked)]
    kinds = _kinds(masked, tokens)
    runs: list[list[tuple[str, int, int]]] = [[]]
    for index, token in enumerate(tokens):
        joined = not runs[-1] or not re.search(r"[;:?!]|\. ", masked[runs[-1][-1][2] : token[1]])
        if kinds[index] and joined and len(runs[-1]) < MAX_TOKENS:
            runs[-1].append((_NUMBERS.get(token[0], token[0]), token[1], token[2]))
        elif runs[-1]:
            runs.append([(_NUMBERS.get(token[0], token[0]), token[1], token[2])] if kinds[index] else [])
    return [run for run in map(_trimmed, runs) if len(run) > 1]


def _kinds(text: str, tokens: list[tuple[str, int, int]]) -> list[bool]:
    """Tell for each token whether it can be part of a formula. A word can where an operator stands beside it."""
    operator = [token in _BINARY or token in _RELATIONS for token, _, _ in tokens]
    result = []
    for index, (token, _, end) in enumerate(tokens):
        beside = any(operator[max(index - 1, 0) : index + 2])
        if operator[index] or token in "()[],|" or token[0].isdigit() or token in _NUMBERS:
            result.append("x" not in token)  # "5x5" is a shape
        elif token in FUNCTIONS:
            result.append(text[end : end + 2].lstrip()[:1] in ("(", "_") or (token in _PREFIXES and text[end : end + 1] == " "))
        elif len(token) <= 2 or "_" in token or token[-1].isdigit():
            result.append(token not in _STOP or (beside and token in ("a", "i")))
        else:
            called = index > 1 and tokens[index - 1][0] == "(" and tokens[index - 2][0] in FUNCTIONS
            result.append((beside or called) and token not in _STOP)
    return result


def _trimmed(run: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return the run without operators, commas and unmatched brackets at its ends."""
    while run and run[0][0] in {*_BINARY, *_RELATIONS, ",", ")", "]", "|"} - {"-"}:
        run = run[1:]
    while run and (run[-1][0] in {*_BINARY, *_RELATIONS, ",", "(", "[", "|"} or run[-1][0] in FUNCTIONS):
        run = run[:-1]
    return run


def _equation(tokens: list[str]) -> list[Formula]:
    """Return the sides of an equation that are formulas; a lone name or number on one side says nothing by itself."""
    sides: list[list[str]] = [[]]
    for token in tokens:
        if token in _RELATIONS:
            sides.append([])
        else:
            sides[-1].append(token)
    if len(sides) > 1 and _NAMES_ONLY.fullmatch(" ".join(sides[0])):
        sides = sides[1:]  # "f(x) = ..." and "dL/dz = ..." only name what follows
    parsed = [side for side in map(_side, sides) if side is not None]
    values = [side.value for side in parsed if side.value is not None]
    exact = "~" not in tokens and not {"<", ">", "<=", ">="} & set(tokens)
    false = exact and len(values) > 1 and any(not math.isclose(v, values[0], rel_tol=0.02, abs_tol=0.006) for v in values)
    worth = [side for side in parsed if _is_worth(side)]
    return [Formula(s.nodes, s.names, s.numbers, s.text, s.value, len(values) > 1, false) for s in worth]


def _is_worth(side: Formula) -> bool:
    if not any(t in _BINARY or t in FUNCTIONS for t in side.text.split()):
        return False  # "10k"
    return any(node[1] and not (node[0] == "-" and len(node[1]) == 1) for node in side.nodes) and (
        len(side.names) + len(side.numbers) > 1 or any(node[0] in FUNCTIONS for node in side.nodes)
    )


def _side(tokens: list[str]) -> Formula | None:
    tokens = _balanced(tokens)
    nodes = [node for node in (_Parser(t).parse() for t in _readings(tokens)) if node is not None]
    if not nodes:
        return None
    names = frozenset(_leaves(nodes[0], numbers=False))
    numbers = tuple(float(n[1:]) for n in _leaves(nodes[0], numbers=True))
    values = None if names else _values(nodes[0], {})
    return Formula(tuple(dict.fromkeys(nodes)), names, numbers, " ".join(tokens), values[0] if values else None)


def _balanced(tokens: list[str]) -> list[str]:
    """Return the tokens without brackets that have no partner: people forget them."""
    opened: list[int] = []
    lost: set[int] = set()
    for index, token in enumerate(tokens):
        if token in "([":
            opened.append(index)
        elif token in ")]":
            if opened:
                opened.pop()
            else:
                lost.add(index)
    lost.update(opened)
    bars = {"[": "(", "]": ")", "**": "^"}
    return [bars.get(t, t) for i, t in enumerate(tokens) if i not in lost and t != "|"]


def _readings(tokens: list[str]) -> list[list[str]]:
    """Return the token lists to parse: as written, and with everything before a loose division as its numerator."""
    plain = ["/" if t == "//" else t for t in tokens]
    result = [plain]
    depth = 0
    for index, token in enumerate(plain):
        depth += (token == "(") - (token == ")")
        if token == "/" and depth == 0 and any(t in "+-" for t in plain[:index]):
            result.append(["(", *plain[:index], ")", *plain[index:]])
            break
    return result


def _leaves(node: Node, *, numbers: bool) -> list[str]:
    if not node[1]:
        return [node[0]] if node[0].startswith("#") == numbers and node[0] not in ("e", "pi") else []
    return [leaf for child in node[1] for leaf in _leaves(child, numbers=numbers)]


class _Parser:
    """A recursive-descent parser of sums, products (also implied: "2p"), powers, calls and minus signs; None on failure."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def parse(self) -> Node | None:
        try:
            node = self._sum()
        except (IndexError, ValueError, RecursionError):
            return None
        return node if self.at == len(self.tokens) else None

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _sum(self) -> Node:
        node = self._product()
        while self._peek() in ("+", "-"):
            operator = self.tokens[self.at]
            self.at += 1
            node = (operator, (node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._unary()
        while self._peek() and self._peek() not in ("+", "-", ")", ","):
            operator = self._peek() if self._peek() in ("*", "/") else ""
            if not operator and self._peek()[0].isdigit():
                raise ValueError(self._peek())  # "p 2" is no product
            self.at += bool(operator)
            node = (operator or "*", (node, self._unary()))
        return node

    def _unary(self) -> Node:
        if self._peek() in ("-", "+"):
            sign = self.tokens[self.at]
            self.at += 1
            return ("-", (self._unary(),)) if sign == "-" else self._unary()
        return self._power()

    def _power(self) -> Node:
        node = self._atom()
        if self._peek() == "^":
            self.at += 1
            return ("^", (node, self._unary()))
        return node

    def _atom(self) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        if token == "(":
            inside = self._arguments()
            if len(inside) > 1:
                raise ValueError(token)  # "(0, 1)" is an interval or a tuple
            return inside[0]
        if token[0].isdigit():
            return ("#" + repr(float(token.replace(",", ""))), ())
        if not token[0].isalpha():
            raise ValueError(token)
        name = token.partition("_")[0] if token.partition("_")[0] in ("sum", "exp", "log") else token
        if name in FUNCTIONS:
            return self._call(name)
        return (re.sub(r"_[ijk]$", "", token.rstrip("'")), ())

    def _call(self, name: str) -> Node:
        if self._peek() == "(":
            self.at += 1
            arguments = self._arguments()
            if len(arguments) > 1 and name not in ("max", "min"):
                raise ValueError(name)  # "tanh (-1, 1)" is an interval
            return (name, arguments)
        return (name, (self._unary(),))

    def _arguments(self) -> tuple[Node, ...]:
        nodes = [self._sum()]
        while self._peek() == ",":
            self.at += 1
            nodes.append(self._sum())
        if self._peek() != ")":
            raise ValueError(self._peek())
        self.at += 1
        return tuple(nodes)


# --- values ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _of_name(name: str) -> Values:
    """Return the values of a name at the random points: fixed for ever, of both signs, never near zero."""
    rng = random.Random(f"mockinterview {name}")
    return tuple(rng.choice((-1, 1, 1)) * rng.uniform(0.4, 2.6) for _ in range(POINTS))


def _values(node: Node, renamed: Mapping[str, str]) -> Values | None:
    try:
        values = tuple(_value(node, renamed, point) for point in range(POINTS))
    except (ArithmeticError, ValueError):
        return None
    return tuple(float(f"{v:.6g}") + 0.0 for v in values) if all(map(math.isfinite, values)) else None


def _value(node: Node, renamed: Mapping[str, str], point: int) -> float:
    label, children = node
    if not children:
        if label.startswith("#"):
            return float(label[1:])
        if label == "pi":
            return math.pi
        return math.e if label == "e" else _of_name(renamed.get(label, label))[point]
    return _apply(label, [_value(child, renamed, point) for child in children], point)


def _apply(label: str, args: list[float], point: int) -> float:
    first, last = args[0], args[-1]
    if label == "-" and len(args) == 1:
        return -first
    if label in _ARITHMETIC:
        return {"+": first + last, "-": first - last, "*": first * last}[label]
    if label == "/":
        return first / last
    if label == "^":
        return math.copysign(math.exp(min(last * math.log(abs(first)), 300)), 1 if last % 2 == 0 else first)
    if label in ROUNDING:
        return first
    if label in _CALLS:
        return float(_CALLS[label](args))
    weights = _of_name(f"{label}()")
    return weights[point] * sum((index + 1) * value for index, value in enumerate(args)) + 0.1 * math.tanh(first)


_ARITHMETIC: Final = frozenset("+-*")
_CALLS: Final[dict[str, Callable[[list[float]], float]]] = {
    "exp": lambda a: math.exp(min(a[0], 300)), "log": lambda a: math.log(abs(a[0])), "ln": lambda a: math.log(abs(a[0])),
    "log2": lambda a: math.log2(abs(a[0])), "sqrt": lambda a: math.sqrt(abs(a[0])), "tanh": lambda a: math.tanh(a[0]),
    "sigmoid": lambda a: 1 / (1 + math.exp(-max(a[0], -300))), "sigma": lambda a: 1 / (1 + math.exp(-max(a[0], -300))),
    "relu": lambda a: max(0.0, a[0]), "max": max, "min": min, "abs": lambda a: abs(a[0]), "sin": lambda a: math.sin(a[0]),
    "cos": lambda a: math.cos(a[0]),
}  # fmt: skip


# --- comparing ------------------------------------------------------------------------------------------------------


def size_of(formula: Formula) -> int:
    """Return how many names, numbers and functions a formula has: the more, the less its agreement can be chance."""
    calls = sum(f"{name} (" in formula.text for name in FUNCTIONS)
    return calls + max(len(_leaves(n, numbers=False)) + len(_leaves(n, numbers=True)) for n in formula.nodes)


class FormulaBook:
    """The accepted spellings of one point's formulas, with the letters that stand for the same thing in them."""

    def __init__(self, formulas: Iterable[Formula]) -> None:
        self.formulas = tuple(formulas)
        self.alias: dict[str, str] = {}
        for formula in self.formulas:
            if formula.names:
                self._learn(formula)
        self._named = [f for f in self.formulas if f.names]
        self._prints = {p for f in self._named for p in f.fingerprints(self.alias) | f.fingerprints()}
        self._plain = [f for f in self.formulas if not f.names]

    def _learn(self, formula: Formula) -> None:
        """Note which names of a spelling correspond to those of an earlier one with which it agrees."""
        if formula.names <= self.alias.keys():
            return
        for earlier in self.formulas:
            if earlier is formula:
                break
            mapping = _bijection(formula, earlier, {})
            if mapping:
                for name, target in mapping.items():
                    self.alias.setdefault(name, self.alias.get(target, target))
                return
        for name in formula.names:
            self.alias.setdefault(name, name)

    def agrees(self, given: Formula) -> bool:
        """Tell whether a candidate's formula has the value of one of the accepted ones, under any reading and letters."""
        if given.false:  # a misconception may contain a false equation: then it is the same one or none
            return any(known.false and set(known.nodes) & set(given.nodes) for known in self._plain)
        if not given.names:
            return any(_same_arithmetic(given, known) for known in self._plain)
        if given.fingerprints() & self._prints or given.fingerprints(self.alias) & self._prints:
            return True
        if any(set(given.nodes) & set(known.nodes) for known in self._named):
            return True
        if given.names <= self.alias.keys():
            return False
        return any(_bijection(given, known, self.alias) for known in self._named)

    def contradicts(self, given: Formula) -> bool:
        """Tell whether a candidate's formula speaks of the same quantities as an accepted one but has another value.

        One that cannot be computed, such as "x.max(0) - x.min(0)", where arguments stand for axes, has none.
        """
        if not given.names:
            return given.false and any(set(given.numbers) & set(known.numbers) for known in self._plain)
        mine = {self.alias.get(name, name) for name in given.names}
        rivals = [known for known in self._named if mine == {self.alias.get(n, n) for n in known.names}]
        shapes = {_shape(node) for node in given.nodes}
        same = any(len(mine) > 1 or shapes & {_shape(node) for node in known.nodes} for known in rivals)
        return same and bool(given.fingerprints()) and not self.agrees(given)


def _shape(node: Node) -> Node:
    """Return a formula with its numbers blanked out: "1/(4-p)" has the shape of "1/(1-p)"."""
    return ("#" if node[0][0] == "#" else node[0], tuple(map(_shape, node[1])))


def _same_arithmetic(given: Formula, known: Formula) -> bool:
    if given.value is None or known.value is None or not math.isclose(given.value, known.value, rel_tol=0.01, abs_tol=1e-6):
        return False
    mine, theirs = set(given.numbers), set(known.numbers)
    return len(mine & theirs) >= 0.5 * len(mine | theirs)


def _bijection(given: Formula, known: Formula, alias: Mapping[str, str]) -> dict[str, str]:
    """Return the renaming of `given` that gives `known` its value, or nothing; names that are known keep their meaning."""
    target = {name: alias.get(name, name) for name in known.names}
    fixed = {name: alias[name] for name in given.names if name in alias}
    free = sorted(given.names - fixed.keys())
    open_to = sorted(set(target.values()) - set(fixed.values()))
    if len(free) != len(open_to) or not 0 < len(free) <= MAX_NAMES or len(given.names) != len(known.names):
        return {}
    goal = known.fingerprints(target)
    # names that begin alike are tried first, so that symmetric formulas pair "pad" with "p"
    for order in sorted(itertools.permutations(open_to), key=lambda o: -sum(a[0] == b[0] for a, b in zip(free, o, strict=True))):
        mapping = {**fixed, **dict(zip(free, order, strict=True))}
        if given.fingerprints(mapping) & goal:
            return mapping
    return {}
