"""Batch and instance normalisation as functions: what the modules own is an input here, and may be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Float
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.layer_normalization import (
    HALVES,
    require_channels,
)
from specc.ops.normalization import (
    BatchNorm,
    InstanceNorm,
    check_eps,
    require_several,
    warn_of_one,
)
from specc.ops.spatial import require_filled, sample_dtype, sample_shape
from specc.ops.write import Statistics
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_COMPLEX = ("complex64", "complex128")


class NormFunction(Function, abstract=True):
    family = Family.NORMALIZATION
    same_shape = True

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def alike(call: Call, *ports: str) -> str:
    """The dtype of the weights at `ports`: all the input's, or all float32 beside an input of half precision (S307)."""
    call.require_floating()
    given = [(port, call.input(port).dtype) for port in ports if call.has(port)]
    first = given[0][1] if given else call.x.dtype
    for port, dtype in given:
        mixed = dtype == "float32" and call.x.dtype in HALVES
        if dtype != first or (dtype != call.x.dtype and not mixed):
            wanted = first if first == call.x.dtype or (first == "float32" and call.x.dtype in HALVES) else call.x.dtype
            call.reject(
                "S307",
                f"`{port}` of `{call.label}` ({call.op.name}) must be {wanted} beside a {call.x.dtype} input, "
                f"but it is {dtype}",
            )
    return first


def require_size(call: Call, port: str, channels: Dim) -> None:
    """What stands at `port` has one element for every channel (S302, S303)."""
    if not call.has(port):
        return
    given = call.input(port)
    if given.rank != 1:
        call.reject("S302", f"`{port}` of `{call.label}` ({call.op.name}) must be 1-d, but it is {given.rank}-d")
    call.require_equal(
        given.shape[0],
        channels,
        f"`{port}` of `{call.label}` ({call.op.name}) has {given.shape[0]} elements, "
        f"but the input has {channels} channels",
        help=f"give `{port}` one element for every channel (axis 1) of the input",
    )


def _paired(call: Call) -> bool:
    """Whether running statistics are given: a mean and a variance, or neither (N201)."""
    mean, var = call.has("running_mean"), call.has("running_var")
    if mean != var:
        there, lacks = ("running_mean", "running_var") if mean else ("running_var", "running_mean")
        call.reject(
            "N201", f"`{call.label}` ({call.op.name}) is given `{there}` without `{lacks}`", help=f"name `{lacks}` too"
        )
    return mean


class batch_norm(NormFunction):
    """Batch normalisation with statistics, scale and shift as inputs: the function of `BatchNorm2d`.

    With running statistics it follows the mode of the module that it is written in, and changes them in training;
    without them it normalises by the batch's own in training and in eval mode.
    """

    formula = BatchNorm.formula
    inputs = ("input", "running_mean?", "running_var?", "weight?", "bias?")
    python = Statistics("F.batch_norm", "training", {"running_mean": "None", "running_var": "None", "training": "True"})
    momentum = Float("weight of a new batch in the running statistics", 0.1)
    eps = Float("added to the variance", 1e-5, min=0)
    example = ("[N, 64, H, W], [64], [64]", "batch_norm")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_channels(call)
        alike(call, "running_mean", "running_var", "weight", "bias")
        check_eps(call)
        tracked = _paired(call)
        channels, others = call.x.shape[1], (call.x.shape[0], *call.x.shape[2:])
        require_filled(call, 1, 2)
        for port in ("running_mean", "running_var", "weight", "bias"):
            require_size(call, port, channels)
        if not tracked:
            require_several(call, product(others), "value per channel", others)
        else:
            warn_of_one(call, product(others), "value per channel", "give the batch more samples, or ")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        dtype = alike(call, "running_mean", "running_var", "weight", "bias")
        return Saved(("input", "running_mean", "running_var", "weight"), extra=call.x.shape[1] * 2 * bytes_of(dtype))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(1, 3)
        shape = sample_shape(rng, rng.randint(0, 3), channels, batch=0.95, high=2)
        args: dict[str, object] = {}
        if rng.random() < 0.3:
            args["momentum"] = rng.choice([0.5, 0, 1])
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 1, 0.1]) if rng.random() < 0.95 else 0
        return Sample(args, sample_weights(rng, shape, channels, 4))


