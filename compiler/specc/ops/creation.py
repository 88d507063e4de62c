"""Tensors made of nothing, or of another's shape. They are made on the device of the module's first input."""

from __future__ import annotations

from math import ceil, inf, nan
from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Amount, Choice, DType, Float, Int, Number, Size, SizeList
from specc.ops.broadcast import scalar_dtype
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.operands import SOME, require_fit, shapes
from specc.ops.scalars import fits, largest
from specc.ops.write import Always, Range, Writer
from specc.shapes.constraints import Proved
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_MOST = 2**36  # numbers that no memory holds
_DTYPES = ("float32", "float64", "bfloat16", "float16", "int64", "int32", "uint8", "bool")
FLOAT_DTYPE = "its dtype; float32 if left out"


class Creation(Function, abstract=True):
    """Nothing is kept for a gradient."""

    family = Family.SHAPE
    inputs: ClassVar[tuple[str, ...]] = ()
    keeps = Saved()

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, Any] = {}
        for name, arg in cls.args.items():
            if isinstance(arg, SizeList):
                args[name] = [rng.choice([0, 1, 2, 3, 4, 3, 2]) for _ in range(rng.randint(0, 4))]
                if arg.scalar and rng.random() < 0.2:
                    args[name] = rng.randint(-1, 4)
                elif args[name] and rng.random() < 0.05:
                    args[name][0] = -1
            elif isinstance(arg, DType):
                if rng.random() < 0.4:
                    args[name] = rng.choice(_DTYPES)
            elif arg.required or rng.random() < 0.5:
                args[name] = cls.drawn(rng, name)
        return Sample(args, ())

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        """A value of the argument."""
        return rng.randint(-1, 6)


def made(call: Call, arg: str = "size") -> tuple[Dim, ...]:
    """The sizes that an argument gives, of which none is negative (L204)."""
    value = call[arg]
    sizes = []
    for k, size in enumerate(value if isinstance(value, tuple) else (value,)):
        dim = call.dim(arg, k) if isinstance(value, tuple) else call.dim(arg)
        call.require_at_least(
            dim, 0, f"`{arg}` of `{call.label}` ({call.op.name}) holds the negative size {size}", code="L204", arg=arg
        )
        sizes.append(dim)
    return tuple(sizes)


def count(call: Call, arg: str) -> Dim:
    """A number of elements, which is not negative (L204)."""
    dim = call.dim(arg)
    call.require_at_least(
        dim, 0, f"`{arg}` of `{call.label}` ({call.op.name}) must be at least 0, not {dim}", code="L204", arg=arg
    )
    return dim


