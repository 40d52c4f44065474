"""An overlay that is none, or that leaves the limits, is refused in one sentence that names it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from documents_room.overlay_files import THINGS, changed, loaded, overlay_file, refusal
from specport.documents import overlay, queries
from specport.documents.model import File


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "the overlay fix.yaml is empty", id="empty"),
        pytest.param(b"{", "the overlay fix.yaml is not valid", id="broken"),
        pytest.param(b"a: ]", "the overlay fix.yaml is not valid YAML at line 1", id="broken YAML"),
        pytest.param(b"[]", "the overlay fix.yaml is no overlay", id="array"),
        pytest.param(b"openapi: 3.1.0\npaths: {}\n", "no `overlay` version field", id="an OpenAPI document"),
        pytest.param(b"overlay: 1.2.0\nactions: []", "Overlay version '1.2.0'; readable are 1.0, 1.1", id="1.2"),
        pytest.param(b"overlay: 1.10.0\nactions: []", "Overlay version '1.10.0'", id="1.10"),
        pytest.param(b"overlay: 1\nactions: []", "Overlay version '1'", id="1"),
        pytest.param(b"overlay: 1.0.0\n", "has no `actions`", id="no actions"),
        pytest.param(b"overlay: 1.0.0\nactions: []", "has no `actions`", id="empty actions"),
        pytest.param(b"overlay: 1.0.0\nactions: {a: 1}", "has no `actions`", id="actions as an object"),
        pytest.param(b"overlay: 1.0.0\nactions: [1]", "action 1 that is no object", id="action as a number"),
        pytest.param(b"overlay: 1.0.0\nactions: [{update: {}}]", "action 1 whose `target` is no text", id="no target"),
        pytest.param(b"overlay: 1.0.0\nactions: [{target: $, remove: 'yes'}]", "not true or", id="remove as text"),
        pytest.param(b"overlay: 1.1.0\nactions: [{target: $, copy: 1}]", "`copy` is no text", id="copy as a number"),
        pytest.param(b"overlay: 1.1.0\nactions: [{target: $, copy: x}]", "`copy`, 'x', does not start", id="bad copy"),
        pytest.param(b"overlay: 1.0.0\nactions: [{target: $.a, copy: $.b}]", "1.0 does not know", id="1.0 copy"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_overlay_is_refused(data: bytes, words: str) -> None:
    """Whatever the document: one sentence that names both files."""
    sentence = refusal(File("fix.yaml", data))
    assert sentence.startswith("api.yaml: the overlay fix.yaml ")
    assert words in sentence


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("", id="empty"),
        pytest.param("paths", id="no root"),
        pytest.param(" $.paths", id="space before"),
        pytest.param("$.paths ", id="space after"),
        pytest.param("$.paths./things", id="a name that needs quotes"),
        pytest.param("$.paths | $.info", id="union"),
        pytest.param("$.paths[", id="unclosed"),
        pytest.param("$.paths[?]", id="empty filter"),
        pytest.param("$.paths[?nope(@.x)]", id="unknown function"),
        pytest.param("$.paths[?length(@.x, 1) == 1]", id="too many arguments"),
        pytest.param("$.tags[99999999999999999999]", id="index too large"),
        pytest.param("$[?@.a == 1e400]", id="number too large"),
        pytest.param("$['\\ud800']", id="half a surrogate"),
        pytest.param("$[?" + "(" * 900 + "@.a" + ")" * 900 + "]", id="nested deeply"),
        pytest.param("$" + "[?@" * 400 + "]" * 400, id="filters in filters"),
        pytest.param("$." + "a" * 2_000, id="long"),
    ],
)
def test_a_jsonpath_that_cannot_be_read_is_refused(target: str) -> None:
    """With the number of the action, and the query as far as it can be shown."""
    sentence = refusal(overlay_file({"target": "$.info", "update": {}}, {"target": target, "remove": True}))
    assert sentence.startswith("api.yaml: the overlay fix.yaml has an action 2 whose `target`, ")
    assert len(sentence) < 600
    assert "TOKEN" not in sentence


def test_the_whole_document_is_not_removed() -> None:
    """There would be nothing left to read."""
    assert refusal(overlay_file({"target": "$", "remove": True})) == (
        "api.yaml: action 1 of fix.yaml removes the whole document: $"
    )


def test_too_many_actions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """MAX_ACTIONS of one overlay are read."""
    monkeypatch.setattr(overlay, "MAX_ACTIONS", 2)
    action = {"target": "$.info", "update": {"x": 1}}
    assert loaded(overlay_file(action, action))
    assert "has 3 actions; the limit MAX_ACTIONS is 2" in refusal(overlay_file(action, action, action))


def test_a_query_that_matches_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """MAX_MATCHES values, the same one counted each time that it is found."""
    monkeypatch.setattr(queries, "MAX_MATCHES", 4)
    assert changed({"target": "$..parameters.*", "remove": True})
    sentence = refusal(overlay_file({"target": "$.tags[0,0,0,0,0]", "remove": True}))
    assert (
        sentence
        == "api.yaml: action 1 of fix.yaml matches more than 4 values, the limit MAX_MATCHES: $.tags[0,0,0,0,0]"
    )


@pytest.mark.parametrize("target", ["$..*..*..*..nothing", "$..[?$..nothing]", "$..[?@..*..nothing]"])
def test_a_query_that_walks_too_far_is_refused(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """MAX_VISITS values, whether or not they match, those inside filters included."""
    monkeypatch.setattr(queries, "MAX_VISITS", 300)
    assert changed({"target": "$..parameters", "remove": True})
    sentence = refusal(overlay_file({"target": target, "remove": True}))
    assert "action 1 of fix.yaml walks over more than 300 values, the limit MAX_VISITS" in sentence


def test_overlays_that_write_too_much_are_refused() -> None:
    """Doubling a part twenty times ends at MAX_WRITTEN values, before memory does."""
    doubling = {"target": "$.x[0]", "copy": "$.x"}
    file = overlay_file({"target": "$", "update": {"x": [[1, 2, 3]]}}, *[doubling] * 40)
    assert "write more than 1,000,000 values, the limit MAX_WRITTEN" in refusal(file)


def deep(levels: int) -> Any:
    """An object with objects inside, so many levels of them."""
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def test_overlays_that_nest_too_deep_are_refused() -> None:
    """A document is within MAX_DEPTH before and after, whether a value is given or copied."""
    assert changed({"target": "$.info", "update": {"x": deep(95)}})
    too_deep = "action 1 of fix.yaml nests the document more than 100 levels deep, the limit MAX_DEPTH: $.paths"
    assert too_deep in refusal(overlay_file({"target": "$.paths['/things'].get.parameters", "update": deep(97)}))
    halves = [{"target": "$.info", "update": {"a": deep(60)}}, {"target": f"$.info{'.a' * 60}", "copy": "$.info"}]
    assert "action 2 of fix.yaml nests the document more than 100" in refusal(overlay_file(*halves))


def test_a_document_at_the_depth_limit_is_searched_to_its_end() -> None:
    """The query's own recursion allows what the document may have, and a text below."""
    described = {**THINGS, "x": deep(97)}
    inner = described["x"]
    while inner:
        inner = inner["a"] or inner.update(a="text", end="here")
    result = loaded(overlay_file({"target": "$..end", "remove": True}), described=described)
    assert result.warnings == ()
    assert "end" not in json.dumps(result.root)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*b", "(.*)*x", "(a{1,50}){1,50}b"])
@pytest.mark.parametrize("function", ["match", "search"])
def test_a_hostile_pattern_ends(pattern: str, function: str) -> None:
    """Filters match in linear time: what would keep a backtracking engine busy for ages matches nothing."""
    described = {**THINGS, "x": ["a" * 5_000 + "!"]}
    file = overlay_file({"target": f"$.x[?{function}(@, '{pattern}')]", "remove": True})
    [(_, sentence)] = loaded(file, described=described).warnings
    assert "matches nothing" in sentence
