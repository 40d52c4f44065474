"""Null, empty and edge values of parameters, raw cookies, reserved characters in paths, the query as one value."""

from __future__ import annotations

from typing import Any

import pytest

from small_documents import BASE, path_parameter, query, request_of, taking, tool_of
from specport.errors import BadArguments
from specport.requests.model import PreparedRequest


def made(location: str, value: Any, *, path: str = "/things", version: str = "3.2.0", **rest: Any) -> PreparedRequest:
    parameter = {"name": "v", "in": location, "required": location == "path", **rest}
    if "content" not in rest:
        parameter.setdefault("schema", {})
    return request_of(tool_of({"parameters": [parameter]}, path=path, version=version), {"v": value})


@pytest.mark.parametrize("value", [None, [], {}, [None], {"a": None}])
@pytest.mark.parametrize("style", [{}, {"explode": False}, {"style": "deepObject"}, {"style": "pipeDelimited"}])
def test_an_undefined_query_parameter_leaves_nothing(value: Any, style: dict[str, Any]) -> None:
    """RFC 6570 section 2.3: null, and arrays and objects without a defined member; not even a question mark."""
    assert made("query", value, **style).url == f"{BASE}/things"


@pytest.mark.parametrize("value", [None, [], {}])
def test_an_undefined_header_or_cookie_is_not_sent(value: Any) -> None:
    """Not as an empty one either."""
    for location in ("header", "cookie"):
        assert [name for name, _ in made(location, value).headers] == ["Accept"]


@pytest.mark.parametrize("value", [None, [], {}, [None]])
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
def test_an_undefined_path_value_is_refused(value: Any, style: str) -> None:
    """The path cannot do without."""
    with pytest.raises(BadArguments, match="has no place in a path"):
        made("path", value, path="/{v}", style=style)


def test_an_empty_text_is_defined() -> None:
    """`v=`, with `allowEmptyValue` or without; an empty header, an empty cookie."""
    assert made("query", "").url.endswith("?v=")
    assert made("query", "", allowEmptyValue=True, version="3.1.0").url.endswith("?v=")
    assert ("v", "") in made("header", "").headers
    assert ("Cookie", "v=") in made("cookie", "").headers


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("", {"type": "boolean"}), ("", {"type": "string", "enum": ["a"]}), ("", {"type": "array", "minItems": 1}),
        ("", {"type": ["integer", "null"]}), ([], {"type": "array"}), ({}, {"type": "object"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("style", [{}, {"explode": False}, {"style": "spaceDelimited"}])
def test_what_may_be_empty_is_sent_with_nothing_after_it(value: Any, schema: Any, style: Any) -> None:
    """`allowEmptyValue`: the empty text whatever the schema says (OAS 3.1 section 4.8.12.2); an empty array is one."""
    assert made("query", value, schema=schema, allowEmptyValue=True, **style).url == f"{BASE}/things?v="


def test_empty_is_allowed_where_the_document_says_so_alone() -> None:
    """Not in another place than the query, not with a media type, not where it is not said; other values stay wrong."""
    flag = {"schema": {"type": "boolean"}}
    for location, rest in [("header", flag), ("query", {"content": {"application/json": {"schema": {}}}})]:
        tool = tool_of({"parameters": [{"name": "v", "in": location, "allowEmptyValue": True, **rest}]})
        assert "anyOf" not in tool.input_schema["properties"]["v"]
    assert made("query", [], schema={"type": "array"}).url == f"{BASE}/things"
    for given in ({"value": "x"}, {"value": [], "allowEmptyValue": False}):
        with pytest.raises(BadArguments):
            made("query", **{"schema": {"type": "boolean"}, "allowEmptyValue": True, **given})


def test_undefined_members_are_left_out_of_what_is_sent() -> None:
    """Null items and members are passed over; the others stay."""
    assert made("query", [1, None, 2], explode=False).url.endswith("?v=1,2")
    assert made("query", {"a": None, "b": {"c": None, "d": 1}}, style="deepObject").url.endswith("?v%5Bb%5D%5Bd%5D=1")


def test_null_under_a_media_type_is_a_value() -> None:
    """JSON can say it."""
    content = {"application/json": {"schema": {}}}
    assert made("query", None, content=content).url.endswith("?v=null")
    assert ("v", "null") in made("header", None, content=content).headers
    assert ("Cookie", "v=%7B%22a%22%3A%22%3B%22%7D") in made("cookie", {"a": ";"}, content=content).headers


def test_a_whole_number_has_no_fraction() -> None:
    """JSON Schema takes 1.0 for an integer; a path `/things/1.0` is another thing."""
    assert made("path", 7.0, path="/{v}", schema={"type": "integer"}).url == f"{BASE}/7"
    assert made("query", [1.0, 1.5, -0.0], explode=False).url.endswith("?v=1,1.5,0")


@pytest.mark.parametrize(
    ("value", "header"),
    [(True, "true"), (1.5, "1.5"), ([1, True, "a b"], "1,true,a b"), ({"a": 1, "b": "x"}, "a,1,b,x")],
)
def test_a_header_is_text_whatever_its_type(value: Any, header: str) -> None:
    """Booleans in lower case, arrays by commas, nothing percent-encoded."""
    assert ("v", header) in made("header", value).headers


@pytest.mark.parametrize("value", ['a;b,c "d"', "a=b", "ü", "a\r\nb"])
def test_a_form_cookie_encodes_what_could_end_it(value: str) -> None:
    """Also quotes, which begin a quoted value for some readers."""
    header = dict(made("cookie", value, style="form").headers)["Cookie"]
    assert not set(header.removeprefix("v=")) & set(';," =\r\n')


def test_a_header_parameter_called_cookie_joins_the_cookies() -> None:
    """There is one such header (RFC 6265 section 5.4)."""
    parameters = [
        {"name": "a", "in": "cookie", "schema": {"type": "string"}},
        {"name": "cookie", "in": "header", "schema": {"type": "string"}},
    ]
    made_of = request_of(tool_of({"parameters": parameters}), {"a": "1", "cookie": "b=2; c=3"})
    assert [pair for pair in made_of.headers if pair[0].lower() == "cookie"] == [("Cookie", "a=1; b=2; c=3")]


@pytest.mark.parametrize("value", ["a%20b", "a b", '"quoted"', "a,b", "a=b==", "ü", ""])
def test_a_cookie_of_the_cookie_style_is_sent_as_it_is(value: str) -> None:
    """OAS 3.2 appendix D: no escaping is applied."""
    assert ("Cookie", f"v={value}") in made("cookie", value, style="cookie").headers


@pytest.mark.parametrize("value", ["a;b", "a\nb", "a\0b", '"a', 'a"b', '"a\\"', {"a;b": "x"}, {"a=b": "x"}, {"": "x"}])
def test_a_cookie_that_could_be_another_is_refused(value: Any) -> None:
    """A semicolon, a control character, a quote that a reader would look for the end of, a name that is none."""
    with pytest.raises(BadArguments, match="what no cookie can"):
        made("cookie", value, style="cookie")


@pytest.mark.parametrize(
    ("version", "sent"),
    [("3.2.0", "a:b@c=d,e;f%2F%3F%23%5B%2Fg"), ("3.1.0", "a%3Ab%40c%3Dd%2Ce%3Bf%2F%3F%23%5B%252Fg")],
)
def test_reserved_characters_stay_in_a_path_from_3_2_on(version: str, sent: str) -> None:
    """But for those that would end the segment (OAS 3.2 section 4.8.2); before, `allowReserved` is of queries alone."""
    request = made("path", "a:b@c=d,e;f/?#[%2Fg", path="/{v}", allowReserved=True, version=version)
    assert request.url == f"{BASE}/{sent}"


@pytest.mark.parametrize("value", ["..;a=1", "..", "%2e%2e", "a%2F..%2Fb", "a\\..\\b"])
def test_a_reserved_path_value_that_would_move_is_refused(value: str) -> None:
    """Dots behind triples and before path parameters too, which some servers cut off."""
    with pytest.raises(BadArguments, match="no safe place in a path"):
        made("path", value, path="/{v}", allowReserved=True)


def test_items_keep_their_own_delimiters_apart_where_reserved_characters_stay() -> None:
    """Two items are two, whatever they hold."""
    assert made("query", ["a,b", "c/d"], explode=False, allowReserved=True).url.endswith("?v=a%2Cb,c/d")
    assert made("path", ["a,b", "c:d"], path="/{v}", allowReserved=True).url.endswith("/a%2Cb,c:d")


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        (
            "application/x-www-form-urlencoded",
            {"a": "x y", "b": [1, 2], "c": {"d": 1}},
            "a=x+y&b=1&b=2&c=%7B%22d%22%3A1%7D",
        ),
        ("application/json", {"a": [1, None]}, "%7B%22a%22%3A%5B1%2Cnull%5D%7D"),
        ("text/plain", "$.a[0]&x#y", "%24.a%5B0%5D%26x%23y"),
        ("application/x-www-form-urlencoded", {}, ""),
    ],
)
def test_the_query_as_one_value(kind: str, value: Any, sent: str) -> None:
    """OAS 3.2 section 4.12.1: a form, or another content percent-encoded as a whole."""
    url = made("querystring", value, content={kind: {"schema": {}}}).url
    assert url == (f"{BASE}/things?{sent}" if sent else f"{BASE}/things")


