"""Frozen values of a preview: what adding a document would do, as facts for a program.

Every list has a largest length, and what it does not have is counted beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specport.documents.model import Problem

MAX_REASONS = 20
"""Most reasons for problems given as facts."""

MAX_TAGS = 60
"""Most tags given as facts, those that cost most first."""

MAX_DANGERS = 1_000
"""Most addresses of operations that destroy, and of those that may."""

MAX_DESTINATIONS = 50
"""Most places that requests go to, servers of the document, and origins, given as facts."""

MAX_SCHEMES = 50
"""Most security schemes given as facts, those that are enough for most operations first."""

MAX_REFUSED = 20
"""Most tools named that a client refuses by one rule."""

LIST_BUDGET = 10_000
"""Tokens that a list may cost before filters are suggested, and at most those of a tag that is."""

MAX_TAG_SUGGESTIONS = 3
"""Most tags suggested."""

FIRST_ADDRESSES = 12
WORST_TOOLS = 5
MAX_URI = 200


@dataclass(frozen=True, slots=True)
class TagFacts:
    """One tag: how many tools, and what listing them costs as tools are listed by default, and at each exposure."""

    tag: str
    tools: int
    tokens: int
    tokens_by_exposure: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToolCost:
    """What listing one tool costs."""

    address: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Dangers:
    """Operations of one tag that destroy something."""

    tag: str
    count: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that calls go to, or that the document only names as another server, for `operations` of them.

    `has_credentials`: whether credentials may go there. `is_plain`: anybody between reads the calls. `is_private`: only
    the operator can have it called, or who serves with --allow-private.
    """

    url: str
    operations: int
    has_credentials: bool
    is_plain: bool
    is_private: bool


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """An OAuth 2.0 flow and the keys that a client of it must have in its table (docs/auth.md); empty: unsupported."""

    kind: str
    token_url: str
    authorization_url: str
    scopes: int
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemeFacts:
    """One security scheme, and what gives it a credential.

    `operations`: how many it is enough for by itself. `variable`: what holds the credential where `option` of `specport
    add` is given, or without an option where a preset says so. `set_with` says all that in words.
    """

    name: str
    kind: str
    operations: int
    variable: str
    option: str
    set_with: str
    flows: tuple[FlowFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """Which schemes together are enough for most operations, for how many, and how many need no credential."""

    enough: tuple[str, ...] = ()
    covers: int = 0
    without: int = 0


@dataclass(frozen=True, slots=True)
class KnownApi:
    """What specport knows of the API already: a preset or a bundled source, and the command that uses it."""

    name: str
    is_preset: bool
    because: str
    command: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why operations were left out, or what is ignored: the first place of `count`."""

    severity: str
    message: str
    count: int
    pointer: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule of a client that `count` tools break, so that it refuses them."""

    rule: str
    message: str
    advice: str
    count: int
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What a client does with the tools as they are listed by default; `whole_list`: what it says of their number."""

    client: str
    fine: int
    degraded: int
    rejected: int
    refusals: tuple[Refusal, ...]
    whole_list: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Filters, as options of `specport add` and as arguments of `openapi.addSource`, and what they leave.

    `arguments` is empty where the tool has none for it.
    """

    options: str
    arguments: Mapping[str, tuple[str, ...]]
    tools: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that `specport preview --json` says; `tokens` are estimates of the tool list.

    `name` is what the source would be called, `add_command` what adds it, `asking` counts the tools
    that a person is asked about by what the document or its manifest says, `denied` those that the manifest denies, and
    `hidden` the operations that the document hides.
    """

    name: str
    uri: str
    title: str
    version: str
    add_command: str
    known: KnownApi | None
    servers: tuple[str, ...]
    servers_left: int
    base_url: str
    origins: tuple[str, ...]
    origins_left: int
    destinations: tuple[Destination, ...]
    destinations_left: int
    security: tuple[SchemeFacts, ...]
    security_left: int
    needs: Needs
    operations: int
    destructive: int
    read_only: int
    deprecated: int
    asking: int
    denied: int
    hidden: int
    may_destroy_count: int
    destroy: tuple[Dangers, ...]
    may_destroy: tuple[Dangers, ...]
    dangers_left: int
    tokens: int
    tokens_by_exposure: Mapping[str, int]
    tags: tuple[TagFacts, ...]
    tags_left: int
    heaviest: tuple[ToolCost, ...]
    suggestions: tuple[Suggestion, ...]
    clients: tuple[ClientFacts, ...]
    left_out: int
    warnings: int
    reasons: tuple[Reason, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    problems_left: int
    first_addresses: tuple[str, ...]
