"""An API that is a plain list of answers, for the executor to talk to."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx2

from specport.executor.model import Bounds, Channel, Exchange
from specport.executor.send import Executor
from specport.requests.model import PreparedRequest

Answer = httpx2.Response | Exception


@dataclass(slots=True)
class Api:
    """An API that gives its answers one after the other, the last one for ever, on a clock that pauses move."""

    answers: list[Answer]
    bounds: Bounds = field(default_factory=Bounds)
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    seen: list[httpx2.Request] = field(default_factory=list)
    takes: float = 0.0

    async def send(self, request: PreparedRequest, channel: Channel | None = None) -> Exchange:
        executor = Executor(
            bounds=self.bounds,
            transport=httpx2.MockTransport(self.answer),
            sleep=self._sleep,
            clock=lambda: self.now,
            jitter=max,
        )
        try:
            return await executor.send(request, channel or Channel())
        finally:
            await executor.aclose()

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        self.now += self.takes
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def request(method: str = "GET", url: str = "https://api.test/v2/things", **more: object) -> PreparedRequest:
    return PreparedRequest(source="test", method=method, url=url, path="/v2/things", **more)  # type: ignore[arg-type]


def ok(text: str = "fine") -> httpx2.Response:
    return httpx2.Response(200, text=text)


def status_of(code: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(code, headers={name.replace("_", "-"): value for name, value in headers.items()})
