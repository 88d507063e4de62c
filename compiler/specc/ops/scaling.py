"""The size of an axis that is multiplied by a factor: torch's ⌊size · factor⌋, computed in double precision.

A factor such as 0.7 is no fraction in binary, and the product is rounded: 180 · 0.7 gives 125.99999999999999, whose
floor is 125 and not 126. For a size that is a number Python computes the same. For a symbol the size is (n · p) // q
where that is what floating point gives for every n, which is decided here:

Let f = p/q · (1 + ε) be the double, p/q the fraction in lowest terms that was meant. A product that is no integer lies
at least 1/q from the next one, further than rounding moves it while n · p < 2^52. Where n · p/q is an integer m, the
rounded product is below m exactly if m·(1 + ε) is nearer to the double before m than to m. For m in (2^e, 2^(e+1)] that
double lies 2^(e-52) before m, so the product is rounded down if m·|ε| > 2^(e-53) (a tie goes to m, which is even). With
ε ≥ -2^-54 that is never so, and with any smaller ε it is for some m. Such a factor has an exact size only for sizes
known to stay below the first n that fails.
"""

from __future__ import annotations

from math import floor, isfinite
from typing import TYPE_CHECKING

from specc.ops.call import Call
from specc.ops.spatial import from_params
from specc.shapes.bounds import bounds
from specc.shapes.dim import Dim

if TYPE_CHECKING:
    from fractions import Fraction

_SMALL = 1 << 20  # for numerators and denominators below it, a product's distance to integers outweighs its rounding
_BITS = 51  # sizes beyond are none


def scaled(call: Call, dim: Dim, factor: float, arg: str) -> Dim:
    """⌊dim · factor⌋ as torch computes it; S304 at `arg` where a symbol has no such size in closed form."""
    if not isfinite(factor):
        call.reject("L204", f"`{arg}` of `{call.label}` must be finite, not {factor}", arg=arg, notes=())
    if dim.is_const and from_params(call.args[arg].expr):
        dim = dim.without_origin()  # which would not say that the size depends on the factor's params
    above, below = float(factor).as_integer_ratio()
    if max(above, below) < _SMALL:  # 2 or 1.5: the double is the fraction that was meant
        return dim * above // below
    meant = fraction(factor)
    wrong = first_wrong(factor, meant) if meant is not None else None
    if dim.is_const and (meant is None or wrong is not None):
        return Dim.of(int(float(dim.value) * factor))
    if meant is None:
        call.reject(
            "S304",
            f"`{arg}: {factor}` of `{call.label}` has no exact size for the symbolic dimension `{dim}`",
            arg=arg,
            help="write the output's size, or give that dimension of the input a number",
        )
    if wrong is not None:
        high = bounds(dim, call.facts.derived.bounds)[1]
        if high is None or high >= wrong:
            call.reject(
                "S304",
                f"`{arg}: {factor}` of `{call.label}` has no exact size for the symbolic dimension `{dim}`: "
                f"{wrong} × {factor} is {wrong * factor!r} in floating point, and is rounded down",
                arg=arg,
                help=f"write the output's size, give that dimension a number, or add `where: [{dim} < {wrong}]`",
            )
    return dim * meant.numerator // meant.denominator


def fraction(factor: float) -> Fraction | None:
    """The simplest fraction that is `factor` in floating point; None where its parts are too large to reason about."""
    from fractions import Fraction  # it takes longer to import than most specs to check

    exact = Fraction(factor)
    meant = exact.limit_denominator(_SMALL)
    return meant if float(meant) == factor and 0 < meant.numerator < _SMALL else None


def first_wrong(factor: float, meant: Fraction) -> int | None:
    """The least size whose product is rounded to below the integer that it is; None where there is none."""
    from fractions import Fraction

    error = 1 - Fraction(factor) / meant
    if error <= Fraction(1, 1 << 54):
        return None
    for e in range(_BITS):
        beyond = Fraction(1 << e, 1 << 53) / error  # an m above this is rounded down, if it is not above 2^(e+1)
        multiple = floor(max(beyond, Fraction(1 << e)) / meant.numerator) + 1
        if multiple * meant.numerator <= 1 << (e + 1):
            return multiple * meant.denominator
    return None