def test_parameters_that_share_a_name_on_the_wire_are_both_sent() -> None:
    """A member of an exploded object beside a parameter of that name, and a query that the path key has."""
    parameters = [query("a"), query("o", {"type": "object"})]
    tool = tool_of({"parameters": parameters}, path="/things?a=0")
    assert request_of(tool, {"a": "1", "o": {"a": "2"}}).url.endswith("/things?a=0&a=1&a=2")


@pytest.mark.parametrize("method", ["get", "head", "delete", "options", "trace", "query"])
def test_a_body_is_sent_where_the_document_has_one(method: str) -> None:
    """Whatever the method; RFC 9110 gives such a body no meaning of its own, the document does."""
    request = request_of(tool_of(taking({}), method=method, version="3.2.0"), {"body": {"a": 1}})
    assert (request.method, request.content) == (method.upper(), b'{"a":1}')
    assert dict(request.headers)["Content-Type"] == "application/json"


@pytest.mark.parametrize(("style", "path", "header"), [("spaceDelimited", "a%20b", "a b"),
                                                        ("pipeDelimited", "a%7Cb", "a|b"),
                                                        ("tabDelimited", "a%09b", "a\tb")])  # fmt: skip
def test_the_delimiters_of_swagger_stand_in_paths_and_headers(style: str, path: str, header: str) -> None:
    """`ssv`, `pipes` and `tsv` are for any place there."""
    assert made("path", ["a", "b"], path="/{v}", style=style).url == f"{BASE}/{path}"
    assert ("v", header) in made("header", ["a", "b"], style=style).headers


def test_a_path_parameter_needs_no_schema_to_be_checked() -> None:
    """A value of any type has its text."""
    tool = tool_of({"parameters": [path_parameter("id", schema={})]}, path="/{id}")
    assert request_of(tool, {"id": True}).url == f"{BASE}/true"
