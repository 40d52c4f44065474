"""The oracle itself, against the hand-made style vectors: what it expects is what a person wrote down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from fidelity.bodies import pair_faults
from fidelity.cases import Oracle
from fidelity.comparing import is_path
from fidelity.operations import Described, Wire
from fidelity.patterns import is_matched, matching
from fidelity.references import Documents
from fidelity.wire import compact, header_parts, pairs_of, path_text

VERSIONS = {
    "2.0": {"swagger": "2.0"},
    "3.0": {"openapi": "3.0.3"},
    "3.1": {"openapi": "3.1.0"},
    "3.2": {"openapi": "3.2.0"},
}

STRICT = {
    "v30-label-flat",
    "path-label-dot-in-item",
    "query-reserved",
    "query-reserved-space",
    "cookie-flat-array",
    "cookie-flat-object",
}
"""Where the oracle takes fewer texts than the vectors do: an erratum, needless encoding."""


def vectors(test_data: Path) -> Iterator[tuple[dict[str, Any], Wire]]:
    """Each parameter vector whose outcome the specification decides, with the parameter as the oracle reads it."""
    for vector in json.loads((test_data / "style_vectors.json").read_text())["parameters"]:
        if not vector["optional"]:
            yield vector, read(vector)


def read(vector: dict[str, Any]) -> Wire:
    parameter = vector["parameter"]
    path = f"/{{{parameter['name']}}}" if parameter["in"] == "path" else "/x"
    operation = {"parameters": [parameter], "responses": {}}
    [described] = described_in({**VERSIONS[vector["doc"]], "paths": {path: {"get": operation}}})
    [wire] = described.parameters
    return wire


def described_in(root: Any) -> list[Described]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(root))
        return Oracle(Documents(file)).operations


def test_what_the_vectors_accept_the_oracle_accepts(test_data: Path) -> None:
    """Every text that the vectors call right meets what the oracle computes from the same parameter and value."""
    seen = 0
    for vector, wire in vectors(test_data):
        texts = vector["expect"] if vector["id"] in STRICT else [*vector["expect"], *vector["accept"]]
        for text in texts:
            assert faults(wire, vector["value"], text) == [], (vector["id"], text)
            seen += 1
    assert seen > 150


def test_what_differs_from_the_vectors_the_oracle_refuses(test_data: Path) -> None:
    """A character more at the end, and a value left out, are never right."""
    for vector, wire in vectors(test_data):
        text = vector["expect"][0]
        if text and vector["value"] not in ([], {}):
            assert faults(wire, vector["value"], text + "x"), vector["id"]
            assert faults(wire, vector["value"], ""), vector["id"]


def faults(wire: Wire, value: Any, text: str) -> list[str]:
    if wire.place == "path":
        wanted = f"/{path_text(wire, value)}"
        is_exact = isinstance(value, dict | list) or wire.style != "simple"
        return [] if is_path(wanted, f"/{text}", is_exact=is_exact) else [f"{text} is not {wanted}"]
    if wire.place == "header":
        parts = header_parts(wire, value)
        return [] if text in {",".join(parts), ", ".join(parts)} or is_same_json(text, parts) else [text]
    if wire.place == "querystring":
        return querystring_faults(wire, value, text)
    return pair_faults(pairs_of(wire, value), text, "; " if wire.place == "cookie" else "&")


def querystring_faults(wire: Wire, value: Any, text: str) -> list[str]:
    if wire.media != "application/x-www-form-urlencoded":
        return [] if is_same_json(unquote(text), (compact(value),)) else [text]
    fields = {key: Wire(key, "query", False, "form", True, False, None) for key in value}
    return pair_faults([pair for key, each in value.items() for pair in pairs_of(fields[key], each)], text, "&")


def is_same_json(text: str, parts: tuple[str, ...]) -> bool:
    try:
        return len(parts) == 1 and json.loads(text) == json.loads(parts[0])
    except ValueError:
        return False


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]{2}-[0-9]{4}$",
        r"^\p{L}[\p{N}_]+$",
        r"^(GET|POST) /\w+$",
        r"^arn:(?<part>aws|aws-cn):[^:]*$",
        r"\d{3,}\.\d",
        r"^\P{C}+\P{Lu}$",
    ],
)
def test_a_text_is_read_off_a_pattern(pattern: str) -> None:
    """Classes, repeats, branches, named groups and Unicode categories."""
    text = matching(pattern)
    assert text is not None
    assert is_matched(pattern, text)
    assert re.search(r"[^\x20-\x7e]", text) is None
