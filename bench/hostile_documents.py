"""Documents made to take a server down or to mislead it, each by a name; nothing is read from anywhere."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any  # anything may be anything

HIDDEN = "\x1b]0;owned\x07\x1b[31m\u202egnp\u202c\u200b\u2066\U000e0041\U000e0042\ufeff\x00\x85\u2028\u00ad"
"""Terminal sequences, text that runs backwards, letters that nobody sees."""

OBJECT = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Hostile:
    """A document: its bytes, made when asked for, and the Content-Encoding they are sent under.

    `as_text`: it is given as the argument itself, not behind a URL.
    """

    make: Callable[[], bytes]
    encoding: str = ""
    as_text: bool = False


def operation(number: object = 0, **more: Json) -> Json:
    """A small operation."""
    return {"operationId": f"op{number}", "tags": ["t"], "responses": {}, **more}


def document(paths: Json = None, *, version: str = "3.1.0", **more: Json) -> Json:
    """A document with one good operation beside those given."""
    field = "swagger" if version == "2.0" else "openapi"
    paths = {"/good": {"get": operation("good")}, **(paths or {})}
    return {field: version, "info": {"title": "Hostile", "version": "1"}, "paths": paths, **more}


def dumped(value: Json) -> bytes:
    """As JSON."""
    return json.dumps(value).encode()


def body(schema: Json, number: object = 0) -> Json:
    """A path item whose POST takes this schema as JSON."""
    return {"post": operation(number, requestBody={"content": {"application/json": {"schema": schema}}})}


def taking(schema: Json, schemas: Json = None, **more: Json) -> Json:
    """A document whose POST takes a schema, beside others by name."""
    return document({"/a": body(schema)}, components={"schemas": schemas or {}}, **more)


def ref(name: str) -> Json:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def patched(text: Json, old: str, new: str) -> bytes:
    """A document as JSON in which one text stands for what `json` does not write."""
    return dumped(text).replace(old.encode(), new.encode())


# nesting, aliases


def _nested(opening: str, closing: str, levels: int = 100_000) -> bytes:
    return patched(document(x="HERE"), '"HERE"', f"{opening * levels}1{closing * levels}")


def _yaml(lines: Iterable[str], *, head: bool = True) -> bytes:
    start = "openapi: 3.1.0\ninfo: {title: Hostile, version: '1'}\npaths: {/good: {get: {responses: {}}}}\n"
    return ((start if head else "") + "\n".join(lines) + "\n").encode()


def _alias_bomb(levels: int, fan: int) -> bytes:
    lines = ["x0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * fan)}]" for n in range(1, levels)]
    return _yaml(lines)


def _merge_bomb() -> bytes:
    lines = ["x0: &a0 {k0: v, k1: v}"]
    lines += [f"x{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], k{n + 1}: v}}" for n in range(1, 12)]
    return _yaml(lines)


def _merge_wide() -> bytes:
    """One large mapping merged into a thousand others: within the alias bound, a million members to copy."""
    base = ", ".join(f"k{n}: v" for n in range(990))
    return _yaml([f"x0: &a {{{base}}}", *(f"y{n}: {{<<: *a}}" for n in range(990))])


def _alias_schema_bomb() -> bytes:
    """Aliases within their bound, which a walk over schemas takes for as many schemas."""
    lines = ["x: &a0 {type: object, properties: {p: {type: string, description: some text}}}"]
    for n in range(1, 6):
        members = ", ".join(f"m{m}: *a{n - 1}" for m in range(10))
        lines.append(f"x{n}: &a{n} {{type: object, properties: {{{members}}}}}")
    paths = ["paths:"]
    paths += [
        f"  /a{n}: {{post: {{requestBody: {{content: {{application/json: {{schema: *a5}}}}}}, responses: {{}}}}}}"
        for n in range(4)
    ]
    head = ["openapi: 3.1.0", "info: {title: Hostile, version: '1'}"]
    return _yaml([*head, *lines, *paths], head=False)


# sizes


def _properties(number: int) -> Json:
    return {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(number)}}


def _paths(number: int, version: str = "2.0") -> bytes:
    paths = {f"/p{n}/{{id}}": {"get": operation(n, parameters=[_path_id(version)])} for n in range(number)}
    return dumped(document(paths, version=version))


def _unused(schema: Json) -> bytes:
    return dumped(document(components={"schemas": {"A": schema}}))


def _described(characters: int, start: str = "") -> bytes:
    """One long text; a first letter beyond the BMP makes each of the others take four bytes in memory."""
    text = dumped(document({"/a": {"get": operation(description="HERE")}}))
    return text.replace(b"HERE", start.encode() + b"d" * characters)


def _identified(number: int) -> bytes:
    schemas = {f"S{n}": {"$id": f"http://a.test/{n}", "type": "string"} for n in range(number)}
    return dumped(document(components={"schemas": schemas}))


def _path_id(version: str) -> Json:
    plain = {"name": "id", "in": "path", "required": True}
    return {**plain, "type": "string"} if version == "2.0" else {**plain, "schema": {"type": "string"}}


def _small_values(text: str, megabytes: float) -> bytes:
    """As many values as fit in a size: `[],[],[]` takes twenty times its bytes in memory."""
    return patched(document(x="HERE"), '"HERE"', "[" + f"{text}," * int(megabytes * 1_000_000 / (len(text) + 1)) + "0]")


# schemas that explode later


def _fan(keyword: str, levels: int, fan: int = 2) -> bytes:
    schemas = {f"S{n}": {keyword: [ref(f"S{n + 1}")] * fan} for n in range(levels)}
    return dumped(taking(ref("S0"), {**schemas, f"S{levels}": {"type": "string"}}))


def _fan_properties(levels: int, fan: int = 10) -> bytes:
    schemas = {
        f"S{n}": {"type": "object", "properties": {f"p{m}": ref(f"S{n + 1}") for m in range(fan)}}
        for n in range(levels)
    }
    return dumped(taking(ref("S0"), {**schemas, f"S{levels}": OBJECT}))


def _fan_siblings(levels: int) -> bytes:
    """Each schema says more beside two references, so that nothing is a plain hop."""
    schemas = {
        f"S{n}": {
            "properties": {
                "a": {**ref(f"S{n + 1}"), "title": "a", "required": ["x"]},
                "b": {**ref(f"S{n + 1}"), "title": "b"},
            }
        }
        for n in range(levels)
    }
    return dumped(taking(ref("S0"), {**schemas, f"S{levels}": OBJECT}))


def _hidden_names(levels: int) -> bytes:
    """Names asked for and hidden in ever other combinations: a target for each set of names."""
    schemas: dict[str, Json] = {}
    for n in range(levels):
        hides = {"properties": {f"h{n}": {"readOnly": True}}}
        schemas[f"S{n}"] = {
            "required": [f"h{m}" for m in range(levels)],
            "allOf": [ref(f"S{n + 1}"), {**hides, "allOf": [ref(f"S{n + 1}")]}],
        }
    return dumped(taking(ref("S0"), {**schemas, f"S{levels}": {"required": [f"h{m}" for m in range(levels)]}}))


def _references(number: int) -> bytes:
    schemas = {f"S{n}": {"type": "object", "properties": {"p": ref(f"S{n + 1}")}} for n in range(number)}
    return dumped(taking(ref("S0"), {**schemas, f"S{number}": OBJECT}))


def _every_operation_reaches_all(operations: int, schemas: int) -> bytes:
    """Each operation's schema is made of every schema there is."""
    names = {f"S{n}": {"type": "object", "properties": {"p": ref(f"S{(n + 1) % schemas}")}} for n in range(schemas)}
    paths = {f"/p{n}": body(ref(f"S{n % schemas}"), n) for n in range(operations)}
    return dumped(document(paths, components={"schemas": names}))


