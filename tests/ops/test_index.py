"""The index of the op files is current, and ops are loaded only when they are asked for."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from specc import ops
from specc.ops.declare import registered

FOLDER = Path(ops.__file__).parent

HEAD = '''\
"""Which file declares which ops, in order. Written by `make golden`; tests/ops/test_index.py compares."""

FILES = {
'''


def _index() -> str:
    """The text of index.py, from the declarations themselves."""
    files = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "index", "library"))
    for file in files:
        import_module(f"specc.ops.{file}")
    text = HEAD
    for file in files:
        names = [name for name, op in registered().items() if op.__module__ == f"specc.ops.{file}"]
        if names:
            text += f'    "{file}": """\n' + "".join(f"        {name}\n" for name in names) + '    """,\n'
    return text + "}\n"


def test_the_index_is_current(request: pytest.FixtureRequest) -> None:
    path, text = FOLDER / "index.py", _index()
    if request.config.getoption("--update"):
        if os.environ.get("CI"):
            raise pytest.UsageError("--update is refused where CI is set")
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run `make golden`"


PROGRAM = """
import sys
from specc.ops import OPS
assert "Conv2d" in OPS and "Conv9d" not in OPS and "relu" in list(OPS) and len(OPS) > 100
print(*(name for name in sys.modules if name.startswith("specc.ops.")))
assert OPS["Conv2d"].name == "Conv2d"
print("specc.ops.convolution" in sys.modules, "specc.ops.vision" in sys.modules)
assert len(OPS.values()) == len(list(OPS)) == len(dict(OPS))
print("specc.ops.vision" in sys.modules)
try:
    OPS["Conv9d"]
except KeyError:
    print("unknown")
"""


def test_ops_are_loaded_when_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names, *answers = done.stdout.splitlines()
    assert not {"specc.ops.convolution", "specc.ops.vision"} & set(names.split())
    assert answers == ["True False", "True", "unknown"]
