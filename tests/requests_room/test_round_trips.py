"""Schema -> value -> request -> value is the identity wherever a style can be reversed; nothing leaves its place.

The reading is test code (`wire_readers`) and the standard library. What a style cannot tell apart is not asked of it:
its own delimiter inside an item where that is sent as the delimiter is, and what a header or cookie cannot hold.
"""

from __future__ import annotations

import functools
import json
import os
import string
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requests_room.wire_readers import arrived, parsed, read_parts, typed
from small_documents import path_parameter, query, request_of, taking, tool_of
from specport.catalog.model import Tool
from specport.errors import BadArguments

bounded = settings(max_examples=25, deadline=None, derandomize="CI" in os.environ)
thorough = settings(bounded, max_examples=100)

STYLES = {
    "path": ("simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "tabDelimited"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"),
    "header": ("simple", "spaceDelimited", "pipeDelimited", "tabDelimited"),
    "cookie": ("form", "cookie"),
}  # fmt: skip
OWN = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "label": ".", "deepObject": "[]"}
"""What an item sends as its style's delimiter is sent."""

SHAPES = ("string", "integer", "number", "boolean", "array", "object")
CASES = [
    (location, style, explode, shape)
    for location, styles in STYLES.items()
    for style in styles
    for explode in (False, True)
    for shape in SHAPES
    if not (style == "deepObject" and shape != "object")
    and not (style in OWN and style.endswith("Delimited") and shape not in {"array", "object"})
]  # fmt: skip


def characters(location: str, style: str, shape: str) -> st.SearchStrategy[str]:
    """The characters that can be told from delimiters in a place."""
    own = OWN.get(style, "") if shape in {"array", "object"} else ""
    if location == "header":
        return st.sampled_from(sorted(set(string.printable[:94] + "ü漢😀") - set(own) - set(",=")))
    if location == "cookie" and style == "cookie":
        return st.sampled_from(sorted(set(string.ascii_letters + string.digits + "!#$%&'()*+-./:<>?@[]^_`{|}~ü漢")))
    return st.characters(exclude_categories=["Cs"], exclude_characters=own)


def values(location: str, style: str, shape: str) -> st.SearchStrategy[Any]:
    """Values of a shape that can be told apart from others once they are written."""
    texts = st.text(characters(location, style, shape), min_size=1, max_size=6)
    plain = {
        "string": texts,
        "integer": st.integers(),
        "number": st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
        "boolean": st.booleans(),
        "array": st.lists(texts, min_size=1, max_size=4),
        "object": st.dictionaries(texts.filter(lambda name: name != "value"), texts, min_size=1, max_size=4),
    }  # fmt: skip
    return plain[shape]


@functools.cache
def tool(location: str, style: str, shape: str, *, explode: bool) -> Tool:
    schema = {"type": shape, **({"items": {"type": "string"}} if shape == "array" else {})}
    parameter = {"name": "value", "in": location, "required": True, "schema": schema, "style": style,
                 "explode": explode}  # fmt: skip
    path = "/before/{value}/after" if location == "path" else "/things"
    return tool_of({"parameters": [parameter]}, path=path, version="3.2.0")


@pytest.mark.parametrize(("location", "style", "explode", "shape"), CASES)
def test_a_parameter_is_read_back_as_it_was(location: str, style: str, explode: bool, shape: str) -> None:
    """Every style in every place it can stand, exploded or not, for every type."""

    @bounded
    @given(values(location, style, shape))
    def check(value: Any) -> None:
        try:
            request = request_of(tool(location, style, shape, explode=explode), {"value": value})
        except BadArguments as error:
            assert location == "path"  # `.` and `..` have no place there
            assert "no safe place in a path" in str(error)  # noqa: PT017
            return
        found = arrived(request, location, style, shape, explode=explode)
        assert (typed(shape, found) if isinstance(found, str) else found) == value

    check()


any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)

