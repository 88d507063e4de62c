"""The seeded faults have their places, and some of each kind are put in and caught; `make mutants` does all."""

from __future__ import annotations

import multiprocessing

import pytest

from tests.mutants.__main__ import judge
from tests.mutants.faults import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.what for fault in FAULTS])
def test_every_fault_has_its_place(fault: Fault) -> None:
    """In a source that still compiles."""
    compile(fault.text, fault.module, "exec")


def test_there_are_faults_of_many_kinds() -> None:
    assert len(FAULTS) >= 30
    assert len({fault.kind for fault in FAULTS}) >= 10


@pytest.mark.parametrize("fault", FAULTS[:: len(FAULTS) // 4], ids=lambda fault: fault.what)
def test_faults_are_caught(fault: Fault) -> None:
    """In a process of its own, which imports specc anew with the fault in it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(judge, (fault,)) is not None
