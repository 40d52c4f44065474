"""Addresses and wire names: stable, unique, and the same on every run.

The address rule is the design's: group = camelCase of the first tag, leaf = camelCase of the operationId.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from specport.operations.model import Operation, OperationKey

MAX_WIRE_NAME = 64
"""Longest wire name that every client accepts (Gemini and OpenAI stop at 64)."""

_SUFFIX_DIGITS = 8
_VERSION = re.compile(r"v[0-9]+([._-]?[0-9a-z]+)*\Z", re.IGNORECASE)


def split_words(text: str) -> list[str]:
    """Split at non-alphanumerics, at `[a-z0-9]|[A-Z]`, and at `[A-Z]+|[A-Z][a-z]`: `VPCs` -> `VP`, `Cs`."""
    words: list[str] = []
    for run in re.findall(r"[^\W_]+", text):
        spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", run)
        words += re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced).split()
    return words


def camel(text: str) -> str:
    """First word lower-cased, the others capitalised then lower-cased: `Floating IPs` -> `floatingIPs`."""
    words = split_words(text)
    return "".join(word.lower() if index == 0 else _capital(word) for index, word in enumerate(words))


def _capital(word: str) -> str:
    return word[0].upper() + word[1:].lower()


def addresses(operations: Sequence[Operation], prefix: str) -> list[str]:
    """The address of each operation. `prefix` is empty for the default source, else the source's name.

    Where several would share one, all of them take a suffix hashed from method and path, so that a newcomer
    changes no other name than the one it collides with.
    """
    plain = [_address(operation) for operation in operations]
    counts = Counter(address.casefold() for address in plain)
    named: list[str] = []
    for operation, address in zip(operations, plain, strict=True):
        unique = address if counts[address.casefold()] == 1 else f"{address}_{_hash(operation.key)}"
        named.append(f"{prefix}.{unique}" if prefix else unique)
    return named


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
    """Portable names, `^[A-Za-z_][A-Za-z0-9_-]{0,63}$`, of addresses; too long or colliding ones take a hash."""
    pairs = [(address, _portable(address), key) for address, key in named]
    counts = Counter(name.casefold() for _, name, _ in pairs)
    names: list[str] = []
    for _, name, key in pairs:
        if len(name) > MAX_WIRE_NAME or counts[name.casefold()] > 1:
            name = f"{name[: MAX_WIRE_NAME - _SUFFIX_DIGITS - 1]}_{_hash(key)}"
        names.append(name)
    return names


def _portable(address: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", address)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _hash(key: OperationKey) -> str:
    return hashlib.sha256(f"{key.method} {key.path}".encode()).hexdigest()[:_SUFFIX_DIGITS]


def listing_order(address: str) -> tuple[str, str]:
    """Sort key of a listing: the casefolded address."""
    return (address.casefold(), address)
