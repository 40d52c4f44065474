"""What may come of a changed document: a catalog in which all holds that must, or a DocumentError of one line."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import orjson

from catalog_checks import Figures, check_catalog
from fuzz_mutations import ODD_NUMBERS, ODD_TEXTS
from specport.catalog.codec import decode_catalog, encode_catalog
from specport.catalog.model import Catalog, Shape, Tool
from specport.catalog.report import problem_lines
from specport.documents.load import load_document
from specport.documents.model import Severity
from specport.errors import BadArguments, DocumentError
from specport.requests.check import ArgumentChecker
from specport.requests.prepare import prepare
from specport.sources.model import Origin, Source
from specport.sources.preview.measure import preview_of
from specport.sources.preview.text import as_text
from specport.sources.read import open_source

Json: TypeAlias = Any  # anything may be anything

BASE = "https://api.example.com/base"
URI = "memory:changed"
MAX_LINE = 2_000
"""Longest sentence of an error."""

TOOLS_CALLED = 4
CALLS = 10
DEEPEST = 6
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def judge(data: bytes, seed: str, counts: Counter[str]) -> list[str]:
    """Everything that must not be, of one document; what came of it is counted."""
    warnings.simplefilter("error")
    source = Source("api", URI, data, Origin.TOOL if len(data) % 2 else Origin.OPERATOR)
    try:
        opened = open_source(source, Shape(), None)
    except DocumentError as error:
        counts["refused"] += 1
        return [f"an odd error: {str(error)[:200]!r}"] if _is_odd(str(error)) else []
    catalog = opened.catalog
    counts["catalogs"] += 1
    counts["tools"] += len(catalog.tools)
    found = [f"{each.kind}: {each.what}" for each in check_catalog(catalog, Figures())]
    found += _problems(catalog)
    found += _all_accounted_for(data, catalog)
    found += _survives_the_cache(catalog)
    as_text(preview_of(opened))
    random = Random(seed)
    for tool in random.sample(catalog.tools, min(TOOLS_CALLED, len(catalog.tools))):
        found += _calls(tool, random, counts)
    return found


def _is_odd(sentence: str) -> bool:
    return len(sentence) > MAX_LINE or "\n" in sentence or not sentence.strip()


def _problems(catalog: Catalog) -> Iterator[str]:
    for line in problem_lines(catalog.problems, len(catalog.problems)):
        if _is_odd(line):
            yield f"problem: {len(line)} characters or several lines: {line[:80]!r}"


def _all_accounted_for(data: bytes, catalog: Catalog) -> Iterator[str]:
    """As many tools, hidden ones and problems as there are operations, of path items that refer to no other."""
    document = load_document(data, URI)
    paths: Json = document.root["paths"]
    fixed = [
        (name, path)
        for path, item in paths.items()
        if not path.startswith("x-") and isinstance(item, dict) and "$ref" not in item
        for name in item
        if name in document.dialect.methods
    ]
    tools = {(tool.route.method.lower(), tool.route.path) for tool in catalog.tools if tool.route}
    errors = sum(problem.severity is Severity.ERROR for problem in catalog.problems)
    lost = [operation for operation in fixed if operation not in tools]
    if len(lost) > errors + catalog.hidden:
        yield f"operation: {len(lost)} of {len(fixed)} are no tools, with {errors} problems"


def _survives_the_cache(catalog: Catalog) -> Iterator[str]:
    again = decode_catalog(encode_catalog(catalog))
    if again is None or again != catalog:
        yield "cache: what is read back is not what was written"


def _calls(tool: Tool, random: Random, counts: Counter[str]) -> Iterator[str]:
    assert tool.route
    checker = ArgumentChecker(tool)
    for _ in range(CALLS):
        arguments = _arguments(tool.input_schema, random)
        try:
            checked = checker.check(arguments)
            request = prepare(tool.route, checked, BASE)
        except BadArguments as error:
            counts["calls refused"] += 1
            if _is_odd(str(error)):
                yield f"arguments: an odd error: {str(error)[:200]!r}"
            continue
        counts["requests"] += 1
        yield from _request_faults(request.url, request.headers)


def _request_faults(url: str, headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    parts = urlsplit(url)
    if not url.startswith(f"{BASE}/") or not url.isascii() or _CONTROL.search(url) or " " in url or parts.fragment:
        yield f"request: the URL {url[:200]!r}"
    if {".", ".."} & set(unquote(parts.path).split("/")):
        yield f"request: the URL leaves its place: {url[:200]!r}"
    for name, value in headers:
        if _CONTROL.search(name + value) or not name:
            yield f"request: the header {name!r}: {value[:80]!r}"


def _arguments(schema: Json, random: Random) -> Json:
    """Arguments near what the schema says, or anything."""
    if random.random() < 0.05:
        return _anything(random, 2)
    given: dict[str, Json] = {}
    for name, each in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or random.random() < 0.6:
            given[name] = _value(each, schema, random, DEEPEST)
    if random.random() < 0.05:
        given[random.choice(ODD_TEXTS)] = _anything(random, 2)
    return given


def _value(schema: Json, root: Json, random: Random, depth: int) -> Json:
    if depth <= 0 or random.random() < 0.08 or not isinstance(schema, Mapping):
        return _anything(random, 2)
    if "$ref" in schema:
        return _value(root["$defs"][schema["$ref"].rpartition("/")[2]], root, random, depth - 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _value(random.choice(schema[key]), root, random, depth - 1)
    for key in ("enum", "examples"):
        if schema.get(key):
            return random.choice(schema[key])
    if "const" in schema:
        return schema["const"]
    kinds = schema.get("type", "string")
    kind = random.choice(kinds) if isinstance(kinds, list) else kinds
    if kind == "object":
        names = [name for name in schema.get("properties", {}) if random.random() < 0.6]
        wanted = [*names, *schema.get("required", ())]
        return {name: _value(schema.get("properties", {}).get(name), root, random, depth - 1) for name in wanted}
    if kind == "array":
        return [_value(schema.get("items"), root, random, depth - 1) for _ in range(random.randint(0, 3))]
    return _plain(kind, random)


def _plain(kind: str, random: Random) -> Json:
    plain = {
        "string": ["a", "a b/c?d#e&f%g+h=i;j", "2020-01-01", "aGk=", *ODD_TEXTS],
        "integer": [0, 1, 5, -1, 2**53 + 1, 2**63, 2**64, 10**30, 1.0, "7"],
        "number": [0, 1.5, *ODD_NUMBERS],
        "boolean": [True, False, "true"],
        "null": [None],
    }
    return random.choice(plain.get(kind, [None]))


def _anything(random: Random, depth: int) -> Json:
    kind = random.randrange(6 if depth else 4)
    if kind == 4:
        return [_anything(random, depth - 1) for _ in range(random.randint(0, 3))]
    if kind == 5:
        return {random.choice(ODD_TEXTS): _anything(random, depth - 1) for _ in range(random.randint(0, 3))}
    return (random.choice(ODD_TEXTS), random.choice(ODD_NUMBERS), random.choice([True, False, None]), float("inf"))[
        kind
    ]


def size_of(document: Json) -> int:
    """About how many bytes a document has."""
    return len(orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS))
