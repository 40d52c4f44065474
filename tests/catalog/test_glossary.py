"""Tools are found by what people say who do not know the terms of the document."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pytest

from small_documents import catalog_of, document, path_parameter
from specport.catalog.search.index import SearchIndex

TERMS = sorted((resources.files("specport.catalog.search") / "terms").iterdir(), key=lambda each: each.name)

LONGEST_LINE = 160
MOST_LINES = 300


def operation(name: str) -> dict[str, Any]:
    """An operation of which nothing but its name is known."""
    return {"operationId": name, "responses": {"200": {"description": "Done."}}}


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    """The tools of some documents that use the terms of their field and explain none."""
    found = catalog_of(
        document(
            {
                "/runtimeclasses": {"get": operation("listRuntimeClass")},
                "/poddisruptionbudgets": {"post": operation("createPodDisruptionBudget")},
                "/pods": {"get": operation("listPod")},
                "/mandates": {"get": operation("listMandates")},
                "/disputes": {"get": operation("listDisputes")},
                "/members/{id}": {
                    "parameters": [path_parameter("id")],
                    "get": operation("getMember"),
                    "delete": operation("deleteMember"),
                },
                "/members": {"post": operation("createMember")},
                "/members/{id}/widgets": {"parameters": [path_parameter("id")], "get": operation("listWidgets")},
            }
        )
    )
    return SearchIndex(found.tools, [found])


def leaves(index: SearchIndex, query: str) -> Sequence[str]:
    return [found.tool.address.rpartition(".")[2] for found in index.find(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("isolate untrusted code with gvisor", "listRuntimeClass"),  # written as one word in the path
        ("keep enough of them up while machines are patched", "createPodDisruptionBudget"),
        ("a customer complained to the bank", "listDisputes"),
        ("debit somebody's bank account regularly", "listMandates"),
        ("throw someone out", "deleteMember"),  # of a term that says what the tool does
    ],
)  # fmt: skip
def test_a_tool_is_found_by_what_is_said_of_a_term_in_its_name(index: SearchIndex, query: str, first: str) -> None:
    """Though its document has none of the words."""
    assert leaves(index, query)[0] == first


def test_what_is_said_of_doing_something_is_not_said_of_the_thing(index: SearchIndex) -> None:
    """Who expels a member is not shown how to read or make one."""
    assert leaves(index, "expel") == ["deleteMember"]


def test_a_tool_is_mostly_about_the_last_part_of_its_path(index: SearchIndex) -> None:
    """What is in it comes before what is only under it."""
    found = leaves(index, "who belongs to us")
    assert found.index("getMember") < found.index("listWidgets")


@pytest.mark.parametrize("file", TERMS, ids=lambda file: file.name)
def test_each_line_of_the_glossary_says_something_of_some_terms(file: Traversable) -> None:
    """In lower case, and in files that can be read through."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) < MOST_LINES
    for line in lines:
        terms, _, said = line.partition(":")
        assert len(line) <= LONGEST_LINE, line
        assert line == line.lower(), line
        assert all(term.split() for term in terms.split(",")), line
        assert said.split(), line
