"""The files of a model, found before anything slow is imported."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from specport.errors import SourceError

INSTALL = "pip install 'specport[embeddings]'"
"""What brings the library that runs a model."""

_MODELS = ("model.onnx", "onnx/model.onnx")
_TOKENIZER = "tokenizer.json"


def check(folder: Path) -> None:
    """Raises SourceError where the library is missing, or a file of the model."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise SourceError("--embeddings needs the package onnxruntime", hint=INSTALL)
    model_of(folder)
    tokenizer_of(folder)


def model_of(folder: Path) -> Path:
    """The model of a folder. Raises SourceError where it has none."""
    return _first(folder, *_MODELS)


def tokenizer_of(folder: Path) -> Path:
    """What cuts texts into the pieces that the model knows. Raises SourceError where there is none."""
    return _first(folder, _TOKENIZER)


def read_json(path: Path) -> object:
    """What a file says. Raises SourceError where it cannot be read, or is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise SourceError(f"{path} is no JSON") from error


def mapping(value: object) -> Mapping[str, object]:
    """An object as it is, anything else as none."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """An array as it is, anything else as none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def _first(folder: Path, *names: str) -> Path:
    found = next((path for path in (folder / name for name in names) if path.is_file()), None)
    if found is None:
        raise SourceError(
            f"--embeddings: {folder} has no {' or '.join(names)}",
            hint="It is to be the folder of a model such as all-MiniLM-L6-v2; docs/search.md says how to get one",
        )
    return found
