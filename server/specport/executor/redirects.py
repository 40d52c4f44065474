"""Where a redirect leads, and what may go there (RFC 9110 section 15.4).

An API chose the place, and not the operator: what it is sent depends on whether it is at the origin of the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

import httpx2

from specport.executor.addresses import PORTS
from specport.executor.outgoing import NotFollowed
from specport.requests.model import PreparedRequest

MAX_URL = 8_000
"""Characters of a URL that is followed."""

_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER = 303
_KEPT_ELSEWHERE = frozenset({"accept"})
_OF_A_BODY = frozenset({"content-type", "content-encoding", "content-language", "content-location"})


@dataclass(frozen=True, slots=True)
class Hop:
    """The request that a redirect asks for, and whether it goes to another origin than the one before."""

    request: PreparedRequest
    is_elsewhere: bool


def is_redirect(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer asks to send the request somewhere else."""
    return status in _FOLLOWED and "location" in headers


def follow(request: PreparedRequest, status: int, location: str, *, holds_secret: bool) -> Hop:
    """The next request after `request`, which has no credentials on it. Raises NotFollowed.

    GET and HEAD follow anywhere, without the arguments' headers and cookies where the origin changes. 303 makes a GET
    of any method. Other methods follow 307 and 308 at the same origin, with their body, and 301 and 302 not at all,
    which clients treat in two ways. Nothing goes from https to http, nor elsewhere with a URL that `holds_secret`.
    """
    here = httpx2.URL(request.url)
    there = _target(here, location)
    is_elsewhere = origin_of(there) != origin_of(here)
    if is_elsewhere and holds_secret:
        raise NotFollowed("it would tell the credential to another origin")
    if here.scheme == "https" and there.scheme == "http":
        raise NotFollowed("it leads from https to http")
    is_read = request.method in ("GET", "HEAD")
    if not is_read and status != _SEE_OTHER and (is_elsewhere or status in (301, 302)):
        raise NotFollowed(f"{request.method} is not repeated at another place by itself")
    following = replace(request, url=str(there))
    if not is_read and status == _SEE_OTHER:
        headers = tuple(pair for pair in request.headers if pair[0].lower() not in _OF_A_BODY)
        following = replace(following, method="GET", content=None, body_value=None, headers=headers)
    if is_elsewhere:
        headers = tuple(pair for pair in following.headers if pair[0].lower() in _KEPT_ELSEWHERE)
        following = replace(following, headers=headers)
    return Hop(following, is_elsewhere)


def without_keys(request: PreparedRequest, names: frozenset[str]) -> PreparedRequest:
    """The request without the query parameters of these names: the API gave a key back that is put on anew."""
    url = httpx2.URL(request.url)
    if not names.intersection(url.params):
        return request
    kept = [part for part in url.query.split(b"&") if unquote_plus(part.partition(b"=")[0].decode()) not in names]
    return replace(request, url=str(url.copy_with(query=b"&".join(kept) or None)))


def origin_of(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, the scheme's own port where none is named."""
    return url.scheme, url.host.rstrip("."), url.port or PORTS.get(url.scheme)


def _target(here: httpx2.URL, location: str) -> httpx2.URL:
    if len(location) > MAX_URL or any(char < " " for char in location):
        raise NotFollowed("its Location is no URL")
    try:
        there = here.join(location).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError) as error:
        raise NotFollowed("its Location is no URL") from error
    if there.scheme not in PORTS or not there.host:
        raise NotFollowed("its Location is no http(s) URL")
    if there.userinfo:
        raise NotFollowed("its Location holds a user name")
    return there
