"""What an answer's bytes are: their media type, whether they are text and in which encoding, a name for a file.

The media type that an API states is believed where the bytes allow it; first bytes that say otherwise win.
"""

from __future__ import annotations

import codecs
import email.message
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from specport.documents.text import clean

MAX_FILE_NAME = 100
"""Characters of a file's name."""

MAX_LOOKED_AT = 100_000
"""Characters in which text shows that it is none."""

_TEXT_ENDINGS = (
    "/json", "+json", "xml", "yaml", "csv", "javascript", "x-www-form-urlencoded", "graphql", "ndjson", "jsonl",
    "json-seq", "jsonlines",
)  # fmt: skip
_FIRST_BYTES: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf", b"PK\x03\x04": "application/zip", b"\x1f\x8b\x08": "application/gzip",
    b"ID3": "audio/mpeg", b"OggS": "audio/ogg", b"fLaC": "audio/flac",
}  # fmt: skip
"""Signatures of the WHATWG MIME sniffing standard, and FLAC's."""

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_SAYS_LITTLE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/json", "image/jpg"})
_NEVER_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip", "application/gzip")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,100}\bencoding=[\"']([\w.:-]{1,40})|<meta[^>]{0,200}\bcharset=[\"']?([\w.:-]{1,40})"
)
_CODECS = (
    "utf-8", "utf-16", "utf-32", "iso8859", "cp125", "cp874", "cp866", "cp932", "cp949", "koi8", "shift_jis",
    "euc_", "gb", "big5", "iso2022_jp", "mac-roman",
)  # fmt: skip
"""How the names of Python's codecs for character sets begin; it has others, such as hex, that are none."""

_NO_TEXT = frozenset({*map(chr, range(0x20)), "\x7f"} - set("\t\n\r\f\x1b"))
_NUL = frozenset("\0")
_LEGACY = "cp1252"
"""What text is that is not UTF-8 and does not say (WHATWG encoding standard)."""


def media_type_of(headers: Mapping[str, str]) -> str:
    """The media type of Content-Type without parameters, in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def actual_type(headers: Mapping[str, str], body: bytes) -> str:
    """The media type as stated, or what the first bytes say where the stated one is vague, text, or another image."""
    stated = media_type_of(headers)
    found = _RIFF.get(body[8:12]) if body.startswith(b"RIFF") else None
    found = found or next((kind for start, kind in _FIRST_BYTES.items() if body.startswith(start)), None)
    is_other_image = stated.startswith("image/") and (found or "").startswith("image/")
    if found and (stated in _SAYS_LITTLE or is_other_image or (stated.startswith("text/") and not _is_plain(body))):
        return found
    return stated


def text_of(headers: Mapping[str, str], media_type: str, body: bytes) -> str | None:
    """The text of a body, None where it is none: by its media type, or else by whether it reads as text.

    The encoding is that of `charset`, of a byte order mark, of an XML or HTML declaration, UTF-8, or windows-1252.
    """
    if media_type.startswith(_NEVER_TEXT) and not media_type.endswith("xml"):
        return None
    is_text = media_type.startswith("text/") or media_type.endswith(_TEXT_ENDINGS)
    encoding = _stated_encoding(headers, body) or ("utf-8" if _is_utf8(body) or not is_text else _LEGACY)
    text = body.decode(encoding, "replace")
    if not is_text and "\ufffd" in text:
        return None
    refused = _NUL if media_type.startswith("text/") else _NO_TEXT
    return text.removeprefix("\ufeff") if refused.isdisjoint(text[:MAX_LOOKED_AT]) else None


def in_utf8(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body in UTF-8, which JSON has to be in (RFC 8259 section 8.1) and is not always."""
    if _is_utf8(body):
        return body.removeprefix(codecs.BOM_UTF8)
    stated = _stated_encoding(headers, body)
    return body.decode(stated, "replace").encode() if stated else body


def file_name(headers: Mapping[str, str], media_type: str) -> str:
    """The name that Content-Disposition gives (RFC 6266), without folders and odd characters, else `answer.<type>`."""
    given = unicodedata.normalize("NFC", clean(_disposition_name(headers.get("content-disposition", ""))))
    given = re.split(r"[/\\]", given)[-1]
    kept = "".join(char for char in given if char.isprintable() and char not in '<>:"|?*').strip(" .")
    return kept[-MAX_FILE_NAME:].strip(" .") or f"answer.{_ending(media_type)}"


def _ending(media_type: str) -> str:
    """The subtype, where it is one that file names end with."""
    subtype = media_type.partition("/")[2]
    return subtype if re.fullmatch("[a-z0-9]{2,5}", subtype) else "bin"


def _disposition_name(value: str) -> str:
    message = email.message.Message()
    message["content-disposition"] = " ".join(value.split())
    extended = re.search(r"filename\*\s*=\s*([\w.:-]{1,40})'[\w-]*'([^;\s]+)", value, re.IGNORECASE)
    if extended:
        codec = _codec(extended[1]) or "utf-8"
        return unquote_to_bytes(extended[2]).decode(codec, "replace")
    plain = message.get_param("filename", "", "content-disposition")
    return plain if isinstance(plain, str) else ""


def _stated_encoding(headers: Mapping[str, str], body: bytes) -> str | None:
    """The codec that a byte order mark, Content-Type or the text's own first lines name, where there is one."""
    for mark, codec in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return codec
    message = email.message.Message()
    message["content-type"] = " ".join(headers.get("content-type", "").split())
    stated = message.get_content_charset("")
    if stated:
        return _codec(stated)
    declared = _DECLARED.search(body[:1024])
    codec = _codec((declared[1] or declared[2]).decode()) if declared else None
    return None if codec and codec.startswith(("utf-16", "utf-32")) else codec  # it was read as single bytes


def _codec(label: str) -> str | None:
    """Python's codec of a label; None for one that is no character set, and for ASCII, which UTF-8 includes."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name == "iso8859-1":
        return _LEGACY  # a label of it, by the WHATWG encoding standard
    return name if name.startswith(_CODECS) else None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_plain(body: bytes) -> bool:
    return b"\0" not in body and _is_utf8(body)
