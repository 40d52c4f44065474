"""Whether a list is short enough to be shown whole."""

from __future__ import annotations

from collections.abc import Sequence

from specport.catalog.listing import tokens_of
from specport.catalog.model import Form, Tool
from specport.exposure.model import AUTO_TOKENS


def is_short(tools: Sequence[Tool], form: Form) -> bool:
    """Whether a model that gets these tools reads at most AUTO_TOKENS. It looks no further than that takes."""
    left = AUTO_TOKENS
    for tool in tools:
        left -= tokens_of(tool, form)
        if left < 0:
            return False
    return True
