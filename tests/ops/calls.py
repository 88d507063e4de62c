"""What the sources of a model library call of torch, for `test_coverage`.

`python -m tests.ops.calls FOLDER… >FILE` writes the list that is kept for a library the tests do not install.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch


def calls(folders: list[Path]) -> Counter[str]:
    """How often each `nn.X`, `F.x`, `torch.x`, `ops.X` and tensor method is called in the Python files below."""
    found: Counter[str] = Counter()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    found.update(_named(node.func))
    return found


def _named(func: ast.Attribute) -> Iterator[str]:
    owner = ast.unparse(func.value)
    if owner in ("torch", "F", "nn"):
        yield f"{owner}.{func.attr}"
    elif owner in ("nn.functional", "torch.nn.functional"):
        yield f"F.{func.attr}"
    elif owner in ("super()", "nn.init", "init", "math", "torch.jit", "torch.hub") or owner.startswith("np"):
        return
    elif hasattr(torch.Tensor, func.attr) and not func.attr.startswith("__"):
        yield f"Tensor.{func.attr}"


if __name__ == "__main__":
    for name, count in sorted(calls([Path(folder) for folder in sys.argv[1:]]).items()):
        print(name, count)
