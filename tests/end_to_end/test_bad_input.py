"""Whatever goes wrong, one clear message: on the command line with its exit code, over MCP with the server alive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

from end_to_end.loopback import SPECPORT, Cli, Done, Reply, Upstream, document, operation, things
from specport.app import App, Settings
from specport.executor.model import Bounds
from specport.sources.model import Origin, Source
from specport.surfaces.mcp.server import McpServer

Run = Callable[..., Done]

pytestmark = pytest.mark.anyio

HTML = b"<!DOCTYPE html><html><head><title>503 Busy</title></head><body>" + b"<p>sorry</p>" * 2000
LARGE = json.dumps({"things": [{"id": number, "payload": "p" * 100} for number in range(85_000)]}).encode()
UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
"""Its words are others from Python 3.13 on, as RFC 9110 has them."""

REPLIES = {
    401: Reply(401, b'{"id":"Unauthorized","message":"Unable to authenticate you"}'),
    404: Reply(404, b'{"id":"not_found","message":"no such thing"}', headers={"x-request-id": "r-404"}),
    422: Reply(422, b'{"id":"unprocessable_entity","message":"Name is already in use"}'),
    429: Reply(429, b'{"id":"too_many_requests","message":"API rate limit exceeded"}', headers={"retry-after": "3000"}),
    500: Reply(500, HTML, "text/html"),
    200: Reply(200, LARGE),
    201: Reply(201, b'{"broken": ', "application/json"),
    204: Reply(200, b"not gzip", "application/json", {"content-encoding": "gzip"}),
}
MESSAGES = {
    401: "GET /things/{id} answered 401 Unauthorized: Unable to authenticate you (Unauthorized). "
    "No credential was sent; give one with --credential SCHEME=env:NAME",
    404: "GET /things/{id} answered 404 Not Found: no such thing (not_found, request id r-404)",
    422: f"GET /things/{{id}} answered 422 {UNPROCESSABLE.phrase}: Name is already in use (unprocessable_entity)",
    429: "GET /things/{id} answered 429 Too Many Requests: API rate limit exceeded "
    "(too_many_requests, Retry-After 3000 s)",
    500: "GET /things/{id} answered 500 Internal Server Error: 503 Busy",
}
UNREADABLE = {
    "absent.json": None,
    "empty.json": b"",
    "page.html": HTML,
    "words.txt": b"just some words",
    "half.json": b'{"openapi": "3.1.0", ',
    "half.yaml": b"openapi: 3.1.0\npaths: [",
    "bytes.bin": b"\x00\x01\xff\xfe",
    "packed.json": b"\x1f\x8b\x08\x00abc",
    "list.json": b"[]",
    "other.json": b'{"name": "package", "version": "1"}',
    "nothing.json": b'{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}',
    "pathless.json": b'{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}}',
    "future.json": b'{"openapi": "4.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/": {}}}',
}
TOLD = {
    "absent.json": "cannot read", "empty.json": "is empty", "page.html": "is HTML or XML, not an OpenAPI document",
    "words.txt": "not an OpenAPI document", "half.json": "not valid JSON", "half.yaml": "half.yaml",
    "bytes.bin": "is not UTF", "packed.json": "is compressed", "list.json": "not an OpenAPI document",
    "other.json": "has no `openapi` version field", "nothing.json": "has no paths", "pathless.json": "has no paths",
    "future.json": "4.0.0",
}  # fmt: skip


def failed(done: Done, code: int = 1) -> str:
    """The one line that a failed command printed."""
    assert (done.code, done.out) == (code, ""), done
    assert done.err.endswith("\n"), done.err
    assert done.err.count("\n") == 1, done.err
    assert len(done.err) < 600, done.err
    return done.err


@pytest.fixture
def documents(home: Path) -> Path:
    """The working folder with everything that is no document."""
    for name, content in UNREADABLE.items():
        if content is not None:
            (home / name).write_bytes(content)
    return home


@pytest.mark.parametrize("command", ["preview", "add", "tools --spec", "tools --name x --spec"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_document_is_told_in_one_line(specport: Run, documents: Path, command: str, name: str) -> None:
    """Its path, what it is instead, exit code 1: the same for every command that reads one."""
    more = () if command == "preview" else ("--state-dir", "state")
    line = failed(specport(*command.split(), name, *more))
    assert line.startswith("specport: ")
    assert name in line
    assert TOLD[name] in line


def test_an_empty_folder_or_an_unreachable_url_is_no_document(specport: Run, home: Path) -> None:
    """Each is told as what it is."""
    (home / "nothing").mkdir()
    assert "has neither a source.toml nor an OpenAPI document" in failed(specport("preview", "nothing"))
    assert "private address" in failed(specport("preview", "http://127.0.0.1:9/openapi.json"))
    assert "cannot fetch" in failed(specport("preview", "http://127.0.0.1:9/openapi.json", "--allow-private"))


def test_an_unknown_source_names_the_known_ones(specport: Run) -> None:
    """For `serve` as for `tools`."""
    for command in ("serve", "tools"):
        line = failed(specport(command, "digitalocaen", "--no-state"))
        assert "there is no source 'digitalocaen'. Bundled: digitalocean" in line


def test_a_broken_manifest_is_told_with_its_key(specport: Run, home: Path) -> None:
    """A folder of the operator's own."""
    (home / "shop").mkdir()
    (home / "shop" / "source.toml").write_text('name = "shop"\ndocument = "a.json"\n[auth]\nkey = "dop_v1_secret"\n')
    line = failed(specport("tools", "shop", "--no-state"))
    assert "source.toml: auth.key: " in line
    assert "dop_v1_secret" not in line


