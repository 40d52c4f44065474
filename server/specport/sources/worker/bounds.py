"""What one job may take of its process, where the system can hold it to that: Windows can not."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path

if sys.platform == "win32":

    @contextlib.contextmanager
    def held(seconds: float, memory: int) -> Generator[None]:  # noqa: ARG001  # as elsewhere
        """Nothing is held to anything; the process that asked ends this one where it takes too long."""
        yield

    def peak_memory() -> int:
        """Not known."""
        return 0

else:
    import resource
    import signal

    @contextlib.contextmanager
    def held(seconds: float, memory: int) -> Generator[None]:
        """In the block, this process has at most `memory` bytes of address space; it is ended after `seconds`."""
        signal.setitimer(signal.ITIMER_REAL, seconds)
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and does not take it
            resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
        try:
            yield
        finally:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
            signal.setitimer(signal.ITIMER_REAL, 0)

    def peak_memory() -> int:
        """The most bytes that this process ever had in memory.

        Linux counts what the process had that started this one as well (getrusage(2)); its own are in /proc.
        """
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
