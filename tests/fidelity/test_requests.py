"""Every operation of documents in every variant: what arrives is what the document says, computed without specport."""

from __future__ import annotations

from pathlib import Path

import pytest

from end_to_end.loopback import Upstream
from fidelity.calling import score_specport

pytestmark = pytest.mark.anyio

VERSIONS = Path(__file__).resolve().parents[1] / "documents" / "versions"

OWN = {"swagger_2.yaml": 19, "openapi_3_0.yaml": 21, "openapi_3_1.yaml": 17, "openapi_3_2.yaml": 16, "several_files": 9}
"""Our own documents and how many operations each has, counted by hand."""

PUBLIC = {
    "amazonaws.com/resource-groups": 18,
    "letmc.com/basic-tier": 45,
    "obono.at": 18,
    "twilio.com/twilio_oauth_v1": 5,
}
"""Public documents that between them have every media type and security scheme of the 36 developed against."""


async def check(document: Path, operations: int, upstream: Upstream, home: Path) -> int:
    """Every case of a document is right; how many there were."""
    score = await score_specport(document.name, document, upstream, home)
    assert score.faults == []
    assert score.operations == operations
    assert score.right == score.cases
    return score.cases


@pytest.mark.parametrize("name", OWN)
async def test_our_own_documents(name: str, upstream: Upstream, tmp_path: Path) -> None:
    """Swagger 2.0, OpenAPI 3.0, 3.1, 3.2 and several files, each with what only that version has."""
    assert await check(VERSIONS / name, OWN[name], upstream, tmp_path) > 4 * OWN[name]


@pytest.mark.parametrize("name", PUBLIC)
async def test_public_documents(name: str, corpus: Path, upstream: Upstream, tmp_path: Path) -> None:
    """Documents that nobody here wrote. `bench/fidelity.py` does the same with all 36, and with any other."""
    assert await check(corpus / f"{name}.json", PUBLIC[name], upstream, tmp_path) > 2 * PUBLIC[name]


@pytest.mark.xdist_group("digitalocean")
async def test_the_published_digitalocean_document(test_data: Path, upstream: Upstream, tmp_path: Path) -> None:
    """290 operations, each with what is required, with everything, and with nasty values."""
    assert await check(test_data / "specs" / "digitalocean.json", 290, upstream, tmp_path) > 1300
