"""Answers that send a call elsewhere. Wherever that is, no credential goes there, and nothing to a private address."""

from __future__ import annotations

import pytest

from attacks.conftest import Open
from attacks.hostile import FINE, Hostile, Internet
from attacks.scene import SCHEMES, SECRET, document, forms_of, operation

pytestmark = pytest.mark.anyio

API, ELSEWHERE, THIRD = "93.184.216.34", "93.184.216.35", "93.184.216.36"
STATUSES = [301, 302, 303, 307, 308]


def redirect(location: str, status: int = 302, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} Moved", f"Location: {location}", "Content-Length: 0", *headers, "", "")
    return "\r\n".join(lines).encode("latin-1")


async def public(internet: Internet, api: Hostile, bait: Hostile) -> str:
    """The API at one public name, the bait at another; gives the latter's URL."""
    internet.place("api.test", API, server=api)
    return internet.place("elsewhere.test", ELSEWHERE, server=bait)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("status", STATUSES)
async def test_another_host_gets_no_credential(attacked: Open, internet: Internet, scheme: str, status: int) -> None:
    """Neither in its header, nor in the query that an API copies to Location, nor as a cookie."""
    async with attacked(text=document(scheme=SCHEMES[scheme]), base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        scene.api.answers["/attacked"] = redirect(f"{elsewhere}/steal", status, "Set-Cookie: sid=1; Domain=test")
        await scene.call()
        heads = b"".join(scene.bait.received).lower()
        assert not any(name in heads for name in (b"authorization", b"cookie", b"x-api-key", b"key="))
        assert len(scene.bait.received) <= 1


async def test_a_location_that_holds_the_credential_is_not_asked(attacked: Open, internet: Internet) -> None:
    """An API that echoes a credential, however spelled, cannot have it carried elsewhere."""
    async with attacked(text=document(scheme=SCHEMES["query"]), base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        for form in sorted(forms_of(SECRET)):
            if form.isascii() and form.isprintable():
                scene.api.answers["/attacked"] = redirect(f"{elsewhere}/steal?k={form}")
                await scene.call()
                scene.api.answers["/attacked"] = redirect(f"{elsewhere}/{form}")
                await scene.call()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
async def test_another_host_gets_no_body(attacked: Open, internet: Internet, method: str) -> None:
    """What was written for one API is not written to another."""
    written = operation("write", requestBody={"content": {"application/json": {"schema": {"type": "object"}}}})
    text = document({"/write": {method: written}})
    async with attacked(text=text, base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        for status in STATUSES:
            scene.api.answers["/write"] = redirect(f"{elsewhere}/steal", status)
            await scene.call("api.write", {"body": {"private": "business"}})
        assert b"business" not in b"".join(scene.bait.received)
        assert not any(seen.startswith(method.upper().encode()) for seen in scene.bait.received)


PRIVATE = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://0x7f000001:{port}/", "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://127.0.0.1.:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/", "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/", "http://[::]:{port}/", "http://user@127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "http://127\u30020\u30020\u30021:{port}/", "http://127.0.0\u200b.1:{port}/", "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "http://api.test@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@api.test/", "http://127.0.0.1:{port}\\@api.test/",
    "http://api.test:80@127.0.0.1:{port}/", "http://inside.test:{port}/", "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/", "http://metadata.google.internal/", "http://10.0.0.1/", "http://[fe80::1%25lo]/",
    "http://0/", "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/", "\t//127.0.0.1:{port}/", " http://127.0.0.1:{port}/", "/\\127.0.0.1:{port}/",
]  # fmt: skip


async def test_no_redirect_reaches_a_private_address(attacked: Open, internet: Internet) -> None:
    """In no notation, through no name, and from a public API or one that the operator has on loopback."""
    async with attacked(base_url="http://api.test") as scene:
        await public(internet, scene.api, scene.bait)
        internet.place("inside.test", "127.0.0.1")
        for location in PRIVATE:
            written = location.format(port=scene.bait.port).encode().decode("latin-1")
            scene.api.answers["/attacked"] = redirect(written)
            await scene.call()
        assert scene.bait.received == []
        assert set(internet.contacted) <= {API}


async def test_another_port_of_the_operators_own_host_is_another_place(attacked: Open, internet: Internet) -> None:
    """Who chose one port of loopback chose that one."""
    async with attacked() as scene:
        for status in STATUSES:
            for location in PRIVATE:
                scene.api.answers["/attacked"] = redirect(
                    location.format(port=scene.bait.port).encode().decode("latin-1"), status
                )
                await scene.call()
        assert scene.bait.received == []


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "file:/etc/passwd", "data:application/json,{}", "gopher://elsewhere.test/1",
        "ftp://elsewhere.test/", "javascript:alert(1)", "ws://elsewhere.test/", "unix:/run/docker.sock", "http+unix://elsewhere.test/",
        "http://", "http:", "://", "http://[::1", "http://elsewhere.test:99999/", "http://elsewhere.test:-1/",
        "x" * 100_000, "http://" + "a" * 300 + "/", "http://elsewhere.test:80a/", "http://\xff/", "",
    ],
)  # fmt: skip
async def test_a_location_that_is_no_place_to_go_is_shown(attacked: Open, internet: Internet, location: str) -> None:
    """Other schemes, broken URLs and endless ones are an answer like any other."""
    async with attacked(base_url="http://api.test") as scene:
        await public(internet, scene.api, scene.bait)
        scene.api.answers["/attacked"] = redirect(location)
        told = await scene.call()
        assert "root:" not in told
        assert len(told) < 10_000
        assert scene.bait.received == []


