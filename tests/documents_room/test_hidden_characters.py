"""What nobody sees in a document is not shown, and is told with its places."""

from __future__ import annotations

import json

import pytest

from small_documents import catalog_of, document


@pytest.mark.parametrize(
    "hidden",
    [
        "\x1b[31m", "\u202e", "\u200b", "\U000e0041", "\x00", "\x85", "\ufeff", "\u00ad", "\x08", "\x7f", "\u061c",
        "\u180e", "\u2066", "\\\x08",
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_ascii", [True, False])
def test_hidden_characters_are_counted_and_the_first_places_named(hidden: str, is_ascii: bool) -> None:
    """As escapes or as they are, in texts and in names."""
    paths = {f"/p{n}": {"get": {"description": f"Reads{hidden} things"}} for n in range(4)}
    described = document({**paths, f"/odd{hidden}": {"get": {}}})
    catalog = catalog_of(json.dumps(described, ensure_ascii=is_ascii).encode())
    [problem] = [each for each in catalog.problems if "hidden" in each.message]
    assert problem.message.startswith("hidden characters or terminal sequences stand in 5 places")
    assert "/paths/~1p0/get/description" in problem.message
    assert problem.message.endswith("and 2 more")
    assert problem.message.isprintable()
    assert not any(hidden in tool.description for tool in catalog.tools)


def test_what_scripts_and_emoji_need_is_not_reported() -> None:
    """Joiners, accents, line breaks and tabs."""
    text = "\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u00e9\ta\r\nb \u26a0\ufe0f"
    assert catalog_of(document({"/a": {"get": {"description": text}}})).problems == ()
