"""`x-specport`: what each hint does to the catalog, and what is told of each that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_documents import catalog_of, catalog_of_file, document, messages
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Catalog, Shape, Tool
from specport.operations.hint_checks import MAX_LIMITS_HERE
from specport.operations.hints import MAX_LIMITS, MAX_TOLD
from specport.operations.model import DocumentHints, HintedLimit, Pagination

VALID = Path(__file__).parents[1] / "documents" / "valid"
EVERY_LEVEL = VALID / "hints_at_every_level.yaml"
LIMIT = {"name": "a", "requests": 5, "seconds": 60}


def hinted(hints: Any, operation_id: str = "list", tag: str = "Shop") -> dict[str, Any]:
    """An operation with these hints."""
    return {"operationId": operation_id, "tags": [tag], "responses": {}, "x-specport": hints}


def plain(operation_id: str, tag: str = "Shop") -> dict[str, Any]:
    """An operation without."""
    return {"operationId": operation_id, "tags": [tag], "responses": {}}


def tools(catalog: Catalog) -> dict[str, Tool]:
    return {tool.address: tool for tool in catalog.tools}


def test_the_nearest_hint_counts_and_limits_add_up() -> None:
    """Operation, path item, tags, root; a limit is counted for what it stands at."""
    catalog = catalog_of_file(EVERY_LEVEL)
    found = tools(catalog)
    asking = {address: tool.needs_approval for address, tool in found.items()}
    assert asking == {"orders.find": False, "checkout.placeOrder": True, "orders.getStatus": True}
    routes = {address: tool.route for address, tool in found.items() if tool.route}
    assert {address: (route.pagination, route.total) for address, route in routes.items()} == {
        "orders.find": (Pagination("cursor.url"), "meta.total"),
        "checkout.placeOrder": (None, "meta.total"),
        "orders.getStatus": (None, ""),
    }
    assert catalog.hints == DocumentHints(
        limits=(
            HintedLimit("all", 300, 60),
            HintedLimit("orders", 60, 60, path="/orders"),
            HintedLimit("orders", 5, 1, method="POST", path="/orders"),
        ),
        pagination=Pagination("links.next"),
    )
    assert (catalog.hidden, messages(catalog)) == (1, "")


def test_hints_survive_the_cache() -> None:
    """A start from the cache knows them all."""
    catalog = catalog_of_file(EVERY_LEVEL)
    kept = decode_catalog(encode_catalog(catalog))
    assert kept
    assert (kept.hints, kept.hidden, kept.digest) == (catalog.hints, catalog.hidden, catalog.digest)
    for tool, other in zip(kept.tools, catalog.tools, strict=True):
        assert (tool.needs_approval, tool.route) == (other.needs_approval, other.route)


def test_swagger_documents_and_referenced_path_items_have_hints_too() -> None:
    """They stand in the same objects; of a path item and what it refers to, the latter goes first."""
    swagger = {
        "swagger": "2.0",
        "info": {"title": "S", "version": "1"},
        "paths": {"/a": {"get": hinted({"address": "x.y"})}},
    }
    assert list(tools(catalog_of(swagger))) == ["x.y"]
    shared = {"get": plain("list"), "x-specport": {"approve": True}}
    catalog = catalog_of(
        document(
            {"/a": {"$ref": "#/components/pathItems/A", "x-specport": {"approve": False, "pagination": {"next": "n"}}}},
            components={"pathItems": {"A": shared}},
        )
    )
    assert messages(catalog) == ""
    [tool] = catalog.tools
    assert tool.route
    assert (tool.needs_approval, tool.route.pagination) == (True, Pagination("n"))


@pytest.mark.parametrize(
    ("hints", "place", "said"),
    [
        ("text", "", "x-specport is a text, no object, and is ignored"),
        (None, "", "x-specport is null, no object"),
        ({"aprove": True}, "/aprove", "x-specport/aprove is no hint, and is ignored; is `approve` meant?"),
        ({"q": 1}, "/q", "is no hint, and is ignored; known are address, hide, approve, limits, pagination, errors"),
        ({"base_url": "https://evil.example"}, "/base_url", "is no hint"),
        ({"errors": {"id": "a"}}, "/errors", "has no effect in an operation: its place is the document's root"),
        ({"pagination": {"nxt": "a"}}, "/pagination/nxt", "is unknown, and is ignored; is `next` meant?"),
        ({"pagination": {"next": "a", "pages": "b"}}, "/pagination", "has next and pages, of which only one can lead"),
        ({"pagination": {"argument": "a"}}, "/pagination", "has an `argument`, and no next, pages or items"),
        ({"pagination": {"items": "a"}}, "/pagination", "has items, and no `argument` that counts them"),
        ({"pagination": {"next": "a", "more": "b"}}, "/pagination", "has `more`, which counts with next and argument"),
        ({"pagination": {"next": "a", "argument": 5}}, "/pagination/argument", "is no dotted path in an answer"),
        ({"hide": "yes"}, "/hide", "is a text, neither true nor false; it is ignored"),
        ({"hide": 1}, "/hide", "is a number, neither"),
        ({"approve": "no"}, "/approve", "is a text, neither true nor false; a person is asked"),
        ({"address": 5}, "/address", "is no address, and is ignored; one is `group.leaf` or `leaf`"),
        ({"address": "a.b.c"}, "/address", "is no address"),
        ({"address": "a_b"}, "/address", "is no address"),
        ({"address": "1a.b"}, "/address", "is no address"),
        ({"address": "größe.b"}, "/address", "is no address"),
        ({"address": "x" * 101}, "/address", "at most 100 of them (MAX_TEXT)"),
        ({"address": "a.b\n"}, "/address", "is no address"),
        ({"pagination": "links.next"}, "/pagination", "is a text, no object"),
        ({"pagination": {"next": ["a"]}}, "/pagination/next", "is no dotted path in an answer"),
        ({"pagination": {"total": ""}}, "/pagination/total", "is no dotted path in an answer"),
        ({"limits": LIMIT}, "/limits", "is an object, no array"),
        ({"limits": [5]}, "/limits/0", "is a number, no object"),
        ({"limits": [{"name": "a", "requests": 5}]}, "/limits/0", "has no `seconds`, a number from 0"),
        ({"limits": [LIMIT, LIMIT]}, "/limits/1/name", "is that of another limit here; the limit is ignored"),
        ({"limits": [{**LIMIT, "name": str(n)} for n in range(11)]}, "/limits", "only the first 10 of 11 limits count"),
    ],
)  # fmt: skip
def test_a_wrong_hint_is_a_warning_at_its_place_and_the_rest_counts(hints: Any, place: str, said: str) -> None:
    """One warning each; the operation stays, and so does what is right beside it."""
    beside = {"pagination": {"total": "t"}, **hints} if isinstance(hints, dict) else hints
    catalog = catalog_of(document({"/a~b": {"get": hinted(beside)}}))
    [problem] = catalog.problems
    assert (problem.severity, problem.pointer) == ("warning", f"/paths/~1a~0b/get/x-specport{place}")
    assert said in problem.message
    [tool] = catalog.tools
    assert tool.route
    if isinstance(hints, dict) and "pagination" not in hints:
        assert tool.route.total == "t"
    assert tool.needs_approval is (place == "/approve")


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({"name": " "}, "is not a text of 1 to 100 characters (MAX_TEXT); the limit is ignored"),
        ({"requests": 0}, "is not a whole number from 1 to 1,000,000 (MAX_AMOUNT)"),
        ({"requests": True}, "is not a whole number"),
        ({"requests": 2.5}, "is not a whole number"),
        ({"requests": 10**400}, "is not a whole number"),
        ({"seconds": -1}, "is not a number from 0 to 2,678,400 (MAX_WINDOW)"),
        ({"seconds": "60"}, "is not a number"),
        ({"weight": []}, "is not the name of an array in the body"),
        ({"burst": 9}, "is unknown, and is ignored; known are name, requests, seconds, weight"),
        ({"second": 9}, "is unknown, and is ignored; is `seconds` meant?"),
        ({"paths": ["/"]}, "is ignored: a limit counts for what it stands at"),
        ({"methods": ["GET"]}, "is ignored: a limit counts"),
    ],
)
def test_a_wrong_member_of_a_limit_is_told(member: dict[str, Any], said: str) -> None:
    """The limit counts where the others say what it is, and so do those beside it."""
    limits = [{**LIMIT, **member}, {**LIMIT, "name": "good"}]
    catalog = catalog_of(document({"/a": {"get": hinted({"limits": limits})}}))
    [problem] = catalog.problems
    [name] = member
    assert problem.pointer == f"/paths/~1a/get/x-specport/limits/0/{name}"
    assert said in problem.message
    kept = [limit.name for limit in catalog.hints.limits]
    assert kept == (["good"] if name in LIMIT or name == "weight" else ["a", "good"])


@pytest.mark.parametrize(
    ("where", "hint", "said"),
    [
        ("root", {"address": "a.b"}, "has no effect in the document's root: its place is an operation"),
        ("path", {"errors": {}}, "has no effect in a path item"),
        ("tag", {"limits": []}, "has no effect in a tag: its place is the document's root, a path item, an operation"),
    ],
)
def test_a_hint_in_the_wrong_place_is_told(where: str, hint: Any, said: str) -> None:
    """With the places that it has."""
    extension = {"x-specport": hint}
    described = document({"/a": {"get": plain("list"), **(extension if where == "path" else {})}})
    described |= {"root": extension, "tag": {"tags": [{"name": "Shop", **extension}]}}.get(where, {})
    assert said in messages(catalog_of(described))


NAMES = st.sampled_from(
    ["address", "hide", "approve", "limits", "pagination", "errors", "name", "requests", "seconds", "weight", "next"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON, JSON, JSON)
def test_no_hint_costs_an_operation(root: Any, tag: Any, item: Any, own: Any) -> None:
    """Whatever stands there: nothing but `hide` takes a tool away, and every fault is a warning at an `x-specport`."""
    described = document({"/a": {"get": hinted(own), "x-specport": item}}, tags=[{"name": "Shop", "x-specport": tag}])
    catalog = catalog_of({**described, "x-specport": root})
    assert len(catalog.tools) + catalog.hidden == 1
    assert all(problem.severity == "warning" and "/x-specport" in problem.pointer for problem in catalog.problems)
    assert decode_catalog(encode_catalog(catalog)) is not None


@pytest.mark.parametrize("key", ["x-specport", "X-Specport", "x_specport"])
def test_hints_that_nothing_reads_are_told(key: str) -> None:
    """In a parameter, `info`, `components` or a webhook; what the API itself calls so is not meant."""
    misplaced = {key: {"hide": True}}
    parameters = [{"name": "q", "in": "query", "schema": {"type": "string", "example": misplaced}, **misplaced}]
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {key: {"type": "string"}}}}}}
    get = {**plain("list"), "parameters": parameters, "requestBody": body}
    described = document({"/a": {"get": get}}, components=misplaced, webhooks={"w": {"post": misplaced}})
    described["info"] |= misplaced | {"description": "x-specport"}
    catalog = catalog_of(described)
    assert [problem.pointer for problem in catalog.problems] == [
        f"/info/{key}", f"/paths/~1a/get/parameters/0/{key}", f"/components/{key}", f"/webhooks/w/post/{key}",
    ]  # fmt: skip
    told = "has no effect here" if key == "x-specport" else "is not read; it is spelled x-specport"
    assert all(told in problem.message for problem in catalog.problems)


def test_hints_of_what_is_left_out_are_not_said_to_be_misplaced() -> None:
    """One sentence for each fault."""
    broken = {"get": {**hinted({"approve": True}), "parameters": [{"name": "x"}]}}
    catalog = catalog_of(document({"/a": broken, "/b": {"$ref": "#/gone", "x-specport": {"hide": True}}}))
    assert [problem.severity for problem in catalog.problems] == ["error", "error"]


def test_what_is_told_of_one_document_is_bounded() -> None:
    """However many hints are wrong, and whatever they are called."""
    hints = {f"{number}\x1b[31m" + "x" * 10_000: 1 for number in range(1_000)}
    catalog = catalog_of(document({"/a": {"get": hinted(hints)}}))
    assert len(catalog.problems) == MAX_TOLD + 2  # one tells of the hidden characters
    assert all(len(problem.message) < 400 and problem.message.isprintable() for problem in catalog.problems)
    assert "more than 200 faults in x-specport (MAX_TOLD)" in messages(catalog)


def test_an_object_that_many_paths_share_is_read_once() -> None:
    """A wrong hint is told where it stands, and its limits count for each of the paths."""
    shared = {"get": plain("list"), "x-specport": {"limits": [LIMIT], "hid": True}}
    paths = {f"/{number}": {"$ref": "#/components/pathItems/A"} for number in range(3)}
    catalog = catalog_of(document(paths, components={"pathItems": {"A": shared}}))
    assert [problem.pointer for problem in catalog.problems] == ["/components/pathItems/A/x-specport/hid"]
    assert [limit.path for limit in catalog.hints.limits] == ["/0", "/1", "/2"]


def test_a_document_states_so_many_limits_and_no_more() -> None:
    """The others are told, not kept."""
    limits = [{**LIMIT, "name": str(number)} for number in range(MAX_LIMITS_HERE)]
    paths = {f"/{number}": {"get": hinted({"limits": limits}, f"o{number}")} for number in range(101)}
    catalog = catalog_of(document(paths))
    assert len(catalog.hints.limits) == MAX_LIMITS
    assert "more than 1,000 limits (MAX_LIMITS); what is over is ignored" in messages(catalog)


def test_limits_of_operations_without_a_tool_are_not_kept() -> None:
    """Nothing would take from them."""
    hidden = hinted({"hide": True, "limits": [LIMIT]})
    catalog = catalog_of(
        document({"/a": {"get": hidden, "x-specport": {"limits": [LIMIT]}}, "/b": {"get": plain("b")}})
    )
    assert (catalog.hints.limits, catalog.hidden) == ((), 1)


ALIKE = {
    "/a": {"get": plain("same"), "post": plain("same")},
    "/b": {"get": plain("other"), "put": plain("Billing", "Money")},
}


def renamed(path: str, method: str, address: str, *, prefix: str = "") -> tuple[dict[str, str], Catalog]:
    """Address and wire name by method and path, one operation having a hint."""
    paths = {key: {name: {**operation} for name, operation in item.items()} for key, item in ALIKE.items()}
    if address:
        paths[path][method]["x-specport"] = {"address": address}
    catalog = catalog_of(document(paths), shape=Shape(prefix=prefix))
    found = ((tool.route, f"{tool.address} {tool.wire_name}") for tool in catalog.tools)
    return {f"{route.method} {route.path}": name for route, name in found if route}, catalog


@pytest.mark.parametrize("prefix", ["", "shop"])
@pytest.mark.parametrize(("path", "method"), [("/a", "get"), ("/a", "post"), ("/b", "get")])
def test_an_address_hint_renames_one_tool_and_no_other(path: str, method: str, prefix: str) -> None:
    """Neither address nor wire name, even of one that had shared its name and took a suffix."""
    before, _ = renamed(path, method, "", prefix=prefix)
    after, catalog = renamed(path, method, "invoices.pay", prefix=prefix)
    place = f"{method.upper()} {path}"
    front, wire = (f"{prefix}.", f"{prefix}_") if prefix else ("", "")
    assert after.pop(place) == f"{front}invoices.pay {wire}invoices_pay"
    del before[place]
    assert (after, messages(catalog)) == (before, "")


@pytest.mark.parametrize(
    ("wish", "whose"),
    [
        ("shop.other", "of GET /b"),
        ("Shop.OTHER", "of GET /b"),
        ("other", "of GET /b"),
        ("shop.same", "of GET /a"),
        ("openapi.addSource", "the server's own tools have"),
        ("OpenAPI.anything", "the server's own tools have"),
    ],
)
def test_an_address_that_is_taken_is_not_given(wish: str, whose: str) -> None:
    """The one by rule is used, and the warning says why."""
    before, _ = renamed("/a", "post", "")
    after, catalog = renamed("/a", "post", wish)
    assert after == before
    [problem] = catalog.problems
    assert problem.pointer == "/paths/~1a/post/x-specport/address"
    assert f"is one {whose}; {after['POST /a'].split()[0]} is used" in problem.message


def test_of_two_equal_addresses_the_first_is_given() -> None:
    """As it is with those by rule; a hint may repeat the rule's own, or free a name from its suffix."""
    twice = {"/a": {"get": hinted({"address": "x.y"}, "a"), "put": hinted({"address": "X.Y"}, "b")}}
    catalog = catalog_of(document(twice))
    assert list(tools(catalog)) == ["shop.b", "x.y"]
    assert "the address X.Y is one of GET /a; shop.b is used" in messages(catalog)
    own = catalog_of(document({"/a": {"get": hinted({"address": "shop.list"})}}))
    assert (list(tools(own)), own.problems) == (["shop.list"], ())
    freed, told = renamed("/a", "post", "shop.sameByPost")
    assert (freed["POST /a"], told.problems) == ("shop.sameByPost shop_sameByPost", ())


@pytest.mark.parametrize("wish", ["a.deadbeef", "group." + "x" * 60])
def test_a_wished_address_has_a_portable_wire_name(wish: str) -> None:
    """One that is too long, or looks as if it had a suffix, takes one, as by rule."""
    [tool] = catalog_of(document({"/a": {"get": hinted({"address": wish})}})).tools
    assert tool.address == wish
    assert len(tool.wire_name) <= 49
    assert tool.wire_name[-9] == "_"
    assert tool.wire_name != wish.replace(".", "_")
