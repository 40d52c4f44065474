"""Arguments as a request: every value in its place, big numbers whole, nothing that could be something else."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from small_documents import BASE, path_parameter, query, request_of, taking, tool_of
from specport.catalog.model import Tool
from specport.errors import BadArguments

HALF_PAIR = "\ud800"


def refusal(tool: Tool, arguments: Any) -> BadArguments:
    with pytest.raises(BadArguments) as caught:
        request_of(tool, arguments)
    return caught.value


ANY_BODY = tool_of(taking({}))
TEXTS = tool_of(
    {
        "parameters": [
            path_parameter("id"), query("q"), {**query("X-H"), "in": "header"}, {**query("c"), "in": "cookie"},
            query("r", allowReserved=True), {**query("d", allowReserved=True), "in": "cookie"},
        ],
    },
    path="/things/{id}",
)  # fmt: skip


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**64), 10**40, 9007199254740993])
def test_integers_of_any_size_stay_whole(number: int) -> None:
    """In bodies, in queries and in paths; no float and no error in between."""
    assert (
        request_of(ANY_BODY, {"body": {"id": number, "null": None}}).content
        == f'{{"id":{number},"null":null}}'.encode()
    )
    tool = tool_of(
        {"parameters": [path_parameter("id", schema={"type": "integer"}), query("n", {"type": "integer"})]},
        path="/{id}",
    )
    assert request_of(tool, {"id": number, "n": number}).url == f"{BASE}/{number}?n={number}"


def test_half_a_surrogate_pair_is_sent_as_json_or_refused() -> None:
    """JSON can write it as an escape; a URL, a header and a text body cannot."""
    assert request_of(ANY_BODY, {"body": {"a": HALF_PAIR}}).content == b'{"a":"\\ud800"}'
    for name in ("q", "X-H", "c", "r"):
        assert refusal(TEXTS, {"id": "1", name: f"a{HALF_PAIR}"}).pointer == f"/{name}"
    assert refusal(TEXTS, {"id": HALF_PAIR}).pointer == "/id"
    assert refusal(tool_of(taking({}, "text/plain")), {"body": HALF_PAIR}).pointer == "/body"
    assert refusal(tool_of(taking({}, "application/x-www-form-urlencoded")), {"body": {HALF_PAIR: 1}})
    assert "surrogate" in str(refusal(TEXTS, {HALF_PAIR: 1}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [{"a": float("-inf")}]])
def test_what_json_cannot_say_is_never_sent(value: Any) -> None:
    """NaN is not null."""
    assert "no NaN" in str(refusal(ANY_BODY, {"body": value})) or "JSON" in str(refusal(ANY_BODY, {"body": value}))


def test_a_body_nested_beyond_all_use_is_refused() -> None:
    """Not a recursion error."""
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert "cannot be written as JSON" in str(refusal(ANY_BODY, {"body": value}))


def test_null_is_not_absent() -> None:
    """A null body is a body; a missing one is none."""
    optional = tool_of({"requestBody": {"content": {"application/json": {"schema": {}}}}})
    assert request_of(optional, {"body": None}).content == b"null"
    assert request_of(optional, {}).content is None
    assert "Content-Type" not in dict(request_of(optional, {}).headers)
    assert request_of(optional, {}).body_value is None


def test_the_request_says_what_limits_and_credentials_need() -> None:
    """The path template, the body's value, the alternatives of security."""
    operation = {**taking({}), "parameters": [path_parameter("id")], "security": [{"token": []}, {}]}
    tool = tool_of(operation, path="/things/{id}#part", components={"securitySchemes": {"token": {"type": "http"}}})
    request = request_of(tool, {"id": "a b", "body": {"files": ["x"]}})
    assert (request.method, request.path, request.url) == ("POST", "/things/{id}#part", f"{BASE}/things/a%20b")
    assert request.body_value == {"files": ["x"]}
    assert request.security == (("token",), ())
    assert request.source == "small"


