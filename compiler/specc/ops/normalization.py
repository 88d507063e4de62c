"""Normalisation by the statistics of channels: batch and instance normalisation.

Judged in eval mode; where all sizes are numbers and training alone refuses them (one value per channel), a
lint says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import INFERRED, Bool, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.spatial import layout, require_filled, sample_shape, sample_tensor, sibling
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

MIXED = ("float32", "float16", "bfloat16")  # torch normalises half precision with float32 weights


class Norm(Module, abstract=True):
    """What every normalisation with weights of its own shares."""

    family = Family.NORMALIZATION
    same_shape = True

    @classmethod
    def rank_help(cls, rank: int) -> str | None:
        if rank == 2 and cls.name.startswith("BatchNorm"):
            return "use `BatchNorm1d` for features [N, C]"
        return sibling(cls.name, cls.spatial, rank) if cls.spatial else None

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def check_dtype(call: Call, owns: bool) -> None:
    """Float32 or narrower beside float32 weights or statistics, any floating dtype without them."""
    if owns:
        call.require_dtype(MIXED, "a float32, float16 or bfloat16 input, as its weights are float32")
    else:
        call.require_floating()


def require_several(call: Call, count: Dim, what: str, dims: tuple[Dim, ...]) -> None:
    """The statistics need more than one value; an empty input passes."""
    if not any(dim == 0 for dim in dims):
        call.require_at_least(count, 2, f"`{call.label}` ({call.op.name}) needs more than one {what}, but has {count}")


def scale_and_shift(call: Call, size: int) -> dict[str, Owned]:
    """The scale and shift of a module with `affine` and `bias`."""
    if not call["affine"]:
        return {}
    owned = {"weight": Owned((size,))}
    return {**owned, "bias": Owned((size,))} if call["bias"] else owned


def kept(call: Call, statistics: Dim, owns: bool) -> Saved:
    """The input, and so many means and reciprocal deviations; in float32 beside float32 weights."""
    return Saved(("input",), extra=statistics * 2 * bytes_of("float32" if owns else call.x.dtype))


def _statistics(call: Call) -> dict[str, Owned]:
    if not call["track_running_stats"]:
        return {}
    shape = (call["num_features"],)
    return {"running_mean": Owned(shape), "running_var": Owned(shape), "num_batches_tracked": Owned((), "int64")}


def _require_statistics(call: Call, others: tuple[Dim, ...], what: str, more: str = "") -> None:
    """More than one value per channel: without running statistics always, with them in training (W514)."""
    if call["track_running_stats"]:
        warn_of_one(call, product(others), what, more)
    else:
        require_several(call, product(others), what, others)


def warn_of_one(call: Call, count: Dim, what: str, more: str = "") -> None:
    """A lint where training is sure to refuse a single value; an open size is not warned of (W514)."""
    if count == 1 and call.sink.ok:
        call.sink.warning(
            "W514",
            f"`{call.label}` ({call.op.name}) has one {what}, and training needs more for its statistics",
            call.span,
            notes=call.input_notes(),
            help=f"{more}normalise before the axes shrink to 1",
        )


def check_eps(call: Call) -> None:
    """Torch trains a batch normalisation with a positive `eps` only (L204)."""
    if call["eps"] == 0:
        call.report("L204", f"`eps` of `{call.label}` must be greater than 0 to train", arg="eps", notes=())


class _ChannelNorm(Norm, abstract=True):
    """A scale, a shift and running statistics for every channel, each of which may be left out."""

    positional = 1
    num_features = Int("channels of the input", INFERRED, min=0)
    eps = Float("added to the variance", 1e-5)
    momentum = Float("weight of a new batch in the running statistics; null: a plain average", 0.1, nullable=True)
    affine = Bool("whether a scale and a shift are learned", True)
    track_running_stats = Bool("whether eval mode uses statistics gathered in training", True)
    bias = Bool("whether the shift is learned", True)

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return scale_and_shift(call, call["num_features"])

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        return _statistics(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(0 if rng.random() < 0.05 else 1, 4)
        optional: dict[str, object] = {
            "num_features": channels if rng.random() < 0.8 else channels + 1,
            "eps": rng.choice([1e-3, 1e-6, 1, 2]) if rng.random() < 0.95 else 0,
            "momentum": rng.choice([None, 0.01, 0.5] if cls.args["momentum"].nullable else [0.01, 0.5]),
            "affine": rng.random() < 0.6,
            "track_running_stats": rng.random() < 0.6,
            "bias": rng.random() < 0.5,
        }
        args = {name: value for name, value in optional.items() if rng.random() < 0.4}
        shape = sample_shape(rng, cls.spatial or rng.randint(0, 4), channels, batch=cls.batched(rng), high=2)
        return Sample(args, (sample_tensor(rng, shape),))

    @staticmethod
    def batched(rng: random.Random) -> float:
        """How likely a sample has a batch axis."""
        return 0.95


class BatchNorm(_ChannelNorm, abstract=True):
    """Statistics of every channel over all other axes."""

    formula = (
        "y = (x − μ[c]) / √(σ²[c] + eps) · w[c] + b[c]\n"
        "training: μ, σ² of channel c over the batch and all other axes; eval mode: the running statistics\n"
        "after each batch: μ_run = (1 − momentum) · μ_run + momentum · μ, σ²_run likewise (unbiased)"
    )
    eps = Float("added to the variance", 1e-5, min=0)

    @classmethod
    def check_rank(cls, call: Call) -> None:
        ranks = (2, 3) if cls.spatial == 1 else (cls.spatial + 2,)
        words = "[N, C] or [N, C, L]" if cls.spatial == 1 else layout(cls.spatial)
        call.require_rank(*ranks, layout=words)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check_rank(call)
        check_dtype(call, call["affine"] or call["track_running_stats"])
        check_eps(call)
        require_filled(call, 1, 2)
        call.inferred("num_features", call.x.shape[1], axis="channels")
        others = (call.x.shape[0], *call.x.shape[2:])
        _require_statistics(call, others, "value per channel", "give the batch more samples, or ")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return kept(call, call.x.shape[1], call["affine"] or call["track_running_stats"])


class BatchNorm1d(BatchNorm):
    """Batch normalisation of features [N, C] or sequences [N, C, L] (Ioffe and Szegedy 2015)."""

    spatial = 1
    example = ("[N, 64]", "BatchNorm1d")


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images (Ioffe and Szegedy 2015)."""

    spatial = 2
    example = ("[N, 64, H, W]", "BatchNorm2d")


