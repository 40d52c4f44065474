"""The smallest valid request of an operation, made from its own schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import orjson

from specport.documents.model import Dialect
from specport.documents.refs import References
from specport.operations.model import Location, Operation, Parameter
from specport.sandbox.checks import Checks
from specport.sandbox.generate import Effort, Generator
from specport.sandbox.model import Place
from specport.sandbox.resources import normal
from specport.sandbox.shapes import Shapes
from specport.schemas.model import Direction


@dataclass
class Requests:
    """Makes requests for the operations of one document; `keys` names the resources that collections hold."""

    references: References
    dialect: Dialect
    keys: dict[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        shapes = Shapes(self.references, self.dialect)
        checks = Checks(self.references, self.dialect, Direction.REQUEST)
        self._generator = Generator(shapes, checks, Direction.REQUEST)

    def smallest(self, operation: Operation, effort: Effort = Effort.SMALLEST) -> dict[str, Any]:
        """The arguments of `httpx2.AsyncClient.request`."""
        asked: dict[str, Any] = {"method": operation.key.method, "url": self._path(operation), "headers": {}}
        asked["params"] = self._values(operation, Location.QUERY) or None
        asked["headers"].update(self._values(operation, Location.HEADER))
        if operation.body:
            media = operation.body.media[0]
            body = self._generator.value((Place(media.schema, media.pointer),), effort=effort)
            asked["content"] = orjson.dumps(body)
            asked["headers"]["Content-Type"] = media.content_type
        return asked

    def _path(self, operation: Operation) -> str:
        parameters = {f"{{{p.name}}}": p for p in operation.parameters if p.location is Location.PATH}
        template = normal(operation.key.path).split("/")
        segments: list[str] = []
        for index, segment in enumerate(operation.key.path.split("/")):
            known = self.keys.get("/".join(template[:index]))
            value = segment if segment not in parameters else wire(known or self._value(parameters[segment]))
            segments.append(quote(value, safe=""))
        return "/".join(segments)

    def _values(self, operation: Operation, location: Location) -> Mapping[str, str]:
        needed = (p for p in operation.parameters if p.required and p.location is location)
        return {p.name: wire(self._value(p)) for p in needed}

    def _value(self, parameter: Parameter) -> object:
        place = Place(parameter.schema, parameter.pointer)
        return self._generator.value((place,), name=parameter.name, effort=Effort.SMALLEST)


def wire(value: object) -> str:
    """A scalar or array as the text of a simple-style parameter."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(wire(item) for item in cast("list[object]", value)) if isinstance(value, list) else str(value)
