"""Normalisations. Judged in eval mode: what only training refuses (statistics of one value) is left to training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Float, Int, Ints
from specc.ops.call import Call, Rejected
from specc.ops.declare import Family, Module, Owned, Sample
from specc.ops.spatial import divisors, layout, require_filled, sample_shape, sample_tensor, sibling
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_MIXED = ("float32", "float16", "bfloat16")  # torch normalises half precision with float32 weights
_COMPLEX = ("complex64", "complex128")


class _Norm(Module, abstract=True):
    family = Family.NORMALIZATION
    same_shape = True

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        return sibling(cls.name, cls.spatial, rank) if cls.spatial else None

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def _check_dtype(call: Call, owns: bool) -> None:
    """Float32 or narrower beside float32 weights or statistics, any floating dtype without them."""
    if owns:
        call.require_dtype(_MIXED, "a float32, float16 or bfloat16 input, as its weights are float32")
    else:
        call.require_floating()


def _require_several(call: Call, count: Dim, what: str, dims: tuple[Dim, ...]) -> None:
    """The statistics need more than one value; an empty input passes."""
    if not any(dim == 0 for dim in dims):
        call.require_at_least(count, 2, f"`{call.label}` ({call.op.name}) needs more than one {what}, but has {count}")


def _product(dims: tuple[Dim, ...]) -> Dim:
    total = Dim.of(1)
    for dim in dims:
        total = total * dim
    return total


def _affine(call: Call, size: int) -> dict[str, Owned]:
    if not call["affine"]:
        return {}
    owned = {"weight": Owned((size,))}
    return {**owned, "bias": Owned((size,))} if call["bias"] else owned


def _statistics(call: Call) -> dict[str, Owned]:
    if not call["track_running_stats"]:
        return {}
    shape = (call["num_features"],)
    return {"running_mean": Owned(shape), "running_var": Owned(shape), "num_batches_tracked": Owned((), "int64")}


class _BatchNorm(_Norm, abstract=True):
    """What the batch normalisations share: statistics of every channel over all other axes."""

    positional = 1
    num_features = Int("channels of the input", INFERRED, min=0)
    eps = Float("added to the variance", 1e-5, min=0)
    momentum = Float("weight of a new batch in the running statistics; null: a plain average", 0.1, nullable=True)
    affine = Bool("whether a scale and a shift are learned", True)
    track_running_stats = Bool("whether eval mode uses statistics gathered in training", True)
    bias = Bool("whether the shift is learned", True)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        ranks = (2, 3) if cls.spatial == 1 else (cls.spatial + 2,)
        words = "[N, C] or [N, C, L]" if cls.spatial == 1 else layout(cls.spatial)
        call.require_rank(*ranks, layout=words)
        _check_dtype(call, call["affine"] or call["track_running_stats"])
        call.inferred("num_features", call.x.shape[1], axis="channels")
        call.require_at_least(call.x.shape[1], 1, f"`{call.label}` needs at least one channel")
        if not call["track_running_stats"]:
            others = (call.x.shape[0], *call.x.shape[2:])
            _require_several(call, _product(others), "value per channel", others)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _affine(call, call["num_features"])

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        return _statistics(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(1, 4)
        optional: dict[str, object] = {
            "num_features": channels if rng.random() < 0.7 else channels + 1,
            "eps": rng.choice([1e-3, 1e-6, 1]),
            "momentum": rng.choice([None, 0.01, 0.5]),
            "affine": rng.random() < 0.6,
            "track_running_stats": rng.random() < 0.6,
            "bias": rng.random() < 0.5,
        }
        args = {name: value for name, value in optional.items() if rng.random() < 0.4}
        shape = sample_shape(rng, cls.spatial, channels, batch=0.95, high=2)
        used = args.get("affine", True) or args.get("track_running_stats", True)
        if 0 in shape or not used:  # torch then never looks at the number of features
            args.pop("num_features", None)
        return Sample(args, (sample_tensor(rng, shape),))


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of features [N, C] or sequences [N, C, L] (Ioffe and Szegedy 2015)."""

    spatial = 1
    example = ("[N, 64]", "BatchNorm1d")


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images (Ioffe and Szegedy 2015)."""

    spatial = 2
    example = ("[N, 64, H, W]", "BatchNorm2d")


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of volumes (Ioffe and Szegedy 2015)."""

    spatial = 3
    example = ("[N, 8, D, H, W]", "BatchNorm3d")


