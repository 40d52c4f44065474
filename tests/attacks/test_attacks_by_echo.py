"""An API that gives the credential back, in every place of an answer: nobody is shown it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import html
import json
import re
import zlib
from urllib.parse import quote

import pytest

from attacks.conftest import Open
from attacks.hostile import Answer, answering
from attacks.scene import SCHEMES, SECRET, document, forms_of

pytestmark = pytest.mark.anyio

FORMS = sorted(forms_of(SECRET))


def in_pieces(body: bytes) -> Answer:
    """The body in chunks of three bytes, each sent by itself."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 3):
            piece = body[start : start + 3]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    return answer


ALL = "\n".join(FORMS)
JSON = json.dumps({"items": [{"note": form} for form in FORMS], SECRET: 1}).encode()
ECHOES: dict[str, Answer] = {
    "text": answering(ALL.encode(), "Content-Type: text/plain"),
    "json": answering(JSON, "Content-Type: application/json"),
    "json in utf-16": answering(JSON.decode().encode("utf-16"), "Content-Type: application/json"),
    "text in utf-16": answering(ALL.encode("utf-16-be"), "Content-Type: text/plain; charset=utf-16be"),
    "text in utf-32": answering(ALL.encode("utf-32-le"), "Content-Type: text/plain; charset=utf-32le"),
    "text in utf-7": answering(SECRET.encode("utf-7"), "Content-Type: text/plain; charset=utf-7"),
    "html": answering(f"<p>{html.escape(SECRET)}</p>".encode(), "Content-Type: text/html"),
    "gzip": answering(gzip.compress(JSON), "Content-Type: application/json", "Content-Encoding: gzip"),
    "deflate": answering(zlib.compress(JSON), "Content-Type: application/json", "Content-Encoding: deflate"),
    "pieces": in_pieces(ALL.encode()),
    "json lines": answering(b"\n".join([JSON] * 3), "Content-Type: application/x-ndjson"),
    "events": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + SECRET.encode() + b"\n\n",
    "bytes": answering(b"\x89PNG\r\n\x1a\n\0" + ALL.encode(), "Content-Type: image/png"),
    "file name": answering(b"\0\1", f"Content-Disposition: attachment; filename*=UTF-8''{quote(SECRET)}"),
    "media type": answering(b"\0\1", f"Content-Type: {SECRET}"),
    "charset": answering(b"abc", f"Content-Type: text/plain; charset={SECRET}"),
    "location": answering(b"", f"Location: /{SECRET}", status="201 Created"),
    "redirect": answering(b"", f"Location: https://elsewhere.test/{SECRET}", status="302 Found"),
    "next page": answering(b"[]", "Content-Type: application/json", f"Link: <?page={quote(SECRET)}>; rel=next"),
    "next page in the body": answering(
        json.dumps({"next": f"/attacked?page={quote(SECRET)}", "links": {"next": f"?page={SECRET}"}}).encode(),
        "Content-Type: application/json",
    ),
    "reason": answering(b"no", status=f"500 {SECRET}"),
    "message": answering(json.dumps({"message": ALL}).encode(), "Content-Type: application/json", status="401 No"),
    "page": answering(f"<title>{html.escape(SECRET)}</title>".encode(), "Content-Type: text/html", status="403 No"),
    "identity": answering(json.dumps({"id": SECRET}).encode(), "Content-Type: application/json", status="422 No"),
    "request id": answering(b"", f"X-Request-Id: {SECRET}", status="404 No"),
    "retry": answering(b"", f"Retry-After: {SECRET}", status="429 No"),
    "limits": answering(b"", f'RateLimit-Policy: "{SECRET}";q=1;w=60', f"RateLimit: {SECRET};r=0;t=1", status="429 No"),
    "cookie": answering(b"{}", f"Set-Cookie: sid={SECRET}"),
    "header name": f"HTTP/1.1 200 OK\r\n{SECRET}: 1\r\n\r\n".encode(),
    "broken header": f"HTTP/1.1 200 OK\r\nX: \0{SECRET}\r\n\r\n".encode(),
    "broken status": f"HTTP/1.1 {SECRET}\r\n\r\n".encode(),
    "broken chunk": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SECRET}\r\n".encode(),
    "broken length": f"HTTP/1.1 200 OK\r\nContent-Length: {SECRET}\r\n\r\n".encode(),
    "unknown coding": answering(b"x", f"Content-Encoding: {SECRET}"),
    "no protocol": SECRET.encode() + b"\r\n\r\n",
    "the whole request": answering(
        f"GET /attacked HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n".encode(), "Content-Type: message/http"
    ),
}  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_credential_that_comes_back_is_not_shown(attacked: Open, scheme: str) -> None:
    """Wherever in an answer it stands, and whichever way it was sent and is spelled."""
    async with attacked(text=document(scheme=SCHEMES[scheme])) as scene:
        for name, answer in ECHOES.items():
            scene.api.answers[f"/attacked/{name.replace(' ', '-')}"] = answer
            told = await scene.call("api.deep", {"id": name.replace(" ", "-")})
            assert len(told) < 50_000, name


