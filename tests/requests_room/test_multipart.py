"""Forms and parts: what Encoding Objects and schemas say of each property, and names that cannot break out."""

from __future__ import annotations

import base64
import re
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from small_documents import request_of, taking, tool_of
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Catalog
from specport.errors import BadArguments
from specport.requests.model import PreparedRequest
from specport.requests.multipart import MAX_FILENAME

FORM = "application/x-www-form-urlencoded"
FORM_DATA = "multipart/form-data"
BINARY = {"type": "string", "format": "binary"}
PNG = "data:image/png;name=%22a%22/b.png;base64,AAEC"


def request(properties: Any, value: Any, encoding: Any = None, *, media: str = FORM_DATA, **rest: Any) -> Any:
    schema = {"type": "object", "properties": properties} if "type" not in properties else properties
    extra = {"encoding": encoding} if encoding else {}
    return request_of(tool_of(taking(schema, media, **extra), **rest), {"body": value})


def read(made: PreparedRequest) -> list[Message]:
    """The parts, by the standard library."""
    head = f"Content-Type: {dict(made.headers)['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + (made.content or b""))
    assert not message.defects
    return message.get_payload()


def parts(*arguments: Any, **rest: Any) -> list[tuple[Any, ...]]:
    """Name, type (None where none is said), file name and bytes of each part."""
    return [
        (
            part.get_param("name", header="content-disposition"), part["content-type"] and str(part["content-type"]),
            part.get_filename(), part.get_payload(decode=True),
        )
        for part in read(request(*arguments, **rest))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "kind", "content"),
    [
        ({"type": "string"}, "ü", None, "ü".encode()),
        ({"type": "integer"}, 3, None, b"3"),
        ({"type": "number"}, 1.0, None, b"1"),
        ({"type": "boolean"}, False, None, b"false"),
        ({"type": "object"}, {"b": None}, "application/json", b'{"b":null}'),
        ({"enum": ["abcd"]}, "abcd", None, b"abcd"),
        ({"type": "string", "contentMediaType": "application/json"}, "{}", None, b"{}"),
    ],
)  # fmt: skip
def test_a_value_is_a_part_of_its_type(schema: Any, value: Any, kind: Any, content: bytes) -> None:
    """Plain values are text and say nothing more; objects are JSON; none is a file."""
    assert parts({"a": schema}, {"a": value}) == [("a", kind, None, content)]


