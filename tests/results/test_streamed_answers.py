"""Several values in one answer - JSON lines, JSON text sequences, server-sent events - come as one list."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specport.catalog.model import Route
from specport.executor.model import Exchange
from specport.results.asked import Asked, Inputs
from specport.results.build import build_result
from specport.results.model import Conventions, ToolResult
from specport.results.streams import events_of, items_of

LINES = (
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines; charset=utf-8",
    "application/stream+json", "Application/X-NDJSON", "application/json", "application/json;stream=watch",
    "text/plain", "",
)  # fmt: skip


def answered(body: bytes, media_type: str = "text/event-stream", *, left: str = "") -> ToolResult:
    return build_result(
        Exchange(200, {"content-type": media_type}, body, left=left),
        asked=Asked(Inputs(Route("test", "GET", "/v2/things"), lambda given: given, frozenset), {}),
        conventions=Conventions(),
        has_credential=True,
    )


def value(result: ToolResult) -> Any:
    """The JSON of a result, which is no object, so that it has no structure."""
    assert result.structured is None
    return json.loads(result.text)


@pytest.mark.parametrize("media_type", LINES)
def test_json_lines_are_a_list_whatever_they_are_called(media_type: str) -> None:
    """Each line a value; blank lines and a missing last line end do not count."""
    assert value(answered(b'{"a":1}\n{"a":2}\r\n\n{"a":3}', media_type)) == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("media_type", ["application/json-seq", "application/geo+json-seq"])
def test_a_json_text_sequence_is_a_list(media_type: str) -> None:
    """RFC 7464: a record separator before each, which may go over several lines."""
    assert value(answered(b'\x1e{"a":\n1}\n\x1e[2]\n', media_type)) == [{"a": 1}, [2]]


def test_one_line_is_still_a_list() -> None:
    """The shape does not depend on how many there are."""
    assert value(answered(b'{"a":1}\n', "application/x-ndjson")) == [{"a": 1}]


@pytest.mark.parametrize("body", [b'{"a":1}\nnot json\n', b'{"a":1}\n{"a":', b"{\n{\n"])
def test_lines_that_are_not_all_json_are_text(body: bytes) -> None:
    """Nothing of them is lost."""
    for media_type in ("application/x-ndjson", "application/json"):
        assert answered(body, media_type).text == body.decode()


def test_many_lines_are_one_list() -> None:
    """As any other long list, of which the first are shown."""
    lines = b"".join(orjson.dumps({"n": n, "text": "x" * 80}) + b"\n" for n in range(2_000))
    result = answered(lines, "application/x-ndjson")
    assert value(result) == [{"n": n, "text": "x" * 80} for n in range(2_000)]


def test_events_are_a_list_with_their_data_as_json_where_it_is() -> None:
    """WHATWG HTML 9.2.6: comments and unknown fields go, several data lines are one text, the space after `:` goes."""
    body = (
        b'\xef\xbb\xbf: hello\nevent: add\nid: 7\ndata: {"a":\ndata: 1}\nretry: 10\n\n'
        b"data:plain\n\ndata: [DONE]\r\n\r\nevent: ping\ndata\n\n\n"
    )  # fmt: skip
    assert value(answered(body)) == [
        {"event": "add", "id": "7", "data": {"a": 1}},
        {"data": "plain"},
        {"data": "[DONE]"},
        {"event": "ping", "data": ""},
    ]


def test_the_last_event_of_a_whole_stream_needs_no_empty_line() -> None:
    """Servers that close after their last line mean it."""
    assert value(answered(b"data: 1\n\ndata: 2")) == [{"data": 1}, {"data": 2}]


def test_the_start_of_a_stream_says_so_and_leaves_out_what_is_not_whole() -> None:
    """What came is the answer; the event or line that was cut off is not half shown."""
    events = answered(b"data: 1\n\ndata: 2\n\ndata: 3", left="10 s")
    assert value(events) == [{"data": 1}, {"data": 2}]
    assert events.notes == ("This is the start of a stream that was left after 10 s.",)
    lines = answered(b'{"a":1}\n{"a":2', "application/x-ndjson", left="10 s")
    assert value(lines) == [{"a": 1}]
    assert lines.notes == events.notes
    watch = answered(b'{"a":1}\n{"a":2', "application/json;stream=watch", left="10 s")
    assert (value(watch), watch.notes) == ([{"a": 1}], events.notes)


@pytest.mark.parametrize("body", [b"", b"data: 1", b": only a comment\n\n"])
def test_a_stream_that_brought_nothing_says_so(body: bytes) -> None:
    """No failure, and no made-up event."""
    result = answered(body, left="10 s")
    assert result.text in {"[]", "200 OK, no content"}
    assert result.notes == ("This is the start of a stream that was left after 10 s.",)
    assert not result.is_error


def test_what_only_claims_to_be_events_is_what_it_is() -> None:
    """JSON or text under the label of a stream."""
    assert answered(b'{"error":"no"}').structured == {"error": "no"}
    assert answered(b"just words").text == "just words"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=8), st.sampled_from([b"\n", b"\r\n", b"\n\n"]), st.booleans())
def test_values_written_as_lines_are_read_back(values: list[object], end: bytes, has_last_end: bool) -> None:
    """Any JSON values, as lines and as a text sequence."""
    dumped = [json.dumps(each).encode() for each in values]
    assert items_of(end.join(dumped) + end * has_last_end, is_whole=True) == values
    assert items_of(b"".join(b"\x1e" + each + b"\n" for each in dumped), is_whole=True) == values


@given(st.lists(st.tuples(st.sampled_from(["", "add"]), JSON), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_values_sent_as_events_are_read_back(events: list[tuple[str, object]], end: str) -> None:
    """Any JSON values, over as many lines as they take."""
    text = ""
    for name, data in events:
        text += f"event: {name}{end}" if name else ""
        text += "".join(f"data: {line}{end}" for line in json.dumps(data, indent=1).split("\n")) + end
    expected = [{**({"event": name} if name else {}), "data": data} for name, data in events]
    assert events_of(text.encode(), is_whole=True) == expected


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_answer(body: bytes, is_cut: bool) -> None:
    """Whatever comes under these labels never fails a call."""
    for media_type in ("text/event-stream", "application/x-ndjson", "application/json-seq"):
        assert not answered(body, media_type, left="1 s" if is_cut else "").is_error
