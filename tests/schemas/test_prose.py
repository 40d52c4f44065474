"""Descriptions in fewer words, which are those of the document."""

from __future__ import annotations

import pytest

from specport.schemas.prose import adds_nothing, brief, shortened, words


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("One. Two.", 100, "One. Two."),
        ("One sentence. Two sentences.", 20, "One sentence."),
        ("A first sentence that is longer than it may be. Two.", 30, "A first sentence that is..."),
        ("One e.g. this. Two.", 15, "One e.g. this."),
        ("Anything", 0, ""),
        ("Line\nbreaks here. More.", 18, "Line breaks here."),
        ("x" * 40, 10, "..."),
    ],
)  # fmt: skip
def test_a_shortened_text_ends_at_a_sentence_or_visibly(text: str, limit: int, short: str) -> None:
    """Whole sentences while they fit; a first one that does not ends at a word with `...`."""
    assert shortened(text, limit) == short


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("To delete a pet, send a DELETE request to `/pets/$ID`. It is gone.", "Delete a pet"),
        ("A pet can be sold by sending a `POST` request\nto `/pets`.", "A pet can be sold"),
        ("Lists pets. To list all, send a GET request to `/pets`.", "Lists pets. List all"),
        ("Send a GET request to `/pets`.", "Send a GET request to `/pets`."),
        ("To send a request to a vet, name it.", "To send a request to a vet, name it."),
        ("# Pets\n\nLists [all pets](https://a.example/(x)).", "Lists all pets."),
        ("Takes:\n- a name\n- a kind", "Takes:"),
        ("Sells a pet.\n\n| a | b |\n|---|---|", "Sells a pet."),
        (
            "Renames a pet of long ago; its owner is told, or whoever feeds it.",
            "Renames a pet of long ago; its owner is told...",
        ),
        (
            "Adopts a pet of any kind from a town nearby (or far away by boat)",
            "Adopts a pet of any kind from a town nearby...",
        ),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_tool_does_is_told_by_the_first_words(text: str, told: str) -> None:
    """Without links, lists, tables, and how the request is written, which a tool does by itself."""
    assert brief(text, 60) == told


@pytest.mark.parametrize(
    ("name", "text", "nothing"),
    [
        ("pet_id", "The unique identifier of the pet.", True),
        ("page", "Which 'page' of paginated results to return.", True),
        ("per_page", "Items per page, 1 to 200; default 20.", False),
        ("per_page", "Number of pages: 20, at most 200.", False),
        ("petName", "Name of the pet", True),
        ("kind", "cat or dog", True),
        ("kind", "cat or bird", False),
    ],
)  # fmt: skip
def test_a_text_of_known_words_adds_nothing(name: str, text: str, nothing: bool) -> None:
    """The words of the name, of what is shown beside it, and those that say nothing by themselves."""
    schema = {"type": "integer", "maximum": 200, "enum": ["cat", "dog"]}
    assert adds_nothing(name, text, words("shop.addPet"), schema) is nothing
