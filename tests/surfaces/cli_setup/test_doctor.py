"""`specport doctor`: says how things are, in text and in JSON, and never a secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Json = Any  # what `--json` printed, compared as it is

DOCUMENT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "%s"}]
security: [{key: []}]
paths:
  /a: {get: {operationId: listA, responses: {"200": {description: ok}}}}
  /b: {get: {operationId: listB, security: [], responses: {"200": {description: ok}}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
"""


class Api(BaseHTTPRequestHandler):
    """Refuses everything and remembers what it was asked."""

    seen: list[tuple[str, str, dict[str, str]]]

    def do_HEAD(self) -> None:  # the name that http.server looks for
        self.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.fixture
def api() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    seen: list[tuple[str, str, dict[str, str]]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Recording", (Api,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def shop(project: Path, server: str, auth: str = "") -> str:
    folder = project / "shop"
    folder.mkdir()
    (folder / "source.toml").write_text(f'name = "shop"\ndocument = "openapi.yaml"\n{auth}')
    (folder / "openapi.yaml").write_text(DOCUMENT % server)
    return str(folder)


def checks(ran: Any) -> dict[tuple[str, str], Json]:
    return {(check["subject"], check["name"]): check for check in json.loads(ran.out)["checks"]}


def test_offline_without_a_token_nothing_fails(run) -> None:
    """The bundled source is well, its token is missing, which is a warning that names the variable."""
    ran = run("doctor", "--offline", "--json")
    found = checks(ran)
    assert ran.code == 0
    assert json.loads(ran.out)["ok"] is True
    assert {key: check["mark"] for key, check in found.items()} == {
        ("installation", "versions"): "ok",
        ("installation", "state"): "ok",
        ("digitalocean", "document"): "ok",
        ("digitalocean", "credential"): "warn",
        ("digitalocean", "limits"): "ok",
        ("protocol", "modern"): "ok",
        ("protocol", "legacy"): "ok",
    }
    assert "290 tools" in found["digitalocean", "document"]["message"]
    assert "DIGITALOCEAN_TOKEN" in found["digitalocean", "credential"]["message"]
    assert found["digitalocean", "credential"]["advice"]
    assert "250 in 60 s, 5,000 in 3,600 s" in found["digitalocean", "limits"]["message"]
    assert all("292 tools" in found["protocol", era]["message"] for era in ("modern", "legacy"))


def test_a_token_that_is_set_is_named_and_never_shown(run, monkeypatch) -> None:
    """Text and JSON say which variable is set, not what is in it."""
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "dop_v1_secret")
    for option in ((), ("--json",)):
        ran = run("doctor", "--offline", *option)
        assert "DIGITALOCEAN_TOKEN is set" in ran.out
        assert "dop_v1_secret" not in ran.out + ran.err


def test_text_has_a_line_for_each_check_and_a_sum(run) -> None:
    """Without a terminal the text is plain and its lines are whole."""
    out = run("doctor", "--offline").out
    assert "\x1b" not in out
    assert out.splitlines()[-1] == "Nothing failed, 1 warning."
    assert [line for line in out.splitlines() if not line.startswith(" ")][:-1] == [
        "installation",
        "digitalocean",
        "protocol",
    ]


def test_an_api_that_answers_is_reachable_whatever_it_says(run, project, api, monkeypatch) -> None:
    """One HEAD request to the origin, without the credential that calls would have."""
    origin, seen = api
    monkeypatch.setenv("SHOP_KEY", "k-secret")
    folder = shop(project, f"{origin}/v1", '[auth]\nkey = "env:SHOP_KEY"\n')
    found = checks(run("doctor", folder, "--json"))
    assert found["shop", "API"]["mark"] == "ok"
    assert f"{origin} is reachable, answered 401" in found["shop", "API"]["message"]
    assert [(method, path) for method, path, _ in seen] == [("HEAD", "/")]
    assert "k-secret" not in str(seen)


def test_an_api_that_does_not_answer_is_a_warning_that_says_why(run, project, api) -> None:
    """A refused connection does not fail the command."""
    origin, _ = api
    folder = shop(project, origin.rpartition(":")[0] + ":9")
    ran = run("doctor", folder, "--json")
    check = checks(ran)["shop", "API"]
    assert (ran.code, check["mark"]) == (0, "warn")
    assert check["message"].startswith("not reachable: ")
    assert "--offline" in check["advice"]


def test_a_scheme_without_a_credential_is_a_warning(run, project) -> None:
    """The document asks for a key and nobody said where it is."""
    folder = shop(project, "https://shop.example")
    check = checks(run("doctor", folder, "--offline", "--json"))["shop", "credential"]
    assert check["mark"] == "warn"
    assert "key" in check["message"]
    assert "--credential key=env:NAME" in check["advice"]


def test_a_document_with_problems_is_a_warning_that_lists_them(run, project) -> None:
    """What was left out is counted, and each problem has its place and a sentence."""
    folder = shop(project, "https://shop.example")
    path = Path(folder) / "openapi.yaml"
    path.write_text(path.read_text().replace("operationId: listB,", "operationId: listB, parameters: [{in: path}],"))
    check = checks(run("doctor", folder, "--offline", "--json"))["shop", "document"]
    assert (check["mark"], check["message"]) == ("warn", "Shop: 1 tool, 1 of 2 operations was left out")
    assert check["problems"] == [
        {
            "source": "shop", "pointer": "/paths/~1b/get/parameters/0", "severity": "error",
            "message": "GET /b is left out: a parameter has no name",
        }
    ]  # fmt: skip
    shown = run("doctor", folder, "--offline").out.splitlines()
    at = shown.index("        error       GET /b is left out: a parameter has no name")
    assert shown[at + 1].strip() == "/paths/~1b/get/parameters/0"


