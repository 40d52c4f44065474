"""What changed between two documents of one source, in the words that a person or a model gets."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_documents import catalog_of, document, path_parameter, query, taking
from specport.catalog.changes import changes
from specport.catalog.changes_model import MAX_LINE, MAX_SHOWN, Changes
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.schema_changes import FURTHER
from specport.catalog.schema_pairs import MAX_LINES


def between(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    """The changes from one document to another."""
    return changes(catalog_of(old), catalog_of(new))


def of_operation(old: dict[str, Any], new: dict[str, Any], *, path: str = "/things", **rest: Any) -> list[str]:
    """What is said of the one operation that both documents have; nothing else changed."""
    found = between(document({path: {"post": old}}, **rest), document({path: {"post": new}}, **rest))
    assert not found.added + found.removed
    return [line for each in found.changed for line in each.lines]


def of_body(old: Any, new: Any, **rest: Any) -> list[str]:
    """What is said of a JSON body whose schema changed."""
    return of_operation(taking(old), taking(new), **rest)


def of(title: str = "", **properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "properties": properties, **({"title": title} if title else {})}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (TEXT, NUMBER, ["body string -> integer"]),
        (TEXT, {"type": ["string", "null"]}, ["body string -> null|string"]),
        ({}, TEXT, ["body any -> string"]),
        (of(a=TEXT), of(a=TEXT, b=TEXT), ["+body.b"]),
        (of(a=TEXT), {**of(a=TEXT, b=TEXT), "required": ["a", "b"]}, ["+body.b (required)", "body.a now required"]),
        ({**of(a=TEXT, b=TEXT), "required": ["a", "b"]}, of(a=TEXT), ["-body.b", "body.a now optional"]),
        (of(a=of(b=TEXT)), of(a=of(b=NUMBER)), ["body.a.b string -> integer"]),
        (
            of(a={"type": "array", "items": of(name=TEXT)}),
            of(a={"type": "array", "items": of(name=NUMBER)}),
            ["body.a[].name string -> integer"],
        ),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": NUMBER},
            ["body.* string -> integer"],
        ),
        (of(), {**of(), "additionalProperties": False}, ["body.* any -> nothing"]),
        (of(r={"enum": ["ams1", "fra1"]}), of(r={"enum": ["fra1", "nyc4"]}), ["body.r enum +nyc4 -ams1"]),
        (of(r={"enum": ["a", 1]}), of(r={}), ["body.r enum -a -1 (any now)"]),
        (of(r={}), of(r={"enum": [None, ""]}), ['body.r enum +null +"" (any before)']),
        (of(r={"enum": list("abcdefgh")}), of(r={"enum": list("h")}), ["body.r enum -a -b -c -d -e -f -1 more"]),
        (of(r={"enum": ["a", "b"]}), of(r={"enum": ["b", "a"]}), []),
        (of(a={**TEXT, "format": "date"}), of(a={**TEXT, "format": "uuid"}), ["body.a format date -> uuid"]),
        (of(a=TEXT), of(a={**TEXT, "pattern": "^a"}), ["body.a pattern added"]),
        (of(a={**TEXT, "pattern": "^b"}), of(a={**TEXT, "pattern": "^a"}), ["body.a pattern changed"]),
        (of(a={**TEXT, "pattern": "^b"}), of(a=TEXT), ["body.a pattern gone"]),
        (
            of(a={**NUMBER, "minimum": 1, "maximum": 5}),
            of(a={**NUMBER, "minimum": 0, "multipleOf": 2}),
            ["body.a +multipleOf 2", "body.a minimum 1 -> 0", "body.a -maximum 5"],
        ),
        (of(a=TEXT), of(a={**TEXT, "default": "x"}), ["body.a +default x"]),
        (of(a={**TEXT, "default": "x"}), of(a={**TEXT, "default": ""}), ['body.a default x -> ""']),
        (of(a=TEXT), of(a={**TEXT, "deprecated": True}), ["body.a now deprecated"]),
        (of(a={**TEXT, "description": "One."}), of(a={**TEXT, "description": "Two."}), ["description of body.a"]),
        (
            {"oneOf": [of(title="Card", no=TEXT), of(title="Bank", no=TEXT)]},
            {"oneOf": [of(title="Card", no=NUMBER), of(title="Cash"), of(title="Bank", no=TEXT)]},
            ["body alternatives +Cash", "body.no string -> integer"],
        ),
        (of(a=TEXT), of(a={"anyOf": [TEXT, {"type": "null"}]}), ["body.a string -> null|string"]),
        ({"allOf": [of(a=TEXT), of(b=TEXT)]}, {"allOf": [of(b=TEXT), of(a=TEXT)]}, []),
        ({"allOf": [of(a=TEXT), of(b=TEXT)]}, of(a=TEXT, c=TEXT), ["+body.c", "-body.b"]),
        ({"not": {"const": 1}}, {"not": {"const": 2}}, ["body<not> const 1 -> 2"]),
        (
            {"type": "array", "prefixItems": [TEXT, TEXT]},
            {"type": "array", "prefixItems": [TEXT, NUMBER]},
            ["body[1] string -> integer"],
        ),
        (of(**{"\x1b[31m\nx": TEXT}), of(), [r"-body.\x1b[31m x"]),
    ],
)  # fmt: skip
def test_each_difference_of_a_body_is_a_short_sentence(old: Any, new: Any, lines: list[str]) -> None:
    """With the dotted path of its place, what it was and what it is."""
    assert of_body(old, new) == lines


LIST = {"parameters": [query("tag_name"), query("page", NUMBER)], "responses": {}}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({}, {"parameters": [query("page", required=True)]}, ["+query page (required)"]),
        (LIST, {"parameters": [query("page", NUMBER)]}, ["-query tag_name"]),
        ({"parameters": [query("page")]}, {"parameters": [query("page", required=True)]}, ["query page now required"]),
        ({"parameters": [query("a")]}, {"parameters": [query("a") | {"in": "header"}]}, ["header a was in query"]),
        (
            {"parameters": [query("id")]},
            {"parameters": [query("id") | {"in": "header"}, query("id")]},
            ["+header id", "query id is argument id_query, was id", "description of query id"],
        ),
        (
            {"parameters": [query("a", {"type": "array", "items": TEXT}, style="form")]},
            {"parameters": [query("a", {"type": "array", "items": TEXT}, style="pipeDelimited")]},
            ["query a style form -> pipeDelimited"],
        ),
        ({"parameters": [query("a")]}, {"parameters": [query("a", allowReserved=True)]}, ["query a encoding"]),
        ({}, taking(TEXT), ["+body (required)"]),
        (taking(TEXT), {}, ["-body"]),
        (taking(of()), taking(of(), "application/x+json"), ["body +application/x+json -application/json"]),
        (
            {"requestBody": {"content": {"application/json": {"schema": of(a=TEXT)}}}},
            {"requestBody": {"content": {"application/json": {"schema": of()}, "text/csv": {"schema": TEXT}}}},
            ["body +text/csv", "-body.a"],
        ),
        (
            taking(of(a={"type": "array", "items": TEXT}), "application/x-www-form-urlencoded"),
            taking(
                of(a={"type": "array", "items": TEXT}), "application/x-www-form-urlencoded",
                encoding={"a": {"style": "pipeDelimited", "explode": False}},
            ),
            ["body.a encoding"],
        ),
        ({"security": [{"key": []}]}, {"security": [{"key": [], "mfa": []}, {}]}, ["security key -> key+mfa or none"]),
        (
            {},
            {"servers": [{"url": "https://eu.example.com"}]},
            ["servers the source's -> https://eu.example.com"],
        ),
        ({"tags": ["A"], "operationId": "x"}, {"tags": ["A", "B"], "operationId": "x"}, ["tags +B"]),
        ({"tags": ["A"], "operationId": "x"}, {"tags": ["A"], "operationId": "y"}, ["renamed from a.x"]),
        ({}, {"deprecated": True}, ["now deprecated"]),
        (
            {"x-specport": {"approve": True}},
            {"x-specport": {"approve": False}},
            ["the document no longer asks for a person's approval"],
        ),
        ({"description": "Old."}, {"description": "New."}, ["description"]),
        (
            {"responses": {"200": {"description": "", "content": {"application/json": {}}}}},
            {"responses": {"200": {"description": "", "content": {"text/csv": {}}}}},
            ["answers +text/csv -application/json"],
        ),
        ({"summary": "Same"}, {"summary": "Same", "externalDocs": {"url": "https://example.com"}}, []),
    ],
)  # fmt: skip
def test_each_difference_of_an_operation_is_a_short_sentence(
    old: dict[str, Any], new: dict[str, Any], lines: list[str]
) -> None:
    """Arguments by where they travel, then who is asked and how, then words."""
    schemes = {name: {"type": "http", "scheme": "bearer"} for name in ("key", "mfa")}
    assert of_operation(old, new, components={"securitySchemes": schemes}) == lines


def test_operations_are_matched_by_method_and_path() -> None:
    """Another name is a change, another method another operation; each line says enough to look it up."""
    old = document({"/pets": {"get": {"operationId": "list"}, "put": {"operationId": "set"}}})
    new = document({"/pets": {"get": {"operationId": "listAll"}, "post": {"operationId": "set"}}})
    found = between(old, new)
    assert found.lines(10) == [
        "+ pets.set POST /pets",
        "- pets.set PUT /pets",
        "~ pets.listAll: renamed from pets.list",
    ]
    assert found.summary == "1 tool added, 1 removed, 1 changed"
    assert between(old, old).summary == "no changes"
    assert not between(old, old)


def tree(*leaves: str) -> dict[str, Any]:
    """A document of two operations whose body is a tree of nodes with these members."""
    node = {"type": "object", "properties": dict.fromkeys(leaves, TEXT)}
    schemas = {"Node": node, "Nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}
    node["properties"] |= {"children": {"$ref": "#/components/schemas/Nodes"}}
    reference = taking({"$ref": "#/components/schemas/Node"})
    return document({"/a": {"post": reference}, "/b": {"post": reference}}, components={"schemas": schemas})


def test_what_many_tools_use_is_told_once_for_all_of_them() -> None:
    """A recursive schema that changed is followed until it comes back to itself."""
    assert between(tree("a"), tree("a", "b")).lines(10) == ["~ a.postA, b.postB: +body.b"]


def test_two_recursions_of_different_length_end() -> None:
    """A pair of schemas is compared once, wherever it comes back."""

    def ring(length: int, leaf: dict[str, Any]) -> dict[str, Any]:
        names = [f"N{index}" for index in range(length)]
        schemas = {
            name: of(next={"$ref": f"#/components/schemas/{names[(index + 1) % length]}"}, leaf=leaf)
            for index, name in enumerate(names)
        }
        operation = taking({"$ref": "#/components/schemas/N0"})
        return document({"/a": {"post": operation}}, components={"schemas": schemas})

    found = between(ring(3, TEXT), ring(5, TEXT))
    assert not found
    [changed] = between(ring(3, TEXT), ring(5, NUMBER)).changed
    assert changed.lines[0] == "body.leaf string -> integer"
    assert len(changed.lines) == 15


def test_a_schema_that_moved_in_its_document_has_not_changed() -> None:
    """What is compared is what arguments may be, not where the document says it."""
    inline = document({"/a": {"post": taking(of(a=TEXT, b=of(c=NUMBER)))}})
    parts = {"A": of(a=TEXT, b={"$ref": "#/components/schemas/B"}), "B": of(c=NUMBER)}
    named = document({"/a": {"post": taking({"$ref": "#/components/schemas/A"})}}, components={"schemas": parts})
    assert not between(inline, named)
    assert not between(named, inline)


def test_what_the_cache_kept_is_compared_alike() -> None:
    """A catalog that was stored has the changes of the one that was made."""
    old, new = catalog_of(tree("a")), catalog_of(tree("a", "b"))
    stored = decode_catalog(encode_catalog(old))
    assert stored
    assert changes(stored, new).lines(9) == changes(old, new).lines(9)


def test_many_differences_of_one_tool_are_bounded() -> None:
    """Facts up to MAX_LINES, the line up to MAX_SHOWN of them and MAX_LINE characters."""
    many = {f"p{number}": TEXT for number in range(MAX_LINES + 50)}
    found = between(document({"/a": {"post": taking(of())}}), document({"/a": {"post": taking(of(**many))}}))
    [changed] = found.changed
    assert changed.lines == (*(f"+body.p{number}" for number in range(MAX_LINES)), FURTHER)
    assert found.lines(5)[0].endswith(f"+body.p{MAX_SHOWN - 1}, and {MAX_LINES + 1 - MAX_SHOWN} more")
    wide = {f"{number}{'x' * 900}": TEXT for number in range(20)}
    [line] = between(document({"/a": {"post": taking(of())}}), document({"/a": {"post": taking(of(**wide))}})).lines(5)
    assert len(line) == MAX_LINE


def test_a_deep_chain_of_schemas_is_followed_as_far_as_its_bound() -> None:
    """What is deeper is further changes, not a crash."""

    def chain(leaf: dict[str, Any]) -> dict[str, Any]:
        schemas = {f"N{index}": of(next={"$ref": f"#/components/schemas/N{index + 1}"}) for index in range(3_000)}
        operation = taking({"$ref": "#/components/schemas/N0"})
        return document({"/a": {"post": operation}}, components={"schemas": {**schemas, "N3000": leaf}})

    [changed] = between(chain(TEXT), chain(NUMBER)).changed
    assert changed.lines == (FURTHER,)


def test_schemas_that_all_tools_use_are_compared_within_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a dense web of them took minutes; a tool beyond the bound is still one that changed."""

    def web(leaf: dict[str, Any]) -> dict[str, Any]:
        names = [f"N{index}" for index in range(30)]
        schemas = {name: of(**{other: {"$ref": f"#/components/schemas/{other}"} for other in names}) for name in names}
        schemas["N0"]["properties"]["leaf"] = leaf
        paths = {f"/{name}": {"post": taking({"$ref": f"#/components/schemas/{name}"})} for name in names}
        return document(paths, components={"schemas": schemas})

    monkeypatch.setattr("specport.catalog.schema_changes.MAX_COMPARED_IN_ALL", 95)
    found = between(web(TEXT), web(NUMBER))
    assert len(found.changed) == 30
    assert found.lines(9) == [
        "~ n0.postN0: body.leaf string -> integer",
        "~ n1.postN1, n10.postN10: body.N0.leaf string -> integer",
        f"~ n11.postN11, n12.postN12, n13.postN13 and 24 more: {FURTHER}",
    ]


