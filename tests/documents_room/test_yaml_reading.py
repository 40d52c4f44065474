"""YAML is read by its 1.2 core schema, as JSON values."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from specport.documents.load import parse
from specport.documents.yaml_reader import read_yaml


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"), ("No", "No"), ("yes", "yes"), ("on", "on"), ("OFF", "OFF"), ("y", "y"),
        ("true", True), ("False", False), ("TRUE", True), ("tRuE", "tRuE"),
        ("null", None), ("~", None), ("", None), ("Null", None), ("nULL", "nULL"),
        ("12:30:45", "12:30:45"), ("190:20:30", "190:20:30"), ("2024-02-29", "2024-02-29"),
        ("2024-02-29T12:30:45Z", "2024-02-29T12:30:45Z"),
        ("017", 17), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"), ("1_000", "1_000"), ("+12", 12), ("-0", 0),
        ("1.10", 1.1), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), (".", "."), ("-a", "-a"), ("1.2.3", "1.2.3"),
        (".inf", ".inf"), (".nan", ".nan"), ("1e400", "1e400"), ("-1e999", "-1e999"),
        ("18446744073709551615", 2**64 - 1), ("18446744073709551616", float(2**64)), ("-9223372036854775808", -(2**63)),
        ("'5'", "5"), ('"true"', "true"), ("!!str 5", "5"), ("|\n  a\n  b", "a\nb\n"), ('"\\u00fc\\n"', "ü\n"),
    ],
)  # fmt: skip
def test_a_scalar_has_the_type_that_yaml_1_2_gives_it(scalar: str, value: Any) -> None:
    """`no`, `on`, times and dates are text; a leading zero is decimal; what JSON cannot hold stays text."""
    read = read_yaml(f"key: {scalar}\n")
    assert read == {"key": value}
    assert type(read["key"]) is type(value)  # type: ignore[index]


def test_a_digit_string_of_any_length_is_read() -> None:
    """Python refuses to convert integers of over 4,300 digits; here they are a number or text, never an error."""
    assert read_yaml("a: " + "9" * 300) == {"a": 1e300}
    assert read_yaml("a: " + "9" * 5000) == {"a": "9" * 5000}


def test_keys_are_always_text() -> None:
    """`200:` names a status, `on:` and `null:` are names too."""
    assert read_yaml("200: a\non: b\nnull: c\n1.5: d\ntrue: e\n") == {
        "200": "a", "on": "b", "null": "c", "1.5": "d", "true": "e",
    }  # fmt: skip


def test_merge_keys_give_way_to_what_is_written_out() -> None:
    """`<<` adds what is missing, the first of several first, wherever it stands in the mapping."""
    text = """
    one: &one {a: 1, b: 1}
    two: &two {b: 2, c: 2}
    both: {<<: [*one, *two], c: 3}
    late: {a: 9, <<: *one}
    """
    read: Any = read_yaml(text)
    assert read["both"] == {"a": 1, "b": 1, "c": 3}
    assert read["late"] == {"a": 9, "b": 1}


@pytest.mark.parametrize("value", ["a", "null", "0", "[1]", "{b: c}"])
def test_an_alias_is_what_its_anchor_names(value: str) -> None:
    """Whatever that is, nothing included."""
    read: Any = read_yaml(f"first: &anchor {value}\nsecond: *anchor\n")
    assert read["first"] == read["second"] == read_yaml(value)


def test_an_anchor_given_twice_means_the_last_one_before_its_use() -> None:
    """YAML 1.2 section 7.1: a later anchor of the same name overrides."""
    assert read_yaml("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


def test_json_is_yaml() -> None:
    """A JSON text that only YAML would take, such as one with a comment or a trailing comma, is read."""
    assert parse(b'{"a": [1, 2,], # note\n}') == {"a": [1, 2]}


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
names = st.text(st.characters(min_codepoint=32, max_codepoint=126))
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


class Quoting(yaml.CSafeDumper):
    """Quotes every text: PyYAML leaves plain what only YAML 1.1 takes for one, such as `0E0`."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@given(json_values)
@settings(max_examples=60, deadline=None)
def test_json_values_survive_being_written_as_yaml(value: Any) -> None:
    """What a YAML library writes of a JSON value reads as that value again."""
    text = json.dumps(value, ensure_ascii=False)
    assert read_yaml(text) == orjson.loads(text)
    block = yaml.dump(value, Dumper=Quoting, allow_unicode=True, default_flow_style=False)
    assert read_yaml(block) == value
