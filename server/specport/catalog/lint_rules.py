"""The rules of each client, as data: what it does with a tool that breaks one, what to do, and who says so.

An error is a tool, or a request with it, that the client refuses; a warning is one that it takes in part, or changes.
Looked up in November 2026; `source` names the documentation, source code or thread that a rule is from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from specport.catalog import lint_checks as check
from specport.catalog.lint_checks import Check
from specport.catalog.lint_model import Client, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a client does, with what to do about it, and who says so."""

    client: Client
    id: str
    severity: Severity
    sentence: str
    advice: str
    source: str


@dataclass(frozen=True, slots=True)
class ToolRule(Rule):
    """A rule about each tool; `check` names every place that breaks it."""

    check: Check


@dataclass(frozen=True, slots=True)
class ListRule(Rule):
    """A rule about all names, given what the client's configuration calls the server."""

    check: Callable[[Sequence[str], str], Iterator[str]]


_KEYS = r"[a-zA-Z0-9_.-]{1,64}"
_UNIONS = ("oneOf", "anyOf", "allOf")
_CONDITIONS = ("if", "then", "else")
_NAMES = "List portable names: --tool-names portable"
_SHORTER = "Give the server a shorter name in the client's configuration; --server-name checks one"
_FEWER = "Serve fewer tools: --read-only, or a source added with only some of its tags or operations"
_OURS = "A schema as specport builds it does not do this: report the document"
_OVERLAY = "Describe this part of the document in other words with an overlay"
_STRICT = "Leave strict mode off for these tools; their arguments are checked before a request is sent all the same"

_MCP_NAME = "https://modelcontextprotocol.io/specification/2025-11-25/server/tools (name: a unique identifier)"
_ANTHROPIC = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools"
_ANTHROPIC_UNIONS = "https://github.com/nspady/google-calendar-mcp/issues/39"
_ANTHROPIC_KEYS = "https://github.com/beautyfree/appstore-connect-mcp/issues/2"
_ANTHROPIC_INNER = (
    "https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/709"
)
_CLAUDE_CODE_NAME = "https://github.com/anthropics/claude-code/issues/16425"
_CLAUDE_CODE_TEXT = "https://code.claude.com/docs/en/mcp"
_OPENAI_FUNCTIONS = "https://platform.openai.com/docs/api-reference/chat/create (tools.function)"
_OPENAI_ROOT = "https://github.com/langchain-ai/langchainjs/issues/9804"
_OPENAI_ITEMS = "https://github.com/PrefectHQ/fastmcp/issues/2464"
_OPENAI_TEXT = "error string_above_max_length of tools[].function.description"
_OPENAI_STRICT = "https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"
_GEMINI_NAME = "https://ai.google.dev/gemini-api/docs/function-calling"
_GEMINI_ITEMS = "https://github.com/cline/cline/issues/7339"
_GEMINI_SUBSET = "https://ai.google.dev/api/generate-content (parametersJsonSchema, responseJsonSchema)"
_GEMINI_ENUM = "https://github.com/diegosouzapw/OmniRoute/pull/760"
_GEMINI_COUNT = "https://github.com/google-gemini/gemini-cli/issues/19083"
_VSCODE_SCHEMA = "microsoft/vscode-copilot-chat: src/extension/tools/common/toolSchemaNormalizer.ts"
_VSCODE_NAME = "microsoft/vscode: src/vs/workbench/contrib/mcp/common/mcpTypes.ts (McpToolName)"
_VSCODE_COUNT = "https://github.com/microsoft/vscode-copilot-release/issues/11653"
_CURSOR_NAME = "https://github.com/ComposioHQ/composio/issues/2788"
_CURSOR_COUNT = "https://github.com/Snowflake-Labs/mcp/issues/77"

_SUBSET_UNSUPPORTED = (
    "allOf", "not", *_CONDITIONS, "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames",
    "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains",
)  # fmt: skip

_CLAUDE_RULES = (
    ToolRule(
        Client.CLAUDE, "name", Severity.ERROR, "names are letters, digits, _ and -, at most 128", _NAMES, _ANTHROPIC,
        check.name_matches(r"[a-zA-Z0-9_-]{1,128}"),
    ),
    ToolRule(
        Client.CLAUDE, "name-in-full", Severity.WARNING,
        "Claude Code's tool search fails for mcp__<server>__<tool> over 64 characters", _SHORTER, _CLAUDE_CODE_NAME,
        check.prefixed_within("mcp__{server}__", 64),
    ),
    ToolRule(
        Client.CLAUDE, "root-object", Severity.ERROR, "the input schema is an object", _OURS, _ANTHROPIC,
        check.root_is_object,
    ),
    ToolRule(
        Client.CLAUDE, "root-union", Severity.ERROR, "no oneOf, anyOf, allOf at the top level", _OURS,
        _ANTHROPIC_UNIONS, check.root_without(*_UNIONS),
    ),
    ToolRule(
        Client.CLAUDE, "argument-keys", Severity.ERROR, f"arguments are called ^{_KEYS}$", _OURS, _ANTHROPIC_KEYS,
        check.root_keys_match(_KEYS),
    ),
    ToolRule(
        Client.CLAUDE, "inner-keys", Severity.WARNING,
        f"keys inside a body that are not ^{_KEYS}$ are taken today; only arguments are checked", _OVERLAY,
        _ANTHROPIC_INNER, check.inner_keys_match(_KEYS),
    ),
    ToolRule(
        Client.CLAUDE, "valid", Severity.ERROR, "the schema is valid JSON Schema 2020-12", _OURS, _ANTHROPIC,
        check.valid_2020_12(),
    ),
    ToolRule(
        Client.CLAUDE, "description", Severity.WARNING, "Claude Code cuts descriptions at 2,048 characters",
        "Shorten it with an overlay", _CLAUDE_CODE_TEXT, check.described_within(2048),
    ),
)  # fmt: skip


