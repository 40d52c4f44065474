"""Values of kept answers stay for those who read on: within bounds, for a while, one for all who read at once."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moved_clock import Clock

from specport.errors import BadArguments
from specport.policy.model import Caller
from specport.results import decoded as room
from specport.results.decoded import DECODED_SECONDS, DecodedValues, room_of
from specport.results.kept import KeptResults, owner_of
from specport.results.model import EVERYTHING, Answer, ToolResult
from specport.results.showing import Showing

ME = Caller("me")
ITEMS = [{"id": n, "name": f"web-{n}", "tags": ["b", "a"]} for n in range(3_000)]


def taken(value: Any) -> int:
    """The bytes that Python says a value takes, with what the garbage collector adds to each container."""
    seen: set[int] = set()
    waiting, total = [value], 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        total += sys.getsizeof(each) + (16 if isinstance(each, dict | list) else 0)
        waiting += [*each, *each.values()] if isinstance(each, dict) else each if isinstance(each, list) else ()
    return total


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=8), inner, max_size=50),
    max_leaves=40,
)


@given(JSON)
def test_a_value_takes_no_more_than_its_bytes_tell(value: Any) -> None:
    """Whatever it is made of, and after it was written once, which makes wide texts keep their UTF-8."""
    data = orjson.dumps(value)
    read = orjson.loads(data)
    orjson.dumps(read)
    assert taken(read) <= room_of(data, is_json=True)


@pytest.mark.parametrize(
    "item", [[], {}, "", 1.5, 2**63, "é", "🚀", "🚀" + "a" * 90, {"a": 1}, {str(n): n for n in range(11)}], ids=repr
)
def test_lists_of_what_takes_most_are_bounded_too(item: Any) -> None:
    """Empty objects take 29 times their bytes, a text with one wide character four times, also where it is escaped."""
    for data in (orjson.dumps([item] * 2_000), json.dumps([item] * 2_000).encode()):
        read = orjson.loads(data)
        orjson.dumps(read)
        assert taken(read) <= room_of(data, is_json=True)


def test_the_same_value_is_given_until_nobody_read_it_for_a_while(clock: Clock) -> None:
    """A minute from the last reading; then nothing of it is left."""
    values = DecodedValues(clock)
    data = orjson.dumps(ITEMS)
    first = values.value("a", data, is_json=True)
    clock.now += DECODED_SECONDS - 1
    assert values.value("a", data, is_json=True) is first
    clock.now += DECODED_SECONDS - 1
    values.purge()
    assert values.room() == room_of(data, is_json=True)
    clock.now += 1
    values.purge()
    assert values.room() == 0
    assert values.value("a", data, is_json=True) is not first


def test_all_values_together_stay_within_the_limit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were read longest ago go first; one that is larger than the limit stays for nobody."""
    data = orjson.dumps(ITEMS)
    limit = 3 * room_of(data, is_json=True)
    monkeypatch.setattr(room, "MAX_DECODED", limit)
    values = DecodedValues(clock)
    held = {handle: values.value(handle, data, is_json=True) for handle in "abc"}
    assert values.value("a", data, is_json=True) is held["a"]
    values.value("d", data, is_json=True)
    assert values.room() <= limit
    assert values.value("a", data, is_json=True) is held["a"]
    assert values.value("b", data, is_json=True) is not held["b"]
    large = orjson.dumps(ITEMS * 4)
    assert values.value("e", large, is_json=True) == ITEMS * 4
    assert values.value("e", large, is_json=True) is not values.value("e", large, is_json=True)
    assert values.value("a", data, is_json=True) is held["a"]


def test_values_of_any_number_of_answers_stay_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured as Python counts them, over everything that is still there."""
    monkeypatch.setattr(room, "MAX_DECODED", 2_000_000)
    values = DecodedValues()
    sizes = {f"{n}": [{} for _ in range(n * 500)] for n in range(1, 60)}
    for handle, value in sizes.items():
        values.value(handle, orjson.dumps(value), is_json=True)
        assert values.room() <= 2_000_000
    there = [value for value in map(values._decoded.get, sizes) if value]
    assert 0 < taken([each.value for each in there]) <= 2_000_000


def test_a_value_goes_with_its_answer(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept no more takes no room."""
    kept = KeptResults(clock=clock, handle=iter("ab").__next__)
    assert kept.find(kept.keep(Answer(ITEMS), owner_of(ME)), ME)
    assert kept._decoded.room() > 0
    clock.now += 15 * 60
    kept.purge()
    assert kept._decoded.room() == 0


def test_readings_of_one_answer_at_once_get_the_same_value() -> None:
    """Readings run in threads; the answer is decoded once, and comes to each whole."""
    kept = KeptResults()
    handle = kept.keep(Answer(ITEMS), owner_of(ME))
    start = threading.Barrier(8)

    def read(_: int) -> Any:
        start.wait()
        answer = kept.find(handle, ME)
        assert answer is not None
        return answer.value

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(read, range(8)))
    assert found[0] == ITEMS
    assert all(each is found[0] for each in found)


@pytest.mark.parametrize(
    "select",
    [
        "sort_by(@, &name)", "reverse(@)", "@[].tags[]", "[].{id: id}", "merge([0], [1])", "map(&sort(tags), @)",
        "[?id > `5`] | [0]", "to_array(@)", "max_by(@, &id)", "values([0])", "keys(@)", "not_null([0].tags)",
    ],
)  # fmt: skip
def test_no_expression_changes_what_others_read(select: str) -> None:
    """The value is shared: what an expression makes is its own."""
    showing = Showing(KeptResults(), lambda: "results_read")
    text = orjson.dumps(ITEMS).decode()
    handle = showing.first(ToolResult(text=text, answer=Answer(ITEMS)), EVERYTHING, owner_of(ME)).handle
    before = showing.read({"handle": handle, "max_items": 200}, ME).text
    try:
        showing.read({"handle": handle, "select": select}, ME)
    except BadArguments:
        assert select == "keys(@)"
    assert showing.read({"handle": handle, "max_items": 200}, ME).text == before


def test_readers_with_expressions_of_their_own_do_not_disturb_each_other() -> None:
    """Two callers of one server, each with an answer of their own, and two readings of each."""
    showing = Showing(KeptResults(), lambda: "results_read")
    callers = [Caller("ann"), Caller("bob")]
    wanted: list[tuple[Caller, dict[str, Any], Any]] = []
    for number, caller in enumerate(callers):
        value = [{"id": n, "of": number} for n in range(5_000)]
        result = ToolResult(text=orjson.dumps(value).decode(), answer=Answer(value))
        handle = showing.first(result, EVERYTHING, owner_of(caller)).handle
        wanted += [
            (caller, {"handle": handle, "select": f"[{n}]"}, {"id": n, "of": number}) for n in range(0, 5_000, 250)
        ]
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda each: orjson.loads(showing.read(each[1], each[0]).text), wanted))
    assert read == [value for *_, value in wanted]
