"""Tells whether an answer is written in English, by its script and its small words."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from mockinterview.grading import calibration as cal

_WORDS: Final = re.compile(r"[^\W\d_]+", re.UNICODE)
_ENGLISH: Final = frozenset(
    """the a an of to in is are was it its that this these and or but with for as on by from at not be you we i they which when
    because so if than then there can do does have has will would your our their what how into each one more less no""".split()
)
# Words of other languages that are English words, names or symbols as well; they count half.
_AMBIGUOUS: Final = frozenset(
    """man per den on son plus come do no as an am die was door men dan op hay pour bin dos data ten sin sans chat pro con la de el
    des os te al se ma me sur par et en un ai ha sea van met om da di do na er med det av var""".split()
)
# Small words that English does not have.
_OTHERS: Final = {
    name: {
        word: 0.5 if word in _AMBIGUOUS else 1.0
        for word in words.split()
        if word not in _ENGLISH and (len(word) > 1 or not word.isascii())
    }
    for name, words in {
        "German": "der das und ist nicht ein eine einen einer mit für von dem den zu auf wird werden sich auch durch als wenn oder aber bei nach wie kann sind dass weil wir ich man beim zum zur im über nur noch mehr keine kein",
        "French": "le la les des est et une un du que qui dans pour pas avec sur par au aux ce cette sont ne plus je nous on il elle ou mais donc car comme entre être peut chaque",
        "Spanish": "el la los las es y una un del que en para no con por se al como más pero cada este esta son lo su cuando porque entre también puede yo hay muy",
        "Italian": "il la gli le è e una un del della che di per non con si come più ma ogni questo questa sono lo nel nella quando perché anche può da dei delle",
        "Portuguese": "o os as é e uma um do da que em para não com por se ao como mais mas cada este esta são no na quando porque também pode dos das pelo",
        "Dutch": "de het een en van is niet dat op te met voor zijn wordt worden door ook als maar bij naar kan om dan nog wel geen deze elke omdat",
        "Polish": "jest nie się na że to do jak przez od oraz dla są każdy przy ale lub gdy który która które tylko może",
        "Turkish": "bir ve bu için ile olarak daha da de çok gibi her ama olan değil veya kadar sonra",
        "Swedish": "och är att det som en ett inte på för med av den till kan om från varje eller när",
        "Indonesian": "yang dan di ini itu dengan untuk tidak dari pada adalah dalam akan setiap karena",
    }.items()
}
_LATIN_END: Final = 0x250  # code points above are no Latin letters
_GREEK: Final = range(0x370, 0x400)  # Greek letters are mathematics


def other_language(answer: str) -> str:
    """Return the language of an answer that is not English ("another script" where unnamed), or "" for English and for mere formulas."""
    # mathematical letters, as they are copied from papers, are another way to write Latin and Greek ones
    words = _WORDS.findall(unicodedata.normalize("NFKC", answer).lower())
    letters = [ord(c) for word in words for c in word]
    foreign = sum(code > _LATIN_END and code not in _GREEK for code in letters)
    if letters and foreign >= cal.FOREIGN_SCRIPT * len(letters):
        return "another script"
    said = set(words)  # each once: in "dL/da3 -> da3/da2" the same symbol stands again and again
    english = len(said & _ENGLISH)
    counts = {name: sum(small.get(word, 0.0) for word in said) for name, small in _OTHERS.items()}
    name = max(counts, key=counts.__getitem__)
    enough = counts[name] >= max(cal.FOREIGN_WORDS, cal.FOREIGN_SHARE * len(said))
    return name if enough and counts[name] > cal.FOREIGN_LEAD * english else ""
