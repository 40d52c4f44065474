"""Threads of our own: what they are given is done, whenever they end."""

import contextvars
import threading

import anyio
import pytest

from specport.threads import Threads, end_all, in_thread

pytestmark = pytest.mark.anyio

WHO = contextvars.ContextVar("who", default="nobody")


async def test_work_has_its_arguments_and_the_callers_context_and_gives_its_error() -> None:
    def told(word: str, *, end: str) -> tuple[str, str]:
        return WHO.get(), word + end

    WHO.set("somebody")
    assert await in_thread(told, "yes", end="!") == ("somebody", "yes!")
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_no_more_work_than_there_may_be_threads_is_done_at_a_time() -> None:
    threads, inside, most = Threads("few", 2), threading.Semaphore(2), list[bool]()

    def work() -> None:
        most.append(inside.acquire(blocking=False))
        threading.Event().wait(0.01)
        inside.release()

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(threads.run, work)
    assert most == [True] * 10


async def test_threads_that_are_told_to_end_do_what_they_were_given() -> None:
    threads, done, running = Threads("ending", 1), list[str](), list[threading.Thread]()
    begun, go = threading.Event(), threading.Event()

    def work(name: str) -> None:
        running.append(threading.current_thread())
        begun.set()
        assert go.wait(10)
        done.append(name)

    async with anyio.create_task_group() as group:
        for name in ("first", "second"):
            group.start_soon(threads.run, work, name)
        assert await in_thread(begun.wait, 10)
        end_all()
        assert await threads.run(lambda: "another") == "another"
        go.set()
    assert done == ["first", "second"]
    running[0].join(10)
    assert not running[0].is_alive()
