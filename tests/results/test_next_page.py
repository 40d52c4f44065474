"""The next page: the exact arguments that the same tool takes, and nothing where the API names none."""

from __future__ import annotations

import orjson
import pytest

from specport.catalog.model import Binding, Route
from specport.executor.model import Exchange
from specport.results.asked import Asked, Inputs
from specport.results.build import build_result
from specport.results.model import Conventions

ROUTE = Route(
    "test",
    "GET",
    "/v2/droplets",
    bindings=(
        Binding("per_page", "query", "per_page"),
        Binding("page", "query", "page"),
        Binding("cursor", "query", "page[after]"),
        Binding("tags", "query", "tag", explode=True),
        Binding("region", "header", "region"),
    ),
)
TAKES_ALL = Inputs(ROUTE, lambda arguments: arguments, frozenset)
DIGITALOCEAN = Conventions(next_page="links.pages.next", total="meta.total")
BASE = "https://api.digitalocean.com/v2/droplets"


def notes(body: object, arguments: dict[str, object], conventions: Conventions = DIGITALOCEAN, link: str = "") -> str:
    """The notes beside an answer, as one text."""
    headers = {"content-type": "application/json"} | ({"link": link} if link else {})
    exchange = Exchange(200, headers, orjson.dumps(body))
    asked = Asked(TAKES_ALL, arguments)
    result = build_result(exchange, asked=asked, conventions=conventions, has_credential=True)
    assert result.structured is None or not result.notes
    return "\n".join(result.notes)


def page(next_url: object, total: object = 45) -> dict[str, object]:
    return {"droplets": [], "links": {"pages": {"next": next_url}}, "meta": {"total": total}}


def test_the_next_page_is_given_as_arguments() -> None:
    """DigitalOcean's links, with the total, and the arguments of this call kept."""
    said = notes(page(f"{BASE}?page=3&per_page=20"), {"per_page": 20, "page": 2})
    assert said == 'There are more, 45 in all. Next page: call again with {"per_page":20,"page":3}'


def test_arguments_that_the_url_adds_are_included() -> None:
    """A page size that the API chose goes along, under the argument's name where that differs from the wire's."""
    said = notes(page(f"{BASE}?page%5Bafter%5D=a%2Fb%3D&per_page=20"), {"tags": ["a", "b"]})
    assert said.endswith('call again with {"tags":["a","b"],"per_page":20,"cursor":"a/b="}')


@pytest.mark.parametrize("value", ["007", "1e3", "٣", "123456789012345678901", "-1"])
def test_a_cursor_that_only_looks_like_a_number_stays_text(value: str) -> None:
    """Leading zeros and long digits mean something in a cursor."""
    assert notes(page(f"{BASE}?page%5Bafter%5D={value}"), {}).endswith(orjson.dumps({"cursor": value}).decode())


def test_lists_in_the_url_change_no_list_of_the_call() -> None:
    """A repeated parameter is not mistaken for a changed one."""
    said = notes(page(f"{BASE}?tag=a&tag=b&page=2"), {"tags": ["a", "b"]})
    assert said.endswith('call again with {"tags":["a","b"],"page":2}')


@pytest.mark.parametrize(
    "body",
    [
        {"droplets": []},
        page(None),
        page(""),
        page(7),
        page(f"{BASE}?page=2"),
        page("http://[broken"),
        page(f"{BASE}?unknown=2"),
        {"links": "none"},
        [],
    ],
)
def test_the_last_page_says_nothing(body: object) -> None:
    """No next URL, a broken one, or one that would make the same call again: no note."""
    assert notes(body, {"page": 2}) == ""


@pytest.mark.parametrize(
    "link",
    [
        f'<{BASE}?page=5>; rel="next"',
        f'<{BASE}?page=1>; rel="prev", <{BASE}?page=5>; rel=next, <{BASE}?page=9>; rel="last"',
        f'<{BASE}?page=5>; title="x"; REL="Next"',
    ],
)
def test_the_link_header_is_used_where_the_source_says_nothing(link: str) -> None:
    """RFC 8288: the relation `next`, among others."""
    assert '{"page":5}' in notes({"items": []}, {}, Conventions(), link)


def test_a_link_header_without_next_says_nothing() -> None:
    """Other relations are no next page."""
    assert notes({"items": []}, {}, Conventions(), f'<{BASE}?page=9>; rel="last"') == ""


def test_a_total_that_is_no_number_is_left_out() -> None:
    """The note does not repeat whatever stands there."""
    assert "in all" not in notes(page(f"{BASE}?page=2", total="many"), {})
