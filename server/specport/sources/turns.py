"""Documents read in turn: however many are brought at once, the memory is that of a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from specport.memory import by_page, prepare
from specport.threads import Threads

MAX_READ_AT_ONCE = 2
"""Most documents that are parsed or made tools of at the same time; the others wait."""

_readers = Threads("specport-reading", MAX_READ_AT_ONCE)
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


async def in_turn(read: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
    """What a function makes of a document, in a thread, so that calls go on. It must not ask for a turn itself."""
    prepare()
    return await _readers.run(by_page()(read), *args, **kwargs)
