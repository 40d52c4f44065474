"""URLs as they may be shown, logged and kept: without what in them is, or may be, a secret."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from specport.documents.text import one_line

MAX_URL = 2_000
"""Characters of a URL that is shown."""

_SECRET = re.compile(
    r"([?&](?:[^=&#]*(?:token|secret|passw|pwd|api[-_.]?key|access[-_.]?key|signature|credential|session|authorization)"
    r"[^=&#]*|key|sig|auth|code)=)[^&#]+",
    re.IGNORECASE,
)


def without_userinfo(url: str) -> str:
    """The URL without a user name and password, which an operator's base URL may have."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def masked(url: str) -> str:
    """The URL without user name and password, and with what its query calls a token, key or password replaced.

    In one line of at most MAX_URL characters.
    """
    url = without_userinfo(url)
    return one_line(_SECRET.sub(r"\1***", url) if "?" in url else url, MAX_URL)


def shows_secret(url: str) -> bool:
    """Whether something in the URL would be masked."""
    return without_userinfo(url) != url or ("?" in url and bool(_SECRET.search(url)))
