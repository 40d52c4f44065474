"""A folder with a model tells what texts mean; what it has read is kept; what it cannot do is said in one sentence."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from small_model import PIECES, write_model

from small_documents import document
from specport.app import App
from specport.errors import SourceError
from specport.meaning import encoder
from specport.meaning.meanings import ModelMeanings
from specport.meaning.pieces import MAX_PIECES, Pieces
from specport.settings import Settings
from specport.sources.model import Origin, Source

TEXTS = ("list each bill", "stamp", "Invoice", "nothing known")

SHOP = document(
    {
        "/bills": {"get": {"operationId": "bills", "summary": "List each bill"}},
        "/stamps": {"get": {"operationId": "stamps", "summary": "List each stamp"}},
    }
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of a small model."""
    return write_model(tmp_path / "model")


@pytest.fixture
def read_texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the model reads."""
    read: list[str] = []
    vectors = encoder.Encoder.vectors

    def noted(self: encoder.Encoder, texts: Sequence[str]) -> encoder.Vectors:
        read.extend(texts)
        return vectors(self, texts)

    monkeypatch.setattr(encoder.Encoder, "vectors", noted)
    return read


def test_texts_are_alike_that_mean_the_same(model: Path) -> None:
    """Whatever their letters; each text stands where it was given."""
    alike = ModelMeanings(model, None).of(TEXTS)
    assert alike is not None
    bill, stamp, invoice, nothing = alike.to("payable")
    assert (round(bill, 2), round(stamp, 2), round(invoice, 2), round(nothing, 2)) == (0.71, 0.0, 1.0, 0.0)


def test_what_was_read_is_not_read_again(model: Path, tmp_path: Path, read_texts: list[str]) -> None:
    """Neither for another index nor at the next start with the same state folder; what is new is."""
    first = ModelMeanings(model, tmp_path / "state")
    assert first.of(TEXTS)
    assert first.of(TEXTS[:2])
    first.close()
    assert sorted(read_texts) == sorted(TEXTS)
    again = ModelMeanings(model, tmp_path / "state").of((*TEXTS, "water"))
    assert sorted(read_texts) == sorted((*TEXTS, "water"))
    assert again is not None
    assert [round(each, 2) for each in again.to("watermark")] == [0.0, 1.0, 0.0, 0.0, 1.0]


def test_another_model_reads_anew(model: Path, tmp_path: Path, read_texts: list[str]) -> None:
    """Its vectors are not those of the first."""
    assert ModelMeanings(model, tmp_path / "state").of(TEXTS)
    other = write_model(tmp_path / "other", inputs=("input_ids", "attention_mask"))
    assert ModelMeanings(other, tmp_path / "state").of(TEXTS)
    assert sorted(read_texts) == sorted((*TEXTS, *TEXTS))


def test_a_state_folder_that_cannot_keep_them_only_costs_the_next_start(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "meanings.sqlite").write_bytes(b"no database, but long enough to be looked at as one" * 20)
    with caplog.at_level(logging.WARNING):
        assert ModelMeanings(model, tmp_path / "state").of(TEXTS)
    assert "--embeddings: what tools mean is not kept: file is not a database" in caplog.text


def test_no_texts_have_no_meanings(model: Path) -> None:
    """A server may have no tools."""
    assert ModelMeanings(model, None).of(()) is None


def test_nothing_is_read_once_closed(model: Path, read_texts: list[str]) -> None:
    """A server that ends does not wait for thousands of texts."""
    meanings = ModelMeanings(model, None)
    meanings.close()
    assert meanings.of(TEXTS) is None
    assert read_texts == []


def test_a_folder_without_a_model_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """It says what is missing."""
    with pytest.raises(SourceError, match=r"has no model\.onnx or onnx/model\.onnx"):
        ModelMeanings(tmp_path, None)
    write_model(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(SourceError, match=r"has no tokenizer\.json"):
        ModelMeanings(tmp_path, None)


def test_without_the_extra_it_says_how_to_install_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"needs the package onnxruntime\. pip install 'specport\[embeddings\]'"):
        ModelMeanings(model, None)


def broken(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"hello")


def of_other_inputs(folder: Path) -> None:
    write_model(folder, inputs=("pixels",))


def of_other_pieces(folder: Path) -> None:
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE", "vocab": {}}}))


def of_more_pieces(folder: Path) -> None:
    vocabulary = {piece: 10 * place for place, piece in enumerate(PIECES)}
    tokenizer = {"model": {"vocab": vocabulary}, "normalizer": {"lowercase": True}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (broken, "is no model that onnxruntime can run"), (of_other_inputs, "takes pixels"),
        (of_other_pieces, "is not the tokenizer of a BERT model"), (of_more_pieces, "cannot read a text"),
    ],
)  # fmt: skip
def test_a_model_that_fails_is_told_of_and_words_decide(
    model: Path, caplog: pytest.LogCaptureFixture, spoil: object, said: str
) -> None:
    """A server goes on."""
    assert callable(spoil)
    spoil(model)
    with caplog.at_level(logging.WARNING):
        assert ModelMeanings(model, None).of(TEXTS) is None
    assert said in caplog.text
    assert "tools are found by words alone" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Payable BILL", ["pay", "##able", "bill"]), ("wátermark!", ["water", "##mark", "[UNK]"]),
        ("a, bill", ["[UNK]", "[UNK]", "bill"]),
        ("waterfall", ["[UNK]"]), ("", []), ("invoice_list", ["invoice", "[UNK]", "list"]), ("bill" * 30, ["[UNK]"]),
        ("\u65e5bill", ["[UNK]", "bill"]),
    ],
)  # fmt: skip
def test_words_are_cut_into_the_longest_pieces_that_the_model_knows(
    model: Path, text: str, expected: list[str]
) -> None:
    """Accents and capitals aside; signs stand alone; a word with an unknown part is unknown as a whole."""
    pieces = [PIECES[number] for number in Pieces(model / "tokenizer.json").of(text)]
    assert pieces == ["[CLS]", *expected, "[SEP]"]


def test_of_a_long_text_only_the_beginning_is_read(model: Path) -> None:
    """As many pieces as the model was made for."""
    assert len(Pieces(model / "tokenizer.json").of("bill " * 5_000)) == MAX_PIECES


@pytest.mark.anyio
async def test_an_app_finds_tools_by_meaning_and_keeps_what_it_learned(model: Path, tmp_path: Path) -> None:
    """With the setting; a list of tools is the same with and without it."""
    source = Source("shop", "shop", json.dumps(SHOP).encode(), Origin.OPERATOR, "http://127.0.0.1:9")
    async with App.open([source], Settings(state_dir=tmp_path, embeddings=model)) as app:
        await app.learn()
        found, digest = await app.search("payable"), app.listing.digest
    assert [tool.address for tool in found] == ["bills.bills"]
    with closing(sqlite3.connect(tmp_path / "meanings.sqlite")) as kept, kept:
        assert kept.execute("select count(*) from vectors").fetchone() == (2,)
    kept.close()
    async with App.open([source], Settings(state_dir=tmp_path)) as app:
        assert await app.search("payable") == []
        assert app.listing.digest == digest


@pytest.mark.anyio
async def test_an_app_does_not_open_without_the_model_that_it_was_given(tmp_path: Path) -> None:
    """Rather than find less than was asked for."""
    with pytest.raises(SourceError, match="--embeddings"):
        async with App.open([], Settings(embeddings=tmp_path)):
            pass


def test_a_published_model_knows_what_is_alike() -> None:
    """SPECPORT_TEST_EMBEDDINGS names the folder of one, such as all-MiniLM-L6-v2."""
    named = os.environ.get("SPECPORT_TEST_EMBEDDINGS")
    if not named:
        reason = "SPECPORT_TEST_EMBEDDINGS names no folder of a model; docs/search.md says how to get one"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    alike = ModelMeanings(Path(named), None).of(("Resize a virtual machine", "List all invoices"))
    assert alike is not None
    bigger, owed = alike.to("unpaid bills")
    assert owed > bigger + 0.1
