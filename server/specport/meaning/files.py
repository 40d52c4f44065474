"""The files of a model, found before anything slow is imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path

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


def _first(folder: Path, *names: str) -> Path:
    found = next((path for path in (folder / name for name in names) if path.is_file()), None)
    if found is None:
        raise SourceError(
            f"--embeddings: {folder} has no {' or '.join(names)}",
            hint="It is to be the folder of a model such as all-MiniLM-L6-v2; docs/search.md says how to get one",
        )
    return found
