"""Large answers cut to fit a model's context: at item boundaries, with counts, whatever their shape."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specport.catalog.model import Route
from specport.executor.model import Exchange
from specport.results.build import build_result
from specport.results.model import Conventions, ToolResult
from specport.results.shape import MAX_NAMED_CUTS, MAX_STRING, MAX_TEXT, shape


def answered(value: object) -> ToolResult:
    exchange = Exchange(200, {"content-type": "application/json"}, orjson.dumps(value))
    return build_result(
        exchange, route=Route("t", "GET", "/"), arguments={}, conventions=Conventions(), has_credential=True
    )


def size(value: object) -> int:
    return len(orjson.dumps(value))


def test_an_answer_that_fits_is_not_touched() -> None:
    """Up to the limit nothing is cut, long strings included."""
    value = {"log": "x" * (MAX_TEXT - 20), "n": 1}
    assert shape(value).value == value
    assert answered(value).structured == value


def test_a_large_array_is_cut_between_items_with_the_counts() -> None:
    """What is left is valid JSON of whole items from the front; a note says how many of how many, and what to do."""
    droplets = [{"id": number, "name": f"web-{number}", "tags": ["a", "b"], "x": "y" * 200} for number in range(2000)]
    result = answered({"droplets": droplets, "meta": {"total": 2000}, "links": {}})
    kept = orjson.loads(result.text)
    count = len(kept["droplets"])
    assert 100 < count < 2000
    assert kept["droplets"] == droplets[:count]
    assert kept["meta"] == {"total": 2000}
    assert len(result.text) <= MAX_TEXT
    assert result.notes[0] == f"Cut to fit: {count:,} of 2,000 items of droplets are shown."
    assert "Ask for less" in result.notes[1]


def test_a_cut_answer_has_no_structured_content() -> None:
    """The structure is the whole answer or absent: never one that differs from the text."""
    assert answered({"items": ["x" * 100] * 2000}).structured is None


def test_an_array_at_the_root_is_cut_the_same_way() -> None:
    """A bare list keeps its first items."""
    result = answered([["x" * 50, number] for number in range(5000)])
    kept = orjson.loads(result.text)
    assert kept[0] == ["x" * 50, 0]
    assert result.notes[0] == f"Cut to fit: {len(kept):,} of 5,000 items of the answer are shown."


def test_one_huge_item_is_cut_inside() -> None:
    """A list whose only item is too large shows the start of that item, not nothing."""
    result = answered({"results": [{"id": 1, "rows": list(range(100_000))}]})
    kept = orjson.loads(result.text)
    assert kept["results"][0]["id"] == 1
    assert kept["results"][0]["rows"][:3] == [0, 1, 2]
    assert "items of results.0.rows are shown" in result.notes[0]


def test_one_huge_string_is_shortened_and_said() -> None:
    """A log of megabytes in one member leaves its start and its length."""
    result = answered({"kubeconfig": "k" * 3_000_000, "name": "c"})
    assert orjson.loads(result.text) == {"kubeconfig": "k" * MAX_STRING, "name": "c"}
    assert result.notes[0] == "Cut to fit: kubeconfig has 3,000,000 characters, 4,000 are shown."


def test_a_string_that_is_the_whole_answer_is_shortened_too() -> None:
    """JSON that is one string."""
    assert answered("s" * 1_000_000).text == "s" * MAX_STRING


def test_the_heaviest_cuts_are_named_and_the_others_counted() -> None:
    """Notes do not fill the context either, and the array that lost most comes first."""
    value = {f"text{number}": "x" * 9000 for number in range(40)} | {"items": [{"v": "y" * 90}] * 20_000}
    result = answered(value)
    assert "of 20,000 items of items are shown" in result.notes[0]
    assert len(result.notes) <= MAX_NAMED_CUTS + 2
    assert "smaller places are cut as well" in result.notes[MAX_NAMED_CUTS]


@pytest.mark.parametrize(
    "value",
    [
        {f"key{number}": ["a" * 90] * 50 for number in range(3000)},
        {f"key {number}": number for number in range(100_000)},
        {"a": {"b": {"c": {"d": {"e": [["x" * 50] * 100] * 100}}}}},
        [[[["x" * 90] * 100] * 100]],
        ['\n"\\é' * 1000] * 100,
        [{"only": {"huge": "\x01" * 300_000}}],
    ],
    ids=["many arrays", "many members", "deep", "nested arrays", "escapes", "control characters"],
)
def test_every_shape_fits_in_the_end(value: object) -> None:
    """However the bulk is spread, the text fits, is valid JSON and shows something."""
    result = answered(value)
    assert len(result.text.encode()) <= MAX_TEXT
    assert len(result.text) > 100
    orjson.loads(result.text)
    assert result.notes


def test_ten_megabytes_are_cut_like_any_answer() -> None:
    """The size that APIs really send by mistake."""
    rows = [{"id": number, "payload": "p" * 100, "nested": {"a": [1, 2, 3]}} for number in range(70_000)]
    assert size(rows) > 10_000_000
    result = answered({"rows": rows})
    assert len(result.text) <= MAX_TEXT
    assert "of 70,000 items of rows are shown" in result.notes[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=120),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=12), inner, max_size=12),
    max_leaves=120,
)


@settings(max_examples=50, deadline=None)
@given(JSON, st.integers(100, 3000))
def test_any_json_fits_any_limit(value: object, limit: int) -> None:
    """What is cut fits and says that it is cut; what fits is left alone."""
    shaped = shape(value, limit)
    assert size(shaped.value) <= limit
    assert bool(shaped.cuts) == (size(value) > limit)
    assert (shaped.value == value) == (not shaped.cuts)
