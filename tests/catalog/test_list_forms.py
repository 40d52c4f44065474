"""The forms of a list over real documents: what a model can call from a lean one, and what a full one says exactly.

What a call needs is found here by a walk of its own through the checked schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema_rs
import pytest

from nearby_values import Nearby
from small_documents import catalog_of_large_file
from specport.catalog.model import Form, Tool

Json: TypeAlias = Any  # schemas are read as they come; looking at them is the check

REPOSITORY = Path(__file__).resolve().parents[2]
VALUES = 6
"""Values tried on each tool."""


@pytest.fixture(scope="module")
def documents(test_data: Path, corpus: Path) -> list[Path]:
    """Both DigitalOcean documents and those of `dev_specs.txt`."""
    names = (test_data / "dev_specs.txt").read_text().split()
    found = [corpus / f"{name}.json" for name in names if (corpus / f"{name}.json").is_file()]
    ours = REPOSITORY / "tool_specs" / "digitalocean" / "openapi.yaml"
    return [test_data / "specs" / "digitalocean.json", ours, *found]


def tools_of(documents: Sequence[Path]) -> Iterator[Tool]:
    for path in documents:
        yield from catalog_of_large_file(path).tools


def parts(schema: Json, root: Json, within: tuple[str, ...] = ()) -> Iterator[Json]:
    """The schema with all that holds beside it: `allOf` and what references lead to."""
    if isinstance(schema, dict):
        yield schema
        reference = schema.get("$ref", "")
        if reference and reference not in within:
            yield from parts(root["$defs"][reference.removeprefix("#/$defs/")], root, (*within, reference))
        for part in schema.get("allOf", ()):
            yield from parts(part, root, within)


def required_of(schema: Json, root: Json, depth: int = 8) -> set[str]:
    """Names that every object which fits must have."""
    found: set[str] = set()
    for part in parts(schema, root):
        found |= set(part.get("required", ()))
        for key in ("anyOf", "oneOf"):
            asked = [required_of(branch, root, depth - 1) for branch in part.get(key, ())] if depth else []
            found |= set.intersection(*asked) if asked else set()
    return found


def members_of(schema: Json, root: Json) -> dict[str, Json]:
    """Members by name, of rows those of the row."""
    found: dict[str, Json] = {}
    for part in parts(schema, root):
        for name, member in part.get("properties", {}).items():
            found.setdefault(name, member)
        found.update(members_of(part["items"], root) if isinstance(part.get("items"), dict) else {})
    return found


def needed_names(body: Json, root: Json) -> set[str]:
    """Required members of a body, and those of what is required in it."""
    names = required_of(body, root)
    members = members_of(body, root)
    for name in names & members.keys():
        rows = [part["items"] for part in parts(members[name], root) if isinstance(part.get("items"), dict)]
        names = names.union(*(required_of(each, root) for each in (members[name], *rows)))
    return names


def test_a_lean_list_shows_what_a_call_must_give(documents: list[Path]) -> None:
    """Every required argument as one, and every required member of a body to the second level by its name."""
    hidden: list[tuple[str, set[str]]] = []
    looked_at = 0
    for tool in tools_of(documents):
        checked, shown = tool.input_schema, tool.schema_in(Form.LEAN)
        assert set(shown["properties"]) == set(checked["properties"])  # type: ignore[call-overload]
        assert shown.get("required", []) == checked.get("required", [])
        body = tool.route.body if tool.route else None
        if body:
            names = needed_names(checked["properties"][body.argument], checked)  # type: ignore[index]
            text = json.dumps(shown, ensure_ascii=False)
            missing = {name for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}
            hidden += [(tool.address, missing)] if missing else []
            looked_at += len(names)
    assert hidden == []
    assert looked_at > 500


def test_a_lean_schema_takes_what_the_checked_one_takes(documents: list[Path]) -> None:
    """What a client that checks arguments itself lets through is never less."""
    for tool in tools_of(documents):
        checks, shows = (jsonschema_rs.Draft202012Validator(dict(tool.schema_in(form)), offline=True)
                         for form in (Form.VERBATIM, Form.LEAN))  # fmt: skip
        nearby = Nearby(tool.input_schema, seed=1)
        for value in (nearby.value() for _ in range(VALUES)):
            assert shows.is_valid(value) or not checks.is_valid(value), (tool.address, value)


def test_a_full_schema_takes_exactly_what_the_checked_one_takes(documents: list[Path]) -> None:
    """In a third to all of its bytes; a verbatim one is the checked one."""
    fitting = 0
    for tool in tools_of(documents):
        assert tool.schema_in(Form.VERBATIM) == tool.input_schema
        checks, shows = (jsonschema_rs.Draft202012Validator(dict(tool.schema_in(form)), offline=True)
                         for form in (Form.VERBATIM, Form.FULL))  # fmt: skip
        nearby = Nearby(tool.input_schema, seed=2)
        for value in (nearby.value() for _ in range(VALUES)):
            assert shows.is_valid(value) == checks.is_valid(value), (tool.address, value)
            fitting += checks.is_valid(value)
    assert fitting > 1_000
