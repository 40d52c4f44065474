"""Checked arguments -> PreparedRequest: every value in the place and style its binding names."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from specport.catalog.model import Binding, BodyBinding, Route
from specport.documents.pointers import child
from specport.errors import BadArguments
from specport.requests import styles
from specport.requests.body import encode_body, is_json
from specport.requests.model import PreparedRequest

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*\Z")
_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
_RANGES = {"*/*": "application/json", "application/*": "application/json", "text/*": "text/plain"}
"""What is sent where the document names a range of media types."""

Arguments = Mapping[str, object]


@dataclass(slots=True)
class _Places:
    """What each part of the request is made of so far, as it goes on the wire."""

    segments: dict[str, str] = field(default_factory=dict[str, str])
    query: list[str] = field(default_factory=list[str])
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    cookies: list[str] = field(default_factory=list[str])

    def put(self, binding: Binding, value: object) -> None:
        """Add the value of one argument. Raises BadArguments where it has no safe place."""
        if binding.location == "path":
            self.segments[binding.wire_name] = _path_value(binding, value)
        elif binding.location == "query":
            self.query += _query_pairs(binding, value)
        elif binding.location == "header":
            self.headers.append((binding.wire_name, _header_value(binding, value)))
        else:
            self.cookies += _query_pairs(binding, value)


def prepare(route: Route, arguments: Arguments, base_url: str) -> PreparedRequest:
    """The request these arguments make, below `base_url` (absolute, without query).

    Raises BadArguments for a value that has no safe place: a path segment `.` or `..`, a control character in a
    header, a body that its media type cannot hold.
    """
    places = _Places()
    for binding in route.bindings:
        if binding.argument in arguments:
            with _pointing_at(binding.argument):
                places.put(binding, arguments[binding.argument])
    if places.cookies:
        places.headers.append(("Cookie", "; ".join(places.cookies)))
    places.headers.append(("Accept", _accept(route.accept)))
    content = None
    body_value = None
    if route.body and route.body.argument in arguments:
        body_value = arguments[route.body.argument]
        content_type = _content_type(route.body, arguments)
        with _pointing_at(route.body.argument):
            content = encode_body(body_value, content_type)
        places.headers.append(("Content-Type", content_type))
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
        if unquote(segment) in (".", ".."):
            raise BadArguments("a path value would leave its place in the URL", hint="Give the plain identifier")
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(query)}"


def _path_value(binding: Binding, value: object) -> str:
    encode = styles.strictly
    if binding.content_type is not None:
        text = encode(_content_text(binding, value))
    elif binding.style == "label":
        text = styles.label(value, explode=binding.explode, encode=encode)
    elif binding.style == "matrix":
        text = styles.matrix(binding.wire_name, value, explode=binding.explode, encode=encode)
    else:
        text = styles.simple(value, explode=binding.explode, encode=encode)
    pieces = re.split(r"[/\\]", unquote(text))
    if pieces == [""] or "." in pieces or ".." in pieces:
        raise BadArguments(
            f"{binding.argument} is {unquote(text)!r}, which has no safe place in a path",
            hint="Give the identifier itself",
        )
    return text


def _query_pairs(binding: Binding, value: object) -> list[str]:
    is_free = binding.allow_reserved and binding.location == "query"  # in a cookie it would let `;` through
    encode = styles.reserved_too if is_free else styles.strictly
    name = binding.wire_name
    if binding.content_type is not None:
        return [f"{styles.strictly(name)}={styles.strictly(_content_text(binding, value))}"]
    if binding.style == "deepObject":
        return styles.deep_object(name, value, encode=encode)
    if binding.style == "spaceDelimited":
        return styles.space_delimited(name, value, explode=binding.explode, encode=encode)
    if binding.style == "pipeDelimited":
        return styles.pipe_delimited(name, value, explode=binding.explode, encode=encode)
    return styles.form(name, value, explode=binding.explode, encode=encode)


def _header_value(binding: Binding, value: object) -> str:
    """Header values are not percent-encoded (OAS 3.1 section 4.8.12.3); one that could break out is refused.

    Spaces around a value are not part of it (RFC 9110 section 5.5).
    """
    if binding.content_type is not None:
        text = _content_text(binding, value)
    else:
        text = styles.simple(value, explode=binding.explode, encode=str)
    if not _HEADER_VALUE.match(text):
        raise BadArguments(f"{binding.argument} holds a line break or control character, which a header cannot")
    return text.strip(" \t")


def _content_text(binding: Binding, value: object) -> str:
    kind = (binding.content_type or "").partition(";")[0].lower()
    return styles.json_bytes(value).decode() if is_json(kind) else styles.as_text(value)


def _content_type(body: BodyBinding, arguments: Arguments) -> str:
    chosen = arguments.get(body.chooser) if body.chooser else None
    content_type = chosen if isinstance(chosen, str) else body.content_types[0]
    if not content_type.endswith("/*"):
        return content_type
    return _RANGES.get(content_type, "application/octet-stream")


def _accept(types: tuple[str, ...]) -> str:
    """JSON first where the answer may be JSON, then what else is declared, then anything."""
    plain = [kind for kind in types if "*" not in kind]
    ordered = sorted(plain, key=lambda kind: not is_json(kind.partition(";")[0].lower()))
    return ", ".join([*ordered, "*/*;q=0.1"]) if ordered else "application/json, */*;q=0.1"
