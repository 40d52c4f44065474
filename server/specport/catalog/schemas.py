"""The input schemas of a catalog's tools, made when they are asked for: most of a large API is never called.

What is kept is text: the root of each tool and, once for all tools, the schemas that the roots lead to. Whether a
schema can be made of them is known before (`build`), so that making one raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import orjson

from specport.documents.own_json import read_json
from specport.schemas.complete import complete
from specport.schemas.compose import compose
from specport.schemas.lean import lean
from specport.schemas.model import Fragment, JsonSchema, Place
from specport.schemas.share import share
from specport.schemas.stored import load_fragment

MAX_MADE = 256
"""Most input schemas kept once they were made; one of a large API may take megabytes."""


class Library:
    """The schemas that the tools of one catalog lead to, as text by place."""

    def __init__(self, texts: Mapping[Place, str], budget: int) -> None:
        self.texts = texts
        self.budget = budget
        self._targets: dict[Place, Fragment] = {}
        self._made: dict[str, JsonSchema] = {}

    def target(self, place: Place) -> Fragment:
        """The fragment at a place."""
        if place not in self._targets:
            self._targets[place] = load_fragment(self.texts[place])
        return self._targets[place]

    def schema(self, root: str) -> JsonSchema:
        """The schema of a root, kept: in a dictionary, as a cached method would keep the library alive in a circle."""
        made = self._made.get(root)
        if made is None:
            if len(self._made) >= MAX_MADE:
                self._made.pop(next(iter(self._made)), None)
            made = self._made[root] = share(compose(load_fragment(root), self))
        return made


class MadeSchemas:
    """The schemas of one tool, made of the text of its root; `context` is shown beside them (see `lean`)."""

    __slots__ = ("_context", "_listed", "library", "root")

    def __init__(self, root: str, library: Library, context: str, listed: str | None = None) -> None:
        self.root = root
        self.library = library
        self._context = context
        self._listed = listed

    @property
    def checked(self) -> JsonSchema:
        """What arguments are checked against."""
        return self.library.schema(self.root)

    @property
    def complete(self) -> JsonSchema:
        """What accepts exactly the same values, with shorter texts."""
        return complete(self.checked, self._context)

    @property
    def listed(self) -> JsonSchema:
        """The same in at most so many bytes, if it can be said in them."""
        return cast("JsonSchema", read_json(self.listed_text))

    @property
    def listed_text(self) -> str:
        """`listed` as JSON, made at most once."""
        if self._listed is None:
            self._listed = orjson.dumps(lean(self.checked, self.library.budget, self._context)).decode()
        return self._listed

    def known_listed_text(self) -> str | None:
        """`listed` as JSON if it was made before."""
        return self._listed

    def __eq__(self, other: object) -> bool:
        """Whether the other schemas are the same."""
        return (
            isinstance(other, MadeSchemas) and self.checked == other.checked and self.listed_text == other.listed_text
        )

    def __hash__(self) -> int:
        """By the root's text."""
        return hash(self.root)

    def __repr__(self) -> str:
        """Both schemas."""
        return f"MadeSchemas(checked={self.checked!r}, listed={self.listed!r})"