@pytest.mark.parametrize(
    ("responses", "accept"),
    [
        ({}, "application/json, */*;q=0.1"),
        ({"200": {"content": {"text/csv": {}, "application/json": {}}}}, "application/json, text/csv, */*;q=0.1"),
        (
            {"200": {"content": {"application/hal+json": {}}}, "404": {"content": {"text/html": {}}}},
            "application/hal+json, */*;q=0.1",
        ),
        ({"default": {"content": {"*/*": {}}}}, "application/json, */*;q=0.1"),
    ],
)  # fmt: skip
def test_json_is_asked_for_first(responses: Any, accept: str) -> None:
    """What successful answers are declared as, JSON before the rest, then anything."""
    assert dict(request_of(tool_of({"responses": responses}), {}).headers)["Accept"] == accept


@pytest.mark.parametrize(
    ("parameter", "accept"),
    [
        ({"schema": {"type": "string", "enum": ["text/yaml", "application/json"]}}, "application/json"),
        ({"schema": {"enum": ["application/vnd.plants.v2+xml", 7, "a\nb"]}}, "application/vnd.plants.v2+xml"),
        ({"schema": {"$ref": "#/components/schemas/Kinds"}}, "text/csv"),
        ({"schema": {"$ref": "#/components/schemas/Nowhere"}}, "text/yaml, */*;q=0.1"),
        ({"schema": {"type": "string", "default": "text/csv"}}, "text/yaml, */*;q=0.1"),
        ({"schema": True}, "text/yaml, */*;q=0.1"),
    ],
)
def test_an_accept_that_the_document_lists_is_sent_exactly(parameter: Any, accept: str) -> None:
    """The parameter is no argument (OAS 3.1 section 4.8.12.2), but an API or gateway may compare the header with it."""
    operation = {
        "parameters": [{"name": "accept", "in": "header", **parameter}],
        "responses": {"200": {"content": {"text/yaml": {}}}},
    }
    tool = tool_of(operation, components={"schemas": {"Kinds": {"enum": ["text/csv"]}}})
    assert tool.input_schema["properties"] == {}
    assert dict(request_of(tool, {}).headers)["Accept"] == accept


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("application/*", "application/json"), ("*/*", "application/json"), ("text/*", "text/plain"),
        ("image/*", "application/octet-stream"), (" application/json ", "application/json"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
    ],
)  # fmt: skip
def test_a_range_of_media_types_becomes_one(declared: str, sent: str) -> None:
    """Nothing is sent as `image/*`."""
    request = request_of(tool_of(taking({}, declared)), {"body": "aGk="})
    assert dict(request.headers)["Content-Type"] == sent
    assert request.content == (b'"aGk="' if "json" in sent else b"aGk=" if "text" in sent else b"hi")


@pytest.mark.parametrize(
    ("media", "value", "reason"),
    [
        ("application/octet-stream", "A" * 69, "looks like base64 but does not decode"),
        ("application/octet-stream", "test", "may be a word, or base64. Write 'data:,test' or 'data:;base64,test'"),
        ("image/*", "20261231", "may be a word, or base64"),
        ("image/png", "data:image/png;base64,!!!", "a data: URL does not decode"),
        ("image/*", "file:///etc/passwd", "no folder is open to file: URLs"),
        ("application/x-www-form-urlencoded", "a=b", "object of fields"),
        ("multipart/form-data", "a=b", "object of fields"),
        ("multipart/form-data", {"a\0b": "x"}, "control character"),
        ("text/plain; charset=iso-8859-1", "漢", "iso-8859-1 cannot write"),
        ("text/event-stream", [{"data": "x"}], "text/event-stream text"),
    ],
)  # fmt: skip
def test_a_body_that_its_media_type_cannot_hold_is_refused(media: str, value: Any, reason: str) -> None:
    """With the argument's pointer."""
    error = refusal(tool_of(taking({}, media)), {"body": value})
    assert reason in str(error)
    assert error.pointer == "/body"