def test_a_missing_token_is_told_by_its_variable(specport: Run) -> None:
    """What to set, and the way to try without."""
    line = failed(specport("call", "account.accountGet", "--no-state"))
    assert "env:DIGITALOCEAN_TOKEN is not set. Set DIGITALOCEAN_TOKEN, or start with --sandbox" in line


def test_an_unknown_tool_names_the_nearest(specport: Run) -> None:
    """For `call` and `describe`."""
    for command in ("call", "describe"):
        line = failed(specport(command, "droplets.dropletGet", "--no-state"))
        assert "there is no tool 'droplets.dropletGet'. Nearest: droplets.dropletsGet" in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"droplet_id": "many"}', '/droplet_id: expected integer, got "many"'),
        ('{"droplet_id": [1]}', "/droplet_id: expected integer"),
        ("{}", "'droplet_id' is missing"),
        ('{"id": 1}', "'id' is not known here"),
        ("[1]", "arguments must be an object"),
        ("7", "arguments must be an object"),
        ("{", "the arguments are not JSON"),
        ("", "the arguments are not JSON"),
        ("droplet_id=1", "the arguments are not JSON"),
    ],
)
def test_wrong_arguments_are_told_with_their_place(specport: Run, arguments: str, told: str) -> None:
    """What was expected, where; nothing is sent, so no token is needed to find out."""
    assert told in failed(specport("call", "droplets.dropletsGet", arguments, "--no-state"))


def test_an_api_that_is_down_is_told(specport: Run) -> None:
    """The origin and what to check."""
    given = ("--spec", "things.json", "--base-url", "http://127.0.0.1:9", "--no-state")
    line = failed(specport("call", "things.createThing", '{"body": {"name": "x"}}', *given))
    assert "cannot connect to http://127.0.0.1:9" in line
    assert "Is the base URL right and the API up?" in line


@pytest.mark.parametrize("base_url", ["127.0.0.1:9", "ftp://x.test", "nonsense", "http://"])
def test_a_base_url_that_is_none_is_told(specport: Run, base_url: str) -> None:
    """Before or when it is used: one line that names the option."""
    line = failed(specport("call", "things.listThings", "--spec", "things.json", "--base-url", base_url, "--no-state"))
    assert "base" in line.lower()


@pytest.mark.parametrize("status", MESSAGES)
def test_an_apis_refusal_is_the_message(specport: Run, upstream: Upstream, status: int) -> None:
    """Status, the API's own words and identifiers; exit code 1."""
    upstream.replies["/things/1"] = REPLIES[status]
    given = ("--spec", "things.json", "--base-url", upstream.url, "--no-state")
    assert failed(specport("call", "things.getThing", '{"id": 1}', *given)) == f"{MESSAGES[status]}\n"


def test_ten_megabytes_are_whole_on_the_command_line(specport: Run, upstream: Upstream) -> None:
    """Valid JSON on stdout: whoever pipes it on has the room."""
    upstream.replies["/things/1"] = REPLIES[200]
    given = ("--spec", "things.json", "--base-url", upstream.url, "--no-state")
    done = specport("call", "things.getThing", '{"id": 1}', *given)
    assert done.code == 0
    assert len(json.loads(done.out)["things"]) == 85_000


@pytest.fixture(scope="module")
async def client(
    running: Upstream, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Client]:
    """One server process for all that is done to it, and a proof at the end that it is still there."""
    home = tmp_path_factory.mktemp("bad")
    (home / "things.json").write_text(things())
    parameters = StdioServerParameters(
        command=SPECPORT,
        args=["serve", "--spec", "things.json", "--base-url", running.url, "--no-state"],
        env={"HOME": str(home)},
        cwd=home,
    )
    async with Client(parameters) as connected:
        yield connected
        assert "things.getThing" in [tool.title for tool in (await connected.list_tools()).tools]


def error_of(result: types.CallToolResult) -> str:
    """The one text of an error result."""
    assert result.is_error
    assert result.structured_content is None
    [block] = result.content
    assert isinstance(block, types.TextContent)
    return block.text


