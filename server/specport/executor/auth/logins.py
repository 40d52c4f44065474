"""Tokens of people who logged in, kept in the system's keyring, else in files that only their owner can read."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import hashlib
import logging
import os
import sqlite3
import stat
import tempfile
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote

import orjson

from specport.errors import Denied, SourceError, UpstreamFailed
from specport.executor.auth import keyrings
from specport.executor.auth.keyrings import KeyringUnusable
from specport.executor.auth.oauth import NEVER, Token

log = logging.getLogger("specport")

SERVICE = "specport"
"""What the keyring knows these entries by, beside the source and scheme."""

MAX_LOGIN_BYTES = 256 * 1024
"""Largest file of a login that is read."""

LOOKS = 500
"""How often to look whether another process still renews a login: for 25 s, which is more than that may take."""

_LOOK_AGAIN = 0.05
_MAX_FILE_NAME = 200
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Login:
    """Tokens, and of whom they are: they are sent to no other token endpoint and used for no other client."""

    token_url: str
    client_id: str
    token: Token


class Logins:
    """The logins of one state folder and of this user's keyring, each by a name such as `shop@work/oauth`.

    Without a folder there is only the keyring. Files are written whole or not at all.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "logins" if folder else None

    async def read(self, name: str) -> Login | None:
        """The login of that name, if there is one. Raises Denied for a file of another user's, or a broken one."""
        path = self._path(name)
        data = _read_private(path) if path else None
        if data is None:
            try:
                data = (await keyrings.read(SERVICE, name, about=f"the login of {name}")).encode()
            except KeyringUnusable:
                return None
        return _decoded(data, name) if data else None

    async def write(self, name: str, login: Login) -> str:
        """Keep a login in place of an earlier one; where it is now. Raises SourceError where there is no place."""
        data = _encoded(login)
        path = self._path(name)
        try:
            await keyrings.write(SERVICE, name, data.decode(), about=f"the login of {name}")
        except KeyringUnusable as error:
            if path is None:
                raise SourceError(
                    f"a login cannot be kept: {error.message}, and with --no-state there is no folder either",
                    hint="Leave out --no-state",
                ) from error
            _write_private(path, data)
            return str(path)
        if path:
            _remove(path)
        return "the system's keyring"

    async def delete(self, name: str) -> bool:
        """Forget a login; whether there was one. Raises SourceError where its file cannot be removed."""
        path = self._path(name)
        is_known = path is not None and _remove(path)
        with contextlib.suppress(KeyringUnusable):
            is_known |= await keyrings.delete(SERVICE, name, about=f"the login of {name}")
        return is_known

    @contextlib.asynccontextmanager
    async def lock(self, name: str) -> AsyncGenerator[None]:
        """Keep every other process with this folder from renewing the login, until the block or the process ends.

        SQLite's lock, which all systems have, which ends with its holder, and which takes no room on the disk.
        Raises UpstreamFailed after LOOKS, SourceError where the file cannot be locked.
        """
        if self._folder is None:
            yield
            return
        _make_private(self._folder)
        path = self._folder / f"{_file_name(name)}.lock"
        with _told(name, path), contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
            for _ in range(LOOKS):
                if _is_taken(lock):
                    break
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                raise UpstreamFailed(f"another process has been renewing the login of {name} for too long (LOOKS)")
            yield

    def _path(self, name: str) -> Path | None:
        return self._folder / f"{_file_name(name)}.json" if self._folder else None


@contextlib.contextmanager
def _told(name: str, path: Path) -> Generator[None]:
    """SQLite's errors become SourceErrors."""
    try:
        yield
    except sqlite3.Error as error:
        raise SourceError(
            f"the login of {name} cannot be locked in {path}: {error}", hint="Remove that file"
        ) from error


def _is_taken(lock: sqlite3.Connection) -> bool:
    """Whether this process has the lock now; not while another one has it."""
    try:
        lock.execute("pragma journal_mode = memory")  # else it begins with a file of its own
        lock.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _remove(path: Path) -> bool:
    """Remove a file; whether there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SourceError(f"the login in {path} cannot be removed: {error.strerror or error}") from error
    return True


def _file_name(name: str) -> str:
    quoted = quote(name, safe="@")
    return quoted if len(quoted) <= _MAX_FILE_NAME else hashlib.sha256(name.encode()).hexdigest()


def _make_private(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        if folder.stat().st_mode & _OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        raise SourceError(f"cannot make the folder {folder}: {error.strerror or error}") from error


def _write_private(path: Path, data: bytes) -> None:
    """A file that appears whole, readable and writable by its owner only. Whoever writes it has the login's lock."""
    _make_private(path.parent)
    try:
        for left in path.parent.glob(f"{glob.escape(f'.{path.stem}.')}*"):  # by a process that was killed meanwhile
            left.unlink(missing_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink()
            raise
    except OSError as error:
        raise SourceError(f"the login cannot be kept in {path}: {error.strerror or error}") from error


def _read_private(path: Path) -> bytes | None:
    """The bytes of this user's own file, None where there is none; what others could read they no longer can."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Denied(f"the login in {path} cannot be read: {error.strerror or error}", hint="Log in again") from error
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
            raise Denied(f"the login in {path} belongs to another user and is not used", hint="Log in again")
        if os.name == "posix" and facts.st_mode & _OTHERS:
            os.fchmod(file.fileno(), 0o600)
            log.warning("%s could be read by others, and no longer can", path)
        return file.read(MAX_LOGIN_BYTES)


def _encoded(login: Login) -> bytes:
    token = login.token
    return orjson.dumps(
        {
            "token_url": login.token_url,
            "client_id": login.client_id,
            "access_token": token.access,
            "refresh_token": token.refresh,
            "made": token.made,
            "expires": None if token.expires == NEVER else token.expires,
            "scope": token.scope,
        }
    )


def _decoded(data: bytes, name: str) -> Login:
    try:
        facts = cast("dict[str, object]", orjson.loads(data))
        made, expires = float(cast("float", facts["made"])), facts["expires"]
        texts = [facts[key] for key in ("token_url", "client_id", "access_token", "refresh_token", "scope")]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError
        token_url, client_id, access, refresh, scope = cast("list[str]", texts)
        until = NEVER if expires is None else float(cast("float", expires))
    except (ValueError, TypeError, KeyError) as error:
        raise Denied(f"the login kept for {name} cannot be read", hint="Log in again with `specport login`") from error
    return Login(token_url, client_id, Token(access, made, until, refresh, scope))