FIELDS = {
    "text": any_text, "whole": st.integers(), "flag": st.booleans(), "list": st.lists(any_text, min_size=1, max_size=3),
    "deep": st.dictionaries(any_text, json_values, max_size=3),
}  # fmt: skip
KINDS = {"text": "string", "whole": "integer", "flag": "boolean", "list": "array", "deep": "object"}
FORM_SCHEMA = {
    "type": "object",
    "properties": {name: {"type": kind, **({"items": {"type": "string"}} if kind == "array" else {})}
                   for name, kind in KINDS.items()},
}  # fmt: skip
forms = st.fixed_dictionaries({}, optional=FIELDS)
FORM = tool_of(taking(FORM_SCHEMA, "application/x-www-form-urlencoded"))
PARTS = tool_of(taking(FORM_SCHEMA, "multipart/form-data"))


def gathered(pairs: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Names and contents as the object that the schema describes."""
    found: dict[str, Any] = {}
    for name, content in pairs:
        if KINDS[name] == "array":
            found.setdefault(name, []).append(content.decode())
        else:
            assert name not in found
            found[name] = parsed(content, KINDS[name])
    return found


@thorough
@given(forms)
def test_a_form_is_read_back_as_it_was(value: dict[str, Any]) -> None:
    """By the standard library's reader of forms."""
    content = request_of(FORM, {"body": value}).content
    assert content is not None
    pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, strict_parsing=bool(content))
    assert gathered([(name, text.encode()) for name, text in pairs]) == value


@thorough
@given(forms)
def test_a_multipart_body_is_read_back_as_it_was(value: dict[str, Any]) -> None:
    """By the standard library's reader of messages; the order of the fields stays."""
    if not value:
        return
    parts = read_parts(request_of(PARTS, {"body": value}))
    assert gathered([(name, part.get_payload(decode=True)) for name, part in parts]) == value
    assert list(dict.fromkeys(name for name, _ in parts)) == list(value)


@pytest.mark.parametrize(
    ("media", "read"),
    [
        ("application/jsonl", lambda content: [json.loads(line) for line in content.split(b"\n")[:-1]]),
        ("application/json-seq", lambda content: [json.loads(item) for item in content.split(b"\x1e")[1:]]),
    ],
)
def test_a_sequence_is_read_back_as_it_was(media: str, read: Any) -> None:
    """A value to a line, or to a record."""
    takes_lists = tool_of(taking({"type": "array", "items": {}}, media))

    @bounded
    @given(st.lists(json_values, max_size=4))
    def check(value: Any) -> None:
        assert read(request_of(takes_lists, {"body": value}).content) == value

    check()


def parameter(name: str, location: str, **rest: Any) -> dict[str, Any]:
    return {**query(name, {}), "in": location, **rest}


EVERYWHERE = tool_of(
    {
        "parameters": [
            path_parameter("p", schema={}), path_parameter("l", schema={}, style="label", explode=True),
            path_parameter("m", schema={}, style="matrix", explode=True, allowReserved=True),
            path_parameter("r", schema={}, allowReserved=True),
            *[parameter(f"q{n}", "query", **how) for n, how in enumerate((
                {"explode": False}, {"style": "pipeDelimited"}, {"style": "deepObject"}, {"allowReserved": True},
                {"allowReserved": True, "explode": False},
            ))],
            parameter("H", "header"), parameter("c", "cookie", explode=False),
            parameter("w", "cookie", style="cookie"), parameter("x", "cookie", allowReserved=True),
        ],
        **taking({"type": "object", "properties": {"f": {"format": "binary"}}}, "multipart/form-data"),
    },
    path="/a/{p}/b/{l}/c/{m}/d/{r}/e",
    version="3.2.0",
)  # fmt: skip
NAMES = ("p", "l", "m", "r", "q0", "q1", "q2", "q3", "q4", "H", "c", "w", "x")
nasty = st.sampled_from([
    "..", ".", "/", "//evil", "?a=1", "#f", "&a=1", ";a=1", "; a=1", "\r\nX: 1", "\0", "%2e%2e", "%2F..", '"', "\\",
    ",",     "a=b", "[x]", "\x85", "\u2028", "ü", "-->", "\r\n--x\r\n", "file:///etc/passwd", "data:;name=%22%0d%0aX,1",
])  # fmt: skip
hostile_text = nasty | any_text | st.text(max_size=4) | st.tuples(nasty, nasty).map("".join)
hostile = (
    hostile_text | st.lists(hostile_text, max_size=3) | st.dictionaries(hostile_text, hostile_text, max_size=3)
    | json_values
)  # fmt: skip


