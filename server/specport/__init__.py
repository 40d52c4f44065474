"""Every operation of an OpenAPI document as an MCP tool, through one rate-limited HTTP executor."""

from __future__ import annotations

__version__ = "0.1.0"