def sample_weights(
    rng: random.Random, shape: tuple[int, ...], channels: int, count: int
) -> tuple[tuple[tuple[int, ...], str] | None, ...]:
    """An input and `count` tensors of one element per channel, some left out; now and then an odd one."""
    dtype = rng.choice(FLOATING) if rng.random() < 0.97 else sample_dtype(rng, 0)
    weight = "float32" if dtype in HALVES and rng.random() < 0.5 else dtype
    tensors: list[tuple[tuple[int, ...], str] | None] = []
    for k in range(count):
        together = k == 1 and count == 4  # a variance beside a mean
        given = tensors[0] is not None if together and rng.random() < 0.95 else rng.random() < 0.6
        odd = rng.random()
        size = (channels,) if odd < 0.97 else rng.choice([(), (channels + 1,), (1, channels)])
        tensors.append((size, weight if rng.random() < 0.98 else sample_dtype(rng, 0)) if given else None)
    while tensors and tensors[-1] is None:
        tensors.pop()
    return ((shape, dtype), *tensors)


def _check_statistics(call: Call) -> None:
    """A mean and a variance of one floating dtype, which need not be the input's (S307)."""
    mean, var = call.input("running_mean").dtype, call.input("running_var").dtype
    if mean != var or mean not in FLOATING:
        call.reject(
            "S307",
            f"`running_mean` and `running_var` of `{call.label}` ({call.op.name}) must be of one floating dtype, not "
            f"{mean} and {var}",
        )


class instance_norm(NormFunction):
    """Normalisation of every channel of every sample, scale and shift as inputs: the function of `InstanceNorm2d`.

    With running statistics it follows the mode of the module that it is written in, and changes them in training.
    """

    formula = InstanceNorm.formula
    inputs = ("input", "running_mean?", "running_var?", "weight?", "bias?")
    python = Statistics("F.instance_norm", "use_input_stats", {})
    momentum = Float("weight of a new batch in the running statistics", 0.1)
    eps = Float("added to the variance", 1e-5)
    example = ("[N, 64, H, W]", "instance_norm")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_channels(call)
        dtype = alike(call, "weight", "bias")
        tracked = _paired(call)
        if tracked:
            _check_statistics(call)
        if tracked and not call.has("weight") and dtype != call.x.dtype:  # the statistics are taken as the input's
            call.reject(
                "S307",
                f"`bias` of `{call.label}` (instance_norm) must be {call.x.dtype} beside running statistics without a "
                f"`weight`, but it is {dtype}",
            )
        require_filled(call, 0, 2)
        channels, count = call.x.shape[1], product(call.x.shape[2:])
        for port in ("running_mean", "running_var", "weight", "bias"):
            require_size(call, port, channels)
        if not tracked:
            require_several(call, count, "value per channel of a sample", call.x.shape[2:])
        else:
            warn_of_one(call, count, "value per channel of a sample")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """It runs as a batch normalisation of N·C channels, for which it repeats its other inputs."""
        dtype = alike(call, "weight", "bias")
        copies = 2 + call.has("weight") + 2 * call.has("running_mean")
        return Saved(("input",), extra=call.x.shape[0] * call.x.shape[1] * copies * bytes_of(dtype))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(1, 3)
        shape = sample_shape(rng, rng.choice([0, 1, 2, 2, 3]), channels, batch=0.95, high=2)
        args: dict[str, object] = {}
        if rng.random() < 0.3:
            args["momentum"] = rng.choice([0.5, 0, 1])
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 1, 0])
        return Sample(args, sample_weights(rng, shape, channels, 4))
