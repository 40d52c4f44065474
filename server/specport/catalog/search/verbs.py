"""What operations do and people ask for with verbs, and the words that say nothing of what is sought."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag


class Does(IntFlag):
    """What an operation does, and what a verb asks for."""

    NOTHING = 0
    LIST = 1
    GET = 2
    CREATE = 4
    UPDATE = 8
    DELETE = 16
    RUN = 32
    READ = LIST | GET
    WRITE = CREATE | UPDATE | DELETE | RUN


COMBINATIONS = tuple(Does(number) for number in range(1 + (Does.READ | Does.WRITE)))
"""All there are, made at once: Python keeps each that it meets, and one met late holds a megabyte of what is freed."""

_VERBS: Mapping[tuple[Does, Does], str] = {
    (Does.LIST, Does.NOTHING): "list enumerate browse",
    (Does.GET, Does.NOTHING): "describe details detail specific",
    (Does.READ, Does.NOTHING): """
        preview compare read fetch retrieve show view see look lookup find search query display print
        inspect download know available count watch export ask
    """,
    (Does.READ, Does.CREATE | Does.RUN): "get check",
    (Does.CREATE, Does.NOTHING): """
        create make new take host launch provision build generate register spawn deploy clone fork duplicate
        post upload buy order issue publish submit write define schedule start begin compose draft reserve book rent
        enroll arrange dial phone text mail note
    """,
    (Does.CREATE, Does.UPDATE): """
        activate monitor define add assign attach put allow grant invite give insert associate connect link bind
        join enable install import save store push apply share record restrict limit cap expose report notify
        protect open enter
    """,
    (Does.UPDATE, Does.NOTHING): """
        update change edit rename modify set alter patch replace adjust configure switch toggle extend increase
        decrease raise lower upgrade downgrade migrate relabel customize fix correct amend tweak tune reorder
        reassign reschedule postpone prolong lengthen shorten boost reduce shrink enlarge demote swap
    """,
    (Does.DELETE, Does.NOTHING): """
        delete remove destroy drop erase wipe purge clear discard trash deregister unregister terminate expel oust
        scrap ditch dump unpublish unsend retract unpin unfollow empty prune
    """,
    (Does.DELETE, Does.UPDATE | Does.RUN): """
        deactivate redact suspend hide detach unassign unlink revoke uninstall disable disconnect dissociate
        unsubscribe leave kick ban withdraw dismiss forget reject block undo unblock unlock lock kill cancel
        stop exclude silence end
    """,
    (Does.RUN, Does.UPDATE | Does.CREATE): """
        copy request renew validate calculate increment sync react ship deliver resend retry release promote
        expire run restart reboot reset rotate trigger execute send resize scale approve merge close reopen
        pause resume rerun rebuild move transfer restore redeploy rollback capture refund pay charge confirm
        verify accept evict collect snapshot mark star follow mute archive unarchive power turn shutdown
        finalize void sign freeze unfreeze reinstall recycle drain flush refresh reload invoke simulate authorize
        authenticate redeem settle unmute skip play translate convert transcribe forward reply answer escalate
        acknowledge resolve snooze dispatch process boot split crop
    """,
}
"""Verbs by what they ask for first, and what they may ask for besides."""

DOES: Mapping[str, tuple[Does, Does]] = {word: does for does, words in _VERBS.items() for word in words.split()}
"""What each verb asks for, and what it may ask for besides."""

ASKING = frozenset(
    (
        "what", "who", "whose", "which", "when", "where", "why", "is", "are", "was", "has", "have", "had", "do", "does",
        "did", "am",
    )
)  # fmt: skip
"""Words that a question begins with, which asks for something to read."""

MANY = frozenset({"all", "every", "list", "many", "which"})
"""Words that ask for several things."""

THINGS = frozenset(
    (
        "copy", "request", "release", "monitor", "preview", "increment", "sync", "issue", "record", "report",
        "store", "host", "order", "charge", "transfer", "snapshot", "link", "build", "star", "fork", "clone",
        "limit", "cap", "schedule", "lock", "block", "patch", "export", "import", "share", "trigger", "refund",
        "post", "power", "mark", "watch", "count", "query", "search", "register", "set", "sign", "archive",
        "available", "details", "detail", "specific", "pay", "display", "print", "notify", "label", "start",
        "stop", "run", "open", "close", "reset", "capture", "new", "deploy", "phone", "text", "mail", "note", "book",
        "draft", "answer", "reply", "forward", "process", "play", "end", "boot", "dump", "split", "rent", "swap",
    )
)  # fmt: skip
"""Verbs that are the names of things as well."""

MADE = frozenset(
    ("bigger", "larger", "smaller", "faster", "longer", "shorter", "higher", "lower", "public", "private", "default")
)
"""What things are made that are there already: `make it bigger` changes it."""

PARTICLES = frozenset({"up", "down", "out", "off", "on", "back", "away"})
"""Words of phrases that may stand apart from their verbs: `turn it off`."""

MINE = "my"
"""What most say of everything."""

SHOWING = frozenset({"get", "read", "fetch", "retrieve", "show", "view", "see", "display", "print"})
"""Verbs that stand for `list` where there are several things."""

_PHRASES = """
abandon: give up; again: once more; allow: let in; attach: hook up, plug in; authenticated: signed in, logged in;
authenticated user account: who am i; backup: back up; block: cut off, keep out, shut out; cancel: call off; change:
switch to; collect: pick up; continue: go on, carry on; contribute: chip in; create: spin up, set up, bring up, stand
up, sign up, fire up; decrease: bring down, cut down; delete: get rid of, tear down, take down, throw away, free up,
clean up; deliver: drop off; deploy: roll out, go live; disable: turn off, switch off; enable: turn on, switch on; end:
hang up; error: went wrong, not working; event: what happened; exclude: leave out; expired: ran out; fill: fill in, fill
out; finish: wrap up; forward: pass on, pass along; get: look up, look at, find out; history: over time, in the past;
hold: set aside; increase: ramp up, bump up; latest: most recent; list: show all, list all; login: log in, sign in;
logout: log out, log off, sign out; move: move to; notify: let me know, tell me when, get told; pause: on hold; payout:
pay out, paying out; permission: who can, who may, allowed to, may i; postpone: put off; publish: make public, put
online; record: write down, note down; refund: money back, give back, pay back, send back; release: let go; remove: kick
out, throw out, take off, take away; replace: swap out; restart: start over; restore: bring back, get back, put back;
retry: try again; review: change request; rollback: go back, roll back; scale: scale up, scale down; search: look for;
set: point to; shutdown: shut down, power off, power down; split: break up; start: power on, boot up, kick off; status:
how far; submit: hand in; test: try out; topup: top up; transfer: take over, hand over; unpublish: take offline;
unsubscribe: opt out; update: up to date; withdraw: take back
"""
"""A word and, behind `:`, what is said for it in several."""


def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    lines = (line.partition(":") for line in _PHRASES.split(";"))
    return {tuple(phrase.split()): tuple(word.split()) for word, _, said in lines for phrase in said.split(",")}


PHRASES: Mapping[tuple[str, ...], tuple[str, ...]] = _phrases()
"""The words that stand for several."""

LONGEST_PHRASE = max(map(len, PHRASES))

_SILENT = """
a about actually again all already also am an and another any anyone are as at back be been being but by can could
current currently d did do does doing don done each either else even ever every everything existing for from given had
has have having he help her here hers him his how i if in inside into is it its itself just kindly last let lets like
ll m many may me might mine much must need needs next now of ok on one only onto or our ours out over own particular
people per please possible re really right running s shall she should so some somebody someone something still such t
tell than that the their them then there these they this those three through to today too two us use using ve very via
want wanted wants was way we were what when where whether which who whose why will with within without would yesterday
yet you your yours
"""

STOP_WORDS = frozenset(_SILENT.split())
"""Words that say nothing of what is sought."""
