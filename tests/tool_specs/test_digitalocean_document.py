"""The bundled DigitalOcean document: sound OpenAPI 3.1 with the facts, not the words, of the published one.

The resolver here is written for these tests alone: it shares nothing with specport or with the script that
carries the facts over.
The published document is `specs/digitalocean.json` under the directory SPECPORT_TEST_DATA, or under
`shared/data` beside the repository. Without it the comparisons are skipped, in CI they fail.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard
from urllib.parse import unquote

import jsonschema_rs
import pytest
import yaml

Json: TypeAlias = Any  # any JSON value: both documents are read as they come, comparing them is the check

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = REPOSITORY / "tool_specs" / "digitalocean" / "openapi.yaml"
OURS: Json = yaml.load(TARGET.read_text(), yaml.CSafeLoader)

OPERATIONS = 290
LONGEST_SUMMARY = 8  # words
LONGEST_DESCRIPTION = 260  # characters
MOST_SENTENCES = 2
SHARED_WORDS = 8
CHILD_LISTS = ("allOf", "anyOf", "oneOf")
CHILD_MAPS = ("properties", "patternProperties")
PLAIN_FACTS = (
    "format const default pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength "
    "maxLength minItems maxItems uniqueItems minProperties maxProperties readOnly writeOnly deprecated"
)
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def operations(document: Json) -> dict[str, tuple[str, str, Json]]:
    """Every operation by its operationId: path, method and the operation itself."""
    return {
        each["operationId"]: (path, method, each)
        for path, item in document["paths"].items()
        for method, each in item.items()
        if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    }


OPERATION_IDS = sorted(operations(OURS))


@pytest.fixture(scope="session")
def published() -> Json:
    """The published document, OpenAPI 3.0."""
    data = os.environ.get("SPECPORT_TEST_DATA")
    file = (Path(data) if data else REPOSITORY.parent / "shared" / "data") / "specs" / "digitalocean.json"
    if not file.exists():
        reason = f"the published DigitalOcean document is not at {file}; set SPECPORT_TEST_DATA"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return json.loads(file.read_text())


# --- the resolver ---------------------------------------------------------------------------------


def follow(document: Json, node: Json) -> Json:
    """What a node stands for; a pointer may lead through further references."""
    while is_object(node) and isinstance(node.get("$ref"), str):
        siblings = {key: value for key, value in node.items() if key not in ("$ref", "description", "example")}
        target = at_pointer(document, node["$ref"])
        node = {"allOf": [target, siblings]} if siblings else target
    return node


def at_pointer(document: Json, reference: str) -> Json:
    assert reference.startswith("#/"), reference
    node = document
    for token in unquote(reference).removeprefix("#/").split("/"):
        node = follow(document, node)
        key = token.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if is_list(node) else node[key]
    return node


def shape(document: Json, schema: Json) -> Json:
    """The facts of a schema, references written out, in a form that is the same for 3.0 and 3.1."""
    if not is_object(schema):
        return schema
    schema = follow(document, schema)
    facts = plain_facts(schema)
    for key in ("items", "not", "additionalProperties"):
        if key in schema:
            facts[key] = shape(document, schema[key])
    for key in CHILD_MAPS:
        if key in schema:
            facts[key] = {name: shape(document, inner) for name, inner in schema[key].items()}
    for key in CHILD_LISTS:
        if key in schema:
            facts[key] = [shape(document, inner) for inner in schema[key]]
    return without_empty_parts(facts)


def plain_facts(schema: Json) -> dict[str, Json]:
    """What a schema says of itself; the bounds and the null of 3.0 are said as 3.1 says them."""
    facts: dict[str, Json] = {key: value for key, value in schema.items() if key in PLAIN_FACTS.split()}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(facts.get(exclusive), bool) and facts.pop(exclusive):
            facts[exclusive] = facts.pop(bound)
    if "type" in schema:
        kinds = schema["type"] if is_list(schema["type"]) else [schema["type"]]
        facts["type"] = sorted({*kinds, *(["null"] if schema.get("nullable") else [])})
    if "enum" in schema:
        facts["enum"] = [value for value in schema["enum"] if value is not None]
    if "required" in schema:
        facts["required"] = sorted(schema["required"])
    if "discriminator" in schema:
        mapping = schema["discriminator"].get("mapping", {})
        facts["discriminator"] = (schema["discriminator"]["propertyName"], sorted(mapping))
    return facts


def without_empty_parts(facts: dict[str, Json]) -> Json:
    """An allOf part that held nothing but words says nothing; an allOf of one part is that part."""
    if "allOf" in facts:
        facts["allOf"] = [part for part in facts["allOf"] if part]
        if list(facts) == ["allOf"] and len(facts["allOf"]) == 1:
            return facts["allOf"][0]
    return facts


def parameters(document: Json, operation: Json) -> list[Json]:
    found: list[Json] = []
    for entry in operation.get("parameters", []):
        each = follow(document, entry)
        style = each.get("style", STYLES[each["in"]])
        found.append(
            {
                "name": each["name"],
                "in": each["in"],
                "required": each.get("required", False),
                "deprecated": each.get("deprecated", False),
                "style": style,
                "explode": each.get("explode", style == "form"),
                "schema": shape(document, each.get("schema")),
                "content": content(document, each),
            }
        )
    return found


def content(document: Json, holder: Json) -> Json:
    return {
        media_type: {"schema": shape(document, media.get("schema")), "encoding": media.get("encoding")}
        for media_type, media in holder.get("content", {}).items()
    }


def responses(document: Json, operation: Json) -> Json:
    found: dict[str, Json] = {}
    for status, entry in operation["responses"].items():
        response = follow(document, entry)
        headers = {
            name: shape(document, follow(document, header).get("schema"))
            for name, header in response.get("headers", {}).items()
        }
        found[status] = {"headers": headers, "content": content(document, response)}
    return found


# --- the same facts -------------------------------------------------------------------------------


def test_has_the_same_operations_under_the_same_tags(published: Json) -> None:
    """Method, path, operationId, tags and deprecation of all 290 operations carry over, in the same order."""

    def listed(document: Json) -> Json:
        return {
            name: (path, method, each["tags"], each.get("deprecated", False))
            for name, (path, method, each) in operations(document).items()
        }

    assert len(OPERATION_IDS) == OPERATIONS
    assert listed(OURS) == listed(published)
    assert list(OURS["paths"]) == list(published["paths"])
    assert [tag["name"] for tag in OURS["tags"]] == [tag["name"] for tag in published["tags"]]


def test_has_the_same_server_and_security(published: Json) -> None:
    """The base URL and the one bearer scheme carry over, and no operation asks for anything else."""
    assert [server["url"] for server in OURS["servers"]] == [server["url"] for server in published["servers"]]
    assert OURS["security"] == published["security"] == [{"bearer_auth": []}]
    scheme = published["components"]["securitySchemes"]["bearer_auth"]
    ours = OURS["components"]["securitySchemes"]["bearer_auth"]
    assert (ours["type"], ours["scheme"]) == (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for name, (_, _, theirs) in operations(published).items():
        assert operations(OURS)[name][2].get("security", OURS["security"]) == theirs["security"], name


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_parameters_are_the_published_ones(name: str, published: Json) -> None:
    """Name, location, required, style, explode and the whole schema of each parameter, in the same order."""
    assert parameters(OURS, operations(OURS)[name][2]) == parameters(published, operations(published)[name][2])


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_request_body_is_the_published_one(name: str, published: Json) -> None:
    """The required flag, the media types and the schema down to its last property."""
    ours, theirs = (operations(document)[name][2].get("requestBody") for document in (OURS, published))
    assert (ours is None) == (theirs is None)
    if ours is not None:
        ours, theirs = follow(OURS, ours), follow(published, theirs)
        assert ours.get("required", False) == theirs.get("required", False)
        assert content(OURS, ours) == content(published, theirs)


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_responses_are_the_published_ones(name: str, published: Json) -> None:
    """Statuses, headers, media types and schemas of every response."""
    assert responses(OURS, operations(OURS)[name][2]) == responses(published, operations(published)[name][2])


def carried_again(published: Json, directory: Path) -> tuple[subprocess.CompletedProcess[str], bytes]:
    """The script's run over a copy of our document, and what it made of it."""
    source, copy = directory / "published.json", directory / "openapi.yaml"
    source.write_text(json.dumps(published))
    copy.write_bytes(TARGET.read_bytes())
    command = [sys.executable, REPOSITORY / "bench" / "carry_digitalocean_facts.py", source, copy]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done, copy.read_bytes()


