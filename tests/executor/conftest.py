"""What tests of the executor may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def keyring_values() -> Iterator[dict[tuple[str, str], str]]:
    """What a keyring of this test's own holds, by service and name."""
    keyring = pytest.importorskip("keyring")
    from memory_keyring import MemoryKeyring

    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend.values
    keyring.set_keyring(before)
