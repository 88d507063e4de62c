"""Whether the tests of the op library notice that something is wrong with an op."""

from __future__ import annotations

from collections.abc import Callable, Iterator

CONFIGURATIONS = 150
HEIRS = 4  # so many of the ops that share a faulty rule are judged


def named(ops: str) -> list[str]:
    """The ops of a fault: names with blanks between them, or those that derive from `module:class`."""
    module, _, owner = ops.partition(":")
    if not owner:
        return ops.split()
    from specc.ops import OPS

    heirs = [name for name, op in OPS.items() if any((b.__module__, b.__name__) == (module, owner) for b in op.__mro__)]
    step = max(len(heirs) // HEIRS, 1)
    return heirs[::step][:HEIRS]


def complaint(names: list[str], configurations: int = CONFIGURATIONS) -> str | None:
    """What the differential oracle or, failing that, a test of the declarations says of the ops; None if nothing."""
    return next(_complaints(names, configurations), None)


def _complaints(names: list[str], configurations: int) -> Iterator[str]:
    import pytest

    # Imported here: the process decides first which module is to be faulty.
    from specc.ops import OPS
    from tests.oracle.compare import examine

    for name in names:
        found = examine(OPS[name], configurations, enough=1)
        if found.disagreements:
            yield f"oracle, {name}, configuration {found.tried}: {found.disagreements[0]}"
    from tests.ops import test_declarations as tests

    each: list[Callable[..., None]] = [
        tests.test_example_is_accepted, tests.test_defaults_are_torchs, tests.test_written_arguments_are_read_back,
        tests.test_changing_any_argument_changes_the_text,
    ]  # fmt: skip
    for name in names:
        for test in each:
            try:
                test(OPS[name])
            except pytest.skip.Exception:
                continue
            except Exception as error:  # whatever it is, the fault was noticed
                yield f"{test.__name__}, {name}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
