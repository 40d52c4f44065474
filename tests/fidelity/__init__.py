"""Requests as a document says them, computed by test code alone, against what leaves specport."""
