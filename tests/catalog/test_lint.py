"""What each client would refuse or change of a list of tools: each rule finds its smallest breach, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from specport.catalog.build import hints_of
from specport.catalog.lint import MAX_PLACES, lint
from specport.catalog.lint_model import Client, Finding, Names, Severity
from specport.catalog.lint_rules import LIST_RULES, RULES
from specport.catalog.model import Form, GivenSchema, Tool

FINE: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CLOSED = {**FINE, "additionalProperties": False}


@dataclass(frozen=True)
class Outlined:
    """Schemas of which the listed one breaks no rule."""

    checked: dict[str, Any]
    listed: dict[str, Any] = field(default_factory=lambda: CLOSED)

    @property
    def complete(self) -> dict[str, Any]:
        return self.checked


def tool(schema: dict[str, Any] | None = None, *, name: str = "group_tool", **more: Any) -> Tool:
    """A tool that every client takes but for what is given."""
    shown = CLOSED if schema is None else schema
    given = {"address": name, "wire_name": name, "description": "Does it.", "schemas": GivenSchema(shown), **more}
    return Tool(hints=hints_of("GET"), **given)


def with_argument(schema: dict[str, Any], name: str = "a") -> Tool:
    """A tool whose only argument has this schema."""
    return tool({"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False})


def broken(tools: Iterable[Tool], **settings: Any) -> set[str]:
    """The rules that tools break, as `client/rule`."""
    return {f"{found.client}/{found.rule}" for found in linted(tools, **settings)}


def linted(tools: Iterable[Tool], **settings: Any) -> tuple[Finding, ...]:
    return lint(tuple(tools), **{"server_name": "api", **settings})


def closed(**properties: Any) -> dict[str, Any]:
    """An object as strict mode wants it."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = closed(a=schema)
    return schema


