"""Addresses and wire names: by the design's rule, unique, and never changed by a newcomer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from small_documents import catalog_of, document, path_parameter
from specport.catalog.model import Catalog, Shape
from specport.catalog.naming import camel, split_words

PORTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,48}\Z")


def named(tag: str | None, operation_id: str | None, path: str = "/things", method: str = "get") -> str:
    """The address of one operation."""
    operation: dict[str, Any] = {"parameters": [path_parameter(name) for name in re.findall(r"\{(\w+)\}", path)]}
    if tag is not None:
        operation["tags"] = [tag, "Another"]
    if operation_id is not None:
        operation["operationId"] = operation_id
    return catalog_of(document({path: {method: operation}})).tools[0].address


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("VPCs", "vpCs"), ("Floating IPs", "floatingIPs"), ("1-Click Applications", "1ClickApplications"),
        ("droplets_get", "dropletsGet"), ("dropletsGet", "dropletsGet"), ("DropletsGet", "dropletsGet"),
        ("HTTPServer", "httpServer"), ("getHTTPResponseCode", "getHttpResponseCode"), ("get_2FA-code", "get2FaCode"),
        ("a.b/c d", "aBCD"), ("v2", "v2"), ("ABC", "abc"), ("__x__", "x"), ("", ""), ("---", ""),
        ("größe_Ändern", "größeÄndern"), ("漢字", "漢字"), ("SSH Keys", "sshKeys"), ("IPv6", "iPv6"),
    ],
)  # fmt: skip
def test_words_are_joined_in_camel_case(text: str, name: str) -> None:
    """Split at what is no letter or digit, at `aA` and at `AAa`; first word in lower case, the others capitalised."""
    assert camel(text) == name


def test_words_end_where_the_rule_says() -> None:
    """The rule's own example: the last capital of a run begins the next word."""
    assert split_words("VPCs") == ["VP", "Cs"]
    assert split_words("Floating IPs") == ["Floating", "I", "Ps"]


@pytest.mark.parametrize(
    ("tag", "operation_id", "path", "method", "address"),
    [
        ("Droplets", "droplets_get", "/v2/droplets/{id}", "get", "droplets.dropletsGet"),
        (None, "droplets_get", "/v2/droplets/{id}", "get", "droplets.dropletsGet"),
        (None, "list", "/api/v1.2/{tenant}/user-accounts", "get", "userAccounts.list"),
        (None, "list", "/API/V1/items", "get", "items.list"),
        (None, None, "/v2/droplets/{droplet_id}/actions", "post", "droplets.postV2DropletsDropletIdActions"),
        ("Tag", None, "/", "get", "tag.get"),
        (None, None, "/", "delete", "root.delete"),
        (None, None, "/{id}", "get", "root.getId"),
        ("---", "---", "/a", "get", "a.getA"),
        ("", "", "/a", "get", "a.getA"),
        (None, "x", "/v2beta1/a", "get", "a.x"),
    ],
)  # fmt: skip
def test_an_address_is_group_and_leaf(
    tag: str | None, operation_id: str | None, path: str, method: str, address: str
) -> None:
    """Group: the first tag, else the first telling path segment. Leaf: the operationId, else method and path."""
    assert named(tag, operation_id, path, method) == address


def catalog(operations: list[tuple[str, str, str, str]], *, prefix: str = "") -> Catalog:
    """The tools of operations given as (method, path, tag, operationId)."""
    paths: dict[str, Any] = {}
    for method, path, tag, operation_id in operations:
        paths.setdefault(path, {})[method] = {"tags": [tag], "operationId": operation_id}
    return catalog_of(document(paths), shape=Shape(prefix=prefix))


def names(made: Catalog) -> dict[tuple[str, str], tuple[str, str]]:
    """Address and wire name by method and path."""
    return {(tool.route.method, tool.route.path): (tool.address, tool.wire_name) for tool in made.tools if tool.route}


def test_of_equal_names_the_first_stays_and_the_others_take_a_suffix() -> None:
    """The suffix is hashed from method and path, never an ordinal."""
    first = [("get", "/a", "T", "same"), ("post", "/a", "T", "Same"), ("get", "/b", "T", "other")]
    found = names(catalog(first))
    assert found["GET", "/b"] == ("t.other", "t_other")
    assert found["GET", "/a"] == ("t.same", "t_same")
    assert re.fullmatch(r"t\.same_[0-9a-f]{8}", found["POST", "/a"][0])
    assert found["POST", "/a"][1] == found["POST", "/a"][0].replace(".", "_")


def test_wire_names_that_meet_only_there_are_told_apart() -> None:
    """`a.b-c` and `a.b_c` differ as addresses; portable names that differ in case only are one name to some clients."""
    found = names(catalog([("get", "/1", "größe", "x"), ("get", "/2", "grüße", "x"), ("get", "/3", "t", "x")]))
    wire = [name for _, name in found.values()]
    assert len({name.casefold() for name in wire}) == 3
    assert all(PORTABLE.match(name) for name in wire)
    assert found["GET", "/3"] == ("t.x", "t_x")


