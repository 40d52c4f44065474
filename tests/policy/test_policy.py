"""Pure rules: which tools may be seen and called."""

from __future__ import annotations

import pytest

from specport.catalog.build import hints_of
from specport.catalog.model import GivenSchema, Tool
from specport.policy.model import Policy
from specport.policy.rules import decide
from specport.sources.builtin import builtin_tools

METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "POST", "PATCH", "DELETE")


def tool(method: str) -> Tool:
    return Tool(f"group.{method.lower()}", method, "", hints_of(method), schemas=GivenSchema({}))


@pytest.mark.parametrize("method", METHODS)
def test_without_a_policy_everything_is_allowed(method: str) -> None:
    """Restrictions are the operator's choice."""
    decision = decide(tool(method), Policy())
    assert (decision.allowed, decision.reason) == (True, "")


@pytest.mark.parametrize("method", METHODS)
def test_read_only_allows_what_changes_nothing(method: str) -> None:
    """Safe methods of RFC 9110 section 9.2.1; the others are refused with the tool and the option."""
    decision = decide(tool(method), Policy(read_only=True))
    assert decision.allowed is (method in {"GET", "HEAD", "OPTIONS", "TRACE"})
    if not decision.allowed:
        assert decision.reason == f"group.{method.lower()} changes something, and this server runs --read-only"


def test_read_only_allows_previews_and_no_new_sources() -> None:
    """The built-in tools follow the same rule."""
    preview, add = builtin_tools()
    assert decide(preview, Policy(read_only=True)).allowed
    assert not decide(add, Policy(read_only=True)).allowed
