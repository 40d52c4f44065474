"""Whose tokens let clients use this server over HTTP, as the operator says."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from specport.errors import SourceError
from specport.executor.addresses import is_private_host, origin_of


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """`issuer`: whose tokens are taken, `resource`: this server's own URL as its clients know it.

    Tokens are for `audience`, or for the resource where that is empty, and have all of `scopes`.
    """

    issuer: str
    resource: str
    audience: str = ""
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises SourceError for what is no issuer or no resource."""
        for option, url in (("--oauth-issuer", self.issuer), ("--oauth-resource", self.resource)):
            if not origin_of(url) or "?" in url or "#" in url:
                raise SourceError(f"{option} is no http(s) URL: {url[:200]!r}", hint="Write https://HOST/PATH")
        if not self.issuer.startswith("https://") and not is_private_host(urlsplit(self.issuer).hostname or ""):
            raise SourceError("--oauth-issuer is not https", hint="Keys that come over http can be anybody's")

    @property
    def host(self) -> str:
        """The name that clients know this server by."""
        return urlsplit(self.resource).hostname or ""
