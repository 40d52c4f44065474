"""An opened source -> Preview: everything that somebody should know before it is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from specport.catalog.model import Catalog, Tool
from specport.catalog.report import MAX_PROBLEMS, by_severity, reason_of
from specport.documents.model import Problem, Severity
from specport.policy.model import Action, Policy
from specport.policy.rules import decide_all
from specport.sources.preview import costs, dangers
from specport.sources.preview.commands import add_command
from specport.sources.preview.destinations import destinations_of
from specport.sources.preview.known import known_api
from specport.sources.preview.model import (
    FIRST_ADDRESSES,
    MAX_DANGERS,
    MAX_DESTINATIONS,
    MAX_REASONS,
    MAX_SCHEMES,
    MAX_TAGS,
    MAX_URI,
    WORST_TOOLS,
    Preview,
    Reason,
    ToolCost,
)
from specport.sources.preview.refusals import clients_of
from specport.sources.preview.schemes import needs_of, schemes_of
from specport.sources.preview.suggestions import suggestions_of
from specport.sources.read import Opened


def preview_of(opened: Opened) -> Preview:
    """What adding a source, opened but not added, would do."""
    catalog, source = opened.catalog, opened.source
    tools = catalog.tools
    cost = {tool.address: costs.costs_of(tool) for tool in tools}
    total = costs.total(list(cost.values()))
    tags = costs.by_tag(tools, cost)
    destinations = destinations_of(opened)
    needs = needs_of(opened)
    schemes = schemes_of(opened, needs)
    destroying = [tool for tool in tools if tool.hints.destructive]
    doubtful = [tool for tool in tools if dangers.may_destroy(tool)]
    actions = Counter(each.action for each in decide_all(tools, Policy(), [opened.rules]).decisions.values())
    left_out = sum(problem.severity is Severity.ERROR for problem in catalog.problems)
    return Preview(
        name=source.name,
        uri=source.uri if len(source.uri) <= MAX_URI else f"{source.uri[: MAX_URI - 3]}...",
        title=catalog.title,
        version=catalog.version,
        add_command=add_command(opened.kept),
        known=known_api(source, opened.base_url),
        servers=catalog.servers[:MAX_DESTINATIONS],
        servers_left=max(0, len(catalog.servers) - MAX_DESTINATIONS),
        base_url=opened.base_url,
        origins=opened.origins[:MAX_DESTINATIONS],
        origins_left=max(0, len(opened.origins) - MAX_DESTINATIONS),
        destinations=tuple(destinations[:MAX_DESTINATIONS]),
        destinations_left=max(0, len(destinations) - MAX_DESTINATIONS),
        security=tuple(schemes[:MAX_SCHEMES]),
        security_left=max(0, len(schemes) - MAX_SCHEMES),
        needs=needs,
        operations=len(tools),
        destructive=len(destroying),
        read_only=sum(tool.hints.read_only for tool in tools),
        deprecated=sum(tool.deprecated for tool in tools),
        asking=actions[Action.APPROVE],
        denied=actions[Action.DENY],
        hidden=catalog.hidden,
        may_destroy_count=len(doubtful),
        destroy=dangers.by_tag(destroying, MAX_DANGERS),
        may_destroy=dangers.by_tag(doubtful, MAX_DANGERS),
        dangers_left=max(0, len(destroying) - MAX_DANGERS) + max(0, len(doubtful) - MAX_DANGERS),
        tokens=total[costs.DEFAULT],
        tokens_by_exposure=total,
        tags=tuple(tags[:MAX_TAGS]),
        tags_left=max(0, len(tags) - MAX_TAGS),
        heaviest=_heaviest(tools, cost),
        suggestions=suggestions_of(catalog, source.filters, cost),
        clients=clients_of(tools),
        left_out=left_out,
        warnings=len(catalog.problems) - left_out,
        reasons=_reasons(catalog)[:MAX_REASONS],
        problems=tuple(by_severity(catalog.problems)[:MAX_PROBLEMS]),
        problem_count=len(catalog.problems),
        problems_left=max(0, len(catalog.problems) - MAX_PROBLEMS),
        first_addresses=tuple(tool.address for tool in tools[:FIRST_ADDRESSES]),
    )


def _heaviest(tools: Sequence[Tool], cost: Mapping[str, costs.Costs]) -> tuple[ToolCost, ...]:
    worst = sorted(tools, key=lambda tool: (-cost[tool.address][costs.DEFAULT], tool.address))[:WORST_TOOLS]
    return tuple(ToolCost(tool.address, cost[tool.address][costs.DEFAULT]) for tool in worst)


def _reasons(catalog: Catalog) -> tuple[Reason, ...]:
    """What is wrong, the same reason once: errors first, those of most operations first."""
    alike: dict[tuple[Severity, str], list[Problem]] = {}
    for problem in by_severity(catalog.problems):
        alike.setdefault((problem.severity, reason_of(problem)), []).append(problem)
    found = [
        Reason(severity.value, reason, len(problems), problems[0].pointer)
        for (severity, reason), problems in alike.items()
    ]
    return tuple(sorted(found, key=lambda reason: (reason.severity != Severity.ERROR, -reason.count)))
