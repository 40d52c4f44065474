"""Which OpenAPI version a document is written in, as the data (`Dialect`) that later rooms read.

Nothing is rewritten here: pointers stay those of the document as its author knows it. Schemas are converted once where
they are built, and what Swagger 2.0 shapes differently is read into the same values in the operations room.
"""

from __future__ import annotations

from dataclasses import replace

from specport.documents.model import Dialect, JsonObject
from specport.errors import DocumentError

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")

_OPENAPI_3_1 = Dialect(
    "3.1", field="openapi", methods=(*_METHODS, "trace"), nullable_keyword="", boolean_exclusive=False,
    ref_siblings=True,
)  # fmt: skip
_DIALECTS = (
    Dialect(
        "2.0", field="swagger", methods=_METHODS, nullable_keyword="x-nullable", boolean_exclusive=True,
        ref_siblings=False,
    ),
    replace(
        _OPENAPI_3_1, version="3.0", nullable_keyword="nullable", boolean_exclusive=True, ref_siblings=False,
        styled_parts=False,
    ),
    _OPENAPI_3_1,
    replace(
        _OPENAPI_3_1, version="3.2", methods=(*_OPENAPI_3_1.methods, "query"), additional_operations=True,
        reserved_anywhere=True, encodes_items=True,
    ),
)  # fmt: skip


def dialect_of(root: JsonObject) -> Dialect:
    """The dialect of a document by its `openapi` or `swagger` field; DocumentError for one that cannot be read."""
    name = "openapi" if "openapi" in root else "swagger"
    version = str(root.get(name))
    for dialect in _DIALECTS:
        if dialect.field == name and (version == dialect.version or version.startswith(f"{dialect.version}.")):
            return dialect
    readable = ", ".join(dialect.version for dialect in _DIALECTS)
    raise DocumentError(f"is OpenAPI version {version[:20]!r}; readable are {readable}", pointer=f"/{name}")
