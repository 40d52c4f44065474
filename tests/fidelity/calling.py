"""Calls every case of a document through a real client and keeps count."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from end_to_end.loopback import SPECPORT, Upstream
from fidelity.cases import Case, Oracle
from fidelity.comparing import faults_of, secret_of, without_credentials
from fidelity.operations import Described, Wire
from fidelity.references import Documents

LIST_SECONDS = 120.0
_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")


@dataclass(slots=True)
class Score:
    """Of one document: operations, those right in all variants, cases, those right, and what was wrong."""

    name: str
    operations: int = 0
    whole: int = 0
    cases: int = 0
    right: int = 0
    faults: list[str] = field(default_factory=list[str])
    left_out: list[str] = field(default_factory=list[str])
    caseless: int = 0
    """Operations of which no case could be built."""


def argument_names(
    operation: Described, owned: set[tuple[str, str]], properties: Sequence[str]
) -> dict[tuple[str, str], str]:
    """The argument of each parameter, by the documented rule: its own name; else `_<location>`, or a mapped key."""
    offered = [wire for wire in operation.parameters if (wire.place, wire.name.lower()) not in owned]
    taken = {"body"} if operation.media else set[str]()
    taken |= {"content_type"} if len(operation.media) > 1 else set()
    names: dict[int, str] = {}
    for index, wire in enumerate(offered):
        if _KEY.match(wire.name) and wire.name not in taken:
            names[index] = wire.name
            taken.add(wire.name)
    for index, wire in enumerate(offered):
        if index not in names:
            names[index] = _mapped(wire, taken, properties)
            taken.add(names[index])
    return {(wire.name, wire.place): names[index] for index, wire in enumerate(offered)}


def _mapped(wire: Wire, taken: set[str], properties: Sequence[str]) -> str:
    legal = re.sub(r"[^a-zA-Z0-9_.-]+", "_", wire.name).strip("_")[:64] or "parameter"
    for key in (legal, f"{legal[:57]}_{wire.place}"[:64]):
        if key in properties and key not in taken:
            return key
    hashed = re.compile(re.escape(legal[:31]) + r".*_[0-9a-f]{8,32}\Z")
    return next((key for key in properties if key not in taken and hashed.match(key)), wire.name)


def arguments_of(case: Case, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The arguments of a call to specport."""
    arguments = {names[wire.name, wire.place]: value for wire, value in case.given}
    if case.media is not None:
        arguments["body"] = case.body
        if len(case.operation.media) > 1:
            arguments["content_type"] = case.media.content_type
    return arguments


@asynccontextmanager
async def specport(document: Path, base_url: str, oracle: Oracle, home: Path) -> AsyncIterator[Client]:
    """specport as an operator starts it for this document, with a credential for each scheme."""
    arguments = ["--spec", str(document), "--base-url", base_url, "--no-state", "--tool-names", "dotted"]
    environment = {"HOME": str(home), "PATH": os.defpath}
    for index, name in enumerate(oracle.schemes):
        arguments += ["--credential", f"{name}=env:SECRET_{index}"]
        environment[f"SECRET_{index}"] = secret_of(name)
    parameters = StdioServerParameters(command=SPECPORT, args=["serve", *arguments], env=environment, cwd=home)
    async with Client(parameters) as client:
        yield client


def addresses(document: Path, home: Path) -> dict[tuple[str, str], str]:
    """Method and path to address, as `specport tools` lists them."""
    done = subprocess.run(
        [SPECPORT, "tools", "--spec", str(document), "--base-url", "http://127.0.0.1:1", "--no-state", "--json"],
        capture_output=True, text=True, check=False, timeout=LIST_SECONDS, cwd=home,
        env={"HOME": str(home), "PATH": os.defpath},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return {(tool["method"], tool["path"]): tool["address"] for tool in json.loads(done.stdout) if tool["method"]}


async def listed(client: Client) -> dict[str, list[str]]:
    """The properties of each tool's input schema."""
    found: dict[str, list[str]] = {}
    page = await client.list_tools()
    while True:
        for tool in page.tools:
            found[tool.name] = list(tool.input_schema.get("properties", {}))
        if page.next_cursor is None:
            return found
        page = await client.list_tools(cursor=page.next_cursor)


async def score_specport(name: str, document: Path, upstream: Upstream, home: Path) -> Score:
    """Every operation of a document in every variant, through specport."""
    oracle = Oracle(Documents(document))
    score = Score(name, len(oracle.operations))
    entry = document if document.is_file() else oracle.documents.entry
    try:
        by_route = addresses(entry, home)
    except RuntimeError as error:
        score.faults.append(f"does not start: {error}")
        score.cases = sum(len(list(oracle.cases(operation))) for operation in oracle.operations)
        return score
    async with specport(entry, upstream.url, oracle, home) as client:
        properties = await listed(client)
        for operation in oracle.operations:
            address = by_route.get((operation.method, operation.path))
            cases = list(oracle.cases(operation))
            wrong = [] if operation.broken or address in properties else [f"{operation.label}: no tool"]
            names = argument_names(operation, oracle.owned, properties.get(address or "", []))
            for case in cases:
                faults = await _call(client, upstream, oracle, case, (address, names)) if address else ["no tool"]
                score.cases += 1
                score.right += not faults
                wrong += [f"{operation.label} ({case.variant}): {fault}" for fault in faults]
            score.whole += bool(cases) and not wrong
            score.caseless += not cases
            score.faults += wrong
    unexpected = by_route.keys() - {(each.method, each.path) for each in oracle.operations}
    score.faults += [f"{method} {path}: a tool without an operation" for method, path in sorted(unexpected)]
    score.left_out = oracle.left_out
    return score


async def _call(
    client: Client, upstream: Upstream, oracle: Oracle, case: Case, tool: tuple[str, Mapping[tuple[str, str], str]]
) -> list[str]:
    address, names = tool
    upstream.take()
    result = await client.call_tool(address, arguments_of(case, names))
    arrived = upstream.take()
    if result.is_error or len(arrived) != 1:
        return [f"{len(arrived)} requests; {str(result.content)[:600]}"]
    [request] = arrived
    target, headers, faults = without_credentials(
        oracle.schemes, case.operation.security, request.target, request.headers
    )
    return faults + faults_of(case.expected, method=request.method, target=target, headers=headers, body=request.body)
