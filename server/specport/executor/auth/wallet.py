"""The secrets of a call, found by reference when it needs them."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence

from specport.executor.auth.choosing import alternatives, refusal
from specport.executor.auth.logins import Logins
from specport.executor.auth.references import MissingCredential, is_inbound, read_local, read_value
from specport.executor.auth.secret import Secret
from specport.executor.auth.tokens import Post, Tokens
from specport.executor.model import Channel, Credential
from specport.requests.model import PreparedRequest

REMEMBERED = 30.0
"""Seconds for which a value of the keyring is used again: asking it may take a while."""

Headers = Mapping[str, str]
_NO_HEADERS: Headers = {}


class Wallet:
    """Finds secrets. `clock` gives seconds that only grow, `now` those since the epoch.

    `tokens` are those of OAuth clients, which are asked for by `post` and kept in `logins`.
    """

    def __init__(
        self,
        post: Post,
        logins: Logins,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self.tokens = Tokens(post, self._value, logins, now=now)
        self._remembered: dict[str, tuple[float, str]] = {}

    async def find(self, request: PreparedRequest, channel: Channel, inbound: Headers) -> tuple[Secret, ...]:
        """The secrets for the first security alternative whose schemes all have a value.

        None where an alternative needs nothing, or where none has all its credentials configured, and the API
        decides. Raises Denied, naming each reference without a value and what to do, where all that is left needs one.
        `inbound` are the headers of the caller's own request.
        """
        missing: list[list[MissingCredential]] = []
        for wanted in alternatives(request.security, channel.credentials):
            found: list[Secret] = []
            faults: list[MissingCredential] = []
            for credential in wanted:
                try:
                    found.append(await self._secret(credential, channel, inbound))
                except MissingCredential as fault:
                    faults.append(fault)
            if not faults:
                return tuple(found)
            missing.append(faults)
        if missing and all(request.security):
            raise refusal(missing)
        return ()

    async def renewed(self, secrets: Sequence[Secret], channel: Channel) -> tuple[Secret, ...]:
        """The secrets of a call that the API refused, with new access tokens; none where nothing would be new."""
        again: list[Secret] = []
        for secret in secrets:
            if secret.credential.client is None:
                again.append(secret)
                continue
            token = await self.tokens.secret(secret.credential, channel.public_urls, refused=secret.value)
            if token is None:
                return ()
            again.append(token)
        return tuple(again) if any(secret.credential.client for secret in secrets) else ()

    async def _secret(self, credential: Credential, channel: Channel, inbound: Headers) -> Secret:
        if credential.client is not None:
            token = await self.tokens.secret(credential, channel.public_urls)
            assert token  # only a refused one may be left without another
            return token
        value = await self._value(credential.name, credential.reference, inbound)
        if is_inbound(credential.reference):
            value = _without_scheme(credential, value)
        return Secret(credential, value)

    async def _value(self, name: str, reference: str, inbound: Headers = _NO_HEADERS) -> str:
        if reference.startswith(("env:", "file:", "sandbox:")):
            return read_local(name, reference)
        if not reference.startswith("keyring:"):
            return await read_value(name, reference, inbound)
        known = self._remembered.get(reference)
        if known is None or self._clock() >= known[0] + REMEMBERED:
            value = await read_value(name, reference, inbound)
            known = self._remembered[reference] = (self._clock(), value)
        return known[1]


def _without_scheme(credential: Credential, value: str) -> str:
    """What a header says behind the name of its authentication scheme, as `Authorization: Bearer ...` does.

    Raises MissingCredential for Basic credentials that are not such.
    """
    if credential.kind == "apiKey":
        return value
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != (credential.scheme or "bearer") or not rest.strip():
        return value
    if credential.scheme != "basic":
        return rest.strip()
    try:
        return base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        fault = f"{credential.name}: {credential.reference} holds no Basic credentials"
        raise MissingCredential(fault, "let the client send base64 of user:password") from error