def test_comes_out_of_the_script_unchanged(published: Json, tmp_path: Path) -> None:
    """Carrying the facts over once more changes no byte, so that nobody has edited a fact by hand."""
    done, made = carried_again(published, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert made == TARGET.read_bytes()


def test_script_reports_an_operation_without_text(published: Json, tmp_path: Path) -> None:
    """An operation that a newer published document adds is carried over and named; the exit code is 1."""
    newest = {
        "operationId": "moons_list",
        "tags": ["Account"],
        "responses": {"204": {"description": "Theirs."}},
    }
    newer = {**published, "paths": {**published["paths"], "/v2/moons": {"get": newest}}}
    done, made = carried_again(newer, tmp_path)
    assert (done.returncode, done.stderr) == (1, "operation without text: moons_list\n")
    after: Json = yaml.load(made, yaml.CSafeLoader)
    assert set(operations(after)) == {*OPERATION_IDS, "moons_list"}
    after["paths"].pop("/v2/moons")
    assert after == OURS


# --- words of our own -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_operation_says_briefly_what_it_does(name: str) -> None:
    """A summary of a few words and a description of at most two sentences and 260 characters."""
    operation = operations(OURS)[name][2]
    assert 1 <= len(operation["summary"].split()) <= LONGEST_SUMMARY
    assert not operation["summary"].endswith(".")
    description = operation["description"]
    assert 0 < len(description) <= LONGEST_DESCRIPTION
    assert 1 <= len(re.findall(r"[.!?](?=\s|$)", description)) <= MOST_SENTENCES
    assert description.isascii()


def test_tags_and_document_have_descriptions() -> None:
    """What is not an operation is explained too."""
    assert all(tag["description"] for tag in OURS["tags"])
    assert OURS["info"]["description"]


def texts(node: Json, names: bool = False) -> Iterator[str]:
    """Every summary and description in a document."""
    if is_list(node):
        for inner in node:
            yield from texts(inner)
    elif is_object(node):
        for key, value in node.items():
            if not names and key in ("summary", "description") and isinstance(value, str):
                yield value
            yield from texts(value, names=key in CHILD_MAPS and not names)


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[start : start + SHARED_WORDS]) for start in range(len(words) - SHARED_WORDS + 1)}


