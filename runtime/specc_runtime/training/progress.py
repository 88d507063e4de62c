"""What a person sees while a network trains: a bar on a terminal, plain lines elsewhere; always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from specc_runtime.training.loop import Observer

EVERY = 30.0
"""Seconds between the lines that report a long epoch where there is no terminal."""


class Progress:
    """Shows lines and passes over data. `quiet` shows nothing."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.quiet = quiet
        self.terminal = not quiet and self.stream.isatty()

    def line(self, text: str = "") -> None:
        if not self.quiet:
            print(text, file=self.stream, flush=True)

    @contextmanager
    def track(self, description: str, samples: int) -> Iterator[Observer]:
        """An observer for one pass over `samples` samples: shows the running mean loss and samples a second."""
        with self._bar(description, samples) if self.terminal else self._lines(description, samples) as observer:
            yield observer

    @contextmanager
    def _bar(self, description: str, samples: int) -> Iterator[Observer]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}", markup=False),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
        )
        running = _Running()
        with Bar(*columns, console=Console(file=self.stream), transient=True) as bar:
            task = bar.add_task(description, total=samples, loss="–", rate="")

            def observe(count: int, loss: float) -> None:
                running.add(count, loss)
                bar.update(task, advance=count, loss=f"{running.loss:.4f}", rate=f"{running.rate:,.0f} samples/s")

            yield observe

    @contextmanager
    def _lines(self, description: str, samples: int) -> Iterator[Observer]:
        running = _Running()
        said = time.monotonic()

        def observe(count: int, loss: float) -> None:
            nonlocal said
            running.add(count, loss)
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                done = f"{running.count:,} of {samples:,}"
                self.line(f"{description}: {done}, loss {running.loss:.4f}, {running.rate:,.0f} samples/s")

        yield observe


class _Running:
    """The mean loss so far, and the rate since the start."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.start = time.monotonic()

    def add(self, count: int, loss: float) -> None:
        self.count += count
        self.sum += loss * count

    @property
    def loss(self) -> float:
        return self.sum / max(self.count, 1)

    @property
    def rate(self) -> float:
        return self.count / max(time.monotonic() - self.start, 1e-9)
