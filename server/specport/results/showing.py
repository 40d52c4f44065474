"""What is shown of an answer at first and at each later reading, with the exact arguments that read on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import orjson

from specport.catalog.naming import READ_RESULT
from specport.errors import BadArguments, SpecportError
from specport.policy.model import Caller
from specport.results.build import MAX_BLOB
from specport.results.encoded import blob_of, kind_of, without_base64
from specport.results.kept import KEPT_SECONDS, KeptResults, Owner
from specport.results.model import EVERYTHING, Answer, ToolResult, View
from specport.results.outline import counted, outline, size
from specport.results.places import selecting
from specport.results.select import selected
from specport.results.tokens import tokens
from specport.results.windows import LARGE, MAX_TEXT, PREVIEW, Room, Window, text_window, window_of

RESULTS = "specport://results/"
"""How the URIs of kept answers begin."""

MAX_LOOKS_LIKE = 150
"""Tokens of the outline of an answer in which an expression found nothing."""

_RESERVED = 120
"""Tokens kept for notes at first; where they take more, less is shown."""

_BESIDE_PLACE = 90
"""Tokens of a note beside the expression that it names."""

_LEAST = 300
"""Tokens of an answer that are shown however long its notes are."""

_MAX_PLACE = 60
"""Characters of an expression that a sentence repeats."""

_MINUTES = f"{KEPT_SECONDS / 60:.0f} minutes"
_GONE = f"Answers are kept for {_MINUTES} after they were last read; make the call again"


Save = Callable[[bytes, str, str], str]
"""Writes bytes of a media type, that a tool answered, to a file; its path. Raises SpecportError where it cannot."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """One value being shown: what selects it from the answer `handle`, from where on, and at most how many of it."""

    value: object
    handle: str = ""
    select: str = ""
    offset: int = 0
    most: int | None = None
    is_json: bool = True

    def window(self, room: Room) -> Window:
        """What there is room for."""
        if isinstance(self.value, str) and not self.is_json:
            return text_window(self.value, room, offset=self.offset, most=self.most)
        return window_of(self.value, room, offset=self.offset, most=self.most)


@dataclass(frozen=True, slots=True)
class _Written:
    """What became of a file: a line that says where it is, or why it is not, empty where none was wanted."""

    text: str = ""
    is_written: bool = False


_NOT_WANTED = _Written()


class Showing:
    """Shows answers, and keeps those of which it does not show all."""

    def __init__(self, kept: KeptResults, reader: Callable[[], str], save: Save | None = None) -> None:
        """`reader`: what the tool is called that reads kept answers; nothing where policy denies it.

        `save`: what writes files that are too large for content, where that is wanted.
        """
        self._kept = kept
        self._reader = reader
        self._save = save

    def first(self, result: ToolResult, view: View, owner: Owner, *, tool: str = "") -> ToolResult:
        """A result with as much of its answer as `view` wants and there is room for. Where that is less, it is kept.

        `tool` is what a file of it is named after. An expression that fails is told, and the answer shown without it:
        the call was made.
        """
        answer = result.answer
        if answer is None:
            return result
        if not answer.is_text:
            return self._file(result, answer, owner, tool) if _is_large_file(result) and not view.whole else result
        shown = _Shown(answer.value, most=view.max_items, is_json=answer.is_json)
        if view.select:
            try:
                value = selected(_json_of(answer), view.select)
            except BadArguments as error:
                result = replace(result, structured=None, notes=(f"select was not applied: {error}", *result.notes))
            else:
                shown = replace(shown, value=value, select=view.select)
        if not shown.select and (view.whole or (shown.most is None and _is_short(result))):
            return result
        if view.whole:
            return replace(result, structured=None, text=_written(shown))
        return self._first(result, shown, answer, owner)

    def _first(self, result: ToolResult, shown: _Shown, answer: Answer, owner: Owner) -> ToolResult:
        text = _written(shown)
        window = shown.window(LARGE) if shown.most is not None or len(text) <= MAX_TEXT else None
        if window and window.is_whole and not shown.select:
            return result
        handle = self._kept.keep(answer, owner) if self._reader() else ""
        shown = replace(shown, handle=handle)
        whole = size(len(result.text.encode()))
        if window:
            notes = self._notes(shown, window, whole)
        else:
            window, notes = self._fitting(shown, whole, result.notes)
        if shown.value is None:
            notes = (*notes, _looks_like(answer))
        return replace(result, text=window.text, structured=None, handle=handle, notes=(*notes, *result.notes))

    def _file(self, result: ToolResult, answer: Answer, owner: Owner, tool: str) -> ToolResult:
        """A file that is too large to pass on, saved where that is wanted, else kept to be read as a resource."""
        saved = self._saved(cast("bytes", answer.value), answer.media_type, tool)
        if saved.is_written:
            return replace(result, text=saved.text)
        handle = self._kept.keep(answer, owner) if self._reader() else ""
        kept = f"It is kept for {_MINUTES} as the resource {RESULTS}{handle}." if handle else ""
        return replace(result, handle=handle, notes=tuple(filter(None, (*result.notes, saved.text, kept))))

    def _saved(self, data: bytes, media_type: str, tool: str) -> _Written:
        if self._save is None:
            return _NOT_WANTED
        try:
            path = self._save(data, media_type, tool)
        except SpecportError as error:
            return _Written(f"No file: {error}.")
        return _Written(f"{media_type}, {len(data):,} bytes, is in the file {path}", is_written=True)

    def read(self, arguments: Mapping[str, object], caller: Caller) -> ToolResult:
        """What a caller wants to read of one of their own answers. Raises BadArguments where there is none."""
        handle, select = str(arguments["handle"]), str(arguments.get("select", ""))
        answer = self._kept.find(handle, caller)
        if answer is None:
            raise BadArguments("there is no such result", pointer="/handle", hint=_GONE)
        if not answer.is_text:
            raise BadArguments("the answer is a file", pointer="/handle", hint=f"Read the resource {RESULTS}{handle}")
        value = selected(_json_of(answer), select) if select else answer.value
        is_asked_alone = arguments.keys() <= {"handle", "select"}
        blob = blob_of(value) if isinstance(value, str) and is_asked_alone else None
        if blob and len(blob.base64) * 3 // 4 <= MAX_BLOB:
            return ToolResult(text=kind_of(str(value)), is_text=False, blobs=(blob,))
        saved = self._saved(base64.b64decode(blob.base64), blob.media_type, READ_RESULT) if blob else _NOT_WANTED
        if saved.is_written:
            return ToolResult(text=saved.text)
        offset, most = _number(arguments, "offset") or 0, _number(arguments, "max_items")
        shown = _Shown(value, handle, select, offset, most, answer.is_json)
        if most is None:
            window, notes = self._fitting(shown, "", ())
        else:
            window = shown.window(LARGE)
            notes = self._notes(shown, window, "")
        if value is None:
            notes = (*notes, _looks_like(answer))
        return ToolResult(text=window.text, notes=(*notes, *filter(None, (saved.text,))))

    def _fitting(self, shown: _Shown, whole: str, others: Sequence[str]) -> tuple[Window, tuple[str, ...]]:
        """What fits into a preview with its notes and those that follow anyway."""
        more = sum(tokens(note) + 1 for note in others)
        used = max(_RESERVED, _BESIDE_PLACE + tokens(shown.select)) + more
        while True:
            room = PREVIEW.less(min(used, PREVIEW.limit - _LEAST))
            window = shown.window(room)
            notes = self._notes(shown, window, whole)
            over = tokens(window.text) + sum(tokens(note) + 1 for note in notes) + more - PREVIEW.limit
            if over <= 0 or used >= PREVIEW.limit - _LEAST:
                return window, notes
            used += over

    def _notes(self, shown: _Shown, window: Window, whole: str) -> tuple[str, ...]:
        """What is shown, and how to read on; `whole` is the size of the answer where this is the first that is seen."""
        parts = [_told(shown, window)]
        if not shown.handle:
            return (f"{parts[0]} Ask for less, with a filter or a smaller page, to see the rest.",) if parts[0] else ()
        if whole:
            parts.append(f"The answer has {whole} and is kept for {_MINUTES}.")
        place = selecting(shown.select, window.steps)
        if window.missing is not None:
            into = selecting(shown.select, window.missing)
            parts.append(f"Read {'into it' if window.is_outline else 'what is left out'}: {self._call(shown, into)}.")
        if window.is_outline and window.outlined <= MAX_TEXT:
            parts.append(f"It whole: {self._call(replace(shown, most=1), place, window.offset)}.")
        if window.end < window.total:
            parts.append(f"Next: {self._call(shown, place, window.end)}.")
            parts += ["`select` takes JMESPath."] if whole else []
        elif whole and window.missing is None:
            parts.append(f"All of it: {self._call(shown, '')}.")
        told = " ".join(part for part in parts if part)
        return (told,) if told else ()

    def _call(self, shown: _Shown, select: str, offset: int = 0) -> str:
        """The call that reads on."""
        arguments: dict[str, object] = {"handle": shown.handle}
        if select:
            arguments["select"] = select
        if offset:
            arguments["offset"] = offset
        if shown.most is not None:
            arguments["max_items"] = shown.most
        return f"{self._reader()} {orjson.dumps(arguments).decode()}"


def is_shown_whole(result: ToolResult, view: View) -> bool:
    """Whether `Showing.first`, which may take long, would only give the result back."""
    return view == EVERYTHING and _is_short(result) and not _is_large_file(result)


def _is_short(result: ToolResult) -> bool:
    """Whether an answer is shown whole: no long text, and no JSON with long base64."""
    if len(result.text) > MAX_TEXT:
        return False
    data = result.text.encode("utf-8", "replace")
    is_json = result.answer is not None and result.answer.is_json
    return not is_json or without_base64(data) == data


def _is_large_file(result: ToolResult) -> bool:
    return result.answer is not None and not result.answer.is_text and not result.blobs


def _told(shown: _Shown, window: Window) -> str:
    """A sentence that says what is shown of what."""
    place = selecting(shown.select, window.steps)
    where = f" of {place}" if place and len(place) <= _MAX_PLACE else ""
    total = counted(window.total, window.noun)
    if not window.shown and window.offset:
        return f"Nothing is there: {total}{where}, and offset is {window.offset:,}."
    if window.is_outline:
        return f"{window.noun.capitalize()} {window.offset:,} of {total}{where} is in outline; <...> is left out."
    if window.shown < window.total:
        one = "" if window.shown == 1 else f"-{window.end - 1:,}"
        plural = "" if window.shown == 1 else "s"
        return f"Shown: {window.noun}{plural} {window.offset:,}{one} of {window.total:,}{where}."
    return "In outline; <...> is left out." if window.missing is not None else ""


def _json_of(answer: Answer) -> object:
    if not answer.is_json:
        raise BadArguments("the answer is text, not JSON", pointer="/select", hint="Read it with offset alone")
    return answer.value


def _written(shown: _Shown) -> str:
    """All of a value as a text."""
    return shown.value if isinstance(shown.value, str) else orjson.dumps(shown.value).decode()


def _looks_like(answer: Answer) -> str:
    return f"Nothing is selected. The answer looks like {outline(answer.value, MAX_LOOKS_LIKE)}"


def _number(arguments: Mapping[str, object], name: str) -> int | None:
    given = arguments.get(name)
    return given if isinstance(given, int) else None
