"""What bytes are, whatever their label says; in which encoding text is; how a file is called."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specport.catalog.model import Route
from specport.executor.model import Exchange
from specport.results.asked import Asked, Inputs
from specport.results.build import build_result
from specport.results.media import MAX_FILE_NAME, file_name
from specport.results.model import Conventions, ToolResult

PNG = b"\x89PNG\r\n\x1a\n\0\0"


def answered(body: bytes, media_type: str, *, method: str = "GET", status: int = 200, **headers: str) -> ToolResult:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return build_result(
        Exchange(status, {"content-type": media_type, **named}, body),
        asked=Asked(Inputs(Route("test", method, "/v2/things"), lambda given: given, frozenset), {}),
        conventions=Conventions(),
        has_credential=True,
    )


@pytest.mark.parametrize(
    ("stated", "body", "actual"),
    [
        ("application/octet-stream", PNG, "image/png"),
        ("", b"\xff\xd8\xff\xe0\0", "image/jpeg"),
        ("image/jpg", b"\xff\xd8\xff\xe0\0", "image/jpeg"),
        ("image/png", b"GIF89a\0\xff", "image/gif"),
        ("text/html; charset=utf-8", b"%PDF-1.7\n\xff\xfe\0", "application/pdf"),
        ("application/json", b"PK\x03\x04\xff\0", "application/zip"),
        ("binary/octet-stream", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("application/octet-stream", b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04\xff\0", ""),
        ("image/tiff", b"II*\0\xff", ""),
        ("application/pdf", b"%PDF-1.4 only ascii", ""),
    ],
)
def test_first_bytes_say_what_a_vague_or_wrong_label_does_not(stated: str, body: bytes, actual: str) -> None:
    """A picture that is called a stream of bytes is a picture; a label that says more than the bytes is kept."""
    [blob] = answered(body, stated).blobs
    assert blob.media_type == (actual or stated)
    assert base64.b64decode(blob.base64) == body


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("application/octet-stream", "id,name\n1,ü\n"),
        ("application/x-pem-file", "-----BEGIN CERTIFICATE-----\n"),
        ("application/toml", "a = 1\n"),
        ("multipart/mixed; boundary=b", "--b\r\n\r\nhello\r\n--b--\r\n"),
        ("image/svg+xml", "<svg/>"),
        ("application/json", "<html>down</html>"),
        ("text/plain", "with a bell \x07"),
        ("no media type at all", "words"),
    ],
)
def test_what_reads_as_text_is_shown_as_text(media_type: str, text: str) -> None:
    """A text is worth more to a model than its base64, and loses nothing."""
    result = answered(text.encode(), media_type)
    assert (result.text, result.blobs) == (text, ())


def test_a_multipart_answer_with_bytes_in_it_is_passed_on_as_bytes() -> None:
    """No base64 in text, no bytes spoilt."""
    body = b"--b\r\nContent-Type: image/png\r\n\r\n" + PNG + b"\xff\r\n--b--\r\n"
    [blob] = answered(body, "multipart/mixed; boundary=b").blobs
    assert (blob.media_type, base64.b64decode(blob.base64)) == ("multipart/mixed", body)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/csv; charset=ISO-8859-1", "Zürich".encode("latin-1")),
        ("text/csv", "Zürich".encode("cp1252")),
        ("text/plain; charset=us-ascii", "Zürich".encode()),
        ("text/plain", "Zürich".encode("utf-16")),
        ("application/json", b"\xff\xfe" + "Zürich".encode("utf-16-le")),
        ("text/plain; charset=shift_jis; x=y", "Z\u4e00".encode("shift_jis")),
        ("text/html", b"<meta charset=iso-8859-2>Z\xfcrich"),
        ("text/plain; charset=hex", "Zürich".encode()),
        ("text/plain; charset=unicode_escape", "Zürich".encode()),
        ('text/plain; charset="none-such"', "Zürich".encode()),
        ("text/plain; charset*=utf-8''x%00", "Zürich".encode()),
        ("application/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a>Z\xfcrich</a>"),
        ("text/html", b"<meta charset='utf-16'>Z\xc3\xbcrich"),
    ],
)  # fmt: skip
def test_text_is_read_in_the_encoding_that_it_is_in(media_type: str, body: bytes) -> None:
    """By charset, byte order mark, its own declaration, else UTF-8, else windows-1252; codecs that are no charset
    (hex, escapes) are not used."""
    text = answered(body, media_type).text
    assert "Zürich" in text or text == "Z\u4e00"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("", '{"a":"ü"}'.encode("utf-16")),
        ("; charset=iso-8859-1", '{"a":"ü"}'.encode("latin-1")),
        ("; charset=iso-8859-1", '{"a":"ü"}'.encode()),
        ("; charset=utf-16", '\ufeff{"a":"ü"}'.encode("utf-16-be")),
    ],
)
def test_json_that_is_not_in_utf_8_is_read_all_the_same(charset: str, body: bytes) -> None:
    """RFC 8259 wants UTF-8, which wins where it is possible; some APIs do otherwise."""
    assert answered(body, f"application/json{charset}").structured == {"a": "ü"}


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", ""])
@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_answer_of_nothing_but_space_has_no_content(media_type: str, body: bytes) -> None:
    """An empty body under the label of JSON is no failure."""
    assert answered(body, media_type).text == "200 OK, no content"


@pytest.mark.parametrize(
    ("status", "text"),
    [(205, "205 Reset Content, no content"), (304, "304 Not Modified, no content")],
)
def test_a_status_without_a_body_is_told(status: int, text: str) -> None:
    """RFC 9110: neither has content."""
    assert answered(b"", "application/json", status=status).text == text


def test_the_answer_to_head_is_its_headers() -> None:
    """That is what HEAD asks for; cookies are left out."""
    result = answered(b"", "image/png", method="HEAD", content_length="7", etag='"x"', set_cookie="session=1")
    assert result.text.splitlines() == ["200 OK", "content-type: image/png", "content-length: 7", 'etag: "x"']
    assert not result.is_error


def test_a_failure_that_is_bytes_is_told_without_them() -> None:
    """An error page that is a picture says nothing in words."""
    assert answered(PNG, "image/png", status=500).text == "GET /v2/things answered 500 Internal Server Error"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="report 2024.pdf"', "report 2024.pdf"),
        ("attachment; filename=plain.pdf; size=3", "plain.pdf"),
        ("attachment; filename=\"fallback.pdf\"; filename*=UTF-8''%E2%82%AC%20rates.pdf", "€ rates.pdf"),
        ("attachment; filename*=iso-8859-1'en'%A3.pdf", "£.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\Windows\\\\x.exe"', "x.exe"),
        ('attachment; filename="a\u202etxt.exe"', "atxt.exe"),
        ('attachment; filename=".."', "answer.pdf"),
        ('attachment; filename=".hidden"', "hidden"),
        ('attachment; filename="con<>:|?*.txt"', "con.txt"),
        ("attachment; filename*=none-such''%41.pdf", "A.pdf"),
        ("attachment", "answer.pdf"),
        ("inline; filename", "answer.pdf"),
        ("", "answer.pdf"),
        (f'attachment; filename="{"a" * 300}.pdf"', f"{'a' * (MAX_FILE_NAME - 4)}.pdf"),
    ],
)
def test_a_file_is_called_what_the_answer_calls_it(disposition: str, name: str) -> None:
    """RFC 6266, without folders, controls, and what a file system would stumble over."""
    assert file_name({"content-disposition": disposition} if disposition else {}, "application/pdf") == name


@given(st.text(max_size=200))
def test_a_file_name_never_leads_elsewhere(disposition: str) -> None:
    """Whatever the header says."""
    for value in (disposition, f'attachment; filename="{disposition}"', f"attachment; filename*=utf-8''{disposition}"):
        name = file_name({"content-disposition": value}, "application/pdf")
        assert 0 < len(name) <= MAX_FILE_NAME
        assert not set(name) & set('/\\\0\n\r<>:"|?*')
        assert name.strip(" .") == name


@given(st.binary(max_size=60), st.sampled_from(["", "text/html", "application/json", "image/png", "a/b"]), st.text())
def test_any_bytes_under_any_label_are_an_answer(body: bytes, media_type: str, charset: str) -> None:
    """As text, as JSON or as bytes; nothing fails a call."""
    result = answered(body, f"{media_type}; charset={charset}")
    assert not result.is_error
    assert result.text
