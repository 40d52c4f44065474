"""Frozen values of the results room: what a tool call gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specport.operations.model import Pagination


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are no text, as base64, with their media type and a name for a file of them."""

    media_type: str
    base64: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that an API answered, decoded: a JSON value, a text, or bytes of a media type."""

    value: object = field(repr=False)
    is_json: bool = True
    is_text: bool = True
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class View:
    """What of an answer is wanted. `select`: a JMESPath expression. `max_items`: most items of the list that it has.

    `all_pages`: those of the pages that follow, too. `whole`: all of it, however large; nothing is kept then.
    """

    select: str = ""
    max_items: int | None = None
    all_pages: bool = False
    whole: bool = False


EVERYTHING = View()
"""An answer as it is: whole where it is small, else what there is room for."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer of one tool call.

    `text` is what a model reads. `structured` is the same JSON object, given only when `text` is exactly it.
    `notes` follow as further text: what is not shown, how to get the next page. `body` is an API's answer as it came,
    None where specport itself answered; `is_text` whether it reads as text. `attempts` counts the requests that were
    sent, none where specport itself answered; `waited` the seconds that they waited for limits and between them.
    `answer` is all of a successful one, however little of it `text` shows, and `handle` what it is kept under then.
    `next_arguments` are those of the next page, `total` is how many items there are in all where the answer says.
    """

    text: str = ""
    structured: Mapping[str, object] | None = None
    is_error: bool = False
    notes: tuple[str, ...] = ()
    blobs: tuple[Blob, ...] = field(default=())
    body: bytes | None = field(default=None, repr=False)
    is_text: bool = True
    attempts: int = 0
    waited: float = 0.0
    answer: Answer | None = None
    handle: str = ""
    next_arguments: Mapping[str, object] | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Conventions:
    """Where the answers of a source keep what every caller wants, as dotted paths; empty: looked for.

    `total`: the number of items in all; `error_message` and `error_id`: what a failure says. All others: `pagination`,
    which is no member of its own, since added sources are kept in this form.
    """

    next_page: str = ""
    total: str = ""
    error_message: str = ""
    error_id: str = ""
    argument: str = ""
    more: str = ""
    pages: str = ""
    items: str = ""

    @classmethod
    def of(cls, how: Pagination, *, total: str, error_message: str, error_id: str) -> Conventions:
        """Those with that pagination."""
        return cls(
            next_page=how.next_page,
            total=total,
            error_message=error_message,
            error_id=error_id,
            argument=how.argument,
            more=how.more,
            pages=how.pages,
            items=how.items,
        )

    @property
    def pagination(self) -> Pagination | None:
        """How answers tell the next page, where that is stated."""
        if not (self.next_page or self.argument or self.more or self.pages or self.items):
            return None
        return Pagination(self.next_page, self.argument, self.more, self.pages, self.items)
