"""`--dry-run`: the curl command that is printed, as a shell reads it. curl itself is a shell function here."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from specport.executor.auth.placing import shown
from specport.executor.curl import MAX_SHOWN_BODY, as_curl
from specport.executor.model import Credential
from specport.requests.model import PreparedRequest

BEARER = Credential("bearer", "env:API_TOKEN")
HOSTILE = "$(touch /tmp/x) `id` ${HOME} $HOME \\ \"double\" 'single' !! !$ ; | & > *"


def request(method: str = "GET", **more: object) -> PreparedRequest:
    url = more.pop("url", "https://api.test/v2/things")
    return PreparedRequest("test", method, url, "/v2/things", **more)  # type: ignore[arg-type]


def arguments(command: str, shell: str = "sh", **environment: str) -> list[str]:
    """What curl would be given, were the command pasted into a shell."""
    script = 'curl() { for each in "$@"; do printf "%s\\0" "$each"; done; }\n' + command
    path = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True, env=path, timeout=10)
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


def test_the_command_is_one_part_to_a_line() -> None:
    """A person can read it, and the credential stands as the variable's name."""
    asked = request("POST", headers=(("Accept", "application/json"),), content=b'{"a":1}', security=(("bearer",),))
    assert as_curl(shown(asked, {"bearer": BEARER})) == (
        "curl -X POST https://api.test/v2/things \\\n"
        "  -H 'Accept: application/json' \\\n"
        '  -H "Authorization: Bearer $API_TOKEN" \\\n'
        "  --data-raw '{\"a\":1}'"
    )


def test_a_shell_puts_the_credential_in() -> None:
    """Pasted where the variable is set, the command sends the real request."""
    asked = request(security=(("bearer",),))
    given = arguments(as_curl(shown(asked, {"bearer": BEARER})), API_TOKEN="a b$c")
    assert given == ["-X", "GET", "https://api.test/v2/things", "-H", "Authorization: Bearer a b$c"]


@pytest.mark.parametrize(
    ("reference", "printed"),
    [
        ("file:/run/a b", "Bearer $(cat '/run/a b')"),
        ("keyring:shop/me/it's", """Bearer $(keyring get shop 'me/it'"'"'s')"""),
        ("header:X-Shop-Key", "Bearer $X_SHOP_KEY"),
        ("oauth:my $(id) oauth", "Bearer $MY___ID__OAUTH"),
    ],
)
def test_each_kind_of_reference_is_a_word_of_the_shell(reference: str, printed: str) -> None:
    """What a person can put a value behind, or run."""
    asked = request(security=(("it",),))
    assert f'"Authorization: {printed}"' in as_curl(shown(asked, {"it": Credential("it", reference)}))


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_nothing_but_the_credential_is_expanded(shell: str) -> None:
    """Arguments are a model's words: no shell may run, expand or split them."""
    key = Credential("key", "env:API_KEY", "apiKey", "", "header", "X-Key")
    asked = request(
        "PUT",
        url="https://api.test/a?q='$x&r=[1-3]{a,b}!",
        headers=(("X-Note", HOSTILE),),
        content=f"@/etc/passwd {HOSTILE}".encode(),
        security=(("key", "bearer"),),
    )
    given = arguments(as_curl(shown(asked, {"key": key, "bearer": BEARER})), shell, API_KEY="k", API_TOKEN="t")
    assert given == [
        "-X", "PUT", "--globoff", "https://api.test/a?q='$x&r=[1-3]{a,b}!", "-H", f"X-Note: {HOSTILE}",
        "-H", "X-Key: k", "-H", "Authorization: Bearer t", "--data-raw", f"@/etc/passwd {HOSTILE}",
    ]  # fmt: skip


def test_a_cookie_or_query_credential_stands_beside_hostile_neighbours() -> None:
    """Also where credential and argument share one word of the command, only the credential is expanded."""
    cookie = Credential("cookie", "env:SID", "apiKey", "", "cookie", "sid")
    query = Credential("query", "env:SID", "apiKey", "", "query", "key")
    asked = request(url="https://api.test/?q=$(id)", headers=(("Cookie", "a=`id`!x"),), security=(("cookie", "query"),))
    given = arguments(as_curl(shown(asked, {"cookie": cookie, "query": query})), "bash", SID="s")
    assert given[2] == "https://api.test/?q=$(id)&key=s"
    assert given[4] == "Cookie: a=`id`!x; sid=s"


def test_a_file_credential_is_read_by_the_shell(tmp_path: Path) -> None:
    """A path with a space is quoted inside the substitution."""
    path = tmp_path / "my token"
    path.write_text("from file\n")
    asked = request(security=(("bearer",),))
    given = arguments(as_curl(shown(asked, {"bearer": Credential("bearer", f"file:{path}")})))
    assert given[-1] == "Authorization: Bearer from file"


def test_a_basic_credential_is_encoded_by_the_shell() -> None:
    """Basic wants base64, also when it is longer than base64's lines."""
    basic = Credential("basic", "env:LOGIN", "http", "basic")
    login = "user:" + "long password " * 9
    given = arguments(as_curl(shown(request(security=(("basic",),)), {"basic": basic})), LOGIN=login)
    assert base64.b64decode(given[-1].removeprefix("Authorization: Basic ")).decode() == login


def test_the_value_is_not_read_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run works without the credential and shows no value that is there."""
    monkeypatch.setenv("API_TOKEN", "dop_v1_secret")
    command = as_curl(shown(request(security=(("bearer",),)), {"bearer": BEARER}))
    assert "dop_v1_secret" not in command
    monkeypatch.delenv("API_TOKEN")
    assert as_curl(shown(request(security=(("bearer",),)), {"bearer": BEARER})) == command


def test_a_head_request_does_not_wait_for_a_body() -> None:
    """`curl -X HEAD` would hang; `--head` asks the same and ends."""
    assert as_curl(request("HEAD")).startswith("curl --head https://")


def test_a_large_body_is_cut() -> None:
    """What is printed has a bound."""
    command = as_curl(request("POST", content=b"x" * (MAX_SHOWN_BODY + 1)))
    assert command.endswith(("x...", "x...'"))
    assert len(command) < MAX_SHOWN_BODY + 200


def test_a_body_that_is_no_text_goes_through_base64() -> None:
    """No word of a shell holds every byte; what is printed decodes to the body, and curl reads that."""
    content = b"\x89PNG\0\xff\r\n"
    command = as_curl(request("POST", content=content))
    assert command.endswith("--data-binary @-")
    encoded = command.removeprefix("printf %s ").partition(" | base64 -d | curl -X POST ")[0]
    assert base64.b64decode(encoded) == content
