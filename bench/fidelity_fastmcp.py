"""The cases of `tests/fidelity` through FastMCP: its tool, its arguments, the same comparison.

Generous where the two differ by design: tools and arguments are found by FastMCP's own record of them, an answer that
FastMCP or the client refuses counts if the request was right, and credentials are not asked for, which FastMCP leaves
to the HTTP client that it is given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from end_to_end.loopback import Upstream
from fidelity.calling import Score
from fidelity.cases import Case, Oracle
from fidelity.comparing import faults_of
from fidelity.references import Documents, read


async def score_fastmcp(python: str, name: str, document: Path, upstream: Upstream, home: Path) -> Score:
    """Every case of a document through FastMCP."""
    oracle = Oracle(Documents(document))
    score = Score(name, len(oracle.operations))
    entry = home / "fastmcp-document.json"
    entry.write_text(json.dumps(read(oracle.documents.entry)))
    noted = home / "fastmcp-map.json"
    noted.unlink(missing_ok=True)
    script = str(Path(__file__).with_name("fastmcp_mapped.py"))
    parameters = StdioServerParameters(
        command=python,
        args=[script, str(entry), upstream.url, str(noted)],
        env={"HOME": str(home), "PATH": os.defpath, "FASTMCP_LOG_LEVEL": "CRITICAL"},
        cwd=home,
    )
    try:
        with (home / "fastmcp.log").open("w") as log:
            async with Client(stdio_client(parameters, errlog=log)) as client:
                await _call_all(client, json.loads(noted.read_text()), oracle, upstream, score)
    except (MCPError, ExceptionGroup) as error:
        score.faults.append(f"does not start: {error!r:.300}")
        _count_all(oracle, score)
    return score


def _count_all(oracle: Oracle, score: Score) -> None:
    score.cases = score.right = score.whole = score.caseless = 0
    for operation in oracle.operations:
        cases = list(oracle.cases(operation))
        score.cases += len(cases)
        score.caseless += not cases


async def _call_all(client: Client, noted: Mapping[str, Any], oracle: Oracle, upstream: Upstream, score: Score) -> None:
    for operation in oracle.operations:
        tool = noted.get(operation.label)
        cases = list(oracle.cases(operation))
        right = 0
        for case in cases:
            faults = await _call(client, tool, case, upstream) if tool else ["no tool"]
            right += not faults
            score.faults += [f"{operation.label} ({case.variant}): {fault}" for fault in faults]
        score.cases += len(cases)
        score.right += right
        score.whole += bool(cases) and right == len(cases)
        score.caseless += not cases


async def _call(client: Client, tool: Mapping[str, Any], case: Case, upstream: Upstream) -> Sequence[str]:
    upstream.take()
    said = ""
    try:
        result = await client.call_tool(tool["name"], _arguments(case, tool["arguments"]))
        said = str(result.content)[:400]
    except (MCPError, RuntimeError, ValueError) as error:
        said = str(error)[:400]
    arrived = upstream.take()
    if len(arrived) != 1:
        return [f"{len(arrived)} requests; {said}"]
    [request] = arrived
    return faults_of(
        case.expected, method=request.method, target=request.target, headers=request.headers, body=request.body
    )


def _arguments(case: Case, noted: Mapping[str, Any]) -> dict[str, Any]:
    by_place = {(each["location"], each["openapi_name"]): argument for argument, each in noted.items()}
    arguments = {by_place.get((wire.place, wire.name), wire.name): value for wire, value in case.given}
    if case.media is None:
        return arguments
    if isinstance(case.body, dict):
        members = {by_place.get(("body", key), key): value for key, value in case.body.items()}
        return {**members, **arguments}
    whole = next((argument for argument, each in noted.items() if each["location"] == "body"), "body")
    return {**arguments, whole: case.body}
