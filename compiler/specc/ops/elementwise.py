"""Functions of one number, element by element: a table, of which every row becomes an op."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Float, Int
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.operands import SOME, Pointwise, as_float, refuse, tensors
from specc.ops.write import Method, Prefix, Writer
from specc.shapes.dtype import real
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Unary(Pointwise, abstract=True):
    """The output has the input's shape; its dtype is the input's unless `result` says otherwise."""

    same_shape = True
    refuses: ClassVar[tuple[str, ...]] = ()  # kinds of input that torch does not compute

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        refuse(call, call.x.dtype, *cls.refuses)
        return call.x.with_dtype(cls.result(call.x.dtype))

    @classmethod
    def result(cls, dtype: str) -> str:
        return dtype

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tensors(rng, 1, SOME if "integer" not in cls.refuses else (*SOME, "float32", "float64")))


class _Real(_Unary, abstract=True):
    """Integers and booleans give floats."""

    @classmethod
    def result(cls, dtype: str) -> str:
        return as_float(dtype)


class _Magnitude(_Unary, abstract=True):
    """Complex numbers give real ones."""

    @classmethod
    def result(cls, dtype: str) -> str:
        return real(dtype)


class _Angle(_Real, abstract=True):
    @classmethod
    def result(cls, dtype: str) -> str:
        return real(as_float(dtype))


class _Test(_Unary, abstract=True):
    """A boolean for every element."""

    keeps = Saved()

    @classmethod
    def result(cls, dtype: str) -> str:
        return "bool"


class _Squared(_Unary, abstract=True):
    @classmethod
    def result(cls, dtype: str) -> str:
        return "int64" if dtype == "bool" else dtype


_INPUT, _OUTPUT, _NOTHING = Saved(("input",)), Saved((), (0,)), Saved()
_DISCRETE = ("bool", "complex")
_INTEGERS = ("bool", "integer")

# name, what it is, formula, how the dtype goes, what the backward pass needs, kinds refused
_TABLE: tuple[tuple[str, str, str, type[_Unary], Saved, tuple[str, ...]], ...] = (
    ("abs", "The absolute value.", "y = |x|", _Magnitude, _INPUT, ("bool",)),
    ("acos", "The angle whose cosine is given, in radians.", "y = arccos x", _Real, _INPUT, ()),
    ("acosh", "The inverse of the hyperbolic cosine.", "y = arcosh x = ln(x + √(x² − 1))", _Real, _INPUT, ()),
    ("angle", "The angle of a complex number in radians; of a real one 0, or π where it is negative.",
     "y = arg x", _Angle, _INPUT, ()),
    ("asin", "The angle whose sine is given, in radians.", "y = arcsin x", _Real, _INPUT, ()),
    ("asinh", "The inverse of the hyperbolic sine.", "y = arsinh x = ln(x + √(x² + 1))", _Real, _INPUT, ()),
    ("atan", "The angle whose tangent is given, in radians.", "y = arctan x", _Real, _INPUT, ()),
    ("atanh", "The inverse of the hyperbolic tangent.", "y = artanh x = ½ ln((1 + x) / (1 − x))", _Real, _INPUT, ()),
    ("ceil", "The least integer that is not smaller.", "y = ⌈x⌉", _Unary, _NOTHING, _DISCRETE),
    ("cos", "The cosine of an angle in radians.", "y = cos x", _Real, _INPUT, ()),
    ("cosh", "The hyperbolic cosine.", "y = cosh x = (eˣ + e⁻ˣ) / 2", _Real, _INPUT, ()),
    ("deg2rad", "Degrees in radians.", "y = x · π / 180", _Real, _NOTHING, ("complex",)),
    ("digamma", "The logarithmic derivative of the gamma function.", "y = Γ′(x) / Γ(x)", _Real, _INPUT, ("complex",)),
    ("erf", "The error function.", "y = 2/√π · ∫₀ˣ exp(−t²) dt", _Real, _INPUT, ("complex",)),
    ("erfc", "The complementary error function.", "y = 1 − erf x", _Real, _INPUT, ("complex",)),
    ("erfinv", "The inverse of the error function, on (−1, 1).", "y = erf⁻¹ x", _Real, _INPUT, ("complex",)),
    ("exp", "The exponential.", "y = eˣ", _Real, _OUTPUT, ()),
    ("exp2", "The power of 2.", "y = 2ˣ", _Real, _OUTPUT, ()),
    ("expm1", "The exponential less 1, exact near 0.", "y = eˣ − 1", _Real, _OUTPUT, ()),
    ("floor", "The greatest integer that is not larger.", "y = ⌊x⌋", _Unary, _NOTHING, _DISCRETE),
    ("frac", "The fraction that rounding towards zero cuts off.", "y = x − sign(x) · ⌊|x|⌋", _Unary, _NOTHING,
     ("bool", "integer", "complex")),
    ("lgamma", "The logarithm of the gamma function's absolute value.", "y = ln |Γ(x)|", _Real, _INPUT, ("complex",)),
    ("log", "The natural logarithm.", "y = ln x", _Real, _INPUT, ()),
    ("log10", "The logarithm to base 10.", "y = log₁₀ x", _Real, _INPUT, ()),
    ("log1p", "The natural logarithm of 1 plus a number, exact near 0.", "y = ln(1 + x)", _Real, _INPUT, ()),
    ("log2", "The logarithm to base 2.", "y = log₂ x", _Real, _INPUT, ()),
    ("neg", "The negative.", "y = −x", _Unary, _NOTHING, ("bool",)),
    ("rad2deg", "Radians in degrees.", "y = x · 180 / π", _Real, _NOTHING, ("complex",)),
    ("reciprocal", "The reciprocal.", "y = 1 / x", _Real, _OUTPUT, ()),
    ("rsqrt", "The reciprocal of the square root.", "y = 1 / √x", _Real, _OUTPUT, ()),
    ("sgn", "The sign; of a complex number the number of magnitude 1 with its angle.", "y = x / |x|, 0 where x = 0",
     _Unary, Saved(("input",), (0,)), ()),
    ("sign", "The sign: −1, 0 or 1.", "y = −1 where x < 0, 0 where x = 0, 1 where x > 0", _Unary, _NOTHING,
     ("complex",)),
    ("sin", "The sine of an angle in radians.", "y = sin x", _Real, _INPUT, ()),
    ("sinc", "The normalised cardinal sine.", "y = sin(π·x) / (π·x), 1 where x = 0", _Real, _INPUT, ()),
    ("sinh", "The hyperbolic sine.", "y = sinh x = (eˣ − e⁻ˣ) / 2", _Real, _INPUT, ()),
    ("sqrt", "The square root.", "y = √x", _Real, _OUTPUT, ()),
    ("square", "The square.", "y = x²", _Squared, _INPUT, ()),
    ("tan", "The tangent of an angle in radians.", "y = tan x", _Real, _OUTPUT, ()),
    ("trunc", "The integer part: rounded towards zero.", "y = sign(x) · ⌊|x|⌋", _Unary, _NOTHING, _DISCRETE),
    ("isfinite", "Whether an element is a finite number.", "y = (|x| < ∞)", _Test, _NOTHING, ()),
    ("isinf", "Whether an element is infinite.", "y = (|x| = ∞)", _Test, _NOTHING, ()),
    ("isnan", "Whether an element is NaN.", "y = (x ≠ x)", _Test, _NOTHING, ()),
    ("logical_not", "Whether an element is 0.", "y = (x = 0)", _Test, _NOTHING, ()),
    ("bitwise_not", "Every bit turned over; of booleans the negation.", "y = ¬x, for integers −x − 1", _Unary,
     _NOTHING, ("floating", "complex")),
)  # fmt: skip

_PREFIXES = {"neg": "-", "bitwise_not": "~"}
_OF_INTEGERS = {"bitwise_not": "[N, C] int64"}


def _declare() -> None:
    """A class for every row."""
    for name, doc, formula, base, keeps, refuses in _TABLE:
        python = Prefix(_PREFIXES[name], name) if name in _PREFIXES else Method(name)
        parts: dict[str, Any] = {"__doc__": doc, "__module__": __name__, "__qualname__": name}
        parts |= {"formula": formula, "keeps": keeps, "refuses": refuses, "python": python}
        type(name, (base,), {**parts, "example": (_OF_INTEGERS.get(name, "[N, C]"), name)})


_declare()


class positive(_Unary):
    """The input itself, which must not be boolean."""

    python = Prefix("+", "positive")
    formula = "y = x"
    example = ("[N, C]", "positive")
    refuses = ("bool",)
    keeps = _NOTHING
    view = True


class real_(_Magnitude):
    """The real part of complex numbers; real ones stay as they are."""

    name = "real"
    python = Writer("torch.real")
    formula = "y = Re x"
    example = ("[N, C] complex64", "real")
    keeps = _NOTHING
    view = True


class imag(_Magnitude):
    """The imaginary part of complex numbers."""

    python = Writer("torch.imag")
    formula = "y = Im x"
    example = ("[N, C] complex64", "imag")
    refuses = ("bool", "integer", "floating")
    keeps = _NOTHING
    view = True

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return Sample({}, tensors(rng, 1, ("complex64", "complex64", "complex128", "float32")))


class round(_Unary):
    """Every element rounded to the nearest integer, halves to the even one; or to `decimals` places."""

    python = Method("round")
    formula = "y = ⌊x · 10^decimals⌉ / 10^decimals"
    decimals = Int("decimal places; negative ones round to tens, hundreds, …", 0)
    example = ("[N, C]", "{op: round, decimals: 2}")
    refuses = _DISCRETE
    keeps = _NOTHING

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["decimals"]:
            refuse(call, call.x.dtype, "integer")
        return super().infer(call)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {"decimals": rng.choice([0, 1, 2, -1])} if rng.random() < 0.5 else {}
        return Sample(args, super().sample(rng).inputs)


class logit(_Real):
    """The inverse of the sigmoid; `eps` keeps the input away from 0 and 1."""

    python = Method("logit")
    formula = "y = ln(z / (1 − z)), z = min(max(x, eps), 1 − eps)"
    eps = Float("how far from 0 and 1 the input is kept; it is not touched if left out", None)
    example = ("[N, C]", "{op: logit, eps: 1.0e-6}")
    refuses = ("complex",)
    keeps = _INPUT

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {"eps": rng.choice([1e-6, 0.1, 0])} if rng.random() < 0.5 else {}
        return Sample(args, super().sample(rng).inputs)
