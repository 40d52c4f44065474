"""Files of logins on disks that are full or damaged."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from specport.errors import SourceError
from specport.executor.auth.logins import Login, Logins
from specport.executor.auth.oauth import Token

pytestmark = pytest.mark.anyio

NAME = "shop@work/oauth"
LOGIN = Login("https://login.test/token", "app", Token("a", 0.0, 1.0))


async def test_a_login_is_locked_on_a_full_disk(tmp_path: Path) -> None:
    """Locking takes no room, so that nobody waits for it and what cannot be written is the new token alone."""
    logins = Logins(tmp_path)
    async with logins.lock(NAME):
        pass
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        async with logins.lock(NAME):
            with pytest.raises(SourceError, match=r"the login cannot be kept in .*: File too large"):
                await logins.write(NAME, LOGIN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_lock_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    """No other process has it, so that there is nothing to wait for."""
    async with Logins(tmp_path).lock(NAME):
        pass
    [lock] = (tmp_path / "logins").glob("*.lock")
    lock.write_bytes(b"this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(SourceError, match=r"cannot be locked in .*\.lock: file is not a database\. Remove that file"):
        async with Logins(tmp_path).lock(NAME):
            pytest.fail("it is locked")


async def test_a_login_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    """As where the folder of logins is none."""
    (tmp_path / "logins").write_text("")
    with pytest.raises(SourceError, match=r"the login in .* cannot be removed: Not a directory"):
        await Logins(tmp_path).delete(NAME)
