"""The run folder: what is in it, and how one is claimed and read back."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specc.source.nodes import Plain
from specc_runtime.config import TrainConfig
from specc_runtime.errors import problem, writing
from specc_runtime.training.checkpoint import replace_file

SPEC, MODEL, INFO, METRICS = "spec.yaml", "model.py", "run.json", "metrics.jsonl"
PICTURES = ("samples.png", "curves.png", "confusion.png", "predictions.png")


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled spec as training needs it.

    `file` is the spec as the user named it, `source` the generated Python, `spec` the resolved spec's text, `section`
    its `train` as plain values, `inputs` the network's inputs: name → (shape, a size that is open as text; dtype).
    """

    name: str
    file: str
    source: str
    spec: str
    section: Mapping[str, Plain]
    config: TrainConfig
    inputs: Mapping[str, tuple[tuple[int | str, ...], str]]


def claim(name: str, out: Path | None, *, resume: bool = False) -> Path:
    """The folder a run will be written to; it is not made yet. Never one that holds something, unless to resume it.

    By default `runs/<name>-<n>` with the first free n. Raises `RunError` (R707, R711).
    """
    if out is None:
        if resume:
            raise problem("R711", "nothing says which run to resume", help="name its folder: `--resume --out RUN`")
        stem = re.sub(r"[^\w.-]+", "-", name).strip(".-") or "network"
        number = 1
        while (Path("runs") / f"{stem}-{number}").exists():
            number += 1
        return Path("runs") / f"{stem}-{number}"
    if resume:
        if not (out / INFO).is_file():
            raise problem(
                "R711", f"`{out}` is not the folder of a run", help="leave out `--resume` to start a run there"
            )
        return out
    if out.exists() and not out.is_dir():
        raise problem("R707", f"`{out}` is not a folder", help="name another one with `--out`")
    with writing(out):
        taken = out.is_dir() and any(out.iterdir())
    if taken:
        mend = "continue it with `--resume`, or name" if (out / INFO).is_file() else "name"
        raise problem("R707", f"`{out}` exists and is not empty", help=f"{mend} another folder with `--out`")
    return out


def begin(folder: Path, program: Program, info: Mapping[str, Any]) -> None:
    """Makes the folder and writes what is known before the first step. Raises `RunError` (R708, R709)."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / SPEC, program.spec.encode())
        replace_file(folder / MODEL, program.source.encode())
        replace_file(folder / INFO, (json.dumps(info, indent=2, ensure_ascii=False) + "\n").encode())


def info(folder: Path) -> dict[str, Any]:
    """What `run.json` says. Raises `RunError` (R711) where `folder` is not a run's."""
    try:
        found = json.loads((folder / INFO).read_bytes())
    except FileNotFoundError as error:
        raise problem("R711", f"`{folder}` is not the folder of a run: it has no `{INFO}`") from error
    except (OSError, ValueError) as error:
        raise problem("R711", f"`{folder / INFO}` cannot be read: {error}") from error
    if not isinstance(found, dict) or not {"name", "train", "classes", "sample"} <= found.keys():
        raise problem("R711", f"`{folder / INFO}` does not describe a run")
    return found


def history(folder: Path, *, until: int | None = None) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl`, those after epoch `until` left out; a last line cut off by a crash is ignored."""
    lines: list[dict[str, Any]] = []
    try:
        text = (folder / METRICS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return lines
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return [line for line in lines if until is None or line["epoch"] <= until]


def rewrite_history(folder: Path, lines: list[dict[str, Any]]) -> None:
    """Puts `metrics.jsonl` back to the moment of the checkpoint that a run resumes from."""
    with writing(folder):
        replace_file(folder / METRICS, "".join(_line(line) for line in lines).encode())


def append_history(folder: Path, line: Mapping[str, Any]) -> None:
    """Adds one epoch's line, flushed to the system at once so that others can follow it."""
    with writing(folder / METRICS), (folder / METRICS).open("a", encoding="utf-8") as file:
        file.write(_line(line))


def _line(line: Mapping[str, Any]) -> str:
    return json.dumps(line, allow_nan=False) + "\n"
