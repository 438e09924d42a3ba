r"""Shows formulas that were written in LaTeX as readable Unicode. Only for the screen: what is stored keeps its own signs.

Between dollar signs, `\(...\)` and `\[...\]` everything is taken for a formula; elsewhere only a command that the library
knows, with what hangs on it, so that a path or a price stays what it is. Code between backquotes is never touched.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any

_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"  # braces within braces within braces are as deep as formulas go
_CODE = r"(?P<code>`+[^`]*`+)"
_DISPLAY = r"\$\$(?P<display>[^$]{1,500})\$\$|\\\[(?P<square>.{1,500}?)\\\]|\\\((?P<round>.{1,500}?)\\\)"
# A price is followed by a space or a number where a formula would end (the rule of Pandoc).
_INLINE = r"\$(?P<inline>[^\s$](?:[^$\n]{0,500}[^\s$\\])?)\$(?!\d)"
_ENVIRONMENT = r"(?P<environment>\\begin\{(?P<name>[a-z]*matrix|cases|aligned?)\*?\}.{1,500}?\\end\{(?P=name)\*?\})"
_COMMAND = rf"(?P<command>\\(?P<word>[A-Za-z]+)(?:\s*{_GROUP})*(?:[_^](?:{_GROUP}|\\[A-Za-z]+|\w))*)"
_LATEX = re.compile(f"{_CODE}|{_DISPLAY}|{_INLINE}|{_ENVIRONMENT}|{_COMMAND}", re.DOTALL)
_OPEN, _CLOSE, _LOW, _HIGH = "\ue000\ue001\ue002\ue003"  # stand for braces and signs of scripts that are dealt with later
_SCRIPT = re.compile(rf"([_^])(?:{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}|([^\s{_OPEN}{_CLOSE}]))")
_SPACED = re.compile(r"([∂∇√]) +")
_OPERATOR = re.compile(r"[-+−±=<>≤≥·*/,\s]")
_RAISED = dict(zip("0123456789+-−=()abcdefghijklmnoprstuvwxyzTN", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴺ", strict=True))
_LOWERED = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SIZES = frozenset({"left", "right", "big", "Big", "bigl", "bigr"})  # how high a bracket is; the library reads them as unknown


def readable(text: str) -> str:
    """Return a text with its formulas in Unicode; all else, and what cannot be read as LaTeX, as it is."""
    return _LATEX.sub(_shown, text) if "\\" in text or "$" in text else text


def _shown(found: re.Match[str]) -> str:
    if found["code"]:
        return found[0]
    if found["word"] in _SIZES:
        return ""
    if command := found["command"]:
        return _converted(command) if _known(found["word"]) else command
    inside = found["display"] or found["square"] or found["round"] or found["inline"]
    if found["inline"] and not _is_formula(found["inline"]):
        return found[0]
    return _converted((inside or found["environment"]).strip())


def _is_formula(inside: str) -> bool:
    """Tell a formula from two prices in one sentence: it has an operator, a script or a command, or is a single term."""
    return bool(re.search(r"[\\_^=+*/<>|()]", inside)) or " " not in inside


def _converted(formula: str) -> str:
    from pylatexenc.latexwalker import LatexWalkerError

    try:
        plain: str = _library().latex_to_text(_marked(formula))
    except (LatexWalkerError, LookupError, ValueError, AttributeError, TypeError):  # what the library makes of half a formula
        return formula
    return _scripts(_SPACED.sub(r"\1", plain)) if plain.strip() else formula


def _marked(formula: str) -> str:
    """Return a formula with marks for the braces of its scripts, which the library would drop: x_{i+1} is not x_i+1."""
    letters, depths = list(formula), []
    for place, letter in enumerate(letters):
        if letter == "{":
            depths.append(place)
        elif letter == "}" and depths:
            begin = depths.pop()
            if begin and letters[begin - 1] in "_^":
                letters[begin], letters[place] = _OPEN, _CLOSE
    return "".join(letters)


def _scripts(text: str) -> str:
    """Return a text with indices and powers as small signs where Unicode has all of them, else in brackets; inner ones first."""
    before = None
    while before != text:
        before, text = text, _SCRIPT.sub(_script, text)
    return text.translate({ord(_OPEN): "(", ord(_CLOSE): ")", ord(_LOW): "_", ord(_HIGH): "^"})


def _script(found: re.Match[str]) -> str:
    sign, inside = found[1], (found[2] if found[2] is not None else found[3]).strip()
    signs = _LOWERED if sign == "_" else _RAISED
    if inside and all(letter in signs for letter in inside):
        return "".join(signs[letter] for letter in inside)
    kept = _LOW if sign == "_" else _HIGH
    return f"{kept}{inside}" if inside.isalnum() else f"{kept}({inside})"


def _known(word: str) -> bool:
    """Tell whether a word is a command; "n" and "t" are not, because line ends and paths are seen more often."""
    return len(word) > 1 and _library().latex_context.get_macro_spec(word).macroname == word


@cache
def _library() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # what it warns of would be written across the screen
    known = get_default_latex_context_db()
    fractions = [MacroTextSpec(name, _fraction) for name in ("frac", "dfrac", "tfrac")]
    signs = [MacroTextSpec("|", "‖"), *(MacroTextSpec(name, "") for name in (*_SIZES, "operatorname"))]
    known.add_context_category("ours", prepend=True, macros=[*fractions, *signs])
    known.set_unknown_macro_spec(MacroTextSpec("", lambda node: node.macroname))  # \softmax is a name, not nothing
    return LatexNodes2Text(latex_context=known, math_mode="text", keep_comments=True, strict_latex_spaces="based-on-source")


def _fraction(node: Any, l2tobj: Any) -> str:
    if node.nodeargd is None or len(node.nodeargd.argnlist) != 2:
        raise ValueError("half a fraction")
    over, under = (_bracketed(l2tobj.nodelist_to_text([part]).strip()) for part in node.nodeargd.argnlist)
    return f"{over}/{under}"


def _bracketed(part: str) -> str:
    """Return part of a fraction in brackets where it would otherwise come apart."""
    part = _SPACED.sub(r"\1", part)
    plain = re.sub(rf"{_OPEN}[^{_CLOSE}]*{_CLOSE}|\([^()]*\)", "", part)
    return f"({part})" if _OPERATOR.search(plain) else part
