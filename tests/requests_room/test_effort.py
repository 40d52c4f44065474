"""Schemas that are short to write and would take for ever to check are told before they are."""

from __future__ import annotations

from typing import Any

import pytest

from small_documents import taking, tool_of
from specport.errors import BadArguments
from specport.requests.check import ArgumentChecker


def checker(schemas: dict[str, Any]) -> ArgumentChecker:
    """Of a tool whose body is the schema S0."""
    body = {"$ref": "#/components/schemas/S0"}
    return ArgumentChecker(tool_of(taking(body), components={"schemas": schemas}))


def chain(levels: int, made: Any, last: Any = None) -> dict[str, Any]:
    """Schemas that are each made of a reference to the next."""
    links = {f"S{n}": made({"$ref": f"#/components/schemas/S{n + 1}"}) for n in range(levels)}
    return {**links, f"S{levels}": last or {"type": "object"}}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_schema_that_doubles_forty_times_is_not_checked(keyword: str) -> None:
    """A library that nothing interrupts would be at it for years, with any value."""
    doubling = checker(chain(40, lambda following: {keyword: [following, {**following, "title": "again"}]}))
    with pytest.raises(BadArguments, match=r"would take more than 200,000 steps \(MAX_STEPS\)"):
        doubling.check({"body": {}})


def test_one_that_doubles_with_the_value_is_checked_as_deep_as_that_is_quick() -> None:
    """Whoever wrote the schema needs a value for it; a small one is checked."""
    step = chain(40, lambda following: {"allOf": [{"properties": {"a": following}}, {"properties": {"a": following}}]})
    doubling = checker(step)
    assert doubling.check({"body": {"a": {"a": {"a": {}}}}})
    value: Any = {}
    for _ in range(38):
        value = {"a": value}
    with pytest.raises(BadArguments, match="MAX_STEPS"):
        doubling.check({"body": value})


def test_what_refers_to_itself_is_checked_as_far_as_its_value_goes() -> None:
    """Circles of the same value end; trees are followed down."""
    circle = checker({"S0": {"allOf": [{"$ref": "#/components/schemas/S0"}], "type": "object"}})
    assert circle.check({"body": {}})
    node = {"type": "object", "properties": {side: {"$ref": "#/components/schemas/S0"} for side in ("left", "right")}}
    tree = checker({"S0": {**node, "required": ["name"]}})
    named: Any = {"name": "leaf"}
    for _ in range(30):
        named = {"name": "node", "left": named}
    assert tree.check({"body": named})
    with pytest.raises(BadArguments, match="'name' is missing"):
        tree.check({"body": {"name": "x", "right": {}}})


def test_large_arguments_may_take_more_steps() -> None:
    """A few for each of their values, so that a long list of small things is no matter."""
    item = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/S0/items"}, "b": {"type": "integer"}}}
    rows = checker({"S0": {"type": "array", "items": item}})
    assert rows.check({"body": [{"b": n} for n in range(70_000)]})
