"""What the bytes of a document tell of its references before it is read, or instead: looks that never miss one."""

from __future__ import annotations

import re

_ELSEWHERE = re.compile(rb"\$(?:ref(?![\"']?[ \t]*:[ \t]*[\"']?#)|dynamicRef)")
"""A reference that may not start with `#`."""

_NO_POINTER = re.compile(rb"\$(?:ref(?![\"']?[ \t]*:[ \t]*[\"']#[/\"'])|dynamicRef|id)")
"""A reference that may be no pointer from the root, or what changes the root that references are seen from."""

_ESCAPED = re.compile(rb"\\(?:u00|x|U000000)(?:24|[67])")
"""A `$` or a letter of such a keyword that is written otherwise."""


def may_refer_elsewhere(data: bytes) -> bool:
    """Whether a document may refer to other files."""
    return bool(_ELSEWHERE.search(data)) or _is_hard_to_read(data)


def may_have_other_references(data: bytes) -> bool:
    """Whether a document may have references that are no plain pointers from its root, as hardly any has."""
    return bool(_NO_POINTER.search(data)) or _is_hard_to_read(data)


def _is_hard_to_read(data: bytes) -> bool:
    """Whether keywords may be written in another way: by escapes, or in another encoding than UTF-8."""
    return b"\0" in data or bool(_ESCAPED.search(data))