def test_few_lines_are_shared_by_what_was_added_removed_and_changed() -> None:
    """No kind hides another, what is not shown is counted, and other words come after other arguments."""
    old = document({f"/{kind}{n}": {"get": {"description": "a"}} for kind in ("gone", "kept") for n in range(5)})
    new = document({f"/{kind}{n}": {"get": {"description": f"b{n}"}} for kind in ("came", "kept") for n in range(5)})
    new["paths"]["/kept3"]["get"]["parameters"] = [query("q")]
    assert between(old, new).lines(4) == [
        "+ came0.getCame0 GET /came0",
        "+ came1.getCame1 GET /came1",
        "- gone0.getGone0 GET /gone0",
        "~ kept3.getKept3: +query q, description",
        "and 3 more added, 4 more removed, 4 more changed",
    ]
    assert between(old, new).lines(0) == ["and 5 more added, 5 more removed, 5 more changed"]


def flow(**more: Any) -> dict[str, Any]:
    return {"authorizationCode": {"authorizationUrl": "https://a.example.com/", "tokenUrl": "/t", "scopes": {}, **more}}


def test_security_schemes_and_servers_are_told_and_given_as_values() -> None:
    """Where credentials would go now, and which: what a registry asks about before it takes a new version."""
    paths = {"/a": {"get": {}}}
    old = document(
        paths,
        servers=[{"url": "https://one.example.com"}],
        components={
            "securitySchemes": {
                "gone": {"type": "http", "scheme": "basic"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "login": {"type": "oauth2", "flows": flow()},
            }
        },
    )
    new = document(
        {"/a": {"get": {"servers": [{"url": "https://three.example.com"}]}}},
        servers=[{"url": "https://two.example.com"}],
        components={
            "securitySchemes": {
                "came": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "query", "name": "key"},
                "login": {"type": "oauth2", "flows": flow(tokenUrl="https://b.test/", scopes={"admin": ""})},
            }
        },
    )
    found = between(old, new)
    assert [scheme.name for scheme in found.schemes_added] == ["came"]
    assert [scheme.name for scheme in found.schemes_removed] == ["gone"]
    assert [(each.old.location, each.new.location) for each in found.schemes_changed] == [("header", "query"), ("", "")]
    assert found.servers_added == ("https://two.example.com", "https://three.example.com")
    assert found.lines(9) == [
        "+ server https://two.example.com",
        "+ server https://three.example.com",
        "- server https://one.example.com",
        "+ security scheme came (http)",
        "- security scheme gone (http)",
        "~ security scheme key: location header -> query, parameter X-Key -> key",
        "~ security scheme login: authorizationCode token_url /t -> https://b.test/, authorizationCode scopes +admin",
        "~ a.getA: servers the source's -> https://three.example.com",
    ]
    assert found.summary == "1 tool changed, 4 security schemes changed, other servers"
    assert found.lines(6)[-1] == "and 1 more of servers and security schemes, 1 more changed"


