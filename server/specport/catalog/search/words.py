"""Text -> words -> stems: identifiers split, case and accents folded, the endings of English words cut off."""

from __future__ import annotations

import re
import unicodedata

MAX_STEM = 40
"""Letters of a word that count."""

LEAST = 3
"""Letters that must be left of a word whose ending is cut off."""

INITIALS = "."
"""What stands before the first letters of words that follow each other, so that they are no word themselves."""

INITIALS_LENGTHS = (2, 3, 4)
"""How many words are called by their initials."""

_RUN = re.compile(r"[^\W_]+")
_ACRONYMS = re.compile(r"(?<![A-Za-z])([A-Z]{2,})s(?![a-z])")
_BORDERS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_ENDINGS = (
    ("abilities", "abl"), ("ability", "abl"), ("ibility", "ibl"), ("ifications", "ify"), ("ification", "ify"),
    ("initions", "in"), ("inition", "in"), ("iptions", "ib"), ("iption", "ib"), ("ations", ""), ("ation", ""),
    ("ators", ""), ("ator", ""), ("ates", ""), ("ated", ""), ("ating", ""), ("ate", ""), ("utors", "ut"),
    ("utor", "ut"), ("cribers", "crib"), ("criber", "crib"), ("ions", ""), ("ion", ""), ("ments", ""), ("ment", ""),
    ("nesses", ""), ("ness", ""), ("ally", ""), ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("sses", "ss"),
    ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("eed", "eed"),
    ("ed", ""), ("s", ""),
)  # fmt: skip
"""Endings and what stands for them; the first that a word has is taken."""

_BY_LAST = {last: [pair for pair in _ENDINGS if pair[0][-1] == last] for last in {ending[-1] for ending, _ in _ENDINGS}}

_DOUBLING = ("ing", "ings", "ed")
"""Endings before which a consonant may be doubled."""

_KEPT = frozenset(("comment", "document", "segment", "element", "moment", "string", "during", "thing", "news", "data"))
"""Words that only look as if they had an ending."""

_PLURALS = {"people": "person", "indices": "index", "indexes": "index", "children": "child"}

_BRITISH = re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|ation|ations)\Z)")

_VOWEL = re.compile(r"[aeiouy]")


def words_of(text: str) -> list[str]:
    """The words of a text or identifier in lower case, without accents: `getSSHKeys_v2` -> get, ssh, keys, v2."""
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    if text.islower():
        return _RUN.findall(text)
    text = _ACRONYMS.sub(lambda found: found[0].lower(), text)
    runs = _RUN.findall(text)
    return [word for run in runs for word in ([run] if run.islower() else _BORDERS.sub(" ", run).lower().split())]


def stem(word: str) -> str:
    """What the words of a family share: `deploy`, `deploys`, `deployed`, `deployment`. It need not be a word."""
    word = word[:MAX_STEM]
    if len(word) <= LEAST or not (word.isascii() and word.isalpha()):
        return word
    if word.removesuffix("s") in _KEPT or word in _KEPT:
        return word.removesuffix("s") if word != "news" else word
    word = _PLURALS.get(word, word)
    if len(word) > 2 * LEAST:
        word = _BRITISH.sub("iz", word)
    word = _without_ending(word)
    longest_kept = LEAST if word.endswith("e") else 2 * LEAST - 1 if word.endswith("ll") else MAX_STEM
    return word[:-1] if len(word) > longest_kept else word


def _without_ending(word: str) -> str:
    for ending, instead in _BY_LAST.get(word[-1], ()):
        if word.endswith(ending):
            left = word[: -len(ending)]
            if len(left) + len(instead) < LEAST or not _VOWEL.search(left + instead):
                return word
            return _single(left) if ending in _DOUBLING else left + instead
    return word


def _single(left: str) -> str:
    """Without the consonant that an ending doubles: `stopp(ed)` -> `stop`."""
    is_doubled = len(left) > LEAST and left[-1] == left[-2] and left[-1] not in "aeiouyslz"
    return left[:-1] if is_doubled else left


def initials_of(name: str) -> list[str]:
    """The first letters of each few words of an identifier: `customResourceDefinition` -> `.crd`."""
    letters = "".join(word[0] for word in words_of(name))
    starts = [(start, length) for length in INITIALS_LENGTHS for start in range(len(letters) - length + 1)]
    return [INITIALS + letters[start : start + length] for start, length in starts]
