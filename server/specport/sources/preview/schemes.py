"""Which credentials a source needs, which are enough, and how each is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from specport.catalog.model import Tool
from specport.documents.text import one_line
from specport.executor.addresses import origin_of
from specport.executor.auth.references import is_reference
from specport.executor.model import CERTIFICATE, Flow
from specport.operations.model import OAuthFlow, SecurityScheme
from specport.operations.security import fault_of
from specport.sources.clients import FLOW_KINDS
from specport.sources.preview.commands import argument, variable_name
from specport.sources.preview.model import FlowFacts, Needs, SchemeFacts
from specport.sources.read import Opened

MAX_ALTERNATIVES = 20
"""Most sets of schemes that are looked at for the one that is enough for most operations."""

_MAX_SHOWN = 60
_MAX_NAME = 100
"""Characters of a scheme's name that can be given on a command line."""

_UNDECLARED = "HTTP bearer, not declared"
"""The kind of a scheme that operations need and the document does not declare; it is taken for a bearer token."""

_CERTIFICATE = "client certificates cannot be presented yet"


def needs_of(opened: Opened) -> Needs:
    """What is enough for most operations; of sets that are enough for as many, the smallest.

    Where a preset holds credentials, those that it holds.
    """
    asked = _asked(opened.catalog.tools)
    needing = {each: count for each, count in asked.items() if each and frozenset[str]() not in each}
    counts: Counter[frozenset[str]] = Counter()
    for alternatives, count in needing.items():
        counts.update(dict.fromkeys(alternatives, count))
    unusable = {name for name, scheme in opened.catalog.schemes.items() if _fault(scheme)}
    usable = [names for names, _ in counts.most_common() if unusable.isdisjoint(names)]
    held = frozenset({*opened.source.references, *opened.source.clients})
    used = frozenset(name for names in usable if names <= held for name in names)
    best: tuple[int, int, tuple[str, ...]] = (0, 0, ())
    for candidate in [used] if used else usable[:MAX_ALTERNATIVES]:
        covered = sum(count for each, count in needing.items() if any(names <= candidate for names in each))
        best = min(best, (-covered, len(candidate), tuple(sorted(candidate))))
    return Needs(best[2], -best[0], asked.total() - sum(needing.values()))


def _fault(scheme: SecurityScheme) -> str:
    """Why it cannot be used, empty where it can."""
    return _CERTIFICATE if scheme.kind == CERTIFICATE else fault_of(scheme)


def _asked(tools: Iterable[Tool]) -> Counter[tuple[frozenset[str], ...]]:
    """The alternatives that operations have, and how many have the same: mostly all."""
    asked: Counter[tuple[frozenset[str], ...]] = Counter()
    for security, count in Counter(tool.route.security for tool in tools if tool.route).items():
        asked[tuple(map(frozenset, security))] += count
    return asked


def schemes_of(opened: Opened, needs: Needs) -> list[SchemeFacts]:
    """The document's schemes, those that are enough for most operations first."""
    alone: Counter[str] = Counter()
    for alternatives, count in _asked(opened.catalog.tools).items():
        alone.update({name: count for names in alternatives if len(names) == 1 for name in names})
    schemes = {**{name: SecurityScheme(name, _UNDECLARED) for name in needs.enough}, **opened.catalog.schemes}
    variables = _variables(opened.source.name, schemes.values())
    origins = frozenset(opened.origins)
    facts = [
        _facts(scheme, alone[name], variables[name], _held(opened, name), origins) for name, scheme in schemes.items()
    ]
    return sorted(facts, key=lambda each: (each.name not in needs.enough, -each.operations))


def _variables(source: str, schemes: Iterable[SecurityScheme]) -> Mapping[str, str]:
    """A variable for each scheme: `SHOP_TOKEN`, or `SHOP_<SCHEME>` where several schemes would have that."""
    plain = {scheme.name: variable_name(source, _ending(scheme)) for scheme in schemes}
    taken = Counter(plain.values())
    return {
        name: variable if taken[variable] == 1 else variable_name(source, name[:_MAX_NAME])
        for name, variable in plain.items()
    }


