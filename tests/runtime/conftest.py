"""Folders of real digits in torchvision's file layouts."""

import gzip
import pickle
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach a host fails at once, as without a network."""

    def refuse(*_args: object, **_keywords: object) -> None:
        raise OSError("network is unreachable")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)


def digits(size: int, count: int, start: int = 0) -> tuple[np.ndarray[Any, Any], list[int]]:
    """uint8 [count, size, size] real digits, enlarged, and their classes."""
    images, labels = load_digits(return_X_y=True)
    chosen = images[start : start + count].reshape(-1, 8, 8)
    enlarged = [np.asarray(Image.fromarray((i * 15.9).astype("uint8")).resize((size, size))) for i in chosen]
    return np.stack(enlarged), [int(v) for v in labels[start : start + count]]


@pytest.fixture
def mnist_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes an MNIST of digits below a root; returns the folder of the files."""

    def write(root: Path, name: str = "MNIST", *, train: int = 200, test: int = 50, compress: bool = False) -> Path:
        raw = root / name / "raw"
        raw.mkdir(parents=True)
        for prefix, start, count in (("train", 0, train), ("t10k", train, test)):
            images, labels = digits(28, count, start)
            files = {
                f"{prefix}-images-idx3-ubyte": struct.pack(">IIII", 2051, count, 28, 28) + images.tobytes(),
                f"{prefix}-labels-idx1-ubyte": struct.pack(">II", 2049, count) + bytes(labels),
            }
            for file, data in files.items():
                (raw / (file + ".gz" * compress)).write_bytes(gzip.compress(data) if compress else data)
        return raw

    return write


@pytest.fixture
def cifar_folder() -> Callable[..., Path]:
    def write(root: Path, *, per_batch: int = 20) -> Path:
        folder = root / "cifar-10-batches-py"
        folder.mkdir(parents=True)
        for index, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
            images, labels = digits(32, per_batch, index * per_batch)
            data = np.repeat(images.reshape(per_batch, 1, 1024), 3, axis=1).reshape(per_batch, 3072)
            (folder / name).write_bytes(pickle.dumps({"data": data, "labels": labels}, protocol=2))
        names = [f"digit {i}" for i in range(10)]
        (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}, protocol=2))
        return folder

    return write
