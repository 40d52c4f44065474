"""Documents that want a credential to go where it should not, a request to be another one, or a reader to be misled."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from attacks.conftest import Open
from attacks.hostile import Hostile, Internet
from attacks.scene import SECRET, document, operation
from attacks.test_attacks_by_redirects import API, ELSEWHERE, public
from specport.documents.bounds import Bound
from specport.errors import SourceError
from specport.sources.fetch import FetchPolicy

pytestmark = pytest.mark.anyio

MESSAGE_HEADERS = [
    "Host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "Proxy-Connection", "TE",
    "Trailer", "Upgrade", "Keep-Alive", "Expect", "hOsT", "Transfer-Encoding ", " Host", "Host:",
    "Content-Length\r\nX", "X\r\nHost", "X\nHost", "X\0", "", "\u212aeep-Alive",
]  # fmt: skip


@pytest.mark.parametrize("name", MESSAGE_HEADERS)
async def test_no_documented_header_makes_another_message(attacked: Open, name: str) -> None:
    """Where a request goes, where it ends and how its connection goes on is for no document or caller to say."""
    header = {"name": name, "in": "header", "schema": {"type": "string"}}
    read = operation("read", header, {"name": "q", "in": "query", "schema": {"type": "string"}})
    async with attacked(text=document({"/box": {"get": read}})) as scene:
        for value in ("chunked", "0", "5", "elsewhere.test", "upgrade", "100-continue"):
            tool = next((tool for tool in scene.app.listing.tools if tool.address == "api.read"), None)
            offered = [key for key in (tool.input_schema["properties"] if tool else {}) if key != "q"]  # type: ignore[union-attr]
            for key in {name, *offered}:
                await scene.call("api.read", {key: value})
        for seen in scene.api.received:
            lines = [line.partition(b":") for line in seen.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
            own = {key.lower(): value.strip() for key, _, value in lines}
            assert own[b"host"] == scene.api.url.removeprefix("http://").encode()
            assert own[b"connection"] == b"keep-alive"
            assert not {b"transfer-encoding", b"te", b"upgrade", b"expect", b"content-length"} & own.keys()


BAD_SCHEMES: dict[str, Mapping[str, Any]] = {
    **{f"key in {name!r}": {"type": "apiKey", "in": "header", "name": name} for name in MESSAGE_HEADERS},
    "key in a cookie with more": {"type": "apiKey", "in": "cookie", "name": "a=b; admin"},
    "key in a cookie with a line": {"type": "apiKey", "in": "cookie", "name": "a\r\nX-Injected: yes; b"},
    "key in the path": {"type": "apiKey", "in": "path", "name": "id"},
    "key nowhere": {"type": "apiKey", "name": "key"},
    "key of no name": {"type": "apiKey", "in": "query", "name": ""},
    "scheme with a line": {"type": "http", "scheme": "bearer\r\nX-Injected:"},
    "scheme with a NUL": {"type": "http", "scheme": "a\0b"},
    "scheme with a comma": {"type": "http", "scheme": "a, Bearer"},
}


@pytest.mark.parametrize("name", BAD_SCHEMES)
async def test_no_security_scheme_makes_another_message(attacked: Open, name: str) -> None:
    """A credential that would have to say where a request goes or ends is refused with the source that wants it."""
    with pytest.raises(SourceError, match="the scheme token cannot be used") as caught:
        async with attacked(text=document(scheme=BAD_SCHEMES[name])):
            pass
    assert SECRET not in str(caught.value)
    assert str(caught.value).isprintable()


async def test_a_key_in_the_query_stays_in_its_pair(attacked: Open) -> None:
    """Whatever the document calls it."""
    scheme = {"type": "apiKey", "in": "query", "name": "a&admin=1#\r\nX-Injected: yes"}
    async with attacked(text=document(scheme=scheme)) as scene:
        assert await scene.call() == '{"fine":true}'
        [seen] = scene.api.received
        assert seen.count(b"&") == seen.count(b"admin=1") == seen.lower().count(b"\nx-injected") == 0


async def test_a_server_of_one_operation_elsewhere_gets_no_credential(attacked: Open, internet: Internet) -> None:
    """A document may send a call elsewhere; the credential of the source stays where the source is."""
    servers = [{"url": "http://elsewhere.test/v1"}]
    paths = {
        "/operation": {"get": operation("byOperation", servers=servers)},
        "/path": {"servers": servers, "get": operation("byPath")},
        "//elsewhere.test/path": {"get": operation("byDoubleSlash")},
        "/variable": {"get": operation("byVariable", servers=[
            {"url": "http://{host}/v1", "variables": {"host": {"default": "api.test@elsewhere.test"}}}])},
        "/back": {"get": operation("byBackslash", servers=[{"url": "http://api.test\\@elsewhere.test/"}])},
        "/port": {"get": operation("byPort", servers=[{"url": "http://api.test:8080/"}])},
        "@elsewhere.test/": {"get": operation("byUserinfo")},
        ".elsewhere.test/": {"get": operation("bySuffix")},
        ":80@elsewhere.test/": {"get": operation("byPassword")},
    }  # fmt: skip
    text = document(paths, servers=[{"url": "http://api.test"}])
    async with attacked(text=text, base_url="") as scene:
        await public(internet, scene.api, scene.bait)
        for tool in scene.app.listing.tools:
            if tool.route and "by" in tool.address:
                await scene.call(tool.address)
        assert b"authorization" not in b"".join(scene.bait.received).lower()
        assert set(internet.contacted) <= {API, ELSEWHERE}


PRIVATE = ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://inside.test:{port}", "http://0x7f.1:{port}",
           "http://[::ffff:127.0.0.1]:{port}", "http://rebinding.test:{port}"]  # fmt: skip


async def test_an_added_document_reaches_nothing_private_and_no_credential(attacked: Open, internet: Internet) -> None:
    """Neither by the address of its server, nor by a name that leads there later, nor with another source's scheme."""
    async with attacked(base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        internet.place("inside.test", "127.0.0.1")
        internet.place("rebinding.test", "93.184.216.99", "127.0.0.1")
        for number, server in enumerate([*PRIVATE, elsewhere, "http://api.test"]):
            url = server.format(port=scene.bait.port)
            for more in ({}, {"base_url": url}):
                wanted = {"spec": document(servers=[{"url": url}]), "name": f"s{number}{len(more)}", **more}
                told = await scene.call("openapi.addSource", wanted)
                await scene.call("openapi.previewSpec", {"spec": wanted["spec"]})
                if "SourceError" not in told:
                    await scene.call(f"{wanted['name']}.api.attacked")
        assert {line for seen in scene.bait.received for line in seen.split(b"\r\n") if b"Host" in line} == {
            b"Host: elsewhere.test"
        }
        added = [seen for seen in scene.api.received if b"/attacked" in seen]
        assert added
        assert b"authorization" not in b"".join((*added, *scene.bait.received)).lower()
        assert set(internet.contacted) <= {API, ELSEWHERE, "93.184.216.99"}


async def test_an_added_url_is_a_public_document_or_one_line(attacked: Open, internet: Internet) -> None:
    """Redirects to private addresses and circles, bombs, drips, lies: no document, no request there, no harm."""
    from attacks.test_attacks_by_answers import BOMBS, BROKEN, ENDLESS
    from attacks.test_attacks_by_redirects import PRIVATE as LOCATIONS
    from attacks.test_attacks_by_redirects import redirect

    async with (
        attacked(
            base_url="http://api.test", fetching=FetchPolicy(size=Bound("MAX_BYTES", 300_000), max_seconds=2.0)
        ) as scene,
        Hostile() as docs,
    ):
        await public(internet, scene.api, scene.bait)
        internet.place("inside.test", "127.0.0.1")
        internet.place("docs.test", "93.184.216.77", server=docs)
        answers = {**BOMBS, **BROKEN, **{f"endless {name}": answer for name, (answer, _) in ENDLESS.items()}}
        answers |= {
            f"to {n}": redirect(where.format(port=scene.bait.port).encode().decode("latin-1"))
            for n, where in enumerate(LOCATIONS)
        }
        docs.answers |= {f"/{name.replace(' ', '-')}": answer for name, answer in answers.items()}
        docs.answers["/circle"] = redirect("/circle")
        for path in docs.answers:
            told = await scene.call("openapi.addSource", {"spec": f"http://docs.test{path}"})
            assert told.startswith(("SourceError: ", "DocumentError: ")), path
            assert len(told) < 1_000
        assert scene.bait.received == []
        assert set(internet.contacted) <= {API, "93.184.216.77"}


HIDDEN = "\x1b]0;owned\x07\x1b[31m\u202egnp\u202c\u200b\u2066\U000e0041\U000e0042\ufeff\x00\x85\u2028\u00ad"


async def test_a_document_shows_nothing_that_a_reader_cannot_see(attacked: Open) -> None:
    """No terminal escape, no text running backwards and no hidden letter is in a name, a description or a message."""
    hostile = operation(
        f"read{HIDDEN}thing",
        {"name": f"q{HIDDEN}", "in": "query", "description": HIDDEN, "schema": {"type": "string"}},
        summary=f"Read{HIDDEN}", description=f"Reads{HIDDEN} things",
        requestBody={"content": {"application/json": {"schema": {"properties": {f"p{HIDDEN}": {
            "description": HIDDEN, "title": HIDDEN, "enum": [HIDDEN], "default": HIDDEN, "pattern": HIDDEN}}}}}},
    )  # fmt: skip
    hostile["tags"] = [f"api{HIDDEN}"]
    paths = {
        "/box": {"post": hostile},
        f"/b{HIDDEN}": {"get": operation("odd")},
        "/broken": {"get": {"parameters": [HIDDEN]}},
    }
    info = {"title": f"Api{HIDDEN}", "version": HIDDEN, "description": HIDDEN}
    async with attacked(text=document(paths, info=info)) as scene:
        for tool in scene.app.listing.tools:
            seen = f"{tool.address}{tool.wire_name}{tool.description}"
            assert _hidden(seen) <= {"\n"}, tool.address
        for page in scene.app.listing.page(0, 1_000):
            assert _hidden(page["description"] + page["name"] + page.get("title", "")) <= {"\n"}  # type: ignore[operator]
        scene.app.log_problems()
        for record in scene.log.records:
            assert _hidden(record.getMessage()) == set(), record
        told = await scene.call("openapi.previewSpec", {"spec": document(paths, info=info)})
        assert _hidden(told) <= {"\n"}
        for fact in scene.app.sources():
            assert _hidden(fact.title) == set()
        for tool in scene.app.listing.tools:
            assert _hidden(await scene.call(tool.address, {HIDDEN: HIDDEN})) == set()
        told = await scene.call(
            "openapi.addSource", {"spec": document(paths, info=info), "base_url": "http://\x1b[31m"}
        )
        assert _hidden(told) == set()


def _hidden(text: str) -> set[str]:
    """The characters of a text that are not seen, or change how others are."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")}
