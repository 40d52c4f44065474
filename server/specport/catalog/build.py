"""Operations -> Catalog: every operation a tool, in the listing's order, with a digest of the result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from specport.catalog.answers import Answers
from specport.catalog.digest import digest_of
from specport.catalog.filters import FILTERS, choose
from specport.catalog.inputs import Owned, build_input
from specport.catalog.model import Catalog, Filters, Hints, Route, Shape, Tool
from specport.catalog.naming import listing_order, names_of
from specport.catalog.schemas import Library, MadeSchemas
from specport.documents.bounds import Bound
from specport.documents.model import LEFT_OUT, Document, Problem, Severity
from specport.documents.refs import References
from specport.documents.text import MAX_DESCRIPTION, clean, noted, one_line, shorten
from specport.errors import DocumentError
from specport.operations.model import DocumentHints, HintedLimit, Operation, Operations, SecurityScheme
from specport.schemas.convert import SchemaConverter, Warn
from specport.schemas.model import Direction, Place
from specport.schemas.prose import brief
from specport.schemas.soundness import Soundness
from specport.schemas.stored import dump_fragment

DEPRECATED = "Deprecated."
"""What the description of a tool begins with where the document calls its operation so (OAS 3.1 section 4.8.10.1)."""

MAX_SUMMARY = 160
"""Characters of an operation's summary that are kept beside its description, for searches."""

MAX_TAG_TEXT = 300
"""Characters of what a document says of a tag that are kept, for searches."""

MAX_BRIEF = 80
"""Characters of what a list says that a tool does."""

_SAYS_DEPRECATED = re.compile(r"\W*deprecated\b", re.IGNORECASE)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}


def build_catalog(
    document: Document, operations: Operations, references: References, shape: Shape, filters: Filters
) -> Catalog:
    """One tool per operation that filters leave, sorted by casefolded address.

    An operation whose schemas are broken is a Problem, and so is a filter that fits none.
    Raises DocumentError where the schemas of all tools are too large together.
    """
    problems = list(operations.problems)

    def warn(pointer: str, message: str) -> None:
        problems.append(Problem(operations.source, pointer, Severity.WARNING, message))

    converter = SchemaConverter(references, document.dialect, Direction.REQUEST, warn, document.bounds)
    owned = owned_parameters(operations.schemes)
    soundness = Soundness(converter, document.bounds)
    texts: dict[Place, str] = {}
    making = _Making(shape, owned, converter, soundness, Library(texts, shape.schema_budget), Answers(references))
    tools: list[Tool] = []
    for operation, address, name in _left(operations, shape.prefix, filters, document.bounds.compared, warn):
        try:
            tools.append(making.tool(operation, address, name))
        except DocumentError as error:
            pointer = error.pointer or operation.pointer
            message = f"{operation.key.method} {operation.key.path}{LEFT_OUT}{error.message}"
            problems.append(Problem(operations.source, pointer, Severity.ERROR, message))
        if document.bounds.schemas:
            document.bounds.schemas.check(soundness.total, "values in the schemas of its tools", f"{document.uri}: ")
    texts.update((place, dump_fragment(target)) for place, target in soundness.reached.items())
    tools.sort(key=lambda tool: listing_order(tool.address))
    return Catalog(
        source=operations.source,
        title=operations.title,
        version=operations.version,
        tools=tuple(tools),
        problems=tuple(dict.fromkeys(problems)),
        digest=_digest(tools, texts, shape),
        servers=operations.servers,
        schemes={name: replace(scheme, description="") for name, scheme in operations.schemes.items()},
        hints=replace(operations.hints, limits=_limits_of(tools, operations.hints)),
        hidden=sum(operation.hints.is_hidden for operation in operations.operations),
        tag_parents=operations.tag_parents,
        tag_texts=_tag_texts(tools, operations.tag_texts),
    )


def _left(
    operations: Operations, prefix: str, filters: Filters, bound: Bound, warn: Warn
) -> list[tuple[Operation, str, str]]:
    """The operations that are neither hidden nor filtered out, each with its address and wire name.

    All are named first, so that a suffix depends on the document alone.
    """
    named = zip(operations.operations, names_of(operations.operations, prefix, warn), strict=True)
    shown = [(operation, *names) for operation, names in named if not operation.hints.is_hidden]
    seen = replace(operations, operations=tuple(operation for operation, *_ in shown))
    chosen = choose(seen, [address.removeprefix(f"{prefix}.") for _, address, _ in shown], filters, bound)
    for sentence in chosen.idle:
        warn(FILTERS, sentence)
    return [shown[index] for index in sorted(chosen.kept)]


