"""Requests that are not what the document asks for are refused, and told why."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sandbox_rooms import OpenRoom, answers, in_path, query, takes

from specport.sandbox.app import MAX_BODY

pytestmark = pytest.mark.anyio

OK = answers({"type": "object"})
COLOR = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "integer"}}, "required": ["R"]}
NUMBERS = {"type": "array", "items": {"type": "integer"}, "minItems": 2}


def refusal(response: httpx2.Response, status: int) -> str:
    """The message of an error answer with this status."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"id", "message"}
    return str(response.json()["message"])


async def test_a_missing_credential_is_401(room: OpenRoom) -> None:
    """Any Authorization header will do, none will not."""
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    async with room({"/x": {"get": OK}}, components=schemes, security=[{"token": []}]) as client:
        assert (await client.get("/x")).status_code == 200
        assert "token" in refusal(await client.get("/x", headers={"Authorization": ""}), 401)


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("header", {"headers": {"X-Key": "k"}}),
        ("query", {"params": {"X-Key": "k"}}),
        ("cookie", {"headers": {"Cookie": "X-Key=k"}}),
    ],
)
async def test_an_api_key_is_looked_for_in_its_own_place(room: OpenRoom, place: str, sent: dict[str, Any]) -> None:
    """An Authorization header is no api key; a key in the query is no undeclared parameter."""
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": place, "name": "X-Key"}}}
    async with room({"/x": {"get": {**OK, "security": [{"key": []}]}}}, components=schemes) as client:
        assert (await client.get("/x")).status_code == 401
        assert (await client.get("/x", **sent)).status_code == 200


async def test_one_alternative_of_several_is_enough(room: OpenRoom) -> None:
    """An empty requirement makes credentials optional."""
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    async with room({"/x": {"get": {**OK, "security": [{"token": []}, {}]}}}, components=schemes) as client:
        assert (await client.get("/x", headers={"Authorization": ""})).status_code == 200


async def test_an_undeclared_query_parameter_is_refused_and_the_declared_ones_named(room: OpenRoom) -> None:
    """A typing mistake in a name does not go unnoticed."""
    async with room({"/x": {"get": {**OK, "parameters": [query("page", {"type": "integer"})]}}}) as client:
        message = refusal(await client.get("/x?pgae=2"), 400)
    assert "pgae" in message
    assert "page" in message


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (query("n", {"type": "integer", "minimum": 1}), "?n=3", "?n=0"),
        (query("n", {"type": "integer"}, required=True), "?n=3", ""),
        (query("b", {"type": "boolean"}), "?b=true", "?b=True"),
        (query("e", {"enum": ["a", "b"]}), "?e=b", "?e=c"),
        (query("a", NUMBERS), "?a=1&a=2", "?a=1,2"),
        (query("a", NUMBERS, explode=False), "?a=1,2", "?a=1,x"),
        (query("a", NUMBERS, style="pipeDelimited", explode=False), "?a=1%7C2", "?a=1,2"),
        (query("a", NUMBERS, style="spaceDelimited", explode=False), "?a=1%202", "?a=1,2"),
        (query("b", {"type": "boolean"}, required=True, allowEmptyValue=True), "?b=", "?b=x"),
        (query("o", COLOR, style="deepObject", required=True), "?o[R]=1&o%5BG%5D=2", "?o=%7B%22R%22:1%7D"),
        (query("o", COLOR, required=True), "?R=1&G=2", "?G=2"),
        (query("o", COLOR, explode=False), "?o=R,1,G,2", "?o=R,x"),
        (
            {"name": "j", "in": "query", "content": {"application/json": {"schema": COLOR}}},
            "?j=%7B%22R%22:1%7D",
            "?j=%7B",
        ),
    ],
)
async def test_query_parameters_are_read_by_style_and_checked(
    room: OpenRoom, parameter: dict[str, Any], good: str, bad: str
) -> None:
    """OAS 3.1 section 4.8.12.2: each style undone, each text typed by its schema, then validated."""
    async with room({"/x": {"get": {**OK, "parameters": [parameter]}}}) as client:
        response = await client.get(f"/x{good}")
        assert response.status_code == 200, response.text
        refusal(await client.get(f"/x{bad}"), 400)


@pytest.mark.parametrize(
    ("style", "explode", "schema", "good", "bad"),
    [
        ("simple", False, {"type": "integer"}, "5", "five"),
        ("simple", False, NUMBERS, "1,2", "1"),
        ("simple", True, COLOR, "R=1,G=2", "G=2"),
        ("simple", False, COLOR, "R,1", "R,x"),
        ("label", True, NUMBERS, ".1.2", ".1"),
        ("matrix", True, NUMBERS, ";v=1;v=2", ";v=1"),
        ("matrix", False, NUMBERS, ";v=1,2", ";v=x"),
    ],
)
async def test_path_parameters_are_read_by_style_and_checked(
    room: OpenRoom, *, style: str, explode: bool, schema: Any, good: str, bad: str
) -> None:
    """The pointer of the refusal names the place and the parameter."""
    parameter = in_path("v", schema, style=style, explode=explode)
    async with room({"/x/{v}": {"get": {**OK, "parameters": [parameter]}}}) as client:
        response = await client.get(f"/x/{good}")
        assert response.status_code == 200, response.text
        assert "/path/v" in refusal(await client.get(f"/x/{bad}"), 400)


