"""Texts from documents, made safe to show.

To a model: CommonMark stays, HTML and invisible characters go (`clean`). On a terminal or in a log, where nothing may
be lost: what a terminal would act on, or not show, is written as an escape (`printable`, `one_line`).
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CODE_PATTERN = r"^```.*?^```[^\n]*$|`[^`\n]+`"
_CODE = re.compile(f"({_CODE_PATTERN})", re.DOTALL | re.MULTILINE)
_CODE_OR_HIDDEN = re.compile(
    rf"(?P<code>{_CODE_PATTERN})"
    r"|<!--.*?(?:-->|\Z)"
    r"|<(?P<block>script|style)\b.*?(?:</(?P=block)\s*>|\Z)"
    r"|<template\b(?:(?!<template\b).)*?</template\s*>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_REST = r"(?:\s+[a-z_:][\w:.-]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?)*\s*/?>"
"""Attributes and end of a tag (CommonMark 0.31 section 6.6); `a <b && c> d` has none and is text."""

_BREAK = re.compile(rf"<(?:br|hr){_REST}", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:p|div|ul|ol|table|tr|h[1-6]|section|header|details|summary){_REST}", re.IGNORECASE)
_ITEM = re.compile(rf"<li{_REST}", re.IGNORECASE)
_CODE_TAG = re.compile(rf"</?(?:code|tt|kbd|samp){_REST}", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|abbr|article|aside|b|big|blockquote|body|center|caption|cite|col|colgroup|dd|del|dfn|dl|dt|em|"
    r"figure|font|footer|form|head|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav|pre|q|s|script|"
    r"small|span|strike|strong|style|sub|sup|svg|tbody|td|tfoot|th|thead|title|u|var|video|wbr)" + _REST,
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[^a-z0-9]")
_MAX_KEPT_NAME = 64
_BLANK_LINES = re.compile(r"\n{3,}")
_NEEDS_WORK = re.compile(r"[<&\x00-\x08\x0b-\x1f\x7f-\x9f]|[^\x00-\x7f]|[ \t]\n|\n{3,}")


MAX_TEXT = 100_000
"""Characters of one text of a document that are read."""

MAX_DESCRIPTION = 1_024
"""Longest description of a tool that is listed: OpenAI refuses a request with a longer one."""


def clean(text: str) -> str:
    """The text without HTML, comments, terminal sequences, control and invisible characters; code is untouched.

    A text ends after MAX_TEXT characters.
    """
    text = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
    if not _NEEDS_WORK.search(text):
        return text.strip()
    text = _visible(text)
    if "<" in text or "&" in text:
        pieces = _CODE.split(_CODE_OR_HIDDEN.sub(_code_only, text))
        text = "".join(piece if index % 2 else _without_html(piece) for index, piece in enumerate(pieces))
        text = _visible(text)
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def shorten(text: str, limit: int | None) -> str:
    """Whole paragraphs up to `limit` characters; the first stays whole up to MAX_DESCRIPTION. None: no limit.

    A longer first paragraph ends at a word, with `...`.
    """
    if limit is None or len(text) <= limit:
        return text
    paragraphs = text.split("\n\n")
    kept = paragraphs[:1]
    length = len(kept[0])
    if length > max(limit, MAX_DESCRIPTION):
        return f"{text[: max(limit, MAX_DESCRIPTION) - 3].rsplit(maxsplit=1)[0].rstrip(',;:')}..."
    for paragraph in paragraphs[1:]:
        length += 2 + len(paragraph)
        if length > limit:
            break
        kept.append(paragraph)
    return "\n\n".join(kept)


def noted(text: str, note: str) -> str:
    """A sentence, then the text, which gives way at its end where it would pass MAX_DESCRIPTION with it."""
    whole = f"{note} {text}".rstrip()
    return whole if len(text) > MAX_DESCRIPTION else shorten(whole, MAX_DESCRIPTION)


def printable(text: str) -> str:
    r"""The text with controls, format and other invisible characters as escapes such as `\x1b`; line feeds stay."""
    if text.isprintable():
        return text
    return "".join(char if _is_shown(char) and ord(char) not in _LINE_ENDS else _escaped(char) for char in text)


def one_line(text: str, limit: int) -> str:
    """The text printable, in one line, and cut with `...` at `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _code_only(match: re.Match[str]) -> str:
    return match["code"] or ""


def _without_html(text: str) -> str:
    text = _CODE_OR_HIDDEN.sub(_code_only, text)  # what removing another one put together
    text = _ITEM.sub("\n- ", _BLOCK.sub("\n\n", _BREAK.sub("\n", text)))
    return html.unescape(_TAG.sub("", _CODE_TAG.sub("`", text)))


def _visible(text: str) -> str:
    """Without terminal sequences, controls, and characters that show nothing: formats, fillers, variations."""
    text = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(filter(_is_shown, text.translate(_LINE_ENDS)))


_LINE_ENDS = {0x2028: "\n", 0x2029: "\n\n"}
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})
_SHOWS_NOTHING = frozenset(
    chr(code)
    for codes in (
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0),
        range(0x180B, 0x180E),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
    for code in codes
)
"""Letters and marks without a glyph, which can carry a hidden text: joiners, fillers, variation selectors."""


def _is_shown(char: str) -> bool:
    if char in "\n\t":
        return True
    return char not in _SHOWS_NOTHING and unicodedata.category(char) not in _INVISIBLE


def plain_name(name: str) -> str:
    """A name without case and signs, so that `dropletId` and `droplet_id` are one."""
    return _kept_plain(name) if len(name) <= _MAX_KEPT_NAME else _SIGNS.sub("", name.lower())


@functools.lru_cache(maxsize=4_096)
def _kept_plain(name: str) -> str:
    """The same few names are asked for at every call."""
    return _SIGNS.sub("", name.lower())
