"""Sets of labelled images by torchvision's names: found in a local folder, or downloaded into it.

A local folder counts as the set when it is laid out as torchvision lays it out; its contents are not compared with the
published checksums, so that a set of one's own in the same layout loads. Therefore no reader here may run code from the
files: torchvision's CIFAR classes unpickle theirs, and `specc_runtime.data.cifar` reads them instead.
"""

import contextlib
import importlib
import inspect
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from specc.diagnostics import closest
from specc.training.catalogue import DATASETS, sample_of
from specc_runtime.config import Data, Named
from specc_runtime.data.digits import HELD_OUT_SEED
from specc_runtime.errors import problem

LAYOUT = {
    "CIFAR10": "cifar-10-batches-py",
    "CIFAR100": "cifar-100-python",
    "CLEVRClassification": "clevr",
    "Caltech101": "caltech101",
    "Caltech256": "caltech256",
    "Country211": "country211",
    "DTD": "dtd",
    "EMNIST": "EMNIST/raw",
    "EuroSAT": "eurosat",
    "FER2013": "fer2013",
    "FashionMNIST": "FashionMNIST/raw",
    "Flowers102": "flowers-102",
    "Food101": "food-101",
    "GTSRB": "gtsrb",
    "KMNIST": "KMNIST/raw",
    "LFWPeople": "lfw-py",
    "MNIST": "MNIST/raw",
    "OxfordIIITPet": "oxford-iiit-pet",
    "PCAM": "pcam",
    "QMNIST": "QMNIST/raw",
    "RenderedSST2": "rendered-sst2",
    "STL10": "stl10_binary",
    "SUN397": "SUN397",
    "StanfordCars": "stanford_cars",
}
"""The folder below `root` that torchvision reads; a set that is not listed lies in `root` itself."""


@dataclass(frozen=True)
class Source:
    """One split of a set. `data[i]` is (PIL image, class number); `indices` are the samples that belong to the split.

    `labels` are the class numbers in the order of `indices`, or None where they cannot be known without reading every
    image.
    """

    name: str
    data: Any
    indices: Sequence[int]
    classes: tuple[str, ...]
    labels: tuple[int, ...] | None


def open_split(config: Data, *, train: bool) -> Source:
    """The training or the test split of `config.dataset`; downloads it where the folder lacks it.

    Raises `RunError`: R701 absent and not to be had, R702 there but unreadable, R713 a wrong argument.
    """
    name = config.dataset.op
    entry = DATASETS.get(name)
    if entry is None:
        near = closest(name, DATASETS)
        raise problem("R713", f"there is no dataset `{name}`", help=f"did you mean `{near}`?" if near else None)
    args: dict[str, Any] = {k: v for k, v in config.dataset.args.items() if k not in ("train", "download")}
    if entry.splits is not None:
        args[entry.splits[0]] = entry.splits[1 if train else 2]
        if name == "EMNIST" and "split" not in config.dataset.args:
            raise problem("R713", "`EMNIST` needs a `split`", help="write `dataset: {op: EMNIST, split: balanced}`")
    root = Path(config.root)
    try:
        data = _opened(name, root, args, train)
    except _AbsentError as absent:
        raise _absent(name, root, str(absent)) from absent
    return _source(name, config.dataset, data, train, held_out=entry.splits is None and name != "ImageFolder")


def _opened(name: str, root: Path, args: dict[str, Any], train: bool) -> Any:
    if name == "Digits":
        from specc_runtime.data.digits import Digits

        return _read(name, root, lambda: Digits(**args))
    from torchvision import datasets

    kind = getattr(datasets, name)
    if name == "FakeData":
        return _read(name, root, lambda: kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in args.items()}))
    if name == "ImageFolder":
        folder = _image_folder(root, train)
        return _read(name, folder, lambda: kind(folder, **args))
    if name in ("CIFAR10", "CIFAR100"):
        from specc_runtime.data.cifar import Cifar

        local = root / LAYOUT[name]
        if not Cifar.complete(local, hundred=name == "CIFAR100"):
            _download(name, root, lambda: kind(root, download=True))
        return _read(name, local, lambda: Cifar(local, hundred=name == "CIFAR100", **args))
    try:
        with _any_content(kind):
            return _read(name, root / LAYOUT.get(name, ""), lambda: kind(root, **args))
    except _AbsentError:
        if "download" not in inspect.signature(kind).parameters and name not in ("EMNIST", "QMNIST"):
            raise
    return _download(name, root, lambda: kind(root, download=True, **args))


class _AbsentError(Exception):
    """torchvision says that the files are not there."""


