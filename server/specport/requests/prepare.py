"""Checked arguments -> PreparedRequest: every value in the place and style its binding names."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from specport.catalog.model import Binding, BodyBinding, MediaBinding, Route
from specport.documents.pointers import child
from specport.errors import BadArguments
from specport.operations.media_types import essence, is_json
from specport.requests import styles
from specport.requests.binary import ReadFile, no_files
from specport.requests.body import encode_body
from specport.requests.content import written
from specport.requests.form import urlencoded
from specport.requests.model import PreparedRequest

MAX_DECODED = 5
"""How often a path value is looked at decoded once more: a proxy and its server may each decode."""

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*\Z")
_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
_COOKIE_VALUE = re.compile(r"""(?:[^;"\x00-\x1f\x7f]*|"[^;"\\\x00-\x1f\x7f]*")\Z""")
"""Nothing that would begin another cookie, for a reader that knows quoted values too (RFC 6265 section 4.1.1)."""
_COOKIE_NAME = re.compile(r"[^=;,\s\"\x00-\x1f\x7f]+\Z")
_SEPARATORS = re.compile(r"[/\\]")

Arguments = Mapping[str, object]


@dataclass(slots=True)
class _Places:
    """What each part of the request is made of so far, as it goes on the wire."""

    segments: dict[str, str] = field(default_factory=dict[str, str])
    query: list[str] = field(default_factory=list[str])
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    cookies: list[str] = field(default_factory=list[str])

    def put(self, binding: Binding, value: object) -> None:
        """Add the value of one argument. Raises BadArguments where it has no safe place.

        With a style, null and an empty array or object are undefined and leave nothing (RFC 6570 sections 2.3 and
        3.2.1, which OAS 3.2 appendix B goes by); only a path cannot do without. With a media type null is a value.
        An empty array or object that `allowEmptyValue` lets be sent goes as the empty text.
        """
        if binding.content_type is None:
            value = "" if binding.allow_empty and value in ([], {}) else styles.defined(value)
            if value is None and binding.location != "path":
                return
        if binding.location == "path":
            self.segments[binding.wire_name] = _path_value(binding, value)
        elif binding.location == "query":
            self.query += _query_pairs(binding, value)
        elif binding.location == "querystring":
            self.query += filter(None, (_whole_query(binding, value),))
        elif binding.location == "header" and binding.wire_name.lower() == "cookie":
            self.cookies.append(_header_value(binding, value))  # there is one such header (RFC 6265 section 5.4)
        elif binding.location == "header":
            self.headers.append((binding.wire_name, _header_value(binding, value)))
        else:
            self.cookies += _cookie_pairs(binding, value)


def prepare(route: Route, arguments: Arguments, base_url: str, *, read_file: ReadFile = no_files) -> PreparedRequest:
    """The request these arguments make, below `base_url` (absolute, without query).

    `read_file` reads the `file:` URLs that may stand for binary content. Raises BadArguments for a value that has no
    safe place: a path segment `.` or `..`, a control character in a header, a body that its media type cannot hold.
    """
    places = _Places()
    for binding in route.bindings:
        if binding.argument in arguments:
            with _pointing_at(binding.argument):
                places.put(binding, arguments[binding.argument])
    if places.cookies:
        places.headers.append(("Cookie", "; ".join(places.cookies)))
    places.headers.append(("Accept", _accept(route)))
    content = None
    body_value = None
    if route.body and route.body.argument in arguments:
        body_value = arguments[route.body.argument]
        with _pointing_at(route.body.argument):
            body = encode_body(body_value, _media(route.body, arguments), read_file)
        content = body.data
        places.headers.append(("Content-Type", body.content_type))
    return PreparedRequest(
        source=route.source,
        method=route.method,
        url=_url(base_url, _fill(route.path, places.segments), places.query),
        path=route.path,
        headers=tuple(places.headers),
        content=content,
        body_value=body_value,
        security=route.security,
    )


@contextmanager
def _pointing_at(argument: str) -> Generator[None]:
    """Errors that say nothing of the place are about this argument."""
    try:
        yield
    except BadArguments as error:
        pointer = error.pointer or child("", argument)
        raise BadArguments(error.message, pointer=pointer, hint=error.hint) from error


def _fill(path: str, segments: Mapping[str, str]) -> str:
    """The path with each template expression replaced; a `#fragment` in a path key is never sent."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in segments:
            raise BadArguments(f"the path needs {name}", pointer=f"/{name}")
        return segments[name]

    template = path.partition("#")[0]
    pieces = _TEMPLATE.split(template)
    literal = [quote(piece, safe="/-._~!$&'()*+,;=:@%?") for piece in pieces[::2]]
    filled = [value(match) for match in _TEMPLATE.finditer(template)]
    return "".join(part for pair in zip(literal, [*filled, ""], strict=True) for part in pair)


def _url(base_url: str, path: str, query: list[str]) -> str:
    base = base_url.rstrip("/")
    url = f"{base}{path if path.startswith('/') else f'/{path}'}"
    for segment in urlsplit(url).path.split("/"):
        if _fully_decoded(segment) in (".", ".."):
            raise BadArguments("a path value would leave its place in the URL", hint="Give the plain identifier")
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(query)}"


def _path_value(binding: Binding, value: object) -> str:
    if value is None and binding.content_type is None:
        raise BadArguments(
            f"{binding.argument} is empty, which has no place in a path", hint="Give the identifier itself"
        )
    text = _path_text(binding, value)
    pieces = [piece.partition(";")[0] for piece in _SEPARATORS.split(_fully_decoded(text))]
    if unquote(text) == "" or "." in pieces or ".." in pieces:
        raise BadArguments(
            f"{binding.argument} is {unquote(text)[:100]!r}, which has no safe place in a path",
            hint="Give the identifier itself",
        )
    return text


def _fully_decoded(text: str) -> str:
    """What a path is to the last of several servers that each decode it, MAX_DECODED of them."""
    for _ in range(MAX_DECODED):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def _path_text(binding: Binding, value: object) -> str:
    """`allowReserved` counts in a path from OAS 3.2 on; delimited styles are those of Swagger 2.0."""
    explode, style = binding.explode, binding.style
    if binding.content_type is not None:
        return styles.strictly(_content_text(binding, value))
    encode = styles.strictly
    if binding.allow_reserved:
        is_plain = style == "simple" and not styles.is_compound(value)
        encode = styles.reserved_in_segment if is_plain else styles.reserved_segment_item
    if style == "label":
        return styles.label(value, explode=explode, encode=encode)
    if style == "matrix":
        return styles.matrix(binding.wire_name, value, explode=explode, encode=encode)
    return styles.simple(value, explode=explode, encode=encode, separator=styles.separator_of(style, styles.strictly))


def _query_pairs(binding: Binding, value: object) -> list[str]:
    encode = styles.strictly
    if binding.allow_reserved:
        has_commas = styles.is_compound(value) and not binding.explode
        encode = styles.reserved_item if has_commas else styles.reserved_too
    return _pairs(binding, value, encode)


def _pairs(binding: Binding, value: object, encode: styles.Encode) -> list[str]:
    name, style = binding.wire_name, binding.style
    if binding.content_type is not None:
        return [f"{styles.strictly(name)}={styles.strictly(_content_text(binding, value))}"]
    pairs = styles.pairs(name, value, style=style, explode=binding.explode, encode=encode)
    return [f"{key}={text}" for key, text in pairs]


def _whole_query(binding: Binding, value: object) -> str:
    """The query string that one value is (OAS 3.2 section 4.12.1): a form, or another content percent-encoded."""
    if essence(binding.content_type or "") == "application/x-www-form-urlencoded":
        return urlencoded(value, ())
    return styles.strictly(_content_text(binding, value))


def _cookie_pairs(binding: Binding, value: object) -> list[str]:
    """`form` percent-encodes whatever it is told, so that `;` begins no other cookie; `cookie` changes nothing.

    Both write exploded values as cookies of their own: the `&` of RFC 6570 is no delimiter there (OAS 3.2 appendix D).
    """
    if binding.style != "cookie" or binding.content_type is not None:
        return _pairs(binding, value, styles.strictly)
    raw = styles.as_it_is
    pairs = styles.pairs(binding.wire_name, value, style="cookie", explode=binding.explode, encode=raw, encode_name=raw)
    for key, text in pairs:
        if not _COOKIE_NAME.match(key) or not _COOKIE_VALUE.match(text):
            raise BadArguments(
                f"{binding.argument} holds what no cookie can: a semicolon, a quote or a control character",
                hint="Give it escaped, as the API wants it",
            )
    return [f"{key}={text}" for key, text in pairs]


def _header_value(binding: Binding, value: object) -> str:
    """Header values are not percent-encoded (OAS 3.1 section 4.8.12.3); one that could break out is refused.

    Spaces around a value are not part of it (RFC 9110 section 5.5).
    """
    raw = styles.as_it_is
    if binding.content_type is not None:
        text = _content_text(binding, value)
    else:
        separator = styles.separator_of(binding.style, raw)
        text = styles.simple(value, explode=binding.explode, encode=raw, separator=separator)
    if not _HEADER_VALUE.match(text):
        raise BadArguments(f"{binding.argument} holds a line break or control character, which a header cannot")
    return text.strip(" \t")


def _content_text(binding: Binding, value: object) -> str:
    """A parameter with `content` as the text of its media type, before what its place asks for.

    A text under a range such as `*/*` stays itself: nothing asks for JSON.
    """
    content_type = binding.content_type or ""
    if "*" in content_type and isinstance(value, str):
        return value
    if essence(content_type) == "application/x-www-form-urlencoded":
        return urlencoded(value, ())
    return written(value, content_type).decode("utf-8", "replace")


def _media(body: BodyBinding, arguments: Arguments) -> MediaBinding:
    """The media type that the arguments choose, the first where they do not."""
    chosen = arguments.get(body.chooser) if body.chooser else None
    return next((media for media in body.media if media.content_type == chosen), body.media[0])


def _accept(route: Route) -> str:
    """JSON first where the answer may be JSON, then what else is declared, then anything.

    Where the document lists what it takes, exactly one of those, JSON where there is some.
    """
    if route.accept_only:
        return _json_first(route.accept_only)[0]
    ordered = _json_first(kind for kind in route.accept if "*" not in kind)
    return ", ".join([*ordered, "*/*;q=0.1"]) if ordered else "application/json, */*;q=0.1"


def _json_first(types: Iterable[str]) -> list[str]:
    return sorted(types, key=lambda kind: not is_json(essence(kind)))
