"""Deep nesting is a diagnostic, in a process of its own because the precedent is a segmentation fault."""

import subprocess
import sys

import pytest

CHILD = """
import sys, time
from specc.diagnostics import Sink
from specc.source.yaml import parse
shape, depth = sys.argv[1], int(sys.argv[2])
text = {
    "flow": lambda: "[" * depth,
    "flow map": lambda: "{a: " * depth,
    "closed": lambda: "[" * depth + "]" * depth,
    "block": lambda: "- " * depth,
    "explicit": lambda: "? " * depth,
    "map": lambda: "".join(" " * n + "a:\\n" for n in range(min(depth, 1400))),
}[shape]()[:1_000_000]
sink = Sink()
started = time.perf_counter()
parse(text, "f", sink)
print(*[d.code for d in sink.diagnostics], time.perf_counter() - started < 1)
"""


@pytest.mark.parametrize("depth", [65, 1000, 30_000, 200_000])
@pytest.mark.parametrize("shape", ["flow", "flow map", "closed", "block", "explicit", "map"])
def test_is_reported_at_once(shape, depth):
    child = subprocess.run(
        [sys.executable, "-c", CHILD, shape, str(depth)], capture_output=True, text=True, timeout=20, check=False
    )
    assert (child.returncode, child.stdout.split()) == (0, ["Y201", "True"]), child.stderr[-500:]


def test_the_deepest_that_is_allowed_is_read():
    child = subprocess.run(
        [sys.executable, "-c", CHILD, "closed", "64"], capture_output=True, text=True, timeout=20, check=False
    )
    assert (child.returncode, child.stdout.split()) == (0, ["True"])
