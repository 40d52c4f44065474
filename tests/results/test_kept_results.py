"""Kept answers: for whom, how long, and how many."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from moved_clock import Clock

from specport.policy.model import Caller
from specport.results import kept as room
from specport.results.kept import KEPT_SECONDS, KeptResults, owner_of
from specport.results.model import Answer

ANN = Caller("claude/1", {"authorization": "Bearer a", "x-account": "one"}, "http", "192.0.2.1")


@pytest.fixture
def kept(clock: Clock) -> KeptResults:
    numbers = itertools.count()
    return KeptResults(clock=clock, handle=lambda: f"h{next(numbers)}")


def value(kept: KeptResults, handle: str, caller: Caller = ANN) -> Any:
    answer = kept.find(handle, caller)
    return answer and answer.value


@pytest.mark.parametrize(
    "answer", [Answer({"a": [1, "ü"]}), Answer("text", is_json=False), Answer(b"\xff", False, False)]
)
def test_what_is_kept_comes_back_as_it_was(kept: KeptResults, answer: Answer) -> None:
    """JSON, text or bytes."""
    assert kept.find(kept.keep(answer, owner_of(ANN)), ANN) == answer


@pytest.mark.parametrize(
    "other",
    [
        Caller("claude/1", {"authorization": "Bearer b", "x-account": "one"}, "http"),
        Caller("claude/1", {"authorization": "Bearer a", "x-account": "two"}, "http"),
        Caller("claude/1", {"authorization": "Bearer a"}, "http"),
        Caller("cursor/2", {"authorization": "Bearer a", "x-account": "one"}, "http"),
        Caller("claude/1", {"authorization": "Bearer a", "x-account": "one"}, "stdio"),
        Caller(),
    ],
)
def test_nobody_else_reads_an_answer(kept: KeptResults, other: Caller) -> None:
    """Whoever brings other credentials for the source is somebody else, and so is another client."""
    handle = kept.keep(Answer("secret"), owner_of(ANN, ["x-account"]))
    assert value(kept, handle, other) is None
    assert value(kept, handle, Caller(ANN.name, {**ANN.headers, "x-request": "9"}, "http", "192.0.2.9")) == "secret"


def test_an_answer_stays_as_long_as_it_is_read(kept: KeptResults, clock: Clock) -> None:
    """Fifteen minutes from the last reading."""
    first, second = (kept.keep(Answer(n), owner_of(ANN)) for n in (1, 2))
    clock.now += KEPT_SECONDS - 1
    assert value(kept, first) == 1
    clock.now += 2
    assert (value(kept, first), value(kept, second)) == (1, None)
    clock.now += KEPT_SECONDS
    assert value(kept, first) is None


def test_the_oldest_go_where_a_caller_keeps_too_much(kept: KeptResults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of others stay, until all together are too much; what was read last goes last."""
    monkeypatch.setattr(room, "MAX_KEPT_OF_ONE", 250)
    monkeypatch.setattr(room, "MAX_KEPT", 400)
    bob = Caller("bob")
    text = Answer("x" * 100, is_json=False)
    of_bob = kept.keep(text, owner_of(bob))
    a, b = kept.keep(text, owner_of(ANN)), kept.keep(text, owner_of(ANN))
    assert value(kept, a)
    c = kept.keep(text, owner_of(ANN))
    assert [bool(value(kept, each)) for each in (a, b, c)] == [True, False, True]
    assert value(kept, of_bob, bob)
    kept.keep(text, owner_of(Caller("eve")))
    kept.keep(text, owner_of(Caller("eve")))
    assert not value(kept, a)
    assert value(kept, of_bob, bob)
    assert kept.keep(Answer("x" * 251, is_json=False), owner_of(ANN)) == ""


def test_small_answers_are_bounded_in_number(kept: KeptResults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their size."""
    monkeypatch.setattr(room, "MAX_KEPT_ANSWERS", 3)
    handles = [kept.keep(Answer(n), owner_of(ANN)) for n in range(5)]
    assert [value(kept, handle) for handle in handles] == [None, None, 2, 3, 4]


def test_handles_cannot_be_guessed() -> None:
    """96 random bits."""
    kept = KeptResults()
    handles = {kept.keep(Answer(n), owner_of(ANN)) for n in range(100)}
    assert len(handles) == 100
    assert all(len(handle) == 16 for handle in handles)
