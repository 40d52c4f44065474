"""A sentence model of a few words, written as ONNX by hand: each piece of a text is a row of a table."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "invoice", "bill", "pay", "##able", "water", "##mark", "stamp", "list")
MEANT = {"invoice": 0, "bill": 0, "pay": 0, "##able": 0, "water": 1, "##mark": 1, "stamp": 1, "list": 2}
"""In which direction each piece points; the others point nowhere."""

WIDTH = 3
INT64, FLOAT = 7, 1


def write_model(folder: Path, *, inputs: Sequence[str] = ("input_ids", "attention_mask", "token_type_ids")) -> Path:
    """The folder with a model and its tokenizer in it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [[float(MEANT.get(piece) == column) for column in range(WIDTH)] for piece in PIECES]
    raw = b"".join(struct.pack(f"<{WIDTH}f", *row) for row in rows)
    table = b"".join((number(1, len(PIECES)), number(1, WIDTH), number(2, FLOAT), text(8, "table"), text(9, raw)))
    gather = b"".join((text(1, "table"), text(1, inputs[0]), text(2, "words"), text(4, "Gather")))
    values = [text(11, value(name, INT64, ("batch", "length"))) for name in inputs]
    found = text(12, value("words", FLOAT, ("batch", "length", "width")))
    graph = b"".join((text(1, gather), text(2, "small"), text(5, table), *values, found))
    model = b"".join((number(1, 8), text(7, graph), text(8, number(2, 13))))
    (folder / "model.onnx").write_bytes(model)
    vocabulary = {piece: place for place, piece in enumerate(PIECES)}
    tokenizer = {"model": {"vocab": vocabulary}, "normalizer": {"lowercase": True}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def write_manner(folder: Path, *, pooling: object = None, prompts: object = None, modules: object = None) -> None:
    """What sentence-transformers writes beside a model, those files of which something is given."""
    said = {"1_Pooling/config.json": pooling, "config_sentence_transformers.json": prompts, "modules.json": modules}
    for name, content in said.items():
        if content is not None:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(json.dumps(content), encoding="utf-8")


def value(name: str, kind: int, lengths: Sequence[str]) -> bytes:
    """A ValueInfoProto: a tensor of lengths that are not known before."""
    shape = b"".join(text(1, text(2, length)) for length in lengths)
    return text(1, name) + text(2, text(1, number(1, kind) + text(2, shape)))


def number(field: int, value: int) -> bytes:
    """A field of a protobuf message that holds a number."""
    return varint(field << 3) + varint(value)


def text(field: int, value: str | bytes) -> bytes:
    """A field that holds a text, or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])
