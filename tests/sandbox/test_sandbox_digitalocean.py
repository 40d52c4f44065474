"""The bundled document: every operation has a valid request that succeeds."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_requests import Requests
from sandbox_rooms import Loaded, client_of

from specport.operations.model import Operation
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Effort
from specport.sandbox.model import Act, Place
from specport.sandbox.resources import Collections, json_media, success
from specport.sandbox.shapes import Shapes
from specport.schemas.model import Direction

pytestmark = pytest.mark.anyio


async def test_every_operation_answers_its_success_status_or_404_for_what_was_never_created(
    digitalocean: Loaded,
) -> None:
    """290 smallest valid requests against a fresh sandbox: nothing else comes back, least of all a 500."""
    document, references, operations = digitalocean
    requests = Requests(references, document.dialect)
    wrong: list[str] = []
    async with client_of(digitalocean) as client:
        for operation in operations.operations:
            response = await client.request(**requests.smallest(operation))
            if response.status_code not in (success(operation)[0], 404):
                wrong.append(f"{operation.key.method} {operation.key.path}: {response.status_code} {response.text}")
    assert len(operations.operations) == 290
    assert wrong == []


async def test_once_created_every_operation_succeeds_with_a_valid_answer(digitalocean: Loaded) -> None:
    """Parents before children, then everything else, deletions of the deepest first: no 404 and no misfit is left."""
    document, references, operations = digitalocean
    shapes = Shapes(references, document.dialect)
    collections = Collections(operations.operations, shapes)
    checks = Checks(references, document.dialect, Direction.RESPONSE)
    requests = Requests(references, document.dialect)

    def rank(operation: Operation) -> tuple[int, int]:
        role = collections.roles.get(operation.key)
        depth = operation.key.path.count("/")
        if role and role.act is Act.CREATE:
            return 0, depth
        return (2, -depth) if operation.key.method == "DELETE" else (1, depth)

    wrong: list[str] = []
    async with client_of(digitalocean) as client:
        for operation in sorted(operations.operations, key=rank):
            response = await client.request(**requests.smallest(operation, Effort.FULL))
            status, media = success(operation)
            chosen = json_media(media)
            if response.status_code != status:
                wrong.append(f"{operation.key.method} {operation.key.path}: {response.status_code} {response.text}")
            elif chosen and response.content:
                place = Place(chosen.schema, chosen.pointer)
                wrong += [f"{operation.key.path}{fault}" for fault in checks.complaints((place,), response.json(), "")]
            role = collections.roles.get(operation.key)
            if role and role.act is Act.CREATE and response.is_success:
                body: Any = response.json()
                resource = body.get(role.kind.slot.name, body)
                requests.keys[role.kind.path] = resource[role.kind.key]
    assert wrong == []


async def test_a_droplet_is_what_was_asked_for(digitalocean: Loaded) -> None:
    """Slugs land where the resource keeps them; the second read finds it active; its actions are its own."""
    async with client_of(digitalocean) as client:
        sent = {"name": "web-01", "region": "ams3", "size": "s-2vcpu-2gb", "image": "ubuntu-24-04-x64", "tags": ["web"]}
        created = (await client.post("/v2/droplets", json=sent)).json()["droplet"]
        assert (created["name"], created["tags"], created["status"]) == ("web-01", ["web"], "new")
        assert (created["region"]["slug"], created["size_slug"]) == ("ams3", "s-2vcpu-2gb")
        assert created["image"]["slug"] == "ubuntu-24-04-x64"
        where = f"/v2/droplets/{created['id']}"
        assert (await client.get(where)).json()["droplet"]["status"] == "active"
        action = (await client.post(f"{where}/actions", json={"type": "reboot"})).json()["action"]
        assert (action["type"], action["status"]) == ("reboot", "in-progress")
        done = (await client.get(f"{where}/actions/{action['id']}")).json()["action"]
        assert done["status"] == "completed"
        assert (await client.delete(where)).status_code == 204
        assert (await client.get(f"{where}/actions")).status_code == 404


async def test_several_droplets_are_made_by_one_request(digitalocean: Loaded) -> None:
    """The second branch of the request gets the second branch of the answer."""
    async with client_of(digitalocean) as client:
        sent = {"names": ["web-01", "web-02"], "region": "nyc3", "size": "s-1vcpu-1gb", "image": 155133621}
        body = (await client.post("/v2/droplets", json=sent)).json()
        assert [droplet["name"] for droplet in body["droplets"]] == ["web-01", "web-02"]
        listed = (await client.get("/v2/droplets?per_page=1")).json()
        assert listed["meta"]["total"] == 2
        assert listed["links"]["pages"]["next"] == "http://sandbox.test/v2/droplets?page=2&per_page=1"


async def test_read_only_catalogues_offer_something_to_choose(digitalocean: Loaded) -> None:
    """Regions and sizes have distinct slugs, real ones where the document names any."""
    async with client_of(digitalocean) as client:
        regions = (await client.get("/v2/regions")).json()["regions"]
        sizes = (await client.get("/v2/sizes")).json()["sizes"]
    assert len({region["slug"] for region in regions}) == len(regions) == 3
    assert len({size["slug"] for size in sizes}) == len(sizes) == 3
