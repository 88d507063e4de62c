"""Elements kept within bounds, and what is no number replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Float, Number
from specc.ops.broadcast import Scalar, broadcast
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import SOME, Pointwise, common_dtype, refuse, require_fit, shapes, tensors
from specc.ops.write import Method
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Bounded(Pointwise, abstract=True):
    """The ports after the first are bounds as tensors, the arguments of the same names bounds as numbers."""

    formula = "y = max(x, min), then min(y, max)"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        names = list(cls.args)
        numbers = [name for name in names if call[name] is not None]
        ports = [name for name in names if call.has(name)]
        name = f"`{call.label}` ({cls.name})"
        if not numbers and not ports:
            wanted = " or ".join(f"`{each}`" for each in names)
            call.reject("L202", f"{name} needs {wanted}{', or both' if len(names) > 1 else ''}", notes=())
        if numbers and ports:
            call.reject(
                "L204",
                f"{name} has bounds that are numbers and bounds that are tensors",
                arg=numbers[0],
                help=f"give numbers only, or read all bounds: `from: {{input: x, {ports[0]}: low}}`",
            )
        limits: list[Scalar] = [call[each] for each in numbers]
        found = [call.x, *(call.input(each) for each in ports)]
        dtype = common_dtype(call, found, limits)
        refuse(call, dtype, *(("complex",) if ports else ("bool", "complex")))
        for each in numbers:
            require_fit(call, each, dtype)
        return TensorType(broadcast(call, found), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        return Saved(tuple(call.operands))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        bounds = tuple(cls.args)
        if rng.random() < 0.6:
            args = {name: rng.choice([0, 1, 0.5, 6, True]) for name in bounds if rng.random() < 0.6}
            return Sample(args, tensors(rng, 1))
        found = tensors(rng, 1 + len(bounds))
        kept = [x if k == 0 or rng.random() < 0.8 else None for k, x in enumerate(found)]
        return Sample({}, tuple(kept))


class _Both(_Bounded, abstract=True):
    inputs = ("input", "min?", "max?")
    min = Number("lower bound, where no layer gives it", None)
    max = Number("upper bound, where no layer gives it", None)


class clamp(_Both):
    """Every element moved into [`min`, `max`]; the bounds are numbers, or tensors that broadcast."""

    python = Method("clamp")
    example = ("[N, C]", "{op: clamp, min: 0, max: 6}")


class clip(_Both):
    """Every element moved into [`min`, `max`]: `clamp` by NumPy's name."""

    python = Method("clip")
    example = ("[N, C]", "{op: clip, min: 0, max: 6}")


class clamp_min(_Bounded):
    """Every element at least `min`, a number or a tensor that broadcasts."""

    python = Method("clamp_min")
    formula = "y = max(x, min)"
    inputs = ("input", "min?")
    positional = 1
    min = Number("lower bound, where no layer gives it", None)
    example = ("[N, C]", "{op: clamp_min, min: 0}")


class clamp_max(_Bounded):
    """Every element at most `max`, a number or a tensor that broadcasts."""

    python = Method("clamp_max")
    formula = "y = min(x, max)"
    inputs = ("input", "max?")
    positional = 1
    max = Number("upper bound, where no layer gives it", None)
    example = ("[N, C]", "{op: clamp_max, max: 6}")


class nan_to_num(Pointwise):
    """NaN and the infinities replaced by numbers."""

    python = Method("nan_to_num")
    formula = "y = nan where x is NaN, posinf where x = ∞, neginf where x = −∞, else x"
    same_shape = True
    nan = Float("in place of NaN", 0.0)
    posinf = Float("in place of ∞; the largest finite number if left out", None)
    neginf = Float("in place of −∞; the least finite number if left out", None)
    example = ("[N, C]", "{op: nan_to_num, nan: 0}")
    keeps = Saved(("input",))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return call.x

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {name: rng.choice([0, 1.5, -2, 300]) for name in cls.args if rng.random() < 0.5}
        return Sample(args, ((shapes(rng, 1)[0], rng.choice(SOME)),))
