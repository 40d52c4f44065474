"""What is no usable OpenAPI document is refused in one clear sentence."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from small_documents import catalog_of, document
from specport.documents.bounds import MAX_BYTES, OPERATOR, Bound
from specport.documents.load import load_document, read_file
from specport.errors import DocumentError, SourceError

MINIMAL = document({"/things": {"get": {"responses": {}}}})


def refusal(data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_document(data, "api.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", ["is empty"], id="empty"),
        pytest.param(b" \n\t\n", ["is empty"], id="blank"),
        pytest.param(b"# nothing but this\n", ["JSON null"], id="only a comment"),
        pytest.param(b"<!doctype html><title>Sign in\n now</title>", ["HTML", "Sign in now", "raw JSON"], id="html"),
        pytest.param(gzip.compress(json.dumps(MINIMAL).encode()), ["is compressed", "Unpack"], id="gzip"),
        pytest.param(b"PK\x03\x04" + b"a" * 40, ["is compressed"], id="zip"),
        pytest.param("openapi: 3.1.0 # é".encode("latin-1"), ["is not UTF-8 text (byte 17)"], id="latin-1"),
        pytest.param(b"\xff\xfeo\x00p\x00", ["JSON string"], id="UTF-16 that is a word"),
        pytest.param(b"\xff\xfeo\x00\x00", ["is not UTF-16-LE text"], id="half a UTF-16 unit"),
        pytest.param(b"openapi\x00: 3", ["is not valid YAML", "0000"], id="NUL"),
        pytest.param(b'{"openapi": "3.1.0",\n "paths" {}}', ["not valid JSON at line 2, column 10"], id="broken JSON"),
        pytest.param(b"openapi: 3.1.0\npaths:\n  - a\n b: c\n", ["YAML at line 4, column 2"], id="broken YAML"),
        pytest.param(b"[1, 2]", ["JSON array"], id="array"),
        pytest.param(b'"text"', ["JSON string"], id="string"),
        pytest.param(b"12", ["JSON number"], id="number"),
        pytest.param(b"true", ["JSON boolean"], id="boolean"),
        pytest.param(b'{"name": "package", "version": "1"}', ["no `openapi`", "name, version"], id="another JSON file"),
        pytest.param(b"{}", ["no `openapi`", "it has nothing"], id="empty object"),
        pytest.param(b'{"a\\nb": 1}', ["no `openapi`", "it has a b"], id="a line break in a name"),
        pytest.param(b'{"openapi": "3.1.0"}', ["has no paths"], id="no paths"),
        pytest.param(b'{"openapi": "3.1.0", "paths": {}}', ["has no paths"], id="empty paths"),
        pytest.param(b'{"openapi": "3.1.0", "paths": ["/a"]}', ["has no paths"], id="paths as an array"),
        pytest.param(b'{"openapi": "4.0.0", "paths": {"/": {}}}', ["'4.0.0'", "2.0, 3.0, 3.1, 3.2"], id="version 4.0"),
        pytest.param(b'{"openapi": "3", "paths": {"/": {}}}', ["'3'"], id="version 3"),
        pytest.param(b'{"openapi": "3.10.0", "paths": {"/": {}}}', ["'3.10.0'"], id="version 3.10"),
        pytest.param(b'{"openapi": null, "paths": {"/": {}}}', ["'None'"], id="version null"),
        pytest.param(b'{"openapi": {"a": 1}, "paths": {"/": {}}}', ["OpenAPI version"], id="version an object"),
        pytest.param(b"a: 1\n---\nb: 2\n", ["holds several YAML documents", "line 2"], id="several documents"),
        pytest.param(b"a: *nowhere\n", ["alias *nowhere", "line 1, column 4"], id="unknown alias"),
        pytest.param(b"a: &a [*a]\n", ["alias *a"], id="alias inside itself"),
        pytest.param(b"? [a, b]\n: c\n", ["mapping key that is no text", "line 1"], id="collection as key"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_document_are_refused_with_the_reason(data: bytes, words: list[str]) -> None:
    """One sentence that names the document, says what it is instead, and where."""
    error = refusal(data)
    assert all(word in str(error) for word in words), str(error)
    assert str(error).startswith("api.yaml: ")
    assert "\n" not in str(error)


@pytest.mark.parametrize(("field", "version"), [("swagger", "1.2"), ("openapi", "3.3.0"), ("swagger", "3.0")])
def test_a_version_that_cannot_be_read_is_named(field: str, version: str) -> None:
    """It is refused with the ones that can, and a pointer to the field; each field has versions of its own."""
    error = refusal(json.dumps({field: version, "paths": {"/": {}}}).encode())
    assert f"is OpenAPI version '{version}'; readable are 2.0, 3.0, 3.1, 3.2" in str(error)
    assert error.pointer == f"/{field}"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-8"])
@pytest.mark.parametrize("is_json", [True, False])
def test_a_byte_order_mark_tells_the_encoding(encoding: str, is_json: bool) -> None:
    """Windows editors write UTF-16 and marks; both are read."""
    text = (
        json.dumps(MINIMAL)
        if is_json
        else 'openapi: 3.1.0\ninfo: {title: "\u00fc", version: "1"}\npaths: {/things: {get: {}}}\n'
    )
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert [tool.route and tool.route.path for tool in catalog_of((mark + text).encode(encoding)).tools] == ["/things"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="JSON objects"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="JSON arrays"),
        pytest.param(b'{"openapi": "3.1.0", "x": ' + b"[" * 150 + b"]" * 150 + b"}", id="JSON not very deep"),
        pytest.param(b"- " * 100_000 + b"a", id="YAML block"),
        pytest.param(b"a: " + b"[" * 100_000, id="YAML flow"),
        pytest.param(b"a: " + b"{b: " * 100_000, id="YAML flow mappings"),
        pytest.param(
            b"l0: &l0 {}\n" + b"".join(b"l%d: &l%d [*l%d]\n" % (n, n, n - 1) for n in range(1, 20_000)),
            id="YAML aliases, one level each",
        ),
    ],
)
def test_deep_nesting_is_refused_quickly(data: bytes) -> None:
    """A hundred thousand levels end in a sentence, not in the process's stack, and within seconds."""
    began = time.process_time()
    error = refusal(data)
    assert "nested more than 100 levels deep" in str(error) or "depth limit" in str(error)
    assert time.process_time() - began < 5


