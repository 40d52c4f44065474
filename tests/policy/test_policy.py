"""Which tools may be seen and called: read-only, the operator's rules, a source's own, and `--approve`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from end_to_end.loopback import Upstream, operation, things
from end_to_end.loopback import document as text_of
from small_documents import catalog_of, document
from specport.app import App, Settings
from specport.catalog.build import hints_of
from specport.catalog.model import GivenSchema, Tool
from specport.errors import Declined, Denied, UnknownTool
from specport.offer import ASKS_FIRST
from specport.policy.model import Action, Approve, Decision, Policy, Question, Rule, SourceRules
from specport.policy.rules import decide_all
from specport.sources.builtin import source_tools
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import open_bundled
from specport.sources.model import Origin, Source
from specport.sources.policies import read_policy
from specport.sources.specification import Specification

METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "POST", "PATCH", "DELETE")
ALLOW, APPROVE, DENY = Action


def tool(method: str) -> Tool:
    return Tool(f"group.{method.lower()}", method, "", hints_of(method), schemas=GivenSchema({}))


def decided(
    tools: Sequence[Tool], *rules: Rule, read_only: bool = False, approve: Approve = Approve.NOTHING
) -> dict[str, Action]:
    """What becomes of tools, by address."""
    found = decide_all(tools, Policy(read_only, rules, approve)).decisions
    return {address: decision.action for address, decision in found.items()}


def shop() -> tuple[Tool, ...]:
    """Tools of several tags, methods and addresses."""
    paths = {
        "/bills": {"get": operation("listBills", "Billing"), "post": operation("pay", "Billing", "Money out")},
        "/billsOld": {"get": operation("list", "Billing Old")},
        "/items": {"delete": operation("deleteItem", "Items"), "patch": operation("editItem", "Items")},
    }
    return (*catalog_of(document(paths)).tools, *source_tools())


SHOP = shop()


@pytest.mark.parametrize("method", METHODS)
def test_without_a_policy_everything_is_allowed(method: str) -> None:
    """Restrictions are the operator's choice."""
    assert decide_all([tool(method)], Policy()).decisions == {f"group.{method.lower()}": Decision()}


@pytest.mark.parametrize("method", METHODS)
def test_read_only_allows_what_changes_nothing(method: str) -> None:
    """Safe methods of RFC 9110 section 9.2.1; the others are refused with the tool and the option."""
    [decision] = decide_all([tool(method)], Policy(read_only=True)).decisions.values()
    assert (decision.action is ALLOW) is (method in {"GET", "HEAD", "OPTIONS", "TRACE"})
    if decision.action is not ALLOW:
        assert decision.reason == f"group.{method.lower()} changes something, and this server runs --read-only"


def test_read_only_is_above_all_rules() -> None:
    """And covers the built-in tools: previews are allowed, new sources are not."""
    allowed = decided(SHOP, Rule(ALLOW), read_only=True)
    assert {address for address, action in allowed.items() if action is ALLOW} == {
        "billing.listBills", "billingOld.list", "openapi.previewSpec",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "fitting"),
    [
        (Rule(DENY, tools=("billing.*",)), {"billing.listBills", "billing.pay"}),
        (Rule(DENY, tools=("BILLING.PAY",)), {"billing.pay"}),
        (Rule(DENY, tools=("*list*",)), {"billing.listBills", "billingOld.list"}),
        (Rule(DENY, tools=("billing?ld.list",)), {"billingOld.list"}),
        (Rule(DENY, tools=("billing",)), set()),
        (Rule(DENY, tools=("billing.p.y", "items.*")), {"items.deleteItem", "items.editItem"}),
        (Rule(DENY, tools=("openapi.*",)), {"openapi.previewSpec", "openapi.addSource"}),
        (Rule(DENY, methods=("DELETE", "PATCH")), {"items.deleteItem", "items.editItem"}),
        (Rule(DENY, tags=("money OUT",)), {"billing.pay"}),
        (Rule(DENY, tools=("*",), methods=("GET",), tags=("Billing",)), {"billing.listBills"}),
        (Rule(DENY), {tool.address for tool in SHOP}),
    ],
)
def test_a_rule_decides_on_what_fits_all_it_names(rule: Rule, fitting: set[str]) -> None:
    """Globs over addresses, methods, any of the tags; case does not count, and a dot is a dot."""
    assert {address for address, action in decided(SHOP, rule).items() if action is DENY} == fitting


def test_the_first_rule_that_fits_decides() -> None:
    """So that an exception stands before what it is an exception of."""
    rules = (Rule(ALLOW, tools=("billing.listBills",)), Rule(DENY, tools=("billing.*",)), Rule(APPROVE))
    actions = decided(SHOP, *rules)
    assert actions["billing.listBills"] is ALLOW
    assert actions["billing.pay"] is DENY
    assert actions["items.editItem"] is actions["openapi.addSource"] is APPROVE


