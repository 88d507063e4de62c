"""Ten seconds of fuzzing in the suite, and that fuzzing notices what it looks for; `make fuzz` takes ten minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.compiler import compile_file
from specc.diagnostics import Span
from tests.fuzz import hunt as hunting
from tests.fuzz.generate import Input, generated
from tests.fuzz.hunt import hunt
from tests.fuzz.judge import Violation, judge

# Judges as tests.fuzz.child does, but for some numbers.
PLANTED = """
import json, os, sys, time
seed, first, step, seconds = map(float, sys.argv[1:])
def say(**fields):
    print(json.dumps(fields), flush=True)
for number in range(int(first), 40, int(step)):
    say(number=number)
    if number in (7, 12):
        os.abort()
    if number == 20:
        time.sleep(60)
    problem = "  File \\"a.py\\", line 3\\nKeyError: " + str(number) if number % 10 == 5 else None
    say(number=number, compiled=True, seconds=0.5, problem=problem)
"""


def test_nothing_is_found_in_ten_seconds() -> None:
    found = hunt(seed=0, seconds=10, jobs=1)
    assert found.failures == ()
    assert found.tried > 0


def test_exceptions_deaths_and_hangs_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those at one line count as one; what comes after is tried all the same."""
    monkeypatch.setattr(hunting, "SILENCE", 6.0)
    program = tmp_path / "planted.py"
    program.write_text(PLANTED)
    found = hunt(seed=0, seconds=30, jobs=2, program=(str(program),))
    assert found.tried == 40 - 3
    assert found.slowest == 0.5
    seen = {failure.problem.split("\n")[-1]: failure.alike for failure in found.failures}
    assert seen == {
        "KeyError: 5": 4,
        "the process ended with status -6": 2,
        "the process ended with status -9": 1,
    }


def test_an_input_is_the_same_every_time() -> None:
    assert [generated(1, n) for n in range(20)] == [generated(1, n) for n in range(20)]


def test_inputs_are_of_many_kinds() -> None:
    """Some read other files, some have overrides, some are no YAML, some are large."""
    inputs = [generated(3, n) for n in range(300)]
    assert any(given.files for given in inputs)
    assert any(given.overrides for given in inputs)
    assert len({given.spec for given in inputs}) > 290


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"code": "X1"}, "unknown code"),
        ({"span": Span("spec.yaml", 9, 1, 9, 2)}, "is in no file"),
        ({"message": ""}, "says nothing"),
    ],
)
def test_diagnostics_that_are_not_well_formed_are_violations(
    broken: dict[str, object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Input("inputs: {x: [N, 8]}\nlayers: {a: Relu}\n", {}, ())
    assert judge(given, tmp_path) is False
    whole = compile_file(str(tmp_path / "spec.yaml"))
    diagnostics = tuple(d._replace(**broken) for d in whole.diagnostics)  # type: ignore[arg-type]  # any of its fields
    monkeypatch.setattr("tests.fuzz.judge.compile_file", lambda *_: whole._replace(diagnostics=diagnostics))
    with pytest.raises(Violation, match=said):
        judge(given, tmp_path)
