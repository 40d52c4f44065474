"""Frozen values of the sources room: one API as the server knows it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from specport.catalog.model import Filters
from specport.documents.bounds import OPERATOR, TOOL, Bounds
from specport.documents.model import File
from specport.executor.model import Channel, OAuthClient
from specport.policy.model import Rule
from specport.results.model import Conventions

ACCOUNT = r"^[a-z0-9][a-z0-9_-]{0,31}$"
"""How an account of a source may be called: `work` in `digitalocean@work`."""

MAX_NAME = 32
"""Most characters of a source's name, an account aside."""

NAME = re.compile(rf"[a-z][a-z0-9_-]{{0,31}}(@{ACCOUNT.strip('^$')})?\Z")
"""What a source may be called, with or without an account."""


FINGERPRINT_DIGITS = 16
"""Hexadecimal digits that tell a version of a document from others."""


def is_on_web(uri: str) -> bool:
    """Whether a document comes from a URL; otherwise it is a file, or was given as text."""
    return uri.lower().startswith(("http://", "https://"))


class Origin(StrEnum):
    """Who brought a source in, which decides what it may do."""

    BUNDLED = "bundled"
    OPERATOR = "operator"
    TOOL = "tool"

    @property
    def bounds(self) -> Bounds:
        """How large a document may be that is brought so."""
        return TOOL if self is Origin.TOOL else OPERATOR


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server at `url` called its version of a document (RFC 9110 section 8.8), "" where it did not.

    `url` is where the document was found, redirects followed.
    """

    url: str = ""
    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True)
class Held:
    """What a newer document brought that nobody accepted: operations (`POST /pets`) and security schemes by name."""

    operations: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.operations or self.schemes)


@dataclass(frozen=True, slots=True)
class Source:
    """One API: its document's bytes and where they came from, where calls go, and how they are sent.

    `base_url` empty: the document's own first server; `title` empty: the document's own. `references` maps security
    scheme names to credential references, `clients` to OAuth clients; which scheme facts they get is decided when the
    document is read.
    `files` are the others that the document refers to, as they were when it was read; `unread` says of those that
    could not be had, by URI, why not; `overlays` are applied to the document in their order.
    `rules` say which of its tools may be called. `origins`: where credentials may go, whatever a later version of the
    document says; empty: as the document has it. `preset` names the bundled manifest that says the rest; what the
    source itself says wins over it. `validators` are those of its document's own file. `held` waits to be accepted and
    cannot be used until then. A source that is not `enabled` is kept, and none of its tools exist.
    """

    name: str
    uri: str
    data: bytes = field(repr=False)
    origin: Origin
    base_url: str = ""
    references: Mapping[str, str] = field(default_factory=dict[str, str])
    clients: Mapping[str, OAuthClient] = field(default_factory=dict[str, OAuthClient])
    channel: Channel = field(default_factory=Channel)
    conventions: Conventions = field(default_factory=Conventions)
    filters: Filters = field(default_factory=Filters)
    title: str = ""
    files: tuple[File, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    overlays: tuple[File, ...] = ()
    rules: tuple[Rule, ...] = ()
    origins: tuple[str, ...] = ()
    preset: str = ""
    validators: Validators = NO_VALIDATORS
    held: Held = field(default_factory=Held)
    enabled: bool = True

    @property
    def bounds(self) -> Bounds:
        """How large its document may be."""
        return self.origin.bounds

    @property
    def fingerprint(self) -> str:
        """What this version of its document, with files and overlays, is known by; no other can be made alike."""
        digest = hashlib.sha256(self.data)
        for file in (*self.files, *self.overlays):
            digest.update(hashlib.sha256(file.uri.encode()).digest() + hashlib.sha256(file.data).digest())
        return digest.hexdigest()[:FINGERPRINT_DIGITS]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source in a list: how many tools it has, what was left out, and how many wait to be accepted (`held`)."""

    name: str
    title: str
    uri: str
    base_url: str
    origin: str
    tools: int
    problems: int
    preset: str = ""
    held: int = 0
    enabled: bool = True
