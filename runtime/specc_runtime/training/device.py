"""Which device to compute on, and how to repeat a run on it."""

import random
from typing import Literal

import torch

from specc_runtime.errors import problem

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def pick(name: str = "auto") -> torch.device:
    """`auto` takes CUDA, then Apple's MPS, then the CPU. Raises `RunError` (R705) where the named device is absent."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    present = {"cpu": True, "cuda": cuda, "mps": mps}
    kind = name.split(":")[0]
    if kind not in present:
        raise problem("R705", f"there is no device `{name}`", help="one of auto, cpu, cuda, mps")
    if not present[kind]:
        have = ", ".join(key for key, there in present.items() if there)
        why = "this PyTorch was built without CUDA" if kind == "cuda" and torch.version.cuda is None else ""
        raise problem(
            "R705",
            f"the device `{name}` is not available here",
            *([why] if why else []),
            f"this machine has: {have}",
            help="use `--device auto`, which takes the best there is",
        )
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise problem("R705", f"there is no device `{name}`", help="one of auto, cpu, cuda, cuda:0, mps") from error
    if kind == "cuda" and device.index is not None and device.index >= torch.cuda.device_count():
        raise problem("R705", f"there is no `{name}`: this machine has {torch.cuda.device_count()} CUDA devices")
    return device


def seed_everything(seed: int) -> None:
    """Seeds the generators of Python, NumPy and PyTorch (all devices)."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
