"""What adding a document would do, as facts for a program and as short text for a model or a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import orjson

from specport.catalog.listing import listed
from specport.catalog.model import Catalog, Tool
from specport.catalog.report import by_severity, problem_lines
from specport.documents.model import Problem
from specport.documents.text import one_line
from specport.executor.model import CERTIFICATE
from specport.operations.model import SecurityScheme

MAX_PROBLEMS = 50
"""Most problems given as facts, errors first; `problems_left` says how many more there are."""

SHOWN_PROBLEMS = 10
"""Most problems in the text."""

MAX_LINE = 4_000
"""Characters of a line of the text."""

MAX_TAGS = 60
FIRST_ADDRESSES = 12
WORST_TOOLS = 5
BYTES_PER_TOKEN = 4
"""How tokens are estimated from JSON bytes; it errs on the high side for tool lists."""


@dataclass(frozen=True, slots=True)
class TagFacts:
    """One tag: how many tools, and what listing them costs."""

    tag: str
    tools: int
    tokens: int


@dataclass(frozen=True, slots=True)
class SchemeFacts:
    """One security scheme and the option that gives it a credential."""

    name: str
    kind: str
    set_with: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything `openapi.previewSpec` answers; `tokens` are estimates of the tool list."""

    uri: str
    title: str
    version: str
    servers: tuple[str, ...]
    base_url: str
    origins: tuple[str, ...]
    security: tuple[SchemeFacts, ...]
    operations: int
    destructive: int
    read_only: int
    tokens: int
    tags: tuple[TagFacts, ...]
    heaviest: tuple[TagFacts, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    problems_left: int
    first_addresses: tuple[str, ...]


def preview_catalog(catalog: Catalog, uri: str, base_url: str, origins: tuple[str, ...]) -> Preview:
    """The facts of a catalog before it is added; `origins`: where credentials may go."""
    costs = {tool.address: _tokens(tool) for tool in catalog.tools}
    heaviest = sorted(catalog.tools, key=lambda tool: (-costs[tool.address], tool.address))[:WORST_TOOLS]
    return Preview(
        uri=uri if len(uri) <= 200 else f"{uri[:197]}...",
        title=catalog.title,
        version=catalog.version,
        servers=catalog.servers,
        base_url=base_url,
        origins=origins,
        security=tuple(_scheme(scheme) for scheme in catalog.schemes.values()),
        operations=len(catalog.tools),
        destructive=sum(tool.hints.destructive for tool in catalog.tools),
        read_only=sum(tool.hints.read_only for tool in catalog.tools),
        tokens=sum(costs.values()),
        tags=_tags(catalog.tools, costs)[:MAX_TAGS],
        heaviest=tuple(TagFacts(tool.address, 1, costs[tool.address]) for tool in heaviest),
        problems=tuple(by_severity(catalog.problems)[:MAX_PROBLEMS]),
        problem_count=len(catalog.problems),
        problems_left=max(0, len(catalog.problems) - MAX_PROBLEMS),
        first_addresses=tuple(tool.address for tool in catalog.tools[:FIRST_ADDRESSES]),
    )


def as_text(preview: Preview) -> str:
    """The preview in a dozen lines."""
    lines = [
        f"{preview.title or 'Untitled'} {preview.version} ({preview.uri})",
        (
            f"{preview.operations} operations: {preview.read_only} only read, {preview.destructive} destroy; "
            f"listing them costs about {preview.tokens:,} tokens"
        ),
        f"Requests go to: {preview.base_url or 'nowhere yet; give base_url'}",
    ]
    for scheme in preview.security:
        lines.append(f"Credential {scheme.name} ({scheme.kind}): {scheme.set_with}")
    if preview.security and len(preview.origins) > 1:
        lines.append(f"Credentials may go to: {', '.join(preview.origins)}")
    if not preview.security:
        lines.append("Credentials: the document asks for none")
    tags = ", ".join(f"{tag.tag} {tag.tools} (~{tag.tokens:,})" for tag in preview.tags)
    lines.append(f"Tags with tools (and tokens): {tags or 'none'}")
    lines.append("Heaviest: " + ", ".join(f"{tool.tag} ~{tool.tokens:,}" for tool in preview.heaviest))
    lines.append("First: " + ", ".join(preview.first_addresses))
    lines.append(f"Problems: {preview.problem_count or 'none'}")
    lines += [f"- {line}" for line in problem_lines(preview.problems, SHOWN_PROBLEMS, count=preview.problem_count)]
    return "\n".join(one_line(line, MAX_LINE) for line in lines)


def _tokens(tool: Tool) -> int:
    return -(-len(orjson.dumps(listed(tool, dotted=False, full=False))) // BYTES_PER_TOKEN)


def _tags(tools: tuple[Tool, ...], costs: dict[str, int]) -> tuple[TagFacts, ...]:
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for tool in tools:
        tag = tool.tags[0] if tool.tags else "(untagged)"
        counts[tag] += 1
        tokens[tag] += costs[tool.address]
    return tuple(TagFacts(tag, count, tokens[tag]) for tag, count in counts.most_common())


def _scheme(scheme: SecurityScheme) -> SchemeFacts:
    name, kind = scheme.name, scheme.kind
    if kind == "http":
        described = f"HTTP {scheme.scheme}"
    elif kind == "apiKey":
        described = f"API key in {scheme.location} {scheme.parameter}"
    else:
        described = " ".join([kind, *(flow.kind for flow in scheme.flows)])
    if kind == CERTIFICATE:
        return SchemeFacts(name, described, "client certificates cannot be presented yet")
    form = "user:password" if scheme.scheme == "basic" else "the token" if kind != "apiKey" else "the key"
    return SchemeFacts(
        name, described, f"put {form} in an environment variable NAME and pass --credential {name}=env:NAME"
    )