def test_many_problems_are_counted_and_json_has_all(run, project) -> None:
    """Errors and warnings are bounded apart, so that neither hides the other."""
    bad = {"parameters": [{"in": "path"}], "responses": {}}
    vague = {
        "parameters": [{"name": "q", "in": "query", "schema": {"type": "string", "pattern": "("}}],
        "responses": {},
    }
    paths = {f"/w{number}": {"get": vague} for number in range(12)} | {
        f"/b{number}": {"get": bad} for number in range(15)
    }
    info = {"title": "Many", "version": "1"}
    Path("many.json").write_text(json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}))
    given = ("doctor", "--spec", "many.json", "--base-url", "https://shop.example", "--offline")
    check = checks(run(*given, "--json"))["many", "document"]
    assert check["message"] == "Many: 12 tools, 15 of 27 operations were left out, 12 warnings"
    assert [found["severity"] for found in check["problems"]] == ["error"] * 15 + ["warning"] * 12
    shown = [line.strip() for line in run(*given).out.splitlines()]
    assert sum("is left out" in line for line in shown) == sum("is ignored" in line for line in shown) == 10
    assert "and 5 more errors; --json has all" in shown
    assert "and 2 more warnings; --json has all" in shown


def test_a_document_that_is_no_source_yet_is_checked_by_its_place(run, project) -> None:
    """`--spec` as for `serve`, in place of the default source; one that cannot be read is a failed check."""
    Path("shop.yaml").write_text(DOCUMENT % "https://shop.example")
    found = checks(run("doctor", "--spec", "shop.yaml", "--credential", "key=env:HOME", "--offline", "--json"))
    assert found["shop", "document"]["mark"] == found["shop", "credential"]["mark"] == "ok"
    assert not any(subject == "digitalocean" for subject, _ in found)
    ran = run("doctor", "--spec", "absent.yaml", "--offline", "--json")
    assert (ran.code, checks(ran)["absent.yaml", "source"]["mark"]) == (1, "fail")


def test_a_source_that_is_not_there_fails_and_the_rest_is_still_checked(run) -> None:
    """One wrong name does not hide how everything else is."""
    ran = run("doctor", "nosuch", "digitalocean", "--offline", "--json")
    found = checks(ran)
    assert ran.code == 1
    assert found["nosuch", "source"]["mark"] == "fail"
    assert found["digitalocean", "document"]["mark"] == "ok"


def test_an_unreadable_document_fails_in_one_line(run, project) -> None:
    """The command says what is wrong with it and ends with 1."""
    folder = shop(project, "https://shop.example")
    (Path(folder) / "openapi.yaml").write_text("<html></html>")
    ran = run("doctor", folder, "--offline", "--json")
    assert ran.code == 1
    assert any(check["mark"] == "fail" and check["message"] for check in json.loads(ran.out)["checks"])


def test_a_state_folder_that_cannot_be_one_fails(run, project) -> None:
    """A file in its place: the check says so and the others go on without it."""
    (project / "state").write_text("")
    ran = run("doctor", "--offline", "--state-dir", "state", "--json")
    found = checks(ran)
    assert ran.code == 1
    assert found["installation", "state"]["mark"] == "fail"
    assert "--no-state" in found["installation", "state"]["advice"]
    assert found["protocol", "modern"]["mark"] == "ok"


def test_added_sources_are_checked_too(run, project) -> None:
    """Every server has them, so the doctor looks at them as well."""
    (project / "shop.yaml").write_text(DOCUMENT % "https://shop.example")
    assert run("add", "shop.yaml").code == 0
    found = checks(run("doctor", "--offline", "--json"))
    assert found["shop", "document"]["mark"] == "ok"
    assert "294 tools" in found["protocol", "legacy"]["message"]


def test_what_a_policy_makes_of_the_tools_is_told(run, project) -> None:
    """And a rule that does nothing is a warning; so is nothing said where there is no policy."""
    rules = '[[policy]]\naction = "deny"\ntools = ["billing.*"]\n[[policy]]\naction = "deny"\ntools = ["biling.*"]\n'
    (project / "team.toml").write_text(rules)
    given = ("--policy", "team.toml", "--approve", "destructive", "--audit", "audit.jsonl")
    found = checks(run("doctor", "--offline", "--json", "--no-state", *given))
    rules = found["policy", "rules"]
    assert (rules["mark"], rules["advice"]) == ("warn", "rule 2 of team.toml (deny) fits no tool: tools biling.*")
    assert rules["message"].startswith("2")
    assert rules["message"].endswith(" not at all")
    assert found["policy", "audit"]["mark"] == "ok"
    failed = checks(run("doctor", "--offline", "--json", "--no-state", "--audit", "absent/audit.jsonl"))
    assert "absent/audit.jsonl cannot be written" in failed["sources", "open"]["message"]
