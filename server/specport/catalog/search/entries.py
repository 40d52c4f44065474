"""Tool -> what the index keeps of it: how much each stem says of it, and what it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from specport.catalog.model import Catalog, Route, Tool
from specport.catalog.search.glossary import glossary
from specport.catalog.search.members import Bodies
from specport.catalog.search.verbs import DOES, STOP_WORDS, Does
from specport.catalog.search.words import initials_of, stem, words_of

MAX_WORDS = 120
"""Words of one field that count."""


MAX_VERBS = 10
"""Words of a name of which each may be a verb."""

MAX_VERBS_IN = 200
"""Characters of a text that are looked at for the verb that it begins with."""


MAX_LOOKED_AT = 300
"""Characters of a description in which it may be called deprecated."""

_DEPRECATED = re.compile(r"\bdeprecat\w+\b", re.IGNORECASE)
_OLD = re.compile(r"\b(deprecat\w+|legacy)\b", re.IGNORECASE)
"""What a summary says; of a description `legacy` may tell anything, such as for which plans there is a feature."""


@dataclass(frozen=True, slots=True)
class Field:
    """A part of what is known of a tool: how much a word there says, and how many words there usually are.

    `evenness`: how much less a word says where there are more of them (BM25's b).
    """

    weight: float
    usual: int
    evenness: float

    def of_each(self, words: int) -> float:
        """How much each of so many words says."""
        return self.weight / (1 - self.evenness + self.evenness * words / self.usual)


NAME = Field(0.8, 5, 0.6)
LAST = Field(4.0, 1, 0.7)
"""The last part of the path that is no parameter: mostly what the tool is about."""

PATH = Field(2.0, 4, 0.7)
SUMMARY = Field(2.6, 7, 0.5)
DESCRIPTION = Field(0.8, 20, 0.6)
PARAMETERS = Field(0.5, 5, 0.25)
MEMBERS = Field(0.5, 30, 0.25)
"""Names and choices inside the body."""

ANSWER = Field(0.2, 20, 0.6)
TAG = Field(0.2, 15, 0.4)
"""What the document says of the tool's tags."""

SOURCE = Field(0.5, 2, 0.5)
"""The name of the source and the title of its document."""

SAID = Field(0.8, 40, 0.4)
"""What people say of the terms in its name (the glossary)."""

BEFORE_LAST = 0.5
"""What is left of what is said of a term that the last part of the path has not: the tool is about something else."""

WEIGHT_OF_INITIALS = 3.0

_VERSION = re.compile(r"v[0-9]+([a-z]+[0-9]*)?\Z")
_SAYING_NOTHING = frozenset({"api", "apis", "rest", "json", "xml"})
_LINK = re.compile(r"\]\([^)]*\)|https?://\S+")
_PARAMETER = re.compile(r"\{[^}]*\}")
_BETWEEN = re.compile(r"[/#?]|\.(?=(?:json|xml)\Z)")
_LAST_PARAMETERS = re.compile(r"(/?\{[^}]*\})+/?\Z")

_BY_METHOD = {
    "POST": Does.CREATE | Does.UPDATE | Does.RUN,
    "PUT": Does.CREATE | Does.UPDATE | Does.RUN,
    "PATCH": Does.UPDATE,
    "DELETE": Does.DELETE,
}
_TELLING = ("GET {}", "POST", "PUT", "PATCH", "GET")
"""Whose answer says best what a path is about: first that of a GET of one thing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of a tool. `about`: the stems of its name and path."""

    stems: Mapping[str, float]
    does: Does
    about: frozenset[str]
    is_deprecated: bool


@dataclass(frozen=True, slots=True)
class _Source:
    """What the tools of one source have in common. `answers`: what the best answer of each family of paths says."""

    catalog: Catalog | None
    answers: Mapping[str, str]
    bodies: Bodies

    def fields(self, tool: Tool, segments: Sequence[str]) -> Iterator[tuple[Field, str]]:
        """The texts that are read of a tool, each with what it counts."""
        yield NAME, " ".join([*tool.address.split(".")[-2:], *tool.tags[1:]])
        yield SUMMARY, tool.summary
        yield DESCRIPTION, _LINK.sub(" ", tool.description)
        route = tool.route
        if route is None:
            return
        yield PATH, " ".join(segments)
        yield LAST, segments[-1] if segments else ""
        yield PARAMETERS, " ".join(binding.wire_name for binding in route.bindings)
        yield MEMBERS, " ".join(self.bodies.names(tool))
        yield ANSWER, self.answers.get(_family(route), tool.answer)
        if self.catalog:
            yield TAG, " ".join(self.catalog.tag_texts.get(tag, "") for tag in tool.tags)
            yield SOURCE, f"{self.catalog.source} {self.catalog.title}"


class Reading:
    """Reads the tools of sources; what several of them say is read once."""

    def __init__(self) -> None:
        self._stems: dict[str, str] = {}
        self._glossary = glossary()

    def entries(self, tools: Sequence[Tool], catalog: Catalog | None) -> Iterator[Entry]:
        """What the index keeps of each tool of one source. `catalog`: what the tools are of, where that is known."""
        source = _Source(catalog, _answers(tools), Bodies())
        return (self._entry(tool, source) for tool in tools)

    def _entry(self, tool: Tool, source: _Source) -> Entry:
        """The stems of all that is known of a tool, weighed before they are added (BM25F), and what it does."""
        *groups, leaf = tool.address.split(".")
        segments = segments_of(tool.route) if tool.route else []
        about = [*words_of(f"{' '.join(groups[-1:])} {leaf}"), *(word for each in segments for word in words_of(each))]
        stems: dict[str, float] = {}
        for field, text in source.fields(tool, segments):
            self._add(stems, field, words_of(text))
        does, named = _does(tool, leaf), frozenset(map(self._stem, about))
        self._add_said(stems, named, does, frozenset(map(self._stem, last_words(leaf, segments))))
        for name in (leaf, *segments):
            stems.update(dict.fromkeys(initials_of(name), WEIGHT_OF_INITIALS))
        return Entry(stems, does, named, _is_deprecated(tool))

    def _add_said(self, stems: dict[str, float], named: frozenset[str], does: Does, last: frozenset[str]) -> None:
        """Add what people say of the terms in a name, each word once, however many terms it is said of."""
        before, of_last = set[str](), set[str]()
        for term in self._glossary.terms(named, does):
            (before if last.isdisjoint(term.stems) else of_last).update(term.said)
        of_last -= named
        for said, part in ((of_last, 1.0), (before - of_last - named, BEFORE_LAST)):
            each = part * SAID.of_each(len(of_last | before))
            for word in said:
                stems[word] = stems.get(word, 0.0) + each

    def _add(self, stems: dict[str, float], field: Field, words: Iterable[str]) -> None:
        said = [self._stem(word) for word in words if word not in STOP_WORDS][:MAX_WORDS]
        if said:
            each = field.of_each(len(said))
            for word in said:
                stems[word] = stems.get(word, 0.0) + each

    def _stem(self, word: str) -> str:
        known = self._stems.get(word)
        if known is None:
            known = self._stems[word] = stem(word)
        return known


def segments_of(route: Route) -> list[str]:
    """The parts of a path that are no parameter, version or `api`."""
    parts = (_PARAMETER.sub(" ", part).strip() for part in _BETWEEN.split(route.path))
    return [part for part in parts if part and not _VERSION.match(part) and part.lower() not in _SAYING_NOTHING]


def last_words(leaf: str, segments: Sequence[str]) -> list[str]:
    """The words that say mostly what a tool is about: of the last part of its path, of its name where it has none."""
    return words_of(segments[-1] if segments else leaf)


def _family(route: Route) -> str:
    """What the tools of a collection and of the things in it have in common: the path up to the thing."""
    return _LAST_PARAMETERS.sub("", route.path)


def _answers(tools: Iterable[Tool]) -> dict[str, str]:
    """The answer that says best what the tools of one family are about; that of a DELETE often says nothing."""
    best: dict[str, tuple[int, str]] = {}
    for tool in tools:
        if tool.route is None or not tool.answer:
            continue
        is_one = tool.route.method == "GET" and tool.route.path.endswith("}")
        told_by = "GET {}" if is_one else tool.route.method
        if told_by in _TELLING:
            found = _TELLING.index(told_by), tool.answer
            best[_family(tool.route)] = min(best.get(_family(tool.route), found), found)
    return {family: answer for family, (_, answer) in best.items()}


def _does(tool: Tool, leaf: str) -> Does:
    """What a tool does, by its method, its path, and the verbs that are in its name and begin its texts."""
    verbs = {*_verbs(leaf, MAX_VERBS), *_verbs(tool.summary, 1), *_verbs(tool.description, 1)}
    said = Does.NOTHING
    for verb in verbs:
        said |= verb
    if tool.route is None:
        return said or (Does.READ if tool.hints.read_only else Does.WRITE)
    if tool.hints.read_only:
        is_one = tool.route.path.endswith("}") and Does.LIST not in verbs
        return Does.GET if is_one else said & Does.READ or Does.READ
    by_method = _BY_METHOD.get(tool.route.method, Does.WRITE)
    if tool.route.method in ("POST", "PUT"):
        return said & Does.WRITE or by_method
    return said & Does.WRITE | by_method


def _verbs(text: str, number: int) -> Iterator[Does]:
    """What the verbs among the first words ask for."""
    for word in words_of(text[:MAX_VERBS_IN])[:number]:
        found = DOES.get(word) or DOES.get(word.removesuffix("s")) or DOES.get(stem(word))
        if found:
            yield found[0]


def _is_deprecated(tool: Tool) -> bool:
    """Whether the document calls it so, by the field or in words."""
    return (
        tool.deprecated or bool(_OLD.search(tool.summary)) or bool(_DEPRECATED.search(tool.description[:MAX_LOOKED_AT]))
    )
