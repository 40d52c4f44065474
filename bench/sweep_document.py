"""One document of the corpus looked at from all sides; the facts and findings as JSON."""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from catalog_checks import Figures, Finding, check_catalog
from declared import Declared, declared, unusable
from fidelity.operations import schemes_of
from fidelity.references import Documents
from specport.catalog.listing import listed
from specport.catalog.model import Catalog, Form, Shape, Tool
from specport.documents.model import Severity
from specport.errors import DocumentError
from specport.sources.model import Origin, Source
from specport.sources.read import open_source

Json: TypeAlias = Any  # facts go through a pipe as they are

MAX_FINDINGS = 200
"""Most findings kept of one document."""

_SUFFIX = re.compile(r"_[0-9a-f]{8}\Z")


def open_catalog(data: bytes, uri: str) -> Catalog:
    """The catalog of a document, by the way that `serve --spec` takes."""
    return open_source(Source("api", uri, data, Origin.OPERATOR), Shape(), None).catalog


def fingerprint(path: Path) -> Json:
    """What must be the same in every process: operations, names, order, listed schemas."""
    try:
        return _digest(open_catalog(path.read_bytes(), str(path)))
    except DocumentError as error:
        return f"refused: {error}"


def _digest(catalog: Catalog) -> str:
    digest = hashlib.sha256(catalog.digest.encode())
    for tool in catalog.tools:
        digest.update(orjson.dumps([tool.address, *_key(tool), listed(tool, dotted=False, form=Form.LEAN)]))
    return digest.hexdigest()


def sweep(path: Path) -> Json:
    """All facts of one document."""
    facts: dict[str, Json] = {"bytes": path.stat().st_size}
    started = time.process_time()
    try:
        catalog = open_catalog(path.read_bytes(), str(path))
    except DocumentError as error:
        return {**facts, **_refused(path, error)}
    facts["open"] = time.process_time() - started
    list_size = len(orjson.dumps([listed(tool, dotted=False, form=Form.LEAN) for tool in catalog.tools]))
    facts["listed"] = time.process_time() - started
    facts["megabytes"] = _peak()
    facts["fingerprint"] = _digest(catalog)
    facts["list_bytes"] = list_size
    figures = Figures()
    findings = list(check_catalog(catalog, figures))
    facts["figures"] = asdict(figures)
    findings += _against_the_document(path, catalog, facts)
    findings += _stable(path, catalog)
    facts["finding_count"] = len(findings)
    facts["findings"] = [asdict(found) for found in findings[:MAX_FINDINGS]]
    return facts


