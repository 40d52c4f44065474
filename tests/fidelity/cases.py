"""Every operation in every variant: what to give, and the request that must arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from fidelity.bodies import BodyExpected, body_value, expected_body, kind_of
from fidelity.operations import Described, Media, Scheme, Wire, operations_of, schemes_of, template_names
from fidelity.references import Documents
from fidelity.values import Flavour, Unbuildable, Values, is_nested
from fidelity.wire import Pair, cleaned, header_parts, is_ruled, pairs_of, path_text

ABSENT: Any = object()

RESERVED = "a b/c?d#e&f%g+h=i;j"
UNICODE = "\u00fc\u6f22\U0001f600 \"q\" 'p' \\ <z>"

REQUIRED = Flavour("what is required")
EVERYTHING = Flavour("everything", is_everything=True, length=2)
NASTY = (
    Flavour("reserved characters", RESERVED, is_everything=True, number="low", boolean=False, length=2),
    Flavour("other scripts and quotes", UNICODE, is_everything=True, length=3, is_last=True, number="high"),
    Flavour("bounds and other branches", "0", is_everything=True, number="high", is_last=True, branch=1),
    Flavour("empty", is_everything=True, is_empty=True, boolean=False),
    Flavour("null", "null", is_everything=True, is_null=True, length=2),
)
OCTETS = Flavour("bytes that are no text", is_everything=True, has_octets=True)


@dataclass(frozen=True, slots=True)
class Expected:
    """The request that must arrive, but for credentials."""

    method: str
    path: str
    has_exact_path: bool
    query: tuple[Pair, ...]
    whole_query: str | None
    headers: tuple[tuple[str, tuple[str, ...]], ...]
    cookies: tuple[Pair, ...]
    body: BodyExpected | None


@dataclass(frozen=True, slots=True)
class Case:
    """One call: values by parameter, the body, and what must arrive."""

    operation: Described
    variant: str
    given: tuple[tuple[Wire, Any], ...]
    body: Any
    media: Media | None
    expected: Expected


class Oracle:
    """The cases of one document. `left_out` lists what has no case, each with its reason."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.left_out: list[str] = []
        self.values = Values(documents)
        self.operations = list(operations_of(documents))
        self.schemes: dict[str, Scheme] = schemes_of(documents)
        self.owned = {
            (scheme.place, scheme.name.lower()) for scheme in self.schemes.values() if scheme.kind == "apiKey"
        }

    def cases(self, operation: Described) -> Iterator[Case]:
        """The variants of one operation that differ from each other."""
        if operation.broken:
            self.left_out.append(f"{operation.label}: {operation.broken}")
            return
        seen: list[Any] = []
        for flavour, media in self._plan(operation):
            try:
                case = self._case(operation, flavour, media)
            except Unbuildable as error:
                self.left_out.append(f"{operation.label} ({flavour.name}): {error}")
                continue
            what = ([(wire.name, wire.place, value) for wire, value in case.given], case.body, case.media)
            if repr(what) not in seen:
                seen.append(repr(what))
                yield case

    def _plan(self, operation: Described) -> Iterator[tuple[Flavour, Media | None]]:
        first = operation.media[0] if operation.media else None
        yield REQUIRED, first if operation.needs_body else None
        for flavour in (EVERYTHING, *NASTY):
            yield flavour, first
        for media in operation.media[1:]:
            for flavour in (EVERYTHING, NASTY[0]):
                yield replace(flavour, name=f"{flavour.name}, {media.content_type}"), media
        for media in operation.media:
            if kind_of(media.content_type) in {"parts", "bytes"}:
                yield replace(OCTETS, name=f"{OCTETS.name}, {media.content_type}"), media

    def _case(self, operation: Described, flavour: Flavour, media: Media | None) -> Case:
        given = tuple(self._given(operation, flavour))
        body, chosen = ABSENT, None
        if media is not None:
            try:
                body, chosen = body_value(self.values, media, flavour), media
            except Unbuildable as error:
                if operation.needs_body:
                    raise
                self._note(operation, flavour, f"body as {media.content_type}: {error}")
            for dropped in self.values.dropped:
                self._note(operation, flavour, dropped)
            self.values.dropped.clear()
        arrives = None if chosen is None else expected_body(self.values, chosen, body)
        return Case(operation, flavour.name, given, body, chosen, _expected(operation, given, arrives))

    def _given(self, operation: Described, flavour: Flavour) -> Iterator[tuple[Wire, Any]]:
        for wire in operation.parameters:
            if (wire.place, wire.name.lower()) in self.owned:
                continue
            if not (wire.required or flavour.is_everything):
                continue
            try:
                yield wire, self._value(wire, flavour)
            except Unbuildable as error:
                if wire.required:
                    raise Unbuildable(f"{wire.place} {wire.name}: {error}") from error
                self._note(operation, flavour, f"{wire.place} {wire.name}: {error}")

    def _value(self, wire: Wire, flavour: Flavour) -> Any:
        if flavour.is_empty and wire.may_be_empty:
            return ""
        is_styled = wire.media is None
        clean = replace(
            flavour,
            is_null=False,
            is_flat=is_styled,
            is_empty=flavour.is_empty and wire.place not in {"path", "header", "cookie"},
            clean=lambda text: cleaned(wire, text),
            length=max(1, flavour.length),
        )
        value = self.values.make(wire.schema, clean)
        if is_styled and (is_nested(value) or _has_null(value)):
            raise Unbuildable("a nested value or null in a style, which the specification leaves undefined")
        if is_styled and not is_ruled(wire.style, value):
            raise Unbuildable("deepObject of something that is no object")
        if wire.place == "path" and value in ("", [], {}):
            raise Unbuildable("an empty path value")
        if wire.place == "header" and not ",".join(header_parts(wire, value)).isascii():
            raise Unbuildable("a header that is not ASCII")
        return value

    def _note(self, operation: Described, flavour: Flavour, reason: str) -> None:
        self.left_out.append(f"{operation.label} ({flavour.name}) without {reason}")


def _has_null(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return any(each is None for each in inner)


def _expected(operation: Described, given: tuple[tuple[Wire, Any], ...], body: BodyExpected | None) -> Expected:
    path, _, literal = operation.path.partition("#")[0].partition("?")
    query = [Pair(name, (text,)) for name, _, text in (each.partition("=") for each in literal.split("&") if each)]
    has_exact_path = False
    whole = None
    headers: list[tuple[str, tuple[str, ...]]] = []
    cookies: list[Pair] = []
    for wire, value in given:
        if wire.place == "path":
            path = path.replace(f"{{{wire.name}}}", path_text(wire, value))
            has_exact_path = has_exact_path or isinstance(value, dict | list) or wire.style != "simple"
        elif wire.place == "query":
            query += pairs_of(wire, value)
        elif wire.place == "header":
            headers.append((wire.name.lower(), header_parts(wire, value)))
        elif wire.place == "cookie":
            cookies += pairs_of(wire, value)
        elif wire.media == "application/x-www-form-urlencoded":
            query += [pair for key, each in value.items() for pair in pairs_of(_field(key), each)]
        else:
            whole = pairs_of(wire, value)[0].parts[0]
    assert not template_names(path) or any("{" in str(value) for _, value in given)
    slashed = path if path.startswith("/") else f"/{path}"
    return Expected(
        operation.method, slashed, has_exact_path, tuple(query), whole, tuple(headers), tuple(cookies), body
    )


def _field(name: str) -> Wire:
    return Wire(name, "query", False, "form", True, False, None)
