"""MCP: what clients say and are told, over each transport."""

from specport.surfaces.mcp.sdk import import_sdk

import_sdk()
