"""Arguments against the input schema, before anything is sent: repaired where that is beyond doubt, else explained."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import jsonschema_rs

from specport.catalog.model import Binding, MediaBinding, Tool
from specport.documents.pointers import children
from specport.errors import BadArguments
from specport.requests.effort import Effort
from specport.requests.explain import MASK, Fault, refusal, shown
from specport.requests.repair import json_value, repaired

MAX_REPAIRS = 3
"""Rounds of repairing stringified values before the arguments are refused."""

MAX_EXPLAINED = 20_000
"""Arguments of more values, or steps, than this get only the first fault named, as finding all takes seconds."""


class ArgumentChecker:
    """The compiled input schema of one tool.

    Where a body has several media types with schemas of their own, the body is checked against the chosen one's.
    """

    def __init__(self, tool: Tool) -> None:
        self._whole = _Fitting(tool.input_schema)
        self._body = tool.route.body if tool.route else None
        self._own_names = _own_names(tool.route.bindings if tool.route else ())
        self._is_own = tool.route is None
        self._branches: dict[int, _Fitting] = {}

    def check(self, arguments: object) -> Mapping[str, object]:
        """The arguments, repaired if need be. Raises BadArguments naming what is wrong, where, and what would do."""
        given = self._by_key(_as_object(arguments))
        try:
            fitted = self._for_content_type(self._whole.fitted(given))
        except UnicodeEncodeError as error:
            raise BadArguments("a name holds half of a surrogate pair, which is no character") from error
        except ValueError as error:
            raise BadArguments(f"the arguments cannot be checked: {error}") from error
        return {name: _counted(value) for name, value in fitted.items()} if self._is_own else fitted

    def _by_key(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """The arguments by their keys, where some were given by the names that the API's own documentation uses."""
        meant = {name: self._own_names[name] for name in self._own_names.keys() & given.keys()}
        if not meant or not given.keys().isdisjoint(meant.values()):
            return given
        return {meant.get(name, name): value for name, value in given.items()}

    def _for_content_type(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """The arguments with a body that fits the content type; without one, with the first that the body fits."""
        body = self._body
        if body is None or body.chooser is None or body.argument not in given or body.media[0].branch is None:
            return given
        chosen = given.get(body.chooser)
        if chosen is None:
            fitting = (media for media in body.media if self._branch(media).is_fit(given))
            media = next(fitting, body.media[0])
            return given if media is body.media[0] else {**given, body.chooser: media.content_type}
        media = next(media for media in body.media if media.content_type == chosen)
        try:
            return self._branch(media).fitted(given)
        except BadArguments as error:
            message = f"{error.message} (as {body.chooser} is {media.content_type})"
            raise BadArguments(message, pointer=error.pointer, hint=error.hint) from error

    def _branch(self, media: MediaBinding) -> _Fitting:
        """The input schema with a body of only that media type's schema."""
        assert self._body is not None
        assert media.branch is not None
        if media.branch not in self._branches:
            self._branches[media.branch] = _Fitting(_narrowed(self._whole.schema, self._body.argument, media.branch))
        return self._branches[media.branch]


def _own_names(bindings: Sequence[Binding]) -> Mapping[str, str]:
    """The names of parameters that no property key may be, such as `filter[id]`, with their keys; one of each."""
    keys = {binding.argument for binding in bindings}
    names = Counter(binding.wire_name for binding in bindings)
    return {
        binding.wire_name: binding.argument
        for binding in bindings
        if names[binding.wire_name] == 1 and binding.wire_name not in keys
    }


def _counted(value: object) -> object:
    """A whole number as Python counts by it: 5.0 is an integer in JSON Schema, and so is 1e30."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return min(int(value), sys.maxsize)


def _narrowed(schema: Mapping[str, object], argument: str, branch: int) -> Mapping[str, object]:
    """The input schema in which one argument, a choice of schemas, must fit one of them."""
    properties = cast("Mapping[str, Mapping[str, object]]", schema["properties"])
    node = properties[argument]
    while "anyOf" not in node:  # a choice that stands twice was given a name
        name = cast("str", node["$ref"]).rpartition("/")[2]
        node = cast("Mapping[str, Mapping[str, object]]", schema["$defs"])[name]
    chosen = cast("Sequence[object]", node["anyOf"])[branch]
    return {**schema, "properties": {**properties, argument: chosen}}


class _Fitting:
    """One compiled schema, and arguments made to fit it."""

    def __init__(self, schema: Mapping[str, object]) -> None:
        self.schema = schema
        self._effort = Effort(schema)
        self._validator = jsonschema_rs.Draft202012Validator(dict(schema), offline=True, mask=MASK)

    def is_fit(self, given: Mapping[str, object]) -> bool:
        """Whether the arguments are right as they are."""
        self._effort.of(given)
        return self._validator.is_valid(given)

    def fitted(self, given: Mapping[str, object]) -> Mapping[str, object]:
        """The arguments, repaired if need be. Raises BadArguments where that is not enough."""
        faults: list[Fault] = []
        for _ in range(MAX_REPAIRS + 1):
            steps = self._effort.of(given)
            if self._validator.is_valid(given):
                return given
            faults = self._faults(given, is_large=steps > MAX_EXPLAINED or _is_large(given))
            mended = repaired(given, faults)
            if mended is None:
                break
            given = mended
        raise refusal(faults, self.schema)

    def _faults(self, given: Mapping[str, object], *, is_large: bool) -> list[Fault]:
        if not is_large:
            return list(self._validator.iter_errors(given))
        try:
            self._validator.validate(given)
        except Fault as fault:
            return [fault]
        return []


def _is_large(value: object) -> bool:
    waiting = [value]
    for _ in range(MAX_EXPLAINED):
        if not waiting:
            return False
        waiting.extend(children(waiting.pop()))
    return True


def _as_object(arguments: object) -> Mapping[str, object]:
    if arguments is None:
        return {}
    value = json_value(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(value, dict):
        raise BadArguments(f"arguments must be an object, got {shown(arguments)}")
    return cast("Mapping[str, object]", value)
