"""Frozen values of the policy room: who calls, what rules say, what was decided, what a person is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call, as far as the surface knows: empty where it does not.

    `name` is the client's own name and version, or the user of the machine; `transport` is `stdio`, `http` or `cli`.
    `user` is who an authorization server says that it is: the subject of the token that came with the request.
    `headers` are those of the HTTP request that the call came in, by lower-case name, and `address` is where from.
    """

    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    transport: str = ""
    address: str = ""
    user: str = ""

    def digest(self, headers: Iterable[str] = ("authorization",)) -> bytes:
        """Stands for who calls, as far as it shows: the same name, way of calling, user and values of those headers.

        Not for the address, which changes between the requests of one client.
        """
        said = [self.name, self.transport, self.user, *(self.headers.get(name, "") for name in headers)]
        return hashlib.sha256(repr(said).encode()).digest()


class Action(StrEnum):
    """What becomes of a tool: called, called after a person said yes, or neither listed nor called."""

    ALLOW = "allow"
    APPROVE = "approve"
    DENY = "deny"


class Approve(StrEnum):
    """The tools that a person is asked about where no rule decides."""

    NOTHING = "nothing"
    DESTRUCTIVE = "destructive"
    WRITES = "writes"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it does with the tools that fit all it names. What is empty fits any tool.

    `tools` are globs over addresses (`*` any text, `?` one character), `methods` HTTP methods in capitals, `tags` those
    of the document; case does not count. The built-in tools have neither methods nor tags, and those that only find or
    call others (`tools.*`) are fit by no rule without globs. `place` says where the rule stands, for whoever meets it.
    """

    action: Action
    tools: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reason: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules in a source's own manifest. Their globs are over its addresses without `prefix`.

    `held` are the operations (`POST /pets`) that a newer document brought, or took out of a rule, and nobody accepted:
    no rule allows them.
    """

    source: str
    prefix: str
    rules: tuple[Rule, ...] = ()
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be seen and called, as the operator said at start.

    `read_only`: only tools that change nothing, whatever rules say. `rules` go before those of sources, the first that
    fits decides; where none does, `approve` says which tools a person is asked about.
    """

    read_only: bool = False
    rules: tuple[Rule, ...] = ()
    approve: Approve = Approve.NOTHING


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one tool.

    `rule` is what decided (`rule 2 of team.toml`, `--read-only`), empty where nothing did. `reason` is one sentence
    for who is refused or asked, `hint` what the operator may do about it.
    """

    action: Action = Action.ALLOW
    rule: str = ""
    reason: str = ""
    hint: str = ""


UNDECIDED = Decision()
"""Where no rule decides, and where there is no tool to decide about."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision for each tool by address, and a sentence for each rule that decides nothing."""

    decisions: Mapping[str, Decision] = field(default_factory=dict[str, Decision])
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: whether exactly this call may be made.

    `method` and `url` are those of the request, without credentials, and empty for a built-in tool. `seal` stands for
    everything that the call would do: no other call has the same. `within` is the tool in whose middle the call is
    made, which may lead to more questions.
    """

    address: str
    arguments: Mapping[str, object]
    decision: Decision
    seal: str
    method: str = ""
    url: str = ""
    within: str = ""


Ask = Callable[[Question], Awaitable[str]]
"""Asks a person, and returns who said yes.

Raises Declined where they said no, Asked where the answer comes with another call, and Denied where nobody can be
asked or what came is no answer to this question.
"""
