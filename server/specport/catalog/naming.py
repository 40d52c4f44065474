"""Addresses and wire names: stable, unique, and the same on every run.

The address rule is the design's: group = camelCase of the first tag, leaf = camelCase of the operationId.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence

from specport.documents.pointers import child
from specport.operations.model import Operation, OperationKey

MAX_WIRE_NAME = 49
"""Longest wire name that every client takes whole from a server called `specport`, as `lint_rules` has it.

Claude Code stops at 64 characters with `mcp__specport__` in front, VS Code at 64 with `mcp_specport_`, Cursor at 59
with the server's name; OpenAI and Gemini at 64 for the name alone.
"""

MAX_KEPT_END = 16
"""Characters of an over-long name's last words that stay: `...Dangerous` and `...Selective` tell two tools apart."""

SOURCE_TOOLS = (
    "openapi.previewSpec", "openapi.addSource", "openapi.listSources", "openapi.refreshSource", "openapi.removeSource",
)  # fmt: skip
FINDING_TOOLS = "tools.search", "tools.describe"
CALLING_TOOLS = "tools.callRead", "tools.callWrite", "tools.callDestructive"
RUNNING_TOOL = "code.run"
READ_RESULT = "results.read"
BUILT_IN = (*SOURCE_TOOLS, *FINDING_TOOLS, *CALLING_TOOLS, READ_RESULT, RUNNING_TOOL)
"""Addresses of the server's own tools; an operation of that name takes a suffix, whether or not they are offered."""

