"""What tests of the executor may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tester's own keyring is nobody's."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def keyring_values() -> Iterator[dict[tuple[str, str], str]]:
    """What a keyring of this test's own holds, by service and name."""
    keyring = pytest.importorskip("keyring")
    from keyring.backends.fail import Keyring
    from memory_keyring import MemoryKeyring

    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend.values
    keyring.set_keyring(Keyring())
