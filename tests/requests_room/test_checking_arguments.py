"""Arguments are checked before anything is sent; messages say where, what was expected, and what is nearest."""

from __future__ import annotations

import time
from typing import Any

import pytest

from small_documents import path_parameter, query, request_of, taking, tool_of
from specport.catalog.model import Tool
from specport.errors import BadArguments
from specport.requests.check import ArgumentChecker

SIZE = {"type": "integer", "minimum": 1, "maximum": 9}
BODY = {
    "type": "object",
    "required": ["name", "size"],
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"}, "size": SIZE,
        "kind": {"type": "string", "enum": ["small", "large"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "a/b~c": {"type": "boolean"}, "fixed": {"const": 3}, "maybe": {"type": ["integer", "null"]},
        "nested": {"type": "object", "properties": {"count": {"type": "integer"}}, "additionalProperties": False},
    },
    "additionalProperties": False,
}  # fmt: skip
TOOL = tool_of({"parameters": [path_parameter("region_id"), query("page", SIZE)], **taking(BODY)}, path="/{region_id}")
GOOD = {"name": "abc", "size": 3}
NUMBER = {"type": "integer"}
FLAG = {"type": "boolean"}
OBJECT = {"type": "object"}


def refusal(arguments: Any, tool: Tool = TOOL) -> BadArguments:
    with pytest.raises(BadArguments) as caught:
        request_of(tool, arguments)
    return caught.value


def checked(body: Any, schema: Any) -> Any:
    """The body as it is sent after repairs."""
    return ArgumentChecker(tool_of(taking(schema))).check({"body": body})["body"]


def unchecked(body: Any, schema: Any) -> str:
    """Why a body is refused."""
    return str(refusal({"body": body}, tool_of(taking(schema))))


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        ({"size": 3}, "/body/name", "/body: 'name' is missing (string)"),
        ({**GOOD, "size": "many"}, "/body/size", '/body/size: expected integer, got "many"'),
        ({**GOOD, "size": 3.5}, "/body/size", "/body/size: expected integer, got 3.5"),
        ({**GOOD, "size": 0}, "/body/size", "/body/size: 0 is less than the minimum of 1"),
        ({**GOOD, "kind": "medium"}, "/body/kind", '/body/kind: "medium" is not one of "small", "large"'),
        ({**GOOD, "name": "a"}, "/body/name", '/body/name: "a" is shorter than 2 characters'),
        ({**GOOD, "name": "A1"}, "/body/name", '/body/name: "A1" does not match "^[a-z]+$"'),
        ({**GOOD, "tags": ["a", 1.5]}, "/body/tags/1", "/body/tags/1: expected string, got 1.5"),
        ({**GOOD, "tags": ["a", "b", "c"]}, "/body/tags", '/body/tags: ["a","b","c"] has more than 2 items'),
        ({**GOOD, "fixed": 4}, "/body/fixed", "/body/fixed: expected 3, got 4"),
        ({**GOOD, "maybe": "x"}, "/body/maybe", '/body/maybe: expected integer or null, got "x"'),
        ({**GOOD, "a/b~c": 5}, "/body/a~1b~0c", "/body/a~1b~0c: expected boolean, got 5"),
        ({**GOOD, "nested": {"cuont": 1}}, "/body/nested", "'cuont' is not known here. Did you mean 'count'?"),
        ({**GOOD, "sise": 1}, "/body", "/body: 'sise' is not known here. Did you mean 'size'?"),
        ({**GOOD, "zzz": 1, "yyy": 2}, "/body", "'zzz', 'yyy' are not known here. Known here: name, size"),
        (["a"], "/body", '/body: expected object, got ["a"]'),
        (None, "/body", "/body: expected object, got null"),
    ],
)  # fmt: skip
def test_a_message_names_place_expectation_and_value(body: Any, pointer: str, message: str) -> None:
    """The JSON Pointer of the argument, what would do, what was given."""
    error = refusal({"region_id": "x", "body": body})
    assert message in str(error)
    assert error.pointer == pointer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"body": GOOD}, "arguments: 'region_id' is missing (string). Required: region_id, body"),
        ({"regionid": "x", "body": GOOD}, "Did you mean 'region_id'?"),
        ({"region_id": "x", "body": GOOD, "unheard_of": 1}, "'unheard_of' is not known here. Arguments: region_id"),
        ({"region_id": "x", "size": 3, "name": "ab"}, """inside 'body': {"body":{"name":"ab","size":3}}"""),
        ([1], "arguments must be an object, got [1]"),
        ("text", 'arguments must be an object, got "text"'),
        (5, "arguments must be an object, got 5"),
        (None, "arguments: 'region_id' is missing"),
    ],
)  # fmt: skip
def test_arguments_themselves_are_explained(arguments: Any, message: str) -> None:
    """A missing or unknown argument, or something that is no object of arguments."""
    assert message in str(refusal(arguments))