@pytest.mark.parametrize(
    ("approve", "asking"),
    [
        (Approve.NOTHING, set()),
        (Approve.DESTRUCTIVE, {"items.deleteItem"}),
        (Approve.WRITES, {"billing.pay", "items.deleteItem", "items.editItem", "openapi.addSource"}),
    ],
)
def test_approve_holds_where_no_rule_decides(approve: Approve, asking: set[str]) -> None:
    """What destroys, or whatever changes something, new sources included."""
    assert {address for address, action in decided(SHOP, approve=approve).items() if action is APPROVE} == asking
    allowed = decided(SHOP, Rule(ALLOW, tools=("items.*",)), approve=approve)
    assert {address for address, action in allowed.items() if action is APPROVE} == {
        address for address in asking if not address.startswith("items.")
    }


def test_rules_of_a_source_come_last_and_know_only_its_own_tools() -> None:
    """Their globs are over addresses without the source's prefix, wherever it stands on the command line."""
    tools = [
        replace(each, address=f"second.{each.address}", route=replace(each.route, source="second"))
        for each in SHOP
        if each.route
    ]
    own = SourceRules("second", "second", (Rule(DENY, tools=("billing.*",)), Rule(DENY, tools=("openapi.*",))))
    first = Policy(rules=(Rule(ALLOW, tools=("second.billing.pay",)),))
    found = decide_all([*SHOP, *tools], first, [own]).decisions
    denied = {address for address, decision in found.items() if decision.action is DENY}
    assert denied == {"second.billing.listBills"}


def test_a_rule_that_decides_nothing_is_told() -> None:
    """A typo in a rule must not go unseen: it would deny nothing."""
    rules = (
        Rule(DENY, tools=("biling.*",), methods=("GET",), place="rule 1 of team.toml"),
        Rule(ALLOW, tools=("billing.*",), place="rule 2 of team.toml"),
        Rule(DENY, tools=("billing.pay",), place="rule 3 of team.toml"),
    )
    assert decide_all(SHOP, Policy(rules=rules)).idle == (
        "rule 1 of team.toml (deny) fits no tool: tools biling.*, methods GET",
        "rule 3 of team.toml (deny) decides nothing: rules before it decide all 1 tools that it fits",
    )


def things_source(upstream: Upstream, *rules: Rule) -> Source:
    return Source("things", "t.json", things().encode(), Origin.OPERATOR, upstream.url, rules=rules)


@pytest.mark.anyio
async def test_a_denied_tool_is_neither_listed_nor_called(upstream: Upstream) -> None:
    """The error says which rule denies it, why, and how to allow it; no other name is told."""
    rule = Rule(DENY, tools=("*Thing",), methods=("PUT", "DELETE"), reason="Keep them.", place="rule 1 of team.toml")
    async with App.open([things_source(upstream)], Settings(policy=Policy(rules=(rule,)))) as app:
        shown = [each.address for each in app.listing.tools]
        assert shown[:3] == ["things.createThing", "things.getThing", "things.listThings"]
        for name in ("things.deleteThing", "things_deleteThing"):
            with pytest.raises(Denied) as caught:
                await app.call(name, {"id": 1})
            assert str(caught.value) == (
                "things.deleteThing is denied by rule 1 of team.toml: Keep them. The operator may allow it by a first "
                'rule in a --policy file: [[policy]], action = "allow", tools = ["things.deleteThing"]'
            )
        with pytest.raises(UnknownTool) as near:
            await app.call("things.deleteThin", {"id": 1})
        assert "deleteThing," not in str(near.value)
        assert app.known("things.deleteThing") is None
    assert upstream.take() == []


@pytest.mark.anyio
async def test_rules_of_a_manifest_hold_for_its_source(upstream: Upstream) -> None:
    """The default source's addresses have no prefix; those of another do, its rules do not."""
    rules = (Rule(DENY, tools=("things.deleteThing",), place="rule 1 of the source things"),)
    second = replace(things_source(upstream, *rules), name="second")
    async with App.open([things_source(upstream, *rules), second], Settings()) as app:
        assert not [each.address for each in app.listing.tools if "delete" in each.address]
        with pytest.raises(Denied, match=r"second\.things\.deleteThing is denied by rule 1 of the source things"):
            await app.call("second.things.deleteThing", {"id": 1})


@pytest.mark.anyio
async def test_a_source_that_an_assistant_adds_meets_the_operators_rules(upstream: Upstream) -> None:
    """Policy is no matter of when a source came."""
    policy = Policy(rules=(Rule(DENY, tools=("small.*",), methods=("POST",)),), approve=Approve.DESTRUCTIVE)
    async with App.open([], Settings(policy=policy, fetching=FetchPolicy(allow_private=True))) as app:
        spec = text_of({"/a": {"get": operation("g", "A"), "post": operation("p", "A"), "delete": operation("d", "A")}})
        added = await app.call("openapi.addSource", {"spec": spec, "base_url": upstream.url})
        assert added.structured is not None
        assert added.structured["addresses"] == ["small.a.d", "small.a.g"]
        assert added.structured["names"] == ["small_a_d", "small_a_g"]
        assert added.structured["denied"] == "1 more tools are denied by this server's policy"
        assert not (await app.call("small.a.g", {})).is_error
        with pytest.raises(Denied, match="is denied by"):
            await app.call("small.a.p", {})
        with pytest.raises(Denied, match="needs a person's approval"):
            await app.call("small.a.d", {})
    assert [asked.method for asked in upstream.take()] == ["GET"]