def _circles(number: int) -> bytes:
    """Schemas that all refer to one another."""
    names = {
        f"S{n}": {"type": "object", "properties": {f"p{m}": ref(f"S{m}") for m in range(number)}} for n in range(number)
    }
    return dumped(taking(ref("S0"), names))


def _pointer_chains(number: int) -> bytes:
    """References into references, each a step longer."""
    schemas: dict[str, Json] = {"L0": {"p": {"p": {"type": "integer"}}}}
    for n in range(1, number):
        before = f"#/components/schemas/L{n - 1}/p"
        schemas[f"L{n}"] = {"p": {"$ref": before}} if n % 2 else {"p": {"p": {"$ref": f"{before}/p"}}}
    return dumped(taking(ref(f"L{number - 1}"), schemas))


def _patterns(number: int, pattern: str) -> bytes:
    named = {f"p{n}": {"type": "string", "pattern": pattern.replace("N", str(n + 1))} for n in range(number)}
    return dumped(taking({"type": "object", "properties": named}))


def _schema_references(uris: Iterable[str]) -> bytes:
    paths = {f"/p{n}": body({"$ref": uri}, n) for n, uri in enumerate(uris)}
    paths |= {f"/i{n}": {"$ref": uri} for n, uri in enumerate(uris)}
    return dumped(document(paths))


