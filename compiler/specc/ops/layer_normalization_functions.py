"""Normalisation of every sample by itself, as functions: scale and shift are inputs here, and may be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Float, Int, Ints, SizeList
from specc.ops.call import Call
from specc.ops.declare import Function, Sample, Saved
from specc.ops.layer_normalization import (
    GROUP_NORM,
    LAYER_NORM,
    RMS_NORM,
    LocalNorm,
    check_groups,
    outer,
    require_channels,
    require_last,
    rms_kept,
    sample_groups,
)
from specc.ops.normalization_functions import NormFunction, alike, require_size, sample_weights
from specc.ops.spatial import require_filled, sample_tensor
from specc.ops.write import Named, Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_COMPLEX = ("complex64", "complex128")


class _Last(NormFunction, abstract=True):
    """Statistics over the last axes."""

    positional = 1
    normalized_shape = SizeList("the sizes of the last axes, which are normalised")

    @classmethod
    def check(cls, call: Call) -> None:
        given = call["normalized_shape"]
        if not given:
            call.reject(
                "S310", f"`normalized_shape` of `{call.label}` must name at least one axis", arg="normalized_shape"
            )
        if len(given) > call.x.rank:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) normalises {len(given)} axes, but its input is {call.x.rank}-d",
                arg="normalized_shape",
            )
        for k in range(len(given)):
            axis = k - len(given)
            require_last(call, call.x.shape[axis], call.dim("normalized_shape", k), axis)
        for port in ("weight", "bias"):
            if call.has(port):
                _require_shape(call, port, call.x.shape[-len(given) :])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        low = 0 if rng.random() < 0.1 else 1
        shape = tuple(rng.randint(low, 4) for _ in range(rng.randint(0 if rng.random() < 0.1 else 1, 4)))
        last = list(shape[-rng.randint(1, max(len(shape), 1)) :])
        if last and rng.random() < 0.1:
            last[-1] += 1
        if rng.random() < 0.05:
            last = [2, *last] if rng.random() < 0.5 else []
        args: dict[str, object] = {"normalized_shape": last}
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 1e-6, 1])
        first, *weights = sample_weights(rng, shape, 1, len(cls.inputs) - 1)
        sized = [w and (tuple(last) if w[0] == (1,) else w[0], w[1]) for w in weights]
        return Sample(args, (first, *sized))


def _require_shape(call: Call, port: str, shape: tuple[Dim, ...]) -> None:
    given = call.input(port)
    if given.rank != len(shape):
        call.reject(
            "S302",
            f"`{port}` of `{call.label}` ({call.op.name}) must have the {len(shape)} axes that are normalised, but it "
            f"is {given.rank}-d",
        )
    for axis, (size, wanted) in enumerate(zip(given.shape, shape, strict=True)):
        call.require_equal(
            size,
            wanted,
            f"`{port}` of `{call.label}` ({call.op.name}) has {size} in axis {axis}, but the input has {wanted} there",
        )


class layer_norm(_Last):
    """Layer normalisation with scale and shift as inputs: the function of `LayerNorm`."""

    formula = LAYER_NORM
    inputs = ("input", "weight?", "bias?")
    python = Named("F.layer_norm", 1, ("weight", "bias"))
    eps = Float("added to the variance", 1e-5)
    example = ("[N, T, 512], [512], [512]", "{op: layer_norm, normalized_shape: [512]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        alike(call, "weight", "bias")
        cls.check(call)
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        dtype = alike(call, "weight", "bias")
        places = outer(call, len(call["normalized_shape"]))
        return Saved(("input", "weight", "bias"), extra=places * 2 * bytes_of(dtype))


class rms_norm(_Last):
    """Root mean square normalisation with the scale as an input: the function of `RMSNorm`."""

    formula = RMS_NORM
    inputs = ("input", "weight?")
    python = Named("F.rms_norm", 1, ("weight",))
    eps = Float("added to the mean square; null: the dtype's smallest step", None)
    example = ("[N, T, 512], [512]", "{op: rms_norm, normalized_shape: [512]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype((*FLOATING, *_COMPLEX), "a floating-point input")
        cls.check(call)
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        trained = call.has("weight") and call.input("weight").dtype in (*FLOATING, *_COMPLEX)
        kept = rms_kept(call, len(call["normalized_shape"]), trained)
        return kept._replace(inputs=(*kept.inputs, "weight"))


class group_norm(NormFunction):
    """Normalisation over groups of channels, scale and shift as inputs: the function of `GroupNorm`."""

    formula = GROUP_NORM
    inputs = ("input", "weight?", "bias?")
    python = Named("F.group_norm", 1, ("weight", "bias"))
    positional = 1
    num_groups = Int("groups the channels are split into", min=1)
    eps = Float("added to the variance", 1e-5)
    example = ("[N, 64, H, W], [64], [64]", "{op: group_norm, num_groups: 32}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_channels(call)
        alike(call, "weight", "bias")
        check_groups(call, call.x.shape[1])
        for port in ("weight", "bias"):
            require_size(call, port, call.x.shape[1])
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        dtype = alike(call, "weight", "bias")
        return Saved(("input", "weight"), extra=call.x.shape[0] * call["num_groups"] * 2 * bytes_of(dtype))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.randint(1, 3)
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.1)
        args: dict[str, object] = {"num_groups": groups if rng.random() < 0.95 else 0}
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 1e-6, 1])
        return Sample(args, sample_weights(rng, sample_groups(rng, groups, channels), channels, 2))


class local_response_norm(LocalNorm, Function):
    """Division by the squares of the channels near by: the function of `LocalResponseNorm`."""

    python = Writer("F.local_response_norm")
    example = ("[N, 64, H, W]", "{op: local_response_norm, size: 5}")


class normalize(NormFunction):
    """Division by the norm: vectors along `dim` become of length 1."""

    formula = "y = x / max(‖x‖_p, eps), ‖x‖_p = (Σ |x|^p)^(1/p) along dim"
    python = Writer("F.normalize")
    p = Float("the exponent of the norm", 2.0)
    dim = Ints("the axis of the vectors, or several", 1, scalar=True)
    eps = Float("the least that is divided by", 1e-12)
    example = ("[N, 128]", "normalize")

    @classmethod
    def axes(cls, call: Call) -> list[int]:
        """The axes of the norm from the front; all of them where none is named."""
        dim, rank = call["dim"], call.x.rank
        axes = [call.axis(d, rank) for d in (dim if isinstance(dim, tuple) else (dim,))]
        if len(set(axes)) < len(axes):
            call.reject("S309", f"`dim` of `{call.label}` (normalize) names an axis twice", arg="dim", notes=())
        return (axes or list(range(rank))) if rank else []

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_dtype((*FLOATING, *_COMPLEX), "a floating-point input")
        cls.axes(call)
        if call["p"] < 0 or call["p"] == float("inf"):  # of nothing there is no smallest or largest
            require_filled(call, 0, call.x.rank)
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        norms = call.x
        for axis in cls.axes(call):
            norms = norms.with_dim(axis, 1)
        real = bytes_of(call.x.dtype) // (2 if call.x.dtype in _COMPLEX else 1)
        return Saved(("input",), extra=norms.numel * 2 * real)  # the norms, and the same after `eps`

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 4) for _ in range(rng.randint(0, 4)))
        args: dict[str, object] = {}
        if rng.random() < 0.5:
            args["p"] = rng.choice([1, 1.5, 3, 0, -1])
        if rng.random() < 0.7:
            args["dim"] = (
                rng.randint(-3, 3) if rng.random() < 0.7 else [rng.randint(-3, 2) for _ in range(rng.randint(0, 2))]
            )
        if rng.random() < 0.3:
            args["eps"] = rng.choice([1e-6, 0.1, 0])
        return Sample(args, (sample_tensor(rng, shape),))
