"""Descriptions from documents, made safe to show a model: CommonMark stays, HTML and invisible characters go."""

from __future__ import annotations

import html
import re
import unicodedata

_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])")
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_HIDDEN_BLOCK = re.compile(r"<(script|style|template)\b.*?(</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<\s*(br|hr)\s*/?>", re.IGNORECASE)
_BLOCK = re.compile(r"</?\s*(p|div|ul|ol|table|tr|h[1-6]|section|header|details|summary)(\s[^<>]*)?/?>", re.IGNORECASE)
_ITEM = re.compile(r"<\s*li(\s[^<>]*)?>", re.IGNORECASE)
_CODE_TAG = re.compile(r"</?\s*(code|tt|kbd|samp)(\s[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?\s*(a|abbr|article|aside|b|big|blockquote|body|center|caption|cite|col|colgroup|dd|del|dfn|dl|dt|em|"
    r"figure|font|footer|form|head|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav|pre|q|s|small|span|"
    r"strike|strong|sub|sup|svg|tbody|td|tfoot|th|thead|title|u|var|video|wbr)(\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_CODE = re.compile(r"(^```.*?^```[^\n]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")
_NEEDS_WORK = re.compile(r"[<&\x00-\x08\x0b-\x1f\x7f-\x9f]|[^\x00-\x7f]|[ \t]\n|\n{3,}")


def clean(text: str) -> str:
    """The text without HTML, comments, terminal sequences, control and invisible characters; code is untouched."""
    if not _NEEDS_WORK.search(text):
        return text.strip()
    text = _visible(text)
    if "<" in text or "&" in text:
        pieces = _CODE.split(text)
        text = "".join(piece if index % 2 else _without_html(piece) for index, piece in enumerate(pieces))
        text = _visible(text)
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def shorten(text: str, limit: int | None) -> str:
    """Whole paragraphs up to `limit` characters; the first paragraph always stays whole. None: no limit."""
    if limit is None or len(text) <= limit:
        return text
    paragraphs = text.split("\n\n")
    kept = paragraphs[:1]
    length = len(kept[0])
    for paragraph in paragraphs[1:]:
        length += 2 + len(paragraph)
        if length > limit:
            break
        kept.append(paragraph)
    return "\n\n".join(kept)


def _without_html(text: str) -> str:
    text = _HIDDEN_BLOCK.sub("", _COMMENT.sub("", text))
    text = _ITEM.sub("\n- ", _BLOCK.sub("\n\n", _BREAK.sub("\n", text)))
    return html.unescape(_TAG.sub("", _CODE_TAG.sub("`", text)))


def _visible(text: str) -> str:
    """Without terminal sequences and every control (Cc), format (Cf), private or surrogate character."""
    text = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _INVISIBLE)


_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})