def _function_rules(client: Client) -> tuple[ToolRule, ...]:
    """What OpenAI asks of every function, strict or not."""
    return (
        ToolRule(
            client, "name", Severity.ERROR, "names are letters, digits, _ and -, at most 64", _NAMES,
            _OPENAI_FUNCTIONS, check.name_matches(r"[a-zA-Z0-9_-]{1,64}"),
        ),
        ToolRule(
            client, "description", Severity.ERROR, "descriptions have at most 1,024 characters",
            "Shorten it with an overlay", _OPENAI_TEXT, check.described_within(1024),
        ),
        ToolRule(
            client, "root-object", Severity.ERROR, "the parameters are an object", _OURS, _OPENAI_ROOT,
            check.root_is_object,
        ),
        ToolRule(
            client, "root-union", Severity.ERROR, "no oneOf, anyOf, allOf, enum, not at the top level", _OURS,
            _OPENAI_ROOT, check.root_without(*_UNIONS, "enum", "not"),
        ),
        ToolRule(
            client, "items", Severity.ERROR, "every array says what its items are", _OURS, _OPENAI_ITEMS,
            check.arrays_have_items,
        ),
    )  # fmt: skip


_STRICT_RULES = (
    *_function_rules(Client.OPENAI_STRICT),
    ToolRule(
        Client.OPENAI_STRICT, "required", Severity.ERROR, "every property is required", _STRICT, _OPENAI_STRICT,
        check.all_required,
    ),
    ToolRule(
        Client.OPENAI_STRICT, "closed", Severity.ERROR, "every object has additionalProperties: false", _STRICT,
        _OPENAI_STRICT, check.objects_are_closed,
    ),
    ToolRule(
        Client.OPENAI_STRICT, "keywords", Severity.ERROR, "keywords outside the supported subset are refused", _STRICT,
        _OPENAI_STRICT, check.without("oneOf", "uniqueItems", "minProperties", "maxProperties", *_SUBSET_UNSUPPORTED),
    ),
    ToolRule(
        Client.OPENAI_STRICT, "typed", Severity.ERROR, "every schema has a type", _STRICT, _OPENAI_STRICT,
        check.everything_is_typed,
    ),
    ToolRule(
        Client.OPENAI_STRICT, "format", Severity.ERROR, "only some formats are known", _STRICT, _OPENAI_STRICT,
        check.formats_among(
            "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
        ),
    ),
    ToolRule(
        Client.OPENAI_STRICT, "size", Severity.ERROR, "schemas have a largest size", _STRICT, _OPENAI_STRICT,
        check.size_within(properties=5_000, depth=10, choices=1_000, text=120_000),
    ),
    ToolRule(
        Client.OPENAI_STRICT, "long-enum", Severity.ERROR,
        "an enum of over 250 strings has at most 15,000 characters", _STRICT, _OPENAI_STRICT,
        check.long_choices_within(more_than=250, text=15_000),
    ),
)  # fmt: skip

_GEMINI_RULES = (
    ToolRule(
        Client.GEMINI, "name", Severity.ERROR,
        "names start with a letter or _ and go on with letters, digits, _ . : -, at most 64", _NAMES, _GEMINI_NAME,
        check.name_matches(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}"),
    ),
    ToolRule(
        Client.GEMINI, "root-object", Severity.ERROR, "the parameters are an object", _OURS, _GEMINI_NAME,
        check.root_is_object,
    ),
    ToolRule(
        Client.GEMINI, "items", Severity.ERROR, "every array says what its items are", _OURS, _GEMINI_ITEMS,
        check.arrays_have_items,
    ),
    ToolRule(
        Client.GEMINI, "enum", Severity.WARNING,
        "an enum of other than strings is left out by clients that send `parameters`", _OVERLAY, _GEMINI_ENUM,
        check.choices_are_text,
    ),
    ToolRule(
        Client.GEMINI, "keywords", Severity.WARNING, "keywords outside the supported subset are not heeded",
        "Nothing is lost: arguments are checked before a request is sent, with all of it", _GEMINI_SUBSET,
        check.without("uniqueItems", "minProperties", "maxProperties", *_SUBSET_UNSUPPORTED),
    ),
    ToolRule(
        Client.GEMINI, "recursion", Severity.WARNING, "a recursive schema is unrolled a few levels only", _OVERLAY,
        _GEMINI_SUBSET, check.no_recursion,
    ),
)  # fmt: skip