def test_words_are_not_the_published_ones(published: Json) -> None:
    """No text of ours has eight words in a row that stand in a published text."""
    theirs = set[tuple[str, ...]]().union(*(runs(text) for text in texts(published)))
    assert [text for text in texts(OURS) if runs(text) & theirs] == []


# --- a sound document -----------------------------------------------------------------------------


def walk(node: Json, pointer: str = "#") -> Iterator[tuple[str, Json]]:
    yield pointer, node
    entries = node.items() if is_object(node) else enumerate(node) if is_list(node) else ()
    for key, inner in entries:
        yield from walk(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def references(node: Json) -> Iterator[str]:
    for pointer, inner in walk(node):
        if is_object(inner) and isinstance(inner.get("$ref"), str):
            yield inner["$ref"]
        if pointer.endswith("/discriminator") and is_object(inner):
            yield from inner.get("mapping", {}).values()


def schemas(node: Json, pointer: str = "#", names: bool = False) -> Iterator[tuple[str, Json]]:
    """Every schema of the document, those inside other schemas too."""
    if is_list(node):
        for index, inner in enumerate(node):
            yield from schemas(inner, f"{pointer}/{index}")
    elif is_object(node):
        for key, inner in node.items():
            place = f"{pointer}/{key}"
            if not names and key in ("example", "default", "enum"):
                continue
            if names or key in ("schema", "items", "not", "additionalProperties"):
                yield from ((place, inner),) if is_object(inner) else ()
            elif key in CHILD_LISTS:
                yield from ((f"{place}/{index}", part) for index, part in enumerate(inner))
            yield from schemas(inner, place, names=not names and key in (*CHILD_MAPS, "schemas"))


def test_holds_nothing_that_json_cannot() -> None:
    """YAML reads every value as the same JSON value in any loader: text keys, no dates, finite numbers."""
    for pointer, value in walk(OURS):
        assert value is None or type(value) in (str, int, float, bool, list, dict), pointer
        assert not isinstance(value, float) or math.isfinite(value), pointer
        assert not is_object(value) or all(type(key) is str for key in value), pointer
    loader: Json = yaml.CSafeLoader(TARGET.read_text())
    while loader.check_event():  # one and the same value written twice, not once and pointed at
        assert getattr(loader.get_event(), "anchor", None) is None


def test_refers_to_components_only() -> None:
    """No pointer into paths: every reference names a component that exists, and each component is used."""
    used = set(references(OURS))
    assert sorted(name for name in used if not re.fullmatch(r"#/components/\w+/[A-Za-z0-9]+", name)) == []
    there = {
        f"#/components/{section}/{name}"
        for section, entries in OURS["components"].items()
        if section != "securitySchemes"
        for name in entries
    }
    assert used == there
    reached, waiting = set[str](), set(references(OURS["paths"]))
    while waiting:
        reached |= waiting
        waiting = {inner for name in waiting for inner in references(at_pointer(OURS, name))} - reached
    assert reached == there


def test_discriminator_points_at_an_alternative() -> None:
    """Each mapping entry leads to one of the schema's alternatives, or to a schema that extends it."""
    for pointer, schema in schemas(OURS):
        if "discriminator" in schema:
            targets = set(schema["discriminator"]["mapping"].values())
            alternatives = {part.get("$ref") for key in CHILD_LISTS[1:] for part in schema.get(key, [])}
            for target in targets - alternatives:
                parts = at_pointer(OURS, target)["allOf"]
                assert pointer in {part.get("$ref") for part in parts}, pointer


def test_every_schema_is_json_schema_2020_12() -> None:
    """Each schema passes the metaschema, and none keeps a keyword that only OpenAPI 3.0 has."""
    found = list(schemas(OURS))
    for pointer, schema in found:
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
        assert "nullable" not in schema, pointer
        assert not any(key.startswith("x-") for key in schema), pointer
    assert len(found) > OPERATIONS


def test_examples_fit_their_schemas() -> None:
    """A stand-in server may answer with any example in the document."""
    for pointer, schema in schemas(OURS):
        if "example" in schema:
            assert jsonschema_rs.is_valid({**schema, "components": OURS["components"]}, schema["example"]), pointer


@pytest.mark.parametrize("name", OPERATION_IDS)
def test_operation_is_well_formed(name: str) -> None:
    """Path parameters match the path, no parameter stands twice, and every response has a description."""
    path, _, operation = operations(OURS)[name]
    found = [follow(OURS, entry) for entry in operation.get("parameters", [])]
    assert {each["name"] for each in found if each["in"] == "path"} == set(re.findall(r"\{(.+?)\}", path))
    assert all(each.get("required") is True for each in found if each["in"] == "path")
    assert len({(each["name"], each["in"]) for each in found}) == len(found)
    assert all(("schema" in each) != ("content" in each) for each in found)
    assert set(operation["tags"]) <= {tag["name"] for tag in OURS["tags"]}
    assert operation["responses"]
    assert all(follow(OURS, response)["description"] for response in operation["responses"].values())


def test_says_which_openapi_it_is() -> None:
    """OpenAPI 3.1, with the title and version that clients show."""
    assert OURS["openapi"] == "3.1.0"
    assert OURS["info"]["title"] == "DigitalOcean API"
    assert set(OURS) == {"openapi", "info", "servers", "security", "tags", "paths", "components"}
