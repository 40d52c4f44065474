"""Access tokens: kept until shortly before they expire, asked for once however many calls wait, and renewed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from specport.errors import SourceError
from specport.executor.auth import authorization
from specport.executor.auth.authorization import Attempt, code_of
from specport.executor.auth.logins import Login, Logins
from specport.executor.auth.oauth import (
    ClientIdentity,
    Fields,
    Token,
    TokenRefused,
    secrets_of,
    token_of,
    token_request,
)
from specport.executor.auth.references import MissingCredential, is_reference
from specport.executor.auth.secret import Secret, fingerprint
from specport.executor.model import Credential, Exchange, Flow, OAuthClient
from specport.requests.model import PreparedRequest

log = logging.getLogger("specport")

AHEAD = 60.0
"""Seconds before its end at which a token is replaced; of one that lives shortly, a tenth of its life."""

REREAD = 30.0
"""Seconds after which a kept login is read again, so that `specport login` and `logout` reach a running server."""

SPARED = 30.0
"""Seconds in which no further token is asked for, where the API refused one: it may refuse the next one, too."""

ENDING = 5.0
"""Seconds that a request for a token may still take when the executor closes: its answer may be needed later."""

MAX_TOKENS = 1_000
"""Most clients whose tokens are remembered; secrets that change leave old ones behind."""

Post = Callable[[PreparedRequest, tuple[str, ...]], Awaitable[Exchange]]
"""Sends a token request. The texts are how the URLs begin whose hosts must be public."""

Read = Callable[[str, str], Awaitable[str]]
"""What it is for, a reference -> its value, or MissingCredential."""


@dataclass(slots=True)
class _Held:
    """What is known of one client's token, when its login was last read, and until when not to ask.

    `over`: the refresh token of a login that the server has ended. `unkept`: a renewed token that could not be written,
    and the refresh token in whose place it is.
    """

    token: Token | None = None
    read: float = 0.0
    spared: float = 0.0
    over: str = ""
    unkept: tuple[str, Token] | None = None
    asking: asyncio.Task[Token] | None = None


@dataclass(frozen=True, slots=True)
class _Ask:
    """One question for a token, and the access token that the API refused, if it is for that."""

    credential: Credential
    client: OAuthClient
    identity: ClientIdentity
    public_urls: tuple[str, ...]
    refused: str = ""


class Tokens:
    """The access tokens of one process. `now` gives seconds since the epoch."""

    def __init__(self, post: Post, read: Read, logins: Logins, *, now: Callable[[], float]) -> None:
        self._post = post
        self._read = read
        self._now = now
        self._held: dict[str, _Held] = {}
        self.logins = logins

    async def secret(self, credential: Credential, public_urls: tuple[str, ...], *, refused: str = "") -> Secret | None:
        """An access token. After the API `refused` one, another; None where there is none, or it is too early to ask.

        Raises MissingCredential where a person has to log in first, and CallError where the server gives no token.
        """
        client = client_of(credential)
        identity = await self._identity(credential.name, client)
        key = _key(client, identity)
        held = self._held.get(key) or self._remember(key)
        if held.token is None or held.token.access == refused or self._is_stale(held, held.token, client):
            if refused and self._now() < held.spared:
                return None
            ask = _Ask(credential, client, identity, public_urls, refused)
            await self._once(held, ask)
            if held.token is None or held.token.access == refused:  # that was the answer to somebody else's question
                await self._once(held, ask)
        assert held.token
        if held.token.access == refused:
            return None
        return Secret(credential, held.token.access, identity=key)

    async def login(self, credential: Credential) -> Login | None:
        """The login that a credential lives by, None where it needs nobody to log in.

        Raises MissingCredential where nobody is, or where a reference leads to no value.
        """
        client = client_of(credential)
        identity = await self._identity(credential.name, client)
        return await self._kept(credential, identity) if client.flow is Flow.AUTHORIZATION_CODE else None

    async def begin_login(self, credential: Credential, redirect_uri: str) -> Attempt:
        """A login of a person; its `url` is for their browser."""
        client = client_of(credential)
        identity = await self._identity(credential.name, client)
        return authorization.begin(client, identity.client_id, redirect_uri)

    async def finish_login(
        self, credential: Credential, attempt: Attempt, query: str, public_urls: tuple[str, ...]
    ) -> tuple[Login, str]:
        """The login that the browser's answer brings, and where it is kept. Raises CallError or SourceError."""
        client = client_of(credential)
        identity = await self._identity(credential.name, client)
        fields = {
            "grant_type": "authorization_code",
            "code": code_of(attempt, client, query),
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        token = await self._asked(_Ask(credential, client, identity, public_urls), fields)
        login = Login(client.token_url, identity.client_id, token)
        async with self.logins.lock(client.login):
            return login, await self.logins.write(client.login, login)

    async def aclose(self) -> None:
        """Let questions under way end, since an answer may bring the only token that a login goes on with."""
        asking = [held.asking for held in self._held.values() if held.asking]
        if asking:
            _, late = await asyncio.wait(asking, timeout=ENDING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _identity(self, name: str, client: OAuthClient) -> ClientIdentity:
        client_id, secret = client.client_id, ""
        if is_reference(client_id):
            client_id = await self._read(name, client_id)
        if client.client_secret:
            secret = await self._read(name, client.client_secret)
        return ClientIdentity(client_id, secret)

    def _remember(self, key: str) -> _Held:
        if len(self._held) >= MAX_TOKENS:
            self._held.pop(next(iter(self._held)))
        return self._held.setdefault(key, _Held())

    def _is_stale(self, held: _Held, token: Token, client: OAuthClient) -> bool:
        """Whether a token is about to expire, or its login may have changed meanwhile."""
        is_unread = client.flow is Flow.AUTHORIZATION_CODE and self._now() >= held.read + REREAD
        return is_unread or self._is_ending(token)

    def _is_ending(self, token: Token) -> bool:
        return self._now() >= token.expires - min(AHEAD, (token.expires - token.made) / 10)

    async def _once(self, held: _Held, ask: _Ask) -> None:
        """Renew the token, in a task of its own that everybody who needs it waits for and nobody's end ends."""
        if held.asking is None:
            held.asking = asyncio.create_task(self._renew(held, ask))
            held.asking.add_done_callback(lambda task: _done(held, task))
        await asyncio.shield(held.asking)

    async def _renew(self, held: _Held, ask: _Ask) -> Token:
        if ask.client.flow is Flow.AUTHORIZATION_CODE:
            token = await self._of_login(held, ask)
            held.read = self._now()
        else:
            token = await self._asked(ask, {"grant_type": ask.client.flow.value, **_scope(ask.client)})
        if ask.refused:
            held.spared = self._now() + SPARED
        held.token = token
        return token

    async def _of_login(self, held: _Held, ask: _Ask) -> Token:
        """The token of a kept login, renewed where it ends or was refused.

        One process at a time renews, and reads first what another may have written: of refresh tokens that change
        with each use, the last one must not be lost (RFC 6749 section 6).
        """
        token = await self._token_of(held, ask)
        if token.access != ask.refused and not self._is_ending(token):
            return token
        async with self.logins.lock(ask.client.login):
            token = await self._token_of(held, ask)
            if token.access != ask.refused and not self._is_ending(token):
                return token
            if ask.refused and not token.refresh:
                return token  # nothing brings another one; the API's answer stands
            if not token.refresh or token.refresh == held.over:
                raise _over(ask.credential, "it has expired" if not token.refresh else "the server has ended it")
            try:
                renewed = await self._asked(ask, {"grant_type": "refresh_token", "refresh_token": token.refresh})
            except TokenRefused as error:
                if error.code != "invalid_grant":
                    raise
                held.over = token.refresh
                raise _over(ask.credential, error.message) from error
            renewed = replace(renewed, refresh=renewed.refresh or token.refresh)
            await self._keep(held, ask, token, renewed)
            return renewed

    async def _token_of(self, held: _Held, ask: _Ask) -> Token:
        """The token of the login as it is kept, or what came in its place and could not be."""
        token = (await self._kept(ask.credential, ask.identity)).token
        return held.unkept[1] if held.unkept and held.unkept[0] == token.refresh else token

    async def _keep(self, held: _Held, ask: _Ask, token: Token, renewed: Token) -> None:
        """Write a renewed token; where that fails, as on a full disk, this process goes on with it."""
        before = held.unkept[0] if held.unkept and held.unkept[1] is token else token.refresh
        login = Login(ask.client.token_url, ask.identity.client_id, renewed)
        try:
            await self.logins.write(ask.client.login, login)
            held.unkept = None
        except SourceError as error:
            held.unkept = before, renewed
            log.warning("a renewed login ends with this process: %s", error)

    async def _kept(self, credential: Credential, identity: ClientIdentity) -> Login:
        """The login as it is kept now. Raises MissingCredential where there is none of this client."""
        client = client_of(credential)
        login = await self.logins.read(client.login)
        if login is None or (login.token_url, login.client_id) != (client.token_url, identity.client_id):
            raise MissingCredential(f"{credential.name}: nobody is logged in", _log_in(credential))
        return login

    async def _asked(self, ask: _Ask, fields: Fields) -> Token:
        """What the token endpoint answers."""
        name = ask.credential.name
        request = token_request(name, ask.client, ask.identity, fields)
        redaction = secrets_of(name, ask.client, ask.identity, fields)
        exchange = await self._post(request, ask.public_urls)
        return token_of(exchange, name=name, client=ask.client, now=self._now(), redaction=redaction)


def client_of(credential: Credential) -> OAuthClient:
    """The client of a credential that has one."""
    assert credential.client is not None
    return credential.client


def _done(held: _Held, task: asyncio.Task[Token]) -> None:
    """The question is answered; where nobody waits any more, its error is nobody's."""
    held.asking = None
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()


def _scope(client: OAuthClient) -> Fields:
    return {"scope": " ".join(client.scopes)} if client.scopes else {}


def _over(credential: Credential, reason: str) -> MissingCredential:
    return MissingCredential(f"{credential.name}: the login is over: {reason}", _log_in(credential))


def _log_in(credential: Credential) -> str:
    return f"run `specport login {client_of(credential).login.partition('/')[0]}`"


def _key(client: OAuthClient, identity: ClientIdentity) -> str:
    """What tells tokens apart, from which no secret can be read."""
    facts = (
        client.flow, client.token_url, client.login, identity.client_id, identity.secret, *(client.scopes or ()),
        *(f"{name}={value}" for name, value in client.parameters),
    )  # fmt: skip
    return fingerprint("\n".join(facts))
