"""Descriptions are shown to a model: CommonMark stays, HTML and everything invisible goes, no sentence is cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small_documents import catalog_of, document
from specport.catalog.model import Shape
from specport.documents.text import MAX_DESCRIPTION, clean, shorten


def described(text: str, limit: int | None = None) -> str:
    paths = {"/things": {"get": {"description": text, "responses": {}}}}
    return catalog_of(document(paths), shape=Shape(description_limit=limit)).tools[0].description


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("Plain *CommonMark* [link](/a) | table |", "Plain *CommonMark* [link](/a) | table |"),
        ("<p>One</p><p>Two<br/>lines</p>", "One\n\nTwo\nlines"),
        ("<ul><li>a</li><li class='x'>b</li></ul>", "- a\n- b"),
        ('<b>bold</b>, <a href="x>y" target=_blank>a link</a> and <code>code</code>.', "bold, a link and `code`."),
        ("Before <!-- hidden `code` text --> after", "Before  after"),
        ("Before <!-- never closed", "Before"),
        ("a<script>alert('`')</script>b<style>p{}</style>c", "abc"),
        ("a<scr<!-- -->ipt>alert(1)</script>b", "ab"),
        ("Choose a <template> by name.\n\nThen go on.", "Choose a <template> by name.\n\nThen go on."),
        ("\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07 \x9b1mbold", "red link bold"),
        ("no\u200bwidth\u200d\ufeff, \u202eto the left\u202c, \u2066isolate\u2069", "nowidth, to the left, isolate"),
        ("tags\U000e0041\U000e0042 and \ufe0f\U000e0100variations, \u3164fillers", "tags and variations, fillers"),
        ("nul\x00 bell\x07 backspace\x08 delete\x7f next\x85", "nul bell backspace delete next"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("trailing   \nspaces\n\n\n\n\nlines", "trailing\nspaces\n\nlines"),
        ("`<b>` stays, ``` too", "`<b>` stays, ``` too"),
        ("```\n<b>kept &amp; &lt;</b>\n```\n<i>gone</i>", "```\n<b>kept &amp; &lt;</b>\n```\ngone"),
        ("Put <your-token>, List<string>, Map<string, Disk>", "Put <your-token>, List<string>, Map<string, Disk>"),
        ("a<b && c>d, x < b > y, 1 <= 2", "a<b && c>d, x < b > y, 1 <= 2"),
        ("<https://example.com> <me@example.com>", "<https://example.com> <me@example.com>"),
        ("&lt;id&gt; &amp; &#8212; &nbsp;x &#x202e;y &#27;[31m", "<id> & \u2014 \xa0x y [31m"),
        ("Größe \u2014 漢字 😀", "Größe \u2014 漢字 😀"),
    ],
)  # fmt: skip
def test_a_description_shows_what_a_reader_would_see(given_text: str, shown: str) -> None:
    """Markup and invisible characters go, code spans and placeholders stay, entities become characters."""
    assert described(given_text) == shown


def test_without_a_description_the_summary_or_the_request_line_is_shown() -> None:
    """A tool always says something."""
    paths = {"/a": {"get": {"summary": "Sum", "description": " <!-- nothing --> "}}, "/b": {"get": {}}}
    assert [tool.description for tool in catalog_of(document(paths)).tools] == ["Sum", "GET /b"]


def test_descriptions_inside_schemas_are_cleaned_too() -> None:
    """A parameter's description reaches the model as much as the tool's."""
    parameter = {
        "name": "q",
        "in": "query",
        "description": "A\u202e<b>b</b>",
        "schema": {"type": "string", "title": "T<!-- x -->"},
    }
    tool = catalog_of(document({"/a": {"get": {"parameters": [parameter]}}})).tools[0]
    assert tool.input_schema["properties"]["q"] == {"type": "string", "title": "T", "description": "Ab"}


def test_the_first_paragraph_is_never_cut() -> None:
    """A limit leaves out whole paragraphs after the first; the first stays however long it is."""
    first, second, third = "a" * 300, "b" * 50, "c" * 50
    text = f"{first}\n\n{second}\n\n{third}"
    assert described(text, 200) == first
    assert described(text, 352) == f"{first}\n\n{second}"
    assert described(text, 404) == text
    assert described(text, None) == text


def test_a_first_paragraph_that_a_client_would_refuse_ends_at_a_word() -> None:
    """OpenAI refuses a whole request over one description of more than 1,024 characters."""
    text = "word, " * 300
    short = described(text, 200)
    assert short == f"{'word, ' * 169}word..."
    assert MAX_DESCRIPTION - 10 < len(short) <= MAX_DESCRIPTION
    assert described("w" * 1_024, 200) == "w" * 1_024
    assert described("w" * 2_000, 200) == f"{'w' * 1_021}..."
    assert described(text, None) == text.strip()


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(0, 300))
def test_shortening_keeps_whole_paragraphs_from_the_start(text: str, limit: int) -> None:
    """The result is a beginning of the text that ends where a paragraph does."""
    short = shorten(text, limit)
    assert text.startswith(short)
    assert short.startswith(text.split("\n\n", maxsplit=1)[0])
    assert text[len(short) :].startswith("\n\n") or short == text


pieces = st.sampled_from([*"<>&;/!-ab`\n\"' =\x1b[]\u200b\u202e", "script", "<!--", "-->", "<p>", "&lt;", "```"])


@settings(deadline=None)
@given(st.lists(pieces, max_size=40).map("".join))
def test_cleaned_text_never_holds_an_invisible_character(text: str) -> None:
    """Whatever is put together, no control, format or escape character comes out."""
    shown = clean(text)
    assert not set(shown) & set("\x1b\u200b\u202e\r\x00")
    assert shown == shown.strip()


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        ("<a ", 50_000), (" x", 50_000), ("<template>", 30_000), ("<script", 30_000), ("`", 99_999), ("```\n", 39_999),
        ("<!--", 40_000), ("\x1b]", 40_000), ("&#x202e;", 30_000),
    ],
)  # fmt: skip
def test_a_hostile_description_takes_no_time(piece: str, times: int) -> None:
    """No pattern goes over the text more than a few times."""
    began = time.process_time()
    clean(f"<a{piece * times}")
    assert time.process_time() - began < 3
