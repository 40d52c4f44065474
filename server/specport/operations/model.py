"""Frozen values of the operations room: what the document says of each method+path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from specport.documents.model import Problem

KEY = "x-specport"
"""The member of a document by which it says something of its tools beyond OpenAPI (docs/hints.md)."""


class Location(StrEnum):
    """Where a parameter travels (OAS 3.1 section 4.8.12.1; 3.2 adds the whole query string)."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    QUERYSTRING = "querystring"


@dataclass(frozen=True, slots=True)
class OperationKey:
    """What identifies an operation: source name, method as it is sent, path template."""

    source: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `schema` is the raw Schema Object at `pointer`; `content_type` is set instead of a style.

    `allow_empty`: the empty text may be sent whatever the schema says (`allowEmptyValue`, OAS 3.1 section 4.8.12.2).
    """

    name: str
    location: Location
    required: bool
    style: str
    explode: bool
    allow_reserved: bool
    schema: object
    pointer: str
    description: str = ""
    deprecated: bool = False
    content_type: str | None = None
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """One media type of a body or answer; `schema` is raw and stands at `pointer`, None when not given.

    `encoding` by the name of a property; `prefix_encoding` and `item_encoding` by position (OAS 3.2 section 4.14.1).
    """

    content_type: str
    schema: object
    pointer: str
    encoding: Mapping[str, object] = field(default_factory=dict[str, object])
    prefix_encoding: tuple[object, ...] = ()
    item_encoding: object = None


@dataclass(frozen=True, slots=True)
class Body:
    """The request body; `media` in document order, never empty."""

    required: bool
    media: tuple[Media, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `status` as written (`200`, `4XX`, `default`)."""

    status: str
    media: tuple[Media, ...]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OAuthFlow:
    """One OAuth 2.0 flow of a scheme (OAS 3.1 section 4.8.29). URLs are as written, "" where there is none.

    `kind`: clientCredentials, authorizationCode, implicit, password, or whatever else the document calls it.
    """

    kind: str
    authorization_url: str = ""
    token_url: str = ""
    refresh_url: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """One way to authenticate. `kind` is apiKey, http, oauth2, openIdConnect or mutualTLS.

    `scheme` is the HTTP authentication scheme in lower case; `location` and `parameter` belong to apiKey, `flows` to
    oauth2.
    """

    name: str
    kind: str
    scheme: str = ""
    location: str = ""
    parameter: str = ""
    description: str = ""
    flows: tuple[OAuthFlow, ...] = ()


@dataclass(frozen=True, slots=True)
class HintedLimit:
    """A limit that a document states: at most `amount` units in any `window` seconds, or at once where that is 0.

    It is counted for one operation, for all of a `path` where `method` is empty, or for all where both are.
    `weight` names the array of the JSON body whose length a call costs.
    """

    name: str
    amount: int
    window: float
    method: str = ""
    path: str = ""
    weight: str = ""


@dataclass(frozen=True, slots=True)
class Pagination:
    """How answers tell what follows them, by dotted paths in them; `-1` in one is the last item of a list.

    `next_page`: the URL of the next page, or with `argument` what that parameter, or member of the body, takes for it;
    with `more` only where that is true. `pages` or `items` in its place count `argument` up: by one as long as there
    are so many pages, or by the length of the list of items until the total is reached.
    """

    next_page: str = ""
    argument: str = ""
    more: str = ""
    pages: str = ""
    items: str = ""


@dataclass(frozen=True, slots=True)
class DocumentHints:
    """What `x-specport` says for a whole document: limits, and dotted paths in answers, empty where it says none."""

    limits: tuple[HintedLimit, ...] = ()
    pagination: Pagination | None = None
    total: str = ""
    error_message: str = ""
    error_id: str = ""


@dataclass(frozen=True, slots=True)
class OperationHints:
    """What `x-specport` says of one operation, or of its path, its tags or the document where it says nothing itself.

    `address` is a leaf or group and leaf, not yet known to be free. `pagination` and `total`: of the operation or its
    path alone.
    """

    address: str = ""
    is_hidden: bool = False
    needs_approval: bool = False
    pagination: Pagination | None = None
    total: str = ""


NO_HINTS = OperationHints()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method+path with everything a tool and its request need.

    `security` lists alternatives, each the names of schemes that go together; an empty alternative means none
    needed. `servers` are absolute or relative URLs with variables already at their defaults. `accept` are the only
    texts that the document takes in that header, where it lists them.
    """

    key: OperationKey
    pointer: str
    operation_id: str
    tags: tuple[str, ...]
    summary: str
    description: str
    deprecated: bool
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...]
    servers: tuple[str, ...]
    accept: tuple[str, ...] = ()
    hints: OperationHints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Operations:
    """Everything read from one document: operations in document order, what was wrong, and the document's facts.

    `tag_parents` maps a tag to the one it belongs under (OAS 3.2), `tag_texts` to what the document says of it.
    """

    source: str
    title: str
    version: str
    description: str
    operations: tuple[Operation, ...]
    problems: tuple[Problem, ...]
    schemes: Mapping[str, SecurityScheme]
    servers: tuple[str, ...]
    tag_parents: Mapping[str, str] = field(default_factory=dict[str, str])
    tag_texts: Mapping[str, str] = field(default_factory=dict[str, str])
    hints: DocumentHints = DocumentHints()
