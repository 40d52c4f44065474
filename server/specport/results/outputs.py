"""The schema of an operation's successful answer, for `describe`; never part of a list."""

from __future__ import annotations

from specport.catalog.model import Route
from specport.documents.model import Document
from specport.documents.refs import References
from specport.operations.media_types import is_json
from specport.operations.model import Operation, Operations
from specport.schemas.compose import compose
from specport.schemas.convert import SchemaConverter
from specport.schemas.model import Direction, JsonSchema
from specport.schemas.share import share


def output_schema(
    document: Document, operations: Operations, references: References, route: Route
) -> JsonSchema | None:
    """The schema of the first JSON answer among the successful ones, None when none is declared."""
    for operation in operations.operations:
        if (operation.key.method, operation.key.path) == (route.method, route.path):
            return _of(operation, document, references)
    return None


def _of(operation: Operation, document: Document, references: References) -> JsonSchema | None:
    converter = SchemaConverter(references, document.dialect, Direction.RESPONSE, _unreported, document.bounds)
    for response in operation.responses:
        for media in response.media:
            if response.status.startswith("2") and is_json(media.content_type) and media.schema is not None:
                return share(compose(converter.fragment(media.schema, media.pointer), converter))
    return None


def _unreported(pointer: str, message: str) -> None:
    """What is wrong in an answer's schema is no concern of a caller."""
    del pointer, message
