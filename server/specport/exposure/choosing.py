"""Whether a list is short enough to be shown whole."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from specport.catalog.listing import listed
from specport.catalog.model import Form, Tool
from specport.exposure.model import AUTO_TOKENS

BYTES_PER_TOKEN = 4
"""How tokens are estimated from JSON bytes; it errs on the high side for tool lists."""

_SEEN = ("name", "description", "inputSchema")
"""What clients pass on to a model of an entry of the list."""


def is_short(tools: Sequence[Tool], form: Form) -> bool:
    """Whether a model that gets these tools reads at most AUTO_TOKENS. It looks no further than that takes."""
    left = AUTO_TOKENS * BYTES_PER_TOKEN
    for tool in tools:
        entry = listed(tool, dotted=False, form=form)
        left -= len(orjson.dumps({key: entry[key] for key in _SEEN}))
        if left < 0:
            return False
    return True
