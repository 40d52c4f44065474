"""Method and path -> operation: a tree of path segments, tried most literal first (OAS 3.1 section 4.8.8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from specport.operations.model import Operation
from specport.sandbox.model import Asked, Match, Refusal

_EXPRESSION = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class _Route:
    """One operation at a node: what its path key says of the query, and what its fragment hints at.

    A fragment is never sent, but documents with one path for many actions write `#Action=List` for the query
    parameter or header that really tells them apart.
    """

    operation: Operation
    names: tuple[str, ...]
    fixed: frozenset[tuple[str, str]]
    hints: frozenset[tuple[str, str]]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    patterns: dict[str, tuple[re.Pattern[str], _Node]] = field(
        default_factory=dict[str, tuple[re.Pattern[str], "_Node"]]
    )
    routes: dict[str, list[_Route]] = field(default_factory=dict[str, list[_Route]])


class Router:
    """Finds the operation of a request among those of one document."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def match(self, asked: Asked) -> Match:
        """The operation and its path values; Refusal 404 for no such path, 405 for a path without the method."""
        sent = {(unquote(name), unquote(value)) for name, value in asked.query}
        hinted = {(name.lower(), value) for name, value in (*sent, *asked.headers.items())}
        method = asked.method
        known: set[str] = set()
        for node, values in _walk(self._root, asked.segments, ()):
            known.update(node.routes)
            routes = [route for route in node.routes.get(method, ()) if route.fixed <= sent]
            if routes:
                route = max(routes, key=lambda route: (len(route.fixed), len(route.hints & hinted)))
                fixed = frozenset(name for name, _ in route.fixed)
                return Match(route.operation, dict(zip(route.names, values, strict=True)), fixed)
        path = asked.path
        if known:
            allowed = ", ".join(sorted(known))
            message = f"{path} takes {allowed}, not {method}"
            raise Refusal(405, "method_not_allowed", message, {"Allow": allowed})
        raise Refusal(404, "not_found", f"the document has no path that matches {path}")

    def _add(self, operation: Operation) -> None:
        whole, _, fragment = operation.key.path.partition("#")
        path, _, query = whole.partition("?")
        node, names = self._root, list[str]()
        for segment in split_path(path):
            found = _EXPRESSION.findall(segment)
            names.extend(found)
            if not found:
                node = node.literals.setdefault(unquote(segment), _Node())
            else:
                shape = _EXPRESSION.sub("{}", segment)
                pattern = re.compile(r"(.+?)".join(re.escape(part) for part in shape.split("{}")), re.DOTALL)
                node = node.patterns.setdefault(shape, (pattern, _Node()))[1]
        fixed = frozenset(parse_qsl(query, keep_blank_values=True))
        hints = frozenset((name.lower(), value) for name, value in parse_qsl(fragment))
        node.routes.setdefault(operation.key.method, []).append(_Route(operation, tuple(names), fixed, hints))


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path; a slash at the end counts as an empty one."""
    return tuple(path.removeprefix("/").split("/"))


def _walk(node: _Node, segments: tuple[str, ...], values: tuple[str, ...]) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """Every node the segments lead to, most literal first, with the texts of the expressions on the way."""
    if not segments:
        if node.routes:
            yield node, values
        return
    head, rest = segments[0], segments[1:]
    literal = node.literals.get(unquote(head))
    if literal is not None:
        yield from _walk(literal, rest, values)
    for shape in sorted(node.patterns, key=lambda text: (-len(text.replace("{}", "")), text)):
        pattern, following = node.patterns[shape]
        found = pattern.fullmatch(head)
        if found is not None:
            yield from _walk(following, rest, (*values, *found.groups()))