def _ending(scheme: SecurityScheme) -> str:
    return "key" if scheme.kind == "apiKey" else "login" if scheme.scheme == "basic" else "token"


@dataclass(frozen=True, slots=True)
class _Held:
    """What holds the credential of a scheme already, as a preset says, and what is to be done with it."""

    variable: str
    set_with: str


def _held(opened: Opened, name: str) -> _Held | None:
    """Of an OAuth client its id and its secret."""
    client = opened.source.clients.get(name)
    references = filter(is_reference, (client.client_id, client.client_secret)) if client else ()
    if name in opened.source.references:
        references = (opened.source.references[name],)
    held = " and ".join(reference.removeprefix("env:") for reference in references)
    is_login = client is not None and client.flow is Flow.AUTHORIZATION_CODE
    said = [*([f"set {held}"] if held else []), *([f"`specport login {opened.source.name}`"] if is_login else [])]
    return _Held(held, ", then ".join(said)) if said else None


def _facts(
    scheme: SecurityScheme, operations: int, variable: str, held: _Held | None, origins: frozenset[str]
) -> SchemeFacts:
    name = scheme.name
    described = one_line(_described(scheme), _MAX_SHOWN)
    flows = tuple(_flow(flow, origins) for flow in scheme.flows)
    if _fault(scheme):
        return SchemeFacts(name, described, operations, "", "", f"it cannot be used: {_fault(scheme)}", flows)
    if held:
        return SchemeFacts(name, described, operations, held.variable, "", held.set_with, flows)
    if len(name) > _MAX_NAME or not name.isprintable() or "=" in name or "@" in name or not name:
        return SchemeFacts(name, described, operations, "", "", "give it in [auth] of a source.toml", flows)
    option = f"--credential {argument(f'{name}=env:{variable}')}"
    form = "user:password" if scheme.scheme == "basic" else "the key" if scheme.kind == "apiKey" else "the token"
    said = [f"put {form} in {variable} and pass {option}", *_clients(name, flows)]
    return SchemeFacts(name, described, operations, variable, option, ", or ".join(said), flows)


def _described(scheme: SecurityScheme) -> str:
    if scheme.kind == "http":
        return f"HTTP {scheme.scheme}"
    if scheme.kind == "apiKey":
        return f"API key in {scheme.location} {scheme.parameter}"
    return " ".join([scheme.kind, *(flow.kind for flow in scheme.flows)])


def _flow(flow: OAuthFlow, origins: frozenset[str]) -> FlowFacts:
    """A flow with what its client's table must say: URLs that the document lacks, or has elsewhere than calls go."""
    needs = ()
    if flow.kind in FLOW_KINDS.values():
        urls = {"token_url": flow.token_url}
        if flow.kind == "authorizationCode":
            urls = {"authorization_url": flow.authorization_url, **urls}
        needs = ("client_id", "client_secret", *(key for key, url in urls.items() if _must_be_named(url, origins)))
    return FlowFacts(flow.kind, flow.token_url, flow.authorization_url, len(flow.scopes), needs)


def _must_be_named(url: str, origins: frozenset[str]) -> bool:
    origin = origin_of(url)
    return not url or (bool(origin) and origin not in origins)


def _clients(name: str, flows: Sequence[FlowFacts]) -> Iterator[str]:
    """How specport gets tokens itself, for the first flow that it can."""
    kinds = {kind: flow for flow, kind in FLOW_KINDS.items()}
    usable = next((flow for flow in flows if flow.needs), None)
    if usable:
        option = f"--credential {argument(f'{name}=oauth:client.toml')}"
        table = ", ".join((f'flow = "{kinds[usable.kind]}"', *usable.needs))
        yield f"{option} with a client.toml of {table}"
