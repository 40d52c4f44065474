"""Operation -> what its successful answer is, in the document's own words: searches are often in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from specport.documents.model import JsonObject
from specport.documents.refs import References
from specport.documents.text import clean, one_line
from specport.errors import DocumentError
from specport.operations.model import Media, Operation

MAX_ANSWER = 400
"""Characters of what is kept of one answer."""

MAX_TEXT = 250
"""Characters of one description in it."""

MAX_LOOKS = 8
"""Schemas that are looked at for one answer."""

MAX_LISTS = 2
"""Arrays of one schema whose items are looked at."""

_WRAPPED = ("items", "additionalProperties")
_UNIONS = ("allOf", "oneOf", "anyOf")


class Answers:
    """The answers of one document's operations; equal texts are one object, as many operations give the same."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._texts: dict[str, str] = {}

    def text(self, operation: Operation) -> str:
        """Titles and descriptions of the schemas of the first successful answer, then its members' names."""
        media = next(_successful(operation), None)
        if media is None:
            return ""
        said, members = list[str](), list[str]()
        for schema in self._inside(media):
            said += (_text(schema, "title"), _text(schema, "description"))
            members += _members(schema)
        text = one_line(" ".join(dict.fromkeys(filter(None, (*said, *members)))), MAX_ANSWER)
        return self._texts.setdefault(text, text)

    def _inside(self, media: Media) -> Iterator[JsonObject]:
        """The schema, those that it is made of, and those of the items or members that it wraps."""
        waiting: list[object] = [media.schema]
        for _ in range(MAX_LOOKS):
            if not waiting:
                return
            try:
                found = self._references.follow(waiting.pop(0), media.pointer).value
            except DocumentError:
                continue
            if not isinstance(found, dict):
                continue
            schema = cast("JsonObject", found)
            yield schema
            for key in _UNIONS:
                branches = schema.get(key)
                waiting += cast("list[object]", branches) if isinstance(branches, list) else []
            waiting += [schema[key] for key in _WRAPPED if key in schema]
            waiting += _wrapped(schema)


def _members(schema: JsonObject) -> JsonObject:
    properties = schema.get("properties")
    return cast("JsonObject", properties) if isinstance(properties, dict) else {}


def _wrapped(schema: JsonObject) -> list[object]:
    """What a schema that has little of its own is around: its only member, or the items of its first arrays."""
    parts = [cast("JsonObject", each) for each in _members(schema).values() if isinstance(each, dict)]
    return list[object](parts) if len(parts) == 1 else [part["items"] for part in parts if "items" in part][:MAX_LISTS]


def _successful(operation: Operation) -> Iterator[Media]:
    for response in operation.responses:
        if response.status[:1] == "2":
            yield from (media for media in response.media if media.schema is not None)


def _text(schema: Mapping[str, object], member: str) -> str:
    value = schema.get(member)
    return one_line(clean(value), MAX_TEXT) if isinstance(value, str) else ""
