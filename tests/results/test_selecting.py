"""Expressions over answers: what they select, what is said of those that fail, and that none makes too much."""

from __future__ import annotations

from typing import Any

import pytest

from specport.errors import BadArguments
from specport.results.select import MAX_COPIES, MAX_EXPRESSION, MAX_SECONDS, MAX_SELECTED, check_expression, selected

ANSWER: dict[str, Any] = {
    "droplets": [{"id": n, "name": f"web-{n}", "size": n * 10, "tags": ["a", "b"]} for n in range(5)],
    "odd name": {'q"': 1},
    "text": "x" * 1_000,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("droplets[1].name", "web-1"),
        ("droplets[?size > `20`].id", [3, 4]),
        ("droplets[].{id: id, n: length(tags)} | [0]", {"id": 0, "n": 2}),
        ('"odd name"."q\\""', 1),
        ("values(@)[1]", {'q"': 1}),
        ("keys(@)[2]", "text"),
        ("sort_by(droplets, &name)[-1].id", 4),
        ("droplets[:2].tags[]", ["a", "b", "a", "b"]),
        ("join(',', droplets[].name)", "web-0,web-1,web-2,web-3,web-4"),
        ("nothing.here", None),
        ("@", ANSWER),
    ],
)
def test_an_expression_selects(expression: str, value: object) -> None:
    """JMESPath, in full."""
    assert selected(ANSWER, expression) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "/select: select is empty"),
        ("droplets[", "it breaks off at character 10, at its end"),
        ("droplets[?size > 20]", "it breaks off at character 18, before '20]'"),
        ("a b", "it breaks off at character 3, before 'b'"),
        ("'open", 'at character 1, before "\'open"'),
        ("x" * (MAX_EXPRESSION + 1), "has 4,001 characters; the limit MAX_EXPRESSION is 4,000"),
        ("!" * 400 + "a", "nested deeper than 300 levels, the limit MAX_EXPRESSION_DEPTH"),
        ("(" * 1_900 + "a" + ")" * 1_900, "no JMESPath expression"),
    ],
)
def test_what_is_no_expression_is_refused_before_anything_is_called(expression: str, message: str) -> None:
    """The error says where, and shows one that works."""
    with pytest.raises(BadArguments) as error:
        check_expression(expression)
    assert message in f"{error.value.pointer}: {error.value.message}"
    assert "select is a JMESPath expression, such as items[?size > `10`]" in str(error.value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("length(droplets[0].id)", "length() takes string or array or object, not number"),
        ("nosuch(@)", "nosuch()"),
        ("length(@, @)", "Expected 1 argument for function length(), received 2"),
        ("droplets[?name > `1`]", "does not fit the answer"),
        ("droplets[::0]", "does not fit the answer: slice step cannot be zero"),
        ("&a", "no JSON"),
        ("`18446744073709551616`", "no JSON: an integer over 64 bits"),
    ],
)
def test_what_does_not_fit_the_answer_says_why(expression: str, message: str) -> None:
    """Functions with their types; what is made is JSON."""
    with pytest.raises(BadArguments) as error:
        selected(ANSWER, expression)
    assert message in error.value.message


@pytest.mark.parametrize(
    ("expression", "limit"),
    [
        ("[@,@]" + "|[@,@]" * 40, "MAX_COPIES"),
        ("[@,@][]" + "|[@,@][]" * 40, "MAX_COPIES"),
        ("{a:@,b:@}" + "|{a:@,b:@}" * 40, "MAX_COPIES"),
        ("[@]" + "|[*].[@,@]" * 60, "MAX_COPIES"),
        ("[@,@]" + "|map(&[@,@],@)" * 60, "MAX_COPIES"),
        ("[@" + ",@" * 1_500 + "]|[@" + ",@" * 400 + "]", "MAX_SELECTED"),
        ("[text" + ",text" * 300 + "]" + "|[@" + ",@" * 800 + "]|to_string(@)", "MAX_SELECTED"),
        ("[text,text,text,text]|[@,@,@,@,@,@,@,@][]" + "|[@,@,@,@,@,@,@,@][]" * 4 + "|join('',@)", "MAX_SELECTED"),
    ],
)
def test_no_expression_makes_more_than_it_may(expression: str, limit: str) -> None:
    """Copies of copies grow without end from a few characters; the error names the limit."""
    assert MAX_COPIES * 40 <= MAX_SELECTED
    with pytest.raises(BadArguments, match=f"the limit {limit}"):
        selected(ANSWER, expression, clock=lambda: 0.0)


def test_an_expression_that_takes_too_long_is_given_up() -> None:
    """By a clock that is looked at with each step."""
    times = iter(float(second) for second in range(100))
    with pytest.raises(BadArguments, match=f"takes longer than {MAX_SECONDS:g} s, the limit MAX_SECONDS"):
        selected(ANSWER, "droplets[*].tags[*]", clock=lambda: next(times))
