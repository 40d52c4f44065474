"""Who may use a server over HTTP: the options that say so, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from specport.errors import SourceError

if TYPE_CHECKING:
    from specport.app import App
    from specport.surfaces.mcp.resource_server import ResourceServer

Token = Annotated[
    str, typer.Option(envvar="SPECPORT_TOKEN", metavar="env:NAME", help="Bearer token that HTTP clients must send.")
]
Issuer = Annotated[
    str,
    typer.Option(
        envvar="SPECPORT_OAUTH_ISSUER",
        metavar="URL",
        help="Authorization server whose access tokens HTTP clients must bring.",
    ),
]
Resource = Annotated[
    str,
    typer.Option(
        envvar="SPECPORT_OAUTH_RESOURCE", metavar="URL", help="URL of this server as its clients know it, with /mcp."
    ),
]
Audience = Annotated[
    str,
    typer.Option(envvar="SPECPORT_OAUTH_AUDIENCE", metavar="NAME", help="What tokens must be for. Default: that URL."),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(envvar="SPECPORT_OAUTH_SCOPE", metavar="SCOPE", help="Scope that tokens must have. Repeatable."),
]


def resource_server(
    token: str, issuer: str, resource: str, audience: str, scopes: tuple[str, ...]
) -> ResourceServer | None:
    """What the options say of tokens of an authorization server, if anything."""
    if not issuer:
        if resource or audience or scopes:
            raise typer.BadParameter("give the authorization server as well", param_hint="--oauth-issuer")
        return None
    if token:
        raise typer.BadParameter("either one token for all, or those of an authorization server", param_hint="--token")
    if not resource:
        raise typer.BadParameter(
            "give the URL that clients know this server by, such as https://mcp.example.com/mcp",
            param_hint="--oauth-resource",
        )
    from specport.surfaces.mcp.resource_server import ResourceServer

    return ResourceServer(issuer, resource, audience, scopes)


async def secret_of(token: str) -> str:
    """The token that a reference stands for; nothing for none."""
    from specport.executor.auth.references import check_reference, read_value

    return await read_value("--token", check_reference(token, inbound=False), {}) if token else ""


def check_tokens_stay(opened: App, option: str) -> None:
    """Raises SourceError where a source would be sent what clients present to this server itself."""
    from specport.executor.auth.references import is_inbound

    for source in opened.channels():
        for credential in source.channel.credentials.values():
            if is_inbound(credential.reference, "authorization"):
                raise SourceError(
                    f"{source.source.name} would be sent what is meant for specport: {credential.name} is "
                    f"header:authorization, and {option} is set",
                    hint="Let clients bring that credential in a header of another name",
                )
