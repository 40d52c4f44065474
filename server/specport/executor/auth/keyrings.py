"""The system's keyring: the only module that uses the package `keyring`, which is loaded when it is first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from specport.errors import Denied

ANSWERING = 10.0
"""Seconds that a keyring may take; one that waits for a person to unlock it counts as not there."""

T = TypeVar("T")


class KeyringUnusable(Denied):
    """There is no keyring on this machine that can be used."""


async def read(service: str, name: str, *, about: str) -> str:
    """A value, "" where the keyring has none. Raises KeyringUnusable, saying what it is `about`."""

    def ask() -> str:
        import keyring

        return keyring.get_password(service, name) or ""

    return await _asked(ask, about)


async def write(service: str, name: str, value: str, *, about: str) -> None:
    """Keep a value in place of an earlier one. Raises KeyringUnusable."""

    def ask() -> None:
        import keyring

        keyring.set_password(service, name, value)

    await _asked(ask, about)


async def delete(service: str, name: str, *, about: str) -> bool:
    """Forget a value; whether there was one. Raises KeyringUnusable."""

    def ask() -> bool:
        import keyring

        if keyring.get_password(service, name) is None:
            return False
        keyring.delete_password(service, name)
        return True

    return await _asked(ask, about)


async def _asked(ask: Callable[[], T], about: str) -> T:
    """What the keyring answers: some ask a person to unlock them first, so nothing waits for one but this call.

    The thread is no pool's, since a pool would hold up the end of the process.
    """
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()

    def wait() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001  # backends raise what their own libraries do
            answer.set_exception(_translated(error, about))

    threading.Thread(target=wait, daemon=True, name="keyring").start()
    try:
        async with asyncio.timeout(ANSWERING):
            return await asyncio.wrap_future(answer)
    except TimeoutError as error:
        raise KeyringUnusable(f"{about}: the keyring did not answer in {ANSWERING:g} s", hint="Unlock it") from error


def _translated(error: Exception, about: str) -> KeyringUnusable:
    if isinstance(error, ModuleNotFoundError):
        return KeyringUnusable(f"{about}: it needs the package keyring", hint="pip install 'specport[keyring]'")
    failure = KeyringUnusable(
        f"{about}: this machine's keyring cannot be used ({type(error).__name__})",
        hint="Unlock it or install a backend, or use env: or file: instead",
    )
    failure.__cause__ = error
    return failure
