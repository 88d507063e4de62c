"""CPU time of `specc check` and of `import torch`, whole processes, in one run: `make bench`.

User and system seconds of the child process, the median of several runs after one that warms the caches (also that of
bytecode, which pip fills for torch but not for an editable specc). The two are measured turn about, so that a busy
machine slows both.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 9
CHECK = [str(Path(sys.executable).with_name("specc")), "check", "specs/resnet18.yaml"]
TORCH = [sys.executable, "-c", "import torch"]

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run; CalledProcessError where it fails."""
    before = os.times()
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    for command in (CHECK, TORCH):
        cpu_seconds(command)
    pairs = [(cpu_seconds(CHECK), cpu_seconds(TORCH)) for _ in range(RUNS)]
    check, torch = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"specc check specs/resnet18.yaml  {check * 1000:6.0f} ms")
    print(f'python -c "import torch"         {torch * 1000:6.0f} ms')
    print(f"ratio                            {torch / check:6.1f}")


if __name__ == "__main__":
    main()