FORBIDDEN = (
    "file:///etc/passwd", "file:///proc/self/environ", "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/", "http://metadata.google.internal/computeMetadata/v1/", "http://127.0.0.1:1/x",
    "http://0x7f000001/", "gopher://127.0.0.1:6379/_FLUSHALL", "../../../../etc/passwd", "//169.254.169.254/",
    "jar:file:///x!/y", "data:application/json,{}", "ldap://127.0.0.1/", "\\\\server\\share", "http://[::1", "",
)  # fmt: skip

MAGIC = (
    "__proto__", "constructor", "prototype", "__class__", "__init__", "__dict__", "hasOwnProperty", "toString",
    "$ref", "$defs", "$id", "place", "__getattr__", "self", "body", "content_type",
)  # fmt: skip


def _magic() -> bytes:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in MAGIC}, "required": list(MAGIC)}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in MAGIC]
    item = body(schema)
    item["post"]["parameters"] = parameters
    paths = {"/magic": item, **{f"/{name}": {"get": operation(name)} for name in MAGIC}}
    more = {"components": {"schemas": dict.fromkeys(MAGIC, schema)}, **dict.fromkeys(MAGIC[:8], OBJECT)}
    return dumped(document(paths, **more))


def _numbers() -> bytes:
    names = ("minimum", "maximum", "multipleOf", "minLength", "maxLength", "default", "const")
    texts = ("1e400", "-1e400", "1" * 100_000, f"0.{'1' * 100_000}", f"1e{'9' * 300}", "1e-400", "18446744073709551616")
    members = ", ".join(
        f'"{name}{index}": {{"type": "number", "{name}": {text}}}' for name in names for index, text in enumerate(texts)
    )
    return patched(taking({"type": "object", "properties": "HERE"}), '"HERE"', f"{{{members}}}")


def _yaml_numbers() -> bytes:
    texts = ("1e400", ".inf", "-.inf", ".nan", "1" * 100_000, "0x" + "f" * 100_000, "1_000", "0o" + "7" * 250)
    lines = [f"x{index}: {text}" for index, text in enumerate(texts)]
    properties = ", ".join(f"p{index}: {{type: number, maximum: {text}}}" for index, text in enumerate(texts))
    schema = f"{{type: object, properties: {{{properties}}}}}"
    post = f"{{post: {{requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}, responses: {{}}}}}}"
    return _yaml(["openapi: 3.1.0", "info: {title: n, version: 1e400}", f"paths: {{/a: {post}}}", *lines], head=False)


def _hidden() -> bytes:
    hostile = operation(
        f"read{HIDDEN}thing", summary=f"Read{HIDDEN}", description=f"Reads{HIDDEN} things",
        parameters=[{"name": f"q{HIDDEN}", "in": "query", "description": f"Q{HIDDEN}", "schema": {"type": "string"}}],
        requestBody={"description": f"B{HIDDEN}", "content": {"application/json": {"schema": {
            "properties": {f"p{HIDDEN}": {"description": f"P{HIDDEN}", "title": HIDDEN, "enum": [HIDDEN]}}}}}},
    )  # fmt: skip
    info = {"title": f"Api{HIDDEN}", "version": HIDDEN, "description": HIDDEN}
    return dumped({**document({"/hidden": {"post": hostile}}), "info": info})


def _hidden_everywhere(number: int) -> bytes:
    paths = {f"/p{n}": {"get": operation(n, description=f"Text {n}\u200b\x1b[31m")} for n in range(number)}
    return dumped(document(paths))