class _LastAxes(_Norm, abstract=True):
    """Statistics over the last axes, apart for every place of the others."""

    positional = 1
    normalized_shape = Ints("the last axes, or the last one's size", INFERRED, min=0, scalar=True)
    mixed: tuple[str, ...] = _MIXED
    plain: tuple[str, ...] = FLOATING

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        allowed = cls.mixed if call["elementwise_affine"] else cls.plain
        call.require_dtype(
            allowed, "a floating-point input" + (" that fits float32 weights" if allowed is _MIXED else "")
        )
        given = call["normalized_shape"]
        if isinstance(given, tuple):
            _check_last(call, given)
            return call.x
        if call.x.rank == 0:
            call.reject(
                "S302", f"`{call.label}` ({cls.name}) needs an input with at least one axis, but its input is 0-d"
            )
        call.inferred("normalized_shape", call.x.shape[-1], axis="features")
        return call.x

    @classmethod
    def shape(cls, call: Call) -> tuple[int, ...]:
        value = call["normalized_shape"]
        return value if isinstance(value, tuple) else (value,)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        low = 0 if rng.random() < 0.1 else 1
        shape = tuple(rng.randint(low, 4) for _ in range(rng.randint(0 if rng.random() < 0.1 else 1, 4)))
        args: dict[str, object] = {}
        if rng.random() < 0.6:
            count = rng.randint(1, max(len(shape), 1))
            last = list(shape[-count:])
            if last and rng.random() < 0.25:
                last[-1] += 1
            if rng.random() < 0.05:
                last = []
            args["normalized_shape"] = last[0] if len(last) == 1 and rng.random() < 0.5 else last
        optional: dict[str, object] = {
            "eps": rng.choice([1e-3, 1e-6, 1]), "elementwise_affine": rng.random() < 0.4, "bias": rng.random() < 0.5,
        }  # fmt: skip
        args |= {name: value for name, value in optional.items() if name in cls.args and rng.random() < 0.4}
        return Sample(args, (sample_tensor(rng, shape),))


def _check_last(call: Call, given: tuple[int, ...]) -> None:
    if not given:
        call.reject("S310", f"`normalized_shape` of `{call.label}` must name at least one axis", arg="normalized_shape")
    if len(given) > call.x.rank:
        call.reject(
            "S302",
            f"`{call.label}` normalises {len(given)} axes, but its input is {call.x.rank}-d",
            arg="normalized_shape",
        )
    for axis in range(-len(given), 0):
        size = call.x.shape[axis]
        if not size.is_const:
            call.report(
                "S304",
                f"`{call.label}` needs a fixed size for `normalized_shape`, but its input has `{size}`",
                arg="normalized_shape",
                help=f"give that dimension of the input a number instead of the symbol `{size}`",
            )
            raise Rejected(call.x)
        call.require_equal(
            size,
            Dim.of(given[axis]),
            f"`normalized_shape` of `{call.label}` has {given[axis]} for axis {axis}, but its input has {size}",
            code="S301",
            arg="normalized_shape",
            help="write the sizes of the input's last axes, or leave `normalized_shape` out for the last one",
        )


class LayerNorm(_LastAxes):
    """Layer normalisation: mean 0 and variance 1 over the last axes (Ba et al. 2016)."""

    eps = Float("added to the variance", 1e-5, min=0)
    elementwise_affine = Bool("whether a scale and a shift are learned", True)
    bias = Bool("whether the shift is learned", True)
    example = ("[N, T, 512]", "LayerNorm")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        if not call["elementwise_affine"]:
            return {}
        owned = {"weight": Owned(cls.shape(call))}
        return {**owned, "bias": Owned(cls.shape(call))} if call["bias"] else owned


class RMSNorm(_LastAxes):
    """Root mean square normalisation over the last axes (Zhang and Sennrich 2019)."""

    mixed = FLOATING + _COMPLEX
    plain = FLOATING + _COMPLEX
    eps = Float("added to the mean square; null: the dtype's smallest step", None, min=0)
    elementwise_affine = Bool("whether a scale is learned", True)
    example = ("[N, T, 512]", "RMSNorm")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {"weight": Owned(cls.shape(call))} if call["elementwise_affine"] else {}