async def test_a_line_break_in_a_location_is_no_header(attacked: Open, internet: Internet) -> None:
    """Percent-encoded or not, what follows it becomes no header and no request of its own."""
    async with attacked(base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        for broken in (
            "%0d%0aX-Injected:%20yes",
            "\x0bX-Injected: yes",
            "\u2028X-Injected: yes",
            " HTTP/1.1\tX-Injected: yes",
        ):
            scene.api.answers["/attacked"] = redirect(f"{elsewhere}/{broken}".encode().decode("latin-1"))
            await scene.call()
        assert b"\nX-Injected" not in b"".join(scene.bait.received)
        for seen in scene.bait.received:
            assert seen.split(b"\r\n")[0].count(b" ") == 2


async def test_redirects_end(attacked: Open, internet: Internet) -> None:
    """A circle, a chain that never ends, and one that goes from host to host, in a few requests."""
    async with attacked(base_url="http://api.test") as scene:
        elsewhere = await public(internet, scene.api, scene.bait)
        scene.api.answers["/attacked"] = redirect("/attacked")
        await scene.call()
        assert len(scene.api.received) <= 11
        scene.api.answers |= {f"/attacked{'/x' * n}": redirect(f"/attacked{'/x' * (n + 1)}") for n in range(30)}
        await scene.call()
        assert len(scene.api.received) <= 22
        scene.api.answers["/attacked"] = redirect(f"{elsewhere}/back")
        scene.bait.answers["/back"] = redirect("http://api.test/attacked")
        await scene.call()
        assert len(scene.bait.received) <= 11


async def test_a_way_back_brings_the_credential_to_nobody_else(attacked: Open, internet: Internet) -> None:
    """From the API elsewhere and on to a third host: neither gets it."""
    async with attacked(base_url="http://api.test") as scene, Hostile() as third:
        elsewhere = await public(internet, scene.api, scene.bait)
        onward = internet.place("third.test", THIRD, server=third)
        scene.api.answers["/attacked"] = redirect(f"{elsewhere}/on")
        scene.bait.answers["/on"] = redirect(f"{onward}/end")
        await scene.call()
        assert b"authorization" not in b"".join((*scene.bait.received, *third.received)).lower()


async def test_rebinding_reaches_nothing_private(attacked: Open, internet: Internet) -> None:
    """A name that was public when it was looked at is connected to by that address, not looked up again."""
    async with attacked(base_url="http://api.test") as scene:
        await public(internet, scene.api, scene.bait)
        port = scene.bait.port
        scene.api.answers["/attacked"] = redirect(f"http://rebinding.test:{port}/")
        internet.place("rebinding.test", THIRD, "127.0.0.1")
        for _ in range(3):
            await scene.call()
        assert scene.bait.received == []
        assert "127.0.0.1" not in internet.contacted


async def test_the_api_itself_is_still_the_api(attacked: Open, internet: Internet) -> None:
    """A redirect within the API, followed or shown, is no failure."""
    async with attacked(base_url="http://api.test") as scene:
        await public(internet, scene.api, scene.bait)
        scene.api.answers["/attacked"] = redirect("/found?x=1")
        scene.api.answers["/found"] = FINE
        assert "Failed" not in await scene.call()
