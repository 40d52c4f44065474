"""Collections keep what is put into them."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_rooms import OpenRoom, answers, in_path, query, takes

pytestmark = pytest.mark.anyio

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "status": {"type": "string", "enum": ["active", "new"]},
        "region": {"type": "object", "properties": {"slug": {"type": "string"}, "name": {"type": "string"}}},
        "size": {"type": "object", "properties": {"slug": {"type": "string"}}},
        "size_slug": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "created_at": {"type": "string", "format": "date-time"},
    },
}
NEW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"}, "names": {"type": "array", "items": {"type": "string"}},
        "region": {"type": "string"}, "size": {"type": "string"}, "tags": {"type": "array", "default": []},
        "ignored": {},
    },
}  # fmt: skip
LINKS = {"type": "object", "properties": {"pages": {"type": "object"}}}
META = {"type": "object", "properties": {"total": {"type": "integer"}}, "required": ["total"]}
DONE = answers(status="204")


def wrapped(name: str, schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def crud(path: str, parameter: dict[str, Any], *, one: Any, many: Any, sent: Any = NEW) -> dict[str, Any]:
    """The two paths of a collection with all five operations."""
    paging = [query("page", {"type": "integer", "default": 1}), query("per_page", {"type": "integer", "default": 20})]
    return {
        path: {"get": {**answers(many), "parameters": paging}, "post": {**answers(one, status="201"), **takes(sent)}},
        f"{path}/{{{parameter['name']}}}": {
            "parameters": [parameter], "get": answers(one), "delete": DONE,
            "put": {**answers(one), **takes(sent)}, "patch": {**answers(one), **takes(sent)},
        },
    }  # fmt: skip


def wrapped_pets() -> dict[str, Any]:
    many = {"allOf": [wrapped("pets", {"type": "array", "items": PET}), {"properties": {"links": LINKS, "meta": META}}]}
    several = {"oneOf": [wrapped("pet", PET), wrapped("pets", {"type": "array", "items": PET})]}
    paths = crud("/pets", in_path("pet_id", {"type": "integer"}), one=wrapped("pet", PET), many=many)
    paths["/pets"]["post"] = {**answers(several, status="202"), **takes(NEW)}
    return paths


async def test_a_wrapped_resource_lives_from_post_to_delete(room: OpenRoom) -> None:
    """What was sent is laid over the resource, in the form the resource has it."""
    async with room(wrapped_pets()) as client:
        empty = (await client.get("/pets")).json()
        assert empty == {"pets": [], "links": {}, "meta": {"total": 0}}
        sent = {"name": "rex", "region": "ams3", "size": "small", "ignored": 1}
        created = (await client.post("/pets", json=sent)).json()["pet"]
        assert created["name"] == "rex"
        assert created["region"] == {"slug": "ams3", "name": "ams3"}
        assert (created["size"], created["size_slug"]) == ({"slug": "small"}, "small")
        assert (created["tags"], created["status"]) == ([], "new")
        assert created["created_at"] == "2027-01-15T08:00:00Z"
        where = f"/pets/{created['id']}"
        read = (await client.get(where)).json()["pet"]
        assert read == {**created, "status": "active"}
        assert (await client.get("/pets")).json()["pets"] == [read]
        changed = (await client.patch(where, json={"name": "max"})).json()["pet"]
        assert changed == {**read, "name": "max"}
        assert (await client.put(where, json={"tags": ["a"]})).json()["pet"]["tags"] == ["a"]
        assert (await client.delete(where)).status_code == 204
        gone = await client.get(where)
        assert (gone.status_code, gone.json()["id"]) == (404, "not_found")
        assert (await client.delete(where)).status_code == 404
        assert (await client.get("/pets")).json()["meta"]["total"] == 0


async def test_a_bare_resource_in_a_bare_list_works_as_well(room: OpenRoom) -> None:
    """No wrapper, a UUID for an id."""
    thing = {
        "type": "object",
        "properties": {"uuid": {"type": "string", "format": "uuid"}, "title": {"type": "string"}},
    }
    paths = crud("/things", in_path("thingId", {"type": "string", "format": "uuid"}), one=thing,
                 many={"type": "array", "items": thing}, sent={"type": "object"})  # fmt: skip
    async with room(paths) as client:
        first = (await client.post("/things", json={"title": "one"})).json()
        second = (await client.post("/things", json={"title": "two"})).json()
        assert first["uuid"] != second["uuid"]
        assert (await client.get(f"/things/{second['uuid']}")).json()["title"] == "two"
        assert [thing["title"] for thing in (await client.get("/things")).json()] == ["one", "two"]


async def test_several_names_create_several_resources(room: OpenRoom) -> None:
    """`names` where the resource has `name`, answered under the plural."""
    async with room(wrapped_pets()) as client:
        created = (await client.post("/pets", json={"names": ["a", "b"]})).json()["pets"]
        assert [pet["name"] for pet in created] == ["a", "b"]
        assert created[0]["id"] != created[1]["id"]
        assert (await client.get("/pets")).json()["meta"] == {"total": 2}


async def test_lists_come_in_pages_with_absolute_links(room: OpenRoom) -> None:
    """`links.pages` has only the links that lead somewhere else, and keeps the other parameters."""
    async with room(wrapped_pets()) as client:
        for name in "abcde":
            await client.post("/pets", json={"name": name})
        first = (await client.get("/pets?per_page=2")).json()
        base = "http://sandbox.test/pets"
        assert [pet["name"] for pet in first["pets"]] == ["a", "b"]
        assert first["meta"] == {"total": 5}
        assert first["links"]["pages"] == {"next": f"{base}?page=2&per_page=2", "last": f"{base}?page=3&per_page=2"}
        last = (await client.get(first["links"]["pages"]["last"])).json()
        assert [pet["name"] for pet in last["pets"]] == ["e"]
        assert set(last["links"]["pages"]) == {"first", "prev"}


async def test_lists_without_page_numbers_never_promise_more(room: OpenRoom) -> None:
    """A cursor that leads nowhere would keep a client asking forever."""
    properties = {
        "data": {"type": "array", "items": PET},
        "has_more": {"type": "boolean"},
        "next_cursor": {"type": "string"},
    }
    schema = {"type": "object", "properties": properties, "required": ["data", "has_more"]}
    async with room(
        {"/pets": {"get": {**answers(schema), "parameters": [query("limit", {"type": "integer"})]}}}
    ) as client:
        body = (await client.get("/pets?limit=2")).json()
        assert len(body["data"]) == 2
        assert body["has_more"] is False
        assert not body.get("next_cursor")


@pytest.mark.parametrize(
    ("takes_cursor", "told"),
    [
        ("cursor", {"next_cursor": {"type": "string"}, "has_more": {"type": "boolean"}}),
        ("pageToken", {"nextPageToken": {"type": ["string", "null"]}}),
        ("starting_after", {"has_more": {"type": "boolean"}}),
        ("continue", {"metadata": {"type": "object", "properties": {"continue": {"type": "string"}}}}),
    ],
)
async def test_lists_with_cursors_lead_to_their_end(room: OpenRoom, takes_cursor: str, told: dict[str, Any]) -> None:
    """Each page names the next by what the parameter takes, or by its last resource; the last one names none."""
    properties = {"data": {"type": "array", "items": PET}, **told}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    paging = [query("limit", {"type": "integer"}), query(takes_cursor, {"type": "string"})]
    paths = {"/pets": {"get": {**answers(schema), "parameters": paging}, "post": {**answers(PET), **takes(NEW)}}}
    paths["/pets/{id}"] = {"parameters": [in_path("id", {"type": "integer"})], "delete": DONE}
    async with room(paths) as client:
        for name in "abcde":
            await client.post("/pets", json={"name": name})
        names, cursor = list[str](), ""
        for _ in range(3):
            page = (await client.get("/pets", params={"limit": 2} | ({takes_cursor: cursor} if cursor else {}))).json()
            names += [pet["name"] for pet in page["data"]]
            given = {**page, **page.get("metadata", {})}
            cursor = next((given[name] for name in ("next_cursor", "nextPageToken", "continue") if name in given), "")
            cursor = cursor if takes_cursor != "starting_after" else str(page["data"][-1]["id"])
        assert names == list("abcde")
        assert not page.get("has_more")
        assert not cursor or takes_cursor == "starting_after"


async def test_read_only_collections_list_a_few_distinct_resources(room: OpenRoom) -> None:
    """Words that the document enumerates come before made-up ones; an unknown key gets an example of itself."""
    region = {
        "type": "object",
        "properties": {"slug": {"type": "string", "example": "nyc3"}, "name": {"type": "string"}},
    }
    paths = {
        "/regions": {"get": answers(wrapped("regions", {"type": "array", "items": region}))},
        "/regions/{slug}": {
            "parameters": [in_path("slug", {"type": "string"})],
            "get": answers(wrapped("region", region)),
            "delete": DONE,
        },
        "/where": {"get": {**answers({}), "parameters": [query("region", {"enum": ["ams3", "nyc3", "fra1"]})]}},
    }
    async with room(paths) as client:
        listed = (await client.get("/regions")).json()["regions"]
        assert [each["slug"] for each in listed] == ["nyc3", "ams3", "fra1"]
        assert (await client.get("/regions/ams3")).json()["region"] == listed[1]
        assert (await client.get("/regions/lon1")).json()["region"]["slug"] == "lon1"
        assert (await client.delete("/regions/ams3")).status_code == 204
        assert (await client.get("/regions/ams3")).status_code == 404


async def test_children_belong_to_their_parent_and_go_with_it(room: OpenRoom) -> None:
    """Each parent has its own records; deleting and making a parent anew does not bring them back."""
    domain = {"type": "object", "properties": {"name": {"type": "string"}}}
    record = {"type": "object", "properties": {"id": {"type": "integer"}, "data": {"type": "string"}}}
    sent = {"type": "object", "properties": {"name": {"type": "string"}, "data": {"type": "string"}}}
    name = in_path("domain_name", {"type": "string"})
    paths = crud(
        "/domains",
        name,
        one=wrapped("domain", domain),
        many=wrapped("domains", {"type": "array", "items": domain}),
        sent=sent,
    )
    children = crud(
        "/domains/{domain_name}/records",
        in_path("record_id", {"type": "integer"}),
        one=wrapped("record", record),
        many=wrapped("records", {"type": "array", "items": record}),
        sent=sent,
    )
    for item in children.values():
        item["parameters"] = [*item.get("parameters", []), name]
    async with room({**paths, **children}) as client:
        missing = await client.post("/domains/a.test/records", json={"data": "x"})
        assert (missing.status_code, missing.json()["message"]) == (404, "/domains/a.test does not exist")
        for domain_name in ("a.test", "b.test"):
            await client.post("/domains", json={"name": domain_name})
        record_id = (await client.post("/domains/a.test/records", json={"data": "x"})).json()["record"]["id"]
        assert (await client.get(f"/domains/a.test/records/{record_id}")).json()["record"]["data"] == "x"
        assert (await client.get("/domains/b.test/records")).json() == {"records": []}
        await client.delete("/domains/a.test")
        assert (await client.get("/domains/a.test/records")).status_code == 404
        await client.post("/domains", json={"name": "a.test"})
        assert (await client.get("/domains/a.test/records")).json() == {"records": []}


async def test_a_key_that_was_chosen_by_the_caller_is_kept_and_cannot_be_taken_twice(room: OpenRoom) -> None:
    """409 names the member; the resource of that name stays as it is."""
    tag = {"type": "object", "properties": {"name": {"type": "string"}}}
    paths = crud(
        "/tags",
        in_path("tag_id", {"type": "string"}),
        one=wrapped("tag", tag),
        many=wrapped("tags", {"type": "array", "items": tag}),
    )
    async with room(paths) as client:
        assert (await client.post("/tags", json={"name": "web"})).json() == {"tag": {"name": "web"}}
        again = await client.post("/tags", json={"name": "web"})
        assert (again.status_code, again.json()["id"]) == (409, "conflict")
        assert (await client.get("/tags/web")).status_code == 200


async def test_actions_and_singletons_answer_an_example(room: OpenRoom) -> None:
    """A POST that no item path answers for changes nothing."""
    paths = {
        "/registry/check": {"post": answers({"const": "fine"})},
        "/account": {"get": answers(wrapped("account", PET))},
    }
    async with room(paths) as client:
        assert (await client.post("/registry/check")).json() == "fine"
        assert (await client.get("/account")).json()["account"]["name"]


async def test_paths_with_a_closing_slash_or_suffix_are_collections_too(room: OpenRoom) -> None:
    """`/pets/` with `/pets/{id}/`, and `/calls.json` with `/calls/{id}.json`."""
    bare = crud("/x", in_path("id", {"type": "integer"}), one=PET, many={"type": "array", "items": PET})
    collection, item = bare["/x"], bare["/x/{id}"]
    paths = {"/pets/": collection, "/pets/{id}/": item, "/calls.json": collection, "/calls/{id}.json": item}
    async with room(paths) as client:
        for made, read in (("/pets/", "/pets/{}/"), ("/calls.json", "/calls/{}.json")):
            pet = (await client.post(made, json={"name": "rex"})).json()
            assert (await client.get(read.format(pet["id"]))).json()["name"] == "rex"
            assert (await client.get(read.format(1))).status_code == 404
