"""Tools are found by what people say of them, whatever they say; what is not said of tools finds none."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small_documents import catalog_of, document, path_parameter
from specport.catalog.model import Catalog
from specport.catalog.search.index import SearchIndex
from specport.catalog.search.words import stem, words_of


def operation(name: str, tag: str = "Shop", /, **rest: Any) -> dict[str, Any]:
    """An operation with an answer, as documents have them."""
    return {"operationId": name, "tags": [tag], "responses": {"200": {"description": "Done."}}, **rest}


def answered(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}}


def sent(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


SHOP = document(
    {
        "/v1/customers": {
            "get": operation("customers_list", "Customers", summary="List all customers"),
            "post": operation(
                "customers_create", "Customers", summary="Create a customer",
                requestBody=sent({"properties": {"email_address": {"type": "string"}}}),
            ),
        },
        "/v1/customers/{id}": {
            "parameters": [path_parameter("id")],
            "get": operation("customers_get", "Customers", summary="Retrieve a customer"),
            "patch": operation("customers_update", "Customers", summary="Update a customer"),
            "delete": operation("customers_delete", "Customers", summary="Delete a customer"),
        },
        "/v1/customers/{id}/invoices": {
            "parameters": [path_parameter("id")],
            "get": operation("invoices_list", "Billing", summary="List the invoices of a customer"),
        },
        "/v1/machines/{id}/actions": {
            "parameters": [path_parameter("id")],
            "post": operation(
                "machine_actions", "Machines", description="Acts on a machine.",
                requestBody=sent({"oneOf": [
                    {"$ref": "#/components/schemas/Power"},
                    {"properties": {"type": {"const": "password_reset"}}},
                ]}),
            ),
        },
        "/v1/zones": {
            "get": operation("zones_list", "Places", summary="List the data center zones",
                             responses=answered({"$ref": "#/components/schemas/Zone"})),
        },
        "/v1/customResourceDefinitions": {
            "get": operation("listCustomResourceDefinition", "Kinds", description="Lists kinds."),
        },
        "/v1/old/customers": {
            "get": operation("old_customers_list", "Customers", summary="List all customers", deprecated=True),
        },
        "/v1/parcels.json": {
            "get": operation("parcels_list", "Post", summary="List parcels", description="On legacy plans, too."),
        },
        "/v1/parcels/{id}/labels/json": {
            "parameters": [path_parameter("id")],
            "get": operation("labels_list", "Post", summary="List labels of parcels"),
        },
        "/v1/drones/{id}": {
            "parameters": [path_parameter("id")],
            "get": operation("drone_get", "Post", summary="A drone, its load and its flights"),
        },
        "/v1/drones/{id}/flights": {
            "parameters": [path_parameter("id")],
            "post": operation("flight_create", "Post", summary="Create a flight"),
        },
        "/v1/loadBalancers": {"get": operation("load_balancers_list", "Network", summary="List all load balancers")},
        "/v1/gateways": {"get": operation("gateways_list", "Edge", summary="List all gateways")},
    },
    tags=[{"name": "Edge", "description": "Caches close to the visitors."}],
    components={
        "schemas": {
            "Power": {"properties": {"type": {"type": "string", "enum": ["reboot", "hibernate"]}}},
            "Zone": {"description": "Somewhere with electricity and cooling.", "properties": {"slug": {}}},
        },
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Catalog:
    """The tools of a small shop."""
    return catalog_of(SHOP)


@pytest.fixture(scope="module")
def index(shop: Catalog) -> SearchIndex:
    """Its index."""
    return SearchIndex(shop.tools, [shop])


def leaves(index: SearchIndex, query: str, limit: int = 3) -> Sequence[str]:
    """The last parts of the addresses of what is found."""
    return [found.tool.address.rpartition(".")[2] for found in index.find(query, limit=limit)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("list customers", "customersList"), ("show me all the customers", "customersList"),
        ("get a customer", "customersGet"), ("create customer", "customersCreate"),
        ("How do I add a new customer?", "customersCreate"), ("destroy a customer", "customersDelete"),
        ("get rid of a customer", "customersDelete"), ("edit a customer's name", "customersUpdate"),
        ("which customers are there", "customersList"), ("remove the buyer", "customersDelete"),
        ("throw this customer out", "customersDelete"), ("deleting customers", "customersDelete"),
        ("make the customer public", "customersUpdate"), ("customers", "customersList"),
        ("expel a customer", "customersDelete"), ("bring a customer up to date", "customersUpdate"),
        ("delete customer invoice-17", "customersDelete"),  # what ends in a number is the name of one
        ("customer orders: get all customers", "customersList"), ("my customers", "customersList"),
    ],
)  # fmt: skip
def test_a_verb_says_which_method_is_meant(index: SearchIndex, query: str, first: str) -> None:
    """Whatever word is taken for it, and whatever the document calls it."""
    assert leaves(index, query)[0] == first


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("invoices", "invoicesList"), ("what do I owe", "invoicesList"),  # a synonym
        ("datacenter", "zonesList"), ("regions", "zonesList"),  # two words in one; a synonym
        ("reboot", "machineActions"), ("restart my server", "machineActions"),  # a choice inside the body
        ("hibernation", "machineActions"), ("reset the password", "machineActions"),
        ("email address", "customersCreate"),  # a member of the body
        ("cooling", "zonesList"), ("caches for visitors", "gatewaysList"),  # of an answer; of a tag
        ("crd", "listCustomResourceDefinition"), ("loadbalancer", "loadBalancersList"),
        ("lod balancers", "loadBalancersList"), ("cutsomer invioces", "invoicesList"),  # slips
        ("LOAD-BALANCER", "loadBalancersList"), ("Löad bálancers", "loadBalancersList"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_tool_finds_it(index: SearchIndex, query: str, first: str) -> None:
    """Its own words, words that stand for them, their beginnings, and what it takes and gives."""
    assert leaves(index, query)[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "billing.invoicesList", "billing_invoicesList", "BILLING.INVOICESLIST", "invoices_list", "invoicesList",
        "GET /v1/customers/{id}/invoices", "get /v1/customers/{customer}/invoices", "/v1/customers/{id}/invoices",
    ],
)  # fmt: skip
def test_a_name_finds_what_it_names_first(index: SearchIndex, query: str) -> None:
    """Address, wire name, operationId, path: with the score of 1 that nothing else has."""
    first, *rest = index.find(query)
    assert (first.tool.address, first.score) == ("billing.invoicesList", 1.0)
    assert all(found.score < 1 for found in rest)


def test_a_path_finds_all_its_methods_and_with_a_method_one(index: SearchIndex) -> None:
    assert {found.tool.route.method for found in index.find("/v1/customers/{id}", limit=3) if found.tool.route} == {
        "GET", "PATCH", "DELETE",
    }  # fmt: skip
    assert leaves(index, "PATCH /v1/customers/{id}", 1) == ["customersUpdate"]


def test_what_is_deprecated_comes_after_what_is_not(index: SearchIndex) -> None:
    found = leaves(index, "list all customers", 10)
    assert found.index("customersList") < found.index("oldCustomersList")


def test_what_only_speaks_of_something_legacy_is_not_deprecated(index: SearchIndex) -> None:
    """Such as of old plans that have the feature as well."""
    assert leaves(index, "parcels")[0] == "parcelsList"


def test_the_form_of_an_answer_is_not_what_a_tool_is_about(index: SearchIndex) -> None:
    """Documents write it at the end of their paths."""
    assert leaves(index, "labels")[0] == "labelsList"
    assert leaves(index, "json") == []


def test_who_wants_to_check_something_may_have_to_make_it(index: SearchIndex) -> None:
    """What makes it comes before what only tells of it."""
    assert leaves(index, "check a flight", 2) == ["flightCreate", "droneGet"]


def test_the_best_come_first_each_once_with_scores_between_0_and_1(index: SearchIndex) -> None:
    found = index.find("list customers and their invoices", limit=50)
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len({each.tool.address for each in found}) == len(found) > 3
    assert index.find("list customers and their invoices", limit=2) == found[:2]


def test_one_source_is_searched_alone() -> None:
    """An unknown source has no tools."""
    small = catalog_of(SHOP)
    index = SearchIndex(small.tools, [small])
    assert [found.tool for found in index.find("customers", source="small")] == [
        found.tool for found in index.find("customers")
    ]
    assert index.find("customers", source="other") == []
    assert index.find("customers_list", source="other") == []


def test_the_order_of_the_tools_changes_nothing_but_ties(shop: Catalog) -> None:
    again = SearchIndex(shop.tools[::-1], [shop])
    index = SearchIndex(shop.tools, [shop])
    for query in ("delete a customer", "reboot", "invoices"):
        assert leaves(index, query, 1) == leaves(again, query, 1)


@pytest.mark.parametrize(
    "query",
    [
        "", " ", "!!!", "*", "\x00", '" OR 1=1 --', "NEAR(a, 5)", "a AND OR NOT (", "col:customers^2",
        "' ; drop table x", "\ud800", "\u202e\u200b", "{}", "GET", "GET ", "/", "GET /", "GET /" + "{" * 5_000,
        "the of and", "x" * 1_000_000,
        "customer " * 200_000, "\n".join("qwrtz" + chr(97 + number % 26) * 5 for number in range(5_000)),
    ],
)  # fmt: skip
def test_hostile_queries_are_only_words(index: SearchIndex, query: str) -> None:
    """No syntax, no bound exceeded, no error."""
    assert len(index.find(query, limit=5)) <= 5


@given(st.text())
@settings(max_examples=200)
def test_any_text_is_a_query(query: str) -> None:
    """The same answer each time, its tools in order of their scores."""
    catalog = catalog_of(document({"/things": {"get": operation("list_things")}, "/t": {"put": operation("t")}}))
    index = SearchIndex(catalog.tools)
    found = index.find(query)
    assert found == index.find(query)


def test_nothing_is_found_where_nothing_is_known(index: SearchIndex) -> None:
    assert index.find("zzzz qqqq") == []
    assert SearchIndex(()).find("customers") == []


def test_many_threads_make_one_index_and_search_it(shop: Catalog) -> None:
    """Who comes while it is made waits for it."""
    index = SearchIndex(shop.tools, [shop])
    barrier = threading.Barrier(8)

    def search(_: int) -> Sequence[str]:
        barrier.wait()
        return leaves(index, "delete a customer")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(search, range(8)))
    assert answers == [answers[0]] * 8


@pytest.mark.parametrize(
    "family",
    [
        "deploy deploys deployed deploying deployment deployments", "create creates created creating creation creator",
        "subscribe subscribed subscription subscriptions subscriber", "delete deleted deletion", "policy policies",
        "stop stopped stopping", "cancel cancelled canceled cancellation", "finalize finalise finalised finalizing",
        "notify notified notification", "migrate migration migrating", "address addresses", "person people",
        "comment comments", "status", "define definition", "key keys",
    ],
)  # fmt: skip
def test_words_of_a_family_have_one_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getSSHKeys_v2", "get ssh keys v2"), ("VPCs and IPs", "vpcs and ips"),
        ("load-balancer/all", "load balancer all"),
        ("Größe", "große"), ("1-Click Apps", "1 click apps"), ("", ""), ("k8s", "k8s"),
    ],
)  # fmt: skip
def test_identifiers_are_split_into_words(text: str, words: str) -> None:
    assert words_of(text) == words.split()
