"""Overlays change a document before it is read, and every action without effect is reported."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents_room.overlay_files import THINGS, changed, loaded, overlay_file, refusal, warnings
from specport.documents import merging, overlay
from specport.documents.load import load_document
from specport.documents.model import File


def test_an_object_is_merged_into_an_object() -> None:
    """New members are added, equal ones replaced, objects inside merged, all others stay."""
    root = changed(
        {"target": "$", "update": {"info": {"title": "Better", "license": {"name": "MIT"}}}},
        {"target": "$.info", "update": {"license": {"url": "https://example.com"}}},
    )
    assert root["info"] == {
        "title": "Better",
        "version": "1",
        "license": {"name": "MIT", "url": "https://example.com"},
    }
    assert {**root, "info": THINGS["info"]} == THINGS


@pytest.mark.parametrize("version", ["1.0.0", "1.0.7", "1.1.0", "1.1"])
@pytest.mark.parametrize(
    ("update", "added"),
    [
        pytest.param({"name": "new"}, [{"name": "new"}], id="object"),
        pytest.param([{"name": "x"}, {"name": "y"}], [{"name": "x"}, {"name": "y"}], id="array"),
        pytest.param("word", ["word"], id="text"),
        pytest.param(None, [None], id="null"),
    ],
)
def test_an_update_of_an_array_is_added_to_its_end(version: str, update: Any, added: list[Any]) -> None:
    """An array is joined to it, anything else becomes its last item."""
    assert changed({"target": "$.tags", "update": update}, version=version)["tags"] == [*THINGS["tags"], *added]


def test_arrays_inside_a_merged_object_are_joined() -> None:
    """As section 4.4.3 of Overlay 1.1 says of a property that is an array on both sides."""
    root = changed({"target": "$.paths['/things'].get", "update": {"tags": ["new"], "security": []}})
    assert root["paths"]["/things"]["get"]["tags"] == ["read", "old", "new"]
    assert root["paths"]["/things"]["get"]["security"] == []


def test_one_update_reaches_every_target() -> None:
    """Wildcards select operations of all paths."""
    root = changed({"target": "$.paths.*.get", "update": {"x-safe": True}})
    assert [item["get"].get("x-safe") for item in root["paths"].values()] == [True, True]
    assert "x-safe" not in root["paths"]["/things"]["post"]


def test_a_plain_value_is_replaced() -> None:
    """By any other plain value, null among them."""
    root = changed(
        {"target": "$.paths['/things'].get.summary", "update": "All things"},
        {"target": "$.paths['/things'].get.tags[1]", "update": 1},
        {"target": "$.info.title", "update": None},
    )
    assert root["paths"]["/things"]["get"]["summary"] == "All things"
    assert root["paths"]["/things"]["get"]["tags"] == ["read", 1]
    assert root["info"]["title"] is None


def test_what_looks_equal_in_python_is_still_replaced() -> None:
    """1, 1.0 and true are three JSON values."""
    root = changed({"target": "$.info", "update": {"x": 1}}, {"target": "$.info", "update": {"x": True}})
    assert root["info"]["x"] is True


@pytest.mark.parametrize(
    ("target", "left"),
    [
        pytest.param("$.paths['/things'].get.parameters[?@.name=='a']", ["b", "c"], id="by name"),
        pytest.param("$.paths['/things'].get.parameters[?(@.in == 'query')]", ["c"], id="several"),
        pytest.param("$.paths['/things'].get.parameters[?@.name=='c' && @.in=='header']", ["a", "b"], id="and"),
        pytest.param("$.paths['/things'].get.parameters[0,2]", ["b"], id="indices"),
        pytest.param("$.paths['/things'].get.parameters[-1]", ["a", "b"], id="last"),
        pytest.param("$.paths['/things'].get.parameters[2,0,0,-3]", ["b"], id="the same twice"),
        pytest.param("$.paths['/things'].get.parameters[::2]", ["b"], id="slice"),
        pytest.param("$.paths['/things'].get.parameters[*]", [], id="all"),
        pytest.param("$..parameters[?search(@.in, '^q')]", ["c"], id="search"),
        pytest.param("$..parameters[?match(@.in, 'he.*')]", ["a", "b"], id="match"),
    ],
)
def test_items_are_removed_from_an_array(target: str, left: list[str]) -> None:
    """Several of one array by one action, each the one that was meant before any of them went."""
    root = changed({"target": target, "remove": True})
    assert [parameter["name"] for parameter in root["paths"]["/things"]["get"]["parameters"]] == left


def test_members_are_removed_from_objects() -> None:
    """By name, by filter, at any depth; and what is inside of something removed goes with it."""
    root = changed(
        {"target": "$.paths[?@.get['x-traits'][?@ == 'paged']]", "remove": True},
        {"target": "$..['tags', 'name']", "remove": True},
    )
    assert list(root["paths"]) == ["/things"]
    assert "tags" not in root
    assert root["paths"]["/things"]["post"] == {"summary": "Make a thing"}


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_plain_values_can_be_removed(version: str) -> None:
    """From an object, and from an array."""
    root = changed(
        {"target": "$.paths.*.*.summary", "remove": True},
        {"target": "$.paths.*.get.tags[?@ == 'old']", "remove": True},
        version=version,
    )
    assert root["paths"]["/things"]["get"]["tags"] == ["read"]
    assert root["paths"]["/things"]["post"] == {"tags": ["write"]}


def test_a_removal_makes_an_update_count_for_nothing() -> None:
    """As section 4.4.3 says; `remove: false` removes nothing."""
    both = {"target": "$.tags", "update": {"name": "new"}}
    assert "tags" not in changed({**both, "remove": True})
    assert len(changed({**both, "remove": False})["tags"]) == 3


def test_an_action_sees_what_the_ones_before_it_left() -> None:
    """So an array is replaced by removing it and setting it anew, in one overlay or over several."""
    removing = {"target": "$.tags", "remove": True}
    setting = {"target": "$", "update": {"tags": [{"name": "only"}]}}
    assert changed(removing, setting)["tags"] == [{"name": "only"}]
    assert loaded(overlay_file(removing), overlay_file(setting)).root["tags"] == [{"name": "only"}]
    reverse = loaded(overlay_file(setting, name="a.yaml"), overlay_file(removing, name="b.yaml"))
    assert "tags" not in reverse.root


def test_a_path_item_is_copied() -> None:
    """Into one that has operations already, and into a new one; moving is copying and removing."""
    root = changed(
        {"target": "$.paths['/others']", "copy": "$.paths['/things']"},
        {"target": "$.paths", "update": {"/new": {}}},
        {"target": '$.paths["/new"]', "copy": '$.paths["/things"]'},
        {"target": '$.paths["/things"]', "remove": True},
    )
    assert list(root["paths"]) == ["/others", "/new"]
    assert root["paths"]["/new"] == THINGS["paths"]["/things"]
    assert root["paths"]["/others"]["get"]["summary"] == "List things"
    assert root["paths"]["/others"]["post"] == THINGS["paths"]["/things"]["post"]


def test_a_copy_does_not_change_with_its_source() -> None:
    """Copied is the value as it was."""
    root = changed(
        {"target": "$.paths['/others']", "copy": "$.paths['/things']"},
        {"target": "$.paths['/things'].post", "update": {"summary": "Changed"}},
    )
    assert root["paths"]["/others"]["post"]["summary"] == "Make a thing"


def test_an_overlay_may_add_what_makes_the_document_complete() -> None:
    """It is checked to be an OpenAPI document after overlays, not before."""
    adding = overlay_file({"target": "$", "update": {"paths": {"/": {"get": {"responses": {}}}}}})
    assert list(loaded(adding, described={"openapi": "3.1.0"}).root["paths"]) == ["/"]  # type: ignore[call-overload]
    removing = overlay_file({"target": "$.paths.*", "remove": True})
    assert refusal(removing) == "api.yaml: has no paths, so no operations"
    assert "has no `openapi` version field" in refusal(overlay_file({"target": "$.openapi", "remove": True}))


def test_overlays_and_documents_may_both_be_json_or_yaml() -> None:
    """In every combination."""
    api_yaml = b"openapi: 3.1.0\ninfo: {title: Small, version: '1'}\npaths:\n  /a: {get: {}}\n  /b: {get: {}}\n"
    api_json = b'{"openapi": "3.1.0", "paths": {"/a": {"get": {}}, "/b": {"get": {}}}}'
    fix_yaml = b"overlay: 1.0.0\nactions:\n- target: $.paths['/a']\n  remove: true\n"
    fix_json = b'{"overlay": "1.0.0", "actions": [{"target": "$.paths[\'/a\']", "remove": true}]}'
    for api in (api_yaml, api_json):
        for fix in (fix_yaml, fix_json):
            assert list(load_document(api, "api", [File("fix", fix)]).root["paths"]) == ["/b"]  # type: ignore[call-overload]


def test_values_that_yaml_aliases_share_change_alone() -> None:
    """An alias is another place, which the action does not name."""
    api = b"openapi: 3.1.0\npaths:\n  /a: &a {get: {tags: [x]}}\n  /b: *a\n"
    fix = overlay_file({"target": "$.paths['/a'].get.tags", "update": "y"})
    paths: Any = load_document(api, "api", [fix]).root["paths"]
    assert paths == {"/a": {"get": {"tags": ["x", "y"]}}, "/b": {"get": {"tags": ["x"]}}}


def test_what_goes_in_is_never_changed() -> None:
    """The parsed document and the overlay stay as they were, and what no action touches is the same object."""
    root = copy.deepcopy(THINGS)
    read = overlay.read_overlay(
        {
            "overlay": "1.1.0",
            "actions": [
                {"target": "$..tags", "update": ["new"]},
                {"target": "$.paths.*", "update": {"get": {"x": {"y": []}}}},
                {"target": "$.paths.*.get.x.y", "update": 1},
                {"target": "$.paths['/things'].post", "remove": True},
            ],
        },
        "fix.yaml",
    )
    first, _ = overlay.apply(root, read)
    second, _ = overlay.apply(root, read)
    assert root == THINGS
    assert first == second
    assert first["info"] is root["info"]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        pytest.param({"target": "$.paths['/x']", "remove": True}, "matches nothing", id="removal of nothing"),
        pytest.param({"target": "$.paths['/x']", "update": {}}, "matches nothing", id="update of nothing"),
        pytest.param({"target": "$.paths['/x']", "copy": "$.info"}, "matches nothing", id="copy to nothing"),
        pytest.param({"target": "$.info", "copy": "$.nowhere"}, "`copy` selects 0 values", id="copy of nothing"),
        pytest.param({"target": "$.info", "copy": "$.paths.*"}, "`copy` selects 2 values", id="copy of several"),
        pytest.param({"target": "$.info", "update": {"title": "Small"}}, "changes nothing", id="said already"),
        pytest.param({"target": "$.info.title", "update": "Small"}, "changes nothing", id="plain value said already"),
        pytest.param({"target": "$.tags", "update": []}, "changes nothing", id="no items"),
        pytest.param({"target": "$.info"}, "neither what to update nor to remove", id="nothing asked"),
        pytest.param({"target": "$.info", "remove": False}, "neither what", id="not to be removed"),
        pytest.param({"target": "$.info", "update": {}, "copy": "$.info"}, "both `update` and `copy`", id="both"),
        pytest.param({"target": "$.info", "update": ["x"]}, "an array cannot be merged into an object", id="array"),
        pytest.param({"target": "$.info", "update": "x"}, "a plain value cannot be merged into an object", id="text"),
        pytest.param({"target": "$.info.title", "update": {}}, "an object cannot be merged into a plain", id="object"),
        pytest.param({"target": "$.*", "update": {}}, "selects arrays and objects and plain values", id="all kinds"),
        pytest.param({"target": "$.info.title[0:2]", "remove": True}, "matches nothing", id="slice of a text"),
        pytest.param({"target": "$.tags[9]", "remove": True}, "matches nothing", id="index beyond the end"),
    ],
)
def test_an_action_without_effect_is_reported_once_and_changes_nothing(action: Any, words: str) -> None:
    """One sentence that names the overlay, the action's number and its target; the actions around it count."""
    around = {"target": "$.info", "update": {"x-one": 1}}, {"target": "$.info", "update": {"x-two": 2}}
    result = loaded(overlay_file(around[0], action, around[1]))
    [(_, sentence)] = result.warnings
    assert sentence.startswith("action 2 of fix.yaml ")
    assert words in sentence
    assert sentence.endswith(f": {action['target']}")
    assert result.root == {**THINGS, "info": {**THINGS["info"], "x-one": 1, "x-two": 2}}


