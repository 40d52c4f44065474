"""A specport server's stdin and stdout, line by line, for what no well-behaved client would send."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Mapping
from queue import Queue
from threading import Thread
from typing import Any

from end_to_end.loopback import PATIENCE

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "raw", "version": "1"},
}


class Wire:
    """Lines to and from a process; every line that it prints must be JSON."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._lines: Queue[bytes] = Queue()
        self._ids = 0
        self.others: list[Any] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # closed by the end of the test
            for line in self.process.stdout:
                self._lines.put(line)
        self._lines.put(b"")

    def write(self, line: bytes) -> None:
        """One line as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def message(self) -> Any:
        """The next message of the server."""
        line = self._lines.get(timeout=PATIENCE)
        assert line, "the server closed its stdout"
        return json.loads(line)

    def notify(self, method: str, params: Mapping[str, object] | None = None) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params or {}}).encode())

    def send(self, method: str, params: Mapping[str, object] | None = None) -> int:
        """A request whose answer is not waited for; its id."""
        self._ids += 1
        self.write(json.dumps({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params or {}}).encode())
        return self._ids

    def ask(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """A request and its answer; what comes in between is kept in `others`."""
        number = self.send(method, params)
        while (answer := self.message()).get("id") != number:
            self.others.append(answer)
        return answer

    def initialize(self) -> Any:
        """The handshake of a 2025-11-25 client."""
        answer = self.ask("initialize", INITIALIZE)
        self.notify("notifications/initialized")
        return answer["result"]