class BatchNorm3d(BatchNorm):
    """Batch normalisation of volumes (Ioffe and Szegedy 2015)."""

    spatial = 3
    example = ("[N, 8, D, H, W]", "BatchNorm3d")


class SyncBatchNorm(BatchNorm):
    """Batch normalisation over the batches of all processes: trains on GPUs only (Ioffe and Szegedy 2015).

    In eval mode it is `BatchNorm1d`, `2d` or `3d`, and runs anywhere.
    """

    example = ("[N, 64, H, W]", "SyncBatchNorm")

    @classmethod
    def check_rank(cls, call: Call) -> None:
        if call.x.rank < 2:
            call.reject(
                "S302", f"`{call.label}` (SyncBatchNorm) needs an input [N, C, …], but its input is {call.x.rank}-d"
            )


class InstanceNorm(_ChannelNorm, abstract=True):
    """Statistics of every channel of every sample apart."""

    formula = (
        "y = (x − μ[n, c]) / √(σ²[n, c] + eps) · w[c] + b[c]\n"
        "μ, σ² of channel c of sample n over its spatial axes; with running statistics, in eval mode those"
    )
    momentum = Float("weight of a new batch in the running statistics", 0.1, nullable=True)
    affine = Bool("whether a scale and a shift are learned", False)
    track_running_stats = Bool("whether eval mode uses statistics gathered in training", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(cls.spatial + 2, cls.spatial + 1, layout=layout(cls.spatial))
        check_dtype(call, call["affine"])
        require_filled(call, 0, call.x.rank - cls.spatial)
        # torch only warns of a wrong `num_features` that nothing depends on; here it is an error as anywhere
        call.inferred("num_features", call.x.shape[-cls.spatial - 1], axis="channels")
        _require_statistics(call, call.x.shape[-cls.spatial :], "value per channel of a sample")
        return call.x

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """It runs as a batch normalisation of N·C channels, for which it repeats what it owns."""
        copies = bool(call["affine"]) + 2 * bool(call["track_running_stats"])
        count = product(call.x.shape[: -cls.spatial])
        return Saved(("input",), extra=count * (2 + copies) * bytes_of("float32" if call["affine"] else call.x.dtype))

    @staticmethod
    def batched(rng: random.Random) -> float:
        return 0.8


class InstanceNorm1d(InstanceNorm):
    """Normalisation of every channel of every sequence apart (Ulyanov et al. 2016)."""

    spatial = 1
    example = ("[N, 64, L]", "InstanceNorm1d")


class InstanceNorm2d(InstanceNorm):
    """Normalisation of every channel of every image apart (Ulyanov et al. 2016)."""

    spatial = 2
    example = ("[N, 64, H, W]", "InstanceNorm2d")


class InstanceNorm3d(InstanceNorm):
    """Normalisation of every channel of every volume apart (Ulyanov et al. 2016)."""

    spatial = 3
    example = ("[N, 64, D, H, W]", "InstanceNorm3d")
