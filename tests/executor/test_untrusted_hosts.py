"""Hosts that a tool call or a document chose are on the public Internet at every call. The resolver is a function."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import httpx2
import pytest
from fake_api import Api, ok, request

from specport.errors import Denied, UpstreamFailed
from specport.executor.model import Bounds, Channel
from specport.executor.send import Executor

pytestmark = pytest.mark.anyio


def resolving(*addresses: str) -> Callable[[str, int], object]:
    """A resolver that gives these answers in turn, the last one for ever."""
    answers = itertools.chain(addresses, itertools.repeat(addresses[-1]))

    async def resolve(host: str, port: int) -> list[str]:
        return [next(answers)]

    return resolve


UNTRUSTED = Channel(public_urls=("https://api.test",))


async def test_a_host_that_a_document_chose_is_connected_to_by_its_checked_address() -> None:
    """The request goes to the address that was found public, under the host's own name."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api.answer), resolver=resolving("93.184.216.34"))
    await executor.send(request(), UNTRUSTED)
    [seen] = api.seen
    assert seen.url.host == "93.184.216.34"
    assert seen.headers["host"] == "api.test"
    assert seen.extensions["sni_hostname"] == "api.test"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:192.168.0.1", "fe80::1%eth0"]
)
async def test_a_host_that_a_document_chose_may_not_be_private(address: str) -> None:
    """A name that leads to a private address is refused, also when it led elsewhere before."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api.answer), resolver=resolving("93.184.216.34", address))
    await executor.send(request(), UNTRUSTED)
    with pytest.raises(Denied, match=r"api\.test is at the private address"):
        await executor.send(request(), UNTRUSTED)
    assert len(api.seen) == 1


async def test_a_host_that_the_operator_chose_may_be_private() -> None:
    """What the operator named is trusted: nothing is looked up."""
    api = Api([ok()])
    executor = Executor(transport=httpx2.MockTransport(api.answer), resolver=resolving("127.0.0.1"))
    await executor.send(request(url="http://localhost:8080/v2/things"), UNTRUSTED)
    assert api.seen[0].url.host == "localhost"


async def test_a_host_that_cannot_be_found_is_an_upstream_failure() -> None:
    """No address is a connection that could not be made."""

    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    executor = Executor(bounds=Bounds(attempts=1), transport=httpx2.MockTransport(Api([ok()]).answer), resolver=nowhere)
    with pytest.raises(UpstreamFailed, match=r"cannot connect to https://api\.test: Name or service not known"):
        await executor.send(request(), UNTRUSTED)