def _cyclic_path_items() -> bytes:
    paths: dict[str, Json] = {f"/c{n}": {"$ref": f"#/paths/~1c{(n + 1) % 1_000}"} for n in range(1_000)}
    paths["/self"] = {"$ref": "#/paths/~1self", "get": operation("self")}
    return dumped(document(paths))


def _server_bomb(variables: int, uses: int) -> bytes:
    """A URL that grows tenfold by each variable."""
    named = {f"v{n}": {"default": f"{{v{n + 1}}}" * uses} for n in range(variables)}
    server = {"url": "http://api.test/{v0}", "variables": {**named, f"v{variables}": {"default": "x" * 1_000}}}
    return dumped(document({"/s": {"get": operation("s", servers=[server])}}, servers=[server]))


def _many(number: int) -> bytes:
    schemes = {f"s{n}": {"type": "apiKey", "in": "header", "name": f"X-Key-{n}"} for n in range(number)}
    servers = [{"url": f"http://api{n}.test/v{n}"} for n in range(number)]
    tags = [{"name": f"t{n}", "parent": f"t{n + 1}"} for n in range(number)]
    security = [{f"s{n}": []} for n in range(number)]
    return dumped(
        document(
            {"/many": {"get": operation("many", tags=[f"t{n}" for n in range(number)])}},
            version="3.2.0", components={"securitySchemes": schemes}, servers=servers, tags=tags, security=security,
        )
    )  # fmt: skip


def _securities(operations: int, schemes: int) -> bytes:
    """A requirement of every scheme that every operation has."""
    named = {f"s{n}": {"type": "http", "scheme": "bearer"} for n in range(schemes)}
    paths = {f"/p{n}": {"get": operation(n)} for n in range(operations)}
    return dumped(document(paths, components={"securitySchemes": named}, security=[{name: [] for name in named}]))


def _servers_of_each(operations: int, servers: int) -> bytes:
    """The servers of one path item, for each of its operations."""
    shared = {"servers": [{"url": f"http://api{n}.test"} for n in range(servers)]}
    paths = {f"/p{n}": {"$ref": "#/x-shared", "get": operation(n)} for n in range(operations)}
    return dumped(document(paths, **{"x-shared": shared}))


def _shared_parameters(operations: int, parameters: int) -> bytes:
    """One long list of parameters that every path item refers to."""
    shared = {
        "parameters": [{"name": f"q{n}", "in": "query", "schema": {"type": "string"}} for n in range(parameters)],
        "get": operation("shared"),
    }
    paths = {f"/p{n}": {"$ref": "#/x-shared"} for n in range(operations)}
    return dumped(document(paths, **{"x-shared": shared}))


def _long_names() -> bytes:
    long = "n" * 1_000_000
    parameters = [
        {"name": long, "in": "query", "schema": {"type": "string"}},
        {"name": f"{{{long}}}", "in": "header", "schema": {"type": "string"}},
    ]
    paths = {
        f"/{long}": {"get": operation(long, parameters=parameters, tags=[long])},
        f"/{{{long}}}": {"get": operation("unfilled")},
        "/" + "a/" * 500_000: {"get": operation("deep")},
        "/" + "{a}/" * 100_000: {"get": operation("templates")},
    }
    return dumped(document(paths))


def _one_name(number: int) -> bytes:
    """As many operations of one operationId."""
    return dumped(document({f"/p{n}": {"get": operation("same")} for n in range(number)}))


def _duplicated_keys() -> bytes:
    member = '"/a": {"get": {"operationId": "a", "responses": {}}}'
    return patched(document({"HERE": 1}), '"HERE": 1', ", ".join([member] * 100_000))


def _many_descriptions(number: int) -> bytes:
    """Text that regular expressions may take long over."""
    texts = ("<" * 50_000, "<!--" * 20_000, "`" * 50_000, "<a " * 20_000, "<a b='" * 10_000, "\x1b]" * 20_000,
             "<template>" * 5_000, "&" * 50_000, "\n" * 50_000, " \n" * 30_000, "<script" * 10_000,
             "<a x=" + "a" * 50_000, "```\n" * 20_000, "<a" + " a" * 20_000, "\x1b[" + "0" * 50_000)  # fmt: skip
    paths = {
        f"/d{n}": {"get": operation(n, description=f"{n}{texts[n % len(texts)]}", summary=texts[n % len(texts)])}
        for n in range(number)
    }
    return dumped(document(paths))


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("openapi.json", dumped(document()))
    return packed.getvalue()


