"""Answers that are too large to show: what is seen of them at first, and that all of them can be read."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reading_on import Walker, parsed
from specport.errors import BadArguments
from specport.policy.model import Caller
from specport.results.kept import KeptResults, owner_of
from specport.results.model import EVERYTHING, Answer, ToolResult, View
from specport.results.showing import Showing
from specport.results.tokens import tokens
from specport.results.windows import MAX_PREVIEW_TOKENS, MAX_TEXT

ME = Caller("me")


class Server:
    """What answers are given by and read from. `seen` is all that a model saw of the first answer."""

    def __init__(self, reader: str = "results_read") -> None:
        self.showing = Showing(KeptResults(handle=lambda: "H"), lambda: reader)
        self.seen = ""

    def answer(self, value: Any, view: View = EVERYTHING, *notes: str) -> ToolResult:
        """What is shown of an answer: JSON, or text where it is a `Text`."""
        text = orjson.dumps(value).decode()
        result = ToolResult(text=text, structured=value if isinstance(value, dict) else None, answer=Answer(value))
        return self._first(result, view, notes)

    def text(self, text: str) -> ToolResult:
        """What is shown of an answer that is text."""
        return self._first(ToolResult(text=text, answer=Answer(text, is_json=False)), EVERYTHING, ())

    def _first(self, result: ToolResult, view: View, notes: tuple[str, ...]) -> ToolResult:
        shown = self.showing.first(replace(result, notes=notes), view, owner_of(ME))
        self.seen = "\n".join((shown.text, *shown.notes))
        return shown

    def read(self, arguments: dict[str, Any]) -> tuple[str, str]:
        """One reading: its text and its notes."""
        result = self.showing.read({"handle": "H", **arguments}, ME)
        assert result.structured is None
        return result.text, "\n".join(result.notes)

    def walker(self, most: int | None = None) -> Walker:
        """One that reads all of the answer."""
        return Walker(self.read, "H", most=most, measure=tokens)


@pytest.fixture
def server() -> Server:
    return Server()


def droplets(count: int) -> list[dict[str, Any]]:
    return [
        {"id": n, "name": f"web-{n}", "tags": ["a", "b"], "networks": {"v4": [{"ip": "10.0.0.1"}]}}
        for n in range(count)
    ]


def test_an_answer_that_fits_is_not_touched(server: Server) -> None:
    """Up to the limit nothing is left out, long strings included, and nothing is kept."""
    value = {"log": "x" * (MAX_TEXT - 20), "n": 1}
    shown = server.answer(value)
    assert (orjson.loads(shown.text), shown.structured, shown.notes, shown.handle) == (value, value, (), "")


def test_the_first_items_of_a_long_list_are_shown_whole_with_the_call_that_reads_on(server: Server) -> None:
    """Beside all that is small; what is shown is valid JSON, and the numbers say how much there is."""
    value = {"droplets": droplets(2_000), "meta": {"total": 2_000}, "links": {}}
    shown = server.answer(value)
    seen = orjson.loads(shown.text)
    count = len(seen["droplets"])
    assert count > 20
    assert seen == {**value, "droplets": value["droplets"][:count]}
    assert "\n".join(shown.notes) == (
        f"Shown: items 0-{count - 1} of 2,000 of droplets. The answer has 168 KB and is kept for 15 minutes. "
        f'Next: results_read {{"handle":"H","select":"droplets","offset":{count}}}. `select` takes JMESPath.'
    )
    assert (shown.structured, shown.handle) == (None, "H")


def test_a_bare_list_is_read_on_without_an_expression(server: Server) -> None:
    """The place is the answer itself."""
    shown = server.answer(droplets(2_000))
    count = len(orjson.loads(shown.text))
    assert f'Next: results_read {{"handle":"H","offset":{count}}}' in shown.notes[0]
    text, notes = server.read({"offset": count})
    assert orjson.loads(text)[0] == droplets(2_000)[count]
    assert f"Shown: items {count}-" in notes


def test_items_that_are_too_large_are_shown_in_outline(server: Server) -> None:
    """Members and kinds with counts and sizes, and the call that reads into the item, or gives it whole."""
    item = {"id": 7, "rows": list(range(3_000)), "log": "l" * 3_000, "deep": {"a": {"b": ["x" * 300]}}}
    shown = server.answer([item] * 40)
    assert shown.text == (
        '[{"id":7,"rows":[0, <2,999 more, 14 KB in all>],"log":<text of 3,000 characters, begins "'
        + "l" * 60
        + '">,"deep":{"a":{"b":[<text of 300 characters, begins "'
        + "x" * 60
        + '">]}}}]'
    )
    assert 'Read into it: results_read {"handle":"H","select":"[0]"}.' in shown.notes[0]
    assert 'It whole: results_read {"handle":"H","max_items":1}.' in shown.notes[0]
    assert 'Next: results_read {"handle":"H","offset":1}.' in shown.notes[0]
    assert orjson.loads(server.read({"max_items": 1})[0]) == [item]


def test_what_is_left_out_beside_a_list_is_in_outline(server: Server) -> None:
    """Two long lists: one is shown, of the other its first item and how to read it."""
    shown = server.answer({"a": droplets(900), "b": droplets(800), "count": 2})
    seen = parsed(shown.text)
    assert (len(seen["a"]) > 10, len(seen["b"]), seen["count"]) == (True, 2, 2)
    assert seen["b"][0] == droplets(1)[0]
    assert "<799 more, " in shown.text
    assert 'Read what is left out: results_read {"handle":"H","select":"b"}.' in shown.notes[0]


def test_a_long_text_in_an_answer_is_read_by_lines(server: Server) -> None:
    """Whole lines at a time, in characters, raw rather than as JSON."""
    log = "".join(f"line {n} of the log\n" for n in range(3_000))
    shown = server.answer({"log": log, "pod": "p"})
    assert shown.text.startswith(f'{{"log":<text of {len(log):,} characters, begins "line 0 of the log\\nline 1')
    text, notes = server.read({"select": "log"})
    assert text == log[: len(text)]
    assert text.endswith("\n")
    assert f"Shown: characters 0-{len(text) - 1:,} of {len(log):,} of log." in notes
    assert (
        server.read({"select": "log", "max_items": 3})[0] == "line 0 of the log\nline 1 of the log\nline 2 of the log\n"
    )


def test_a_text_that_is_no_json_is_kept_and_read_by_lines(server: Server) -> None:
    """A CSV file, say; an expression does not fit it."""
    text = "".join(f"{n},ü\n" for n in range(20_000))
    shown = server.text(text)
    assert text.startswith(shown.text)
    assert shown.text.endswith("\n")
    assert server.walker().text() == text
    with pytest.raises(Exception, match=r"the answer is text, not JSON\. Read it with offset alone"):
        server.read({"select": "a"})


def test_an_offset_behind_the_end_says_how_many_there_are(server: Server) -> None:
    """Instead of an empty list that means anything."""
    server.answer(droplets(2_000))
    assert server.read({"offset": 5_000}) == ("[]", "Nothing is there: 2,000 items, and offset is 5,000.")


def test_an_expression_that_finds_nothing_says_what_there_is(server: Server) -> None:
    """Null and an outline of the answer."""
    server.answer({"droplets": droplets(2_000)})
    text, notes = server.read({"select": "dropletz[0]"})
    assert text == "null"
    assert notes.startswith('Nothing is selected. The answer looks like {"droplets":[{"id":0,')


def test_notes_of_other_kinds_count_too(server: Server) -> None:
    """The next page of the API takes its part of the room."""
    note = "There are more, 9 in all. Next page: call again with " + orjson.dumps({"cursor": "ab9_" * 400}).decode()
    shown = server.answer(droplets(2_000), EVERYTHING, note)
    assert shown.notes[-1] == note
    assert tokens(server.seen) <= MAX_PREVIEW_TOKENS
    assert orjson.loads(shown.text)


def test_where_nothing_reads_results_a_smaller_answer_is_advised() -> None:
    """Policy denies `results.read`: nothing is kept."""
    server = Server(reader="")
    shown = server.answer(droplets(2_000))
    assert shown.notes[0].endswith("Ask for less, with a filter or a smaller page, to see the rest.")
    assert shown.handle == ""


def test_at_most_so_many_items_are_shown_of_a_small_answer_too(server: Server) -> None:
    """`max_items` counts those of the longest list, and the rest is kept."""
    shown = server.answer({"droplets": droplets(20), "meta": {"total": 20}}, View(max_items=3))
    assert orjson.loads(shown.text) == {"droplets": droplets(3), "meta": {"total": 20}}
    assert 'Next: results_read {"handle":"H","select":"droplets","offset":3,"max_items":3}' in shown.notes[0]
    assert server.answer(droplets(3), View(max_items=3)).notes == ()


def test_what_an_expression_selects_is_shown_and_all_is_kept(server: Server) -> None:
    """The rest may be wanted later, and the call may have changed something."""
    shown = server.answer({"droplets": droplets(9)}, View(select="droplets[].name"))
    assert orjson.loads(shown.text) == [f"web-{n}" for n in range(9)]
    assert shown.notes == (
        'The answer has 725 bytes and is kept for 15 minutes. All of it: results_read {"handle":"H"}.',
    )


def test_an_expression_that_fails_loses_no_answer(server: Server) -> None:
    """The call was made: its answer is shown as if no expression had been given."""
    shown = server.answer({"droplets": droplets(2)}, View(select="length(droplets[0].id)"))
    assert orjson.loads(shown.text) == {"droplets": droplets(2)}
    assert shown.notes[0].startswith("select was not applied: select: length() takes string or array or object, not ")
    assert not shown.is_error
    large = server.answer({"droplets": droplets(2_000)}, View(select="length(droplets[0].id)"))
    assert large.handle == "H"


def test_everything_is_given_to_who_takes_it_whole(server: Server) -> None:
    """A pipe or a program: nothing is cut or kept."""
    shown = server.answer(droplets(2_000), View(whole=True))
    assert (orjson.loads(shown.text), shown.notes, shown.handle) == (droplets(2_000), (), "")
    assert orjson.loads(server.answer(droplets(2_000), View(select="[].id", whole=True)).text) == list(range(2_000))


def nested(depth: int, wrap: str) -> Any:
    value: Any = "x" * 40_000
    for _ in range(depth):
        value = [value] if wrap == "list" else {wrap: value}
    return value


SHAPES: dict[str, Any] = {
    "droplets": {"droplets": droplets(600), "links": {"pages": {"next": "https://x.example/?page=2"}}},
    "one long text": "x" * 60_000,
    "long texts": ['a<b>"c ' * 3_000, "x" * 30_000, "<5 more>", "<text of 5 characters>"],
    "lists of lists": [[[n + 0.123456789 for n in range(50)] for _ in range(30)] for _ in range(4)],
    "a map": {f"id-{n}": {"v": n, "t": "x" * 50} for n in range(800)},
    "a map of large values": {f"id-{n}": {"v": n, "t": "x" * 9_000} for n in range(4)},
    "large items": [{"id": n, "rows": list(range(3_000)), "log": "l" * 3_000} for n in range(3)],
    "nested objects": nested(60, "a"),
    "nested lists": nested(60, "list"),
    "nested long names": nested(40, "k" * 200),
    "very long names": {f"k{n}" * 3_000: n for n in range(5)},
    "odd names": {"": {"": "x" * 30_000}, "a b": [1] * 9_000, 'q"': ["z"] * 3_000, "\n": {"<x>": list(range(5_000))}},
    "far scripts": [{"名前": "漢字かな" * 20, "n": n} for n in range(600)],
    "emoji": ["🚀🌍" * 40] * 400,
    "escapes": ['\n"\\é' * 100] * 80,
    "control characters": [{"only": {"huge": "\x01" * 30_000}}],
    "identifiers": [f"{n:032x}" for n in range(2_000)],
    "empty objects": [{}] * 20_000,
    "numbers": list(range(10_000)),
}


@pytest.mark.parametrize("most", [None, 1_000], ids=["in parts of 2,000 tokens", "in long parts"])
@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES)
def test_an_answer_of_any_shape_costs_little_and_can_be_read_to_its_end(value: Any, most: int | None) -> None:
    """By nothing but the calls that are named; what they give together is the answer, and each costs what it may."""
    server = Server()
    server.answer(value)
    assert 50 < tokens(server.seen) <= MAX_PREVIEW_TOKENS
    walker = server.walker(most)
    assert walker.all() == value
    if most is None:
        assert walker.longest <= MAX_PREVIEW_TOKENS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=3_000),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=200), inner, max_size=12),
    max_leaves=60,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(JSON, min_size=3, max_size=8))
def test_any_json_can_be_read_to_its_end(value: list[Any]) -> None:
    """Whatever it is made of."""
    value = value * (1 + MAX_TEXT // max(1, len(orjson.dumps(value)) - 2 * len(value)))
    server = Server()
    server.answer(value)
    assert tokens(server.seen) <= MAX_PREVIEW_TOKENS or not server.seen.count("\n")
    walker = server.walker()
    if "results_read" in server.seen:
        assert walker.all() == value
        assert walker.longest <= MAX_PREVIEW_TOKENS


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def test_base64_is_told_by_kind_and_size_and_read_as_what_it_is(server: Server) -> None:
    """No model reads it; also where the answer is short. An image is content, what has no known kind is text."""
    image, other = base64.b64encode(PNG).decode(), base64.b64encode(bytes(range(256)) * 12).decode()
    value = [{"id": n, "thumbnail": image[:4_000], "data": other[:1_600]} for n in range(2)]
    shown = server.answer(value)
    marked = '"thumbnail":<base64 of 3,000 bytes, image/png>,"data":<base64 of 1,200 bytes>'
    assert shown.text == f'[{{"id":0,{marked}}},{{"id":1,{marked}}}]'
    assert 'Read what is left out: results_read {"handle":"H","select":"[0].thumbnail"}.' in shown.notes[0]
    read = server.showing.read({"handle": "H", "select": "[0].thumbnail"}, ME)
    assert (read.text, read.is_text) == ("base64 of 3,000 bytes, image/png", False)
    assert [(blob.media_type, base64.b64decode(blob.base64)) for blob in read.blobs] == [("image/png", PNG[:3_000])]
    assert server.read({"select": "[1].data"}) == (other[:1_600], "")


def test_a_data_url_says_what_it_is(server: Server) -> None:
    """RFC 2397; and what is only long is no base64."""
    data = "data:image/svg+xml;charset=utf-8;base64," + base64.b64encode(b"<svg>0Aa</svg>" * 100).decode()
    shown = server.answer({"icon": data, "hex": "0a" * 900, "word": "x" * 1_500, "path": "/var/lib" * 200})
    assert shown.text.startswith('{"icon":<base64 of 1,400 bytes, image/svg+xml>,"hex":"0a0a')
    plain = {"hex": "0a" * 900, "word": "x" * 1_500, "quoted": '"' + "aB3" * 500 + '"', "aB3" * 500: 1}
    assert server.answer(plain).structured == plain


def test_a_large_list_with_base64_is_read_to_its_end(server: Server) -> None:
    """The texts in it are whole."""
    value = [{"id": n, "data": base64.b64encode(bytes(range(256)) * 12).decode()} for n in range(30)]
    server.answer(value)
    assert tokens(server.seen) < 1_000
    assert server.walker().all() == value


def test_a_large_file_is_a_resource() -> None:
    """It is neither text nor content; the resource has its bytes."""
    server = Server()
    answer = Answer(PNG, is_json=False, is_text=False, media_type="image/png")
    result = ToolResult(text="image/png, 10,248 bytes; too large to pass on", is_text=False, answer=answer)
    shown = server.showing.first(result, EVERYTHING, owner_of(ME))
    assert shown.notes == ("It is kept for 15 minutes as the resource specport://results/H.",)
    with pytest.raises(BadArguments, match=r"the answer is a file\. Read the resource specport://results/H"):
        server.read({})