_OWN_GROUP = "openapi"
_OWN = frozenset(address.casefold() for address in BUILT_IN)
_SUFFIX_DIGITS = 8
_SUFFIX = re.compile(rf"_[0-9a-f]{{{_SUFFIX_DIGITS}}}\Z")
_WORD_START = re.compile(r"(?<=[a-z0-9])[A-Z]|_")
_VERSION = re.compile(r"v[0-9]+([._-]?[0-9a-z]+)*\Z", re.IGNORECASE)
_RUN = re.compile(r"[^\W_]+")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACRONYM = re.compile(r"(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> list[str]:
    """Split at non-alphanumerics, at `[a-z0-9]|[A-Z]`, and at `[A-Z]+|[A-Z][a-z]`: `VPCs` -> `VP`, `Cs`."""
    words: list[str] = []
    for run in _RUN.findall(text):
        words += _ACRONYM.sub(" ", _CAPITAL.sub(" ", run)).split()
    return words


def camel(text: str) -> str:
    """First word lower-cased, the others capitalised then lower-cased: `Floating IPs` -> `floatingIPs`."""
    words = split_words(text)
    return "".join(word.lower() if index == 0 else _capital(word) for index, word in enumerate(words))


def _capital(word: str) -> str:
    return word[0].upper() + word[1:].lower()


def names_of(operations: Sequence[Operation], prefix: str, warn: Callable[[str, str], None]) -> list[tuple[str, str]]:
    """Address and wire name of each operation: those that its document wishes where they are free, else by the rule.

    What the rule gives stays taken where a wish is met, so that a wish renames no other operation. `warn` hears of
    those that are not met: pointer and sentence.
    """
    by_rule = addresses(operations, prefix)
    wires = wire_names((address, operation.key) for address, operation in zip(by_rule, operations, strict=True))
    named = list(zip(by_rule, wires, strict=True))
    wishing = [index for index, operation in enumerate(operations) if operation.hints.address]
    if not wishing:
        return named
    plain = [_address(operation) for operation in operations]
    holders = {address.casefold(): index for index, address in reversed(list(enumerate(plain)))}
    wire_holders = {wire.casefold(): index for index, wire in enumerate(wires)}
    for index in wishing:
        wish = _wished(operations[index], plain[index])
        holder = holders.setdefault(wish.casefold(), index)
        if holder != index or wish.casefold() in _OWN or wish.partition(".")[0].casefold() == _OWN_GROUP:
            key = operations[holder].key
            whose = f"of {key.method} {key.path}" if holder != index else "the server's own tools have"
            warn(
                child(operations[index].pointer, "x-specport", "address"),
                f"the address {wish} is one {whose}; {named[index][0]} is used",
            )
            continue
        address = f"{prefix}.{wish}" if prefix else wish
        name = _portable(address)
        is_free = _fits(name) and wire_holders.setdefault(name.casefold(), index) == index
        named[index] = address, name if is_free else _suffixed(name, address, operations[index].key)
    return named


def _wished(operation: Operation, by_rule: str) -> str:
    """The address that a hint wishes; a leaf alone stays in the group that the rule gives."""
    wish = operation.hints.address
    return wish if "." in wish else f"{by_rule.partition('.')[0]}.{wish}"


def addresses(operations: Sequence[Operation], prefix: str) -> list[str]:
    """The address of each operation. `prefix` is empty for the default source, else the source's name.

    Where several would share one, the first in the document keeps it and the others take a suffix hashed from
    their method and path: an operation that is added behind renames no other.
    """
    plain = [_address(operation) for operation in operations]
    firsts = _first_of_each(plain, taken=() if prefix else BUILT_IN)
    named: list[str] = []
    for index, (operation, address) in enumerate(zip(operations, plain, strict=True)):
        unique = address if index in firsts else f"{address}_{_hash(operation.key)}"
        named.append(f"{prefix}.{unique}" if prefix else unique)
    return named


def _first_of_each(names: Sequence[str], *, taken: Sequence[str]) -> frozenset[int]:
    """The indexes at which a name stands for the first time, case aside; a taken one is never the first."""
    firsts: dict[str, int] = {}
    for index, name in enumerate(names):
        firsts.setdefault(name.casefold(), index)
    return frozenset(firsts.values()) - {firsts.get(name.casefold()) for name in taken}


def _address(operation: Operation) -> str:
    group = camel(operation.tags[0]) if operation.tags else ""
    leaf = camel(operation.operation_id)
    return f"{group or _path_group(operation.key.path)}.{leaf or _method_leaf(operation.key)}"


def _path_group(path: str) -> str:
    """The first segment that is not a version, `api` or a parameter."""
    for segment in path.partition("#")[0].split("/"):
        if segment and "{" not in segment and segment.lower() != "api" and not _VERSION.match(segment):
            name = camel(segment)
            if name:
                return name
    return "root"


def _method_leaf(key: OperationKey) -> str:
    return camel(f"{key.method.lower()} {key.path}")


def wire_names(named: Iterable[tuple[str, OperationKey]]) -> list[str]:
    """Portable names of addresses, `^[A-Za-z_][A-Za-z0-9_-]*$` and at most MAX_WIRE_NAME long.

    One that is too long, or another's, or looks as if it had a suffix, takes one: what ends in a suffix has it by its
    method and path. Addresses are compared without theirs: else one that gets a suffix would free a name for another.
    """
    given = list(named)
    plain = [_portable(address.removesuffix(f"_{_hash(key)}")) for address, key in given]
    firsts = _first_of_each(plain, taken=[_portable(address) for address in BUILT_IN])
    names: list[str] = []
    for index, (name, (address, key)) in enumerate(zip(plain, given, strict=True)):
        names.append(name if index in firsts and _fits(name) else _suffixed(name, address, key))
    return names


def _fits(name: str) -> bool:
    """Whether a wire name is short enough, and none that a suffix makes."""
    return len(name) <= MAX_WIRE_NAME and not _SUFFIX.search(name)


def _suffixed(name: str, address: str, key: OperationKey) -> str:
    return f"{_cut(name)}_{_hash(key, _account(address))}"


def _account(address: str) -> str:
    """The source in front of an address where it is one account of several, whose operations are the same."""
    source = address.partition(".")[0]
    return source if "@" in source else ""


def _cut(name: str) -> str:
    """The beginning and the last words of a name, so that a suffix can follow."""
    room = MAX_WIRE_NAME - _SUFFIX_DIGITS - 1
    if len(name) <= room:
        return name
    found = _WORD_START.search(name, len(name) - MAX_KEPT_END)
    end = name[found.start() :] if found else ""
    return name[: room - len(end)] + end


def _portable(address: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", address)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _hash(key: OperationKey, account: str = "") -> str:
    facts = " ".join(filter(None, (account, key.method, key.path)))
    return hashlib.sha256(facts.encode()).hexdigest()[:_SUFFIX_DIGITS]


def listing_order(address: str) -> tuple[str, str]:
    """Sort key of a listing: the casefolded address."""
    return (address.casefold(), address)
