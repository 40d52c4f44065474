"""`[[policy]]` in a `--policy` file and in manifests: what it may say, and that what is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_documents import document

from specport.errors import SourceError
from specport.policy.model import Action, Rule
from specport.sources.fetch import FetchPolicy
from specport.sources.manifest import open_folder
from specport.sources.policies import read_policy

RULES = """
[[policy]]
action = "allow"
tools = ["droplets.*List", "größe_1.?-x"]
[[policy]]
action = "deny"
methods = ["delete", "Query"]
tags = ["Billing"]
reason = "No."
[[policy]]
action = "approve"
"""


def rules(place: str) -> tuple[Rule, ...]:
    return (
        Rule(Action.ALLOW, ("droplets.*List", "größe_1.?-x"), place=f"rule 1 of {place}"),
        Rule(Action.DENY, (), ("DELETE", "QUERY"), ("Billing",), "No.", f"rule 2 of {place}"),
        Rule(Action.APPROVE, place=f"rule 3 of {place}"),
    )


def test_a_file_holds_rules_in_their_order(tmp_path: Path) -> None:
    """Each knows where it stands: by the file's name, not its path."""
    file = tmp_path / "team.toml"
    file.write_text(RULES)
    assert read_policy(file) == rules("team.toml")


@pytest.mark.anyio
async def test_a_manifest_holds_rules_for_its_source(tmp_path: Path) -> None:
    """The same entries."""
    (tmp_path / "openapi.json").write_text(document())
    (tmp_path / "source.toml").write_text('name = "shop"\ndocument = "openapi.json"\n' + RULES)
    source = await open_folder(tmp_path, FetchPolicy())
    assert source.rules == rules("the source shop")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "policy: Field required"),
        ("policy = []", "policy: Tuple should have at least 1 item"),
        ("[[policies]]\naction = 'deny'", "policy: Field required"),
        ("[[policy]]\ntools = ['a.*']", "policy.0.action: Field required"),
        ("[[policy]]\naction = 'block'", "policy.0.action: Input should be 'allow', 'approve' or 'deny'"),
        ("[[policy]]\naction = 'deny'\ntool = ['a']", "policy.0.tool: Extra inputs are not permitted"),
        ("[[policy]]\naction = 'deny'\ntools = 'a.*'", "policy.0.tools: Input should be a valid tuple"),
        ("[[policy]]\naction = 'deny'\ntools = []", "policy.0.tools: an empty list fits nothing; leave the key out"),
        ("[[policy]]\naction = 'deny'\nmethods = []", "policy.0.methods: an empty list fits nothing"),
        ("[[policy]]\naction = 'deny'\ntags = ['']", "policy.0.tags.0: String should have at least 1 character"),
        ("[[policy]]\naction = 'deny'\ntools = ['']", "policy.0.tools.0: '' is no pattern of addresses such as"),
        ("[[policy]]\naction = 'deny'\ntools = ['a.*', '/v2/*']", "policy.0.tools.1: '/v2/*' is no pattern"),
        ("[[policy]]\naction = 'deny'\ntools = ['[ab].c']", "policy.0.tools.0: '[ab].c' is no pattern"),
        ("[[policy]]\naction = 'deny'\ntools = ['a b']", "policy.0.tools.0: 'a b' is no pattern"),
        ("[[policy]]\naction = 'deny'\nmethods = ['GET POST']", "policy.0.methods.0: 'GET POST' is no HTTP method"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_and_the_key(tmp_path: Path, text: str, fault: str) -> None:
    """In one line, before anything is served."""
    file = tmp_path / "team.toml"
    file.write_text(text)
    with pytest.raises(SourceError) as caught:
        read_policy(file)
    assert str(caught.value).startswith(f"{file}: {fault}")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Absent, a folder, no TOML."""
    with pytest.raises(SourceError, match=r"--policy: cannot read .*absent\.toml: No such file"):
        read_policy(tmp_path / "absent.toml")
    with pytest.raises(SourceError, match=r"--policy: .* is a folder"):
        read_policy(tmp_path)
    (tmp_path / "broken.toml").write_text("[[policy]\n")
    with pytest.raises(SourceError, match=r"broken\.toml is not valid TOML"):
        read_policy(tmp_path / "broken.toml")