def test_aliases_that_multiply_are_refused() -> None:
    """Nine levels of ten aliases stand for a thousand million values; none of them is built."""
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)]
    assert "expands aliases to more than 1,000,000 values" in str(refusal(b"\n".join(lines)))


def test_merge_keys_that_multiply_are_refused() -> None:
    """The same through `<<`."""
    lines = [b"a0: &a0 {k: v}"]
    lines += [b"a%d: &a%d {<<: [%s]}" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)]
    assert "expands aliases" in str(refusal(b"\n".join(lines)))


def test_a_file_that_cannot_be_read_is_a_source_error(tmp_path: Path) -> None:
    """Missing, a folder, or too large: the path and the reason."""
    with pytest.raises(SourceError, match=r"cannot read .*missing\.yaml: No such file"):
        read_file(tmp_path / "missing.yaml")
    with pytest.raises(SourceError, match="is a folder, not a document"):
        read_file(tmp_path)
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SourceError, match="has 67,108,865 bytes; the limit is 67,108,864"):
        read_file(large)


def test_bytes_over_the_limit_are_not_parsed() -> None:
    """The limit holds for what was fetched too."""
    bounds = replace(OPERATOR, size=Bound("MAX_BYTES", 100))
    with pytest.raises(DocumentError, match=r"has 101 bytes; the limit is 100 \(MAX_BYTES\)"):
        load_document(b"{" * 101, "api.yaml", bounds=bounds)


def test_a_long_broken_json_text_is_not_tried_as_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only short texts with a brace may be flow-style YAML; reading a large one twice would cost seconds."""
    text = b"{openapi: 3.1.0, paths: {/: {get: {}}}}"
    assert catalog_of(text).tools
    monkeypatch.setattr("specport.documents.load.MAX_FLOW_YAML", 10)
    assert "is not valid JSON at line 1, column 2" in str(refusal(text))


@pytest.mark.parametrize("broken", [{"paths": {"/a": 1, "/b": {"get": {}}}}, {"info": 3}, {"info": None, "tags": 4}])
def test_odd_values_beside_good_operations_do_no_harm(broken: dict[str, Any]) -> None:
    """Whatever stands where something else was expected, what can be read is read."""
    assert len(catalog_of({**document({"/b": {"get": {}}}), **broken}).tools) == 1
