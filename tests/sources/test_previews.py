"""What adding a document would do, told before it is done: facts for programs, a dozen lines for a model."""

from __future__ import annotations

import orjson
import pytest
from source_documents import PATHS, Open, document, operation

from specport.catalog.listing import BYTES_PER_TOKEN, listed
from specport.catalog.model import Filters, Form
from specport.errors import DocumentError
from specport.sources.model import Origin
from specport.sources.preview.model import Preview
from specport.sources.preview.text import as_text
from specport.sources.registry import Registry
from specport.sources.specification import Specification

pytestmark = pytest.mark.anyio


async def previewed(registry: Registry, spec: str, **more: object) -> Preview:
    return await registry.preview(Specification(spec, **more), Origin.TOOL)  # type: ignore[arg-type]


async def test_a_preview_counts_what_would_come(open_registry: Open) -> None:
    """Operations, what they may change, tags with counts, where requests go, the first addresses."""
    found = await previewed(open_registry(), document())
    assert (found.title, found.version, found.uri) == ("Pet Shop API", "2.1", "given as text")
    assert (found.operations, found.read_only, found.destructive) == (3, 1, 1)
    assert found.base_url == "https://pets.example.com/v1"
    assert found.servers == ("https://pets.example.com/v1",)
    assert [(tag.tag, tag.tools) for tag in found.tags] == [("Pets", 2), ("Writing", 1)]
    assert found.first_addresses[0] == "pet_shop.pets.createPet"
    assert found.problem_count == 0


async def test_a_preview_changes_nothing(open_registry: Open) -> None:
    """Nothing is opened, kept or cached by looking."""
    registry = open_registry()
    await previewed(registry, document())
    assert registry.opened == {}
    assert open_registry().opened == {}


async def test_tokens_are_those_of_the_list_that_would_be_shown(open_registry: Open) -> None:
    """The estimate is of the real entries, and tags and worst tools add up to it."""
    registry = open_registry()
    found = await previewed(registry, document())
    added = await registry.add(Specification(document()), Origin.TOOL)
    entries = [listed(tool, dotted=False, form=Form.LEAN) for tool in added.opened.catalog.tools]
    seen = [{key: entry[key] for key in ("name", "description", "inputSchema")} for entry in entries]
    exact = sum(len(orjson.dumps(entry)) for entry in seen) / BYTES_PER_TOKEN
    assert exact <= found.tokens < exact + len(entries)
    assert sum(tag.tokens for tag in found.tags) == found.tokens
    assert found.heaviest[0].tokens == max(tool.tokens for tool in found.heaviest)


async def test_filters_apply_to_a_preview(open_registry: Open) -> None:
    """What is previewed is what would be added."""
    found = await previewed(open_registry(), document(), filters=Filters(tags=("Pets",)))
    assert found.operations == 2
    assert (await previewed(open_registry(), document(), filters=Filters(tags=("none",)))).operations == 0


async def test_problems_are_listed_with_their_place(open_registry: Open) -> None:
    """A broken operation is left out with a JSON Pointer and a reason; the others stay."""
    paths = {**PATHS, "/broken": {"get": operation("broken", parameters=[{"name": "x"}])}}
    found = await previewed(open_registry(), document(paths=paths))
    assert found.operations == 3
    assert found.problem_count == 1
    assert found.problems[0].severity == "error"
    assert found.problems[0].pointer.startswith("/paths/~1broken/get/parameters/0")
    assert "- error at /paths/~1broken/get/parameters/0" in as_text(found)


async def test_many_problems_are_bounded_and_counted(open_registry: Open) -> None:
    """Errors come before warnings, and the facts say how many more there are."""
    found = await previewed(open_registry(), many_problems())
    assert [problem.severity for problem in found.problems] == ["error"] * 20 + ["warning"] * 30
    assert (found.problem_count, found.problems_left) == (60, 10)
    assert (found.left_out, found.warnings) == (20, 40)


async def test_the_same_reason_is_told_once(open_registry: Open) -> None:
    """With how many operations it is about, and the first of them."""
    found = await previewed(open_registry(), many_problems())
    assert [(reason.severity, reason.count) for reason in found.reasons] == [("error", 20), ("warning", 40)]
    assert found.reasons[0].pointer == "/paths/~1b0/get/parameters/0"
    lines = as_text(found).splitlines()
    assert "Left out: 20 operations, 40 warnings" in lines
    said = "- 20 errors, the first at /paths/~1b0/get/parameters/0: the parameter 'x' is"
    assert any(line.startswith(said) for line in lines)


def many_problems() -> str:
    vague = operation("vague", parameters=[{"name": "q", "in": "query", "schema": {"type": "string", "pattern": "("}}])
    broken = operation("broken", parameters=[{"name": "x"}])
    paths = {f"/w{n}": {"get": vague} for n in range(40)} | {f"/b{n}": {"get": broken} for n in range(20)}
    return document(paths=paths)


async def test_a_preview_names_the_source(open_registry: Open) -> None:
    """As adding it would, and the command that adds it has the filters and the base URL that were given."""
    filters = Filters(tags=("Two words",), operations=("GET /pets",))
    found = await previewed(open_registry(), document(), filters=filters, base_url="https://other.example.com")
    assert found.name == "pet_shop"
    assert found.add_command == (
        "specport add FILE --base-url https://other.example.com --tag 'Two words' --operation 'GET /pets'"
    )


async def test_a_long_text_is_not_repeated_as_its_own_place(open_registry: Open, web: dict[str, str]) -> None:
    """A URL of thousands of characters is shortened."""
    url = f"https://docs.example.com/?{'x' * 3000}"
    web[url] = document()
    assert len((await previewed(open_registry(), url)).uri) == 200


async def test_what_is_no_document_cannot_be_previewed(open_registry: Open) -> None:
    """The same error that adding it would give."""
    with pytest.raises(DocumentError, match="given as text: has no paths"):
        await previewed(open_registry(), '{"openapi": "3.1.0"}')
