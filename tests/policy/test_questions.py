"""What a person is shown before a call is made: all of it, and nothing that acts on them."""

from __future__ import annotations

from typing import Any

import pytest

from end_to_end.loopback import json_body, operation, parameter
from small_documents import catalog_of, document
from specport.catalog.model import Tool
from specport.errors import BadArguments
from specport.policy.asking import MAX_SHOWN_ARGUMENTS, as_text
from specport.policy.model import Action, Decision, Question
from specport.requests.check import ArgumentChecker
from specport.requests.prepare import prepare
from specport.requests.questions import question_about
from specport.sources.builtin import source_tools

WHY = Decision(Action.APPROVE, "rule 1 of t.toml", "files.put needs a person's approval (rule 1 of t.toml)", "")


def put() -> Tool:
    """A tool with something in every place of its request."""
    places = (("name", "path"), ("mode", "query"), ("x-note", "header"))
    parameters = [parameter(name, place, {"type": "string"}) for name, place in places]
    body = json_body({"type": "object"})
    paths = {"/files/{name}": {"put": operation("put", "Files", parameters=parameters, requestBody=body)}}
    [tool] = catalog_of(document(paths)).tools
    return tool


PUT = put()
PLAIN: dict[str, Any] = {"name": "a", "mode": "b", "x-note": "c", "body": {"d": 1}}


def asked(arguments: dict[str, Any], base_url: str = "https://api.example.com/v1") -> Question:
    """The question about a call."""
    assert PUT.route is not None
    checked = ArgumentChecker(PUT).check(arguments)
    return question_about(PUT, checked, WHY, prepare(PUT.route, checked, base_url))


def test_the_person_sees_the_tool_the_request_the_arguments_and_the_rule() -> None:
    """Each on its line, arguments as JSON."""
    assert as_text(asked(PLAIN)) == (
        "Make this call? files.put needs a person's approval (rule 1 of t.toml).\n\n"
        "files.put\nPUT https://api.example.com/v1/files/a?mode=b\n\n"
        'Arguments:\n{\n  "name": "a",\n  "mode": "b",\n  "x-note": "c",\n  "body": {\n    "d": 1\n  }\n}'
    )


def test_a_user_name_in_the_base_url_is_not_shown() -> None:
    """It is a credential."""
    text = as_text(asked(PLAIN, "https://ada:s3cret@api.example.com"))
    assert "s3cret" not in text
    assert "PUT https://api.example.com/files/a?mode=b\n" in text


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J\x1b[31m", "\u202eevil", "\u2066x\u2069", "\x00\x07", "a\u200bb", "\u2028", "\ud800"]
)
def test_what_would_act_on_the_reader_is_shown_as_an_escape(hostile: str) -> None:
    """Terminal sequences, directions of writing, invisible characters, halves of characters."""
    question = Question("files.put", {"name": hostile, hostile: 1}, WHY, "")
    text = as_text(question)
    assert all(char == "\n" or char.isprintable() for char in text)
    assert not set(hostile) - set(text) <= set("ab[]2J31mevilx")


def test_an_argument_cannot_look_like_another_part_of_the_question() -> None:
    """A line break in a text stays in its text."""
    forged = 'x"\n}\n\nfiles.get\nGET https://api.example.com/harmless'
    text = as_text(Question("files.put", {"name": forged}, WHY, ""))
    assert not [line for line in text.splitlines() if line.startswith("GET")]


def test_long_arguments_are_cut_and_it_says_so() -> None:
    """Long texts first, so that every argument still shows; the whole has an end in any case."""
    long = {"first": "x" * 100_000, "last": "seen"}
    text = as_text(Question("files.put", long, WHY, ""))
    assert "Arguments (cut: too long to be shown whole, 100,0" in text
    assert "... (99,500 more characters)" in text
    assert '"last": "seen"' in text
    many = as_text(Question("files.put", {str(number): number for number in range(10_000)}, WHY, ""))
    assert len(many) < MAX_SHOWN_ARGUMENTS + 300
    assert many.endswith("(cut)")
    url = as_text(Question("files.put", {}, WHY, "", "PUT", "https://x.test/" + "y" * 9_000))
    assert "(cut: 2,000 of 9,015 characters are shown)" in url
    assert "No arguments." in url


@pytest.mark.parametrize("change", [{"name": "z"}, {"mode": "z"}, {"x-note": "z"}, {"body": {"d": True}}])
def test_every_part_of_a_call_is_under_the_seal(change: dict[str, Any]) -> None:
    """Two calls that differ anywhere have different seals; the same call has the same."""
    assert asked(PLAIN).seal == asked(dict(reversed(PLAIN.items()))).seal
    assert asked(PLAIN).seal != asked({**PLAIN, **change}).seal
    assert asked(PLAIN).seal != asked(PLAIN, "https://other.example.com/v1").seal


def test_a_built_in_tool_is_asked_about_with_its_arguments() -> None:
    """It makes no request."""
    _, add = source_tools()
    arguments = {"spec": "https://example.com/openapi.json"}
    question = question_about(add, arguments, WHY, None)
    assert "\nopenapi.addSource\n\nArguments:\n" in as_text(question)
    assert question.seal != question_about(add, {"spec": "https://example.org/openapi.json"}, WHY, None).seal


def test_what_is_nested_too_deep_to_be_shown_is_refused() -> None:
    """Before anybody is asked, with the limit's name."""
    deep: Any = 1
    for _ in range(98):
        deep = {"a": deep}
    assert "Arguments (cut" in as_text(asked({**PLAIN, "body": deep}))
    for _ in range(400):
        deep = {"a": deep}
    with pytest.raises(BadArguments, match=r"over 100 levels \(MAX_DEPTH\)"):
        asked({**PLAIN, "body": deep})