def test_a_long_name_keeps_its_beginning_and_its_end_and_takes_a_suffix() -> None:
    """49 characters is what clients take beside `specport`; the address stays whole, and so do the last words."""
    dangerous, selective = (f"destroyWithAssociatedResources{end}" for end in ("Dangerous", "Selective"))
    found = names(
        catalog([("get", "/a", "Some Group of Apps", dangerous), ("get", "/b", "Some Group of Apps", selective)])
    )
    (address, wire), (_, other) = found["GET", "/a"], found["GET", "/b"]
    assert address == f"someGroupOfApps.{dangerous}"
    assert len(wire) == len(other) == 49
    assert re.fullmatch(r"someGroupOfApps_destroyWithAssoDangerous_[0-9a-f]{8}", wire)
    assert re.fullmatch(r"someGroupOfApps_destroyWithAssoSelective_[0-9a-f]{8}", other)


def test_a_long_word_at_the_end_is_cut_where_there_is_room() -> None:
    """Nothing to keep whole: the beginning, then the suffix."""
    ((_, wire),) = names(catalog([("get", "/a", "Group", "x" * 80)])).values()
    assert re.fullmatch(r"group_x{34}_[0-9a-f]{8}", wire)


def test_a_name_that_looks_as_if_it_had_a_suffix_takes_one() -> None:
    """Else a document could call an operation what another one is called after being cut."""
    long = ("get", "/a", "G", "x" * 80)
    cut = names(catalog([long]))["GET", "/a"][1]
    head, _, digits = cut.rpartition("_")
    found = names(catalog([long, ("get", "/b", head.replace("_", "ö"), digits)]))
    assert found["GET", "/a"][1] == cut
    assert len({wire for _, wire in found.values()}) == 2
    assert found["GET", "/b"][1] != cut


def test_a_leading_digit_gets_an_underscore() -> None:
    """Gemini wants a letter or underscore first; the address keeps the digit."""
    assert names(catalog([("get", "/a", "1-Click", "get")])) == {("GET", "/a"): ("1Click.get", "_1Click_get")}


def test_a_source_that_is_not_the_default_one_prefixes_its_addresses() -> None:
    """`<source>.<group>.<leaf>`."""
    assert names(catalog([("get", "/a", "T", "x")], prefix="pets")) == {("GET", "/a"): ("pets.t.x", "pets_t_x")}


def test_a_broken_operation_keeps_its_name_reserved() -> None:
    """Mending an operation renames no other: names are given over all that were read."""
    bad = {
        "tags": ["T"],
        "operationId": "same",
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/no"}}}},
    }
    good = {"tags": ["T"], "operationId": "same"}
    broken = catalog_of(document({"/a": {"post": bad}, "/b": {"post": good}}))
    mended = catalog_of(document({"/a": {"post": good}, "/b": {"post": good}}))
    assert names(broken)["POST", "/b"] == names(mended)["POST", "/b"]


def test_the_listing_is_ordered_by_casefolded_address() -> None:
    """Case does not part what belongs together, and the order is the same every time."""
    made = catalog(
        [("get", "/1", "b", "x"), ("get", "/2", "A", "x"), ("get", "/3", "a", "Z z"), ("get", "/4", "a", "zA")]
    )
    assert [tool.address for tool in made.tools] == sorted((tool.address for tool in made.tools), key=str.casefold)


operations = st.tuples(
    st.sampled_from(["get", "post", "delete"]),
    st.sampled_from(["/a", "/b", "/a/b", "/A", "/x-y", "/x_y"]),
    st.sampled_from(["Tag", "tag", "1 Tag", "größe", "grüße", "T" * 60]),
    st.sampled_from(["get", "Get", "get_it", "getIt", "ä", "ö", "long" * 20, ""]),
)


@given(st.lists(operations, min_size=1, max_size=7, unique_by=lambda each: each[:2]))
@example([("get", "/b", "Tag", "ä"), ("get", "/a/b", "Tag", "ö"), ("get", "/a", "Tag", "ä")])
@settings(max_examples=60, deadline=None)
def test_an_operation_added_behind_renames_no_other(described: list[tuple[str, str, str, str]]) -> None:
    """Names are unique and portable; one operation more at the end changes no other name, equal or not."""
    *before, newcomer = described
    after = names(catalog(described))
    assert len({address.casefold() for address, _ in after.values()}) == len(after)
    assert len({wire.casefold() for _, wire in after.values()}) == len(after)
    assert all(PORTABLE.match(wire) for _, wire in after.values())
    if before and newcomer[1] not in {path for _, path, _, _ in before}:
        known = names(catalog(before))
        assert {key: after[key] for key in known} == known