STRICT = "openai-strict"
BREACHES: dict[str, tuple[list[Tool], set[str]]] = {
    "a dotted name": (
        [tool(name="group.tool")],
        {"claude/name", "openai/name", f"{STRICT}/name", "vscode/name"},
    ),
    "a name that starts with a digit": ([tool(name="1_tool")], {"gemini/name"}),
    "a name that is long with Claude Code's prefix": ([tool(name="t" * 55)], {"claude/name-in-full"}),
    "a name that is long with the server's": (
        [tool(name="t" * 57)],
        {"claude/name-in-full", "cursor/name-in-full", "vscode/name-in-full"},
    ),
    "names that are one when cut": (
        [tool(name="t" * 60 + "a"), tool(name="t" * 60 + "b")],
        {"claude/name-in-full", "cursor/name-in-full", "vscode/name-in-full", "vscode/cut-names"},
    ),
    "two of one name": (
        [tool(), tool()],
        {f"{client}/unique" for client in Client} | {"vscode/cut-names"},
    ),
    "no object at the root": (
        [tool({"type": "array", "items": {"type": "string"}})],
        {f"{client}/root-object" for client in ("claude", "openai", STRICT, "gemini", "vscode")},
    ),
    "a union at the root": (
        [tool({**CLOSED, "anyOf": [closed(a={"type": "string"})]})],
        {f"{client}/root-union" for client in ("claude", "openai", STRICT, "vscode")},
    ),
    "a key that is no name": ([with_argument({"type": "string"}, "filter[x]")], {"claude/argument-keys"}),
    "a key inside that is no name": ([with_argument(closed(**{"@type": {"type": "string"}}))], {"claude/inner-keys"}),
    "an invalid schema": ([with_argument({"type": "text"})], {"claude/valid", "vscode/valid"}),
    "a long description": (
        [tool(description="d" * 2049)],
        {"claude/description", "openai/description", f"{STRICT}/description"},
    ),
    "an array without items": (
        [with_argument({"type": "array"})],
        {f"{client}/items" for client in ("openai", STRICT, "gemini", "vscode")},
    ),
    "one type that is an array without items": (
        [with_argument(closed(b={"type": ["string", "array"]}))],
        {f"{client}/items" for client in ("openai", STRICT, "gemini", "vscode")},
    ),
    "an optional argument": ([tool({**CLOSED, "required": []})], {f"{STRICT}/required"}),
    "an open object": ([tool(FINE)], {f"{STRICT}/closed"}),
    "a keyword outside the subset": (
        [with_argument({"type": "string", "allOf": [{"type": "string"}]})],
        {f"{STRICT}/keywords", "gemini/keywords"},
    ),
    "no type": ([with_argument({})], {f"{STRICT}/typed"}),
    "an unknown format": ([with_argument({"type": "string", "format": "uri"})], {f"{STRICT}/format"}),
    "too many levels": ([tool(nested(11))], {f"{STRICT}/size"}),
    "too many choices": (
        [with_argument({"type": "string", "enum": [str(n) for n in range(1001)]})],
        {f"{STRICT}/size"},
    ),
    "choices that are long together": (
        [with_argument({"type": "string", "enum": [f"{n:060}" for n in range(251)]})],
        {f"{STRICT}/long-enum"},
    ),
    "choices that are numbers": ([with_argument({"type": "integer", "enum": [1, 2]})], {"gemini/enum"}),
    "a schema inside itself": (
        [tool({**closed(a={"$ref": "#/$defs/T"}), "$defs": {"T": closed(t={"$ref": "#/$defs/T"})}})],
        {"gemini/recursion"},
    ),
    "a required name that is no property": (
        [tool({**CLOSED, "required": ["a", "b"]})],
        {"vscode/required"},
    ),
    "eighty-one tools": ([tool(name=f"t{n}") for n in range(81)], {"cursor/count"}),
    "five hundred and thirteen tools": (
        [tool(name=f"t{n}") for n in range(513)],
        {f"{client}/count" for client in ("cursor", "openai", STRICT, "vscode", "gemini")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_found_by_the_rules_that_it_breaks(breach: str) -> None:
    """The smallest tool that a client refuses or changes, and exactly the rules that say so."""
    tools, rules = BREACHES[breach]
    assert broken(tools) == rules


def test_every_rule_is_shown_to_find_something() -> None:
    """A rule that nothing here breaks could be one that never finds anything."""
    found = {rule for _, rules in BREACHES.values() for rule in rules}
    assert found == {f"{rule.client}/{rule.id}" for rule in (*RULES, *LIST_RULES)}


def test_a_tool_as_every_client_wants_it_is_not_mentioned() -> None:
    """Nothing is found where nothing is wrong, at the limits themselves too."""
    assert broken([tool()]) == set()
    assert broken([tool(nested(10), name="t" * 54, description="d" * 1024)]) == set()


def test_a_pattern_of_another_dialect_is_no_breach() -> None:
    """VS Code and Claude check the keywords, not that `pattern` compiles in their own engines."""
    assert broken([with_argument({"type": "string", "pattern": r"^[\p{L}\p{Z}]+\z$"})]) == set()


def test_a_finding_says_what_where_why_and_what_to_do() -> None:
    """Client, rule, severity, address, schema, pointer, advice and source."""
    [found] = linted([with_argument({"type": "array"})], clients=[Client.VSCODE])
    assert (found.client, found.rule, found.severity, found.tool) == (
        Client.VSCODE, "items", Severity.ERROR, "group_tool",
    )  # fmt: skip
    assert (found.places, found.count, found.forms) == (("/properties/a",), 1, tuple(Form))
    assert found.message
    assert found.advice
    assert "toolSchemaNormalizer" in found.source


def test_the_listed_and_the_full_schema_are_told_apart() -> None:
    """What only the full schema breaks is found in it alone."""
    shown = tool(schemas=Outlined({"type": "object", "properties": {"a": {"type": "array"}}}))
    [found] = linted([shown], clients=[Client.VSCODE])
    assert found.forms == (Form.FULL, Form.VERBATIM)
    assert not linted([shown], clients=[Client.VSCODE], forms=[Form.LEAN])


def test_dotted_names_are_what_is_checked_when_they_are_listed() -> None:
    """`--tool-names dotted` lists addresses, which Claude and OpenAI refuse."""
    listed = tool(address="group.tool")
    assert broken([listed]) == set()
    assert broken([listed], names=Names.DOTTED) == {"claude/name", "openai/name", "openai-strict/name", "vscode/name"}


def test_many_places_are_counted_and_the_first_named() -> None:
    """A schema with a thousand breaches does not make a thousand lines."""
    many = tool(closed(**{f"a{n}": {"type": "array"} for n in range(1000)}))
    [found] = linted([many], clients=[Client.VSCODE])
    assert (len(found.places), found.count) == (MAX_PLACES, 1000)


def test_the_same_tools_give_the_same_findings() -> None:
    """By client in the order of the list of clients."""
    tools = [each for tools, _ in BREACHES.values() for each in tools]
    findings = linted(tools)
    assert findings == linted(tools)
    clients = [found.client for found in findings]
    assert clients == sorted(clients, key=list(Client).index)
