"""What an answer says of the API's limits, in the header fields that are in use.

`RateLimit-Limit`, `-Remaining` and `-Reset`, with `X-` before or a period behind (DigitalOcean, GitHub, Kong and most
others), and the fields of the IETF draft `draft-ietf-httpapi-ratelimit-headers`: `RateLimit` with `RateLimit-Policy`,
and its earlier form of one `RateLimit: limit=..., remaining=..., reset=...`.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_RESET = 7 * 86_400.0
"""Longest time, in seconds, that a quota is believed to stay used up."""

MAX_QUOTAS = 8
"""Most quotas taken from one answer."""

_PREFIXES = ("ratelimit", "x-ratelimit", "x-rate-limit")
_PERIODS = {"": 0.0, "-requests": 0.0, "-second": 1.0, "-minute": 60.0, "-hour": 3_600.0, "-day": 86_400.0}
_EPOCH = 1_000_000_000
"""Numbers from here on are no seconds to wait but a time, from a thousand times it in milliseconds."""

_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(?:$|[,;])")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|h|m|s)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0}
_MEMBER = re.compile(
    r"""\s*(?:"([^"\\]{1,100})"|([A-Za-z*][\w.*:/%-]{0,99}))((?:\s*;\s*[a-z][a-z0-9_.*-]*=[^;,"]{1,40})*)\s*(?:,|$)"""
)
_PARAMETER = re.compile(r";\s*([a-z][a-z0-9_.*-]*)=([^;,\"\s]{1,40})")
_PAIR = re.compile(r"(limit|remaining|reset)\s*=\s*(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit as an answer tells it.

    `is_general`: it is not said to be one of several that hold for some operations each (GitHub's resources). `amount`:
    units in a window, 0 where it is not told. `remaining`: units left. `reset`: seconds until at least one is
    free again. `window`: its length in seconds, 0 where it is not told.
    """

    name: str
    amount: int
    remaining: int
    reset: float
    window: float = 0.0
    is_general: bool = True


def quotas_of(headers: Mapping[str, str], now: float) -> tuple[Quota, ...]:
    """The quotas that an answer's headers (lower-case names) tell at `now`, in seconds since the epoch.

    What cannot be understood is left out; nothing raises.
    """
    if not any("rate" in name for name in headers):
        return ()
    found = [*_of_draft(headers, now), *_of_triples(headers, now)]
    return tuple(found[:MAX_QUOTAS])


def _of_triples(headers: Mapping[str, str], now: float) -> Iterator[Quota]:
    for prefix in _PREFIXES:
        for period, window in _PERIODS.items():
            remaining = _number(headers.get(f"{prefix}-remaining{period}", ""))
            if remaining is None:
                continue
            amount = _number(headers.get(f"{prefix}-limit{period}", "")) or 0
            reset = _seconds_until(headers.get(f"{prefix}-reset{period}", ""), now)
            resource = headers.get(f"{prefix}-resource", "")[:40]
            yield Quota(
                name=f"{prefix}{period} {resource}".rstrip(),
                amount=int(amount),
                remaining=int(remaining),
                reset=window if reset is None else reset,
                window=window,
                is_general=not resource,
            )


def _of_draft(headers: Mapping[str, str], now: float) -> Iterator[Quota]:
    """The `RateLimit` field: a list of named quotas with `r` and `t`, whose policies have `q` and `w`."""
    field = headers.get("ratelimit", "")
    pairs = {name: int(value) for name, value in _PAIR.findall(field)}
    if "remaining" in pairs:
        yield Quota("ratelimit", pairs.get("limit", 0), pairs["remaining"], _bounded(float(pairs.get("reset", 0))))
        return
    policies = dict(_members(headers.get("ratelimit-policy", "")))
    for name, told in _members(field):
        remaining = _number(told.get("r", ""))
        if remaining is None:
            continue
        policy = policies.get(name, {})
        window = _number(policy.get("w", "")) or 0.0
        reset = _seconds_until(told.get("t", ""), now)
        amount = int(_number(policy.get("q", "")) or 0)
        yield Quota(f"ratelimit {name}", amount, int(remaining), window if reset is None else reset, window)


def _members(field: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The members of a structured list (RFC 9651 section 3.1) with their parameters, up to one that is none."""
    place = 0
    while place < len(field) and (match := _MEMBER.match(field, place)):
        yield match[1] or match[2], dict(_PARAMETER.findall(match[3]))
        place = match.end()


def _number(text: str) -> float | None:
    """The first number of a value such as `100, 100;w=60`."""
    match = _NUMBER.match(text)
    return float(match[1]) if match else None


def _seconds_until(text: str, now: float) -> float | None:
    """A reset as seconds from now: seconds, a time since the epoch in s or ms, a duration (`6m0s`), or a date."""
    value = _number(text)
    if value is not None:
        if value >= _EPOCH * 1_000:
            value /= 1_000
        return _bounded(value - now if value >= _EPOCH else value)
    compact = text.strip()
    parts = _DURATION.findall(compact)
    if parts and "".join(number + unit for number, unit in parts) == compact:
        return _bounded(sum(float(number) * _SECONDS[unit] for number, unit in parts))
    try:
        return _bounded(email.utils.parsedate_to_datetime(compact).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_RESET)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, as a number or a date (RFC 9110 section 10.2.3); None when it does not."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())