def test_a_report_points_at_the_first_target() -> None:
    """A JSON Pointer into the document; the whole of it where nothing matched."""
    file = overlay_file({"target": "$.paths.*", "update": 1}, {"target": "$.nowhere", "remove": True})
    assert [pointer for pointer, _ in loaded(file).warnings] == ["/paths/~1things", ""]


def test_members_of_another_kind_are_left_and_reported_and_the_rest_is_merged() -> None:
    """Section 4.4.3 calls them incompatible; the overlay's null for an object is one of them."""
    update = {"summary": "New", "tags": "one", "parameters": {"x": 1}, "x-new": {"a": [1]}}
    [(_, sentence)] = (result := loaded(overlay_file({"target": "$.paths['/things'].get", "update": update}))).warnings
    assert "leaves values of another kind as they are, at /paths/~1things/get/tags, " in sentence
    get: Any = result.root["paths"]["/things"]["get"]  # type: ignore[index]
    old = THINGS["paths"]["/things"]["get"]
    assert get == {**old, "summary": "New", "x-new": {"a": [1]}}
    all_of_them = {key: [1] for key in THINGS} | {"tags": 1}
    assert warnings({"target": "$", "update": all_of_them})[0].endswith("/openapi, /info, /paths and 1 more: $")


def test_overlay_1_0_updates_no_plain_values() -> None:
    """They are set through the object around them; 1.1 allows both."""
    [sentence] = warnings({"target": "$.info.title", "update": "x"}, version="1.0.0")
    assert "Overlay 1.0 updates no plain values but the object around them" in sentence


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("match(@, 'ab')", ["ab"]),
        ("search(@, 'ab')", ["ab", "cab", "abc"]),
        ("match(@, 'a|ab')", ["ab", "a"]),
        ("match(@, 'a.c')", ["a\u00e9c", "abc", "a.c"]),
        ("match(@, 'a[.]c')", ["a.c"]),
        ("match(@, 'a\\\\.c')", ["a.c"]),
        ("match(@, '\\\\p{Lu}.*')", ["Upper"]),
        ("search(@, '(unclosed')", []),
        ("match(@, 1)", []),
        ("length(@) == 2", ["ab"]),
        ("@ > 'ca'", ["cab"]),
        ("!search(@, '[a-z]')", []),
    ],
)
def test_patterns_are_those_of_rfc_9485(query: str, fits: list[str]) -> None:
    """`match` is about the whole text, `search` about any part; a dot is no line break, and no pattern fits nothing."""
    words = ["ab", "cab", "abc", "a", "a\nc", "a\rc", "a\u00e9c", "a.c", "Upper"]
    result: Any = loaded(overlay_file({"target": f"$.x[?{query}]", "remove": True}), described={**THINGS, "x": words})
    gone = [word for word in words if word not in result.root["x"]]
    assert sorted(gone) == sorted(fits)


