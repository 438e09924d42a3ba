"""Tells an answer from everything else that a candidate may say: a request, small talk, "I don't know".

Only short replies are looked at: whoever writes three sentences and then "not sure about the rest" has answered. Of one twice as long
only its ends are: it may say at some length what was not understood, and then ask for other words, or wish to skip and say why.
"""

from __future__ import annotations

import re

from mockinterview.models import Intent

_BARE_WORDS = 7
_ASKED = 3  # words of a wish that is more than a word
_SHORT = 16  # words; a longer reply has content and goes to the grader, whatever it begins with

# What may stand behind "I can't say" and "I'd rather not say": nothing that could be an answer, as "accuracy here, since ..." is one.
_TAIL = (
    r"( (for sure|at all|right now|exactly|much|more|any|anything|further|it|this|that|these|those|the|question|one|details?|you|here|now|yet"
    r"|please|sorry|thanks|honestly|really))*"
)
_REFUSED = (
    rf"((go into|get into|discuss|(say|tell|talk|comment){_TAIL} (on|about|of)) (my|our)( \S+){{1,3}}"
    rf"|(go into|get into|answer|say|tell|talk|discuss|comment|guess){_TAIL}( (on|about|into|to|of))?{_TAIL})"
)

_PATTERNS: tuple[tuple[Intent, str], ...] = (
    ("clarify", r"(.* )?(can|could|would) you (please )?(rephrase|reword|restate|clarify|(put|say|ask|phrase) (it|that|this|the question)"
                r" (another way|in (an)?other (words|way)|differently|more simply|in (a )?(simpler|easier|different) (way|words)))\b.*"),
    ("clarify", r"(i('m| am) )?(not|un) ?(quite |really )?sure (what|which) (you('re| are) (getting at|asking|after|looking for)|you (mean|want|ask)|the question)\b.*"),
    ("end", r"(let'?s |can we |please |i want to |i'?d like to )?(stop|end|finish|quit)( here| now| the interview| it)*( please)?"),
    ("skip", r"(can we |could we |let'?s |please |i'?d like to |i want to |i would )*(skip|pass|move on|next question|next one|next)"
             r"( (on|this|that|it|one|the|question|to|next|please|now|for))*"),
    ("skip", r"((can we|could we|let'?s|please|maybe|i'?d (rather|like to|prefer to)|i would (rather|like to|prefer to)|i want to) )*(come|go|get) back to"
             r" (it|this|that|this one|that one|(this|that|the) question)( (later|at the end|another time|in a (bit|while|minute)|please|if (that'?s|that is) (ok(ay)?|fine|possible)))+"),
    ("back", r"(can we |could we |let'?s |please |i'?d like to |i want to )*(go |come |get )?back( (to|the|that|a|my|one|question|i|we|skipped|earlier|please|now))*"),
    ("hint", r"(can|could|may|would)? ?(i|you)? ?(please )?(have|get|give|need|want|use)? ?(me )?(a |another |some |any )?(little |small )?(hint|clue|tip|pointer|nudge)s?( please)?"),
    ("hint", r"((sorry|hm+|well|ok(ay)?|um+|uh+|so|but|and|maybe|idk|no idea|not sure|i('m| am) (stuck|lost)|i (do ?n'?t|do not) (really )?know( this| that| it)?)[ ,.]*)*((can|could|may|might) (i|you|we) (please |maybe |perhaps )?(have|get|give)( me)?|give me|i( need| want|'?d like)|any)? ?"
             r"(a |an |one |some |any |another )?(little |small |tiny |quick )?(hint|clue|tip|pointer|nudge)s?( (maybe|perhaps|pls|plz|please|here|on (this|that)|for (this|that)|thanks|or something))*( (on |about |as to |of )?(where|what|which|how) .*)?(\?? (or|and) (two|so|clarify|explain|rephrase|reword|skip|say|tell|help)\b.*)?"),
    ("hint", r"(i('m| am) stuck[ ,.]*)?(help|help me|give me a hand|some help)( please| here| out| a bit)*"),
    ("dont_know", r"((sorry|hmm+|well|honestly|uh+|um+|ok|no|nope)[ ,.]*)*(i )?(really |honestly |just |simply |still )?"
                  r"(do ?n[o']?t|do not|dunno|can'?t|cannot|could ?n'?t|have)( really| honestly)?( (know|remember|recall|think of|answer|(got )?(no|any) (idea|clue))).*"),
    ("dont_know", r"((sorry|hmm+|well|honestly|uh+|um+|ok)[ ,.]*)*(i )?(really |honestly |just |simply |still )?(can'?t|cannot|could ?n'?t)( really| honestly)? (say|tell)"
                  + _TAIL + r"( (how|why|what|which|when|where)( \S+){0,4}| i('ve| have)? (know|do|remember|recall|used|seen|heard)( \S+){0,4})?"),
    ("dont_know", r"((sorry|hmm+|well|honestly|uh+|um+|ok)[ ,.]*)*(i('m| am) )?(really )?(not|no|zero|absolutely no)( (at all|really|so|too|very|entirely))? ?(sure|idea|clue|certain)( at all| sorry| (about|on|of) (this|that|it)( one)?)*"),
    ("dont_know", r"(idk|dunno|no idea|no clue|beats me|pass[ ,]*no idea|never heard( of (it|that|this))?|i (have )?forgot(ten)?( it| that)?|you got me|what do i know|\?+)"),
    # A refusal is no answer either, however politely it is put; "I'd rather not use it" is one.
    ("dont_know", r"(no comment|i('?d| would)? ?(rather|prefer) not( to)? " + _REFUSED + r")"),
    ("dont_know", r"i('?d| would)? ?(rather|prefer) not .* if you do ?n'?t mind"),
    ("dont_know", r"(with (all )?(due )?respect )?i('?d| would)? ?(rather|prefer to|like to) leave (it|that|this|(the )?details?)( (to|with|for) (my|our)( \S+){1,3})?"),
    ("dont_know", r"i('d| would)? ?(do ?n'?t|do not|won'?t|will not) (want|like|wish) to " + _REFUSED),
    ("dont_know", r"i('ve| have) (never|not) (heard|seen|used|learned|learnt|studied|worked|come across)(?!.* (because|since|as (it|they|that)) ).*"),
    ("clarify", r"(can|could|would) you (please )?(explain|elaborate|be more specific|make).*"),
    ("clarify", r"(sorry[ ,.]*|hm+[ ,.]*)?(what|which) (exactly |precisely )?(do|did) you (mean|want|ask|refer|expect).*"),
    ("clarify", r"(sorry[ ,.]*)?(i )?(do ?n'?t|did ?n'?t|do not|did not) (really |quite )?(understand|get|follow) (the |your |this |that )?(question|it|what you).*"),
    ("clarify", r"(so[ ,.]*)?(what|which)( \S+){0,4} (would|do|should|shall) (you|i)( like| want| prefer)?( me)?( to)? (focus on|start with|go into|concentrate on|talk about).*"),
    ("clarify", r"((a |one )?(quick )?question( first)?[ ,.]*)?(should|shall|can|may|do) i (assume|suppose|take it) .*"),
    ("clarify", r"((sorry|hm+|wait|ok(ay)?|so) )*do (you|ya) (want|expect|need) (me|us|a|an|the|it|this|numbers|that)\b.*"),
    ("clarify", r"(please )?(rephrase|clarify)( that| the question| please| it)*"),
    ("clarify", r"(sorry |hm+ )?(wdym|what d(o|ya|'you) mean|what'?s meant)\b.*"),
    ("clarify", r"((sorry|hm+|ok(ay)?|wait) )*what('s| is| does| do) (the |a |an |that |this )?(\S+ ){1,6}(mean|supposed to mean)(\? \S+( \S+)?"
                r"|( (here|exactly|in this context|by that|again|please|sorry))*)"),
    ("thinking", r"(let me (think|see)|give me (a|one) (second|sec|moment|minute)|(one|just a) (second|sec|moment|minute)|hold on|wait|thinking|good question|hm+|um+|uh+|ok(ay)?|well)"
                 r"( (a|about|it|that|for|second|moment|please|sec|bit))*"),
    ("small_talk", r"((can|could|would) you )?(please )?(repeat|come again|pardon|say)( that| again| the question| please| it| me)*"),
    ("small_talk", r"(hi|hello|hey|good (morning|afternoon|evening)|thanks|thank you|cheers|nice to meet you|how are you( doing)?( today)?|lol|haha+|sure|great|cool|nice|alright|ready|i('m| am) (ready|nervous|tired))"
                   r"( (there|so|much|a lot|very|to|for|you|having|me|your|time|the|question|interviewer|lets|start|go|a bit|bit|today))*"),
)  # fmt: skip
# A question back, asked at any length: which of two things is meant.
_MEANT = (
    r"((sorry|hm+|wait|ok(ay)?|so|well)[ ,.]+)*((can|could|would) you (please )?(clarify|explain what you|say what you)\b"
    r"|(\S+ ){0,6}(in|to) (what|which) (sense|extent|way)\b|((by|with) (\S+ ){1,4})?((do|did) )?you mean\b|wdym\b|what (exactly )?do you mean\b).*"
)
# "what mask?", "which one?": a word of the question is not understood
_WHAT = r"((sorry|hm+|wait|ok(ay)?|so)[ ,.]+)*(what|which)( \S+){1,2}\?"
_YES = r"(yes|yeah|yep|yup|sure|ok(ay)?|please|do|correct|right|exactly|y)( (please|do|end it|stop( here)?|that'?s it|i (do|want to)|i'?m done))*"
_NO = (
    r"(no|nope|nah|not yet|n|continue|sorry)?( ?(please|no|not yet|thanks|thank you|(let'?s |i want to |i'?d like to |we can )?"
    r"(continue|go on|carry on|keep going|proceed)))*"
)
_FILLERS = r"^((hm+|well|uh+|um+|er+|oh|ah|ok(ay)?|so|and|but|sorry|actually|honestly) )+"
_GUESS = r"\b(but|maybe|perhaps|probably|i (think|guess|believe|suppose)|i'?d (say|guess))( \S+){3}"