def test_a_full_disk_and_a_narrow_encoding_are_no_tracebacks(tmp_path: Path) -> None:
    """One line for what cannot be written; an escape for what stdout cannot write."""
    cli = Cli(tmp_path)
    (tmp_path / "names.json").write_text(document({"/a": {"get": operation("猫", "Ünï")}}))
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    done = cli.run("preview", "names.json", "--base-url", "https://x.test", env=ascii_only)
    assert (done.code, done.err) == (0, "")
    assert "\\xdcn\\xef" in done.out
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [SPECPORT, "tools", "--no-state"], stdout=full, stderr=subprocess.PIPE, check=False, env=cli.environment({})
        )
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[-1].startswith("specport: the output cannot be written: ")
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("status", [status for status in MESSAGES if status != 429])
async def test_a_model_gets_the_same_message(client: Client, upstream: Upstream, status: int) -> None:
    """An error result of one text. A 429, which holds up the calls that follow, is told on the command line."""
    upstream.replies["/things/1"] = REPLIES[status]
    assert error_of(await client.call_tool("things_getThing", {"id": 1})) == MESSAGES[status]


async def test_a_large_answer_is_cut_for_a_model(client: Client, upstream: Upstream) -> None:
    """10 MB do not reach its context."""
    upstream.replies["/things/1"] = REPLIES[200]
    result = await client.call_tool("things_getThing", {"id": 1})
    texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
    assert not result.is_error
    assert result.structured_content is None
    assert sum(map(len, texts)) < 8_000
    assert "of 85,000 of things" in texts[1]


async def test_answers_that_are_not_what_they_claim(client: Client, upstream: Upstream) -> None:
    """Broken JSON is shown as text; a broken content encoding is told."""
    upstream.replies["/things/1"] = REPLIES[201]
    broken = await client.call_tool("things_getThing", {"id": 1})
    assert not broken.is_error
    assert broken.content[0].text == '{"broken": '  # type: ignore[union-attr]
    upstream.replies["/things/1"] = REPLIES[204]
    assert "broken content encoding" in error_of(await client.call_tool("things_getThing", {"id": 1}))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [({"id": "x"}, "/id: expected integer"), ({}, "'id' is missing"), ({"id": 1, "x": 2}, "'x' is not known here")],
)
async def test_wrong_arguments_are_told_to_a_model(client: Client, arguments: dict[str, object], told: str) -> None:
    """So that it can mend them."""
    assert told in error_of(await client.call_tool("things_getThing", arguments))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (HTML.decode() + "\n", "is HTML or XML, not an OpenAPI document"),
        ('{"openapi": "3.1.0", "paths": {}}', "has no paths"),
        ("/etc/passwd", "neither an http(s) URL nor a document"),
        ("http://127.0.0.1:9/openapi.json", "is at the private address 127.0.0.1"),
        (document({"/a": {"get": operation("a", "a")}}), "names no absolute server URL"),
        (document({"/a": {"get": operation("a", "a", parameters=[{"name": "x"}])}}), "no operation is left to add"),
        ("{" * 2000, "given as text"),
        ("a: &a [*a, *a]\n" * 3, "given as text"),
    ],
)
async def test_a_document_that_is_none_is_told_to_a_model(client: Client, spec: str, told: str) -> None:
    """By the built-in tools, and nothing is added."""
    text = error_of(await client.call_tool("openapi_addSource", {"spec": spec, "name": "bad"}))
    assert told in text
    assert len(text) < 600


async def test_an_unknown_tool_is_told_to_a_client(client: Client) -> None:
    """As a protocol error with the nearest names."""
    with pytest.raises(MCPError, match="Nearest: things_getThing"):
        await client.call_tool("things_getThin", {})


async def test_an_external_reference_in_a_models_document_reads_nothing(client: Client, tmp_path: Path) -> None:
    """The operation that needs it is left out and told; what the file holds is not."""
    (tmp_path / "secret.json").write_text('{"S": {"type": "string", "enum": ["dop_v1_secret"]}}')
    leak = operation(
        "leak", "g", parameters=[{"name": "s", "in": "query", "schema": {"$ref": f"{tmp_path}/secret.json#/S"}}]
    )
    spec = document({"/a": {"get": leak}, "/b": {"get": operation("fine", "g")}}, servers=[{"url": "https://x.test"}])
    result = await client.call_tool("openapi_previewSpec", {"spec": spec})
    assert not result.is_error, result
    assert "dop_v1_secret" not in str(result)


async def test_a_slow_api_is_given_up_and_told(upstream: Upstream) -> None:
    """After the call's budget, which is shorter here, with the server alive.

    Not so short that a busy machine spends it on making the first connection, before anything is asked.
    """
    upstream.replies["/things/1"] = Reply(hangs=True)
    source = Source("things", "things.json", things().encode(), Origin.OPERATOR, upstream.url)
    async with (
        App.open([source], Settings(bounds=Bounds(total=1.0))) as app,
        Client(McpServer(app).lowlevel, mode="2026-07-28") as connected,
    ):
        told = error_of(await connected.call_tool("things_getThing", {"id": 1}))
        assert told == f"{upstream.url} did not answer in time. Try again later"
        assert len((await connected.list_tools()).tools) == 7
    assert len(upstream.take()) == 1, "it was not asked again"