@pytest.mark.parametrize(
    ("media", "value", "text"),
    [("*/*", "a b", "a%20b"), ("*/*", {"a": 1}, "%7B%22a%22%3A1%7D"), ("application/json", "a b", "%22a%20b%22")],
)
def test_a_parameter_under_any_media_type_is_json_only_where_it_is_no_text(media: str, value: Any, text: str) -> None:
    """Its documents mean the identifier itself by `*/*`, not a quoted one."""
    content = {media: {"schema": {}}}
    named = {"in": "path", "required": True, "content": content}
    asked = {"name": "q", "in": "query", "content": content}
    tool = tool_of({"parameters": [{**named, "name": "id"}, asked]}, path="/{id}")
    assert request_of(tool, {"id": value, "q": value}).url == f"{BASE}/{text}?q={text}"


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/../b", "..\\x", "./", "a/.", "..;/x/..", "../" + "x" * 5000, "%2e%2e", "a%252f.."]
)
def test_a_path_value_that_would_move_is_refused(value: str) -> None:
    """Empty, dots, and dots between slashes of either kind; a long one is not repeated whole."""
    error = refusal(TEXTS, {"id": value})
    assert error.pointer == "/id"
    assert "no safe place in a path" in str(error)
    assert len(str(error)) < 250


@pytest.mark.parametrize("path", ["/a/../b", "/./b", "/a/%2e%2e/b"])
def test_a_path_that_itself_moves_is_refused(path: str) -> None:
    """A document's own path cannot leave the base URL either."""
    assert "would leave its place" in str(refusal(tool_of({}, path=path), {}))


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\x7fb", "a\x1bb", "a\x85b"])
def test_a_header_value_that_could_break_out_is_refused(value: str) -> None:
    """Control characters of both sets."""
    assert refusal(TEXTS, {"id": "1", "X-H": value}).pointer == "/X-H"


def test_a_header_value_is_sent_as_it_is() -> None:
    """Not percent-encoded, any script; spaces around it are not part of it."""
    assert dict(request_of(TEXTS, {"id": "1", "X-H": ' a%20b, "ü漢😀" '}).headers)["X-H"] == 'a%20b, "ü漢😀"'


def test_allow_reserved_never_ends_a_pair_or_the_query() -> None:
    """In the query reserved characters stay but for `&`, `=`, `+` and `#`; in a cookie `;` would begin another one."""
    request = request_of(TEXTS, {"id": "1", "r": "/?:@!$'()*,;[]&=+#%2F% ", "d": "a;b=c,d"})
    assert urlsplit(request.url).query == "r=/?:@!$'()*,;[]%26%3D%2B%23%2F%25%20"
    assert dict(request.headers)["Cookie"] == "d=a%3Bb%3Dc%2Cd"


def test_a_path_keeps_its_own_characters() -> None:
    """Literal parts are sent as written, spaces and what no URL holds encoded; a fixed query in a path key stays."""
    tool = tool_of({"parameters": [query("q")]}, path="/a b/ü:@;=,/x?fixed=1")
    assert request_of(tool, {"q": "v"}).url == f"{BASE}/a%20b/%C3%BC:@;=,/x?fixed=1&q=v"


texts = st.text(max_size=12)


@given(texts, texts, texts, texts)
@example("%2e%2e", "a&b=c", "a; b=c", "//evil.example/..")
@settings(max_examples=100, deadline=None)
def test_any_text_comes_back_out_of_its_place(
    path_value: str, query_value: str, cookie_value: str, reserved: str
) -> None:
    """Whatever is sent can be read back where it belongs, and nothing else is there; or it is refused."""
    try:
        request = request_of(TEXTS, {"id": path_value, "q": query_value, "c": cookie_value, "r": reserved})
    except BadArguments:
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    assert unquote(parts.path.removeprefix("/base/things/")) == path_value
    assert parts.path.count("/") == 3
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    assert [name for name, _ in pairs] == ["q", "r"]
    assert pairs[0][1] == query_value
    cookies = dict(request.headers)["Cookie"].split("; ")
    assert [unquote(cookie) for cookie in cookies] == [f"c={cookie_value}"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
@settings(max_examples=100, deadline=None)
def test_any_json_value_arrives_as_itself(value: Any) -> None:
    """Bodies are read back as the value that was given, integers of any size and empty things included."""
    content = request_of(ANY_BODY, {"body": value}).content
    assert content is not None
    assert json.loads(content) == value
