"""The processes that judge inputs, watched: one that dies or hangs is a finding, and another goes on after it."""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import sys
import time
from typing import IO, NamedTuple

from tests.fuzz.corpus import ROOT
from tests.fuzz.generate import generated

SILENCE = 90.0  # seconds without a word, after which a process hangs: far more than the limit on an input


class Failure(NamedTuple):
    number: int  # of the first input that shows it
    alike: int  # how many inputs do
    problem: str  # a traceback, or how the process ended
    written: str  # the first input


class Found(NamedTuple):
    tried: int
    compiled: int
    slowest: float  # seconds of CPU
    failures: tuple[Failure, ...]


class _Child:
    def __init__(self, program: tuple[str, ...], *arguments: float) -> None:
        command = [sys.executable, *program, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        self.number: int | None = None  # of the input it is at
        self.next = int(arguments[1])
        self.heard = time.monotonic()

    @property
    def pipe(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


def hunt(seed: int, seconds: float, jobs: int, program: tuple[str, ...] = ("-m", "tests.fuzz.child")) -> Found:
    """Judges as many inputs as there is time for; `program` is told seed, first number, step and seconds."""
    end = time.monotonic() + seconds
    tried = compiled = 0
    slowest = 0.0
    failures: dict[str, Failure] = {}

    def fail(number: int, problem: str) -> None:
        known = failures.get(_kind(problem))
        known = known or Failure(number, 0, problem, generated(seed, number).written())
        failures[_kind(problem)] = known._replace(alike=known.alike + 1)

    with selectors.DefaultSelector() as selector:
        for job in range(jobs):
            _watch(selector, _Child(program, seed, job, jobs, seconds))
        while selector.get_map():
            for key, _ in selector.select(timeout=1.0):
                child: _Child = key.data
                line = child.pipe.readline()
                if line:
                    said = json.loads(line)
                    child.heard = time.monotonic()
                    child.number = said["number"] if len(said) == 1 else None
                    child.next = said["number"] + jobs
                    if len(said) > 1:
                        tried += 1
                        compiled += said["compiled"]
                        slowest = max(slowest, said["seconds"])
                        if said["problem"]:
                            fail(said["number"], said["problem"])
                    continue
                selector.unregister(child.pipe)
                child.pipe.close()
                status = child.process.wait()
                if status:
                    fail(
                        child.next if child.number is None else child.number, f"the process ended with status {status}"
                    )
                    if child.number is not None and time.monotonic() < end:
                        _watch(selector, _Child(program, seed, child.next, jobs, end - time.monotonic()))
            for key in list(selector.get_map().values()):
                if time.monotonic() - key.data.heard > SILENCE:
                    key.data.process.kill()
    return Found(tried, compiled, slowest, tuple(failures.values()))


def _watch(selector: selectors.BaseSelector, child: _Child) -> None:
    selector.register(child.pipe, selectors.EVENT_READ, child)


def _kind(problem: str) -> str:
    """Tracebacks that end at one line are of one mistake."""
    lines = problem.rstrip().split("\n")
    places = [line for line in lines if re.match(r'  File "', line)]
    return f"{places[-1] if places else ''}{lines[-1].partition(':')[0]}"
