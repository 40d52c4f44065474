"""Operation -> its success answer: status, media type, and a body from the document's examples or made for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import orjson

from specport.documents.model import JsonObject
from specport.documents.refs import References
from specport.errors import DocumentError
from specport.operations.model import Media, Operation
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Effort, Generator
from specport.sandbox.model import Asked, Place, Places, Reply
from specport.sandbox.renderings import as_text, rendered
from specport.sandbox.resources import json_media, success

NO_BODY = frozenset({204, 205, 304})
"""Statuses that come without a body (RFC 9110 section 15)."""


class Answering:
    """Makes the answers of one document."""

    def __init__(self, references: References, checks: Checks, generator: Generator) -> None:
        self._references = references
        self._checks = checks
        self._generator = generator
        self._known: dict[tuple[str, str], object] = {}

    def example(self, operation: Operation, asked: Asked) -> Reply:
        """The answer of an operation that changes nothing here."""
        status, media = success(operation)
        chosen = _accepted(media, asked.headers.get("accept", ""))
        if chosen is None or status in NO_BODY:
            return Reply(status)
        kind = chosen.content_type.partition(";")[0].strip().lower()
        if json_media((chosen,)) is not None:
            return Reply(status, dumped(self.body(chosen)), "application/json" if "*" in kind else kind)
        return Reply(status, rendered(kind, self.body(chosen)), kind)

    def json(self, operation: Operation, body: object) -> Reply:
        """The answer with this JSON body, or without one where the operation declares none."""
        status, media = success(operation)
        chosen = json_media(media)
        if chosen is None or status in NO_BODY:
            return Reply(status)
        kind = chosen.content_type.partition(";")[0].strip().lower()
        return Reply(status, dumped(body), "application/json" if "*" in kind else kind)

    def body(self, media: Media, member: str = "") -> object:
        """A body of the media type, `member` naming a property that it must have; the caller may change it."""
        key = (media.pointer, member)
        if key not in self._known:
            self._known[key] = self._body(media, member)
        return orjson.loads(dumped(self._known[key]))

    def body_for(self, operation: Operation, member: str) -> tuple[object, Places]:
        """The JSON body of the operation's answer and its schema; None and nothing when it has none."""
        media = json_media(success(operation)[1])
        if media is None or media.schema is None:
            return None, ()
        return self.body(media, member), (Place(media.schema, media.pointer),)

    def fits(self, places: Places, body: object) -> bool:
        """Whether a body is what the schema asks for."""
        return self._checks.fits(places, body)

    def smallest(self, operation: Operation) -> Reply:
        """The answer with the smallest valid body, for when a richer one failed."""
        status, media = success(operation)
        chosen = json_media(media)
        if chosen is None or status in NO_BODY:
            return Reply(status)
        places = (Place(chosen.schema, chosen.pointer),)
        return self.json(operation, self._generator.value(places, effort=Effort.SMALLEST))

    def _body(self, media: Media, member: str) -> object:
        places = (Place(media.schema, media.pointer),)
        examples = [each for each in self._examples(media) if not member or _has(each, member)]
        for example in examples:
            if media.schema is None or self._checks.fits(places, example):
                return example
        made = self._generator.value(places, member=member)
        return examples[0] if examples and not self._checks.fits(places, made) else made

    def _examples(self, media: Media) -> Iterator[object]:
        """The Media Type Object's own examples (OAS 3.1 section 4.8.14.1); `externalValue` is not fetched."""
        holder = self._holder(media)
        if "example" in holder:
            yield holder["example"]
        examples = holder.get("examples")
        for raw in cast("JsonObject", examples).values() if isinstance(examples, dict) else ():
            try:
                value = self._references.follow(raw, media.pointer).value
            except DocumentError:
                continue
            if isinstance(value, dict) and "value" in value:
                yield cast("JsonObject", value)["value"]

    def _holder(self, media: Media) -> JsonObject:
        """The Media Type Object that the schema's pointer stands in."""
        pointer = media.pointer.removesuffix("/schema").replace("%", "%25")
        try:
            value = self._references.resolve(f"#{pointer}").value
        except DocumentError:
            return {}
        return cast("JsonObject", value) if isinstance(value, dict) else {}


def dumped(value: object) -> bytes:
    """JSON bytes; what JSON cannot hold is written as text."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):
        return as_text(value).encode()


def _has(value: object, member: str) -> bool:
    return isinstance(value, Mapping) and member in value


def _accepted(media: tuple[Media, ...], accept: str) -> Media | None:
    """The media type that the request names first, else JSON, else the first declared."""
    for wanted in accept.split(","):
        kind = wanted.partition(";")[0].strip().lower()
        for each in media:
            if each.content_type.partition(";")[0].strip().lower() == kind and kind != "application/json":
                return each
    return json_media(media) or next(iter(media), None)