def _read(name: str, folder: Path, opening: Callable[[], Any]) -> Any:
    try:
        return opening()
    except TypeError as error:
        raise problem("R713", f"`{name}` refuses its arguments: {error}") from error
    except (RuntimeError, OSError) as error:
        text = str(error)
        if isinstance(error, FileNotFoundError) or "not found" in text or "download" in text:
            raise _AbsentError(text) from error
        raise _unreadable(name, folder, error) from error
    except (ValueError, AssertionError, EOFError, IndexError, KeyError, ArithmeticError) as error:
        raise _unreadable(name, folder, error) from error


def _unreadable(name: str, folder: Path, error: Exception) -> Exception:
    reason = str(error) or type(error).__name__
    return problem(
        "R702",
        f"the files of `{name}` in `{folder}` cannot be read: they are damaged or not what the name says",
        f"the reader says: {reason}",
        help=f"remove `{folder}` and let it be downloaded again",
    )


def _absent(name: str, root: Path, *reasons: str) -> Exception:
    folder = root / LAYOUT.get(name, "")
    can_download = name not in ("ImageFolder", "ImageNet", "FER2013", "StanfordCars")
    split = ', split="balanced"' if name == "EMNIST" else ""
    command = f"python -c 'from torchvision.datasets import {name}; {name}(\"{root}\"{split}, download=True)'"
    return problem(
        "R701",
        f"the dataset `{name}` is not in `{folder}`" + (" and cannot be downloaded" if can_download else ""),
        *reasons,
        help=f"where there is a network: {command}; then copy the folder here, or name it with `root`"
        if can_download
        else f"torchvision does not download this set: put its files into `{folder}`, or name their folder with `root`",
    )


def _download(name: str, root: Path, opening: Callable[[], Any]) -> Any:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30)  # torchvision sets none: a dead mirror would hang the run
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return opening()
    except (URLError, OSError, RuntimeError, ImportError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise _absent(name, root, *(lines[:1] + lines[-1:] if len(lines) > 1 else lines)) from error
    finally:
        socket.setdefaulttimeout(before)


@contextlib.contextmanager
def _any_content(kind: type) -> Iterator[None]:
    """Lets a folder count by its layout: within, torchvision's checksums of the published files are not compared."""
    module: Any = importlib.import_module(kind.__module__)
    original = getattr(module, "check_integrity", None)
    if original is None:
        yield
        return
    module.check_integrity = lambda path, md5=None: Path(path).is_file()
    try:
        yield
    finally:
        module.check_integrity = original


def _image_folder(root: Path, train: bool) -> Path:
    for split in ("train",) if train else ("test", "val", "valid"):
        if (root / split).is_dir():
            return root / split
    raise problem(
        "R701",
        f"`ImageFolder` finds no `{root / ('train' if train else 'test')}`",
        help=f"lay the images out as `{root}/train/CLASS/…` and `{root}/test/CLASS/…`",
    )


def _source(name: str, named: Named, data: Any, train: bool, *, held_out: bool) -> Source:
    labels = _labels(data)
    if labels is not None and len(labels) != len(data):
        raise problem("R702", f"`{name}` has {len(data):,} images and {len(labels):,} labels")
    if len(data) == 0:
        raise problem("R702", f"the {'training' if train else 'test'} split of `{name}` is empty")
    indices: Sequence[int] = range(len(data))
    if held_out:
        indices = _fifth(len(data), labels, train)
        labels = None if labels is None else tuple(labels[i] for i in indices)
    count = sample_of(name, named.args)[1]
    names = [str(c if isinstance(c, str) else c[0] if isinstance(c, tuple) and c else c) for c in _classes(data)]
    if count is None:
        count = len(names) or (max(labels) + 1 if labels else 0)
    if name == "ImageFolder":
        count = len(names)
    if len(names) != count:
        names = [str(i) for i in range(count)]
    # MNIST's classes read "0 - zero": the digit is enough.
    if names and all(" - " in n for n in names):
        names = [n.split(" - ", 1)[0] for n in names]
    return Source(name, data, indices, tuple(names), labels)


def _classes(data: Any) -> Sequence[Any]:
    found = getattr(data, "classes", None)
    return found if isinstance(found, list | tuple) else ()


def _labels(data: Any) -> tuple[int, ...] | None:
    for attribute in ("targets", "labels", "_labels", "y"):
        found = getattr(data, attribute, None)
        if found is None:
            continue
        values = found.tolist() if hasattr(found, "tolist") else list(found)
        if all(isinstance(v, int) or (isinstance(v, float) and v.is_integer()) for v in values):
            return tuple(int(v) for v in values)
    return None


def _fifth(count: int, labels: tuple[int, ...] | None, train: bool) -> Sequence[int]:
    """Four fifths to train or the fifth that is held out; stratified where the labels are known, always the same."""
    import torch

    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    groups: dict[int, list[int]] = {}
    for index in torch.randperm(count, generator=generator).tolist():
        groups.setdefault(labels[index] if labels else 0, []).append(index)
    held = {index for group in groups.values() for index in group[: round(len(group) / 5)]}
    return sorted(set(range(count)) - held if train else held)
