"""Tokens of texts as o200k_base counts them, by npm's gpt-tokenizer; a quarter of the bytes where it is missing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "gpt-tokenizer@4"

INSTALL_SECONDS = 300
"""Longest time that npm may take."""

BYTES_A_TOKEN = 4

_COUNT = """\
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  console.log(countTokens(JSON.parse(line), { disallowedSpecial: new Set() }));
}
"""


class Tokenizer:
    """Counts tokens. `name` says how, for the page that shows the figures."""

    def __init__(self, folder: Path) -> None:
        """Take the package from the folder, or put it there. Without Node or npm's registry, count bytes."""
        self._script = _installed(folder)
        self.name = "o200k_base (npm gpt-tokenizer)" if self._script else f"bytes/{BYTES_A_TOKEN}"

    def count(self, texts: Iterable[str]) -> list[int]:
        """The tokens of each text."""
        if self._script is None:
            return [len(text.encode()) // BYTES_A_TOKEN for text in texts]
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        node = ["node", "--max-old-space-size=8192", str(self._script)]
        done = subprocess.run(node, input=lines.encode(), stdout=subprocess.PIPE, check=True)
        return [int(line) for line in done.stdout.split()]


def _installed(folder: Path) -> Path | None:
    script = folder / "count.mjs"
    if not (folder / "node_modules" / "gpt-tokenizer").is_dir():
        if not (shutil.which("node") and shutil.which("npm")):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
        done = subprocess.run(command, check=False, timeout=INSTALL_SECONDS, stdout=sys.stderr)
        if done.returncode:
            return None
    script.write_text(_COUNT)
    return script
