"""What a body looks like on the wire, by media type (OAS 3.1 sections 4.8.14 and 4.8.15), and whether one is that."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import unquote_plus

from fidelity.accepting import same
from fidelity.operations import Media, Wire
from fidelity.values import OCTETS, Flavour, Unbuildable, Values, is_nested
from fidelity.wire import UNENCODED, Pair, cleaned, compact, flat, is_ruled, pairs_of, plain_text

JSON_LINES = frozenset(
    {"application/jsonl", "application/x-ndjson", "application/json-lines", "application/x-jsonlines"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body: a text, JSON or bytes; `content_types` where the document names some."""

    name: str
    value: Any
    is_json: bool = False
    content_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyExpected:
    """A body: its media type, and its value in the form that belongs to its kind."""

    content_type: str
    kind: str
    value: Any


def kind_of(content_type: str) -> str:
    """How bodies of a media type are written; empty for one that has no rule here."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in JSON_LINES:
        return "lines"
    if kind.endswith(("/json-seq", "+json-seq")):
        return "records"
    if kind.endswith(("/json", "+json")) or kind in {"*/*", "application/*", "application/*+json"}:
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if kind == "multipart/form-data":
        return "parts"
    if kind == "multipart/mixed":
        return "mixed"
    if kind.startswith("multipart/"):
        return ""
    is_text = kind.startswith("text/") or kind.endswith(("xml", "yaml", "graphql"))
    return "text" if is_text else "bytes"


def body_value(values: Values, media: Media, flavour: Flavour) -> Any:
    """A value for the body, or Unbuildable where the media type has no rule for what the schema asks."""
    kind = kind_of(media.content_type)
    if not kind or (kind == "mixed" and not media.encodes_items):
        raise Unbuildable(f"no rule for {media.content_type}")
    if kind == "json":
        plain = replace(flavour, has_octets=False)
        return {"any": [1, None, flavour.text]} if media.schema is None else values.make(media.schema, plain)
    if kind in {"text", "bytes"}:
        return _whole_text(values, media, kind, flavour)
    if media.schema is None:
        return {"any": flavour.text}
    value = values.make(media.schema, replace(flavour, is_null=False))
    if not isinstance(value, {"form": dict, "parts": dict, "mixed": list}.get(kind, object)):
        raise Unbuildable("a form that is no object")
    return _writable(values, value, media) if kind in {"form", "parts"} else value


def _whole_text(values: Values, media: Media, kind: str, flavour: Flavour) -> Any:
    """A text, which XML is given as whatever its schema; or a value that goes as JSON, having no other form."""
    schema = {} if media.schema is None else media.schema
    is_base64 = values.merged(schema).get("contentEncoding") == "base64"
    if values.merged(schema).get("format") == "byte" or (is_base64 and not flavour.has_octets):
        return values.make(schema, replace(flavour, is_null=False))
    if kind == "bytes" and flavour.has_octets and values.accepts(schema, OCTETS):
        return OCTETS.replace("application/octet-stream", sent_as(media.content_type))
    value = values.make(schema, replace(flavour, is_null=False))
    if not isinstance(value, str):
        is_xml = media.content_type.partition(";")[0].strip().lower().endswith("xml")
        return f"<a>{flavour.text.replace('<', '').replace('&', '')}</a>" if is_xml else value
    is_doubtful = kind == "bytes" and value and " " not in value and values.accepts(schema, "bytes of a file \u00fc")
    return "bytes of a file \u00fc" if is_doubtful else value


def _writable(values: Values, value: dict[str, Any], media: Media) -> dict[str, Any]:
    """The value without members that the specification has no rule for in a form. Unbuildable if one is required."""
    kept: dict[str, Any] = {}
    for name, each in value.items():
        encoding = media.encoding.get(name, {})
        reason = _unruled(each, encoding, media)
        if reason:
            values.dropped.append(f"the field {name} of {media.content_type}: {reason}")
        else:
            kept[name] = _unambiguous(each, encoding)
    if not values.accepts(media.schema, kept):
        raise Unbuildable(values.dropped.pop() if values.dropped else "no value without doubtful delimiters")
    return kept


def _unruled(value: Any, encoding: Any, media: Media) -> str:
    """Why the specification has no rule for a field, if it has none."""
    style = encoding.get("style", "form")
    if value is None or (isinstance(value, list) and any(item is None for item in value)):
        return "null in a form"
    if isinstance(value, list) and "contentType" in encoding and not media.encodes_items:
        return "an array with a content type, of each item or as a whole before OAS 3.2"
    if kind_of(media.content_type) == "parts":
        return "deepObject in parts, which OAS 3.0 ignores and 3.1 does not" if style == "deepObject" else ""
    if bool({"style", "explode", "allowReserved"} & encoding.keys()) and (
        is_nested(value) or not is_ruled(style, value)
    ):
        return f"a value that the style {style} has no rule for"
    is_doubtful = isinstance(value, list) and is_nested(value) and not media.encodes_items
    return "an array of arrays or objects in a form" if is_doubtful else ""


def _unambiguous(value: Any, encoding: Any) -> Any:
    """Texts in a field without what no reader could tell from a delimiter."""
    wire = Wire("", "query", False, encoding.get("style", "form"), True, bool(encoding.get("allowReserved")), None)
    if isinstance(value, str):
        return cleaned(wire, value) if wire.allow_reserved else value
    if not (isinstance(value, list) and (wire.allow_reserved or wire.style in UNENCODED)):
        return value
    return [cleaned(wire, item) if isinstance(item, str) else item for item in value]


def sent_as(content_type: str) -> str:
    """A media type that a range covers, for bytes that say their own; others stay."""
    return "image/png" if content_type == "image/*" else content_type.replace("*/*", "application/octet-stream")


def expected_body(values: Values, media: Media, value: Any) -> BodyExpected:
    """What must arrive."""
    kind = kind_of(media.content_type)
    if kind in {"text", "bytes"} and not isinstance(value, str):
        return BodyExpected(media.content_type, "json", value)
    if kind == "bytes" and value.startswith("data:"):
        is_base64 = values.merged(media.schema).get("contentEncoding") == "base64"
        data = base64.b64encode(octets(value)) if is_base64 else octets(value)
        return BodyExpected(sent_as(media.content_type), kind, data)
    if kind == "form":
        return BodyExpected(media.content_type, kind, list(_fields(media, value)))
    if kind == "parts":
        return BodyExpected(media.content_type, kind, list(_parts(values, media, value)))
    if kind == "mixed":
        return BodyExpected(media.content_type, kind, list(_positional(values, media, value)))
    if kind in {"text", "bytes"}:
        return BodyExpected(media.content_type, kind, octets(value))
    return BodyExpected(media.content_type, kind, value)


def octets(text: str) -> bytes:
    """The bytes that a text argument stands for."""
    is_data = text.startswith("data:") and text.partition(",")[2] == OCTETS.partition(",")[2]
    return base64.b64decode(text.partition(",")[2]) if is_data else text.encode()


def _fields(media: Media, value: dict[str, Any]) -> Iterator[Pair]:
    for name, each in value.items():
        encoding = media.encoding.get(name, {})
        is_styled = bool({"style", "explode", "allowReserved"} & encoding.keys())
        is_json = kind_of(encoding.get("contentType", "text/plain")) == "json"
        if each != [] and not is_styled:
            for item in _items(each):
                goes_as_json = is_json or isinstance(item, dict | list)
                yield Pair(name, (compact(item) if goes_as_json else plain_text(item),), is_json=goes_as_json)
            continue
        style = encoding.get("style", "form")
        explode = encoding.get("explode", style == "form")
        reserved = bool(encoding.get("allowReserved"))
        yield from pairs_of(Wire(name, "query", False, style, explode, reserved, None), each)


def _parts(values: Values, media: Media, value: dict[str, Any]) -> Iterator[Part]:
    described = values.merged(media.schema or {})["properties"]
    for name, each in value.items():
        encoding = media.encoding.get(name, {})
        named = tuple(kind.strip() for kind in encoding.get("contentType", "").split(",") if kind.strip())
        is_binary = _is_binary(values, described.get(name, {}))
        style = encoding.get("style") if media.styles_parts and not is_binary else None
        if isinstance(each, list) and style and not encoding.get("explode"):
            if each:
                yield Part(name, UNENCODED.get(style, ",").join(flat(each)).encode())
            continue
        for item in _items(each):
            yield _part(name, item, named, is_binary=is_binary)


def _part(name: str, item: Any, named: tuple[str, ...], *, is_binary: bool) -> Part:
    if isinstance(item, dict | list) or (named and kind_of(named[0]) == "json"):
        return Part(name, item, is_json=True, content_types=named)
    text = plain_text(item)
    return Part(name, octets(text) if is_binary else text.encode(), content_types=named)


def _positional(values: Values, media: Media, value: list[Any]) -> Iterator[Part]:
    """Parts without names, each with the Encoding Object of its place (OAS 3.2 section 4.14.5.2)."""
    schema = values.merged(media.schema)
    first, rest = media.positions
    described = schema.get("prefixItems", [])
    for index, item in enumerate(value):
        encoding = (first[index] if index < len(first) else rest) or {}
        named = tuple(kind.strip() for kind in encoding.get("contentType", "").split(",") if kind.strip())
        node = described[index] if index < len(described) else schema.get("items", {})
        yield _part("", item, named, is_binary=_is_binary(values, node))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_binary(values: Values, node: Any) -> bool:
    schema = values.merged(node)
    return schema.get("format") == "binary" or values.merged(schema.get("items", {})).get("format") == "binary"


def body_faults(expected: BodyExpected | None, content_type: str | None, body: bytes) -> list[str]:
    """What is not as expected of the body and its Content-Type."""
    if expected is None:
        return [f"an unexpected body {body[:80]!r}"] if body else []
    faults = []
    if not _is_type(expected.content_type, content_type or ""):
        faults.append(f"content type {content_type!r}, not {expected.content_type!r}")
    try:
        is_met = _MEETS[expected.kind](expected.value, content_type or "", body)
    except (ValueError, UnicodeDecodeError, KeyError) as error:
        return [*faults, f"unreadable {expected.kind} body {body[:120]!r}: {error}"]
    return faults if is_met else [*faults, f"body {body[:300]!r}, not {expected.value!r:.300}"]


def _is_type(wanted: str, got: str) -> bool:
    """Whether a media type is the one wanted or in its range; bytes of no known type are octet-stream (RFC 9110)."""
    wanted, got = (text.partition(";")[0].strip().lower() for text in (wanted, got))
    if "*" not in wanted:
        return wanted == got
    if got == "application/octet-stream" and kind_of(wanted) == "bytes":
        return True
    if got == wanted.replace("*+", "") or (got == "application/json" and kind_of(wanted) == "json"):
        return True
    before, _, after = wanted.partition("*")
    return (got.startswith(before) or before == "") and (got.endswith(after) or after.startswith("/"))


def _json_meets(wanted: Any, _: str, body: bytes) -> bool:
    return same(json.loads(body), wanted)


def _lines_meet(wanted: Any, _: str, body: bytes) -> bool:
    return same([json.loads(line) for line in body.decode().splitlines() if line], wanted)


def _records_meet(wanted: Any, _: str, body: bytes) -> bool:
    """RFC 7464: each value after a record separator, a line feed after it."""
    before, *records = body.decode().split("\x1e")
    return not before and all(each.endswith("\n") for each in records) and same([*map(json.loads, records)], wanted)


def _octets_meet(wanted: bytes, _: str, body: bytes) -> bool:
    return body == wanted


def _form_meets(wanted: list[Pair], _: str, body: bytes) -> bool:
    return not pair_faults(wanted, body.decode("ascii"), "&")


def pair_faults(wanted: list[Pair], raw: str, joint: str) -> list[str]:
    """What is not as expected of `name=value` texts; the order counts within one name only."""
    found = [text.partition("=") for text in raw.split(joint)] if raw else []
    arrived = [(unquote_plus(name.strip(" ")), text) for name, _, text in found]
    absent = {pair.name for pair in wanted if pair.may_be_absent}
    arrived = [(name, text) for name, text in arrived if name not in absent or text]
    due = sorted((pair for pair in wanted if not pair.may_be_absent), key=lambda pair: pair.name)
    arrived.sort(key=lambda pair: pair[0])
    if [pair.name for pair in due] != [name for name, _ in arrived]:
        return [f"names {[name for name, _ in arrived]}, not {[pair.name for pair in due]}"]
    return [
        f"{pair.name} is {text!r}, not {pair.raw or pair.parts!r}"
        for pair, (_, text) in zip(due, arrived, strict=True)
        if not pair.is_met_by(text)
    ]


def _parts_meet(wanted: list[Part], content_type: str, body: bytes) -> bool:
    arrived = list(read_parts(content_type, body))
    if [part.name for part in wanted] != [name for name, _, _ in arrived]:
        raise ValueError(f"parts {[name for name, _, _ in arrived]}, not {[part.name for part in wanted]}")
    for part, (name, kind, data) in zip(wanted, arrived, strict=True):
        is_met = same(json.loads(data), part.value) if part.is_json else data == part.value
        has_type = not part.content_types or any(_is_type(each, kind) for each in part.content_types)
        is_typed = has_type and not (part.is_json and not part.content_types and kind_of(kind) != "json")
        if not (is_met and is_typed):
            raise ValueError(
                f"the part {name} is {data[:80]!r} of {kind}, not {part.value!r:.80} of {part.content_types}"
            )
    return True


def read_parts(content_type: str, body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, content type (text/plain where there is none) and bytes of each part of a multipart body."""
    boundary = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode()).get_boundary()
    if not boundary:
        raise ValueError("no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if pieces[-1].strip() != b"--":
        raise ValueError("the last boundary is missing")
    for piece in pieces[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesParser(policy=HTTP).parsebytes(head + b"\r\n\r\n")
        name = headers["content-disposition"].params["name"] if "content-disposition" in headers else ""
        yield unquote_plus(name) if "%" in name else name, headers.get("content-type", "text/plain"), data


_MEETS = {
    "json": _json_meets, "lines": _lines_meet, "records": _records_meet, "form": _form_meets,
    "parts": _parts_meet, "mixed": _parts_meet,
    "text": _octets_meet, "bytes": _octets_meet,
}  # fmt: skip
