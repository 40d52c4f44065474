"""`specport demo`: a whole session, once as a person would see it in a pipe, and once with a step that fails."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from specport.surfaces.cli import demonstrating

COMMAND = [sys.executable, "-c", "from specport.surfaces.cli.main import main; main()", "demo"]


@pytest.fixture(scope="module")
def transcript() -> str:
    ran = subprocess.run(COMMAND, check=False, capture_output=True, text=True, timeout=90)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return ran.stdout


pytestmark = pytest.mark.xdist_group("demo")


def test_it_lists_every_tool(transcript: str) -> None:
    """292 tools over stdio, with what the list costs."""
    assert re.search(r"292 tools listed in \d+", transcript)
    assert re.search(r"about \d+,000 tokens", transcript)


def test_it_creates_reads_and_destroys_a_droplet(transcript: str) -> None:
    """The requests are the ones that the server logged, and the Droplet read is the one created."""
    created = re.search(r"POST /v2/droplets +202 .*\n +id (\d+): web-1", transcript)
    assert created, transcript
    for method, status in (("GET", 200), ("DELETE", 204), ("GET", 404)):
        assert re.search(rf"{method} /v2/droplets/{created[1]} +{status} ", transcript)


def test_it_waits_for_the_limit_instead_of_being_refused(transcript: str) -> None:
    """Five calls go at once, the sixth about ten seconds later, and the API never had to say 429."""
    assert re.search(r"calls 1 to 5 +GET /v2/cdn/endpoints +200", transcript)
    waited = re.search(r"call 6 +GET /v2/cdn/endpoints +200 +([\d.]+) s", transcript)
    assert waited, transcript
    assert float(waited[1]) >= 9
    assert "none refused with 429" in transcript


def test_it_adds_an_api_and_calls_one_of_its_tools(transcript: str) -> None:
    """The second document is previewed, added and called in the same session."""
    assert "292 tools before, 296 now" in transcript
    assert re.search(r"tea_house_pots_brewPot +POST /pots +201", transcript)
    assert '"tea":"oolong"' in transcript


def test_it_is_short_plain_and_says_what_comes_next(transcript: str) -> None:
    """At most a screen and a half of 80 columns without colours when piped."""
    lines = transcript.splitlines()
    assert len(lines) <= 36
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in transcript
    assert "specport install claude-code" in lines[-2]
    assert "DIGITALOCEAN_TOKEN" in lines[-1]


def test_a_step_that_fails_is_shown_and_ends_it_with_one(run, monkeypatch) -> None:
    """Nothing is glossed over: a Droplet that the API refuses ends the demo."""
    monkeypatch.setattr(demonstrating, "_DROPLET", {"name": "web-1"})
    ran = run("demo", "--fast")
    assert ran.code == 1
    assert "failed  droplets_dropletsCreate failed: " in ran.out
    assert "Done in" not in ran.out


def test_a_server_that_does_not_start_is_shown_with_its_last_words(run, monkeypatch) -> None:
    """The reason is in what the server wrote to stderr."""
    monkeypatch.setattr(demonstrating, "_SERVE", ("serve", "nosuch"))
    ran = run("demo")
    assert ran.code == 1
    assert "there is no source 'nosuch'" in ran.out


def test_a_reader_that_goes_away_ends_it_without_a_traceback() -> None:
    """As `specport demo | head -3` does."""
    with subprocess.Popen([*COMMAND, "--fast"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        assert demo.stderr
        assert demo.stdout.readline().startswith("specport demo")
        demo.stdout.close()
        assert not demo.stderr.read()
    assert demo.returncode == 1