@pytest.mark.parametrize(
    "schema",
    [
        BINARY,
        {"type": "string", "contentMediaType": "image/png"},
        {"contentMediaType": "image/png"},
        {},
        {"description": "The file."},
        {"$ref": "#/components/schemas/File"},
        {"allOf": [{"$ref": "#/components/schemas/File"}], "description": "One."},
        {"anyOf": [BINARY, {"type": "null"}]},
        {"type": "array", "items": BINARY},
        {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
        {"type": "array", "items": {}},
    ],
)
def test_a_schema_that_means_bytes_makes_a_file(schema: Any) -> None:
    """By format, by content keywords, by saying no type (from 3.1 on); behind references, unions and arrays."""
    components = {"schemas": {"File": BINARY}}
    value = ["AAEC"] if schema.get("type") == "array" else "AAEC"
    assert parts({"a": schema}, {"a": value}, components=components) == [
        ("a", "application/octet-stream", "a", b"\0\1\2")
    ]


def test_a_schema_without_a_type_is_text_before_3_1() -> None:
    """OAS 3.0 has no raw bytes without `format: binary`."""
    assert parts({"a": {}}, {"a": "AAEC"}, version="3.0.3") == [("a", None, None, b"AAEC")]


def test_a_data_url_brings_its_type_and_name() -> None:
    """Without folders; the encoding's list decides which types may be said, the first being the default."""
    listed = {"a": {"contentType": "image/gif, image/*;q=1"}}
    assert parts({"a": BINARY}, {"a": PNG}) == [("a", "image/png", "b.png", b"\0\1\2")]
    assert parts({"a": BINARY}, {"a": PNG}, listed) == [("a", "image/png", "b.png", b"\0\1\2")]
    assert parts({"a": BINARY}, {"a": "AAEC"}, listed) == [("a", "image/gif", "a.gif", b"\0\1\2")]
    assert parts({"a": BINARY}, {"a": PNG}, {"a": {"contentType": "text/csv"}})[0][1] == "text/csv"
    assert parts({"a": BINARY}, {"a": "AAEC"}, {"a": {"contentType": "image/*"}})[0][1] == "application/octet-stream"


def test_the_content_type_of_an_encoding_is_the_parts() -> None:
    """XML as text and never from an object; JSON of a text has quotes; an array as JSON is one part."""
    xml = {"a": {"contentType": "application/xml"}}
    assert parts({"a": {"type": "string"}}, {"a": "<x/>"}, xml)[0][1:] == ("application/xml", None, b"<x/>")
    with pytest.raises(BadArguments, match="application/xml text"):
        parts({"a": {"type": "object"}}, {"a": {"x": 1}}, xml)
    as_json = {"a": {"contentType": "application/json"}}
    assert parts({"a": {"type": "string"}}, {"a": "x"}, as_json)[0][3] == b'"x"'
    assert parts({"a": {"type": "array", "items": {}}}, {"a": [1, "x"]}, as_json)[0][3] == b'[1,"x"]'


def test_from_3_2_on_each_item_of_an_array_is_encoded() -> None:
    """OAS 3.2 section 4.14.5.1: one value to an item, each under the name, in forms as in parts."""
    as_json = {"a": {"contentType": "application/json"}}
    lists = {"a": {"type": "array", "items": {}}}
    found = parts(lists, {"a": [{"b": 1}, "x", [2]]}, as_json, version="3.2.0")
    assert [(part[0], part[3]) for part in found] == [("a", b'{"b":1}'), ("a", b'"x"'), ("a", b"[2]")]
    assert request(lists, {"a": [1, "x"]}, as_json, media=FORM, version="3.2.0").content == b"a=1&a=%22x%22"
    assert request(lists, {"a": [1, "x"]}, as_json, media=FORM, version="3.1.0").content == b"a=%5B1%2C%22x%22%5D"


def test_styles_of_parts_count_from_3_1_on_and_never_for_bytes() -> None:
    """OAS 3.0 section 4.7.15.1 ignores them; bytes have no text that a style could write."""
    styled = {"a": {"style": "form", "explode": False}}
    lists = {"a": {"type": "array", "items": {"type": "integer"}}}
    found = {version: parts(lists, {"a": [1, 2]}, styled, version=version) for version in ("3.0.3", "3.1.0")}
    assert [part[3] for part in found["3.0.3"]] == [b"1", b"2"]
    assert [part[3] for part in found["3.1.0"]] == [b"1,2"]
    assert parts({"a": BINARY}, {"a": PNG}, styled, version="3.1.0") == [("a", "image/png", "b.png", b"\0\1\2")]


def test_headers_with_one_possible_value_are_sent() -> None:
    """`const`, a single `enum`, a `default`; references followed; what could be another header is not."""
    headers = {
        "X-Const": {"schema": {"const": 5}},
        "X-Enum": {"schema": {"type": "string", "enum": ["only"]}},
        "X-Default": {"$ref": "#/components/headers/Default"},
        "X-Open": {"schema": {"type": "string"}},
        "X-Broken": {"$ref": "#/components/headers/Missing"},
        "X-Split": {"schema": {"const": "a\r\nX-Evil: 1"}},
        "X Bad": {"schema": {"const": "x"}},
        "Content-Type": {"schema": {"const": "text/evil"}},
        "Content-Disposition": {"schema": {"const": "evil"}},
    }  # fmt: skip
    components = {"headers": {"Default": {"schema": {"type": "boolean", "default": True}}}}
    (part,) = read(request({"a": BINARY}, {"a": "AAEC"}, {"a": {"headers": headers}}, components=components))
    assert dict(part.items()) == {
        "Content-Disposition": 'form-data; name="a"; filename="a"', "Content-Type": "application/octet-stream",
        "X-Const": "5", "X-Enum": "only", "X-Default": "true",
    }  # fmt: skip


@pytest.mark.parametrize("given", ["AAEC", "data:,%00%01%02", "\0\1\2"])
def test_content_encoding_is_the_transfer_encoding_of_a_part(given: str) -> None:
    """OAS 3.2 section 4.15.4.2: the part is base64 text and says so, however the bytes were given."""
    for schema, version in (({"type": "string", "contentEncoding": "base64"}, "3.1.0"),
                            ({"type": "string", "format": "byte"}, "3.0.3")):  # fmt: skip
        (part,) = read(request({"a": schema}, {"a": given}, version=version))
        assert part["Content-Transfer-Encoding"] == "base64"
        assert (part.get_payload(), part.get_payload(decode=True)) == ("AAEC", b"\0\1\2")


def test_a_whole_body_with_a_content_encoding_is_text_in_it() -> None:
    """`base64url` has an alphabet of its own; text that is in it already stays."""
    for given in ("-_-_", "data:;base64,+/+/"):
        schema = {"type": "string", "contentEncoding": "base64url"}
        assert request_of(tool_of(taking(schema, "application/octet-stream")), {"body": given}).content == b"-_-_"


ARRAY = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("style", "form", "data"),
    [
        ({"style": "form", "explode": False}, b"a=x%20y,z%2C", [("a", b"x y,z,")]),
        ({"style": "spaceDelimited"}, b"a=x%20y%20z%2C", [("a", b"x y z,")]),
        ({"style": "pipeDelimited"}, b"a=x%20y%7Cz%2C", [("a", b"x y|z,")]),
        ({"style": "tabDelimited"}, b"a=x%20y%09z%2C", [("a", b"x y\tz,")]),
        ({"explode": True}, b"a=x%20y&a=z%2C", [("a", b"x y"), ("a", b"z,")]),
        ({"allowReserved": True}, b"a=x%20y&a=z,", [("a", b"x y"), ("a", b"z,")]),
        ({"allowReserved": True, "explode": False}, b"a=x%20y,z%2C", [("a", b"x y,z,")]),
        ({"style": "deepObject"}, b"a%5B0%5D=x%20y&a%5B1%5D=z%2C", [("a[0]", b"x y"), ("a[1]", b"z,")]),
    ],
)
def test_a_style_writes_a_field_as_it_writes_a_query_parameter(style: Any, form: bytes, data: Any) -> None:
    """Percent-encoded in a form, as it is in parts (OAS 3.2 section 4.15.1.2); Swagger's delimiters too."""
    value = {"a": ["x y", "z,"]}
    assert request({"a": ARRAY}, value, {"a": style}, media=FORM).content == form
    made = parts({"a": ARRAY}, value, {"a": style})
    assert [(name, content) for name, _, _, content in made] == data


