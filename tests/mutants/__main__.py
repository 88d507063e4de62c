"""`python -m tests.mutants`: puts every seeded fault into the compiler in turn, and says by what it was caught."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator

import torch  # before the processes are forked: importing it takes longer than judging a fault

from tests.mutants.check import complaint, named
from tests.mutants.faults import FAULTS, Fault
from tests.mutants.patch import COMPILER, install
from tests.mutants.random_faults import random_faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="of --random: the op files to look at; all without")
    parser.add_argument("--random", type=int, metavar="K", help="K faults made by chance instead of the seeded ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="K", help="processes (default: the cores)")
    options = parser.parse_args()
    faults = FAULTS if options.random is None else tuple(_by_chance(options))
    start, escaped = time.perf_counter(), 0
    print(f"{len(faults)} faults")
    context = multiprocessing.get_context("fork")
    with context.Pool(options.jobs, maxtasksperchild=1) as pool:
        for number, (fault, caught) in enumerate(zip(faults, pool.imap(judge, faults), strict=True), start=1):
            escaped += caught is None
            print(f"{number:3} {fault.kind:14} {fault.what}", flush=True)
            print(f"    {'caught by ' + _short(caught) if caught else 'NOT CAUGHT'}", flush=True)
    print(f"{len(faults) - escaped} of {len(faults)} faults caught in {time.perf_counter() - start:.0f} s")
    return 1 if escaped else 0


def judge(fault: Fault) -> str | None:
    """Run in a process of its own, which must not have imported the module yet."""
    torch.set_num_threads(1)
    install(fault.module, fault.text)
    try:
        return complaint(named(fault.ops))
    except Exception as error:  # the compiler does not even start
        return f"an exception: {type(error).__name__}: {error}"


def _by_chance(options: argparse.Namespace) -> Iterator[Fault]:
    folder = COMPILER / "specc" / "ops"
    files = options.files or sorted(path.stem for path in folder.glob("*.py"))
    rng = random.Random(options.seed)
    makers = [random_faults(file, rng) for file in files]
    seen: set[str] = set()
    tries = 0
    while makers and len(seen) < options.random and tries < 100 * options.random:
        tries += 1
        maker = rng.choice(makers)
        fault = next(maker, None)
        if fault is None:
            makers.remove(maker)
        elif fault.what not in seen:
            seen.add(fault.what)
            yield fault


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


if __name__ == "__main__":
    sys.exit(main())
