"""Losses of values: the distance of an output from a target, element by element. And what all losses share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from specc.ops.arguments import Choice, Float, Weights
from specc.ops.broadcast import broadcast, result_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import sample_tensor
from specc.ops.write import Named
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import COMPLEX, FLOATING, bytes_of, is_complex, is_floating, promote, real
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random
    from collections.abc import Collection

REAL = tuple(dtype for dtype in DTYPES if dtype not in COMPLEX)
NUMBERS = tuple(dtype for dtype in REAL if dtype != "bool")
REDUCED = "\nL = mean(l), sum(l), or l itself, as `reduction` says"


class Loss(Op, abstract=True):
    """A rule gives `element`, the type of the losses before they are reduced."""

    family = Family.LOSS
    inputs: ClassVar[tuple[str, ...]] = ("input", "target")
    reduction = Choice("the mean or the sum of the losses, or `none`: each by itself", ("mean", "sum", "none"), "mean")

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        element = cls.element(call)
        if call["reduction"] == "none":
            return element
        dtype = element.dtype
        if not is_floating(dtype):
            if call["reduction"] != "sum":
                refuse(call, cls.inputs[0], "floats: there is no mean of integers")
            dtype = "int64"
        return TensorType((), dtype)

    @classmethod
    def element(cls, call: Call) -> TensorType:
        raise NotImplementedError

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        given = {name: call[name] for name, arg in cls.args.items() if isinstance(arg, Weights)}
        return {name: Owned(Weights.shape(value)) for name, value in given.items() if value is not None}

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        return 0


def who(call: Call) -> str:
    """How messages name the layer and its op."""
    return f"`{call.label}` ({call.op.name})"


def weights(call: Call, name: str) -> TensorType | None:
    """The weights of a module, which are an argument, or of its function, to which they are an input."""
    if name in call.args:
        return None if call[name] is None else TensorType.of(Weights.shape(call[name]))
    return call.input(name) if call.has(name) else None


def weights_arg(call: Call, name: str) -> str | None:
    """Where a report about them goes."""
    return name if name in call.args else None


def refuse(call: Call, port: str, wanted: str, *, help: str | None = None) -> NoReturn:
    """A dtype that the loss cannot take (S307)."""
    call.reject(
        "S307",
        f"{who(call)} takes {wanted}, but its `{port}` is {call.input(port).dtype}",
        notes=call.input_notes(port),
        help=help,
    )


def require(call: Call, port: str, allowed: Collection[str], wanted: str, *, help: str | None = None) -> None:
    """The input at `port` must have one of the dtypes `allowed`."""
    if call.has(port) and call.input(port).dtype not in allowed:
        refuse(call, port, wanted, help=help)


def require_floats(call: Call, *ports: str) -> None:
    for port in ports:
        require(call, port, FLOATING, "floats")


def same_shape(call: Call, one: str, other: str, *, what: str = "") -> None:
    """Two inputs of one shape (S303)."""
    a, b = call.input(one), call.input(other)
    if a.rank != b.rank:
        call.reject("S303", _unequal(call, one, other, what), help=f"give both the shape {a}")
    for mine, theirs in zip(a.shape, b.shape, strict=True):
        call.require_equal(mine, theirs, _unequal(call, one, other, what))


def _unequal(call: Call, one: str, other: str, what: str) -> str:
    a, b = call.input(one), call.input(other)
    return f"{who(call)} needs `{one}` and `{other}` of one shape{what}, and they are {a} and {b}"


def fits(call: Call, shape: tuple[Dim, ...], into: tuple[Dim, ...], message: str, *, arg: str | None = None) -> None:
    """A tensor that is broadcast to the shape `into` and does not change it (S303)."""
    if len(shape) > len(into):
        call.reject("S303", message, arg=arg)
    for size, wanted in zip(reversed(shape), reversed(into), strict=False):
        if size == 1:
            continue
        open_ = isinstance(call.decide(size, wanted), Refuted) and not isinstance(call.decide(size, Dim.of(1)), Refuted)
        call.require_equal(size, Dim.of(1) if open_ else wanted, message, arg=arg)


def trained(*types: TensorType | None) -> bool:
    """Whether one of them gets a gradient: autograd keeps nothing for the others."""
    return any(given is not None and (is_floating(given.dtype) or is_complex(given.dtype)) for given in types)


def require_positive(call: Call, name: str) -> None:
    if call[name] <= 0:
        call.report("L204", f"`{name}` of `{call.label}` must be greater than 0, not {call[name]}", arg=name, notes=())


def sample_args(op: type[Op], rng: random.Random, **values: Any) -> dict[str, Any]:
    """Some of the arguments, those of `values` and the reduction, each with a random one of its values."""
    args: dict[str, Any] = {}
    for name, choices in {**values, "reduction": ["mean", "sum", "none", "none"]}.items():
        if name in op.args and rng.random() < 0.5:
            args[name] = rng.choice(choices)
    return args


def sample_shape(rng: random.Random, low: int = 0, high: int = 4) -> tuple[int, ...]:
    return tuple(rng.choice([0, 1, 2, 2, 3, 3]) for _ in range(rng.randint(low, high)))


def near(rng: random.Random, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, or now and then one that broadcasts with it or does not."""
    if rng.random() < 0.6:
        return shape
    changed = tuple(1 if rng.random() < 0.3 else size + (rng.random() < 0.1) for size in shape)
    return changed[rng.randint(0, len(shape)) :] if rng.random() < 0.3 else changed


