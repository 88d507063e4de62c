"""`python -m tests.fuzz`: specs by chance for FUZZ_SECONDS (600), none of which may bring an exception or hang.

Prints how many were tried and every exception with the number of its input; `--show NUMBER` writes that input out and
judges it again. `--seed` gives other inputs; FUZZ_JOBS is the number of processes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.fuzz.generate import generated
from tests.fuzz.hunt import hunt
from tests.fuzz.judge import judge


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "600")))
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("FUZZ_JOBS", os.cpu_count() or 1)))
    parser.add_argument("--show", type=int, metavar="NUMBER", help="write one input out, and judge it")
    options = parser.parse_args()
    if options.show is not None:
        return _show(options.seed, options.show)
    found = hunt(options.seed, options.seconds, options.jobs)
    for failure in found.failures:
        print(f"--- input {failure.number} (of {failure.alike} alike): --seed {options.seed} --show {failure.number}")
        print(failure.problem)
        # The number leads to the input only as long as the corpus stays what it is.
        print(failure.written)
    print(
        f"{found.tried:,} specs tried in {options.seconds:g} s, {found.compiled:,} of which compiled; the slowest "
        f"took {found.slowest:.1f} s; {sum(f.alike for f in found.failures)} exceptions of {len(found.failures)} kinds"
    )
    return 1 if found.failures or not found.tried else 0


def _show(seed: int, number: int) -> int:
    given = generated(seed, number)
    print(given.written())
    with tempfile.TemporaryDirectory() as folder:
        print("# compiled:", judge(given, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
