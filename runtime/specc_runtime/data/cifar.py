"""CIFAR-10 and CIFAR-100 from a local folder in torchvision's layout, read without running what the files hold.

The files are pickles (https://www.cs.toronto.edu/~kriz/cifar.html). torchvision unpickles them after comparing a
checksum; here the content may be one's own, so that only NumPy arrays, numbers, strings, lists and dicts are let
through.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import Dataset

_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ValueError(f"the file asks for `{module}.{name}`; a CIFAR file holds arrays and lists only")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


class Cifar(Dataset[tuple[Image.Image, int]]):
    """Pairs of an RGB image (PIL, 32×32) and its class number. Raises ValueError where a file is not CIFAR's."""

    def __init__(self, folder: Path, *, hundred: bool, train: bool = True) -> None:
        key = "fine_labels" if hundred else "labels"
        images: list[NDArray[np.uint8]] = []
        self.targets: list[int] = []
        for name in _files(hundred, train):
            entry = _load(folder / name)
            data, labels = entry.get("data"), entry.get(key)
            if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3072:
                raise ValueError(f"`data` in {name} is not a uint8 array of 3072 columns")
            if not isinstance(labels, list) or len(labels) != len(data):
                raise ValueError(f"{name} has {len(data)} images and no list `{key}` of that length")
            images.append(data)
            self.targets.extend(int(label) for label in labels)
        self.data = np.vstack(images).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        meta = folder / ("meta" if hundred else "batches.meta")
        names = _load(meta).get("fine_label_names" if hundred else "label_names")
        self.classes = [str(name) for name in names] if isinstance(names, list) else []

    @staticmethod
    def complete(folder: Path, *, hundred: bool) -> bool:
        """Whether every file of the set is in `folder`."""
        names = [*_files(hundred, True), *_files(hundred, False), "meta" if hundred else "batches.meta"]
        return all((folder / name).is_file() for name in names)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(self.data[index]), self.targets[index]


def _files(hundred: bool, train: bool) -> list[str]:
    if hundred:
        return ["train" if train else "test"]
    return [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]


def _load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        try:
            entry = _Plain(file, encoding="latin1").load()
        except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, KeyError, MemoryError) as error:
            raise ValueError(f"{path.name}: {error or 'the file ends early'}") from error
    if not isinstance(entry, dict):
        raise ValueError(f"{path.name} does not hold a dict")
    return entry
