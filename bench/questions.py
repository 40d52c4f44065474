"""The labelled questions of `bench/questions/`, and which half of them is held out.

    python bench/questions.py

checks that every answer is an operation of its document, and counts them. SPECPORT_TEST_CORPUS names the folder of the
public corpus.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from measuring import checked_document, default_document

FOLDER = Path(__file__).with_name("questions")

DEVELOPMENT, HELD_OUT = "development", "held out"

IN_CORPUS = {
    "github.com": "github.com/api.github.com.json",
    "stripe.com": "stripe.com.json",
    "kubernetes.io": "kubernetes.io.json",
    "box.com": "box.com.json",
    "docker.com": "docker.com/engine.json",
    "slack.com": "slack.com.json",
    "asana.com": "asana.com.json",
    "netlify.com": "netlify.com.json",
    "spotify.com": "spotify.com.json",
    "gitlab.com": "gitlab.com.json",
    "linode.com": "linode.com.json",
    "plaid.com": "plaid.com.json",
    "zoom.us": "zoom.us.json",
}
"""Where the public corpus keeps the documents; DigitalOcean's is the published one of the test data."""

APIS = ("digitalocean.com", "github.com", "stripe.com", "kubernetes.io")
"""Those whose questions are in two halves."""

READ = ("box.com", "docker.com", "slack.com")
"""Those whose questions are all for development; words from before the glossary were chosen without them."""

FURTHER = ("gitlab.com", "linode.com", "plaid.com", "zoom.us")
"""Those on which it was chosen how meaning is joined to words, after the words."""

UNREAD = ("asana.com", "netlify.com", "spotify.com")
"""Those whose questions are all held out."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one API, and the operations that serve, each as METHOD and path."""

    api: str
    question: str
    answers: tuple[str, ...]

    @property
    def half(self) -> str:
        """By the API, or by the first byte of the question's SHA-256: odd is held out."""
        if self.api in (*READ, *FURTHER):
            return DEVELOPMENT
        if self.api in UNREAD:
            return HELD_OUT
        return HELD_OUT if sha256(self.question.encode()).digest()[0] % 2 else DEVELOPMENT


def load(api: str, half: str | None = None) -> Sequence[Question]:
    """The questions of an API in the file's order, all of them or those of one half."""
    lines = (FOLDER / f"{api}.jsonl").read_text(encoding="utf-8").splitlines()
    read = map(json.loads, lines)
    found = [Question(each["api"], each["question"], tuple(each["answers"])) for each in read]
    return [question for question in found if half in {None, question.half}]


def document_of(api: str) -> Path:
    """The document that an API's answers are operations of. Raises SystemExit where it is not at hand."""
    if api not in IN_CORPUS:
        return checked_document(default_document())
    folder = os.environ.get("SPECPORT_TEST_CORPUS")
    if not folder:
        raise SystemExit("set SPECPORT_TEST_CORPUS to the public corpus's folder package/api")
    return checked_document(Path(folder) / IN_CORPUS[api])


def main() -> None:
    """Check every answer, count the halves."""
    wrong = 0
    for api in (*APIS, *READ, *FURTHER, *UNREAD):
        paths = json.loads(document_of(api).read_text(encoding="utf-8"))["paths"]
        known = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
        questions = load(api)
        halves = Counter(question.half for question in questions)
        print(f"{api:18}{len(questions):5}{halves[DEVELOPMENT]:5} for development{halves[HELD_OUT]:5} held out")
        for question in questions:
            for answer in set(question.answers) - known:
                wrong += 1
                print(f"  {question.question!r}: there is no {answer}")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