def _limits_of(tools: Sequence[Tool], hints: DocumentHints) -> tuple[HintedLimit, ...]:
    """The limits that any of the tools takes from."""
    routes = [tool.route for tool in tools if tool.route] if hints.limits else []
    counted = {("", ""), *(("", route.path) for route in routes), *((route.method, route.path) for route in routes)}
    return tuple(limit for limit in hints.limits if (limit.method, limit.path) in counted)


def _digest(tools: Sequence[Tool], texts: Mapping[Place, str], shape: Shape) -> str:
    """The digest of everything that the tools and their schemas are made of."""
    return digest_of([tools, [[pointer, sorted(names), text] for (pointer, names), text in texts.items()], shape])


@dataclass(frozen=True, slots=True)
class _Making:
    """What the tools of one document are made with."""

    shape: Shape
    owned: Owned
    converter: SchemaConverter
    soundness: Soundness
    library: Library
    answers: Answers

    def tool(self, operation: Operation, address: str, wire_name: str) -> Tool:
        """The tool of an operation. Raises DocumentError when one of its schemas cannot be read."""
        root, bindings, body = build_input(operation, self.converter, self.owned)
        self.soundness.check(root)
        method = operation.key.method
        return Tool(
            address=address,
            wire_name=wire_name,
            description=_described(operation, self.shape.description_limit),
            brief=_briefly(operation, self.shape.description_limit),
            schemas=MadeSchemas(dump_fragment(root), self.library, address),
            hints=hints_of(method),
            route=Route(
                source=operation.key.source,
                method=method,
                path=operation.key.path,
                bindings=bindings,
                body=body,
                accept=_accepted(operation),
                accept_only=operation.accept,
                security=operation.security,
                servers=operation.servers,
                pagination=operation.hints.pagination,
                total=operation.hints.total,
            ),
            tags=operation.tags,
            deprecated=operation.deprecated,
            needs_approval=operation.hints.needs_approval,
            summary=_summary(operation),
            answer=self.answers.text(operation),
        )


def _described(operation: Operation, limit: int | None) -> str:
    """What a tool is said to do; of a deprecated operation that first, where the document does not begin with it."""
    text = shorten(clean(operation.description) or clean(operation.summary), limit)
    text = text or one_line(f"{operation.key.method} {operation.key.path}", MAX_DESCRIPTION)
    return noted(text, DEPRECATED) if operation.deprecated and not _SAYS_DEPRECATED.match(text) else text


def _summary(operation: Operation) -> str:
    """The summary of an operation whose description is shown instead."""
    return one_line(clean(operation.summary), MAX_SUMMARY) if operation.summary and operation.description else ""


def _tag_texts(tools: Sequence[Tool], texts: Mapping[str, str]) -> Mapping[str, str]:
    """The beginning of what the document says of the tags that tools have."""
    tags = {tag for tool in tools for tag in tool.tags}
    return {tag: one_line(clean(text), MAX_TAG_TEXT) for tag, text in texts.items() if tag in tags}


def _briefly(operation: Operation, limit: int | None) -> str:
    """The same in the words that a list has room for, if those are fewer."""
    text = clean(operation.description) or clean(operation.summary)
    if not text:
        return ""
    briefly = brief(text, min(limit or MAX_BRIEF, MAX_BRIEF))
    briefly = noted(briefly, DEPRECATED) if operation.deprecated and not _SAYS_DEPRECATED.match(text) else briefly
    return "" if briefly == _described(operation, limit) else briefly


def hints_of(method: str) -> Hints:
    """Annotations of a method: safe ones read only, DELETE destroys, PUT and DELETE may be repeated."""
    return Hints(read_only=method in _SAFE, destructive=method == "DELETE", idempotent=method in _IDEMPOTENT)


def owned_parameters(schemes: Mapping[str, SecurityScheme]) -> Owned:
    """Parameters that authentication fills and a model is therefore not asked for."""
    owned = {("header", "authorization")} if schemes else set[tuple[str, str]]()
    for scheme in schemes.values():
        if scheme.kind == "apiKey" and scheme.parameter:
            owned.add((scheme.location, scheme.parameter.lower()))
    return frozenset(owned)


def _accepted(operation: Operation) -> tuple[str, ...]:
    """Media types of the successful answers, in document order."""
    types = [
        media.content_type
        for response in operation.responses
        if response.status[:1] == "2" or response.status == "default"
        for media in response.media
    ]
    return tuple(dict.fromkeys(types))