_BARE = (
    r"(well|hm+|uh+|um+|oh|i (think|guess|believe|suppose|would say))?( ?(yes|yeah|yep|yup|no|nope|nah|true|false|correct|right|wrong|maybe"
    r"|perhaps|possibly|probably|sometimes|often|always|never|of course|certainly|definitely|sure|not really|i (think|guess|believe|suppose)"
    r"|(i think |i guess )?(so|not)|and|or|(i|we|there) (do|does|is|are|would|have|had|don'?t|isn'?t|aren'?t|wouldn'?t|haven'?t)|it (does|doesn'?t|does not|is|isn'?t|is not|will|won'?t|would|wouldn'?t|can|can'?t)"
    r"|(that |it )?depends))+"
)


def is_bare(text: str) -> bool:
    """Tell whether a reply is a yes or no, or an evasion, with no reason beside it."""
    spaced = " ".join(re.sub(r"[!.…,;:?]+", " ", text.lower().replace("’", "'")).split())
    return len(spaced.split()) <= _BARE_WORDS and bool(re.fullmatch(_BARE, spaced))


def is_denial(text: str) -> bool:
    """Tell whether a bare reply says no: then there is no thing to name, only a reason to give."""
    return bool(re.search(r"\b(no|nope|nah|not|never|false|wrong)\b|n['’]t\b", text.lower()))


