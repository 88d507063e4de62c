"""The catalogue against the installed torch and torchvision: every name, every argument, every default."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn, optim
from torch.optim import lr_scheduler
from torchvision import datasets
from torchvision.transforms import v2

from specc.ops import OPS
from specc.ops.declare import Family
from specc.ops.evaluate import evaluate
from specc.shapes.tensor import TensorType
from specc.training import catalogue
from specc.training.catalogue import arguments, sample_of, sample_shape_after

SUPPLIED = {
    "optimizer": {"params"},
    "scheduler": {"optimizer", "last_epoch", "scale_fn"},
    "initialiser": {"tensor", "generator"},
    "transform": set[str](),
    "dataset": {"transform", "target_transform", "transforms", "loader", "is_valid_file", "extensions"},
}


def written(callable_: Callable[..., Any], kind: str) -> tuple[list[str], list[str]]:
    parameters = [
        p
        for p in inspect.signature(callable_).parameters.values()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name not in SUPPLIED[kind]
    ]
    return [p.name for p in parameters], [p.name for p in parameters if p.default is p.empty]


def entries() -> list[tuple[str, str, str, Callable[..., Any]]]:
    found: list[tuple[str, str, str, Callable[..., Any]]] = []
    found += [("optimizer", n, text, getattr(optim, n)) for n, text in catalogue.OPTIMIZERS.items()]
    found += [("scheduler", n, text, getattr(lr_scheduler, n)) for n, text in catalogue.SCHEDULERS.items()]
    found += [("initialiser", n, text, getattr(nn.init, n)) for n, text in catalogue.INITIALISERS.items()]
    found += [("transform", n, text, getattr(v2, n)) for n, text in catalogue.TRANSFORMS.items()]
    return found


@pytest.mark.parametrize(("kind", "name", "text", "real"), entries(), ids=lambda v: v if isinstance(v, str) else "")
def test_arguments_are_pytorchs(kind: str, name: str, text: str, real: Callable[..., Any]) -> None:
    names, required = written(real, kind)
    assert list(arguments(text).names) == names
    assert list(arguments(text).required) == required


@pytest.mark.parametrize("name", sorted(set(catalogue.DATASETS) - {"Digits"}))
def test_dataset_arguments_are_torchvisions(name: str) -> None:
    real = getattr(datasets, name)
    listed = arguments(catalogue.DATASETS[name].arguments)
    names, required = written(real, "dataset")
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(real).parameters.values()):
        base_names, _ = written(real.__mro__[1], "dataset")
        names += [n for n in base_names if n not in names and (name, n) not in {("ImageNet", "allow_empty")}]
    assert sorted(listed.names) == sorted(names)
    assert set(listed.required) == set(required) - {"root"}, "root has a default: the folder `data`"
    splits = catalogue.DATASETS[name].splits
    if splits is not None:
        assert splits[0] in names


def test_nothing_of_pytorch_is_missing() -> None:
    """A name that a new torch brings must be entered, or refused with a reason."""

    def classes(module: Any, base: type) -> set[str]:
        return {
            n for n, c in vars(module).items() if isinstance(c, type) and issubclass(c, base) and not n.startswith("_")
        } - {base.__name__}

    refused = catalogue.REFUSED
    assert classes(optim, optim.Optimizer) == set(catalogue.OPTIMIZERS) | set(refused["optimizer"])
    schedulers = classes(lr_scheduler, lr_scheduler.LRScheduler)
    assert schedulers == set(catalogue.SCHEDULERS) | set(refused["scheduler"])
    losses = {n for n in vars(nn) if n.endswith("Loss") or n == "NLLLoss2d"}
    assert losses == set(catalogue.LOSSES) | set(refused["loss"])
    initialisers = {n for n, f in vars(nn.init).items() if inspect.isfunction(f) and n.endswith("_")}
    assert {n for n in initialisers if not n.startswith("_")} == set(catalogue.INITIALISERS)
    transforms = classes(v2, v2.Transform) | {"Compose"}
    assert transforms == set(catalogue.TRANSFORMS) | set(refused["transform"])


@pytest.mark.parametrize("name", catalogue.LOSSES)
def test_what_a_loss_expects_is_what_its_op_takes(name: str) -> None:
    """The target that training prepares for it, beside an output of ten classes."""
    output = TensorType.of(["N", 10])
    target = {
        "classes": TensorType.of(["N"], "int64"),
        "labels": TensorType.of(["N", 10], "int64"),
    }.get(catalogue.LOSSES[name].target, output)
    outcome = evaluate(OPS[name], {}, [output, target])
    assert outcome.ok
    assert outcome.outputs == (TensorType(()),)
    assert OPS[name].family is Family.LOSS


def test_class_counts_are_torchvisions() -> None:
    for name, count in (("MNIST", 10), ("FashionMNIST", 10), ("KMNIST", 10), ("QMNIST", 10)):
        assert len(getattr(datasets, name).classes) == count == catalogue.DATASETS[name].classes
    for split, count in catalogue.EMNIST_CLASSES.items():
        assert len(datasets.EMNIST.classes_split_dict[split]) == count
        assert sample_of("EMNIST", {"split": split}) == ((1, 28, 28), count)
    assert sample_of("FakeData", {"image_size": [1, 5, 6], "num_classes": 3}) == ((1, 5, 6), 3)
    assert sample_of("FGVCAircraft", {"annotation_level": "family"})[1] == 70


PIPELINES: list[Any] = [
    [],
    "RandomHorizontalFlip",
    [{"op": "Resize", "size": 20}],
    [{"op": "Resize", "size": [20]}],
    [{"op": "Resize", "size": [20, 31]}],
    [{"op": "CenterCrop", "size": 16}],
    [{"op": "CenterCrop", "size": [16, 12]}],
    [{"op": "RandomCrop", "size": 32, "padding": 4}],
    [{"op": "RandomResizedCrop", "size": 24}],
    [{"op": "Pad", "padding": 3}],
    [{"op": "Pad", "padding": [1, 2]}],
    [{"op": "Pad", "padding": [1, 2, 3, 4]}],
    ["Grayscale"],
    ["Grayscale", "RGB"],
    [{"op": "Grayscale", "num_output_channels": 3}],
    [{"op": "Resize", "size": 50}, {"op": "CenterCrop", "size": 40}, {"op": "Grayscale"}],
    [{"op": "RandomChoice", "transforms": [{"op": "CenterCrop", "size": 9}, {"op": "Resize", "size": [9, 9]}]}],
    [{"op": "Compose", "transforms": [{"op": "Pad", "padding": 1}, "RGB"]}],
]


def build(spec: Any) -> v2.Transform:
    if isinstance(spec, str):
        return getattr(v2, spec)()  # type: ignore[no-any-return]  # looked up by name
    args = {k: [build(t) for t in v] if k == "transforms" else v for k, v in spec.items() if k != "op"}
    return getattr(v2, spec["op"])(**args)  # type: ignore[no-any-return]  # looked up by name


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 28, 41), (1, 41, 28)])
@pytest.mark.parametrize("pipeline", PIPELINES, ids=str)
def test_the_shape_after_transforms_is_what_torchvision_makes(shape: tuple[int, int, int], pipeline: Any) -> None:
    if shape[0] == 1 and pipeline == "RandomHorizontalFlip":
        pipeline = "RandomVerticalFlip"
    image = torch.zeros(shape, dtype=torch.uint8)
    for item in [pipeline] if isinstance(pipeline, str) else pipeline:
        image = build(item)(image)
    assert sample_shape_after(shape, pipeline) == tuple(image.shape)


def test_unknown_sizes_stay_unknown() -> None:
    assert sample_shape_after((3, None, None), [{"op": "Resize", "size": 256}]) == (3, None, None)
    cropped = [{"op": "Resize", "size": 256}, {"op": "CenterCrop", "size": 224}]
    assert sample_shape_after((3, None, None), cropped) == (3, 224, 224)
    assert sample_shape_after((3, 32, 32), [{"op": "RandomRotation", "degrees": 10, "expand": True}]) == (3, None, None)
    either = [{"op": "RandomApply", "transforms": [{"op": "CenterCrop", "size": [32, 8]}]}]
    assert sample_shape_after((3, 32, 32), either) == (3, 32, None)
    assert sample_shape_after((3, 32, 32), [{"op": "CenterCrop", "size": "big"}]) is None
    assert sample_shape_after((3, 32, 32), [{"size": 3}]) is None