def _enum_bomb() -> bytes:
    return dumped(taking({"enum": [f"value {n}" for n in range(500_000)]}))


def _deep_values() -> bytes:
    """`const`, `default` and `enum` as deep as a document may be."""
    value: Json = 1
    for _ in range(85):
        value = [value]
    return dumped(taking({"properties": {"a": {"const": value}, "b": {"default": value}, "c": {"enum": [value]}}}))


def _surrogates() -> bytes:
    names = ("\ud800", "a\udfff", "\udbff\udbff")
    paths = {f"/{name}": {"get": operation(name, description=name)} for name in names}
    return dumped(document(paths))


CASES: dict[str, Hostile] = {
    # nesting and aliases
    "JSON objects 100,000 deep": Hostile(lambda: _nested('{"a":', "}")),
    "JSON arrays 100,000 deep": Hostile(lambda: _nested("[", "]")),
    "JSON arrays 10,000,000 deep, never closed": Hostile(lambda: b"[" * 10_000_000),
    "JSON 100,000 deep as text": Hostile(lambda: _nested('{"a":', "}"), as_text=True),
    "YAML block sequences 100,000 deep": Hostile(lambda: b"- " * 100_000 + b"a"),
    "YAML flow 100,000 deep": Hostile(lambda: _yaml([f"x: {'[' * 100_000}"])),
    "YAML flow mappings 100,000 deep": Hostile(lambda: _yaml([f"x: {'{a: ' * 100_000}"])),
    "YAML block mappings 2,000 deep": Hostile(lambda: _yaml([f"{' ' * n}k:" for n in range(2_000)], head=False)),
    "aliases, 9 levels of 10": Hostile(lambda: _alias_bomb(9, 10)),
    "aliases, 30 levels of 2": Hostile(lambda: _alias_bomb(30, 2)),
    "aliases within their bound in schemas": Hostile(_alias_schema_bomb),
    "merge keys that multiply": Hostile(_merge_bomb),
    "a wide mapping merged often": Hostile(_merge_wide),
    "2,000,000 YAML anchors": Hostile(lambda: _yaml(f"- &a{n} x" for n in range(2_000_000))),
    "490,000 YAML anchors": Hostile(lambda: _yaml(["x:", *(f"- &a{n} x" for n in range(490_000))])),
    "2,000,000 YAML anchors in a member": Hostile(lambda: _yaml(["x:", *(f"- &a{n} x" for n in range(2_000_000))])),
    "1,000,000 YAML aliases": Hostile(lambda: _yaml(["y: &a x", "x:", *(["- *a"] * 1_000_000)])),
    "YAML of 60 MB": Hostile(lambda: _yaml(["x:", *("- abcdefghijklmnopqrst: uvwxyz" for _ in range(1_900_000))])),
    "YAML comment of 60 MB": Hostile(lambda: _yaml(["# " + "c" * 60_000_000])),
    "YAML of 60 MB in lines of nothing": Hostile(lambda: _yaml(["\n" * 60_000_000])),
    "YAML plain text over 1,000,000 lines": Hostile(lambda: _yaml(["x:", *("  word" for _ in range(1_000_000))])),
    "YAML tags and directives": Hostile(lambda: b"%YAML 1.1\n---\nx: !!python/object/apply:os.system [id]\n"),
    # sizes
    "1,000,000 properties": Hostile(lambda: dumped(taking(_properties(1_000_000)))),
    "200,000 properties nobody uses": Hostile(lambda: _unused(_properties(200_000))),
    "1,000,000 properties nobody uses": Hostile(lambda: _unused(_properties(1_000_000))),
    "100,000 properties": Hostile(lambda: dumped(taking(_properties(100_000)))),
    "10,000 parameters": Hostile(lambda: _shared_parameters(1, 10_000)),
    "Swagger 2.0 of 100,000 paths": Hostile(lambda: _paths(100_000)),
    "OpenAPI 3.1 of 9,900 paths": Hostile(lambda: _paths(9_900, "3.1.0")),
    "OpenAPI 3.1 of 20,000 paths": Hostile(lambda: _paths(20_000, "3.1.0")),
    "20,000 operations of one operationId": Hostile(lambda: _one_name(20_000)),
    "a text of 16 MB": Hostile(lambda: _described(16_000_000)),
    "a text of 16 MB beyond ASCII": Hostile(lambda: _described(16_000_000, "\U0001f600")),
    "a text of 60 MB": Hostile(lambda: _described(60_000_000)),
    "a text of 60 MB beyond ASCII": Hostile(lambda: _described(60_000_000, "\U0001f600")),
    "a text of 60 MB as text": Hostile(lambda: _described(60_000_000), as_text=True),
    "60 MB of empty arrays": Hostile(lambda: _small_values("[]", 60)),
    "60 MB of empty objects": Hostile(lambda: _small_values("{}", 60)),
    "60 MB of zeros": Hostile(lambda: _small_values("0", 60)),
    "60 MB of small texts": Hostile(lambda: _small_values('"ab"', 60)),
    "60 MB of floats": Hostile(lambda: _small_values("1.5", 60)),
    "65 MB": Hostile(lambda: b" " * 68_000_000),
    "15 MB of empty arrays": Hostile(lambda: _small_values("[]", 15)),
    "450,000 empty arrays": Hostile(lambda: _small_values("[]", 1.35)),
    "450,000 empty objects": Hostile(lambda: _small_values("{}", 1.35)),
    "60 MB of blanks": Hostile(lambda: b" " * 60_000_000),
    "60 MB of blanks before a document": Hostile(lambda: b" " * 60_000_000 + dumped(document())),
    "broken JSON of 60 MB": Hostile(lambda: b"{" + b'"a": 1, ' * 7_000_000),
    "broken JSON of 900 KB": Hostile(lambda: b"{" + b'"a": 1, ' * 120_000),
    "100,000 servers, tags, schemes": Hostile(lambda: _many(100_000)),
    "20,000 servers, tags, schemes": Hostile(lambda: _many(20_000)),
    "90 operations with the same 2,000 parameters": Hostile(lambda: _shared_parameters(90, 2_000)),
    "24 operations with the same 2,000 parameters": Hostile(lambda: _shared_parameters(24, 2_000)),
    "2,000 operations that each need 2,000 schemes": Hostile(lambda: _securities(2_000, 2_000)),
    "2,000 operations with 2,000 servers each": Hostile(lambda: _servers_of_each(2_000, 2_000)),
    "2,000 operations with the same 2,000 parameters": Hostile(lambda: _shared_parameters(2_000, 2_000)),
    "server variables that multiply": Hostile(lambda: _server_bomb(12, 10)),
    "names of 1,000,000 characters": Hostile(_long_names),
    "an enum of 500,000": Hostile(_enum_bomb),
    "values as deep as may be": Hostile(_deep_values),
    # references
    "allOf that doubles 40 times": Hostile(lambda: _fan("allOf", 40)),
    "anyOf that doubles 90 times": Hostile(lambda: _fan("anyOf", 90)),
    "oneOf of 10, 9 times": Hostile(lambda: _fan("oneOf", 9, 10)),
    "allOf of 10, 9 times": Hostile(lambda: _fan("allOf", 9, 10)),
    "properties of 10, 9 times": Hostile(lambda: _fan_properties(9)),
    "references with siblings, 60 times 2": Hostile(lambda: _fan_siblings(60)),
    "hidden names in every combination": Hostile(lambda: _hidden_names(18)),
    "a chain of 15,000 schemas": Hostile(lambda: _references(15_000)),
    "a chain of 100,000 schemas": Hostile(lambda: _references(100_000)),
    "1,000 operations that each reach 1,000 schemas": Hostile(lambda: _every_operation_reaches_all(1_000, 1_000)),
    "20,000 operations that each reach 20,000 schemas": Hostile(lambda: _every_operation_reaches_all(20_000, 20_000)),
    "300 schemas that all refer to one another": Hostile(lambda: _circles(300)),
    "references through references, 3,000 times": Hostile(lambda: _pointer_chains(3_000)),
    "references to files and metadata addresses": Hostile(lambda: _schema_references(FORBIDDEN)),
    "references to 2,000 files": Hostile(lambda: _schema_references([f"other{n}.json" for n in range(2_000)])),
    "cyclic path items": Hostile(_cyclic_path_items),
    "an `$id` in each of 100,000 schemas": Hostile(lambda: _identified(100_000)),
    # names, numbers, patterns
    "prototype-like keys": Hostile(_magic),
    "huge numbers in JSON": Hostile(_numbers),
    "1e400 alone": Hostile(lambda: patched(document(x="HERE"), '"HERE"', "1e400")),
    "an integer of 100,000 digits": Hostile(lambda: patched(document(x="HERE"), '"HERE"', "1" * 100_000)),
    "huge numbers in YAML": Hostile(_yaml_numbers),
    "NaN and Infinity": Hostile(lambda: dumped(document(x=[float("nan"), float("inf")]))),
    "patterns that backtrack": Hostile(lambda: _patterns(200, "^(a+){N}(a+)+$")),
    "1,000 patterns that are large": Hostile(lambda: _patterns(1_000, r"^(\w{1,N}\s?){1,20}$")),
    "500 patterns of 300 large parts": Hostile(lambda: _patterns(500, "a{N}" + r"(?=[a-z]{1,4000}x)" * 300)),
    "500 patterns of 30 parts": Hostile(lambda: _patterns(500, "a{N}" + r"(?=[a-z]{1,400}x)" * 30)),
    "10,000 patterns": Hostile(lambda: _patterns(10_000, "^[a-z]{N}x+$")),
    "500 nested repeats": Hostile(lambda: _patterns(500, "((((a{1,90}){1,90}){1,9}){1,9}){N}")),
    "a pattern of 1 MB": Hostile(lambda: _patterns(1, "(a|b)" * 200_000)),
    "a pattern 10,000 deep": Hostile(lambda: _patterns(1, "(" * 10_000 + "a" + ")" * 10_000)),
    "hidden letters and terminal sequences": Hostile(_hidden),
    "hidden letters in 10,000 places": Hostile(lambda: _hidden_everywhere(10_000)),
    "descriptions that regular expressions fear": Hostile(lambda: _many_descriptions(60)),
    "duplicated keys": Hostile(_duplicated_keys),
    "duplicated keys in YAML": Hostile(lambda: _yaml(["x: 1"] * 100_000)),
    "halves of surrogate pairs": Hostile(_surrogates),
    # bytes
    "UTF-16 with a mark": Hostile(lambda: dumped(document()).decode().encode("utf-16")),
    "UTF-16 without": Hostile(lambda: dumped(document()).decode().encode("utf-16-le")),
    "UTF-32 with a mark": Hostile(lambda: dumped(document()).decode().encode("utf-32")),
    "UTF-32 without": Hostile(lambda: dumped(document()).decode().encode("utf-32-be")),
    "UTF-16 YAML without": Hostile(lambda: _yaml(["x: 1"]).decode().encode("utf-16-be")),
    "Latin-1": Hostile(lambda: json.dumps(document(x="caf\u00e9"), ensure_ascii=False).encode("latin-1")),
    "invalid UTF-8": Hostile(lambda: dumped(document(x="HERE")).replace(b"HERE", b"\xff\xc0\x80\xed\xa0\x80")),
    "a NUL": Hostile(lambda: dumped(document(x="HERE")).replace(b"HERE", b"\x00")),
    "1,000,000 NULs": Hostile(lambda: b"\x00" * 1_000_000),
    "a zip file": Hostile(_zip),
    "a gzip file": Hostile(lambda: gzip.compress(dumped(document()))),
    "gzip Content-Encoding": Hostile(lambda: gzip.compress(dumped(document())), encoding="gzip"),
    "a gzip Content-Encoding of 1 GB": Hostile(lambda: gzip.compress(b" " * 1_000_000_000, 9), encoding="gzip"),
    "HTML": Hostile(lambda: b"<!doctype html><html><head><title>Sign in</title></head><body>...</body></html>"),
    "HTML of 60 MB": Hostile(lambda: b"<html><title" + b" a" * 30_000_000),
    "a list": Hostile(lambda: b"[1, 2]"),
    "random bytes": Hostile(lambda: bytes(range(256)) * 1_000),
    "an empty document": Hostile(lambda: b""),
}  # fmt: skip
