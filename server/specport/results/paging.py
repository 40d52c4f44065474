"""The pages of one list -> one answer with all their items.

Lists that stand at the same place of each page are put together; everything else is that of the last page, whose links
lead no further.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import orjson

from specport.errors import CallError, SourceError
from specport.results.model import Answer, ToolResult
from specport.results.outline import counted
from specport.results.pages import SAME_PAGE

MAX_PAGES = 100
"""Pages that one call puts together."""

MAX_PAGED = 32 * 1024 * 1024
"""Bytes of the pages that one call puts together."""

MAX_PLACES = 3
"""Levels of objects down to which lists are put together."""

Progress = Callable[[int, int | None, str], Awaitable[None]]
"""Hears how many items came so far, of how many where that is known, and a sentence."""

Call = Callable[[Mapping[str, object]], Awaitable[ToolResult]]
"""Calls the same tool with other arguments, and gives the whole answer."""


async def tell_nobody(items: int, total: int | None, message: str) -> None:
    """What hears of no progress."""
    del items, total, message


async def all_pages(
    first: ToolResult, given: Mapping[str, object], call: Call, progress: Progress = tell_nobody
) -> ToolResult:
    """The page of the `given` arguments with all that follow it, as far as they can be had.

    A note says where that ends before the last, or where an answer names a page that was read.
    """
    pages, asked, end = [first], [_written(given)], ""
    while (arguments := pages[-1].next_arguments) is not None and not end:
        end = _limit(pages, arguments, asked)
        if end:
            break
        await progress(_count(pages), _total(pages), counted(len(pages), "page"))
        asked.append(_written(arguments))
        page, end = await _page(call, arguments, len(pages) + 1)
        if page is not None:
            pages.append(page)
    return _joined(pages, end)


def _limit(pages: Sequence[ToolResult], arguments: Mapping[str, object], asked: Sequence[bytes]) -> str:
    """Why no further page is asked for, where that is so."""
    if len(pages) >= MAX_PAGES:
        return f"there are more than {MAX_PAGES:,} pages, the limit MAX_PAGES"
    if sum(len(page.body or b"") for page in pages) >= MAX_PAGED:
        return f"the pages have {MAX_PAGED:,} bytes, the limit MAX_PAGED"
    if _written(arguments) in asked:
        return "the API names a page again that it named before"
    return ""


def _written(arguments: Mapping[str, object]) -> bytes:
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)


async def _page(call: Call, arguments: Mapping[str, object], number: int) -> tuple[ToolResult | None, str]:
    """The next page, or why there is none."""
    try:
        page = await call(arguments)
    except (CallError, SourceError) as error:
        return None, f"page {number} failed: {error}"
    if page.is_error:
        return None, f"page {number} failed: {page.text}"
    if page.answer is None or not page.answer.is_json:
        return None, f"page {number} is no JSON"
    return page, ""


def _joined(pages: Sequence[ToolResult], end: str) -> ToolResult:
    last = pages[-1]
    if len(pages) == 1 and not end:
        return last
    value = _put_together([_value(page) for page in pages], MAX_PLACES)
    total = _total(pages)
    notes = [f"{len(pages):,} pages in one, {_count(pages):,}{'' if total is None else f' of {total:,}'} items."]
    notes += [SAME_PAGE] if SAME_PAGE in last.notes else []
    if end:
        arguments = orjson.dumps(last.next_arguments).decode()
        notes.append(f"Not all: {end}. Go on with {arguments}")
    return replace(
        last,
        text=orjson.dumps(value).decode(),
        structured=None,
        notes=tuple(notes),
        answer=Answer(value),
        body=None,
        attempts=sum(page.attempts for page in pages),
        waited=sum(page.waited for page in pages),
    )


def _value(page: ToolResult) -> object:
    return page.answer.value if page.answer else None


def _put_together(values: Sequence[object], depth: int) -> object:
    """One value of those that stand at the same place of each page. Texts that each page repeats are no items."""
    last = values[-1]
    if all(isinstance(value, list) for value in values):
        lists = [cast("list[object]", value) for value in values]
        is_said_again = all(each == lists[0] for each in lists) and all(isinstance(item, str) for item in lists[0])
        return last if is_said_again else [item for each in lists for item in each]
    if depth and all(isinstance(value, dict) for value in values):
        objects = [cast("Mapping[str, object]", value) for value in values]
        names = dict.fromkeys(name for each in objects for name in each)
        return {name: _put_together([each[name] for each in objects if name in each], depth - 1) for name in names}
    return last


def _total(pages: Sequence[ToolResult]) -> int | None:
    """How many items there are in all, as the last page says that says so."""
    return next((page.total for page in reversed(pages) if page.total is not None), None)


def _count(pages: Sequence[ToolResult]) -> int:
    """The items of the longest list of each page."""
    return sum(_longest(_value(page), MAX_PLACES) for page in pages)


def _longest(value: object, depth: int) -> int:
    if isinstance(value, list):
        return len(cast("list[object]", value))
    if isinstance(value, dict) and depth:
        members = cast("Mapping[str, object]", value).values()
        return max((_longest(each, depth - 1) for each in members), default=0)
    return 0
