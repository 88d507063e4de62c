"""Losses of distributions: how likely the target is under the one that the output describes, and their divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Bool, Choice, Float
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Function, Module, Sample, Saved
from specc.ops.loss import (
    NUMBERS,
    REAL,
    Loss,
    near,
    refuse,
    require,
    require_floats,
    sample_args,
    sample_shape,
    trained,
    who,
)
from specc.ops.write import Named
from specc.shapes.constraints import Proved, Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import FLOATING, is_floating
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class _KLDiv(Loss, abstract=True):
    formula = (
        "l = target · (log target − input), or exp(target) · (target − input) where `log_target`\n"
        "L = mean(l), sum(l), sum(l) / N (batchmean), or l itself, as `reduction` says"
    )
    reduction = Choice(
        "the mean or the sum of the losses; `batchmean`, the sum over the batch size, or `none`",
        ("mean", "sum", "none", "batchmean"),
        "mean",
    )
    log_target = Bool("whether the target holds log-probabilities as well", False)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        require_floats(call, "input", "target")
        pair = [call.input("input"), call.input("target")]
        return TensorType(broadcast(call, pair), result_dtype(pair))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        if not call["log_target"]:
            return Saved(("input", "target"))
        return Saved(extra=call.input("target").nbytes + cls.element(call).nbytes)  # exp(target), the difference

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng)
        args = sample_args(cls, rng, log_target=[True, False])
        if rng.random() < 0.3:
            args["reduction"] = "batchmean"
        dtypes = [rng.choice(["float32"] * 24 + list(DTYPES)) for _ in range(2)]
        return Sample(args, ((shape, dtypes[0]), (near(rng, shape), dtypes[1])))


class KLDivLoss(_KLDiv, Module):
    """The Kullback-Leibler divergence of the output from the target.

    The input holds log-probabilities, as `LogSoftmax` gives them; the target probabilities. `reduction: batchmean` is
    the divergence; `mean` divides by the classes as well.
    """

    order = ("reduction", "log_target")
    example = ("[N, 10], [N, 10]", "{op: KLDivLoss, reduction: batchmean, from: [log_probabilities, target]}")


class kl_div(_KLDiv, Function):
    """The Kullback-Leibler divergence of the output from the target: the function of `KLDivLoss`."""

    order = ("reduction", "log_target")
    python = Named("F.kl_div", 2, ())
    example = ("[N, 10], [N, 10]", "{op: kl_div, reduction: batchmean, from: [log_probabilities, target]}")


class _PoissonNLL(Loss, abstract=True):
    formula = (
        "l = exp(input) − target · input, or input − target · log(input + eps) without `log_input`\n"
        "full: plus target · log target − target + log(2π · target) / 2 where target > 1\n"
        "L = mean(l), sum(l), or l itself, as `reduction` says"
    )
    log_input = Bool("whether the input is the logarithm of the rate", True)
    full = Bool("whether Stirling's approximation of log(target!) is added", False)
    eps = Float("keeps the logarithm of a rate of 0 finite, without `log_input`", 1e-8)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        rates, target = (call.input(port) for port in cls.inputs)
        require(call, cls.inputs[0], REAL if call["log_input"] else NUMBERS, "numbers")
        require(call, "target", NUMBERS if call["full"] else REAL, "numbers as targets")
        shape = broadcast(call, [rates, target])
        lifted = rates if is_floating(rates.dtype) else rates.with_dtype("float32")  # the exponential or logarithm
        other = rates if call["log_input"] else lifted
        product = TensorType(shape, result_dtype([target, other]))
        if product.dtype == "bool":
            refuse(call, "target", "numbers beside booleans")
        return TensorType(shape, result_dtype([lifted if call["log_input"] else rates, product]))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        rates, target = (call.input(port) for port in cls.inputs)
        lifted = rates if is_floating(rates.dtype) else rates.with_dtype("float32")
        kept, extra = [], Dim.of(0)
        if trained(rates):
            kept.append("target")
            extra = extra + rates.nbytes  # the exponential, or what the logarithm is of
        if trained(target) and call["log_input"]:
            kept.append(cls.inputs[0])
        elif trained(target):
            extra = extra + lifted.nbytes  # the logarithm
        if trained(target) and call["full"]:
            kept.append("target")
            extra = extra + 2 * target.nbytes + target.numel  # two logarithms, and where they count
        return Saved(tuple(kept), extra=extra)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng)
        args = sample_args(cls, rng, log_input=[True, False], full=[True, False], eps=[1e-8, 0.1, 1])
        dtype = rng.choice(["float32"] * 8 + list(FLOATING))
        target = dtype if rng.random() < 0.6 else rng.choice(DTYPES)
        return Sample(args, ((shape, dtype), (near(rng, shape), target)))


class PoissonNLLLoss(_PoissonNLL, Module):
    """The negative log-likelihood of counts under a Poisson distribution, whose rate the network gives."""

    order = ("log_input", "full", "eps", "reduction")
    inputs = ("log_input", "target")
    example = ("[N, 3], [N, 3]", "{op: PoissonNLLLoss, full: true, from: [log_rates, counts]}")


class poisson_nll_loss(_PoissonNLL, Function):
    """The negative log-likelihood of counts under a Poisson distribution: the function of `PoissonNLLLoss`."""

    order = ("log_input", "full", "eps", "reduction")
    python = Named("F.poisson_nll_loss", 2, ())
    example = ("[N, 3], [N, 3]", "{op: poisson_nll_loss, full: true, from: [log_rates, counts]}")


class _GaussianNLL(Loss, abstract=True):
    formula = (
        "l = (log v + (input − target)² / v) / 2, with v = max(var, eps); full: plus log(2π) / 2\n"
        "L = mean(l), sum(l), or l itself, as `reduction` says"
    )
    inputs = ("input", "target", "var")
    full = Bool("whether the constant term is added", False)
    eps = Float("the least variance", 1e-6)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        mean, target, var = (call.input(port) for port in cls.inputs)
        require_floats(call, "var")
        for port in ("input", "target"):
            require(call, port, NUMBERS, "numbers")
        if var.rank == mean.rank - 1:
            for size, wanted in zip(var.shape, mean.shape, strict=False):
                call.require_equal(size, wanted, _variance(call))
            var = var.with_shape((*var.shape, Dim.of(1)))
        elif var.rank == mean.rank:
            _one_axis(call, mean.shape, var.shape)
        else:
            call.reject("S303", _variance(call), help="give `var` the input's shape, or leave out its last axis")
        types = [mean, target]
        shape = broadcast(call, types)
        both = broadcast(call, [TensorType(shape), var])
        return TensorType(both, result_dtype([TensorType(shape, result_dtype(types)), var]))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        pair = [call.input("input"), call.input("target")]
        squares = TensorType(broadcast(call, pair), result_dtype(pair))
        differences = squares.nbytes if trained(*pair) else 0
        return Saved(extra=call.input("var").nbytes + squares.nbytes + differences)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng, 0, 3)
        dtypes = [rng.choice(["float32"] * 8 + list(FLOATING)) for _ in range(2)] + [
            rng.choice(["float32"] * 8 + list(DTYPES))
        ]
        args = sample_args(cls, rng, full=[True, False], eps=[1e-6, 0.1, 1])
        place = rng.randrange(len(shape)) if shape else 0
        narrow = tuple(1 if axis == place else size for axis, size in enumerate(shape))
        var = rng.choice([shape, shape, shape[:-1], narrow, near(rng, shape)])
        return Sample(args, ((shape, dtypes[0]), (near(rng, shape), dtypes[1]), (var, dtypes[2])))


def _variance(call: Call) -> str:
    mean, var = call.input("input"), call.input("var")
    return f"`var` of {who(call)} has the shape {var} beside an input {mean}"


def _one_axis(call: Call, mean: tuple[Dim, ...], var: tuple[Dim, ...]) -> None:
    """The variances of one axis may be one: of all others there are as many as inputs."""
    verdicts = [call.decide(size, wanted) for size, wanted in zip(var, mean, strict=True)]
    different = [k for k, verdict in enumerate(verdicts) if isinstance(verdict, Refuted)]
    if len(different) > 1:
        call.reject("S303", _variance(call), help="only one of its sizes may be 1 instead of the input's")
    perhaps = [k for k, verdict in enumerate(verdicts) if var[k] == 1 and not isinstance(verdict, Proved)]
    alone = next(iter(different or perhaps[-1:]), -1)
    for k, (size, wanted) in enumerate(zip(var, mean, strict=True)):
        call.require_equal(size, Dim.of(1) if k == alone else wanted, _variance(call))


class GaussianNLLLoss(_GaussianNLL, Module):
    """The negative log-likelihood of the target under a normal distribution, whose mean and variance the network gives.

    `var` has the input's shape, or a size of 1 in one axis (or lacks the last), for one variance all along it.
    """

    order = ("full", "eps", "reduction")
    example = ("[N, 3], [N, 3], [N, 3]", "{op: GaussianNLLLoss, from: {input: mean, target: target, var: variance}}")


class gaussian_nll_loss(_GaussianNLL, Function):
    """The negative log-likelihood of the target under a normal distribution: the function of `GaussianNLLLoss`."""

    order = ("full", "eps", "reduction")
    python = Named("F.gaussian_nll_loss", 3, ())
    example = ("[N, 3], [N, 3], [N, 3]", "{op: gaussian_nll_loss, from: {input: mean, target: target, var: variance}}")
