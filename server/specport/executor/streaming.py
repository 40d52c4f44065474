"""Answers that may never end, such as server-sent events: what counts as one, and how far it is read."""

from __future__ import annotations

from collections.abc import Mapping

EVENT_STREAM = "text/event-stream"
_LINES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines",
    "application/x-jsonlines", "application/json-lines", "application/stream+json", "application/x-json-stream",
    "application/json-seq", "text/x-ndjson", "application/geo+json-seq",
})  # fmt: skip


def is_event_stream(media_type: str) -> bool:
    """Whether it is server-sent events (WHATWG HTML section 9.2)."""
    return media_type == EVENT_STREAM


def is_sequence(media_type: str) -> bool:
    """Whether it is JSON values one after the other: JSON lines under any of its names, or RFC 7464."""
    return media_type in _LINES or media_type.endswith("+json-seq")


def may_go_on(headers: Mapping[str, str]) -> bool:
    """Whether an answer without a length could be a stream that stays open (Kubernetes says `;stream=watch`)."""
    media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
    is_stream = is_event_stream(media_type.strip()) or is_sequence(media_type.strip()) or "stream=watch" in parameters
    return is_stream and "content-length" not in headers


class ItemCounter:
    """How many events or lines have ended so far: events at empty lines, everything else at line ends."""

    def __init__(self, content_type: str) -> None:
        is_events = content_type.lower().startswith(EVENT_STREAM)
        self._ends = (b"\n\n", b"\r\r", b"\r\n\r\n") if is_events else (b"\n",)
        self._tail = b""
        self.items = 0
        self.size = 0

    def take(self, chunk: bytes) -> None:
        """Count what a chunk brings, ends that are split between chunks included."""
        for end in self._ends:
            overlap = len(end) - 1
            self.items += ((self._tail[-overlap:] if overlap else b"") + chunk).count(end)
        self._tail = (self._tail + chunk)[-3:]
        self.size += len(chunk)
