"""Which OpenAPI version a document is written in, as the data (`Dialect`) that later rooms read.

Conversion happens once, where a schema is built; this module only says what differs. A version whose shape differs
(Swagger 2.0) is converted here before anything else sees the document.
"""

from __future__ import annotations

from specport.documents.model import Dialect, JsonObject
from specport.errors import DocumentError

_DIALECTS = (
    Dialect("3.0", nullable_keyword=True, boolean_exclusive=True, ref_siblings=False),
    Dialect("3.1", nullable_keyword=False, boolean_exclusive=False, ref_siblings=True),
)


def dialect_of(root: JsonObject) -> Dialect:
    """The dialect of a document by its `openapi` field; DocumentError for a version that cannot be read."""
    version = root.get("openapi", root.get("swagger"))
    text = str(version)
    for dialect in _DIALECTS:
        if text == dialect.version or text.startswith(f"{dialect.version}."):
            return dialect
    readable = ", ".join(f"{dialect.version}.x" for dialect in _DIALECTS)
    pointer = "/openapi" if "openapi" in root else "/swagger"
    raise DocumentError(f"is OpenAPI version {text[:20]!r}; readable are {readable}", pointer=pointer)
