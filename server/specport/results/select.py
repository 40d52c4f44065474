"""JMESPath expressions over answers, within limits. The only user of the package jmespath.

An expression comes from whoever makes a call, so its length, its depth, the steps it takes, its time and what it makes
are bounded: copies of the whole answer in a list of a list would else grow without end from a few characters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import orjson
from jmespath import exceptions
from jmespath.functions import Functions
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

from specport.errors import BadArguments

MAX_EXPRESSION = 4_000
"""Characters of an expression: what leads 254 levels down by position, as `places` writes it, has no more."""

MAX_EXPRESSION_DEPTH = 300
"""Levels of an expression."""

MAX_STEPS = 5_000_000
"""Parts of an expression that are looked at, once for each value that they are applied to."""

MAX_SECONDS = 5.0
"""Seconds that an expression may take."""

MAX_COPIES = 1_000_000
"""Values in lists and objects that an expression makes, those inside them included."""

MAX_SELECTED = 40 * 1024 * 1024
"""Bytes of JSON that an expression may select; no answer has more."""

_HINT = "select is a JMESPath expression, such as items[?size > `10`].{id: id, name: name}"
_TAKING = frozenset({
    "field", "index", "index_expression", "subexpression", "slice", "projection", "value_projection", "identity",
    "current", "pipe", "flatten",
})  # fmt: skip
"""Parts of expressions that only take values out; what others make may be too large, or no JSON."""

_TAKING_FUNCTIONS = frozenset({"keys", "values", "type", "length"})
"""Functions that make no more than they were given."""


# a node of a parsed expression: the library's own form, a dict of `type`, `children` and `value`
Node = Mapping[str, Any]


def check_expression(expression: str) -> None:
    """Raises BadArguments, which says what is wrong and where, for what is no expression within the limits."""
    _parsed(expression)


def selected(value: object, expression: str, *, clock: Callable[[], float] = time.monotonic) -> object:
    """What an expression selects from a JSON value. BadArguments says what is wrong with it and where."""
    parsed = _parsed(expression)
    try:
        found = _Counting(clock).visit(parsed, value)
    except BadArguments:
        raise
    except exceptions.UnknownFunctionError as error:
        raise _wrong(f"select: {error}") from error
    except exceptions.JMESPathTypeError as error:
        accepted = " or ".join(str(each) for each in cast("list[object]", error.expected_types))
        raise _wrong(f"select: {error.function_name}() takes {accepted}, not {error.actual_type}") from error
    except exceptions.JMESPathError as error:
        raise _wrong(f"select: {' '.join(str(error).split())[:300]}") from error
    except RecursionError as error:
        raise _wrong("select goes too deep") from error
    except (TypeError, ValueError, ArithmeticError, MemoryError) as error:
        raise _wrong(f"select does not fit the answer: {' '.join(str(error).split())[:200]}") from error
    return found if all(_only_takes(node) for node, _ in _nodes(parsed)) else _checked(found)


def _only_takes(node: Node) -> bool:
    if node["type"] == "function_expression":
        return node["value"] in _TAKING_FUNCTIONS
    return node["type"] in _TAKING


def _parsed(expression: str) -> Node:
    if len(expression) > MAX_EXPRESSION:
        raise _wrong(f"select has {len(expression):,} characters; the limit MAX_EXPRESSION is {MAX_EXPRESSION:,}")
    try:
        parsed = cast("Node", Parser().parse(expression).parsed)
    except exceptions.EmptyExpressionError as error:
        raise _wrong("select is empty") from error
    except exceptions.ParseError as error:
        raise _wrong(_where(expression, error)) from error
    except (RecursionError, ValueError) as error:
        raise _wrong("select is no JMESPath expression") from error
    for _, depth in _nodes(parsed):
        if depth > MAX_EXPRESSION_DEPTH:
            raise _wrong(f"select is nested deeper than {MAX_EXPRESSION_DEPTH} levels, the limit MAX_EXPRESSION_DEPTH")
    return parsed


def _where(expression: str, error: exceptions.ParseError) -> str:
    at = error.lex_position
    found = f"before {expression[at : at + 20]!r}" if at < len(expression) else "at its end"
    return f"select is no JMESPath expression: it breaks off at character {at + 1}, {found}"


def _wrong(message: str) -> BadArguments:
    return BadArguments(message, pointer="/select", hint=_HINT)


def _nodes(root: Node) -> Iterator[tuple[Node, int]]:
    """Every node of an expression with its depth."""
    waiting: list[tuple[object, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, dict):
            held = cast("Node", node)
            yield held, depth
            waiting += [(child, depth + 1) for child in cast("list[object]", held.get("children", []))]


def _checked(found: object) -> object:
    """What an expression made, where it is JSON of a bounded size."""
    left = MAX_SELECTED
    waiting: list[object] = [found]
    while waiting:
        value = waiting.pop()
        left -= len(value) + 2 if isinstance(value, str) else 2
        if isinstance(value, dict):
            members = cast("Mapping[str, object]", value)
            left -= sum(map(len, members)) + 4 * len(members)
            waiting += members.values()
        elif isinstance(value, list):
            waiting += cast("list[object]", value)
        if left < 0 or len(waiting) > left:
            raise _wrong(f"select makes more than {MAX_SELECTED:,} bytes, the limit MAX_SELECTED")
    try:
        orjson.dumps(found)
    except TypeError as error:
        raise _wrong("select makes something that is no JSON: an integer over 64 bits, or too deep a value") from error
    return found


class _Counting(TreeInterpreter):
    """Counts its steps and what it makes. Raises BadArguments where that is too much."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._calls = Functions()
        self._clock = clock
        self._ends = clock() + MAX_SECONDS
        self._steps = 0
        self._copies: dict[int, tuple[object, int]] = {}

    # values and nodes are the library's, which is not typed
    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """One step."""
        self._step()
        return super().visit(node, *args, **kwargs)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        """`[]`, which copies lists together."""
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        lists = [
            cast("list[object]", each) if isinstance(each, list) else [each] for each in cast("list[object]", base)
        ]
        self._bound(sum(map(len, lists)))
        return self._made([each for part in lists for each in part])

    def visit_projection(self, node: Any, value: Any) -> Any:
        """`[*]` and slices."""
        return self._made(super().visit_projection(node, value))

    def visit_value_projection(self, node: Any, value: Any) -> Any:
        """`*`."""
        return self._made(super().visit_value_projection(node, value))

    def visit_filter_projection(self, node: Any, value: Any) -> Any:
        """`[?a]`."""
        return self._made(super().visit_filter_projection(node, value))

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        """`[a, b]`."""
        return self._made(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        """`{a: b}`."""
        return self._made(super().visit_multi_select_dict(node, value))

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """A function; `to_string` and `join` write no more than may be selected."""
        arguments = [self.visit(child, value) for child in node["children"]]
        if node["value"] == "to_string":
            _checked(arguments)
        elif node["value"] == "join" and len(arguments) == 2 and isinstance(arguments[1], list):
            joined = cast("list[object]", arguments[1])
            _checked([arguments[0], joined])
            if isinstance(arguments[0], str) and len(arguments[0]) * len(joined) > MAX_SELECTED:
                raise _wrong(f"select makes more than {MAX_SELECTED:,} bytes, the limit MAX_SELECTED")
        return self._made(cast("object", self._calls.call_function(node["value"], arguments)))

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _wrong(f"select takes more than {MAX_STEPS:,} steps, the limit MAX_STEPS")
        if self._clock() > self._ends:
            raise _wrong(f"select takes longer than {MAX_SECONDS:g} s, the limit MAX_SECONDS")

    def _bound(self, number: int) -> None:
        if number > MAX_COPIES:
            raise _wrong(f"select makes more than {MAX_COPIES:,} values, the limit MAX_COPIES")

    def _made(self, made: object) -> object:
        """A list or object that the expression made, its values counted with all that it made inside of them."""
        if isinstance(made, dict):
            values = list(cast("Mapping[str, object]", made).values())
        elif isinstance(made, list):
            values = cast("list[object]", made)
        else:
            return made
        held = [self._copies.get(id(value)) for value in values]
        number = 1 + sum(known[1] if known else 1 for known in held)
        self._bound(number)
        self._copies[id(cast("object", made))] = (made, number)
        return cast("object", made)
