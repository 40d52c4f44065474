"""What answers say of limits: the header fields in use, one notation after the other, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specport.executor.learning import MAX_QUOTAS, MAX_RESET, Quota, quotas_of

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        (
            {"ratelimit-limit": "5000", "ratelimit-remaining": "4816", "ratelimit-reset": str(int(NOW) + 30)},
            Quota("ratelimit", 5000, 4816, 30.0),
        ),
        (
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 1200)},
            Quota("x-ratelimit", 60, 0, 1200.0),
        ),
        (
            {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "7", "x-rate-limit-reset": "12"},
            Quota("x-rate-limit", 100, 7, 12.0),
        ),
        (
            {"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "50", "ratelimit-reset": "20"},
            Quota("ratelimit", 100, 50, 20.0),
        ),
        (
            {"x-ratelimit-limit-minute": "20", "x-ratelimit-remaining-minute": "3"},
            Quota("x-ratelimit-minute", 20, 3, 60.0, 60.0),
        ),
        (
            {
                "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-reset-requests": "6m0.5s",
            },
            Quota("x-ratelimit-requests", 60, 59, 360.5),
        ),
        ({"x-ratelimit-remaining": "598.0", "x-ratelimit-reset": "355"}, Quota("x-ratelimit", 0, 598, 355.0)),
        (
            {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(int(NOW) * 1000 + 1500)},
            Quota("x-ratelimit", 0, 1, 1.5),
        ),
        (
            {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "Mon, 21 Sep 2026 14:13:30 GMT"},
            Quota("x-ratelimit", 0, 1, 10.0),
        ),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, Quota("ratelimit", 100, 50, 5.0)),
        (
            {"ratelimit-policy": '"burst";q=100;w=60, "day";q=1000;w=86400', "ratelimit": '"burst";r=50;t=30'},
            Quota("ratelimit burst", 100, 50, 30.0, 60.0),
        ),
        ({"ratelimit": "default;r=3;t=9"}, Quota("ratelimit default", 0, 3, 9.0)),
    ],
)  # fmt: skip
def test_quotas_are_read_in_every_notation(headers: dict[str, str], quota: Quota) -> None:
    """Seconds from now, whatever the reset is told in."""
    [told] = quotas_of(headers, NOW)
    assert (told.name, told.amount, told.remaining, told.window) == (
        quota.name,
        quota.amount,
        quota.remaining,
        quota.window,
    )
    assert told.reset == pytest.approx(quota.reset, abs=0.001)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"x-ratelimit-limit": "100"},
        {"x-ratelimit-remaining": "plenty"},
        {"x-ratelimit-remaining": "-1"},
        {"x-ratelimit-remaining": ""},
        {"x-ratelimit-remaining": "9" * 400},
        {"ratelimit": '"broken'},
        {"ratelimit": '"day";q=1'},
        {"ratelimit": ";;;,,,"},
    ],
)
def test_what_tells_nothing_is_left_out(headers: dict[str, str]) -> None:
    """A limit without what is left, or a value that is no number, changes nothing."""
    assert quotas_of(headers, NOW) == ()


def test_a_reset_is_believed_for_a_week_at_most_and_never_past() -> None:
    """A wrong clock or a hostile API does not close a source for ever."""
    for text, seconds in (("999999999", MAX_RESET), (str(int(NOW) - 500), 0.0)):
        [quota] = quotas_of({"ratelimit-remaining": "0", "ratelimit-reset": text}, NOW)
        assert quota.reset == seconds


def test_a_long_list_is_read_to_its_bound() -> None:
    """However many quotas an answer lists."""
    field = ", ".join(f'"q{number}";r=1;t=1' for number in range(100))
    assert len(quotas_of({"ratelimit": field}, NOW)) == MAX_QUOTAS


NAMES = (
    "ratelimit",
    "ratelimit-policy",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-ratelimit-reset",
)
PIECES = st.lists(
    st.sampled_from(['"a"', ";r=1", ";t=99", ";q=0", ",", " ", "1e9", "-5", "9" * 20, "limit=", "Ω", "\0"])
)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20) | PIECES.map("".join)))
def test_no_header_is_an_error(headers: dict[str, str]) -> None:
    """Whatever an API sends, the quotas are within their bounds."""
    for quota in quotas_of(headers, NOW):
        assert quota.remaining >= 0
        assert 0 <= quota.reset <= MAX_RESET
