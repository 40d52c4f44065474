"""Arguments against the input schema, before anything is sent: repaired where that is beyond doubt, else explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import jsonschema_rs

from specport.catalog.model import Tool
from specport.documents.pointers import children
from specport.errors import BadArguments
from specport.requests.explain import MASK, Fault, refusal, shown
from specport.requests.repair import json_value, repaired

MAX_REPAIRS = 3
"""Rounds of repairing stringified values before the arguments are refused."""

MAX_EXPLAINED = 20_000
"""Arguments of more values than this get only the first fault named, as finding all of them takes seconds."""


class ArgumentChecker:
    """The compiled input schema of one tool."""

    def __init__(self, tool: Tool) -> None:
        self._schema = tool.input_schema
        self._validator = jsonschema_rs.Draft202012Validator(dict(tool.input_schema), offline=True, mask=MASK)

    def check(self, arguments: object) -> Mapping[str, object]:
        """The arguments, repaired if need be. Raises BadArguments naming what is wrong, where, and what would do."""
        given = _as_object(arguments)
        try:
            return self._checked(given)
        except UnicodeEncodeError as error:
            raise BadArguments("a name holds half of a surrogate pair, which is no character") from error
        except ValueError as error:
            raise BadArguments(f"the arguments cannot be checked: {error}") from error

    def _checked(self, given: Mapping[str, object]) -> Mapping[str, object]:
        faults: list[Fault] = []
        for _ in range(MAX_REPAIRS + 1):
            if self._validator.is_valid(given):
                return given
            faults = self._faults(given)
            mended = repaired(given, faults)
            if mended is None:
                break
            given = mended
        raise refusal(faults, self._schema)

    def _faults(self, given: Mapping[str, object]) -> list[Fault]:
        if not _is_large(given):
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