async def test_a_basic_credential_comes_back_as_it_went(attacked: Open) -> None:
    """Base64 of user name and password, the password alone, and the token that stood in the header."""
    async with attacked(text=document(scheme=SCHEMES["basic"])) as scene:
        scene.api.answers["/attacked"] = answering(base64.b64encode(SECRET.encode()), "Content-Type: text/plain")
        assert await scene.call() == "[env:ATTACKED_TOKEN]"


async def test_an_error_page_of_ten_megabytes_is_one_line(attacked: Open) -> None:
    """Its start is looked at, and the credential in it not shown."""
    page = b"<html><title>Oh " + html.escape(SECRET).encode() + b"</title>" + b"<p>no</p>" * 1_100_000
    async with attacked() as scene:
        scene.api.answers["/attacked"] = answering(page, "Content-Type: text/html", status="500 Internal Server Error")
        told = await scene.call()
        assert "answered 500" in told
        assert len(told) < 3_000


async def test_a_cookie_is_kept_for_nobody(attacked: Open) -> None:
    """What one answer sets no later call brings, and no file has."""
    async with attacked() as scene:
        scene.api.answers["/attacked"] = answering(
            b"{}", "Set-Cookie: session=kept-cookie; Path=/; Max-Age=999999", "Set-Cookie: Authorization=kept-cookie"
        )
        for _ in range(3):
            await scene.call()
            await scene.call("api.good")
        assert b"kept-cookie" not in b"".join(scene.api.received)
        assert not any(b"kept-cookie" in path.read_bytes() for path in scene.folder.rglob("*") if path.is_file())


async def test_what_follows_an_answer_is_no_answer(attacked: Open) -> None:
    """Bytes after the end of an answer are not read as the next call's."""
    poison = answering(b'{"poisoned":true}', "Content-Type: application/json")
    async with attacked() as scene:
        for length in (0, 2):

            async def answer(writer: asyncio.StreamWriter, length: int = length) -> None:
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: keep-alive\r\n\r\n"
                writer.write(head.encode() + b"{}"[:length] + poison * 3)
                await writer.drain()

            scene.api.answers["/attacked"] = answer
            for _ in range(3):
                assert "poisoned" not in await scene.call()
                assert "poisoned" not in await scene.call("api.good")


async def test_limits_that_an_api_makes_up_stop_no_other(attacked: Open) -> None:
    """However long it says to wait, the call's own budget ends it, and the limit is told by a name."""
    hostile = (
        "Retry-After: 99999999999", "X-RateLimit-Remaining: -1", "X-RateLimit-Reset: 1e400", "RateLimit-Limit: \xff",
        "X-RateLimit-Limit: 99999999999999999999999", "RateLimit-Reset: NaN",
    )  # fmt: skip
    async with attacked() as scene:
        scene.api.answers["/attacked"] = answering(b"{}", *hostile)
        told = await scene.call()
        assert re.match(r"\{\}|CallError|RateLimited|GET", told)
