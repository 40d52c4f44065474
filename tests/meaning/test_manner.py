"""A model's texts are read as the files beside it say, which sentence-transformers writes; what is not done is said."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
from small_model import PIECES, write_manner, write_model

from specport.meaning.meanings import ModelMeanings
from specport.meaning.pieces import Pieces

TEXTS = ("stamp invoice invoice", "list")
STEP = "sentence_transformers.models."
PLAIN = [{"type": f"{STEP}{name}"} for name in ("Transformer", "Pooling", "Normalize")]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of a small model, in which the piece that begins a text points nowhere."""
    return write_model(tmp_path / "model")


def alike(folder: Path, query: str, texts: Sequence[str] = TEXTS) -> list[float]:
    found = ModelMeanings(folder, None).of(texts)
    assert found is not None
    return [round(each, 2) for each in found.to(query)]


@pytest.mark.parametrize(
    "pooling",
    [None, {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, {"pooling_mode": "mean"}, {}],
)
def test_a_text_is_the_mean_of_its_pieces(model: Path, pooling: object) -> None:
    """Where the folder says so, in the words of any version, or says nothing."""
    write_manner(model, pooling=pooling, modules=PLAIN)
    assert alike(model, "invoice") == [0.89, 0.0]


@pytest.mark.parametrize(
    "pooling", [{"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, {"pooling_mode": "cls"}]
)
def test_a_text_is_the_piece_that_begins_it(model: Path, pooling: object) -> None:
    """For a model of that kind, whatever stands in the text: here that piece points nowhere."""
    write_manner(model, pooling=pooling)
    assert alike(model, "invoice") == [0.0, 0.0]


def test_what_stands_before_a_query_stands_before_none_of_the_texts(model: Path) -> None:
    """A query is another text with it, and the texts are as they were."""
    write_manner(model, prompts={"prompts": {"query": "stamp stamp "}})
    assert alike(model, "invoice") == [0.8, 0.0]


@pytest.mark.parametrize("name", ["document", "passage", "corpus"])
def test_what_stands_before_the_texts_stands_before_no_query(model: Path, name: str) -> None:
    """By each of the names that it may have."""
    write_manner(model, prompts={"prompts": {"query": "", name: "list: "}})
    assert alike(model, "list") == [0.41, 1.0]


def test_texts_are_read_anew_once_the_manner_is_another(model: Path, tmp_path: Path) -> None:
    """What was kept is of the same files, but no longer what the model would say."""
    state = tmp_path / "state"
    assert ModelMeanings(model, state).of(TEXTS)
    write_manner(model, prompts={"prompts": {"passage": "list: "}})
    found = ModelMeanings(model, state).of(TEXTS)
    assert found is not None
    assert [round(each, 2) for each in found.to("list")] == [0.41, 1.0]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pooling": {"pooling_mode_max_tokens": True}}, "has pooling_mode_max_tokens"),
        ({"pooling": {"pooling_mode": "lasttoken"}}, "has pooling_mode lasttoken"),
        ({"pooling": {"pooling_mode": ["cls", "mean"]}}, "has pooling_mode ['cls', 'mean']"),
        (
            {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}},
            "has pooling_mode_cls_token, pooling_mode_mean_tokens",
        ),
        ({"modules": [*PLAIN, {"type": f"{STEP}Dense"}]}, f"has the step {STEP}Dense"),
        (
            {"pooling": {"include_prompt": False}, "prompts": {"prompts": {"query": "find: "}}},
            "leaves prompts out of the mean",
        ),
    ],
)
def test_what_is_not_done_here_is_refused_and_words_decide(
    model: Path, caplog: pytest.LogCaptureFixture, files: dict[str, object], said: str
) -> None:
    """Rather than find by vectors that mean nothing; the file is named."""
    write_manner(model, **files)
    with caplog.at_level(logging.WARNING):
        assert ModelMeanings(model, None).of(TEXTS) is None
    assert said in caplog.text
    assert "which specport does not do" in caplog.text
    assert "tools are found by words alone" in caplog.text


def test_a_file_that_is_no_json_is_told_of(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As a broken model is."""
    (model / "modules.json").write_text("[", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert ModelMeanings(model, None).of(TEXTS) is None
    assert "modules.json is no JSON" in caplog.text


@pytest.mark.parametrize(
    "after",
    [
        {"type": "RobertaProcessing", "cls": ["pay", 6], "sep": ["list", 11]},
        {"type": "BertProcessing", "cls": ["pay", 6], "sep": ["list", 11]},
        {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "pay"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "list"}}],
        },
    ],
)
def test_a_tokenizer_says_what_begins_and_ends_a_text_and_what_is_unknown(model: Path, after: object) -> None:
    """Those of MPNet are others than BERT's."""
    path = model / "tokenizer.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["model"] |= {"type": "WordPiece", "unk_token": "water"}
    path.write_text(json.dumps({**said, "post_processor": after}), encoding="utf-8")
    assert [PIECES[number] for number in Pieces(path).of("bill of")] == ["pay", "bill", "water", "list"]


def test_a_tokenizer_of_another_kind_is_refused(model: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Though its vocabulary has the pieces."""
    path = model / "tokenizer.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["model"]["type"] = "BPE"
    path.write_text(json.dumps(said), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert ModelMeanings(model, None).of(TEXTS) is None
    assert "is not the tokenizer of a BERT model" in caplog.text
