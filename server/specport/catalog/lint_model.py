"""Frozen values of `lint`: whose rules, what is looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from specport.catalog.model import Form


class Client(StrEnum):
    """Whose rules: function calling and the strict mode of OpenAI are two things."""

    CLAUDE = "claude"
    OPENAI = "openai"
    OPENAI_STRICT = "openai-strict"
    GEMINI = "gemini"
    VSCODE = "vscode"
    CURSOR = "cursor"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    Client.CLAUDE: "Claude", Client.OPENAI: "OpenAI", Client.OPENAI_STRICT: "OpenAI strict", Client.GEMINI: "Gemini",
    Client.VSCODE: "VS Code", Client.CURSOR: "Cursor",
}  # fmt: skip


class Severity(StrEnum):
    """Whether a client refuses the tool (error) or takes it in part or changed (warning)."""

    ERROR = "error"
    WARNING = "warning"


class Names(StrEnum):
    """Which names a server lists its tools by."""

    PORTABLE = "portable"
    DOTTED = "dotted"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one tool breaks; `tool` is its address, empty where the list as a whole is meant.

    `forms`: the schemas it was found in; `places`: JSON pointers into the schema, or what else is wrong, the first ones
    of `count`.
    """

    client: Client
    rule: str
    severity: Severity
    tool: str
    name: str
    forms: tuple[Form, ...]
    places: tuple[str, ...]
    count: int
    message: str
    advice: str
    source: str
