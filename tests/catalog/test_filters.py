"""Which operations become tools, as a person writes it: by tag, path, method and address, or not deprecated."""

from __future__ import annotations

from pathlib import Path

import pytest

from end_to_end.loopback import operation, parameter
from small_documents import catalog_of, document, messages
from specport.catalog.build import DEPRECATED
from specport.catalog.filters import MAX_EXPRESSION, MAX_FILTERS
from specport.catalog.listing import listed
from specport.catalog.model import Catalog, Filters, Form, Shape
from specport.documents.text import MAX_DESCRIPTION
from specport.errors import DocumentError, SourceError
from specport.offer import ASKS_FIRST
from specport.sources.model import Origin

TWICE = Path(__file__).resolve().parents[1] / "documents" / "valid" / "one_address_twice.yaml"

SHOP = document(
    {
        "/v1/bills": {"get": operation("listBills", "Billing"), "post": operation("pay", "Billing", "Money out")},
        "/v1/bills/old": {"get": operation("listOld", "Billing Old", deprecated=True)},
        "/v1/items/{id}": {
            "parameters": [parameter("id", "path", {})],
            "delete": operation("deleteItem", "Items"),
            "patch": operation("editItem", "Items"),
        },
        "v2": {"get": operation("about", "Items")},
    }
)


def kept(catalog: Catalog) -> set[str]:
    """The last part of each address."""
    return {tool.address.rpartition(".")[2] for tool in catalog.tools}


EVERY = kept(catalog_of(SHOP))


@pytest.mark.parametrize(
    ("expression", "fitting"),
    [
        ("tag:Billing", {"listBills", "pay"}),
        ("TAG: money OUT", {"pay"}),
        ("tag:Billing*", {"listBills", "pay", "listOld"}),
        ("tag:Items", {"deleteItem", "editItem", "about"}),
        ("/v1/bills", {"listBills", "pay"}),
        ("/V1/bills*", {"listBills", "pay", "listOld"}),
        ("/*/{id}", {"deleteItem", "editItem"}),
        ("/v?", {"about"}),
        ("GET", {"listBills", "listOld", "about"}),
        ("delete", {"deleteItem"}),
        ("GET /v1/*", {"listBills", "listOld"}),
        ("get/v1/*old", {"listOld"}),
        ("billing.*", {"listBills", "pay"}),
        ("*.LIST*", {"listBills", "listOld"}),
        ("items.editItem", {"editItem"}),
        ("billing?ld.*", {"listOld"}),
        ("*", EVERY),
    ],
)
def test_an_expression_fits_by_tag_path_method_or_address(expression: str, fitting: set[str]) -> None:
    """Case aside, `*` any text and `?` one character; to include and to exclude are opposites."""
    assert kept(catalog_of(SHOP, filters=Filters(include=(expression,)))) == fitting
    assert kept(catalog_of(SHOP, filters=Filters(exclude=(expression,)))) == EVERY - fitting


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(include=("tag:Billing", "PATCH")), {"listBills", "pay", "editItem"}),
        (Filters(include=("/v1/*",), exclude=("POST", "*.list*")), {"deleteItem", "editItem"}),
        (Filters(tags=("Billing Old",), operations=("pay",), include=("DELETE",)), {"listOld", "pay", "deleteItem"}),
        (Filters(tags=("Billing",), exclude=("GET",)), {"pay"}),
        (Filters(deprecated=False), EVERY - {"listOld"}),
        (Filters(include=("GET",), deprecated=False), {"listBills", "about"}),
    ],
)
def test_one_inclusion_is_enough_and_an_exclusion_wins(filters: Filters, left: set[str]) -> None:
    """Tags and operations are inclusions among the others."""
    assert kept(catalog_of(SHOP, filters=filters)) == left


def test_addresses_are_compared_without_the_sources_prefix() -> None:
    """So that a filter is the same wherever the source stands."""
    for prefix in ("", "shop"):
        shown = catalog_of(SHOP, shape=Shape(prefix=prefix), filters=Filters(include=("items.*",)))
        assert kept(shown) == {"deleteItem", "editItem", "about"}


def test_filters_rename_nothing() -> None:
    """What another operation would be called does not depend on whether that one is there."""
    every = {(tool.address, tool.wire_name) for tool in catalog_of(TWICE.read_bytes()).tools}
    for expression in ("tag:Slow", "/pets", "/pets/all", "*.list_*"):
        [tool] = catalog_of(TWICE.read_bytes(), filters=Filters(include=(expression,))).tools
        assert (tool.address, tool.wire_name) in every


def test_filters_know_an_operation_by_the_address_that_it_has() -> None:
    """Which a hint may give; what a hint hides is not there for them."""
    paths = {
        "/a": {"get": operation("a", "G", **{"x-specport": {"address": "pay.now"}})},
        "/b": {"get": operation("b", "G", **{"x-specport": {"hide": True}})},
    }
    [tool] = catalog_of(document(paths), filters=Filters(include=("pay.*",))).tools
    assert tool.address == "pay.now"
    assert "include 'g.*' fits no operation" in messages(catalog_of(document(paths), filters=Filters(include=("g.*",))))


