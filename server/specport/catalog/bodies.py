"""Request body -> the arguments `body` and `content_type`, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from specport.catalog.encodings import describes_objects, describes_text, media_binding
from specport.catalog.model import BodyBinding, MediaBinding
from specport.documents.text import clean
from specport.operations.media_types import essence, is_xml
from specport.operations.model import Body, Media
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Fragment, Use

BYTES_HINT = "base64, data: URL or text"
"""What a text argument may be where bytes are wanted."""

MAX_NAMED_FILES = 8
"""Most properties that are named as files in a description."""


def body_input(body: Body, converter: SchemaConverter) -> tuple[dict[str, Fragment], BodyBinding]:
    """The arguments that an operation's body needs, by name, and the binding that writes them.

    Each media type brings its own schema; where they differ the argument takes any of them.
    """
    given = [(each, converter.fragment(each.schema, each.pointer)) for each in body.media]
    given.sort(key=lambda pair: _is_doubtful(*pair, converter))
    schemas = [schema for _, schema in given]
    media = [media_binding(each, schema, converter) for each, schema in given]
    shown = [_shown(each, schema, schemas, converter) for each, schema in zip(media, schemas, strict=True)]
    distinct: list[Fragment] = []
    for schema in shown:
        if schema not in distinct:
            distinct.append(schema)
    whole: Fragment = {"anyOf": distinct}
    if len(distinct) == 1:
        whole = distinct[0]
    else:
        media = [replace(each, branch=distinct.index(schema)) for each, schema in zip(media, shown, strict=True)]
    said = clean(body.description)
    arguments = {"body": with_text(whole, said, keep=len(distinct) == 1 and shown[0] != schemas[0])}
    if len(media) == 1:
        return arguments, BodyBinding("body", body.required, tuple(media))
    names = [each.content_type for each in media]
    arguments["content_type"] = {"type": "string", "enum": names, "default": names[0]}
    return arguments, BodyBinding("body", body.required, tuple(media), chooser="content_type")


def with_text(fragment: Fragment, text: str, *, keep: bool = False) -> Fragment:
    """The schema with this description, in place of its own or, with `keep`, after it."""
    if not text:
        return {} if fragment is True else fragment  # some clients know schemas as objects only
    if fragment is True:
        return {"description": text}
    if fragment is False:
        return fragment
    own = fragment.siblings if isinstance(fragment, Use) else fragment
    described = {**own, "description": f"{own['description']}. {text}" if keep and "description" in own else text}
    return Use(fragment.place, described) if isinstance(fragment, Use) else described


def _is_doubtful(media: Media, schema: Fragment, converter: SchemaConverter) -> bool:
    """Whether it comes after the others: a JSON Patch is an array (RFC 6902 section 3), whatever is described."""
    return essence(media.content_type) == "application/json-patch+json" and describes_objects(schema, converter)


def _shown(media: MediaBinding, schema: Fragment, schemas: Sequence[Fragment], converter: SchemaConverter) -> Fragment:
    """The schema as an argument of that media type has it.

    XML that is described as a value is given as text, for nothing here writes values as XML; what the text is of stands
    in `contentSchema`, unless another media type says it already. Bytes are given as text too, and the
    description says which.
    """
    kind = essence(media.content_type)
    if is_xml(kind) and not describes_text(schema, converter):
        text: dict[str, object] = {"type": "string", "contentMediaType": kind, "pattern": r"^\s*<"}
        return {**text, "contentSchema": schema} if schemas.count(schema) == 1 else text
    if media.is_binary:
        return with_text(schema, BYTES_HINT)
    files = [field.name for field in media.fields if field.is_binary]
    if files:
        more = ", ..." if len(files) > MAX_NAMED_FILES else ""
        return with_text(schema, f"{', '.join(files[:MAX_NAMED_FILES])}{more}: {BYTES_HINT}")
    return schema
