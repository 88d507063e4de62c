"""`python -m tests.oracle --configurations 300`: tries every op, and fails where a rule and torch disagree."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import torch

from specc.ops import OPS
from tests.oracle.compare import Tally, examine


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("ops", nargs="*", metavar="OP", help="the ops to try; all without")
    parser.add_argument("--configurations", type=int, default=300, metavar="K", help="of each op (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="other seeds give other configurations")
    parser.add_argument("--table", action="store_true", help="a line for every op")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="K", help="processes (default: the cores)")
    parser.add_argument("--show", type=int, default=3, metavar="K", help="disagreements shown of each op (default 3)")
    options = parser.parse_args()
    unknown = [name for name in options.ops if name not in OPS]
    if unknown:
        parser.error(f"no op is called {', '.join(unknown)}")
    start = time.perf_counter()
    names = options.ops or sorted(OPS, key=str.casefold)
    tallies = []
    with ProcessPoolExecutor(options.jobs, initializer=_start) as pool:
        found = pool.map(_examine, names, repeat(options.configurations), repeat(options.seed))
        tallies = [_reported(tally, options) for tally in found]
    valid, invalid = sum(t.valid for t in tallies), sum(t.invalid for t in tallies)
    disagreements = sum(len(t.disagreements) for t in tallies)
    print(
        f"{len(tallies)} ops, {valid + invalid:,} configurations ({valid:,} valid, {invalid:,} invalid, "
        f"of these {sum(t.stricter for t in tallies):,} refused on purpose), "
        f"{sum(t.symbolic for t in tallies):,} symbolic inferences, {disagreements:,} disagreements "
        f"in {time.perf_counter() - start:.0f} s (torch {torch.__version__})"
    )
    return 1 if disagreements else 0


def _start() -> None:
    torch.set_num_threads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # kernels print a trace of what they refuse


def _examine(name: str, count: int, seed: int) -> Tally:
    return examine(OPS[name], count, seed)


def _reported(tally: Tally, options: argparse.Namespace) -> Tally:
    if options.table or tally.disagreements:
        print(_line(tally), flush=True)
    for text in tally.disagreements[: options.show]:
        print(f"    {text}", flush=True)
    return tally


def _line(tally: Tally) -> str:
    return (
        f"{tally.op:24} {tally.tried:6} tried {tally.valid:6} valid {tally.invalid:6} invalid "
        f"{tally.symbolic:6} symbolic {len(tally.disagreements):4} disagreements"
    )


if __name__ == "__main__":
    sys.exit(main())