@pytest.mark.parametrize("expression", ["Billing", "", "tag:", "billing, items.*", "http://x.test/*", "G ET", "GET x"])
def test_what_is_no_filter_is_refused_with_how_they_are_written(expression: str) -> None:
    """One sentence that shows each form."""
    for filters in (Filters(include=(expression,)), Filters(exclude=(expression,))):
        with pytest.raises(SourceError) as caught:
            catalog_of(SHOP, filters=filters)
        assert str(caught.value) == (
            f"{expression!r} is no filter: write tag:NAME, /path*, METHOD, 'METHOD /path*', or a glob over addresses "
            "such as droplets.*"
        )


def test_too_many_and_too_long_filters_are_refused() -> None:
    """With the limit and its name."""
    with pytest.raises(SourceError, match=rf"101 filters are too many; the limit is {MAX_FILTERS} \(MAX_FILTERS\)"):
        catalog_of(SHOP, filters=Filters(exclude=("GET",) * 101))
    with pytest.raises(SourceError, match=rf"201 characters; the limit is {MAX_EXPRESSION} \(MAX_EXPRESSION\)"):
        catalog_of(SHOP, filters=Filters(include=("/" + "a" * 200,)))


def test_a_glob_of_many_stars_takes_no_longer_than_others() -> None:
    """What a star took is not tried again, so this ends."""
    paths = {"/" + "a" * 5_000: {"get": operation("long")}}
    catalog = catalog_of(document(paths), filters=Filters(include=("/*" + "a*" * 90 + "b",)))
    assert catalog.tools == ()


def test_filters_compare_no_more_than_a_limit() -> None:
    """Less for a document that a tool call brings; both are known before anything is compared."""
    paths = {f"/{number}" + "a" * 5_000: {"get": {"tags": ["T"]}} for number in range(60)}
    filters = Filters(include=("/*" + "a" * 190,) * 20)
    with pytest.raises(DocumentError, match=r"has 2,306,457,600 characters to compare .*\(MAX_TOOL_COMPARED\)"):
        catalog_of(document(paths), origin=Origin.TOOL, filters=filters)


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (Filters(include=("tag:Biling",)), "include 'tag:Biling' fits no operation; nearest: Billing, Billing Old"),
        (Filters(exclude=("/v1/bill",)), "exclude '/v1/bill' fits no operation; nearest: /v1/bills, /v1/bills/old"),
        (Filters(exclude=("POST /v1/bill",)), "exclude 'POST /v1/bill' fits no operation; nearest: POST /v1/bills"),
        (Filters(include=("bilings.*",)), "include 'bilings.*' fits no operation; nearest: billing.*, billingOld.*"),
        (Filters(include=("small.items.*",)), "include 'small.items.*' fits no operation; nearest: items.*"),
        (Filters(exclude=("TRACE",)), "exclude 'TRACE' fits no operation"),
        (Filters(tags=("biling",)), "tag 'biling' fits no operation; nearest: Billing, Billing Old"),
        (Filters(operations=("payy",)), "operation 'payy' fits no operation; nearest: pay"),
        (Filters(operations=("PUT /v1/bills",)), "operation 'PUT /v1/bills' fits no operation; nearest: "),
        (Filters(operations=("",)), "operation '' fits no operation"),
        (Filters(include=("GET",), exclude=("/*",)), "filters leave none of 6 operations"),
    ],
)
def test_a_filter_that_fits_nothing_is_told(filters: Filters, told: str) -> None:
    """As a warning, with what may have been meant."""
    found = messages(catalog_of(SHOP, filters=filters)).splitlines()
    assert [line for line in found if line.startswith(f"warning filters {told}")], found


def test_filters_that_fit_are_no_problem() -> None:
    """Also where another filter takes all that they fit."""
    catalog = catalog_of(SHOP, filters=Filters(include=("GET", "*.about"), exclude=("/v1*",)))
    assert "filters" not in messages(catalog)


def described(text: str, **more: object) -> str:
    """The description of a deprecated operation that has this one in its document."""
    shown = document({"/a": {"get": operation("a", description=text, deprecated=True, **more)}})
    [tool] = catalog_of(shown).tools
    assert tool.deprecated
    return tool.description


def test_the_description_of_a_deprecated_operation_begins_with_that() -> None:
    """Once, however short the description is kept; a person's approval is still said first."""
    assert described("Lists all.") == "Deprecated. Lists all."
    assert described("") == "Deprecated. GET /a"
    assert described("**DEPRECATED** since 2020.") == "**DEPRECATED** since 2020."
    assert described("Deprecatedly long.") == "Deprecated. Deprecatedly long."
    assert len(described("word " * 400)) <= MAX_DESCRIPTION
    assert described("Kept whole.\n\n" + "x" * 300) == "Deprecated. Kept whole."
    [tool] = catalog_of(SHOP, filters=Filters(operations=("listOld",))).tools
    entry = listed(tool, dotted=False, form=Form.LEAN, note=ASKS_FIRST)
    assert str(entry["description"]).startswith(f"{ASKS_FIRST} {DEPRECATED} ")
