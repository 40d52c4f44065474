"""OAuth clients: what the operator wrote of them, filled up with what the document says of the flow.

An operator writes a table in a manifest, or a file of the same keys that `--credential SCHEME=oauth:PATH` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field, PlainValidator, ValidationError

from specport.documents.load import read_file
from specport.errors import SourceError
from specport.executor.addresses import is_private_host, origin_of
from specport.executor.auth.references import check_reference, is_reference
from specport.executor.model import Flow, OAuthClient
from specport.operations.model import OAuthFlow, SecurityScheme
from specport.sources.model import Origin, Source, is_on_web
from specport.sources.written import Strict, checked, first_fault

FLOW_KINDS = {Flow.CLIENT_CREDENTIALS: "clientCredentials", Flow.AUTHORIZATION_CODE: "authorizationCode"}


def _reference(value: str) -> str:
    """A reference that does not come with a client's request: every caller would be another OAuth client."""
    try:
        return check_reference(value, inbound=False)
    except SourceError as error:
        raise ValueError(error.message) from error


def _name(value: str) -> str:
    return _reference(value) if is_reference(value) else value


def _url(value: str) -> str:
    if not origin_of(value) or not value.isprintable() or " " in value:
        raise ValueError("it must be an http(s) URL")
    return value


_Url = Annotated[str, AfterValidator(_url)]


class ClientEntry(Strict):
    """`[auth.SCHEME]`: an OAuth client. `client_id` is a text or a reference, `client_secret` only a reference."""

    flow: Flow
    client_id: Annotated[str, Field(min_length=1), AfterValidator(_name)]
    client_secret: Annotated[str, AfterValidator(_reference)] | None = None
    token_url: _Url | None = None
    authorization_url: _Url | None = None
    scopes: tuple[str, ...] | None = None
    client_auth: Literal["basic", "post"] = "basic"
    issuer: str = ""
    parameters: dict[str, str] = Field(default_factory=dict[str, str])

    def client(self) -> OAuthClient:
        """The entry as a value of the executor."""
        return OAuthClient(
            flow=self.flow,
            client_id=self.client_id,
            client_secret=self.client_secret or "",
            token_url=self.token_url or "",
            authorization_url=self.authorization_url or "",
            scopes=self.scopes,
            in_body=self.client_auth == "post",
            issuer=self.issuer,
            parameters=tuple(self.parameters.items()),
        )


def _entry(value: object) -> str | ClientEntry:
    """What stands behind a scheme in `[auth]`; the fault is put as pydantic expects it, which says for which key."""
    try:
        return check_reference(value) if isinstance(value, str) else ClientEntry.model_validate(value)
    except SourceError as error:
        raise ValueError(error.message) from error
    except ValidationError as error:
        raise ValueError(first_fault(error)) from None


Auth = dict[str, Annotated[str | ClientEntry, PlainValidator(_entry)]]
"""`[auth]`: security scheme of the document -> reference or OAuth client."""


def read_client(path: Path) -> OAuthClient:
    """The client that a file of the operator's describes. SourceError names the file and the first wrong key."""
    return checked(ClientEntry, read_file(path), str(path)).client()


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls of a source go: `base_url`, and the `origins` that it has."""

    base_url: str
    origins: frozenset[str]


def clients_of(source: Source, schemes: Mapping[str, SecurityScheme], place: Place) -> Mapping[str, OAuthClient]:
    """The OAuth clients of a source by scheme, complete.

    Raises SourceError where a URL is missing, or where a document that is no file of the operator's sends a secret or
    a person somewhere else.
    """
    named = {
        name: read_client(Path(reference.removeprefix("oauth:")))
        for name, reference in source.references.items()
        if reference.startswith("oauth:")
    }
    return {
        name: _completed(source, name, client, schemes.get(name), place)
        for name, client in {**source.clients, **named}.items()
    }


def _completed(
    source: Source, name: str, client: OAuthClient, scheme: SecurityScheme | None, place: Place
) -> OAuthClient:
    kind = FLOW_KINDS[client.flow]
    flow = next((flow for flow in scheme.flows if flow.kind == kind), None) if scheme else None
    told = flow or OAuthFlow(kind)
    token_url = client.token_url or _told(source, name, "token_url", told.token_url, place)
    authorization_url = client.authorization_url
    if client.flow is Flow.AUTHORIZATION_CODE and not authorization_url:
        authorization_url = _told(source, name, "authorization_url", told.authorization_url, place)
    return replace(
        client,
        token_url=token_url,
        authorization_url=authorization_url,
        scopes=told.scopes if client.scopes is None else client.scopes,
        login=f"{source.name}/{name}",
    )


def _told(source: Source, name: str, key: str, url: str, place: Place) -> str:
    """A URL that the document tells, if it may be used. Raises SourceError."""
    if not url:
        raise SourceError(f"{source.name}: {name} has no {key}, and the document names none", hint=f"Give {key} there")
    try:
        url = urljoin(f"{place.base_url}/", url)
    except ValueError:
        url = ""
    origin = origin_of(url)
    if not origin:
        raise SourceError(f"{source.name}: the {key} of {name} in the document is no http(s) URL")
    is_trusted = source.origin is not Origin.TOOL and not is_on_web(source.uri)
    if not is_trusted and origin not in place.origins:
        raise SourceError(
            f"{source.name}: the document sends what {name} needs to {origin}, where its calls do not go",
            hint=f"Where that is right, name it: {key} = ... beside client_id",
        )
    is_local = is_private_host(urlsplit(url).hostname or "")
    if not url.startswith("https://") and origin not in place.origins and not is_local:
        raise SourceError(
            f"{source.name}: the {key} of {name} in the document is not https", hint=f"Give {key} beside client_id"
        )
    return url