class GroupNorm(_Norm):
    """Normalisation over groups of channels and all that follows (Wu and He 2018)."""

    positional = 2
    num_groups = Int("groups the channels are split into", min=1)
    num_channels = Int("channels of the input", INFERRED, min=1)
    eps = Float("added to the variance", 1e-5, min=0)
    affine = Bool("whether a scale and a shift are learned", True)
    bias = Bool("whether the shift is learned", True)
    example = ("[N, 64, H, W]", "{op: GroupNorm, num_groups: 32}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.x.rank < 2:
            call.reject(
                "S302", f"`{call.label}` (GroupNorm) needs an input [N, C, …], but its input is {call.x.rank}-d"
            )
        _check_dtype(call, call["affine"])
        channels = call.inferred("num_channels", call.x.shape[1], axis="channels")
        groups = call["num_groups"]
        if channels % groups:
            possible = divisors(channels)
            call.reject(
                "S308",
                f"`num_groups: {groups}` of `{call.label}` does not divide its {channels} channels",
                arg="num_groups",
                help=f"{channels} channels can be split into {', '.join(map(str, possible))} groups"
                if possible
                else None,
            )
        require_filled(call, 1)
        others = (call.x.shape[0], *call.x.shape[2:])
        count = _product(others) * (channels // groups)
        _require_several(call, count, "value per group", others)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _affine(call, call["num_channels"])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        groups = rng.randint(1, 3)
        channels = groups * rng.randint(1, 3) + (rng.random() < 0.1)
        args: dict[str, object] = {"num_groups": groups if rng.random() < 0.95 else 0}
        optional: dict[str, object] = {
            "num_channels": channels if rng.random() < 0.7 else channels + groups,
            "eps": rng.choice([1e-3, 1e-6, 1]),
            "affine": rng.random() < 0.5,
            "bias": rng.random() < 0.5,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        shape = sample_shape(rng, rng.randint(0, 3), channels, batch=0.97, high=3)
        odd = rng.random()
        if odd < 0.2:  # one value per group, or nothing at all
            shape = (1, groups, 1) if odd < 0.1 else (2, channels, 0)
        if len(shape) < 2 or shape[1] != channels or args.get("affine") is False:  # unused without weights
            args.pop("num_channels", None)
        return Sample(args, (sample_tensor(rng, shape),))


class InstanceNorm2d(_Norm):
    """Normalisation of every channel of every image apart (Ulyanov et al. 2016)."""

    spatial = 2
    positional = 1
    num_features = Int("channels of the input", INFERRED, min=0)
    eps = Float("added to the variance", 1e-5, min=0)
    momentum = Float("weight of a new batch in the running statistics", 0.1, nullable=True)
    affine = Bool("whether a scale and a shift are learned", False)
    track_running_stats = Bool("whether eval mode uses statistics gathered in training", False)
    bias = Bool("whether the shift is learned", True)
    example = ("[N, 64, H, W]", "InstanceNorm2d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, 3, layout=layout(2))
        _check_dtype(call, call["affine"])
        channels = call.x.shape[-3]
        # torch only warns of a wrong `num_features` that nothing depends on; here it is an error as anywhere
        call.inferred("num_features", channels, axis="channels")
        if not call["track_running_stats"]:
            height, width = call.x.shape[-2:]
            _require_several(call, height * width, "pixel per channel", (height, width))
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _affine(call, call["num_features"])

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        return _statistics(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(1, 3)
        optional: dict[str, object] = {
            "eps": rng.choice([1e-3, 1e-6, 1]),
            "momentum": rng.choice([0.01, 0.5]),
            "affine": rng.random() < 0.6,
            "track_running_stats": rng.random() < 0.6,
            "bias": rng.random() < 0.5,
        }
        args = {name: value for name, value in optional.items() if rng.random() < 0.4}
        if rng.random() < 0.3:
            args["num_features"] = channels + (bool(args.get("affine")) and rng.random() < 0.3)
        shape = tuple(max(size, 1) for size in sample_shape(rng, 2, channels, high=2))
        if len(shape) not in (3, 4) or shape[-3] != channels:
            args.pop("num_features", None)
        return Sample(args, (sample_tensor(rng, shape),))
