"""Checkpoints: complete or absent, verified, never code."""

import errno
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from specc_runtime import RunError
from specc_runtime.training import checkpoint


def save(run: Path, step: int, *, best: bool = False, value: float = 1.0) -> Path:
    shared = torch.full((3,), value * step)
    weights = {"a": shared, "tied": shared, "count": torch.tensor(step)}
    return checkpoint.save(
        run / "checkpoints", weights, {"optimizer": {"lr": 0.1}}, {"step": step, "epoch": step}, best=best
    )


def refusal(run: Path, which: str = "last") -> str:
    with pytest.raises(RunError) as caught:
        checkpoint.load(run, which)
    assert caught.value.diagnostic.code == "R710"
    return caught.value.diagnostic.message


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path, 7, best=True)
    found = checkpoint.load(tmp_path, "best")
    assert torch.equal(found.weights["tied"], torch.full((3,), 7.0))
    assert found.training == {"optimizer": {"lr": 0.1}}
    assert found.state == {"step": 7, "epoch": 7}


def test_the_last_two_and_the_best_are_kept(tmp_path: Path) -> None:
    for step in range(1, 6):
        save(tmp_path, step, best=step == 2)
    kept = sorted(p.name for p in (tmp_path / "checkpoints").iterdir() if p.is_dir())
    assert kept == ["step-00000002", "step-00000004", "step-00000005"]
    assert checkpoint.load(tmp_path, "best").state["step"] == 2
    assert checkpoint.load(tmp_path, "last").state["step"] == 5


@pytest.mark.parametrize("file", [checkpoint.MODEL, checkpoint.TRAINING, checkpoint.STATE, checkpoint.MANIFEST])
@pytest.mark.parametrize("damage", ["flip", "cut", "delete"])
def test_damage_is_named_and_the_one_before_is_used(tmp_path: Path, file: str, damage: str) -> None:
    save(tmp_path, 1, best=True)
    path = save(tmp_path, 2) / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    assert checkpoint.load(tmp_path, "last").state["step"] == 1
    (tmp_path / "checkpoints" / "step-00000001" / checkpoint.MODEL).unlink()
    assert "step-00000002" in refusal(tmp_path)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """Even where the manifest agrees with it."""
    import hashlib

    folder = save(tmp_path, 1, best=True)

    class Canary:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    for data in (pickle.dumps(Canary()), _torch_saved(Canary(), tmp_path)):
        (folder / checkpoint.TRAINING).write_bytes(data)
        manifest = json.loads((folder / checkpoint.MANIFEST).read_text())
        manifest[checkpoint.TRAINING] = hashlib.sha256(data).hexdigest()
        (folder / checkpoint.MANIFEST).write_text(json.dumps(manifest))
        refusal(tmp_path, "best")
        assert not (tmp_path / "ran").exists()


def _torch_saved(value: object, folder: Path) -> bytes:
    torch.save(value, folder / "saved")
    return (folder / "saved").read_bytes()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path, bad: float) -> None:
    save(tmp_path, 1, best=True)
    with pytest.raises(RunError) as caught:
        save(tmp_path, 2, value=bad)
    assert caught.value.diagnostic.code == "R706"
    assert checkpoint.load(tmp_path, "last").state["step"] == 1


@pytest.mark.parametrize("writes", range(5))
def test_a_full_disk_leaves_the_old_checkpoint_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The n-th file fails: four of the checkpoint and the index."""
    save(tmp_path, 1, best=True)
    real, done = checkpoint.write_synced, []

    def failing(path: Path, data: bytes) -> None:
        if len(done) == writes:
            real(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        done.append(path)
        real(path, data)

    monkeypatch.setattr(checkpoint, "write_synced", failing)
    with pytest.raises(RunError) as caught:
        save(tmp_path, 2, best=True)
    assert caught.value.diagnostic.code == "R709"
    assert not [p for p in (tmp_path / "checkpoints").iterdir() if p.name.startswith(".")]
    assert checkpoint.load(tmp_path, "last").state["step"] == 1
    monkeypatch.undo()
    save(tmp_path, 2, best=True)
    assert checkpoint.load(tmp_path, "best").state["step"] == 2


def test_a_run_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    assert "no checkpoint" in refusal(tmp_path)