def test_an_encoding_of_no_property_counts_for_nothing() -> None:
    """OAS 3.2 section 4.14.5.1."""
    free = {"type": "object", "additionalProperties": True}
    assert request(free, {"b": ["x", "y"]}, {"b": {"style": "pipeDelimited"}}, media=FORM).content == b"b=x&b=y"


def test_form_texts_are_encoded_as_browsers_do() -> None:
    """`+` for a space, `~` encoded; null is left out, empty text is not; objects in arrays are JSON."""
    value = {"a b": "x y~*-._+&=é\r\n", "n": None, "e": "", "l": [], "o": [{"k": 1}, None]}
    assert request({"type": "object"}, value, media=FORM).content == (
        b"a+b=x+y%7E%2A-._%2B%26%3D%C3%A9%0D%0A&e=&o=%7B%22k%22%3A1%7D"
    )


def test_parts_without_names_are_an_array() -> None:
    """multipart/mixed by position, each with its type; the last schema stands for all that follow."""
    schema = {"type": "array", "prefixItems": [{"type": "object"}], "items": BINARY}
    made = read(request(schema, [{"a": 1}, "AAEC", PNG], media="multipart/mixed"))
    found = [(part["content-type"], part["content-disposition"], part.get_payload(decode=True)) for part in made]
    assert found == [
        ("application/json", None, b'{"a":1}'), ("application/octet-stream", None, b"\0\1\2"),
        ("image/png", None, b"\0\1\2"),
    ]  # fmt: skip
    texts = read(request({"type": "array", "items": {"type": "string"}}, ["ü"], media="multipart/mixed"))
    assert str(texts[0]["content-type"]) == 'text/plain; charset="utf-8"'


def test_parts_by_position_have_encodings_by_position() -> None:
    """OAS 3.2 section 4.14.5.2: `prefixEncoding` for the first, `itemEncoding` for all others."""
    schema = {"type": "array", "prefixItems": [{"type": "object"}], "items": {"type": "string"}}
    encodings = {
        "prefixEncoding": [{"contentType": "application/vnd.x+json", "headers": {"X-A": {"schema": {"const": 1}}}}, {}],
        "itemEncoding": {"contentType": "text/csv", "style": "form"},
    }
    for version, types in [
        ("3.2.0", ["application/vnd.x+json", 'text/plain; charset="utf-8"', "text/csv"]),
        ("3.1.0", ["application/json", *['text/plain; charset="utf-8"'] * 2]),
    ]:
        tool = tool_of(taking(schema, "multipart/mixed", **encodings), version=version)
        made = read(request_of(tool, {"body": [{"a": 1}, "b", "c"]}))
        assert [str(part["content-type"]) for part in made] == types
        assert made[0]["x-a"] == ("1" if version == "3.2.0" else None)


