"""Pure rules, applied when listing and again when calling."""

from __future__ import annotations

from specport.catalog.model import Tool
from specport.policy.model import Decision, Policy

_ALLOWED = Decision(True)


def decide(tool: Tool, policy: Policy) -> Decision:
    """Whether the policy lets a tool be listed and called."""
    if policy.read_only and not tool.hints.read_only:
        return Decision(False, f"{tool.address} changes something, and this server runs --read-only")
    return _ALLOWED