@pytest.mark.anyio
async def test_a_tool_to_approve_is_listed_and_says_so(upstream: Upstream) -> None:
    """In the words that a model reads, first; no client refuses the list over their length."""
    long = "word " * 204
    paths = {"/a": {"delete": operation("long", "A", description=long), "get": operation("read", "A", description="r")}}
    source = replace(things_source(upstream), data=text_of(paths).encode())
    async with App.open([source], Settings(policy=Policy(approve=Approve.DESTRUCTIVE))) as app:
        shown = {str(entry["title"]): str(entry["description"]) for entry in app.listing.page(0, 9)}
        digest = app.listing.digest
    assert shown["a.long"].startswith(f"{ASKS_FIRST} word word")
    assert len(shown["a.long"]) <= 1_024
    assert shown["a.read"] == "r"
    async with App.open([source], Settings()) as app:
        assert app.listing.digest != digest


@pytest.mark.anyio
async def test_a_call_to_approve_waits_for_a_yes(upstream: Upstream) -> None:
    """The question is about the checked arguments and the request as it would be sent; a no is the end of it."""
    asked: list[Question] = []

    async def yes(question: Question) -> str:
        asked.append(question)
        return "ada"

    async def no(question: Question) -> str:
        raise Declined(f"ada declined {question.address}")

    async with App.open([things_source(upstream)], Settings(policy=Policy(approve=Approve.WRITES))) as app:
        with pytest.raises(Declined):
            await app.call("things.deleteThing", {"id": 7}, ask=no)
        with pytest.raises(Denied, match="needs a person's approval \\(--approve writes\\); nobody can be asked here"):
            await app.call("things.deleteThing", {"id": 7})
        assert upstream.take() == []
        assert not (await app.call("things.deleteThing", {"id": 7}, ask=yes)).is_error
        assert not (await app.call("things.getThing", {"id": 7}, ask=no)).is_error
    [question] = asked
    assert (question.address, question.arguments, question.method) == ("things.deleteThing", {"id": 7}, "DELETE")
    assert question.url == f"{upstream.url}/things/7"
    assert [request.method for request in upstream.take()] == ["DELETE", "GET"]


@pytest.mark.anyio
async def test_nobody_is_asked_about_wrong_arguments_or_a_dry_run(upstream: Upstream) -> None:
    """A question is for what would really be done."""

    async def ask(question: Question) -> str:
        raise AssertionError(question)

    policy = Policy(approve=Approve.WRITES)
    async with App.open([things_source(upstream)], Settings(policy=policy, dry_run=True)) as app:
        with pytest.raises(Exception, match="expected integer"):
            await app.call("things.deleteThing", {"id": "x"}, ask=ask)
        assert "curl" in (await app.call("things.deleteThing", {"id": 1}, ask=ask)).text
    assert upstream.take() == []


@pytest.mark.anyio
async def test_a_source_that_goes_while_a_person_thinks_is_not_called(upstream: Upstream) -> None:
    """What was shown does not exist any more, and what has its name now was not shown."""
    wanted = Specification(spec=things(), name="added", base_url=upstream.url)
    async with App.open([], Settings(policy=Policy(approve=Approve.WRITES))) as app:
        await app.add(wanted, Origin.OPERATOR)

        async def ask(question: Question) -> str:
            await app.remove("added")
            await app.add(wanted, Origin.OPERATOR)
            return "ada"

        with pytest.raises(UnknownTool, match="the source added was removed or changed before the call was approved"):
            await app.call("added.things.deleteThing", {"id": 1}, ask=ask)
    assert upstream.take() == []


@pytest.mark.anyio
async def test_nobody_is_asked_about_a_call_that_has_no_credential(upstream: Upstream) -> None:
    """It could not be made anyway."""

    async def ask(question: Question) -> str:
        raise AssertionError(question)

    source = replace(things_source(upstream), references={"token": "env:NOT_SET_ANYWHERE"})
    async with App.open([source], Settings(policy=Policy(approve=Approve.WRITES))) as app:
        with pytest.raises(Denied, match="no credential for token"):
            await app.call("things.deleteThing", {"id": 1}, ask=ask)


@pytest.mark.anyio
async def test_the_rules_in_the_docs_are_rules(tmp_path: Path) -> None:
    """`docs/policy.md` shows a file that works, on the bundled source."""
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    (tmp_path / "team.toml").write_text(text.split("```toml\n")[1].split("```")[0])
    policy = Policy(rules=read_policy(tmp_path / "team.toml"))
    async with App.open([open_bundled("digitalocean")], Settings(policy=policy)) as app:
        assert app.decided.idle == ()
        assert len(app.listing.tools) < 292
        assert app.listing.asking
