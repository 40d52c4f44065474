"""How the texts of a model are read, as its folder says: the files that sentence-transformers writes beside a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specport.errors import SourceError
from specport.meaning.files import items, mapping, read_json

MEAN, FIRST = "mean", "cls"
"""What a text's vector is: the mean of its pieces', or that of the piece which begins it."""

_POOLING = Path("1_Pooling", "config.json")
_MODULES = Path("modules.json")
_PROMPTS = Path("config_sentence_transformers.json")
_STEPS = frozenset({"Transformer", "Pooling", "Normalize"})
_OF_TEXTS = ("document", "passage", "corpus")
_NAMED = "pooling_mode"
_MODES = {"pooling_mode_cls_token": FIRST, "pooling_mode_mean_tokens": MEAN}
"""How a pooling was said before it had a name: `sentence_transformers.models.Pooling`, up to version 5."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a text's vector is made of, and what stands before what is asked and before what is read."""

    pooling: str = MEAN
    before_query: str = ""
    before_text: str = ""


def manner_of(folder: Path) -> Manner:
    """How a model's texts are read: by their mean and as they are, where its folder says nothing else.

    Raises SourceError where it says what is not done here.
    """
    steps = [str(mapping(each).get("type", "")) for each in items(_read(folder / _MODULES))]
    unknown = next((step for step in steps if step.rpartition(".")[2] not in _STEPS), None)
    if unknown is not None:
        raise _refused(folder / _MODULES, f"has the step {unknown}")
    prompts = mapping(mapping(_read(folder / _PROMPTS)).get("prompts"))
    of_texts = next((prompts[name] for name in _OF_TEXTS if name in prompts), None)
    manner = Manner(_pooling(folder), _text(prompts.get("query")), _text(of_texts))
    if manner.before_query and mapping(_read(folder / _POOLING)).get("include_prompt") is False:
        raise _refused(folder / _POOLING, "leaves prompts out of the mean")
    return manner


def _pooling(folder: Path) -> str:
    said = mapping(_read(folder / _POOLING))
    modes = {key for key, value in said.items() if key.startswith(f"{_NAMED}_") and value is True}
    mode = said.get(_NAMED, next((_MODES.get(key, key) for key in modes), MEAN))
    if len(modes) > 1 or mode not in (MEAN, FIRST):
        raise _refused(folder / _POOLING, f"has {', '.join(sorted(modes)) or f'{_NAMED} {mode}'}")
    return str(mode)


def _refused(path: Path, said: str) -> SourceError:
    return SourceError(
        f"{path} {said}, which specport does not do",
        hint="A model fits whose texts are the mean of their pieces or their first piece, such as all-MiniLM-L6-v2",
    )


def _read(path: Path) -> object:
    """What a file says, None where there is no such file."""
    return read_json(path) if path.is_file() else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
