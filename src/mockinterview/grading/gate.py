"""The gate against flattery: what may not count as evidence, whatever it resembles.

It looks at the form of an answer, never at how much of it there is: instructions to the grader, the question said back, "I don't
know", gibberish, words without sentences, other languages, and beliefs that are only reported in order to deny them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mockinterview.grading import calibration as cal
from mockinterview.grading.prepared import Prepared
from mockinterview.grading.reading import Clause, Reading
from mockinterview.grading.subjects import OWN_SHARE, Subjects
from mockinterview.models import Flag

_INJECTION: Final = re.compile(
    r"""\b(?=\w)(?:
    (?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,4}(?:instructions?|rubrics?|criteria|rules?|prompts?|guidelines?|marking|grading|reference\s+(?:points?|answers?))\b
    |(?:ignore|disregard|forget)\s+(?:everything|anything|all(?:\s+of)?|what\s+(?:was|is|stands))\s+(?:that\s+)?(?:the\s+)?(?:is\s+|was\s+|stands\s+|came\s+)?(?:above|before|previous|prior)
    |(?:give|award|grant|assign|grade|mark|rate|score|credit)\s+(?:me|us|this\s+(?:answer|response|reply)|(?:the|my)\s+answer|the\s+candidate|(?:every|all)\s+(?:the\s+|reference\s+|core\s+)*points?)\b[^.\n]{0,60}
      \b(?:full|max\w*|perfect|10|ten|100|highest|top|marks?|score|correct|right|pass|hit|a\+)
    |(?:give|mark|grade|rate|score)\s+(?:it|this)\s+(?:a\s+|as\s+)?(?:full|max\w*|perfect|correct|right|pass\b|hit\b|10\s*/|10\s+out|ten\s+out|10\s+points|100\s*%|a\+)
    |(?:give|award|grant|deserves?|want|need|expect|worth|merits?|please|hereby|get\s+me)\s+(?:\w+\s+){0,3}(?:full|maximum|max|perfect|top|highest)\s+(?:marks?|scores?|points?|credits?|grades?)\b
    |(?:you\s+are|act\s+as|pretend\s+to\s+be|behave\s+as)\s+(?:now\s+)?(?:a|an|the|my)?\s*(?:helpful|generous|lenient|kind|grader|examiner|assistant|ai\b|language\s+model|evaluator|judge)
    |(?:as|dear|hey|hello|note\s+to|attention|to)\s+(?:the\s+|an\s+|my\s+)?(?:grader|examiner|evaluator|grading\s+(?:model|system|bot)|ai\s+(?:judge|grader))
    |(?:mark|consider|treat|count|accept|regard)\s+(?:this|it|my\s+answer|the\s+answer|everything|all\s+(?:points?|of\s+(?:it|them)))\s+(?:as\s+)?(?:fully\s+)?(?:correct|complete|right|hit|true|a\s+hit|perfect|covered|passed)
    |(?:all|every)\s+(?:reference\s+|core\s+|the\s+)*points?\s+(?:are|is|were|have\s+been|should\s+be|must\s+be)\s+(?:hit|covered|correct|met|satisfied|mentioned|stated|awarded)
    |(?:this|my)\s+(?:answer|response|reply)\s+(?:is|was|deserves|should\s+(?:get|receive|be)|covers|contains|hits|must\s+(?:get|be))\b[^.\n]{0,60}(?:correct|complete|perfect|full|everything|all\s+(?:the\s+)?points|\bhit\b|top|excellent|best|10)
    |(?:rubric|marking\s+(?:sheet|scheme)|answer\s+key)\b.{0,60}\b(?:outdated|updated|new|point|ignore|says|above|covered|full)
    |whoever\s+(?:marks|grades|reads|scores)
    |(?:model|assistant|ai|system)\s+(?:that|which|who)\s+(?:reads\s+this|grades|marks|scores)\b
    |(?:language|evaluation|grading|scoring)\s+model\s*(?:scoring|grading|reading|marking|evaluating|judging)
    |your\s+instructions\b
    |end\s+of\s+(?:the\s+)?answer\b
    |(?:every|each|any|all)\s+(?:answers?|points?|thing|items?)\b.{0,40}\b(?:counts?\s+as|as\s+(?:covered|complete|hit|correct|present)|is\s+perfect)
    |treat\s+(?:every|any|all|the|whatever)\w*\b.{0,60}\bas\s+(?:covered|present|correct|hit|complete)\b
    |expected\s+(?:result|verdict|score)\s*[:=]
    |system\s+notice\b
    |calibration\s+item\b
    |(?:new|updated|hidden)\s+system\s+(?:prompt|message)
    |system\s+override
    |(?:verdict|graded_by)\s*[:=]\s*["']?(?:hit|full|10|100|correct|pass)
    |(?:respond|reply|answer)\s+with\s+(?:only\s+)?(?:["'{]|hit|correct|full|score|verdict|10\b|pass)
    |(?:print|output|return|say)\s+(?:only\s+["'{]?|["'{])(?:hit|correct|full|score|verdict|10\b|pass)
    |please\s+(?:be\s+(?:kind|generous|lenient)|pass\s+me|give\s+me|grade|mark|award)
    |i\s+(?:really\s+)?(?:need|deserve)\s+(?:this\s+job|full|the\s+(?:full\s+)?(?:marks?|points?|job)|a\s+(?:good|high|top|perfect)\s+(?:mark|score|grade))
    )
    |^\W*(?:full|maximum|max|perfect|top)\s+(?:marks?|scores?|points?|credits?|grades?)\s*(?:please|for\s+(?:me|this|all|every)|here|[!.]|$)
    |(?<![\d/.:])(?:10\s*(?:/|out\s+of)\s*10|100\s*(?:/|out\s+of)\s*100|ten\s+out\s+of\s+ten)(?!\s*[\d/=*x×])
    |(?:^|[.!?>}\])"'\n]\s*)system\s*:
    |["']role["']\s*:
    |\[/?\s*(?:inst|system|sys)\s*\]
    |<\|?\s*/?\s*(?:system|assistant|user|im_start|im_end|answer|inst)\b
    |\#\#\#\s*(?:instruction|system)
    |["'](?:verdict|score|grade|graded_by|credit)["']\s*[:=]
    |(?:^|[;,{(]|\bfinal|\bmy)\s*(?:score|grade)\s*[:=]\s*["']?(?:hit|full|10|100|pass)\b""",
    re.VERBOSE | re.MULTILINE,
)
_DONT_KNOW: Final = re.compile(
    r"""\b(?=\w)(?:
    i\s+(?:really\s+|honestly\s+|just\s+|actually\s+|simply\s+)*(?:do\s*n[o']?t|don’t|do\s+not|dont|can'?t|cannot|can\s+not)\s+(?:really\s+)?(?:know|remember|recall|answer|say|tell)\b
    |can\s+we\s+(?:please\s+)?(?:skip|move\s+on|come\s+back)
    |(?:drawing\s+a\s+)?blank\s+on\b
    |never\s+came\s+across\b
    |(?:let'?s|please)\s+(?:skip|move\s+on)
    |(?<!\bhas\s)(?<!\bhad\s)(?<!\bwith\s)(?:no|not\s+a|haven'?t\s+a|without\s+a)\s+(?:idea|clue)\b
    |idk\b
    |dunno\b
    |i\s+(?:have\s+)?forg[eo]t(?:ten)?\b
    |never\s+heard\b
    |beats\s+me\b
    |not\s+familiar\s+with\b
    |i(?:'m|\s+am)\s+not\s+sure\b
    |i\s+give\s+up\b
    |no\s+sé\b
    |keine\s+ahnung\b
    |weiß\s+(?:ich\s+)?nicht\b
    |je\s+ne\s+sais\s+pas\b
    |non\s+lo\s+so\b
    |não\s+sei\b
    |i(?:'d|\s+would)\s+(?:much\s+|really\s+)?(?:rather\s+not|prefer\s+not\s+to)\s+(?:answer|guess|say|make|go|speculate|comment)\b
    |i(?:'d|\s+would)\s+(?:much\s+|really\s+)?(?:rather|prefer\s+to)\s+(?:skip|move\s+on|pass)\b
    |i(?:'d|'ll|\s+would|\s+will|\s+must)\s+(?:(?:have|need)\s+to\s+)?look\s+(?:it|that|this)\s+up\b
    |not\s+(?:really\s+)?something\s+(?:that\s+)?i(?:'ve|\s+have)?\s+(?:ever\s+)?(?:come\s+across|worked|studied|learn(?:ed|t)|heard|seen|looked)\b
    |i\s+(?:haven'?t|have\s+not|never)\s+(?:\w+\s+)?(?:learn(?:ed|t)|studied|covered|worked\s+with|worked\s+on|come\s+across)\s+(?:it|this|that)\b
    |(?:a\s+topic|something)\s+(?:that\s+)?i\s+(?:haven'?t|have\s+not|have\s+never|never)\b
    |no\s+experience\s+(?:with|in)\s+(?:this|that|it)\b
    |escapes?\s+me\b
    |my\s+knowledge\s+(?:ends|stops)\b
    |my\s+(?:mind|head)\s+(?:is|went|goes|has\s+gone)\s+(?:\w+\s+){0,2}blank\b
    |(?:above|beyond)\s+my\s+(?:pay\s*grade|knowledge)\b
    |(?:can'?t|cannot)\s+think\s+of\s+any(?:thing)?\b
    |(?:ask|give)\s+me\s+(?:another|a\s+different|something\s+else|the\s+next)\b
    |would\s+(?:only\s+|just\s+)?be\s+(?:only\s+|just\s+)?(?:a\s+guess|guessing)\b
    |you\s+(?:have\s+|'ve\s+)?got\s+me\s+there\b
    )
    |(?:^\W*|\bi\s+(?:\w+\s+)?)(?:can'?t|cannot)\s+(?:really\s+|properly\s+)?(?:explain|say|remember|recall)\b
    |[,.]\s*(?:pass|skip)[.!]?\s*$
    |^\s*(?:pass|skip|next|no\s+answer|nothing|n/?a|none)[.!?]*\s*$""",
    re.VERBOSE | re.MULTILINE,
)
# "idk maybe it prevents overfitting": what follows the admission is a guess, and a guess is an answer; a wish is none
_GUESSED: Final = re.compile(
    r"(?!.*\b(?:question|another|skip|move\s+on)\b)\W*\b(?:but|maybe|perhaps|probably|possibly|i\s+(?:think|guess|believe|suppose|would\s+(?:say|guess))|i'd\s+(?:say|guess))(?:\s+\S+){3}"
)
_REPORTED: Final = re.compile(
    r"\b(?:some|many|most|a lot of|lots of|other|few)?\s*(?:people|beginners|candidates|students|textbooks|folks|others|some|many|tutorials|authors)\b"
    r"[^.]{0,24}\b(?:think|thinks|say|says|believe|believes|claim|claims|assume|assumes|write|argue|confuse|thought|said|would say)\b"
    r"|\b(?:it is|it's|its|is)\s+(?:often|sometimes|commonly|widely|frequently)\s+(?:said|claimed|believed|thought|assumed|stated|taught)\b"
    r"|\b(?:you might|one might|you could|one could|you would|one would|you may|i used to|i once)\s+(?:\w+\s+)?(?:think|expect|assume|believe|say|guess)\b"
    r"|\b(?:common|popular|typical|frequent|classic)\s+(?:mistake|misconception|myth|error|belief|misunderstanding|confusion)\b"
)
_DENIAL: Final = re.compile(
    r"\b(?:wrong|incorrect|untrue|false|mistaken|misleading|myth|misconception|nonsense|misunderstanding)\b|\b(?:a|common|popular) mistake\b"
    r"|(?:\bnot|n't|\bnever)\s+(?:really\s+|quite\s+|actually\s+)?(?:true|right|correct|accurate|the case|so|hold|how it works|what happens)\b"
)
_DENIES_WHAT_FOLLOWS: Final = re.compile(
    r"\b(?:it is|it's|its|it would be|it isn't|it is not|that is|is)\s+(?:simply\s+|just\s+|a\s+)?(?:common\s+|popular\s+)?"
    r"(?:not true|not right|not correct|not the case|n't true|wrong|false|incorrect|a myth|myth|a mistake|mistake|misconception|true)\s+(?:that|to (?:say|think|claim|believe|assume))\b"
    r"|\b(?:i (?:don't|do not|dont|would not|wouldn't) (?:think|believe|agree|say) (?:that\b)?)"
)
_TURN: Final = re.compile(r"(?:but|however|yet)\b")
_AFFIRMS: Final = re.compile(r"\bit(?:'s| is) true\b")
_DENIES_WHAT_WENT_BEFORE: Final = re.compile(
    r"(?:(?:but|and|which|however|yet|though)\s+)*(?:that|this|which|it|both|those|they|these|all of (?:it|that))?(?:'s|\s+is|\s+are|\s+was|\s+would be)?"
    r"\s*(?:(?:a|just|simply|actually|really|of course|clearly|plain|completely|totally|common|popular|quite|is|isn't|not)\s+)*"
    r"(?:wrong|incorrect|untrue|false|mistaken|misleading|(?:a )?(?:common )?(?:myth|misconception|mistake)|nonsense|true|right|correct|the case|so)"
    r"(?:\s+\w+){0,3}"
)
_RELATION: Final = re.compile(r"[=:<>+()]")
_NUMBER: Final = re.compile(r"\d[\d.,]*")
_ITEM: Final = re.compile(r"[,;\n/|•~→⇒]|<?[-=]>|[.]\s")
_LEADS_TO: Final = re.compile(r"(?<![<-])-+>|[→⇒]|(?<![=<>!])=(?!=)")  # notes say with it what would be a verb elsewhere
_STATES: Final = re.compile(r"[<>()\d^*=:+]")  # in an item of a list: it may say something

# "its" is not among them: many type it for "it's"
_DETERMINERS: Final = frozenset("a an the their every my our your".split())
_NOT_AFTER_DETERMINER: Final = frozenset(
    """a an the of to in on at for with by from and or but because so if is are was were be has have do does can will not it they we
    you i that which this""".split()
)
# "in" and "on" are not among them: "what goes in is", "it goes on and"
_PREPOSITIONS: Final = frozenset("of to at for with by from into".split())
_NOT_AFTER_PREPOSITION: Final = frozenset("is are was were and or but because of so if has have does can will".split())
_WORDS: Final = re.compile(r"(?<!\w)[a-z']+(?!\w)")
_WORDS_AND_MARKS: Final = re.compile(r"(?<!\w)[a-z']+(?:-[a-z']+)*(?!\w)|[.,;:!?()\[\]\"-]+|\d+")
# "what would I change?" is a way to open one's own answer, so it stays
_ASKS: Final = re.compile(
    r"(?:(?:and|but|so|well|ok|okay),? )*(?:what|which|how|why|when|where|who|whose|(?:can|could|would|do|did|have|are|will) you)\b(?!.*\b(?:i|we)\b)"
)
_ASSERTS: Final = re.compile(
    r"(?:yes|yeah|yep|no|nope|true|false|correct|wrong|right)\b"
)  # "yes" and the question said back is an answer


@dataclass(frozen=True, slots=True)
class Findings:
    """What the gate found: flags about the answer, clauses that are no evidence, and clauses that count only as close quotes.

    `own` is how well the answer's words fit this question, as a share of how well they fit the one that they fit best (0-1).
    """

    flags: tuple[Flag, ...]
    barred: frozenset[int]
    bare: frozenset[int]
    own: float = 1.0


class Gate:
    """The gate of one question."""

    def __init__(self, prepared: Prepared, subjects: Subjects) -> None:
        self._prepared, self._subjects = prepared, subjects

    @cached_property
    def _admits(self) -> bool:
        """Whether the question asks for just that: "I know of no such procedure".

        Elsewhere it is a turn of phrase ("it has no idea of geometry"). Most answers do not need to know.
        """
        admitting = Counter(one.target for one in self._prepared.references if _DONT_KNOW.search(one.text.lower()))
        return max(admitting.values(), default=0) >= cal.ADMITTING

    def inspect(self, answer: str, found: Sequence[Clause], readings: Sequence[Reading]) -> Findings:
        """Return which clauses of an answer may be matched, and which flags its form deserves."""
        answer, texts = answer.lower(), [clause.text.lower() for clause in found]
        everything = frozenset(range(len(found)))
        if not found:
            return Findings(("dont_know",) if _DONT_KNOW.search(answer) else ("empty",), everything, everything)
        injected = _matching(_INJECTION, answer, found, texts)
        admitted = {i for i in _matching(_DONT_KNOW, answer, found, texts) if not _guesses(texts[i])}
        ignorant = {i for i in admitted if not self._admits and not _says_more(readings[i])}
        echoed = _echoed(self._prepared, [c.sentence for c in found], texts, readings)
        rest = sorted(everything - injected - ignorant - echoed)
        asked = _asked(answer, found, texts)
        flags: list[Flag] = ["injection"] if injected else []
        if not rest:
            flags += ["dont_know"] if ignorant else ["question_echo"] if echoed else []
            return Findings(tuple(flags), everything, frozenset())
        if _is_gibberish(self._prepared, [texts[i] for i in rest], [readings[i] for i in rest]):
            return Findings((*flags, "gibberish"), everything, frozenset())
        own = self._subjects.own_share(self._prepared.question.id, answer)
        if own < OWN_SHARE or self._is_stray([readings[i] for i in rest]):
            return Findings((*flags, "dont_know" if admitted else "off_topic"), everything, frozenset())
        listed = _listed(answer, found)
        bare = {i for i in rest if i in listed or _is_bare(texts[i], readings[i])}
        formal = sum(bool(readings[i].formulas) for i in rest)
        if (3 * formal < len(rest) and self._is_word_salad(answer)) or _is_keyword_list(
            answer, [readings[i] for i in rest], bare, rest
        ):
            flags.append("keyword_list")
            bare = set(rest)
        flags += ["dont_know"] if admitted else []
        barred = injected | ignorant | echoed | asked | _denied(answer, found, texts)
        return Findings(tuple(flags), frozenset(barred), frozenset(bare), own)

    def _is_stray(self, readings: Sequence[Reading]) -> bool:
        """Tell whether all that is said is one word that no point is known by ("fine", "weeks"), however a reference may use it."""
        words = {c for reading in readings for c in reading.signs}
        says_more = any(reading.formulas or reading.negations for reading in readings)
        return len(words) == 1 and words.isdisjoint(self._prepared.telling) and not says_more

    def _is_word_salad(self, answer: str) -> bool:
        """Tell whether function words stand where no sentence has them ("the of", "in is"): a sign of shuffled words."""
        words = _WORDS_AND_MARKS.findall(answer)
        small = broken = 0
        for word, following in zip(words, [*words[1:], ""], strict=False):
            small += word in _DETERMINERS or word in _PREPOSITIONS
            broken += word in _DETERMINERS and following in _NOT_AFTER_DETERMINER
            broken += word in _PREPOSITIONS and following in _NOT_AFTER_PREPOSITION
        odd, share = self._prepared.bank.odd_pairs(answer)
        if odd >= cal.ODD_PAIRS and share > (cal.ODD_SHARE if broken else cal.ODD_ALONE):
            return True
        return broken >= cal.BROKEN_PAIRS and broken > cal.BROKEN_SHARE * small


def _matching(pattern: re.Pattern[str], answer: str, found: Sequence[Clause], texts: Sequence[str]) -> set[int]:
    """Return the clauses in which a pattern occurs, alone or across their ends; most answers have none, so all is searched at once."""
    if not pattern.search("\n".join(texts)):
        return set()
    inside = {i for i, text in enumerate(texts) if pattern.search(text)}
    for span in (match.span() for match in pattern.finditer(answer)):
        across = {i for i, clause in enumerate(found) if clause.start < span[1] and span[0] < clause.end}
        inside |= set() if across & inside else across
    return inside


def _guesses(text: str) -> bool:
    """Tell whether a clause goes on with a guess after its last "I don't know"."""
    admissions = list(_DONT_KNOW.finditer(text))
    return bool(admissions) and _GUESSED.match(text, admissions[-1].end()) is not None


def _says_more(reading: Reading) -> bool:
    return len(reading.signs) > cal.ASIDE


def _echoed(prepared: Prepared, numbers: Sequence[int], texts: Sequence[str], readings: Sequence[Reading]) -> set[int]:
    """Return the clauses that only say the question back, alone or with the other clauses of their sentence."""
    sentences: dict[int, list[int]] = {}
    for i, number in enumerate(numbers):
        sentences.setdefault(number, []).append(i)
    for number in [n for n, inside in sentences.items() if _ASSERTS.match(texts[inside[0]])]:
        del sentences[number]
    echoed = {i for inside in sentences.values() for i in inside if _echoes(prepared, [readings[i]])}
    for inside in sentences.values():
        if len(inside) > 1 and _echoes(prepared, [readings[i] for i in inside]):
            echoed |= set(inside)
    return echoed


def _echoes(prepared: Prepared, readings: Sequence[Reading]) -> bool:
    """Tell whether nearly all words are the question's and most of the question's words are there, and nothing is negated."""
    concepts = {c for reading in readings for c in reading.signs}
    negations = sum(reading.negations for reading in readings)
    if not concepts or any(reading.formulas for reading in readings):
        return False
    for asked in prepared.asked_readings:
        same = len(concepts & asked.signs.keys())
        alike = same >= cal.ECHO * len(concepts) and same >= cal.ECHO_OF_QUESTION * len(asked.signs)
        enough = len(concepts) >= cal.ECHO_WORDS or concepts == asked.signs.keys()
        if alike and enough and negations <= asked.negations:
            return True
    return False


def _is_gibberish(prepared: Prepared, texts: Sequence[str], readings: Sequence[Reading]) -> bool:
    words = [w for text in texts for w in _WORDS.findall(text) if len(w) > 2]
    if any(reading.formulas for reading in readings) or not words:
        return not any(reading.tokens or reading.formulas or reading.functions for reading in readings)
    if len(words) >= cal.REPEATED_WORDS and len(set(words)) <= cal.REPETITION * len(words):
        return True
    return sum(map(prepared.is_word, words)) < cal.REAL_WORDS * len(words)


def _is_bare(text: str, reading: Reading) -> bool:
    """Tell whether a clause is a row of words without anything that relates them."""
    related = reading.verbs + reading.functions + len(_RELATION.findall(text)) + 0.5 * len(_NUMBER.findall(text))
    return len(reading.tokens) >= cal.BARE_WORDS and related <= cal.BARE_RELATED * reading.words


def _is_keyword_list(answer: str, readings: Sequence[Reading], bare: set[int], rest: Sequence[int]) -> bool:
    if rest and len(bare) >= cal.BARE_SHARE * len(rest):
        return True
    items = [item for item in _ITEM.split(answer) if item.strip()]
    words = sum(len(item.split()) == 1 and not _STATES.search(item) for item in items)
    if len(items) >= cal.BAG_ITEMS and words >= cal.BAG_SHARE * len(items):
        return True
    single = sum(map(_is_term, items))
    verbs, functions = sum(r.verbs for r in readings), sum(r.functions for r in readings)
    plain = verbs + functions <= cal.LIST_FUNCTIONS * sum(r.words for r in readings)
    return single >= cal.LIST_ITEMS and single >= cal.LIST_SHARE * len(items) and plain and not _are_notes(answer)


def _are_notes(answer: str) -> bool:
    """Tell whether arrows and equations say here and there what a verb would say; a mere chain of arrows says nothing."""
    found, items = len(_LEADS_TO.findall(answer)), sum(bool(item.strip()) for item in _ITEM.split(answer))
    return cal.NOTES <= found <= items / cal.ITEMS_OF_NOTE


def _is_term(item: str) -> bool:
    return len(item.split()) <= cal.ITEM_WORDS and not _STATES.search(item)


def _listed(answer: str, found: Sequence[Clause]) -> set[int]:
    """Return the clauses that are items of a long row of terms, whatever stands before and behind it."""
    ends = [*(m.span() for m in _ITEM.finditer(answer)), (len(answer), len(answer))]
    rows: list[list[int]] = [[0, 0, 0]]  # start, end and number of terms
    for (start, _), (_, last) in zip(ends, [(0, 0), *ends], strict=False):
        if not answer[last:start].strip():
            continue
        if _is_term(answer[last:start]):
            rows[-1][1:] = [start, rows[-1][2] + 1]
        else:
            rows.append([start, start, 0])
    long = [(start, end) for start, end, terms in rows if terms >= cal.LIST_ITEMS]
    if not long or _are_notes(answer):
        return set()
    return {i for i, c in enumerate(found) if any(start <= c.start and c.end <= end for start, end in long)}


def _asked(answer: str, found: Sequence[Clause], texts: Sequence[str]) -> set[int]:
    """Return the clauses of sentences that ask something back ("what about the third dimension?"): a question claims nothing."""
    sentences: dict[int, list[int]] = {}
    for i, clause in enumerate(found):
        sentences.setdefault(clause.sentence, []).append(i)
    ends = {number: answer[found[inside[-1]].end :].lstrip()[:1] for number, inside in sentences.items()} if "?" in answer else {}
    return {
        i for number, mark in ends.items() if mark == "?" and _ASKS.match(texts[sentences[number][0]]) for i in sentences[number]
    }


def _denied(answer: str, found: Sequence[Clause], texts: Sequence[str]) -> set[int]:
    """Return the clauses whose content the candidate reports or denies instead of claiming it."""
    denied: set[int] = set()
    for i in _matching(_DENIES_WHAT_FOLLOWS, answer, found, texts):
        if not _AFFIRMS.search(texts[i]):
            denied |= {i} | _after(found, texts, i)
    reported = _matching(_REPORTED, answer, found, texts)
    for i in _matching(_DENIAL, answer, found, texts):
        if i and _denies_what_went_before(texts[i]):  # a first "false" answers the question
            announced = i - 1 in reported and answer[found[i].end :].lstrip().startswith(":")
            denied |= {i} | (_after(found, texts, i) if announced else _before(found, texts, i))
    for i in reported:
        denied |= {i} if _DENIAL.search(texts[i]) else set(range(i, _turn_after(found, texts, i)))
    return denied


def _after(found: Sequence[Clause], texts: Sequence[str], at: int) -> set[int]:
    """Return the clauses of the same sentence that follow, up to a "but"."""
    rest = [i for i in range(at + 1, len(found)) if found[i].sentence == found[at].sentence]
    turn = next((i for i in rest if _TURN.match(texts[i])), len(found))
    return {i for i in rest if i < turn}


def _before(found: Sequence[Clause], texts: Sequence[str], at: int) -> set[int]:
    """Return the clauses that one like "but that is wrong" speaks of: those before it in its sentence, or the sentence before."""
    own = {i for i in range(at) if found[i].sentence == found[at].sentence and " " in texts[i]}
    return own or {i for i in range(at) if found[i].sentence == found[at].sentence - 1}


def _turn_after(found: Sequence[Clause], texts: Sequence[str], at: int) -> int:
    """Return the clause in which what was reported from `at` on is denied or left for one's own view; `at` where it never is."""
    first_of_next = True
    for i in range(at + 1, len(texts)):
        same = found[i].sentence == found[at].sentence
        if not same and not first_of_next:
            break
        first_of_next = same
        if _TURN.match(texts[i]) or _DENIAL.search(texts[i]):
            return i
    return at


def _denies_what_went_before(clause: str) -> bool:
    """Tell whether a clause like "but that is wrong" says nothing else."""
    return clause.count(" ") < cal.SHORT_DENIAL and bool(_DENIES_WHAT_WENT_BEFORE.fullmatch(clause))
