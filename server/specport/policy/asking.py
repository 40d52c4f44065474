"""A question to a person as text: everything that the call would do, and nothing that acts on who reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from specport.documents.text import one_line, printable
from specport.errors import Denied
from specport.policy.model import Question

MAX_SHOWN_ARGUMENTS = 4_000
"""Characters of arguments that a person is shown; what is over is cut, and the text says so."""

MAX_SHOWN_TEXT = 500
"""Characters of each text in arguments that are too long to be shown whole."""

MAX_SHOWN_URL = 2_000
"""Characters of a URL that a person is shown."""


async def nobody_to_ask(question: Question) -> str:
    """Where nobody can be asked, the answer is no."""
    raise cannot_ask(question, "nobody can be asked here")


def cannot_ask(question: Question, why: str) -> Denied:
    """The refusal of a call that needs approval where there is no way to ask; it says how to allow the call."""
    return Denied(f"{question.decision.reason}; {why}", hint=question.decision.hint)


def as_text(question: Question) -> str:
    """The question: which tool, the request with its whole URL, the arguments, and which rule asks."""
    within = f" It is part of what {question.within} does." if question.within else ""
    lines = [f"Make this call? {question.decision.reason}.{within}", "", question.address]
    if question.url:
        lines.append(f"{question.method} {_url(question.url)}")
    return "\n".join([*lines, *_arguments(question.arguments)])


def _url(url: str) -> str:
    cut = f" (cut: {MAX_SHOWN_URL:,} of {len(url):,} characters are shown)" if len(url) > MAX_SHOWN_URL else ""
    return one_line(url, MAX_SHOWN_URL) + cut


def _arguments(arguments: Mapping[str, object]) -> list[str]:
    """The arguments as JSON, whole where that fits; else long texts lose their ends first, then the rest its end.

    In JSON a text cannot begin a new line, so nothing in an argument looks like another part of the question.
    """
    if not arguments:
        return ["", "No arguments."]
    text = _json(arguments)
    if len(text) <= MAX_SHOWN_ARGUMENTS:
        return ["", "Arguments:", text]
    shown = _json(_shortened(arguments))[:MAX_SHOWN_ARGUMENTS]
    return ["", f"Arguments (cut: too long to be shown whole, {len(text):,} characters):", shown, "(cut)"]


def _json(value: object) -> str:
    return printable(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _shortened(value: object) -> object:
    if isinstance(value, str) and len(value) > MAX_SHOWN_TEXT:
        return f"{value[:MAX_SHOWN_TEXT]}... ({len(value) - MAX_SHOWN_TEXT:,} more characters)"
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_shortened(each) for each in cast("list[object]", value)]
    return value
