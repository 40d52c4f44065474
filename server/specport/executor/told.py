"""The limits of one source and credential that only its API's answers tell, and which operations they hold for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specport.executor.learning import Quota
from specport.executor.windows import Pause, SlidingWindow, ToldQuota, Window

MAX_TOLD = 64
"""Most quotas and most pauses that are remembered; of more the first ones told are forgotten."""

MAX_PAUSE = 300.0
"""Longest pause, in seconds, after which the API is asked again whatever it said."""

Operation = tuple[str, str]
"""Method and path template."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer told of limits: its quotas, and the seconds after which the operation may be called again."""

    quotas: tuple[Quota, ...] = ()
    pause: float | None = None


class ToldLimits:
    """Quotas by what they are called and how much they allow, and pauses by operation."""

    def __init__(self) -> None:
        self._quotas: dict[tuple[str, int], ToldQuota] = {}
        self._of: dict[Operation, tuple[ToldQuota, ...]] = {}
        self._pauses: dict[Operation, Pause] = {}

    def covering(self, operation: Operation) -> Iterator[Window]:
        """What holds for a call: what the operation's last answer told; for one not called yet, the widest general one.

        An API may have several quotas under one name, for some operations each, so a narrow one is not held against an
        operation that never told it.
        """
        if operation in self._pauses:
            yield self._pauses[operation]
        if operation in self._of:
            yield from self._of[operation]
        elif self._quotas:
            widest: dict[str, ToldQuota] = {}
            for quota in self._quotas.values():
                if quota.is_general and quota.amount >= widest.get(quota.title, quota).amount:
                    widest[quota.title] = quota
            yield from widest.values()

    def learn(self, operation: Operation, told: Told, declared: Sequence[SlidingWindow], now: float) -> None:
        """Take in what the answer of an operation told; a quota of a declared limit's amount is that limit's state."""
        kept: list[ToldQuota] = []
        for quota in told.quotas:
            window = next((window for window in declared if _is_same(window, quota)), None)
            if window is not None:
                window.learn(quota, now)
            else:
                kept.append(self._quota(quota, now))
        if kept or operation in self._of:
            self._of[operation] = tuple(kept)
        if told.pause is not None:
            self._pause(operation, now + min(told.pause, MAX_PAUSE))

    def _quota(self, quota: Quota, now: float) -> ToldQuota:
        key = quota.name, quota.amount
        if key not in self._quotas:
            if len(self._quotas) >= MAX_TOLD:
                self._quotas.pop(next(iter(self._quotas)))
            self._quotas[key] = ToldQuota(quota.name, quota.amount, quota.is_general)
        self._quotas[key].learn(quota, now)
        return self._quotas[key]

    def _pause(self, operation: Operation, until: float) -> None:
        if operation not in self._pauses:
            if len(self._pauses) >= MAX_TOLD:
                self._pauses.pop(next(iter(self._pauses)))
            self._pauses[operation] = Pause(*operation)
        self._pauses[operation].extend(until)


def _is_same(window: SlidingWindow, quota: Quota) -> bool:
    limit = window.limit
    return (
        bool(limit.window)
        and not limit.by_document
        and not limit.weight
        and limit.amount == quota.amount
        and quota.window in (0, limit.window)
    )