def test_long_places_and_many_names_are_cut() -> None:
    """Whoever reads the error pays for it."""
    names = tool_of({"parameters": [query(f"q{number}", NUMBER) for number in range(100)]})
    assert "Arguments: q0, q1, " in str(refusal({"zzzz": 1}, names))
    assert str(refusal({"zzzz": 1}, names)).endswith("q29 and 70 more")
    deep = unchecked({"a" * 5_000: "x"}, {"type": "object", "additionalProperties": NUMBER})
    assert deep.startswith("/body/aaa")
    assert len(deep) < 500


def test_a_parameter_may_be_given_by_its_own_name() -> None:
    """Descriptions and the API's documentation say `filter[id]`, which no property key may be."""
    texts = {"type": "array", "items": {"type": "string"}}
    tool = tool_of({"parameters": [query("filter[id]"), query("tag"), query("tag[]", texts), query("$top", NUMBER)]})
    sent = request_of(tool, {"filter[id]": "x", "tag": "a", "tag[]": ["b"], "$top": "5"}).url
    assert sent.endswith("?filter%5Bid%5D=x&tag=a&tag%5B%5D=b&%24top=5")
    assert "'filter[id]' is not known here" in str(refusal({"filter[id]": "x", "filter_id": "y"}, tool))
    cookie = {**query("a[]"), "in": "cookie"}
    assert "'a[]' is not known here" in str(refusal({"a[]": "x"}, tool_of({"parameters": [query("a[]"), cookie]})))


def test_what_is_missing_is_meant_by_the_one_name_that_is_unknown() -> None:
    """However unlike the two are, but not where the name is that of a member."""
    tool = tool_of({"parameters": [query("address", required=True), query("argument")]})
    assert str(refusal({"name": "x"}, tool)).endswith("'address' is missing (string). Did you mean 'address'?")
    assert "Did you mean 'argument'?" in str(refusal({"arguments": "x", "address": "y"}, tool))
    assert """Give it inside 'body': {"body":{"a":1}}""" in str(
        refusal({"a": 1}, tool_of(taking({**OBJECT, "properties": {"a": NUMBER}})))
    )


def test_a_tool_without_arguments_says_so() -> None:
    """Nothing can be near."""
    assert "This tool takes no arguments" in str(refusal({"a": 1}, tool_of({})))
    assert request_of(tool_of({}), None).url.endswith("/things")


def test_a_document_cannot_bring_a_line_break_into_a_message() -> None:
    """A pattern with one is shown in the line, and so are names."""
    tool = tool_of({"parameters": [query("a", {"type": "string", "pattern": "x\ny"})]})
    with pytest.raises(BadArguments) as refused:
        ArgumentChecker(tool).check({"a": "z"})
    assert str(refused.value) == '/a: "z" does not match "x y"'


def test_several_faults_are_named_and_the_rest_counted() -> None:
    """Three are enough to mend at once."""
    error = refusal(
        {"region_id": "x", "page": 0, "body": {"name": "A", "size": "x", "kind": 1, "fixed": 9, "maybe": "y"}}
    )
    assert str(error).count("; ") == 3
    assert "more" in str(error)


@pytest.mark.parametrize(
    ("given", "schema", "repaired"),
    [
        ("5", {"type": "integer"}, 5),
        ("-12", {"type": "integer"}, -12),
        (" 5 ", {"type": "integer"}, 5),
        ("9223372036854775807", {"type": "integer"}, 2**63 - 1),
        ("1.5", {"type": "number"}, 1.5),
        ("1e3", {"type": "number"}, 1000.0),
        ("true", {"type": "boolean"}, True),
        ("False", {"type": "boolean"}, False),
        ("null", {"type": ["integer", "null"]}, None),
        ("7", {"type": ["integer", "null"]}, 7),
        (5, {"type": "string"}, "5"),
        (10**30, {"type": "string"}, str(10**30)),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ('{"a": 123456789012345678901}', {"type": "object"}, {"a": 123456789012345678901}),
        ("[1, 2]", {"type": "array", "items": {"type": "integer"}}, [1, 2]),
        ('["1", "2"]', {"type": "array", "items": {"type": "integer"}}, [1, 2]),
        ('{"a": "[1]"}', {"type": "object", "properties": {"a": {"type": "array"}}}, {"a": [1]}),
        ({"b": {"c": "true"}}, {"properties": {"b": {"properties": {"c": FLAG}}}}, {"b": {"c": True}}),
        ('{"a": 1}', {"oneOf": [{**OBJECT, "required": ["a"]}, {**OBJECT, "required": ["b"]}]}, {"a": 1}),
        ("5", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 5),
        ("5", {"allOf": [{"type": "integer"}, {"minimum": 3}]}, 5),
        ({"a": "5"}, {"anyOf": [{"required": ["b"]}, {"properties": {"a": NUMBER}}]}, {"a": 5}),
        ({"a": "5"}, {"anyOf": [{"properties": {"a": FLAG}}, {"properties": {"a": NUMBER}}]}, {"a": 5}),
    ],
)  # fmt: skip
def test_a_stringified_value_is_repaired_where_only_one_thing_can_be_meant(
    given: Any, schema: Any, repaired: Any
) -> None:
    """Numbers, booleans, null and JSON in quotes, unquoted numbers; at any depth, through unions."""
    sent = checked(given, schema)
    assert sent == repaired
    assert type(sent) is type(repaired)


