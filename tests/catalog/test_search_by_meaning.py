"""With a model, tools are found by what they mean as well; until it has read them, and where it fails, by words."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from small_documents import catalog_of, document, path_parameter
from specport.catalog.model import Catalog
from specport.catalog.search.index import SearchIndex

CONCEPTS = ({"invoice", "payable"}, {"watermark", "stamp"}, {"folder", "directory"})
"""Words that mean the same to the stand-in of a model."""

DRIVE = document(
    {
        "/invoices": {"get": {"operationId": "invoices_list", "summary": "List the invoice of each month"}},
        "/marks": {"put": {"operationId": "marks_put", "summary": "Apply a watermark"}},
        "/old/marks": {"put": {"operationId": "old_marks_put", "summary": "Apply a watermark", "deprecated": True}},
        "/stamps": {"get": {"operationId": "list_letters", "summary": "List what is sent by post with a stamp"}},
    }
)


class Concepts:
    """A stand-in for a model: alike is what has a word of the same concept. It may be made to wait, or to fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.may_read = threading.Event()
        self.may_read.set()
        self.fails = fails

    def of(self, texts: Sequence[str]) -> Concepts | None:
        self.may_read.wait()
        self.texts = texts
        self.meant = [self._meant(text) for text in texts]
        return None if self.fails else self

    def to(self, query: str) -> list[float]:
        return [1.0 if self._meant(query) & meant else 0.0 for meant in self.meant]

    @staticmethod
    def _meant(text: str) -> set[int]:
        words = set(text.lower().replace(".", "").split())
        return {number for number, concept in enumerate(CONCEPTS) if words & concept}


@pytest.fixture(scope="module")
def drive() -> Catalog:
    return catalog_of(DRIVE)


def leaves(index: SearchIndex, query: str, source: str = "") -> Sequence[str]:
    return [found.tool.address.rpartition(".")[2] for found in index.find(query, source=source)]


def learned(catalog: Catalog, meanings: Concepts) -> SearchIndex:
    index = SearchIndex(catalog.tools, [catalog], meanings)
    index.learn()
    return index


def test_a_tool_is_found_that_has_none_of_the_words(drive: Catalog) -> None:
    """Which words alone never find."""
    assert leaves(SearchIndex(drive.tools, [drive]), "payable") == []
    assert leaves(learned(drive, Concepts()), "payable") == ["invoicesList"]


def test_what_has_the_words_and_the_meaning_comes_before_what_has_one_of_them(drive: Catalog) -> None:
    """Both add up; what the document calls deprecated comes last."""
    found = leaves(learned(drive, Concepts()), "watermark a slide")
    assert found == ["marksPut", "listLetters", "oldMarksPut"]


def test_a_score_is_never_more_than_one(drive: Catalog) -> None:
    """Whatever adds up."""
    scores = [found.score for found in learned(drive, Concepts()).find("apply a watermark")]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] <= scores[0] <= 1


def test_a_name_is_found_first_whatever_is_meant(drive: Catalog) -> None:
    """As without a model."""
    found = learned(drive, Concepts()).find("PUT /old/marks")
    assert (found[0].tool.address.rpartition(".")[2], found[0].score) == ("oldMarksPut", 1.0)


def test_what_is_like_nothing_finds_nothing(drive: Catalog) -> None:
    """Rather than what is least unlike it."""
    assert leaves(learned(drive, Concepts()), "xyzzy") == []


def test_only_tools_of_the_source_that_was_asked_for_are_found_by_meaning(drive: Catalog) -> None:
    """None of another one."""
    index = learned(drive, Concepts())
    assert leaves(index, "payable", source="small") == ["invoicesList"]
    assert leaves(index, "payable", source="other") == []


def test_words_decide_until_the_model_has_read_the_tools(drive: Catalog) -> None:
    """A search does not wait for it."""
    meanings = Concepts()
    meanings.may_read.clear()
    index = SearchIndex(drive.tools, [drive], meanings)
    assert leaves(index, "payable") == []
    assert leaves(index, "watermark") == ["marksPut", "oldMarksPut"]
    meanings.may_read.set()
    index.learn()
    assert leaves(index, "payable") == ["invoicesList"]


def test_words_decide_where_the_model_fails(drive: Catalog) -> None:
    """As if there were none."""
    assert leaves(learned(drive, Concepts(fails=True)), "watermark") == ["marksPut", "oldMarksPut"]


def test_a_model_reads_what_people_say_of_the_terms_in_a_name() -> None:
    """Behind what the document says: a model knows those words better than the document's, and reads each once."""
    found = catalog_of(document({"/mandates": {"get": {"operationId": "mandates_list"}}}))
    meanings = Concepts()
    learned(found, meanings)
    (text,) = meanings.texts
    own, _, said = text.rpartition(". ")
    assert "mandates" in own
    assert {"bank", "debit"} <= set(said.split())
    assert len(set(said.split())) == len(said.split())


def test_a_model_reads_no_more_than_the_name_where_nothing_is_said_of_it() -> None:
    """Nor anything of the terms before the last part of a path, which a tool is not about."""
    of_one = {"parameters": [path_parameter("id")], "get": {"operationId": "frobs_all", "summary": "All frobs"}}
    found = catalog_of(document({"/mandates/{id}/frobs": of_one}))
    meanings = Concepts()
    learned(found, meanings)
    assert meanings.texts == ["All frobs. frobs all. mandates frobs. mandates"]


def test_nothing_is_found_among_no_tools() -> None:
    """An index of nothing may be asked as well."""
    index = SearchIndex((), (), Concepts())
    index.learn()
    assert leaves(index, "payable") == []
