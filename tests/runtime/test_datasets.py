"""Datasets from local folders in torchvision's layouts, and what is said where they are absent or damaged."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from specc_runtime import RunError
from specc_runtime.config import Data, Named
from specc_runtime.data.datasets import open_split
from specc_runtime.data.loaders import Samples, loader, set_epoch
from specc_runtime.data.transforms import pipeline
from specc_runtime.training.progress import Progress
from specc_runtime.training.run import train
from tests.runtime.programs import program

Write = Callable[..., Path]


def refusal(config: Data) -> RunError:
    with pytest.raises(RunError) as caught:
        open_split(config, train=True)
    return caught.value


def test_digits_are_split_by_class_and_always_alike() -> None:
    training, test = (open_split(Data(Named("Digits")), train=flag) for flag in (True, False))
    assert (len(training.indices), len(test.indices)) == (1437, 360)
    assert training.classes == tuple("0123456789")
    assert test.labels is not None
    assert all(34 <= test.labels.count(digit) <= 38 for digit in range(10))
    image, label = test.data[0]
    assert (image.mode, image.size, label) == ("L", (8, 8), test.labels[0])
    pixels = {training.data[i][0].tobytes() for i in training.indices}
    assert not pixels & {test.data[i][0].tobytes() for i in test.indices}


@pytest.mark.usefixtures("no_network")
def test_a_local_mnist_trains(tmp_path: Path, mnist_folder: Write) -> None:
    mnist_folder(tmp_path / "data")
    result = train(program(sample=(1, 28, 28), data_dataset="MNIST"), device="cpu", progress=Progress(quiet=True))
    assert len(result.history) == 2
    fashion = mnist_folder(tmp_path / "data", "FashionMNIST")
    assert fashion.is_dir()
    assert open_split(Data(Named("FashionMNIST")), train=False).classes[0] == "T-shirt/top"


@pytest.mark.usefixtures("no_network")
def test_a_local_cifar_trains(tmp_path: Path, cifar_folder: Write) -> None:
    cifar_folder(tmp_path / "elsewhere")
    spec = program(
        sample=(3, 32, 32), data_dataset="CIFAR10", data_root="elsewhere", data_batch_size=32,
        data_augment=[{"op": "RandomCrop", "size": 32, "padding": 4}, "RandomHorizontalFlip"],
        data_transform=[{"op": "Normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}],
    )  # fmt: skip
    result = train(spec, device="cpu", progress=Progress(quiet=True))
    assert len(result.history) == 2
    source = open_split(spec.config.data, train=True)
    assert source.classes[3] == "digit 3"
    assert len(source.indices) == 100


def test_a_cifar_file_that_would_run_code_is_refused(tmp_path: Path, cifar_folder: Write) -> None:
    folder = cifar_folder(tmp_path / "data")

    class Canary:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    (folder / "data_batch_1").write_bytes(pickle.dumps(Canary()))
    error = refusal(Data(Named("CIFAR10")))
    assert error.diagnostic.code == "R702"
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["MNIST", "CIFAR10", "USPS", "STL10", "SVHN", "GTSRB"])
def test_an_absent_set_without_a_network_says_the_folder_and_the_command(name: str) -> None:
    diagnostic = refusal(Data(Named(name), root="here")).diagnostic
    assert diagnostic.code == "R701"
    assert "here" in diagnostic.message
    assert f'{name}("here", download=True)' in (diagnostic.help or "")


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("train-images-idx3-ubyte", lambda d: b"\0\0\x12\x34" + d[4:]),
        ("train-images-idx3-ubyte", lambda d: d[:-100]),
        ("train-labels-idx1-ubyte", lambda d: d[:4] + (7).to_bytes(4, "big") + d[8:15]),
        ("train-labels-idx1-ubyte", lambda d: b""),
    ],
    ids=["magic", "cut short", "fewer labels", "empty"],
)
def test_a_damaged_mnist_is_refused(
    tmp_path: Path, mnist_folder: Write, file: str, damage: Callable[[bytes], bytes]
) -> None:
    path = mnist_folder(tmp_path / "data") / file
    path.write_bytes(damage(path.read_bytes()))
    assert refusal(Data(Named("MNIST"))).diagnostic.code == "R702"


@pytest.mark.usefixtures("no_network")
def test_labels_out_of_range_are_found_before_step_1(tmp_path: Path, mnist_folder: Write) -> None:
    path = mnist_folder(tmp_path / "data") / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + bytes([200]))
    with pytest.raises(RunError) as caught:
        train(program(sample=(1, 28, 28), data_dataset="MNIST"), device="cpu", progress=Progress(quiet=True))
    assert caught.value.diagnostic.code == "R704"
    assert not Path("runs").exists()


def test_names_are_suggested() -> None:
    assert refusal(Data(Named("FasionMNIST"))).diagnostic.help == "did you mean `FashionMNIST`?"
    with pytest.raises(RunError) as caught:
        pipeline(Data(Named("Digits"), transform=(Named("Resise", {"size": 4}),)), train=False)
    assert caught.value.diagnostic.help == "did you mean `Resize`?"
    with pytest.raises(RunError) as caught:
        pipeline(Data(Named("Digits"), transform=(Named("Resize", {"sizes": 4}),)), train=False)
    assert "sizes" in caught.value.diagnostic.message


def samples(*augment: str) -> Samples:
    config = Data(Named("Digits"), augment=tuple(Named(name) for name in augment))
    return Samples(open_split(config, train=True), pipeline(config, train=True), seed=3, random=bool(augment))


def test_the_order_follows_from_seed_and_epoch() -> None:
    batches = loader(samples(), batch_size=200, train=True)

    def order(epoch: int) -> list[int]:
        set_epoch(batches, epoch)
        return [position for _, position in batches.sampler]

    first = order(1)
    assert sorted(first) == list(range(1437))
    assert order(2) != first
    assert order(1) == first


def test_augmentation_is_a_function_of_epoch_and_sample_and_leaves_the_global_generator() -> None:
    augmented = samples("RandomHorizontalFlip", "RandomVerticalFlip")
    torch.manual_seed(0)
    before = torch.get_rng_state()
    images = [augmented[(epoch, 5)][0] for epoch in range(1, 9)]
    assert torch.equal(torch.get_rng_state(), before)
    assert any(not torch.equal(images[0], other) for other in images[1:])
    assert torch.equal(augmented[(4, 5)][0], images[3])


def test_processes_share_an_epoch_without_loss() -> None:
    from specc_runtime.data.loaders import EpochSampler

    for shuffle in (True, False):
        parts = [list(EpochSampler(11, seed=0, shuffle=shuffle, rank=r, world=3)) for r in range(3)]
        assert {position for part in parts for _, position in part} == set(range(11))
        assert sum(map(len, parts)) == (12 if shuffle else 11)