def test_a_related_body_names_the_type_of_its_root() -> None:
    """RFC 2387 section 3.1."""
    made = request(
        {"meta": {"type": "object"}, "file": BINARY}, {"meta": {}, "file": "AAEC"}, media="multipart/related"
    )
    assert re.fullmatch(
        r'multipart/related; boundary=specport-[0-9a-f]{32}; type="application/json"',
        dict(made.headers)["Content-Type"],
    )
    assert [part.get_param("name", header="content-disposition") for part in read(made)] == ["meta", "file"]


def test_the_same_call_is_the_same_bytes_and_the_boundary_stands_in_no_part() -> None:
    """A part that holds the boundary of another call, or its own as it would be, ends nothing."""
    first = request({"type": "object"}, {"a": "x"})
    assert first == request({"type": "object"}, {"a": "x"})
    boundary = dict(first.headers)["Content-Type"].partition("boundary=")[2]
    assert boundary.encode() in (first.content or b"")
    inner = (first.content or b"").decode()
    (part,) = read(request({"type": "object"}, {"a": inner}))
    assert part.get_payload(decode=True) == inner.encode()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('a"; filename="b', "a%22; filename=%22b"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"),
        ("a\\", "a%5C"),
        ("ü", "ü"),
    ],
)
def test_a_name_cannot_leave_its_quotes(name: str, sent: str) -> None:
    """As browsers write them; the backslash too, as some readers take it for an escape."""
    made = request({"type": "object"}, {name: "x"})
    assert f'Content-Disposition: form-data; name="{sent}"\r\n\r\nx\r\n'.encode() in (made.content or b"")


def test_a_file_name_cannot_leave_its_quotes() -> None:
    """Nor a folder, nor grow without bound."""
    (part,) = parts({"a": BINARY}, {"a": "data:;name=..%2F..%2Fa%22%0D%0Ab%5Cc.txt,x"})
    assert part[2] == "c.txt"
    (part,) = parts({"a": BINARY}, {"a": "data:;name=a%22%0D%0AX-Evil,x"})
    assert part[2] == "a%22X-Evil"
    (part,) = parts({"a": BINARY}, {"a": f"data:;name={'n' * 999},x"})
    assert part[2] == "n" * MAX_FILENAME
    (part,) = parts({"a": BINARY}, {"a": "data:;name=..,x"})
    assert part[2] == "a"


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ("", b""),
        ("AAEC", b"\0\1\2"),
        ("AA==", b"\0"),
        ("plain text", b"plain text"),
        ("abc", b"abc"),
        ("data: is no URL, see", b"data: is no URL, see"),
        ("file: is no URL", b"file: is no URL"),
        ("DATA:text/plain;charset=utf-8,%C3%BC", "ü".encode()),
        ('data:a/b;name="x";base64,AA EC\n', b"\0\1\2"),
        ("\n".join(["A" * 76, "AAEC"]), b"\0" * 57 + b"\0\1\2"),
        ("\r\n".join(["A" * 64, "AA==", ""]), b"\0" * 49),
    ],
)
def test_bytes_are_given_as_text(given: str, content: bytes) -> None:
    """A `data:` URL, base64 in one line or in many, else the text itself."""
    assert request_of(tool_of(taking(BINARY, "application/octet-stream")), {"body": given}).content == content


def test_the_listing_says_how_bytes_are_given() -> None:
    """In few bytes, and which properties are meant."""
    body = tool_of(taking(BINARY, "application/octet-stream")).listed_schema["properties"]["body"]
    assert body["description"] == "base64, data: URL or text"
    schema = {"type": "object", "properties": {"a": BINARY, "b": {"type": "string"}, "c": BINARY}}
    operation = taking(schema, FORM_DATA)
    operation["requestBody"]["description"] = "A photo"
    body = tool_of(operation).listed_schema["properties"]["body"]
    assert body["description"] == "a, c: base64, data: URL or text. A photo"


def test_what_a_body_needs_survives_the_cache() -> None:
    """A catalog read back writes the same request."""
    schema = {"type": "object", "properties": {"a": BINARY, "b": ARRAY}}
    encoding = {"b": {"style": "pipeDelimited"}, "a": {"headers": {"X-A": {"schema": {"const": "1"}}}}}
    tool = tool_of(taking(schema, FORM_DATA, encoding=encoding))
    catalog = Catalog("small", "", "", (tool,), (), "")
    kept = decode_catalog(encode_catalog(catalog))
    assert kept is not None
    value = {"body": {"a": base64.b64encode(b"x").decode(), "b": ["1", "2"]}}
    assert request_of(kept.tools[0], value) == request_of(tool, value)
