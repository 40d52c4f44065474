"""A body of several media types: which one is sent, which schema it must fit, and what text and XML are given as."""

from __future__ import annotations

from typing import Any

import pytest

from small_documents import request_of, tool_of
from specport.catalog.model import Tool
from specport.errors import BadArguments

OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}


def taking_any(content: dict[str, Any], **rest: Any) -> Tool:
    media = {kind: {"schema": schema} for kind, schema in content.items()}
    return tool_of({"requestBody": {"required": True, "content": media}}, **rest)


def sent(tool: Tool, **arguments: Any) -> tuple[str, bytes | None]:
    request = request_of(tool, arguments)
    return dict(request.headers)["Content-Type"], request.content


def refusal(tool: Tool, **arguments: Any) -> str:
    with pytest.raises(BadArguments) as caught:
        request_of(tool, arguments)
    assert caught.value.pointer.startswith("/body")
    return str(caught.value)


BOTH = taking_any({"application/xml": OBJECT, "application/json": OBJECT, "text/plain": {"type": "string"}})


def test_a_value_goes_under_the_first_content_type_that_it_fits() -> None:
    """An object is never sent as XML, whatever comes first; a text that is no XML goes on to the next."""
    assert sent(BOTH, body={"a": 1}) == ("application/json", b'{"a":1}')
    assert sent(BOTH, body="<a>1</a>") == ("application/xml", b"<a>1</a>")
    assert sent(BOTH, body="plain") == ("text/plain", b"plain")


def test_the_chosen_content_type_wins_and_its_schema_counts() -> None:
    """What another media type would take is refused, and the message says why."""
    assert sent(BOTH, body="<a/>", content_type="text/plain") == ("text/plain", b"<a/>")
    error = refusal(BOTH, body="<a/>", content_type="application/json")
    assert error == '/body: expected object, got "<a/>" (as content_type is application/json)'
    error = refusal(BOTH, body={"a": 1}, content_type="application/xml")
    assert error == '/body: expected application/xml as text, got {"a":1} (as content_type is application/xml)'
    assert "(as content_type is text/plain)" in refusal(BOTH, body={"a": 1}, content_type="text/plain")


def test_json_as_text_is_repaired_for_the_content_type_that_wants_an_object() -> None:
    """It is not taken for XML, and as plain text only where that is chosen."""
    tool = taking_any({"application/json": OBJECT, "application/xml": OBJECT})
    assert sent(tool, body='{"a": 1}') == ("application/json", b'{"a":1}')
    assert sent(BOTH, body='{"a": 1}', content_type="application/json") == ("application/json", b'{"a":1}')
    assert sent(BOTH, body='{"a": 1}', content_type="text/plain") == ("text/plain", b'{"a": 1}')


def test_an_object_goes_as_a_merge_patch_where_a_json_patch_comes_first() -> None:
    """Kubernetes lists it first and describes an object, which no JSON Patch is (RFC 6902 section 3)."""
    patch, merge = "application/json-patch+json", "application/merge-patch+json"
    tool = taking_any({patch: OBJECT, merge: OBJECT})
    assert tool.input_schema["properties"]["content_type"]["default"] == merge
    assert sent(tool, body={"a": 1})[0] == merge
    assert sent(tool, body={"a": 1}, content_type=patch)[0] == patch
    objects = {"type": "array", "items": OBJECT}
    arrays = taking_any({patch: objects, "application/json": objects})
    assert sent(arrays, body=[{"a": 1}])[0] == patch


@pytest.mark.parametrize("media", ["application/xml", "text/xml", "application/vnd.x+xml"])
def test_xml_is_given_as_text(media: str) -> None:
    """Never JSON under an XML media type; what the text is about stays in the schema."""
    tool = taking_any({media: OBJECT})
    assert tool.input_schema["properties"]["body"] == {
        "type": "string", "contentMediaType": media, "pattern": r"^\s*<", "contentSchema": OBJECT,
    }  # fmt: skip
    assert sent(tool, body="\n<a>ü</a>") == (media, "\n<a>ü</a>".encode())
    assert refusal(tool, body={"a": 1}) == f'/body: expected {media} as text, got {{"a":1}}'
    assert refusal(tool, body="a = 1") == f'/body: expected {media} as text, got "a = 1"'


