"""What went wrong in a run, as a diagnostic: the commands catch `RunError` and render what it carries.

The runtime's codes, in the order of a run: R701 the dataset is not there, R702 it cannot be read, R703 a sample does
not fit the network, R704 a label is out of range, R705 the device is absent, R706 a loss or weight is not finite, R707
the run folder exists, R708 it cannot be written, R709 the disk is full, R710 a checkpoint is damaged, R711 not a run
folder, R712 not supported in training, R713 PyTorch refused an argument, R714 an image cannot be read, R715 out of
memory, R716 a data worker died.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from specc.diagnostics import Diagnostic, Note


class RunError(Exception):
    """A run cannot start or go on; `diagnostic` says why and what to do.

    Raised in a data worker, it is rebuilt by torch in the main process from a text that ends in `RunError: CODE:
    message`.
    """

    def __init__(self, diagnostic: Diagnostic | str) -> None:
        if isinstance(diagnostic, str):
            code, _, message = diagnostic.strip().splitlines()[-1].partition("RunError: ")[2].partition(": ")
            diagnostic = Diagnostic(code or "R716", message or diagnostic, None)
        self.diagnostic = diagnostic
        super().__init__(f"{diagnostic.code}: {diagnostic.message}")


def problem(code: str, message: str, *notes: str, help: str | None = None) -> RunError:
    """A `RunError` without a place in a spec; each note is one fact."""
    return RunError(Diagnostic(code, message, None, tuple(Note(text) for text in notes), help))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a failed write under `path` into a diagnostic."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise problem(
                "R709",
                f"the disk is full: `{path}` cannot be written",
                reason,
                help="free some space, then continue with `--resume`; checkpoints written before are intact",
            ) from error
        raise problem(
            "R708", f"`{path}` cannot be written", reason, help="choose a folder that is writable: `--out FOLDER`"
        ) from error
