"""A process that looks at documents as it is told: a JSON line in, a JSON line out, each in bounds.

Its parent gives each one another PYTHONHASHSEED, so that what depends on the order of a set differs between two.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

from bounded import Bounds, run_bounded
from sweep_document import fingerprint, sweep

JOBS = {"sweep": sweep, "fingerprint": fingerprint}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        job = functools.partial(JOBS[order["job"]], Path(order["document"]))
        outcome = run_bounded(job, Bounds(order["seconds"], order["megabytes"]))
        print(json.dumps({"value": outcome.value, "fault": outcome.fault}), flush=True)


if __name__ == "__main__":
    main()
