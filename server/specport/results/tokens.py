"""How many tokens a text costs a model, as near above as can be told without a tokenizer.

A byte is a quarter of a token in prose and half of one in what APIs answer: numbers, identifiers and punctuation take
more. The rule below follows how o200k_base splits text, and `bench/answers.py` holds it against that.
"""

from __future__ import annotations

import math
import re

_PIECE = re.compile(
    r"(?P<dense>[A-Za-z0-9+/]{40,})"
    r"|(?P<word> ?[A-Z]?[a-z]+| ?[A-Z]+)"
    r"|(?P<number>[0-9]{1,3})"
    r"|(?P<signs> ?[!-/:-@\[-`{-~]+)"
    r"|(?P<space>\s+)"
    r"|(?P<near>[\u0080-\u07ff]+)"
    r"|(?P<east>[\u3040-\u9fff]+)"
    r"|(?P<far>[^\x00-\x7f]+)"
    r"|.",
    re.DOTALL,
)
_BYTES_A_TOKEN = 4


def tokens(text: str) -> int:
    """The tokens of a text, in most cases a few too many, and never fewer than a quarter of its UTF-8 bytes."""
    counted = sum(_cost(found.lastgroup or "", len(found[0])) for found in _PIECE.finditer(text))
    return max(counted, math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_A_TOKEN))


def _cost(kind: str, length: int) -> int:
    """The tokens of one piece: a run of one kind of characters."""
    match kind:
        case "dense":
            return math.ceil(length / 1.4)
        case "word":
            return 1 if length <= 8 else math.ceil(length / (4 if length <= 16 else 1.8))
        case "signs":
            return 1 if length <= 3 else math.ceil(length / 1.5)
        case "space":
            return 1 + length // 32
        case "near":
            return math.ceil(length * 0.6)
        case "east":
            return math.ceil(length * 1.3)
        case "far":
            return math.ceil(length * 2.3)
        case _:
            return 1