_VSCODE_RULES = (
    ToolRule(
        Client.VSCODE, "name", Severity.WARNING, "characters other than letters, digits, _ and - become _", _NAMES,
        _VSCODE_NAME, check.name_matches(r"[a-zA-Z0-9_-]+"),
    ),
    ToolRule(
        Client.VSCODE, "name-in-full", Severity.WARNING, "mcp_<server>_<tool> is cut at 64 characters", _SHORTER,
        _VSCODE_NAME, check.vscode_name_within(64),
    ),
    ToolRule(
        Client.VSCODE, "root-object", Severity.ERROR, "without an object at the root all arguments are dropped", _OURS,
        _VSCODE_SCHEMA, check.root_is_object,
    ),
    ToolRule(
        Client.VSCODE, "root-union", Severity.WARNING, "unions and conditions at the root are dropped", _OURS,
        _VSCODE_SCHEMA, check.root_without(*_UNIONS, "not", *_CONDITIONS),
    ),
    ToolRule(
        Client.VSCODE, "valid", Severity.ERROR, "the schema is valid JSON Schema draft 7 too", _OURS, _VSCODE_SCHEMA,
        check.valid_draft_7(),
    ),
    ToolRule(
        Client.VSCODE, "items", Severity.ERROR, "every array says what its items are", _OURS, _VSCODE_SCHEMA,
        check.arrays_have_items,
    ),
    ToolRule(
        Client.VSCODE, "required", Severity.WARNING, "required names that are no property are dropped",
        "Nothing is lost: arguments are checked before a request is sent, with all of it", _VSCODE_SCHEMA,
        check.required_are_declared,
    ),
)  # fmt: skip

_CURSOR_RULES = (
    ToolRule(
        Client.CURSOR, "name-in-full", Severity.ERROR,
        "a tool is left out when its name and the server's come to 60 characters or more", _SHORTER, _CURSOR_NAME,
        check.prefixed_within("{server}", 59),
    ),
)  # fmt: skip

RULES: tuple[ToolRule, ...] = (
    *_CLAUDE_RULES, *_function_rules(Client.OPENAI), *_STRICT_RULES, *_GEMINI_RULES, *_VSCODE_RULES, *_CURSOR_RULES,
)  # fmt: skip
"""What is asked of each tool."""


def _at_most(limit: int) -> Callable[[Sequence[str], str], Iterator[str]]:
    """The list is longer than a client takes."""

    def broken(names: Sequence[str], server_name: str) -> Iterator[str]:
        del server_name
        if len(names) > limit:
            yield f"{len(names):,} tools"

    return broken


def _cut_names_differ(names: Sequence[str], server_name: str) -> Iterator[str]:
    """Names that VS Code cuts to the same identifier."""
    seen: dict[str, str] = {}
    for name in names:
        cut = check.vscode_name(server_name, name)[:64]
        if cut in seen:
            yield f"{seen[cut]} and {name} are both {cut}"
        seen.setdefault(cut, name)


def _names_differ(names: Sequence[str], server_name: str) -> Iterator[str]:
    """The same name twice."""
    del server_name
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


LIST_RULES: tuple[ListRule, ...] = (
    *(
        ListRule(
            client, "unique", Severity.ERROR, "two tools have the same name", _OURS, _MCP_NAME, _names_differ
        )
        for client in Client
    ),
    *(
        ListRule(
            client, "count", Severity.WARNING, "a request takes at most 128 functions", _FEWER, _OPENAI_FUNCTIONS,
            _at_most(128),
        )
        for client in (Client.OPENAI, Client.OPENAI_STRICT)
    ),
    ListRule(
        Client.GEMINI, "count", Severity.WARNING, "a request takes at most 512 functions", _FEWER, _GEMINI_COUNT,
        _at_most(512),
    ),
    ListRule(
        Client.VSCODE, "count", Severity.WARNING, "a request takes at most 128 tools; beyond that they are grouped",
        _FEWER, _VSCODE_COUNT, _at_most(128),
    ),
    ListRule(
        Client.VSCODE, "cut-names", Severity.ERROR, "tools have the same name once cut at 64 characters", _SHORTER,
        _VSCODE_NAME, _cut_names_differ,
    ),
    ListRule(
        Client.CURSOR, "count", Severity.WARNING, "a warning from 80 tools on; older versions send the first 40",
        _FEWER, _CURSOR_COUNT, _at_most(80),
    ),
)  # fmt: skip
"""What is asked of the list as a whole."""
