"""What every attack may ask for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from attacks.hostile import Internet
from attacks.scene import Scene, scene

Open = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def attacked(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Open:
    """`async with attacked() as scene:`: an App among hostile servers, checked at the end."""

    def open_scene(**more: Any) -> AbstractAsyncContextManager[Scene]:
        return scene(tmp_path, caplog, monkeypatch, **more)

    return open_scene


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    """An Internet of this test's own."""
    return Internet(monkeypatch)