def sample_weights(rng: random.Random, shape: tuple[int, ...]) -> Any:
    """Nested lists of numbers of that shape, integers among them."""
    if not shape:
        return rng.choice([0.5, 1, 2.0])
    return [sample_weights(rng, shape[1:]) for _ in range(shape[0])]


# Regression ----------------------------------------------------------------------------------------------------------


class _Distance(Loss, abstract=True):
    """Input and target may change places; they are broadcast, of which torch warns."""

    weighted: ClassVar[bool] = False  # whether the function takes weights; the module does not

    @classmethod
    def element(cls, call: Call) -> TensorType:
        shape = broadcast(call, [call.input("input"), call.input("target")])
        weight = weights(call, "weight")
        element = TensorType(shape, cls.distance(call, weight is not None))
        if weight is None:
            _warn_of_broadcast(call)
            return element
        require(call, "weight", REAL, "real weights")
        same_shape(call, "weight", "input")
        dtype = result_dtype([element, weight])
        if call["reduction"] == "mean" and cls.divides:
            total = weight.with_shape(()).with_dtype(weight.dtype if is_floating(weight.dtype) else "int64")
            dtype = result_dtype([TensorType((), dtype), total])
            dtype = dtype if is_floating(dtype) else "float32"
        _warn_of_broadcast(call)
        return TensorType(shape, dtype)

    divides: ClassVar[bool] = True  # the weighted mean is that of the weights, not of the elements

    @classmethod
    def distance(cls, call: Call, weighted: bool) -> str:
        """The dtype of the distances."""
        raise NotImplementedError

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """A kernel keeps its two inputs; a subtraction, an absolute value and the like keep their difference."""
        pair, weight = [call.input("input"), call.input("target")], weights(call, "weight")
        shape = broadcast(call, pair)
        difference = TensorType(shape, _joined(call))
        kept: tuple[str, ...] = ("input", "target")
        extra = Dim.of(0)
        if cls.subtracts(call, weight is not None):
            kept = ()
            extra = difference.nbytes if trained(*pair) else extra
        if weight is None:
            return Saved(kept, extra=extra)
        distances = TensorType(shape, cls.distance(call, True))
        if trained(*pair):
            kept = (*kept, "weight")
        if trained(weight):
            extra = extra + distances.nbytes
        if call["reduction"] == "mean" and cls.divides:
            total = 8 if not is_floating(weight.dtype) else bytes_of(weight.dtype)
            whole = TensorType((), result_dtype([distances, weight]))
            whole = whole if is_floating(whole.dtype) else whole.with_dtype("int64")
            extra = extra + total + (whole.nbytes if trained(weight) else 0)
        return Saved(kept, extra=extra)

    @classmethod
    def subtracts(cls, call: Call, weighted: bool) -> bool:
        """Whether the distance is computed of a difference, not by a kernel of the two inputs."""
        return weighted

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = sample_shape(rng)
        args = sample_args(cls, rng, beta=[1.0, 0.5, 0, 2], delta=[1.0, 0.5, 2, 0, -1])
        weight = sample_tensor(rng, near(rng, shape)) if cls.weighted and rng.random() < 0.5 else None
        dtype = rng.choice(["float32"] * 6 + list(DTYPES))
        target = dtype if rng.random() < 0.7 else rng.choice(DTYPES)
        pair = ((shape, dtype), (near(rng, shape), target))
        return Sample(args, (*pair, weight) if cls.weighted else pair)


def _warn_of_broadcast(call: Call) -> None:
    one, other = call.input("input"), call.input("target")
    different = one.rank != other.rank or any(
        a != b and 1 in (a, b) for a, b in zip(one.shape, other.shape, strict=True)
    )
    if different and call.sink.ok:
        call.sink.warning(
            "W505",
            f"{who(call)} broadcasts its target {other} against its input {one}",
            call.span,
            notes=call.input_notes(),
            help=f"give the target the input's shape {one}",
        )


def _difference(call: Call) -> str:
    """The dtype of input - target, which torch does not define for booleans."""
    for port in ("input", "target"):
        if call.input(port).dtype == "bool":
            refuse(call, port, "numbers")
    return _joined(call)


