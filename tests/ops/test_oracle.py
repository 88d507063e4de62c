"""Every op's rule is held to torch; `make oracle` does the same at a large size."""

from __future__ import annotations

import pytest
import torch

from specc.ops import OPS, Op
from tests.oracle.compare import configurations, examine

CONFIGURATIONS = 25

# All sizes of their inputs are also said by arguments: with symbols they only agree under a condition.
ANCHORED = frozenset({"affine_grid"})


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_rule_agrees_with_torch(op: type[Op]) -> None:
    """Verdict, shapes, dtypes, parameters, buffers, cost, and the same with symbols for sizes."""
    tally = examine(op, CONFIGURATIONS)
    assert not tally.disagreements, "\n".join(tally.disagreements)
    assert tally.valid >= CONFIGURATIONS // 4
    assert tally.symbolic or op.inputs == () or op.name in ANCHORED


@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_samples_reach_every_argument(op: type[Op]) -> None:
    """An argument no sample sets, or sets only to its default, is one the oracle says nothing about."""
    seen: dict[str, set[str]] = {name: set() for name in op.args}
    left_out: set[str] = set()
    for sample in configurations(op, 200):
        for name in op.args:
            if name in sample.args:
                seen[name].add(repr(sample.args[name]))
            else:
                left_out.add(name)
    for name, arg in op.args.items():
        assert seen[name] - {repr(arg.default)}, f"no sample of {op.name} sets {name}"
        assert arg.required or name in left_out, f"every sample of {op.name} sets {name}"


def test_samples_are_reproducible() -> None:
    for op in OPS.values():
        assert list(configurations(op, 5)) == list(configurations(op, 5))
