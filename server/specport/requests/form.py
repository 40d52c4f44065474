"""Objects -> names and values: `application/x-www-form-urlencoded`, and the styled fields of `multipart/form-data`.

A property with a style in its Encoding Object is written as a query parameter is (OAS 3.2 section 4.15.1.2); any other
by content type, where the default is text for plain values and JSON for objects, each item of an array on its own.
A null has no text and is left out, which RFC 6570 section 2.3 says of styles and OAS 3.2 section 4.15.1.1 allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import quote_plus

from specport.catalog.model import FieldBinding
from specport.errors import BadArguments
from specport.requests import styles
from specport.requests.content import written

PLAIN = "text/plain"


def urlencoded(value: object, fields: Sequence[FieldBinding]) -> str:
    """`a=1&b=x+y`, in the object's order (WHATWG URL section 5.2)."""
    by_name = {field.name: field for field in fields}
    found: list[styles.Pair] = []
    for name, item in members_of(value).items():
        field = by_name.get(name) or FieldBinding(name)
        if field.style:
            found += styled(field, item, encode=_encoding(field, item), encode_name=_plus)
        else:
            found += [(_plus(name), _plus(text)) for text in _texts(field, item)]
    return "&".join(f"{name}={text}" for name, text in found)


def styled(
    field: FieldBinding, value: object, *, encode: styles.Encode, encode_name: styles.Encode
) -> list[styles.Pair]:
    """The pairs of a property whose Encoding Object names a style, `explode` or `allowReserved`."""
    given = styles.defined(value)
    if given is None:
        return []
    return styles.pairs(
        field.name, given, style=field.style, explode=field.explode, encode=encode, encode_name=encode_name
    )


def members_of(value: object) -> Mapping[str, object]:
    """The fields of a form. BadArguments for a value that has none."""
    if not isinstance(value, dict):
        raise BadArguments("a form body is an object of fields")
    return cast("Mapping[str, object]", value)


def chosen_type(listed: str) -> str:
    """The first media type that an Encoding Object lists (`image/png, image/*`), "" for none."""
    return listed.partition(",")[0].strip()


def _encoding(field: FieldBinding, value: object) -> styles.Encode:
    if not field.allow_reserved:
        return styles.strictly
    has_commas = styles.is_compound(value) and not field.explode
    return styles.reserved_item if has_commas else styles.reserved_too


def _texts(field: FieldBinding, value: object) -> list[str]:
    """One text for a value, one for each item of an array unless the array as a whole is to be JSON."""
    content_type = chosen_type(field.content_type) or PLAIN
    if field.is_whole:
        return [written(value, content_type).decode()]
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return [written(item, content_type).decode("utf-8", "replace") for item in items if item is not None]


def _plus(text: str) -> str:
    """Percent-encoded with `+` for a space; `~` too, which WHATWG does not leave as it is."""
    return quote_plus(styles.utf8(text)).replace("~", "%7E")
