"""TOML that a person wrote, checked by pydantic with every unknown key refused."""

from __future__ import annotations

import tomllib
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from specport.errors import SourceError


class Strict(BaseModel):
    """A table of which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Strict)


def checked(kind: type[T], data: bytes, where: str) -> T:
    """What a file says; SourceError names the file and the first key that is wrong."""
    try:
        return kind.model_validate(tomllib.loads(data.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{where} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise SourceError(f"{where}: {first_fault(error)}") from None


def first_fault(error: ValidationError) -> str:
    """The first key that is wrong, and how; never what was written there, which may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    return f"{key}: {first['msg'].removeprefix('Value error, ')}"
