"""The whole error tree. Nothing here imports another room.

    SpecportError
    ├── SourceError        a source cannot be found, fetched, read or registered
    ├── DocumentError      bytes that are not a usable OpenAPI document
    └── CallError          one tool call that has no answer
        ├── UnknownTool    no tool has that name
        ├── BadArguments   the arguments do not fit the tool's input schema
        ├── Denied         policy, a missing credential or a forbidden target
        │   └── Declined   a person was asked and said no
        ├── Asked          a person is asked first; the answer comes with another call
        ├── RateLimited    the call would have to wait longer than it may
        └── UpstreamFailed nothing usable came back from the API

Each error says what was wrong, where, and what to try (`hint`). Texts never hold a credential.
"""

from __future__ import annotations


class SpecportError(Exception):
    """Base of every error a user can meet; `str()` is one clear line, `hint` what to try next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = _in_one_line(message)
        self.hint = _in_one_line(hint)

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


def _in_one_line(text: str) -> str:
    """What a document, a file name or an API brings into a text may have line breaks."""
    return " ".join(text.splitlines())


class SourceError(SpecportError):
    """A source cannot be found, fetched, read or registered."""


class DocumentError(SpecportError):
    """The bytes are not a usable OpenAPI document; `pointer` says where, as a JSON Pointer."""

    def __init__(self, message: str, *, pointer: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.pointer = pointer


class CallError(SpecportError):
    """One tool call that has no answer."""


class UnknownTool(CallError):
    """No tool has that name; the hint names the nearest ones."""


class BadArguments(CallError):
    """The arguments do not fit; `pointer` is the JSON Pointer of the offending argument."""

    def __init__(self, message: str, *, pointer: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.pointer = pointer


class Denied(CallError):
    """The call may not be made: policy, a missing credential or a target outside the source's origins."""


class Declined(Denied):
    """A person was asked whether the call may be made, and said no."""


class Asked(CallError):
    """A person is asked first, and the caller brings the answer with another call."""


class RateLimited(CallError):
    """The call would have to wait longer than it may: `wait` seconds for the limit named `limit`."""

    def __init__(self, message: str, *, wait: float, limit: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.wait = wait
        self.limit = limit


class UpstreamFailed(CallError):
    """The API could not be reached in time, broke off, or answered more than the response cap.

    `attempts` counts the requests that were sent, `waited` the seconds waited for limits and between them.
    """

    def __init__(self, message: str, *, hint: str = "", attempts: int = 1, waited: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.attempts = attempts
        self.waited = waited

    def __str__(self) -> str:
        told = f"{self.message} ({self.attempts} attempts)" if self.attempts > 1 else self.message
        return f"{told}. {self.hint}" if self.hint else told