@settings(thorough, max_examples=400)
@given(st.sampled_from(NAMES), hostile)
def test_no_argument_leaves_its_place(name: str, value: Any) -> None:
    """Whatever one argument is, the rest of the request stays as it would be without it; or the call is refused."""
    plain = dict.fromkeys(NAMES, "x")
    try:
        made = request_of(EVERYWHERE, {**plain, name: value, "body": {}})
    except BadArguments as error:
        assert error.pointer.startswith(f"/{name}") or "surrogate" in str(error)  # noqa: PT017
        return
    usual = request_of(EVERYWHERE, {**plain, "body": {}})
    ours, theirs = urlsplit(made.url), urlsplit(usual.url)
    assert (ours.scheme, ours.netloc, ours.fragment) == (theirs.scheme, theirs.netloc, "")
    place = {"p": 3, "l": 5, "m": 7, "r": 9}.get(name)
    segments, expected = ours.path.split("/"), theirs.path.split("/")
    assert [s for n, s in enumerate(segments) if n != place] == [s for n, s in enumerate(expected) if n != place]
    assert not {".", ".."} & {unquote(segment).partition(";")[0] for segment in segments}
    others = [pair for pair in theirs.query.split("&") if not pair.startswith(f"{name}=")]
    assert [pair for pair in ours.query.split("&") if pair in others][: len(others)] == others
    if not name.startswith("q"):
        assert ours.query == theirs.query
    assert ours.query.isascii()
    assert ours.path.isascii()
    assert not any(char in text for text in (ours.path, ours.query) for char in ' "<>\\^`{|}\x7f')
    headers, usual_headers = dict(made.headers), dict(usual.headers)
    assert len(headers) == len(made.headers)
    assert headers.keys() - {"H", "Cookie"} == usual_headers.keys() - {"H", "Cookie"}
    assert not any(ord(char) < 32 and char != "\t" for text in headers.values() for char in text)
    if name not in {"c", "w", "x"}:
        assert headers["Cookie"] == "c=x; w=x; x=x"
    if name == "w" and isinstance(value, str):
        assert headers["Cookie"] == f"c=x; w={value}; x=x"
    assert headers["Cookie"].count(";") == cookies_of(name, value) - 1


def cookies_of(name: str, value: Any) -> int:
    """How many cookies the three parameters are: an exploded value is one to a member that is not null."""
    if name not in {"c", "w", "x"} or not isinstance(value, list | dict | None):
        return 3
    given_members = [] if value is None else [*(value.values() if isinstance(value, dict) else value)]
    count = len([member for member in given_members if member is not None])
    return 2 + (min(count, 1) if name == "c" else count)


@settings(thorough, max_examples=200)
@given(st.dictionaries(hostile_text, hostile_text | st.lists(hostile_text, max_size=2), max_size=3), hostile_text)
def test_no_value_leaves_its_part(fields: dict[str, Any], file: str) -> None:
    """As many parts as values, each with its own name, its own headers and its own bytes."""
    body = {**{name: value for name, value in fields.items() if name != "f"}, "f": file}
    try:
        made = request_of(EVERYWHERE, {**dict.fromkeys(NAMES, "x"), "body": body})
    except BadArguments as error:
        assert error.pointer.startswith("/body") or "surrogate" in str(error)  # noqa: PT017
        return
    given_parts = [
        (name, item)
        for name, value in body.items()
        for item in (value if isinstance(value, list) else [value])
    ]  # fmt: skip
    parts = read_parts(made)
    assert len(parts) == len(given_parts)
    for (name, part), (wanted, value) in zip(parts, given_parts, strict=True):
        quoted = wanted
        for char, written in {"\r": "%0D", "\n": "%0A", '"': "%22", "\\": "%5C"}.items():
            quoted = quoted.replace(char, written)
        assert name == quoted or not name.isascii()
        assert set(part.keys()) <= {"Content-Disposition", "Content-Type"}
        if wanted != "f":
            assert part.get_payload(decode=True) == value.encode()
            assert part.get_filename() is None
