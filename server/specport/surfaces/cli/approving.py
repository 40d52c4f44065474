"""Approval on the command line: a question on the terminal, or `--yes`."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys

from specport.errors import Declined
from specport.policy.asking import as_text, cannot_ask
from specport.policy.model import Ask, Caller, Question
from specport.surfaces.cli.printing import say

_YES = frozenset({"y", "yes"})


def this_user() -> Caller:
    """Who runs the command: the user's name, or number where the system has no name for it."""
    try:
        return Caller(getpass.getuser(), transport="cli")
    except (KeyError, OSError):
        return Caller(f"uid {os.getuid()}", transport="cli")


def approver(user: str, *, yes: bool) -> Ask:
    """Who approves a call of this command: its user, by `--yes` or on the terminal."""

    async def ask(question: Question) -> str:
        if yes:
            return f"{user} by --yes"
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise cannot_ask(question, "there is no terminal to ask on, and no --yes")
        say(f"{as_text(question)}\n", err=True)
        print("[y/N] ", end="", file=sys.stderr, flush=True)
        answer = await asyncio.to_thread(sys.stdin.readline)
        if answer.strip().casefold() not in _YES:
            raise Declined(f"{user} declined {question.address}")
        return user

    return ask
