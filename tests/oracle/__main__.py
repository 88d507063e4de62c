"""`python -m tests.oracle --configurations 300`: tries every op, and fails where a rule and torch disagree."""

from __future__ import annotations

import argparse
import sys
import time

import torch

from specc.ops import OPS
from tests.oracle.compare import Tally, examine


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("ops", nargs="*", metavar="OP", help="the ops to try; all without")
    parser.add_argument("--configurations", type=int, default=300, metavar="K", help="of each op (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="other seeds give other configurations")
    parser.add_argument("--table", action="store_true", help="a line for every op")
    parser.add_argument("--show", type=int, default=3, metavar="K", help="disagreements shown of each op (default 3)")
    options = parser.parse_args()
    unknown = [name for name in options.ops if name not in OPS]
    if unknown:
        parser.error(f"no op is called {', '.join(unknown)}")
    torch.set_num_threads(1)
    start = time.perf_counter()
    tallies = []
    for name in options.ops or sorted(OPS, key=str.casefold):
        tally = examine(OPS[name], options.configurations, options.seed)
        tallies.append(tally)
        if options.table or tally.disagreements:
            print(_line(tally))
        for text in tally.disagreements[: options.show]:
            print(f"    {text}")
    valid, invalid = sum(t.valid for t in tallies), sum(t.invalid for t in tallies)
    disagreements = sum(len(t.disagreements) for t in tallies)
    print(
        f"{len(tallies)} ops, {valid + invalid:,} configurations ({valid:,} valid, {invalid:,} invalid), "
        f"{sum(t.symbolic for t in tallies):,} symbolic inferences, {disagreements:,} disagreements "
        f"in {time.perf_counter() - start:.0f} s (torch {torch.__version__})"
    )
    return 1 if disagreements else 0


def _line(tally: Tally) -> str:
    return (
        f"{tally.op:24} {tally.tried:6} tried {tally.valid:6} valid {tally.invalid:6} invalid "
        f"{tally.symbolic:6} symbolic {len(tally.disagreements):4} disagreements"
    )


if __name__ == "__main__":
    sys.exit(main())