def test_xml_that_the_document_calls_a_text_is_sent_as_it_is() -> None:
    """Its own schema counts and nothing is asked of the text; where nothing is said, a value is still no XML."""
    described = {"type": "string", "maxLength": 12}
    tool = taking_any({"application/xml": described})
    assert tool.input_schema["properties"]["body"] == described
    assert sent(tool, body="plain text") == ("application/xml", b"plain text")
    assert "longer than 12" in refusal(tool, body="plain text that is long")
    referred = taking_any({"text/xml": {"$ref": "#/components/schemas/T"}}, components={"schemas": {"T": described}})
    assert sent(referred, body="plain text") == ("text/xml", b"plain text")
    assert "Give it as application/xml text" in refusal(taking_any({"application/xml": {}}), body={"a": 1})


def test_equal_schemas_that_share_a_definition_are_chosen_between() -> None:
    """The choice may itself have been given a name, as it stands in the document twice."""
    wide = {**OBJECT, "properties": {f"property_{n}": {"type": "integer"} for n in range(20)}, "required": []}
    tool = taking_any({"application/json": {"$ref": "#/components/schemas/W"}, "text/csv": {"type": "string"}},
                      components={"schemas": {"W": {**wide, "properties": {**wide["properties"], "w": {
                          "anyOf": [{"$ref": "#/components/schemas/W"}, {"type": "string"}]}}}}})  # fmt: skip
    assert sent(tool, body={"w": {"w": "x"}})[0] == "application/json"
    assert sent(tool, body="a,b")[0] == "text/csv"
    assert "expected string" in refusal(tool, body={}, content_type="text/csv")


@pytest.mark.parametrize(
    ("media", "schema", "value", "content"),
    [
        ("application/yaml", OBJECT, {"a": 1}, b'{"a":1}'),
        ("application/yaml", {}, "a: 1\n", b"a: 1\n"),
        ("text/plain", {}, True, b"true"),
        ("application/vnd.api+json", {}, "x", b'"x"'),
        ("application/vnd.other", OBJECT, {"a": 1}, b'{"a":1}'),
        ("application/jsonl", {}, [{"a": 1}, None], b'{"a":1}\nnull\n'),
        ("application/x-ndjson", {}, "as it is", b"as it is"),
        ("application/x-ndjson", {}, {"a": 1}, b'{"a":1}\n'),
        ("application/json-seq", {}, [1, "x"], b'\x1e1\n\x1e"x"\n'),
        ("application/geo+json-seq", {}, [1], b"\x1e1\n"),
        ("text/event-stream", {}, "data: x\n\n", b"data: x\n\n"),
        ("text/plain; charset=iso-8859-1", {}, "é", b"\xe9"),
        ("text/plain; charset=nonsense", {}, "é", "é".encode()),
    ],
)  # fmt: skip
def test_a_value_is_written_as_its_media_type_asks(media: str, schema: Any, value: Any, content: bytes) -> None:
    """Text as it is, JSON where the format can hold it, sequences an item at a time, charsets as named."""
    assert sent(taking_any({media: schema}), body=value) == (media, content)


@pytest.mark.parametrize(
    ("media", "value", "sent_as", "content"),
    [
        ("image/*", "data:image/png;base64,AAEC", "image/png", b"\0\1\2"),
        ("image/*", "AAEC", "application/octet-stream", b"\0\1\2"),
        ("image/jpeg", "data:image/png;base64,AAEC", "image/jpeg", b"\0\1\2"),
        ("*/*", "data:application/pdf,%25PDF", "application/pdf", b"%PDF"),
        ("application/*+json", "x", "application/json", b'"x"'),
        ("multipart/*", {"a": "x"}, "multipart/form-data", None),
    ],
)  # fmt: skip
def test_a_range_becomes_what_the_content_says_it_is(media: str, value: Any, sent_as: str, content: Any) -> None:
    """A `data:` URL names its media type, which counts where the document leaves it open."""
    is_bytes = isinstance(value, str) and "json" not in media
    schema = {"type": "string", "format": "binary"} if is_bytes else {}
    content_type, data = sent(taking_any({media: schema}), body=value)
    assert content_type.partition(";")[0] == sent_as
    assert content is None or data == content
