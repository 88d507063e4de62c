"""`python -m tests.fuzz.child SEED FIRST STEP SECONDS`: judges inputs in a process with limits, a line of JSON each."""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from tests.fuzz.generate import generated
from tests.fuzz.judge import judge

CPU_SECONDS = 10.0  # for one input, with everything that is made of it
MEMORY = 1_500_000_000  # bytes of address space, of which Python, specc and the corpus take a tenth


class TimeUp(BaseException):
    """The input took longer than it may; no `except Exception` holds it."""


def main(arguments: list[str]) -> None:
    seed, first, step = (int(argument) for argument in arguments[:3])
    end = time.monotonic() + float(arguments[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _time_up)
    number = first
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            _say(number=number)
            given = generated(seed, number)
            started = time.process_time()
            problem, compiled = None, False
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            try:
                compiled = judge(given, Path(folder))
            except (Exception, TimeUp):  # whatever it is, it is what is looked for
                problem = traceback.format_exc()
            signal.setitimer(signal.ITIMER_PROF, 0)
            _say(number=number, compiled=compiled, seconds=time.process_time() - started, problem=problem)
            number += step


def _time_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeUp


def _say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