async def test_headers_and_cookies_are_checked_too(room: OpenRoom) -> None:
    """Header names are found in any case; exploded cookies repeat their name."""
    header = {"name": "X-Sure", "in": "header", "required": True, "schema": {"type": "boolean"}}
    cookie = {"name": "c", "in": "cookie", "schema": NUMBERS}
    async with room({"/x": {"get": {**OK, "parameters": [header, cookie]}}}) as client:
        assert "/header/X-Sure" in refusal(await client.get("/x"), 400)
        good = {"x-sure": "true", "Cookie": "c=1; c=2"}
        assert (await client.get("/x", headers=good)).status_code == 200
        assert "/cookie/c" in refusal(await client.get("/x", headers={**good, "Cookie": "c=x; c=2"}), 400)


async def test_a_body_violation_names_the_member_and_the_reason(room: OpenRoom) -> None:
    """422 with the JSON Pointer under `/body`; for a choice, the branch that comes nearest is blamed."""
    text = {
        "type": "object",
        "required": ["kind", "text"],
        "properties": {"kind": {"const": "text"}, "text": {"type": "string"}},
    }
    count = {
        "type": "object",
        "required": ["kind", "n"],
        "properties": {"kind": {"const": "count"}, "n": {"type": "integer"}},
    }
    async with room({"/x": {"post": {**OK, **takes({"oneOf": [text, count]})}}}) as client:
        message = refusal(await client.post("/x", json={"kind": "count", "n": "many"}), 422)
        assert "/body/n" in message
        assert "integer" in message
        assert (await client.post("/x", json={"kind": "text", "text": "t"})).status_code == 200


async def test_read_only_members_are_not_asked_for_in_requests(room: OpenRoom) -> None:
    """A required read-only member belongs to answers alone."""
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {}},
    }
    async with room({"/x": {"post": {**OK, **takes(schema)}}}) as client:
        assert (await client.post("/x", json={"name": "n"})).status_code == 200


async def test_bodies_are_refused_for_absence_type_syntax_and_size(room: OpenRoom) -> None:
    """400 for none and for broken JSON, 415 for another media type, 413 over the limit, 400 where none is taken."""
    async with room({"/x": {"post": {**OK, **takes({})}, "delete": OK}}) as client:
        assert "/body" in refusal(await client.post("/x"), 400)
        json = {"Content-Type": "application/json"}
        assert "line 1" in refusal(await client.post("/x", content=b'{"a":', headers=json), 400)
        assert "application/json" in refusal(
            await client.post("/x", content=b"a", headers={"Content-Type": "text/plain"}), 415
        )
        refusal(await client.post("/x", content=b"a"), 415)
        assert (
            await client.post("/x", content=b"{}", headers={"Content-Type": "application/json; charset=utf-8"})
        ).status_code == 200
        refusal(await client.post("/x", content=b"x" * (MAX_BODY + 1), headers=json), 413)
        refusal(await client.request("DELETE", "/x", json={"a": 1}), 400)


async def test_a_body_too_deep_to_check_is_refused(room: OpenRoom) -> None:
    """The validator gives up on a few hundred levels; the request is answered all the same."""
    async with room({"/x": {"post": {**OK, **takes({"type": "object"})}}}) as client:
        deep = b"[" * 900 + b"]" * 900
        response = await client.post("/x", content=deep, headers={"Content-Type": "application/json"})
        assert "deeper" in refusal(response, 422)


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data"])
async def test_forms_are_read_as_the_object_they_stand_for(room: OpenRoom, media: str) -> None:
    """Texts are typed by the schema, repeated names are arrays, objects travel as JSON."""
    properties = {"n": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}, "o": COLOR}
    schema = {"type": "object", "properties": properties, "required": ["n"], "additionalProperties": False}
    fields = {"n": "5", "tags": ["a", "b"], "o": '{"R": 1}'}
    parts = [("n", (None, "5")), ("tags", (None, "a")), ("tags", (None, "b")), ("o", (None, '{"R": 1}'))]
    async with room({"/x": {"post": {**OK, **takes(schema, media=media)}}}) as client:
        good: dict[str, Any] = {"data": fields} if "urlencoded" in media else {"files": parts}
        response = await client.post("/x", **good)
        assert response.status_code == 200, response.text
        bad: dict[str, Any] = {"data": {"n": "many"}} if "urlencoded" in media else {"files": [("n", (None, "many"))]}
        assert "/body/n" in refusal(await client.post("/x", **bad), 422)


async def test_a_schema_that_cannot_be_read_checks_nothing(room: OpenRoom) -> None:
    """A fault of the document never becomes a 500."""
    broken = {"$ref": "#/components/schemas/Missing"}
    paths = {"/x": {"post": {**answers({"type": "object", "properties": {"a": broken}}), **takes(broken)}}}
    async with room(paths) as client:
        assert (await client.post("/x", json={"anything": 1})).status_code == 200