NUMBERED = {"type": "object", "properties": {name: {"type": "integer"} for name in ("1", "01", "+1", "x")}}


@pytest.mark.parametrize("name", ["1", "01", "+1"])
def test_a_member_called_by_a_number_is_repaired(name: str) -> None:
    """The validator names it as if it were a place in an array, in a body and among the arguments."""
    tool = tool_of({**taking(NUMBERED), "parameters": [query("1", {"type": "integer"})]})
    assert ArgumentChecker(tool).check({"1": "7", "body": {name: "8"}}) == {"1": 7, "body": {name: 8}}


def test_members_that_are_one_number_are_not_taken_for_each_other() -> None:
    """Which of them is wrong cannot be told, so none is changed; the type that it should have is told."""
    with pytest.raises(BadArguments, match="expected integer"):
        ArgumentChecker(tool_of(taking(NUMBERED))).check({"body": {"1": 1, "01": "8"}})


@pytest.mark.parametrize(
    ("given", "schema"),
    [
        ("five", {"type": "integer"}),
        ("1.0", {"type": "integer"}),
        ("05", {"type": "integer"}),
        ("1_000", {"type": "integer"}),
        ("0x10", {"type": "integer"}),
        ("", {"type": "integer"}),
        ("1e999", {"type": "number"}),
        ("9" * 30, {"type": "integer"}),
        ("yes", {"type": "boolean"}),
        ("1", {"type": "boolean"}),
        (1, {"type": "boolean"}),
        (True, {"type": "string"}),
        (True, {"type": "integer"}),
        (1.5, {"type": "string"}),
        ("a,b", {"type": "array", "items": {"type": "string"}}),
        ("{a: 1}", {"type": "object"}),
        ('{"a": 1}', {"type": "array"}),
        ("[1]", {"type": "object"}),
        ("null", {"type": "integer"}),
        ({"a": 1}, {"type": "string"}),
        ("7", {"type": "integer", "maximum": 5}),
    ],
)  # fmt: skip
def test_what_could_mean_something_else_is_refused(given: Any, schema: Any) -> None:
    """A guess would be sent in the user's name."""
    assert unchecked(given, schema).startswith("/body: ")


def test_a_good_value_is_never_changed() -> None:
    """A text that looks like a number stays a text where a text is wanted, and the arguments stay the caller's."""
    schema = {"properties": {"a": {"type": "string"}, "b": {}, "c": {"type": ["string", "integer"]}}}
    body = {"a": "5", "b": "true", "c": "5"}
    assert checked(body, schema) is body
    given = {"a": 5}
    assert checked(given, schema) == {"a": "5"}
    assert given == {"a": 5}


def test_a_union_is_explained_by_its_nearest_branch() -> None:
    """The branch of the right type, not ruled out by a fixed value, with the fewest faults."""
    branch = {"type": "object", "required": ["kind"], "additionalProperties": False}
    schema = {
        "anyOf": [
            {"type": "string"},
            {**branch, "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}},
            {**branch, "properties": {"kind": {"const": "b"}, "y": {"type": "integer"}, "z": {"type": "boolean"}}},
        ]
    }
    assert unchecked({"kind": "b", "y": "no", "z": "maybe"}, schema) == (
        '/body/y: expected integer, got "no"; /body/z: expected boolean, got "maybe"'
    )
    assert unchecked({"kind": "a", "x": "no"}, schema) == '/body/x: expected integer, got "no"'
    assert unchecked(5.5, schema) == "/body: expected object or string, got 5.5"


def test_a_long_value_is_shown_cut_and_the_expectation_whole() -> None:
    """A megabyte in the arguments does not come back in the message."""
    error = unchecked({"name": "x" * 1_000_000}, {"properties": {"name": {"type": "string", "maxLength": 5}}})
    assert error.endswith("xxx... is longer than 5 characters")
    assert len(error) < 300


@pytest.mark.parametrize(
    "body",
    [
        ["x"] * 200_000, [[["x"] * 50] * 50] * 50, {str(n): "x" for n in range(100_000)}, "[" * 900_000,
        "[" + '"x",' * 200_000 + '"x"]', {"a": "1" * 1_000_000},
    ],
    ids=["long array", "nested arrays", "many members", "brackets as text", "JSON as text", "digits"],
)  # fmt: skip
def test_hostile_sizes_are_refused_quickly(body: Any) -> None:
    """A first fault is found without describing a hundred thousand of them."""
    schema = {"type": ["array", "object"], "items": {"type": "integer"}, "additionalProperties": {"type": "integer"}}
    tool = tool_of(taking(schema))
    began = time.process_time()
    assert len(str(refusal({"body": body}, tool))) < 2000
    assert time.process_time() - began < 3


def test_deep_arguments_are_checked_or_refused() -> None:
    """A hundred thousand levels do not end the process."""
    body: Any = "x"
    for _ in range(100_000):
        body = [body]
    refusal({"body": body}, tool_of(taking({"type": "array", "items": {"type": "integer"}})))