BASE = document(
    {
        "/pets": {
            "get": {"operationId": "list", "tags": ["Pets"], "parameters": [query("limit", NUMBER), query("tag")]},
            "post": {"operationId": "make", "tags": ["Pets"], **taking({"$ref": "#/components/schemas/Pet"})},
        },
        "/pets/{id}": {
            "get": {"operationId": "show", "tags": ["Pets"], "parameters": [path_parameter("id")]},
            "put": {
                "operationId": "set", "tags": ["Pets"], "parameters": [path_parameter("id")],
                **taking({"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}),
            },
        },
    },
    components={"schemas": {"Pet": of(name=TEXT, kind={"type": "string", "enum": ["cat", "dog"]})}},
)  # fmt: skip
KEYS = [("get", "/pets"), ("post", "/pets"), ("get", "/pets/{id}"), ("put", "/pets/{id}")]


@given(
    st.fixed_dictionaries({key: st.sampled_from(["kept", "gone", "description", "parameter"]) for key in KEYS}),
    st.lists(st.sampled_from(["delete", "patch", "head"]), unique=True),
    st.booleans(),
)
def test_every_operation_that_came_went_or_changed_is_reported_once(
    fates: dict[tuple[str, str], str], came: list[str], shared: bool
) -> None:
    """And no other one is."""
    new = copy.deepcopy(BASE)
    for (method, path), fate in fates.items():
        item = new["paths"][path]
        if fate == "gone":
            del item[method]
        elif fate == "description":
            item[method]["description"] = "Other words."
        elif fate == "parameter":
            item[method]["parameters"] = [*item[method].get("parameters", []), query("more")]
    for method in came:
        new["paths"]["/pets"][method] = {}
    if shared:
        new["components"]["schemas"]["Pet"]["properties"]["age"] = NUMBER
    found = between(BASE, new)

    def keys(tools: Any) -> list[tuple[str, str]]:
        return sorted((tool.route.method.lower(), tool.route.path) for tool in tools)

    expected = {key for key, fate in fates.items() if fate in ("description", "parameter")}
    if shared:
        expected |= {key for key in KEYS if key[0] in ("post", "put") and fates[key] != "gone"}
    assert keys(found.added) == sorted((method, "/pets") for method in came)
    assert keys(found.removed) == sorted(key for key, fate in fates.items() if fate == "gone")
    assert keys(each.new for each in found.changed) == sorted(expected)
    assert bool(found) == bool(came or expected or found.removed)
    back = between(new, BASE)
    assert keys(back.added) == keys(found.removed)
    assert keys(each.new for each in back.changed) == keys(each.new for each in found.changed)
