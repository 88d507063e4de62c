"""Small texts that cost much, and large ones: each ends in its diagnostic, in under 2 s and 300 MB."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# A process of its own that says what it took: seen from outside, the memory of pytest that it is forked of counts.
# Linux keeps `ru_maxrss` over exec: it would be the peak of the process that runs the tests.
CHILD = """
import re, resource, sys
from specc.cli.main import main
status = main(["check", "spec.yaml"])
used = resource.getrusage(resource.RUSAGE_SELF)
if sys.platform == "linux":
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
else:
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(status, used.ru_utime + used.ru_stime, peak)
"""
HEAD = "inputs: {x: [N, 8]}\nlayers:\n"


def _aliases() -> str:
    """Nine lists, each of nine times the one before: a billion values."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(["a0: &a0 [1]", *levels]) + "\n" + HEAD + "  r: ReLU\n"


def _alias_of_itself() -> str:
    return "a: &a [*a]\n" + HEAD + "  r: ReLU\n"


def _power() -> str:
    return HEAD + "  l: {op: Linear, out_features: 9**9**9}\n"


def _shift() -> str:
    return HEAD + "  l: {op: Linear, out_features: 7 * 9**9**9 * 7}\n"


def _repeat() -> str:
    return HEAD + "  l: {op: ReLU, repeat: 1000000000}\n"


def _repeats() -> str:
    """Repeats in one another: each alone is within its limit."""
    inner = "{op: ReLU, repeat: 1000}"
    for _ in range(3):
        inner = f"{{repeat: 1000, layers: {{a: {inner}}}}}"
    return HEAD + f"  l: {inner}\n"


def _blocks() -> str:
    """Each block holds two of the next: 2 ** 30 layers."""
    lines = [f"  B{n}: {{layers: {{a: B{n + 1}, b: B{n + 1}}}}}" for n in range(30)]
    return "\n".join(["blocks:", *lines, "  B30: {layers: {r: ReLU}}", HEAD + "  l: B0\n"])


def _nested() -> str:
    return HEAD + "  l: " + "[" * 100_000 + "]" * 100_000 + "\n"


def _nested_blocks() -> str:
    return "- " * 100_000 + "a\n"


def _parentheses() -> str:
    return HEAD + f"  l: {{op: Linear, out_features: '{'(' * 400 + '1' + ')' * 400}'}}\n"


def _minuses() -> str:
    return HEAD + f"  l: {{op: Linear, out_features: '{'-' * 900}1'}}\n"


def _large() -> bytes:
    return b"# " + b"a" * 100_000_000


def _wide() -> str:
    return HEAD + "  l: {op: Linear, out_features: 8, x: [" + "1, " * 200_000 + "]}\n"


def _cycle() -> str:
    Path("a.yaml").write_text("use: [b.yaml]\nblocks: {A: {layers: {r: ReLU}}}\n")
    Path("b.yaml").write_text("extends: spec.yaml\n")
    return "use: [a.yaml, b.yaml]\n" + HEAD + "  a: A\n"


def _used_bomb() -> str:
    """Every file uses all others that come after it, twice."""
    for n in range(40):
        names = ", ".join(f"f{k}.yaml" for k in range(n + 1, 40) for _ in range(2))
        Path(f"f{n}.yaml").write_text(f"use: [{names}]\nblocks: {{A{n}: {{layers: {{r: ReLU}}}}}}\n")
    return "use: [f0.yaml]\n" + HEAD + "  a: A39\n"


BOMBS: tuple[tuple[Callable[[], str | bytes], str], ...] = (
    (_aliases, "Y202"),
    (_alias_of_itself, "Y108"),
    (_power, "E205"),
    (_shift, "E205"),
    (_repeat, "L302"),
    (_repeats, "L301"),
    (_blocks, "L301"),
    (_nested, "Y201"),
    (_nested_blocks, "Y201"),
    (_parentheses, "E201"),
    (_minuses, "E203"),
    (_large, "Y002"),
    (_wide, "Y202"),
    (_cycle, "Y402"),
    (_used_bomb, "Y403"),
)


@pytest.mark.parametrize(("bomb", "code"), BOMBS, ids=[bomb.__name__.strip("_") for bomb, _ in BOMBS])
def test_ends_in_its_diagnostic(
    bomb: Callable[[], str | bytes], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = bomb()
    Path("spec.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    child = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert child.returncode == 0, child.stderr[-500:]
    status, seconds, memory = child.stdout.split()[-3:]
    assert status == "1"
    assert re.findall(r"^error\[(\w+)\]", child.stderr, re.MULTILINE)[0] == code
    # As many layers as there may be are built before the last is one too many.
    assert float(seconds) < (10 if bomb is _blocks else 2)
    assert int(memory) < 300_000_000