def test_a_path_of_the_digitalocean_document_is_removed(test_data: Path) -> None:
    """One path goes, all other 192 stay as they are."""
    data = (test_data / "specs" / "digitalocean.json").read_bytes()
    plain = load_document(data, "digitalocean.json")
    fix = overlay_file({"target": "$.paths['/v2/account/keys']", "remove": True}, version="1.0.0")
    result = load_document(data, "digitalocean.json", [fix])
    assert result.warnings == ()
    paths: Any = plain.root["paths"]
    assert result.root["paths"] == {path: item for path, item in paths.items() if path != "/v2/account/keys"}
    assert {**result.root, "paths": 0} == {**plain.root, "paths": 0}


NAMES = st.sampled_from(["a", "b", "c", "~/", ""])
PLAIN = st.sampled_from([None, True, False, 0, 1, 1.0, -0.0, "", "text"])
OBJECTS = st.recursive(
    st.dictionaries(NAMES, PLAIN, max_size=3), lambda inner: st.dictionaries(NAMES, PLAIN | inner, max_size=3)
)


@settings(deadline=None)
@given(target=OBJECTS, update=OBJECTS)
def test_merging_objects_twice_is_merging_them_once(target: Any, update: Any) -> None:
    """The second time changes nothing, and says so by giving back the same object; what no one names stays."""
    once = merging.merged(target, update, (), [])
    misfits: list[Any] = []
    assert merging.merged(once, update, (), misfits) is once
    assert {key: value for key, value in once.items() if key not in update} == {
        key: value for key, value in target.items() if key not in update
    }
    assert list(once)[: len(target)] == list(target)


@settings(deadline=None)
@given(target=OBJECTS)
def test_merging_into_an_empty_object_gives_the_update(target: Any) -> None:
    """And an empty update gives the target."""
    assert merging.merged({}, target, (), []) == target
    assert merging.merged(target, {}, (), []) is target