def _joined(call: Call) -> str:
    """The common dtype; a 0-d tensor counts like any other, for both are broadcast first."""
    return promote(call.input("input").dtype, call.input("target").dtype)


def _absolute(call: Call) -> str:
    return real(_difference(call))


def _kernel(call: Call, weighted: bool) -> str:
    """Computed by a kernel for floats alone, in which booleans and integers become floats; or by subtraction."""
    dtype = _difference(call) if weighted else _joined(call)
    for port in ("input", "target"):
        require(call, port, REAL, "floats")
    if not is_floating(dtype) and not weighted:
        refuse(call, "input", "floats")
    return dtype


class _L1(_Distance, abstract=True):
    formula = "l = |input − target|" + REDUCED

    @classmethod
    def subtracts(cls, call: Call, weighted: bool) -> bool:
        return True

    @classmethod
    def distance(cls, call: Call, weighted: bool) -> str:
        return _absolute(call)


class _MSE(_Distance, abstract=True):
    formula = "l = (input − target)²" + REDUCED

    @classmethod
    def distance(cls, call: Call, weighted: bool) -> str:
        return _kernel(call, weighted)


class _SmoothL1(_Distance, abstract=True):
    formula = (
        "l = (input − target)² / (2·beta) where |input − target| < beta, else |input − target| − beta / 2" + REDUCED
    )
    beta = Float("where the parabola ends and the straight line begins; 0 is the L1 loss", 1.0, min=0)

    @classmethod
    def subtracts(cls, call: Call, weighted: bool) -> bool:
        return bool(call["beta"] == 0)

    @classmethod
    def distance(cls, call: Call, weighted: bool) -> str:
        return _absolute(call) if call["beta"] == 0 else _kernel(call, weighted)


class _Huber(_Distance, abstract=True):
    formula = (
        "l = (input − target)² / 2 where |input − target| ≤ delta, else delta · (|input − target| − delta / 2)"
        + REDUCED
    )
    divides = False

    @classmethod
    def subtracts(cls, call: Call, weighted: bool) -> bool:
        return False

    delta = Float("where the parabola ends and the straight line begins", 1.0)

    @classmethod
    def distance(cls, call: Call, weighted: bool) -> str:
        require_positive(call, "delta")
        require_floats(call, "input")
        dtype = call.input("input").dtype
        require(call, "target", (dtype,), f"two tensors of one dtype, {dtype} like its `input`")
        return dtype


_WEIGHTED = ("input", "target", "weight?")


class L1Loss(_L1, Module):
    """The mean absolute error; every element counts the same, however far off."""

    example = ("[N, 3], [N, 3]", "{op: L1Loss, from: [output, target]}")


class l1_loss(_L1, Function):
    """The mean absolute error, the function of `L1Loss`; `weight` has the input's shape."""

    inputs, weighted = _WEIGHTED, True
    python = Named("F.l1_loss", 2, ("weight",))
    example = ("[N, 3], [N, 3]", "{op: l1_loss, from: [output, target]}")


class MSELoss(_MSE, Module):
    """The mean squared error."""

    example = ("[N, 3], [N, 3]", "{op: MSELoss, from: [output, target]}")


class mse_loss(_MSE, Function):
    """The mean squared error, the function of `MSELoss`; `weight` has the input's shape."""

    inputs, weighted = _WEIGHTED, True
    python = Named("F.mse_loss", 2, ("weight",))
    example = ("[N, 3], [N, 3]", "{op: mse_loss, from: [output, target]}")


class SmoothL1Loss(_SmoothL1, Module):
    """Squared for small errors and absolute for large ones, the steepness of the line being 1 (Girshick 2015)."""

    order = ("reduction", "beta")
    example = ("[N, 4], [N, 4]", "{op: SmoothL1Loss, beta: 0.1, from: [output, target]}")


class smooth_l1_loss(_SmoothL1, Function):
    """Squared for small errors and absolute for large ones: the function of `SmoothL1Loss`."""

    order = ("reduction", "beta")
    python = Named("F.smooth_l1_loss", 2, ())
    example = ("[N, 4], [N, 4]", "{op: smooth_l1_loss, beta: 0.1, from: [output, target]}")


class HuberLoss(_Huber, Module):
    """Squared for small errors and linear for large ones, the steepness of the line being `delta` (Huber 1964)."""

    order = ("reduction", "delta")
    example = ("[N, 3], [N, 3]", "{op: HuberLoss, delta: 0.5, from: [output, target]}")


class huber_loss(_Huber, Function):
    """Squared for small errors and linear for large ones: the function of `HuberLoss`, with weights."""

    order = ("reduction", "delta")
    inputs, weighted = _WEIGHTED, True
    python = Named("F.huber_loss", 2, ("weight",))
    example = ("[N, 3], [N, 3]", "{op: huber_loss, delta: 0.5, from: [output, target]}")
