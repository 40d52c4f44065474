"""What a body's schema and Encoding Objects say of how it is written: which texts are bytes, and each property's way.

Read from converted schemas, so that references, `allOf` and the dialects are looked through in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import orjson

from specport.catalog.model import FieldBinding, MediaBinding
from specport.documents.model import JsonObject
from specport.documents.pointers import child
from specport.errors import DocumentError
from specport.operations.media_types import essence, is_binary, is_json, is_json_lines, is_json_sequence, is_text
from specport.operations.model import Media
from specport.operations.reading import members
from specport.schemas.convert import SchemaConverter
from specport.schemas.keywords import UNIONS
from specport.schemas.model import Fragment, Use

MAX_LOOKS = 200
"""Most schemas that are looked through for what one property is."""

_ANNOTATIONS = frozenset({
    "title", "description", "default", "deprecated", "contentMediaType", "maxLength", "minLength",
})  # fmt: skip
_TRANSFERS = {"base64": "base64", "base64url": "base64url", "byte": "base64"}
_NAMED_APART = frozenset({"content-type", "content-disposition"})
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]*\Z")


def media_binding(media: Media, fragment: Fragment, converter: SchemaConverter) -> MediaBinding:
    """How a body with this converted schema is written in one media type."""
    kind = essence(media.content_type)
    reader = _Reader(converter)
    if kind == "application/x-www-form-urlencoded":
        return MediaBinding(media.content_type, fields=tuple(reader.fields(media, fragment, has_files=False)))
    if kind.startswith("multipart/"):
        fields = tuple(reader.fields(media, fragment, has_files=True))
        return MediaBinding(media.content_type, fields=fields, positions=reader.positions(media, fragment))
    is_bytes, transfer = reader.bytes_of(fragment)
    if is_text(kind) or is_json_lines(kind) or is_json_sequence(kind) or (is_json(kind) and "*" not in kind):
        is_bytes = False
    elif not is_json(kind):
        is_bytes = is_bytes or is_binary(kind) or not reader.is_plain_text(fragment)
    return MediaBinding(media.content_type, is_bytes, transfer if is_bytes else "")


def describes_text(fragment: Fragment, converter: SchemaConverter) -> bool:
    """Whether a text may be what a converted schema describes: it says so, or says nothing."""
    reader = _Reader(converter)
    return reader.is_plain_text(fragment) or reader.says_nothing(fragment)


def describes_objects(fragment: Fragment, converter: SchemaConverter) -> bool:
    """Whether a converted schema is of objects and of no arrays."""
    parts = [_listed(part.get("type")) for part in _Reader(converter).parts(fragment)]
    return any("object" in types for types in parts) and not any("array" in types for types in parts)


class _Reader:
    """Looks through the converted schemas of one document."""

    def __init__(self, converter: SchemaConverter) -> None:
        self._converter = converter

    def fields(self, media: Media, fragment: Fragment, *, has_files: bool) -> Iterator[FieldBinding]:
        """The properties that are not written by their values alone; an encoding of no property counts for nothing."""
        where = child(media.pointer.rpartition("/")[0], "encoding")
        for name, schema in self._properties(fragment).items():
            field = self._field(name, media.encoding.get(name), child(where, name))
            if has_files:
                field = self._in_parts(field, schema)
            if field != FieldBinding(name):
                yield field

    def positions(self, media: Media, fragment: Fragment) -> tuple[FieldBinding, ...]:
        """How the items of an array go into parts: the prefix items, then one for all others."""
        schemas = self._items(fragment)
        if not schemas:
            return ()
        has_own = self._converter.dialect.encodes_items
        prefix, rest = (media.prefix_encoding, media.item_encoding) if has_own else ((), None)
        where = media.pointer.rpartition("/")[0]
        found: list[FieldBinding] = []
        for index in range(max(len(schemas), len(prefix) + 1)):
            is_named = index < len(prefix)
            place = child(where, "prefixEncoding", index) if is_named else child(where, "itemEncoding")
            field = self._field("", prefix[index] if is_named else rest, place)
            found.append(self._in_parts(field, schemas[min(index, len(schemas) - 1)]))
        return tuple(found)

    def _items(self, fragment: Fragment) -> list[Fragment]:
        """The schemas of the items of an array by position, the last for all that follow."""
        for part in self.parts(fragment):
            items = [*cast("Sequence[Fragment]", part.get("prefixItems", ()))]
            items += [cast("Fragment", part["items"])] if "items" in part else []
            if items:
                return items
        return []

    def bytes_of(self, fragment: Fragment, depth: int = 0, *, says_json: bool = False) -> tuple[bool, str]:
        """Whether a text, or each item of an array of them, stands for bytes; and the `contentEncoding` they go in.

        `says_json`: the document says that it is JSON, so that what has no type is no raw bytes.
        """
        parts = list(self.parts(fragment))
        for part in parts:
            encoded = _TRANSFERS.get(str(part.get("contentEncoding", part.get("format"))).lower())
            if encoded:
                return True, encoded
            described = str(part.get("contentMediaType", "text/plain")).lower()
            if part.get("format") == "binary" or not (is_text(described) or is_json(described)):
                return True, ""
        for part in parts:
            if "items" in part and depth == 0:
                found = self.bytes_of(cast("Fragment", part["items"]), depth + 1)
                if found[0] or (not says_json and self.is_untyped(cast("Fragment", part["items"]))):
                    return True, found[1]
        return False, ""

    def is_untyped(self, fragment: Fragment) -> bool:
        """Whether a schema has no type and nothing else that says what it is: raw bytes, from OAS 3.1 on."""
        return self.says_nothing(fragment) and self._converter.dialect.ref_siblings

    def says_nothing(self, fragment: Fragment) -> bool:
        """Whether a schema takes anything and only explains."""
        return fragment is not False and all(_ANNOTATIONS.issuperset(part) for part in self.parts(fragment))

    def is_plain_text(self, fragment: Fragment) -> bool:
        """Whether a schema says that it is a text."""
        return any("string" in _listed(part.get("type")) for part in self.parts(fragment))

    def _in_parts(self, field: FieldBinding, fragment: Fragment) -> FieldBinding:
        """The field with what makes it bytes; those have no style, which is a way to write text."""
        says_json = bool(field.content_type) and is_json(_first_kind(field.content_type))
        is_bytes, transfer = self.bytes_of(fragment, says_json=says_json)
        is_bytes = is_bytes or field.is_binary or (self.is_untyped(fragment) and not says_json)
        if field.style and (is_bytes or not self._converter.dialect.styled_parts):
            field = replace(field, style="", explode=False, allow_reserved=False)
        return replace(field, is_binary=is_bytes, transfer=transfer or field.transfer)

    def _field(self, name: str, raw: object, pointer: str) -> FieldBinding:
        """An Encoding Object; a style, `explode` or `allowReserved` in it means that the content type is not used."""
        said = members(raw)
        content_type, style = said.get("contentType"), said.get("style")
        explode, reserved = said.get("explode"), said.get("allowReserved")
        is_styled = isinstance(style, str) or isinstance(explode, bool) or isinstance(reserved, bool)
        style = style if isinstance(style, str) else "form"
        headers = tuple(self._headers(said.get("headers"), child(pointer, "headers")))
        transfers = [value.lower() for header, value in headers if header.lower() == "content-transfer-encoding"]
        transfer = "base64" if transfers == ["base64"] else ""
        content_type = content_type if isinstance(content_type, str) and content_type.isprintable() else ""
        kind = _first_kind(content_type)
        return FieldBinding(
            name,
            content_type=content_type,
            style=style if is_styled else "",
            explode=is_styled and (explode if isinstance(explode, bool) else style == "form"),
            allow_reserved=reserved is True,
            headers=tuple(pair for pair in headers if pair[0].lower() != "content-transfer-encoding"),
            is_binary=bool(transfer),
            transfer=transfer,
            is_whole=bool(kind) and is_json(kind) and not self._converter.dialect.encodes_items,
        )

    def _headers(self, raw: object, pointer: str) -> Iterator[tuple[str, str]]:
        """Headers of a part whose schema leaves one value: `const`, a single `enum`, else the `default`."""
        for name, each in members(raw).items():
            where = child(pointer, name)
            if name.lower() in _NAMED_APART or not _FIELD_NAME.match(name):
                continue
            try:
                target = self._converter.references.follow(each, where)
                header = members(target.value)
                schema = self._converter.fragment(header.get("schema"), child(target.pointer, "schema"))
                text = self._only_value(schema)
            except DocumentError:
                continue  # such a header cannot be sent, and the body can go without
            if text is not None and _FIELD_VALUE.match(text):
                yield name, text

    def _only_value(self, fragment: Fragment) -> str | None:
        for part in self.parts(fragment):
            enum = cast("list[object]", part.get("enum", []))
            for value in (part.get("const"), enum[0] if len(enum) == 1 else None, part.get("default")):
                if value is not None:
                    return value if isinstance(value, str) else orjson.dumps(value).decode()
        return None

    def _properties(self, fragment: Fragment) -> dict[str, Fragment]:
        found: dict[str, Fragment] = {}
        for part in self.parts(fragment):
            for name, schema in cast("Mapping[str, Fragment]", part.get("properties", {})).items():
                found.setdefault(name, schema)
        return found

    def parts(self, fragment: Fragment) -> Iterator[JsonObject]:
        """The schemas that say something of a value: itself, what it refers to, what it combines or offers."""
        waiting: list[object] = [fragment]
        seen: set[object] = set()
        for _ in range(MAX_LOOKS):
            if not waiting:
                return
            node = waiting.pop(0)
            if isinstance(node, Use):
                yield node.siblings
                if node.place not in seen:
                    seen.add(node.place)
                    waiting.append(self._converter.target(node.place))
            elif isinstance(node, dict):
                part = cast("JsonObject", node)
                yield part
                for key in UNIONS:
                    waiting += cast("list[object]", part.get(key, []))


def _first_kind(listed: str) -> str:
    return essence(listed.partition(",")[0])


def _listed(types: object) -> list[object]:
    return cast("list[object]", types) if isinstance(types, list) else [types]
