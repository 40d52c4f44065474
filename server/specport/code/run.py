"""One run: its code goes on until it waits, its calls are made at the same time, and their answers let it go on.

A call is made once the code waits for something, so one whose code fails before that is never made; and none is made
twice. Where a person is asked who answers with another request, the run stops in its place, after what else was under
way has ended, and goes on with that request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from specport.code.model import Answer, Bounds, Door, Fault, Turn, Wanted
from specport.code.values import answer_of, error_of
from specport.code.workers import Worker
from specport.errors import Asked, SpecportError

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Run:
    """One run of code in a worker. Whoever makes it closes it."""

    def __init__(self, worker: Worker, bounds: Bounds, *, sleep: Sleep, clock: Clock) -> None:
        self._worker = worker
        self._bounds = bounds
        self._sleep = sleep
        self._clock = clock
        self._turn: Turn | None = None
        self._waiting: dict[int, Wanted] = {}
        self._made: dict[int, Wanted] = {}
        self._tasks: dict[int, asyncio.Task[Answer]] = {}
        self._asked: dict[int, Asked] = {}
        self._waited = 0.0

    @property
    def printed(self) -> str:
        """What the code printed so far."""
        return self._worker.printed

    @property
    def made(self) -> int:
        """How many calls were made."""
        return len(self._calls(self._made))

    @property
    def unmade(self) -> list[Wanted]:
        """The calls that the code wrote and did not wait for before it ended; they were not made."""
        return self._calls(self._waiting)

    @property
    def broken_off(self) -> list[Wanted]:
        """The calls that were under way when the run had to end; whether they did anything is not known."""
        return self._calls({number: self._made[number] for number in self._tasks})

    async def go(self, door: Door) -> Turn:
        """Run on to the end, with calls going through `door`; the last turn, which says how the code ended.

        Raises Asked where a person has to answer with another request: with that, this is called again.
        """
        self._asked.clear()
        turn = self._noted(await self._worker.start()) if self._turn is None else self._turn
        while not turn.has_ended:
            turn = self._noted(await self._next(turn, door))
        if self._tasks:
            await self._within(asyncio.wait(self._tasks.values(), timeout=self._left))
            self._ended()
        return turn

    def close(self) -> None:
        """End the run, whatever it does. Calls under way are broken off."""
        for task in self._tasks.values():
            task.cancel()
        self._worker.close()

    def _noted(self, turn: Turn) -> Turn:
        self._turn = turn
        self._waiting.update({wanted.number: wanted for wanted in turn.wanted})
        return turn

    async def _next(self, turn: Turn, door: Door) -> Turn:
        """The turn after one that waits."""
        if turn.pause is not None:
            if turn.pause > self._left:
                return self._over(())
            await self._within(self._sleep(turn.pause))
            return await self._worker.wake()
        self._begin(turn.blocked, door)
        answers: dict[int, Answer] = {}
        while self._tasks and not answers and self._left:
            await self._within(
                asyncio.wait(self._tasks.values(), timeout=self._left, return_when=asyncio.FIRST_COMPLETED)
            )
            answers = self._ended()
        if answers:
            return await self._worker.settle(answers)
        if self._tasks:
            return self._over(tuple(self._made[number].line for number in self._tasks)[-1:])
        raise next(iter(self._asked.values()))

    def _begin(self, numbers: tuple[int, ...], door: Door) -> None:
        """Begin what code waits for, but those calls that a person was asked about in this request."""
        for number in numbers:
            if number in self._waiting and number not in self._asked:
                wanted = self._made[number] = self._waiting.pop(number)
                self._tasks[number] = asyncio.create_task(self._performed(wanted, door))

    def _ended(self) -> dict[int, Answer]:
        """The answers that came. A call that a person is asked about has not been made and waits again."""
        answers: dict[int, Answer] = {}
        for number in [number for number, task in self._tasks.items() if task.done()]:
            try:
                answers[number] = self._tasks.pop(number).result()
            except Asked as asked:
                self._asked[number] = asked
                self._waiting[number] = self._made.pop(number)
        return answers

    async def _performed(self, wanted: Wanted, door: Door) -> Answer:
        if wanted.arguments is None:
            if wanted.seconds > self._left:
                return Answer(error=TimeoutError(f"a run waits at most {self._bounds.max_waiting:g} s (MAX_WAITING)"))
            await self._sleep(wanted.seconds)
            return Answer()
        try:
            return answer_of(await door(wanted.address, wanted.arguments), self._bounds)
        except Asked:
            raise
        except SpecportError as error:
            return error_of(error)

    async def _within(self, waiting: Awaitable[object]) -> None:
        """Wait, and count how long."""
        started = self._clock()
        try:
            await waiting
        finally:
            self._waited += self._clock() - started

    @property
    def _left(self) -> float:
        """Seconds that the run may still wait."""
        return max(0.0, self._bounds.max_waiting - self._waited)

    def _over(self, lines: tuple[int, ...]) -> Turn:
        message = f"it waits for more than {self._bounds.max_waiting:g} s"
        return Turn(fault=Fault("MAX_WAITING", message, lines, is_limit=True))

    def _calls(self, wanted: dict[int, Wanted]) -> list[Wanted]:
        return [each for each in wanted.values() if each.arguments is not None]
