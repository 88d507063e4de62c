"""Checkpoints: folders that are complete or absent, verified before they are read, read without running code.

`checkpoints/step-00000120/` holds `model.safetensors`, `training.pt` (optimizer, scheduler, generators: torch's
format, read with `weights_only=True`), `state.json`, and `manifest.json` with the SHA-256 of each. It is written under
a temporary name, every file and the folder synced, then renamed. `checkpoints/index.json`, replaced atomically after
that, says which is the last and which the best. The last, the one before it and the best are kept.
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from specc_runtime.errors import RunError, problem, writing

MODEL, TRAINING, STATE, MANIFEST, INDEX = (
    "model.safetensors",
    "training.pt",
    "state.json",
    "manifest.json",
    "index.json",
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A verified checkpoint: `weights` is the model's state_dict on the CPU, `training` what resuming needs."""

    folder: Path
    weights: dict[str, Tensor]
    training: dict[str, Any]
    state: dict[str, Any]


def save(
    folder: Path, weights: Mapping[str, Tensor], training: Mapping[str, Any], state: Mapping[str, Any], *, best: bool
) -> Path:
    """Writes a checkpoint for `state["step"]` below `folder` and makes it the last one, and the best one if `best`.

    Raises `RunError`: R706 where a weight is not finite (nothing is written), R708 or R709 where writing fails (what
    was there stays intact).
    """
    from safetensors.torch import save as to_bytes

    # Clones: safetensors refuses tensors that share memory, and tied weights do.
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in weights.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise problem(
                "R706",
                f"`{name}` holds a value that is not finite after step {state['step']}",
                "the checkpoint was not written; the one before is intact",
                help="lower the learning rate, or add `clip_grad_norm: 1.0`",
            )
    # Through memory: torch.save on a full disk fails with a message that does not say so.
    buffer = io.BytesIO()
    torch.save(dict(training), buffer)
    files = {
        MODEL: to_bytes(tensors),
        TRAINING: buffer.getvalue(),
        STATE: _json(state),
    }
    files[MANIFEST] = _json({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})
    final = folder / f"step-{state['step']:08d}"
    partial = folder / f".partial-{final.name}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            for name, data in files.items():
                write_synced(partial / name, data)
            _sync_folder(partial)
            if final.exists():  # a run resumed from before it; the index does not name it yet, or it is being redone
                shutil.rmtree(final)
            partial.rename(final)
            _sync_folder(folder)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)  # on a full disk the part would keep it full
            raise
        before = _index(folder)
        index = {"last": final.name, "previous": before.get("last"), "best": final.name if best else before.get("best")}
        replace_file(folder / INDEX, _json(index))
        _prune(folder, {name for name in index.values() if name})
    return final


def load(run: Path, which: str = "best") -> Checkpoint:
    """The `best` or `last` checkpoint of a run folder; where it is damaged, the previous valid one for `last`.

    Raises `RunError` (R710) where none can be read, naming the damaged file.
    """
    folder = run / "checkpoints"
    index = _index(folder)
    wanted = [index.get(which), index.get("previous")] if which == "last" else [index.get(which)]
    names = [name for name in wanted if isinstance(name, str)]
    if not names:
        raise problem("R710", f"`{run}` holds no checkpoint", help="the run ended before its first epoch did")
    problems: list[RunError] = []
    for name in names:
        try:
            return read(folder / Path(name).name)
        except RunError as error:
            problems.append(error)
    first = problems[0].diagnostic
    raise problem("R710", first.message, *(p.diagnostic.message for p in problems[1:]), help=first.help)


def read(folder: Path) -> Checkpoint:
    """One checkpoint folder, its files compared with the manifest first. Raises `RunError` (R710)."""
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    help_text = "another checkpoint of the run may be intact: `--checkpoint last` or `--checkpoint best`"
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        data = {name: (folder / name).read_bytes() for name in (MODEL, TRAINING, STATE)}
    except (OSError, ValueError) as error:
        raise problem("R710", f"the checkpoint `{folder}` is incomplete: {error}", help=help_text) from error
    for name, content in data.items():
        expected = manifest.get(name) if isinstance(manifest, dict) else None
        if hashlib.sha256(content).hexdigest() != expected:
            raise problem(
                "R710",
                f"`{folder / name}` is damaged: its SHA-256 is not the one that was recorded when it was saved",
                help=help_text,
            )
    try:
        weights: dict[str, Tensor] = from_bytes(data[MODEL])
        training = torch.load(io.BytesIO(data[TRAINING]), map_location="cpu", weights_only=True)
        state = json.loads(data[STATE])
    except (SafetensorError, RuntimeError, ValueError, EOFError) as error:
        raise problem("R710", f"the checkpoint `{folder}` cannot be read: {error}") from error
    except Exception as error:  # pickle's own errors, and weights_only's refusal, which torch raises as UnpicklingError
        raise problem("R710", f"`{folder / TRAINING}` is refused: {error}") from error
    return Checkpoint(folder, weights, training, state)


def write_synced(path: Path, data: bytes) -> None:
    """Writes a new file and waits until it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Replaces a file so that a reader, or a crash, sees the old or the new content, never a part."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        write_synced(partial, data)
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _index(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / INDEX).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _prune(folder: Path, keep: set[str]) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in keep and path.name.lstrip(".").startswith(("step-", "partial-")):
            shutil.rmtree(path, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened to be synced
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()
