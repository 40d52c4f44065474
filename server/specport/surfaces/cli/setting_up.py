"""`specport install`, `doctor`, `demo`."""
