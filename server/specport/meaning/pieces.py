"""Text -> the numbers of its word pieces, as the models of the BERT family read it (WordPiece)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from specport.errors import SourceError
from specport.meaning.files import items, mapping, read_json

MAX_PIECES = 128
"""Pieces of a text that are read, those that begin and end it included."""

MAX_WORD = 100
"""Letters of a word that are looked up; a longer one is unknown, as the model learned it."""

MAX_TEXT = 2_000
"""Characters of a text that are read."""

_INSIDE = "##"
"""What stands before a piece that does not begin a word."""

_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+|[^\w\s]|_")
"""A word, or a sign or Chinese character, each of which stands alone."""


class Pieces:
    """The pieces that a model knows. Raises SourceError where `tokenizer.json` is missing or of another kind."""

    def __init__(self, path: Path) -> None:
        self._known, names = _known(read_json(path), path)
        self._begin, self._end, self._unknown = (self._known[each] for each in names)

    def of(self, text: str) -> list[int]:
        """The numbers of a text's pieces, never none: one begins it, and one ends it."""
        found: list[int] = []
        for word in _words(text[:MAX_TEXT]):
            if len(found) > MAX_PIECES:
                break
            found += self._of_word(word)
        return [self._begin, *found[: MAX_PIECES - 2], self._end]

    def _of_word(self, word: str) -> list[int]:
        """The longest pieces that a word can be put together of, from its beginning."""
        found: list[int] = []
        start = 0
        while start < len(word):
            before = _INSIDE if start else ""
            ends = range(len(word), start, -1)
            end = next((each for each in ends if before + word[start:each] in self._known), 0)
            if not end:
                return [self._unknown]
            found.append(self._known[before + word[start:end]])
            start = end
        return found if len(word) <= MAX_WORD else [self._unknown]


def _words(text: str) -> Iterator[str]:
    """The words and signs of a text, in lower case and without accents."""
    plain = unicodedata.normalize("NFD", text.lower())
    for found in _WORD.finditer("".join(each for each in plain if unicodedata.category(each) != "Mn")):
        yield found[0]


def _known(read: object, path: Path) -> tuple[Mapping[str, int], tuple[str, str, str]]:
    """The vocabulary of a tokenizer, if it is one whose texts are read as here, and which pieces begin and end a text.

    And which stands for what is unknown: BERT's are `[CLS]`, `[SEP]` and `[UNK]`, MPNet's `<s>`, `</s>` and `[UNK]`.
    """
    tokenizer = mapping(read)
    model = mapping(tokenizer.get("model"))
    known = {piece: number for piece, number in mapping(model.get("vocab")).items() if isinstance(number, int)}
    is_lower = mapping(tokenizer.get("normalizer")).get("lowercase") is True
    names = (*_around(mapping(tokenizer.get("post_processor"))), str(model.get("unk_token", "[UNK]")))
    if not is_lower or model.get("type", "WordPiece") != "WordPiece" or not known.keys() >= set(names):
        raise SourceError(
            f"{path} is not the tokenizer of a BERT model in lower case", hint="all-MiniLM-L6-v2 has one that fits"
        )
    return known, names


def _around(after: Mapping[str, object]) -> tuple[str, str]:
    """The pieces before and behind a text, by the three forms of a `post_processor` that put one of each there."""
    if after.get("type") in {"BertProcessing", "RobertaProcessing"}:
        begin, end = (_first(after.get(each)) for each in ("cls", "sep"))
        return str(begin), str(end)
    single = after.get("single")
    parts = [mapping(mapping(each).get("SpecialToken")).get("id") for each in items(single)]
    special = [str(each) for each in parts if each is not None]
    return (special[0], special[-1]) if special else ("[CLS]", "[SEP]")


def _first(value: object) -> object:
    return next(iter(items(value)), None)
