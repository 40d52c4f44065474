"""JSON files that belong to other programs: read strictly, added to, and written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from specport.errors import SpecportError

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a file that is added to; Claude Desktop's has a few hundred."""

Json = dict[str, object]


def read_object(path: Path) -> Json:
    """The object in a JSON file; an empty one when there is no file or nothing in it.

    Raises SpecportError for anything else: comments and trailing commas too, which writing would lose.
    """
    text = _read(path)
    if not text.strip():
        return {}
    try:
        held: object = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "nested too deep"
        raise _refused(path, f"is not plain JSON ({where})") from error
    if not isinstance(held, dict):
        raise _refused(path, "does not hold a JSON object")
    return cast("Json", held)


def merged(path: Path, held: Json, added: Mapping[str, object]) -> Json:
    """`held` with what is added: members of objects one by one, items of lists by their `id`.

    Raises SpecportError, naming the file, where the two are of different kinds.
    """
    result = dict(held)
    for key, value in added.items():
        known = result.get(key)
        if known is None:
            result[key] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            result[key] = cast("Json", known) | cast("Json", value)
        elif isinstance(known, list) and isinstance(value, list):
            result[key] = _joined(cast("list[object]", known), cast("list[Json]", value))
        else:
            raise _refused(path, f"holds something unexpected under {key!r}")
    return result


def write_object(path: Path, value: Json, *, private: bool) -> None:
    """Put an object in place of a file, indented as the file was. Raises SpecportError when it cannot be written."""
    text = json.dumps(value, indent=_indent(_read(path)), ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.resolve()  # a link stays a link
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600 if private else 0o644
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _refused(path, f"cannot be written ({error.strerror or error})") from error


def _joined(known: list[object], added: list[Json]) -> list[object]:
    ids = {cast("Json", item).get("id") for item in known if isinstance(item, dict)}
    return known + [item for item in added if item.get("id") not in ids]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror or error})") from error
    if len(data) > MAX_FILE:
        raise _refused(path, f"is larger than {MAX_FILE:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, "is not UTF-8 text") from error


def _indent(text: str) -> str | int:
    """What the first indented line of a file starts with; two spaces where there is none."""
    found = re.search(r'^([ \t]+)"', text, re.MULTILINE)
    return found[1] if found else 2


def _refused(path: Path, reason: str) -> SpecportError:
    return SpecportError(f"{path} {reason}", hint="It is unchanged; --print shows what to put there yourself")
