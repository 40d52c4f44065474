"""Filters that a preview suggests: where a list is expensive, and with the numbers that they really have."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest
from source_documents import Open, document, operation

from specport.catalog.model import Filters
from specport.sources.model import Origin
from specport.sources.preview.model import LIST_BUDGET, MAX_TAG_SUGGESTIONS, Preview
from specport.sources.preview.text import as_text
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio

NONE = Filters()
LONG = "What it does, said at some length so that listing it costs something. " * 3


async def previewed(open_registry: Open, spec: str, filters: Filters = NONE) -> Preview:
    return await open_registry().preview(Specification(spec, filters=filters), Origin.OPERATOR)


def large(*tags: str) -> str:
    """A document whose list costs over the budget: 80 operations with each tag, of all methods, some deprecated."""
    methods = ("get", "post", "delete", "head")
    paths = {
        f"/{place}/{number}": {
            methods[number % 4]: operation(f"op{place}x{number}", tag, description=LONG, deprecated=number % 10 == 0)
        }
        for place, tag in enumerate(tags)
        for number in range(80)
    }
    return document(paths=paths)


def read_back(options: str) -> Filters:
    """What a command line makes of the options."""
    words = shlex.split(options)
    values = {
        name: tuple(words[at + 1] for at, word in enumerate(words) if word == f"--{name}")
        for name in ("include", "exclude")
    }
    return Filters(**values, deprecated="--no-deprecated" not in words)


async def test_a_short_list_needs_none(open_registry: Open) -> None:
    """Nothing is suggested within the budget."""
    found = await previewed(open_registry, document())
    assert found.tokens <= LIST_BUDGET
    assert found.suggestions == ()
    assert "Fewer tools" not in as_text(found)


async def test_each_suggestion_leaves_what_it_says(open_registry: Open) -> None:
    """Given to a preview, as options or as arguments, it brings the same numbers."""
    text = large("Pets", "Two words", "it's $(odd)", "Four", "Five")
    found = await previewed(open_registry, text)
    assert found.tokens > LIST_BUDGET
    assert [suggestion.options for suggestion in found.suggestions] == [
        "--include tag:Five", "--include tag:Four", """--include 'tag:it'"'"'s $(odd)'""",
        "--include GET --include HEAD", "--exclude DELETE", "--no-deprecated",
    ]  # fmt: skip
    for suggestion in found.suggestions:
        filters = read_back(suggestion.options)
        left = await previewed(open_registry, text, filters)
        assert (left.operations, left.tokens) == (suggestion.tools, suggestion.tokens)
        assert suggestion.arguments in ({}, {"include": filters.include}, {"exclude": filters.exclude})


async def test_what_is_included_already_is_only_narrowed(open_registry: Open) -> None:
    """By exclusions, which go with what was given; another inclusion would bring more."""
    text = large(*(f"T{number}" for number in range(6)))
    given = Filters(include=("tag:T*",), exclude=("/5/*",))
    found = await previewed(open_registry, text, given)
    assert [suggestion.options for suggestion in found.suggestions] == [
        "--exclude DELETE --exclude POST", "--exclude DELETE", "--no-deprecated",
    ]  # fmt: skip
    for suggestion in found.suggestions:
        more = read_back(suggestion.options)
        filters = replace(given, exclude=(*given.exclude, *more.exclude), deprecated=more.deprecated)
        assert (await previewed(open_registry, text, filters)).operations == suggestion.tools


async def test_a_tag_brings_what_stands_under_it(open_registry: Open) -> None:
    """Tags of OpenAPI 3.2 have parents, and tags that differ in case are one to a filter."""
    root = json.loads(large("Child", "child", "Parent", "Other", "More"))
    tags = [{"name": "Child", "parent": "Parent"}, {"name": "Parent"}]
    text = json.dumps({**root, "openapi": "3.2.0", "tags": tags})
    found = await previewed(open_registry, text)
    counts = {suggestion.options: suggestion.tools for suggestion in found.suggestions}
    for options in list(counts)[:MAX_TAG_SUGGESTIONS]:
        assert (await previewed(open_registry, text, read_back(options))).operations == counts[options]
    assert counts["--include tag:Parent"] == 160


async def test_a_tag_that_costs_too_much_or_cannot_be_written_is_not_suggested(open_registry: Open) -> None:
    """Signs of globs, what is not seen, and names longer than an expression may be."""
    text = large("a*", "b\x1b[31m", "c  d", "e" * 300, "", "Fine")
    found = await previewed(open_registry, text)
    assert [each.options for each in found.suggestions if "tag:" in each.options] == ["--include tag:Fine"]
    one = await previewed(open_registry, large(*["Same"] * 6))
    assert [each.options for each in one.suggestions if "tag:" in each.options] == []


async def test_a_model_reads_arguments(open_registry: Open) -> None:
    """Those of the tools; what they have no argument for is left to people."""
    lines = as_text(await previewed(open_registry, large("A", "B", "C", "D", "E"))).splitlines()
    start = lines.index("Fewer tools: listing all costs over 10,000 tokens; add some with")
    assert lines[start + 1].startswith('- include ["tag:A"]: 80 tools, about ')
    assert [line.partition(":")[0] for line in lines[start + 4 : start + 6]] == [
        '- include ["GET","HEAD"]',
        '- exclude ["DELETE"]',
    ]
    assert lines[start + 6].startswith("Clients: ")


async def test_a_preview_counts_what_asks_first_and_what_is_hidden(open_registry: Open) -> None:
    """As the document itself says with `x-specport`."""
    paths = {
        "/a": {"get": operation("a", **{"x-specport": {"approve": True}})},
        "/b": {"get": operation("b", **{"x-specport": {"hide": True}})},
        "/c": {"get": operation("c")},
    }
    found = await previewed(open_registry, document(paths=paths))
    assert (found.operations, found.asking, found.hidden) == (2, 1, 1)
    assert "Operations: 2, of which 2 only read, 0 destroy, 1 ask a person first; 1 more" in as_text(found)


async def test_the_command_has_the_filters_that_were_given(open_registry: Open) -> None:
    """So that what is added is what was previewed."""
    filters = Filters(include=("GET /pets*",), exclude=("tag:Two words",), deprecated=False)
    found = await previewed(open_registry, document(), filters)
    command = "specport add FILE --include 'GET /pets*' --exclude 'tag:Two words' --no-deprecated"
    assert found.add_command == command