def _ends(text: str) -> tuple[str, str]:
    """Return the first and the last sentence of a reply of several, but no more than some thirty words; of any other, nothing."""
    first, *more = re.split(r"(?<=[.?!])\s+", text.strip())
    return (first, more[-1]) if more and len(text.split()) <= 2 * _SHORT else ("", "")


def understand(text: str, *, asked_to_end: bool = False) -> Intent:
    """Return what the candidate wants with a reply; "answer" for everything that has content.

    `asked_to_end` tells that the last thing said was the question whether to end the interview.
    """
    plain = re.sub(r"[!.…,;:\s]+$", "", text.strip().lower().removeprefix("/").replace("’", "'"))
    first, last = _ends(text)
    if len(plain.split()) <= 2 * _SHORT and text.rstrip().endswith("?") and re.match(_MEANT, plain):
        return "clarify"
    if re.fullmatch(_WHAT, plain):
        return "clarify"
    if len(first.split()) >= _ASKED and understand(first) == "skip":  # what follows only says why; "Next." may open an answer
        return "skip"
    if not plain or len(plain.split()) > _SHORT:
        return "clarify" if last and understand(last) == "clarify" else "answer"
    spaced = re.sub(r"\s+", " ", re.sub(r"[!.…,;:]+", " ", plain)).replace(" ?", "?").rstrip("? ") or "?"
    spaced = re.sub(r"\bu\b", "you", spaced)
    if asked_to_end and re.fullmatch(_YES, spaced):
        return "end"
    if asked_to_end and re.fullmatch(_NO, spaced):
        return "small_talk"
    wishes = (spaced, re.sub(_FILLERS, "", spaced))
    found: Intent = next((i for said in wishes for i, pattern in _PATTERNS if re.fullmatch(pattern, said)), "answer")
    return "answer" if found == "dont_know" and re.search(_GUESS, spaced) else found
