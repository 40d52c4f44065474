"""A change of the list costs what the changed source costs, and finds exactly what a whole new index finds."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from small_documents import document, path_parameter
from specport.catalog.model import Catalog, Shape
from specport.catalog.naming import split_words
from specport.catalog.search.index import SearchIndex
from specport.catalog.search.model import Found
from specport.sources.model import Origin, Source
from specport.sources.read import open_source

NOUNS = ("invoice", "mandate", "server", "key", "data center", "flight", "label")
VERBS = ("list", "create", "delete", "get")
METHODS = {"list": "get", "create": "post", "delete": "delete", "get": "get"}
SOURCES = ("air", "bank", "cloud", "post")
QUERIES = ("list invoices", "delete a key", "creat a servr", "datacenter", "debit from my bank", "GET /keys", "air")


class TagTexts(dict[str, str]):
    """What a document says of its tags, counting how often that is read; it may be referred to weakly."""

    reads = 0

    def get(self, tag: str, default: Any = None, /) -> Any:
        self.reads += 1
        return super().get(tag, default)


class Meanings:
    """A stand-in for a model that notes what it reads: a text is like a query as far as they share letters."""

    def __init__(self, texts: Sequence[str] = (), read: list[str] | None = None) -> None:
        self.texts = texts
        self.read: list[str] = [] if read is None else read

    def of(self, texts: Sequence[str]) -> Meanings | None:
        self.read += texts
        return Meanings(texts, self.read)

    def to(self, query: str) -> list[float]:
        return [len({*query} & {*text}) / len({*query, *text}) for text in self.texts]


def source_of(name: str, operations: Sequence[tuple[str, str]]) -> Catalog:
    """A source with an operation for each verb and noun."""
    paths: dict[str, dict[str, Any]] = {}
    for verb, noun in operations:
        path = f"/{noun.replace(' ', '-')}s" if verb in ("list", "create") else f"/{noun.replace(' ', '-')}s/{{id}}"
        item = paths.setdefault(path, {"parameters": [path_parameter("id")]} if path.endswith("}") else {})
        answer = {"200": {"description": f"The {noun}"}}
        item[METHODS[verb]] = {"operationId": f"{verb}_{noun}", "tags": [name], "responses": answer}
    described = document(paths, tags=[{"name": name, "description": f"All of {name}"}])
    source = Source(name=name, uri=name, data=json.dumps(described).encode(), origin=Origin.OPERATOR)
    catalog = open_source(source, Shape(prefix=name), None).catalog
    return replace(catalog, tag_texts=TagTexts(catalog.tag_texts))


def following(index: SearchIndex, sources: Mapping[str, Catalog], hidden: frozenset[str] = frozenset()) -> SearchIndex:
    """The index after the sources have become these, the tools of some verbs being hidden."""
    tools = [tool for each in sources.values() for tool in each.tools if not hidden & set(split_words(tool.address))]
    return index.following(tools, sources.values())


def found(index: SearchIndex) -> list[list[Found]]:
    return [index.find(query, source=source, limit=50) for query in QUERIES for source in ("", "bank")]


def reads_of(sources: Mapping[str, Catalog]) -> dict[str, bool]:
    """Which sources have been read since this was asked last."""
    texts = {name: each.tag_texts for name, each in sources.items()}
    reads = {name: isinstance(each, TagTexts) and each.reads > 0 for name, each in texts.items()}
    for each in texts.values():
        if isinstance(each, TagTexts):
            each.reads = 0
    return reads


OPERATIONS = st.lists(st.tuples(st.sampled_from(VERBS), st.sampled_from(NOUNS)), min_size=1, max_size=6, unique=True)
CHANGES = st.tuples(
    st.sampled_from(SOURCES),
    st.one_of(st.none(), OPERATIONS),
    st.frozensets(st.sampled_from(VERBS), max_size=2),
    st.booleans(),
)
"""A source, its operations from then on, none where it goes, the verbs that are hidden, whether somebody searches."""


@given(st.lists(CHANGES, min_size=1, max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_changes_leave_the_index_that_is_made_anew(
    changes: Sequence[tuple[str, Sequence[tuple[str, str]] | None, frozenset[str], bool]], with_meanings: bool
) -> None:
    """The same tools with the same scores in the same order, by words and by meaning, after each change."""
    sources: dict[str, Catalog] = {}
    index = SearchIndex((), meanings=Meanings() if with_meanings else None)
    for name, operations, hidden, is_searched in changes:
        sources.pop(name, None)
        if operations:
            sources[name] = source_of(name, operations)
        index = following(index, sources, hidden)
        if is_searched:
            anew = following(SearchIndex((), meanings=Meanings() if with_meanings else None), sources, hidden)
            index.learn()
            anew.learn()
            assert found(index) == found(anew)


def test_only_what_has_changed_is_read() -> None:
    """By whatever the index reads: words, and what a model has read."""
    bank, post = source_of("bank", [("list", "invoice")]), source_of("post", [("list", "label")])
    meanings = Meanings()
    sources = {"bank": bank, "post": post}
    index = following(SearchIndex((), meanings=meanings), sources)
    index.learn()
    assert reads_of(sources) == {"bank": True, "post": True}
    assert len(meanings.read) == 2
    sources["cloud"] = source_of("cloud", [("get", "server")])
    index = following(index, sources)
    index.learn()
    assert reads_of(sources) == {"bank": False, "post": False, "cloud": True}
    assert len(meanings.read) == 3
    del sources["post"]
    index = following(index, sources)
    index.learn()
    assert reads_of(sources) == {"bank": False, "cloud": False}


def test_what_was_made_stays_until_the_next_search_however_often_the_list_changes() -> None:
    """An index that nobody has searched passes on what it has been given."""
    sources = {"bank": source_of("bank", [("list", "invoice")])}
    index = following(SearchIndex(()), sources)
    index.find("invoices")
    reads_of(sources)
    for name in ("cloud", "post"):
        sources[name] = source_of(name, [("get", "server")])
        index = following(index, sources)
    index.find("invoices")
    assert reads_of(sources) == {"bank": False, "cloud": True, "post": True}


def test_tools_that_were_hidden_are_found_no_more_and_the_others_still() -> None:
    """The catalog is the same one, but not what is offered of it."""
    sources = {"bank": source_of("bank", [("list", "invoice"), ("delete", "invoice")])}
    index = following(SearchIndex(()), sources)
    assert len(index.find("invoices")) == 2
    index = following(index, sources, frozenset({"delete"}))
    assert [each.tool.route.method for each in index.find("invoices") if each.tool.route] == ["GET"]


def test_nothing_is_kept_of_a_source_that_was_removed() -> None:
    """Whether somebody searches afterwards or not."""
    sources = {name: source_of(name, [("list", "invoice")]) for name in ("bank", "post")}
    index = following(SearchIndex(()), sources)
    index.find("invoices")
    gone = weakref.ref(sources.pop("post").tag_texts)
    index = following(index, sources)
    assert gone() is None
