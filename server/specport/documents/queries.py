"""JSONPath queries (RFC 9535) over a document, within limits. The only user of python-jsonpath.

What that library leaves open ends here: a filter's regular expressions run in linear time, all that a query walks over
is counted, and a slice selects nothing in a text (RFC 9535 section 2.3.4.2.1).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch
from jsonpath.filter import BaseExpression, FilterQuery
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.parse import Parser

from specport.documents.bounds import MAX_DEPTH
from specport.documents.model import Place
from specport.errors import DocumentError

if TYPE_CHECKING:
    from jsonpath.stream import TokenStream

MAX_QUERY = 2_000
"""Longest JSONPath accepted, in characters."""

MAX_MATCHES = 200_000
"""Most values that one query may match."""

MAX_VISITS = 5_000_000
"""Most values that one query may walk over, those of its filters included."""


class Query:
    """One JSONPath query."""

    def __init__(self, text: str) -> None:
        """Read the query; DocumentError, beginning with a verb, when it is none."""
        if len(text) > MAX_QUERY:
            raise DocumentError(f"has {len(text):,} characters; the limit MAX_QUERY is {MAX_QUERY:,}")
        if not text.startswith("$"):
            raise DocumentError("does not start with $", hint=_HINT)
        try:
            path = _ENVIRONMENT.compile(text)
        except JSONPathError as error:
            raise DocumentError(f"is no JSONPath ({_reason(error)})", hint=_HINT) from error
        except OverflowError as error:  # a number in a filter that no double can hold
            raise DocumentError("is no JSONPath (a number is too large)") from error
        assert isinstance(path, JSONPath)  # what else there is has operators that RFC 9535 does not know
        self.text = text
        self._path = _counting(path)

    def find(self, root: Mapping[str, object]) -> dict[Place, object]:
        """Each value that the query selects by its place, in the order of the document.

        Raises DocumentError, beginning with a verb, when it matches over MAX_MATCHES or visits over MAX_VISITS values.
        """
        found: dict[Place, object] = {}
        for number, node in enumerate(self._path.finditer(root, filter_context={"visits": _Visits()}), 1):
            if number > MAX_MATCHES:
                raise DocumentError(f"matches more than {MAX_MATCHES:,} values, the limit MAX_MATCHES")
            if node.parent is None or isinstance(node.parent.obj, dict | list):
                found[node.parts] = node.obj
        return found


_HINT = "JSONPath is that of RFC 9535: names with other characters are written ['like-this'], filters [?@.name == 'a']"


def _reason(error: JSONPathError) -> str:
    """The library's message in one line, and where: its own text of an error may fail at the end of a query."""
    token = error.token
    return " ".join(str(error.message).split()) + (f" at character {token.index + 1}" if token else "")


class _Visits:
    """How many values one query, with all its filters, has walked over."""

    def __init__(self) -> None:
        self.number = 0


class _Node(JSONPathMatch):
    """A value on the way of a query: counted, and known by its place alone."""

    __slots__ = ()

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        """A value one step further. Raises DocumentError once the query has visited MAX_VISITS values."""
        context = self.filter_context()
        visits = cast("_Visits", context["visits"])
        visits.number += 1
        if visits.number > MAX_VISITS:
            raise DocumentError(f"walks over more than {MAX_VISITS:,} values, the limit MAX_VISITS")
        return _Node(filter_context=context, obj=obj, parent=self, path="", parts=(*self.parts, key), root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        """Nothing: remembering all children would keep what does not match in memory."""


class _CountingPath(JSONPath):
    """A path whose every node is counted."""

    # the library's alias for what may be queried holds Any
    def finditer(self, data: Any, *, filter_context: Mapping[str, Any] | None = None) -> Iterable[JSONPathMatch]:
        """The nodes that the path selects, seen from `data`."""
        context = filter_context or {}
        nodes: Iterable[JSONPathMatch] = [
            _Node(filter_context=context, obj=data, parent=None, path="", parts=(), root=data)
        ]
        for segment in self.segments:
            nodes = segment.resolve(nodes)
        return nodes


def _counting(path: JSONPath) -> _CountingPath:
    return _CountingPath(env=path.env, segments=path.segments)


class _CountingParser(Parser):
    """Reads the queries inside filters as counting ones."""

    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        """A query of a filter that starts at the root."""
        return self._counted(super().parse_absolute_query(stream))

    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        """A query of a filter that starts where the filter stands."""
        return self._counted(super().parse_relative_query(stream))

    def _counted(self, expression: BaseExpression) -> BaseExpression:
        cast("FilterQuery", expression).path = _counting(cast("FilterQuery", expression).path)
        return expression


_DOT = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|\.", re.DOTALL)
"""A dot that stands for any character, or what a dot may stand inside of."""


class _Regex(FilterFunction):
    """`match` or `search` (RFC 9535 sections 2.4.6, 2.4.7) in linear time; what is no pattern matches nothing."""

    @property
    def arg_types(self) -> list[ExpressionType]:
        """A text and a pattern."""
        return [ExpressionType.VALUE, ExpressionType.VALUE]

    @property
    def return_type(self) -> ExpressionType:
        """Whether it fits."""
        return ExpressionType.LOGICAL

    def __init__(self, before: str = "", after: str = "") -> None:
        self._before = before
        self._after = after

    def __call__(self, value: object, pattern: object) -> bool:
        """Whether the pattern fits the value."""
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        checker = _checker(f"{self._before}{pattern}{self._after}")
        return checker is not None and checker.is_valid(value)


@functools.lru_cache(maxsize=256)
def _checker(pattern: str) -> jsonschema_rs.Validator | None:
    """What says whether a text fits; `.` is no line break (RFC 9485 section 5.3)."""
    plain = _DOT.sub(lambda found: r"[^\n\r]" if found[0] == "." else found[0], pattern)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": plain}, pattern_options=jsonschema_rs.RegexOptions())
    except (jsonschema_rs.ValidationError, ValueError):
        return None


class _Environment(JSONPathEnvironment):
    """RFC 9535 and nothing else, as deep as documents may be; a text counts as one level more."""

    parser_class = _CountingParser
    max_recursion_depth = MAX_DEPTH + 2

    def setup_function_extensions(self) -> None:
        """The functions of RFC 9535 section 2.4."""
        super().setup_function_extensions()
        self.function_extensions["match"] = _Regex("^(?:", ")$")
        self.function_extensions["search"] = _Regex()


_ENVIRONMENT = _Environment(strict=True)
