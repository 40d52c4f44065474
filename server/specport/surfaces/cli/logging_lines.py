"""The log of a server: lines on stderr, in which nothing from outside acts on a terminal."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import Any

from specport.documents.text import one_line, printable

MAX_LOG_LINE = 2_000
"""Characters of a record in the log."""


class LogLevel(StrEnum):
    """How much is logged to stderr."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class _OneLine(logging.Formatter):
    """A record in a line, a traceback below it; what a document or an API says in it cannot act on a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging calls
        """The line."""
        record.message = one_line(record.message, MAX_LOG_LINE)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # likewise, of a type that only its stubs have
        """The traceback."""
        return printable(super().formatException(ei))


def log_to_stderr(level: LogLevel) -> None:
    """Have what is logged from now on in a line each on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=level.value.upper())