def _peak() -> float:
    """The most memory that this process had so far, in MB, without the libraries that it shares."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def _refused(path: Path, error: DocumentError) -> Json:
    reason = unusable(json.loads(path.read_bytes()))
    findings = [] if reason else [asdict(Finding("refused", "", str(error)))]
    return {"refused": str(error).removeprefix(f"{path}: "), "reason": reason, "findings": findings,
            "finding_count": len(findings), "fingerprint": f"refused: {error}"}  # fmt: skip


def _key(tool: Tool) -> tuple[str, str]:
    assert tool.route
    return tool.route.method, tool.route.path


def _against_the_document(path: Path, catalog: Catalog, facts: dict[str, Json]) -> Iterator[Finding]:
    """Operations, parameters and bodies, compared with the independent count."""
    documents = Documents(path)
    raw = list(declared(documents))
    tools = {_key(tool): tool for tool in catalog.tools}
    errors = [problem for problem in catalog.problems if problem.severity is Severity.ERROR]
    facts["operations"] = len(raw)
    facts["tools"] = len(tools)
    facts["warnings"] = len(catalog.problems) - len(errors)
    facts["left_out"] = [
        {"operation": " ".join(each.key), "reason": each.broken} for each in raw if each.key not in tools
    ]
    facts["problems"] = [f"{problem.pointer}: {problem.message}" for problem in errors]
    if len(errors) < len(facts["left_out"]):
        yield Finding("problem", "", f"{len(errors)} problems for {len(facts['left_out'])} operations left out")
    yield from (
        Finding("operation", " ".join(key), "is not in the document")
        for key in tools.keys() - {each.key for each in raw}
    )
    owned = _owned(documents)
    counts = facts["counts"] = {"parameters": 0, "bodies": 0, "names": 0}
    for each in raw:
        tool = tools.get(each.key)
        if tool is not None:
            yield from _inputs(each, tool, owned, counts)
        elif not each.broken:
            yield Finding("operation", " ".join(each.key), "is left out, and nothing is wrong with it")


def _owned(documents: Documents) -> frozenset[tuple[str, str]]:
    try:
        schemes = schemes_of(documents).values()
    except (KeyError, TypeError, AttributeError):
        return frozenset()
    return frozenset((scheme.place, scheme.name.lower()) for scheme in schemes if scheme.kind == "apiKey")


def _inputs(raw: Declared, tool: Tool, owned: frozenset[tuple[str, str]], counts: dict[str, int]) -> Iterator[Finding]:
    where = " ".join(raw.key)
    if raw.broken:
        yield Finding("operation", where, f"is a tool, but {raw.broken}")
        return
    assert tool.route
    wanted = {(name, place) for name, place in raw.parameters if (place, name.lower()) not in owned}
    bound = {(binding.wire_name, binding.location): binding.argument for binding in tool.route.bindings}
    properties = tool.input_schema.get("properties", {})
    assert isinstance(properties, Mapping)
    yield from (Finding("parameter", where, f"{key} is lost") for key in wanted - bound.keys())
    yield from (Finding("parameter", where, f"{key} is not declared") for key in bound.keys() - wanted)
    yield from (Finding("parameter", where, f"{key} has no property") for key in bound if bound[key] not in properties)
    counts["parameters"] += len(wanted)
    body = tool.route.body
    found = body.content_types if body else ()
    if found != raw.media and not (raw.media == ("form",) and found):
        yield Finding("body", where, f"has {found}, not {raw.media}")
    if body:
        counts["bodies"] += 1
        counts["names"] += len(raw.names)
        missing = raw.names - _body_names(tool.input_schema, properties.get(body.argument))
        yield from (Finding("body", where, f"{name!r} is lost") for name in sorted(missing))


def _body_names(root: Json, schema: Json) -> set[str]:
    """Names of properties on the first level of a body as the tool has it."""
    names: set[str] = set()
    waiting, seen = [schema], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        names |= set(node.get("properties", {}))
        waiting += [part for key in ("allOf", "anyOf", "oneOf") for part in node.get(key, ())]
        waiting += [node[key] for key in ("contentSchema",) if key in node]
        if "$ref" in node:
            waiting.append(root["$defs"][node["$ref"].rpartition("/")[2]])
    return names


def _stable(path: Path, catalog: Catalog) -> Iterator[Finding]:
    """Without one operation, of two chosen, the others keep their names and their order."""
    chosen = _removable(path, catalog.tools)
    for method, place in chosen:
        root = orjson.loads(path.read_bytes())
        item = root["paths"][place]
        del item[method.lower()]
        if not item:
            del root["paths"][place]
        if not root["paths"]:
            continue
        try:
            rest = open_catalog(orjson.dumps(root), str(path))
        except DocumentError as error:
            yield Finding("stable", f"{method} {place}", f"without it the document is refused: {error}")
            continue
        names = {_key(tool): (tool.address, tool.wire_name) for tool in catalog.tools}
        for tool in rest.tools:
            if names[_key(tool)] != (tool.address, tool.wire_name):
                yield Finding("stable", f"{method} {place}", f"{names[_key(tool)]} is renamed {tool.address}")


def _removable(path: Path, tools: Sequence[Tool]) -> list[tuple[str, str]]:
    """The last operation, and one at random whose name no other has with a suffix: such a one may take it over."""
    if not tools:
        return []
    root = orjson.loads(path.read_bytes())
    methods = [(method.upper(), place) for place, item in root["paths"].items() for method in item]
    position = {key: index for index, key in enumerate(methods)}
    written = [tool for tool in tools if _key(tool) in position]
    if not written:
        return []
    suffixed = {
        _SUFFIX.sub("", name).casefold()
        for tool in tools
        for name in (tool.address, tool.wire_name)
        if _SUFFIX.search(name)
    }
    alone = [tool for tool in written if suffixed.isdisjoint({tool.address.casefold(), tool.wire_name.casefold()})]
    last = max(written, key=lambda tool: position[_key(tool)])
    sample = random.Random(path.name).sample(alone, 1) if alone else []
    return list(dict.fromkeys(_key(tool) for tool in (last, *sample)))