class arange(Creation):
    """The numbers from `start` to before `end`, by steps of `step`."""

    python = Range("torch.arange")
    formula = "y[i] = start + i · step\nL_out = ⌈(end − start) / step⌉"
    start = Amount("the first", 0)
    end = Amount("the first beyond the last")
    step = Number("the distance between two", 1)
    dtype = DType("their dtype; if left out int64, or float32 where one of the numbers is a float", None)
    example = ("", "{op: arange, end: 128}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        start, end, step = call["start"], call["end"], call["step"]
        name = f"`{call.label}` (arange)"
        if step == 0:
            call.reject("L204", f"`step` of {name} must not be 0", arg="step")
        if call["dtype"] == "bool":
            call.reject("S307", f"{name} counts, which booleans cannot", arg="dtype")
        bounds = f"{name} cannot go from {start} to {end} by steps of {step}"
        if not any(isinstance(value, float) for value in (start, end, step)):
            first, last = Dim.of(start), call.dim("end")
            length = last - first if step > 0 else first - last
            call.require_at_least(length, 0, bounds, code="L204", arg="end")
            whole = last if start == 0 and step == 1 else (length + (abs(step) - 1)) // int(abs(step))
            return TensorType((whole,), call["dtype"] or "int64")
        if any(isinstance(value, Dim) and not value.is_const for value in (start, end)):
            call.reject("S304", f"{name} mixes a symbol and fractions: how many numbers that makes is open", arg="end")
        exact = [float(value.value) if isinstance(value, Dim) else float(value) for value in (start, end, step)]
        number = (exact[1] - exact[0]) / exact[2]
        if number < 0:
            call.reject("L204", bounds, arg="end")
        if number > _MOST:
            call.reject("L204", f"`step` of {name} makes {number:.0e} numbers of {start} to {end}", arg="step")
        return TensorType((Dim.of(ceil(number)),), call["dtype"] or "float32")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args: dict[str, Any] = {"end": rng.choice([rng.randint(-1, 9), rng.randint(-1, 9), 2.5, 1.0])}
        if rng.random() < 0.5:
            args["start"] = rng.choice([rng.randint(-3, 5), 0.5])
        if rng.random() < 0.4:
            args["step"] = rng.choice([1, 2, 3, -1, -2, 0, 0.1, 0.3, -0.5])
        if rng.random() < 0.4:
            args["dtype"] = rng.choice(["float32", "int64", "int32", "bfloat16", "bool"])
        return Sample(args, ())


class _Spaced(Creation, abstract=True):
    start = Amount("the first")
    end = Amount("the last")
    steps = Size("how many")
    positional = 3

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dtype, steps = call["dtype"] or "float32", count(call, "steps")
        if steps not in (Dim.of(0), Dim.of(1)) and dtype == "bool":
            call.reject("S307", f"`{call.label}` ({cls.name}) gives no booleans", arg="dtype")
        for name in ("start", "end")[: steps.value if steps.is_const else 2]:
            cls.check(call, name, dtype, steps)
        return TensorType((steps,), dtype)

    @classmethod
    def check(cls, call: Call, name: str, dtype: str, steps: Dim) -> None:
        """`start`, or `end` where there are more steps, must be a value of the dtype; a symbol is taken to be."""
        if not isinstance(call[name], Dim):
            require_fit(call, name, dtype)

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.randint(-1, 6) if name == "steps" else rng.choice([0, 1, -2, 0.5, 4, 300])


class linspace(_Spaced):
    """So many numbers at equal distances from `start` to `end`, both included."""

    python = Writer("torch.linspace")
    formula = "y[i] = start + i · (end − start) / (steps − 1)"
    dtype = DType(FLOAT_DTYPE, None)
    example = ("", "{op: linspace, start: 0, end: 1, steps: 8}")


def _power(base: float, exponent: float) -> float:
    """As floats have it: infinite where it is too large, NaN where it is not real."""
    try:
        power = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        return inf
    return power if isinstance(power, float) else nan


class logspace(_Spaced):
    """So many powers of `base`, from that to the power of `start` to that to the power of `end`."""

    python = Writer("torch.logspace")
    formula = "y[i] = base^(start + i · (end − start) / (steps − 1))"
    base = Float("what is raised to a power", 10.0)
    dtype = DType(FLOAT_DTYPE, None)
    order = ("start", "end", "steps", "base", "dtype")
    example = ("", "{op: logspace, start: 0, end: 2, steps: 8}")

    @classmethod
    def check(cls, call: Call, name: str, dtype: str, steps: Dim) -> None:
        """A single power must be a value of the dtype itself."""
        if steps != 1:
            super().check(call, name, dtype, steps)
            return
        power = 1.0 if isinstance(call[name], Dim) else _power(call["base"], call[name])
        if dtype in ("float16", "bfloat16") and abs(power) > largest("float32"):
            power = inf  # these are computed in float32
        if not fits(power, dtype):
            call.reject("S310", f"`{call.label}` (logspace) begins with what is no {dtype}", arg=name)

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.choice([2.0, 3.0]) if name == "base" else super().drawn(rng, name)


class _Plain(Creation, abstract=True):
    size = SizeList("its sizes", scalar=True)
    dtype = DType(FLOAT_DTYPE, None)
    positional = 1

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return TensorType(made(call), call["dtype"] or "float32")


class zeros(_Plain):
    """A tensor of zeros."""

    python = Writer("torch.zeros")
    formula = "y = 0"
    example = ("", "{op: zeros, size: [1, 64]}")


class ones(_Plain):
    """A tensor of ones."""

    python = Writer("torch.ones")
    formula = "y = 1"
    example = ("", "{op: ones, size: [1, 64]}")


class full(Creation):
    """A tensor of one number."""

    python = Writer("torch.full")
    formula = "y = fill_value"
    positional = 2
    size = SizeList("its sizes")
    fill_value = Number("the number")
    dtype = DType("its dtype; if left out float32, int64 or bool, as the number is", None)
    example = ("", "{op: full, size: [1, 64], fill_value: 0.5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        dtype = call["dtype"] or scalar_dtype([call["fill_value"]])
        result = TensorType(made(call), dtype)
        require_fit(call, "fill_value", dtype)
        return result

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.choice([0, 1, -1, 0.5, True, 300, float("inf")])


class eye(Creation):
    """A matrix with ones on the diagonal and zeros elsewhere."""

    python = Writer("torch.eye")
    formula = "y[i, j] = 1 where i = j, else 0"
    positional = 2
    n = Size("the number of rows")
    m = Size("the number of columns; `n` if left out", None)
    dtype = DType(FLOAT_DTYPE, None)
    example = ("", "{op: eye, n: 16}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rows = count(call, "n")
        columns = rows if call["m"] is None else count(call, "m")
        return TensorType((rows, columns), call["dtype"] or "float32")


class Like(Creation, abstract=True):
    """With the shape of another tensor, on its device."""

    inputs = ("input",)
    same_shape = True
    dtype = DType("its dtype; the input's if left out", None)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x.with_dtype(call["dtype"] or call.x.dtype)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return super().sample(rng)._replace(inputs=((shapes(rng, 1)[0], rng.choice(SOME)),))


class zeros_like(Like):
    """Zeros in the shape of another tensor."""

    python = Writer("torch.zeros_like")
    formula = "y = 0"
    example = ("[N, C]", "zeros_like")


class ones_like(Like):
    """Ones in the shape of another tensor."""

    python = Writer("torch.ones_like")
    formula = "y = 1"
    example = ("[N, C]", "ones_like")


class full_like(Like):
    """One number in the shape of another tensor."""

    python = Writer("torch.full_like")
    formula = "y = fill_value"
    positional = 1
    fill_value = Number("the number")
    order = ("fill_value", "dtype")
    example = ("[N, C]", "{op: full_like, fill_value: 0.5}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        result = super().infer(call)
        require_fit(call, "fill_value", result.dtype)
        return result

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.choice([0, 1, -1, 0.5, True, 300])


class meshgrid(Function):
    """Grids of coordinates: for every tensor its values along an axis of their own, repeated along the others."""

    family = Family.SHAPE
    python = Always("torch.meshgrid", 'indexing="ij"')
    formula = "y_k[i_0, …, i_n] = x_k[i_k]; with `xy` the first two axes are exchanged"
    inputs = ("*tensors",)
    many = True
    indexing = Choice("`ij`: an axis for each tensor, in order; `xy`: the first two exchanged", ("ij", "xy"), None)
    example = ("[H], [W]", "{op: meshgrid, indexing: xy}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        found, name = call.types("tensors"), f"`{call.label}` (meshgrid)"
        for tensor in found:
            if tensor.rank > 1:
                call.reject("S302", f"{name} needs inputs of at most one axis, but one is {tensor.rank}-d")
            if tensor.dtype != found[0].dtype:
                call.reject("S307", f"{name} needs inputs of one dtype, but has {found[0].dtype} and {tensor.dtype}")
        sizes = [tensor.numel for tensor in found]
        if call["indexing"] == "xy":
            sizes[:2] = reversed(sizes[:2])
        return tuple(found[0].with_shape(sizes) for _ in found)

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def shares(cls, call: Call) -> bool:
        return len(call.types("tensors")) == 1

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {"indexing": rng.choice(["ij", "xy"])} if rng.random() < 0.8 else {}
        dtype = rng.choice(SOME)
        found = []
        for _ in range(rng.choice([1, 2, 2, 2, 3])):
            shape = tuple(rng.randint(0, 4) for _ in range(rng.choice([1] * 12 + [0, 0, 2])))
            found.append((shape, dtype if rng.random() < 0.97 else "float64"))
        return Sample(args, tuple(found))


def _ramp(n: int, start: int) -> int:
    """The sum of the n numbers from `start` on, those below 0 left out."""
    last, before = max(start + n - 1, 0), max(start - 1, 0)
    return (last * (last + 1) - before * (before + 1)) // 2


class _Triangle(Creation, abstract=True):
    """The places in a triangle of a matrix: their rows, and below them their columns."""

    row = Size("the number of rows")
    col = Size("the number of columns")
    offset = Int("the diagonal, counted from the main one to the upper right", 0)
    dtype = DType("int64, if left out, or int32", None)
    positional = 2
    upper = False

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rows, columns, offset = count(call, "row"), count(call, "col"), call["offset"]
        dtype = call["dtype"] or "int64"
        if dtype not in ("int32", "int64"):
            call.reject("S307", f"`{call.label}` ({cls.name}) gives int64 or int32, not {dtype}", arg="dtype")
        return TensorType((Dim.of(2), cls.places(call, rows, columns, offset)), dtype)

    @classmethod
    def places(cls, call: Call, rows: Dim, columns: Dim, offset: int) -> Dim:
        """How many places the triangle has."""
        if rows.is_const and columns.is_const:
            n, m, reach = rows.value, columns.value, offset + (not cls.upper)
            lower = _ramp(n, reach) - _ramp(n, reach - m)  # each row has its number less what is beyond the matrix
            return Dim.of(n * m - lower if cls.upper else lower)
        inner = -offset if cls.upper else offset  # how far beyond the main diagonal the triangle reaches
        if inner not in (0, -1) or not isinstance(call.decide(rows, columns), Proved):
            call.reject(
                "S304",
                f"no expression over {rows} and {columns} gives the number of places of `{call.label}` ({cls.name})",
                help=f"give numbers, or as many columns as rows and an `offset` of 0 or {1 if cls.upper else -1}",
            )
        return (rows * (rows + (1 if inner == 0 else -1))) // 2

    @classmethod
    def drawn(cls, rng: random.Random, name: str) -> Any:
        return rng.randint(-3, 3) if name == "offset" else rng.randint(-1, 5)


class tril_indices(_Triangle):
    """The places in the lower triangle of a matrix: their rows, and below them their columns."""

    python = Writer("torch.tril_indices")
    formula = "every (i, j) with j − i ≤ offset, by rows"
    example = ("", "{op: tril_indices, row: 8, col: 8}")


class triu_indices(_Triangle):
    """The places in the upper triangle of a matrix: their rows, and below them their columns."""

    python = Writer("torch.triu_indices")
    formula = "every (i, j) with j − i ≥ offset, by rows"
    example = ("", "{op: triu_indices, row: 8, col: 8}")
    upper = True
