"""Approval through elicitation, in both eras of the protocol.

A legacy client is asked while its call waits (MCP 2025-11-25, client/elicitation). A modern one gets the question as
the result of its call and brings the answer with the same call again (MCP 2026-07-28, basic/patterns/mrtr). What ties
the two together is a `requestState` that only this server can make: sealed, for exactly this call of this client, good
for a few minutes and for one answer. Whatever comes back is the client's word and taken as hostile: there is one way to
go on, and everything else is a refusal.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import mcp_types as types
import orjson
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from specport.errors import Asked, Declined, Denied
from specport.policy.asking import as_text, cannot_ask
from specport.policy.model import Ask, Caller, Question
from specport.policy.nonces import MemoryNonces, Nonces

if TYPE_CHECKING:
    from mcp.server.request_state import AESGCMRequestStateCodec

MAX_ASKING = 300.0
"""Seconds that a person has to answer."""

_QUESTION = "approval"
_FIELD = "approve"
_FORM: types.ElicitRequestedSchema = {
    "type": "object",
    "properties": {_FIELD: {"type": "boolean", "title": "Approve", "description": "Make this call, once"}},
    "required": [_FIELD],
}
_PURPOSE = "specport approval 1"

Context = ServerRequestContext[Any, Any]


class InputRequired(Asked):
    """The question, as the result of the call that it is about."""

    def __init__(self, question: Question, result: types.InputRequiredResult) -> None:
        super().__init__(f"{question.address} waits for a person's approval")
        self.result = result


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What a `requestState` says: the call and client that it was made for, its end, and what makes it single."""

    purpose: str
    seal: str
    client: str
    nonce: str
    expires: float


class Approvals:
    """Asks the people behind clients. Replicas that share `nonces` act as one."""

    def __init__(
        self,
        *,
        nonces: Nonces | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = MAX_ASKING,
    ) -> None:
        """`nonces`: default: those of this process. `clock` tells seconds since the epoch."""
        self._nonces = nonces or MemoryNonces(clock=clock)
        self._clock = clock
        self._patience = patience

    def asker(self, ctx: Context, params: types.CallToolRequestParams, caller: Caller) -> Ask:
        """Asks the person behind one call, about that and about those that are made in its middle."""
        return partial(self._ask, ctx, params, caller, set())

    async def _ask(
        self,
        ctx: Context,
        params: types.CallToolRequestParams,
        caller: Caller,
        answered: set[str],
        question: Question,
    ) -> str:
        if ctx.session.client_capabilities is None:
            raise cannot_ask(question, "the server knows no more of this client than the call (--stateless)")
        if not _shows_forms(ctx.session.client_capabilities):
            raise cannot_ask(question, "this client cannot ask (it has no elicitation)")
        if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            answer = await self._asked(ctx, question)
        elif params.request_state is None or (
            question.within and await self._is_new(params.request_state, answered, question)
        ):
            raise InputRequired(question, await self._question(caller, question))
        else:
            answered.add(question.seal)
            answer = await self._brought(params, caller, question)
        return _approved(answer, caller, question)

    async def _asked(self, ctx: Context, question: Question) -> object:
        """The answer of a legacy client, which is waited for."""
        try:
            return await ctx.session.send_request(
                types.ElicitRequest(params=_form(question)),
                types.ElicitResult,
                request_read_timeout_seconds=self._patience,
                metadata=ServerMessageMetadata(related_request_id=ctx.request_id),
            )
        except NoBackChannelError as error:
            raise cannot_ask(question, "the server cannot send to this client") from error
        except MCPError as error:
            if error.error.code == types.REQUEST_TIMEOUT:
                raise Denied(f"nobody approved {question.address} within {self._patience:g} s (MAX_ASKING)") from error
            raise cannot_ask(question, f"the client did not ask: {error.error.message[:200]}") from error
        except ValidationError as error:
            raise _refusal(question, "it has another form than was asked for") from error

    async def _question(self, caller: Caller, question: Question) -> types.InputRequiredResult:
        expires = self._clock() + self._patience
        ticket = _Ticket(_PURPOSE, question.seal, caller.digest().hex(), os.urandom(16).hex(), expires)
        return types.InputRequiredResult(
            input_requests={_QUESTION: types.ElicitRequest(params=_form(question))},
            request_state=(await self._codec()).seal(orjson.dumps(ticket)),
        )

    async def _is_new(self, state: str, answered: set[str], question: Question) -> bool:
        """Whether one of several questions in the middle of a call is not the one that the request answers."""
        ticket = _ticket(await self._codec(), state)
        return ticket is None or ticket.seal != question.seal or question.seal in answered

    async def _brought(self, params: types.CallToolRequestParams, caller: Caller, question: Question) -> object:
        """The answer that a modern client brings, once its `requestState` was found to be good and was used up."""
        ticket = _ticket(await self._codec(), params.request_state)
        if ticket is None:
            raise _refusal(question, "this server did not make its requestState, or it was changed")
        if ticket.seal != question.seal:
            raise _refusal(question, "it is for another call")
        if ticket.client != caller.digest().hex():
            raise _refusal(question, "it is for another client")
        if not self._clock() < ticket.expires:
            raise _refusal(question, f"it came after more than {self._patience:g} s (MAX_ASKING)")
        answer = (params.input_responses or {}).get(_QUESTION)
        if answer is None:
            raise _refusal(question, f"there is no answer {_QUESTION!r} in its inputResponses")
        if not await self._nonces.take(ticket.nonce, ticket.expires):
            raise _refusal(question, "it was used before")
        return answer

    async def _codec(self) -> AESGCMRequestStateCodec:
        """Seals by the key that goes with the nonces: where those are forgotten, so is what could be used again."""
        from mcp.server.request_state import AESGCMRequestStateCodec

        return AESGCMRequestStateCodec([await self._nonces.key()])


def _ticket(codec: AESGCMRequestStateCodec, state: str | None) -> _Ticket | None:
    """What a `requestState` says; None for one that was not made here for this."""
    from mcp.server.request_state import InvalidRequestState

    try:
        ticket = _Ticket(**orjson.loads(codec.unseal(state or "")))
    except (InvalidRequestState, ValueError, TypeError):
        return None
    return ticket if ticket.purpose == _PURPOSE else None


def _shows_forms(capabilities: types.ClientCapabilities) -> bool:
    """Whether a client shows forms; one that names no mode of elicitation does (MCP 2025-11-25, client/elicitation)."""
    elicitation = capabilities.elicitation
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _form(question: Question) -> types.ElicitRequestFormParams:
    return types.ElicitRequestFormParams(message=as_text(question), requested_schema=_FORM)


def _approved(answer: object, caller: Caller, question: Question) -> str:
    """Who approved. Anything but an accepted form with a plain yes is none."""
    if not isinstance(answer, types.ElicitResult):
        raise _refusal(question, "it is no answer to a form")
    approved = (answer.content or {}).get(_FIELD)
    if answer.action != "accept" or approved is False:
        raise Declined(f"the person declined {question.address}", hint="Do not try it again unless they ask for it")
    if approved is not True:
        raise _refusal(question, f"its {_FIELD!r} is neither true nor false")
    return f"a person at {caller.name}" if caller.name else "a person"


def _refusal(question: Question, why: str) -> Denied:
    return Denied(
        f"the approval of {question.address} cannot be used: {why}",
        hint="Call again without requestState and inputResponses, and the person is asked anew",
    )
