"""Random dimension expressions, beside a plain function that computes the same from integers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from specc.shapes.dim import Dim

Env = Mapping[str, int]


@dataclass(frozen=True)
class Expression:
    dim: Dim
    compute: Callable[[Env], int]


def _binary(op: str, a: Expression, b: Expression) -> Expression:
    match op:
        case "+":
            return Expression(a.dim + b.dim, lambda e: a.compute(e) + b.compute(e))
        case "-":
            return Expression(a.dim - b.dim, lambda e: a.compute(e) - b.compute(e))
        case "*":
            return Expression(a.dim * b.dim, lambda e: a.compute(e) * b.compute(e))
        case "max":
            return Expression(Dim.maximum(a.dim, b.dim), lambda e: max(a.compute(e), b.compute(e)))
        case _:
            return Expression(Dim.minimum(a.dim, b.dim), lambda e: min(a.compute(e), b.compute(e)))


def _divided(op: str, a: Expression, k: int) -> Expression:
    if op == "//":
        return Expression(a.dim // k, lambda e: a.compute(e) // k)
    return Expression(a.dim % k, lambda e: a.compute(e) % k)


def expressions(
    names: str = "HWN", depth: int = 3, operators: tuple[str, ...] = ("+", "-", "*")
) -> st.SearchStrategy[Expression]:
    """Sums, products and the like of symbols and small integers, with divisions by non-zero integers."""
    leaves = st.one_of(
        st.sampled_from(names).map(lambda n: Expression(Dim.symbol(n), lambda e: e[n])),
        st.integers(-9, 9).map(lambda k: Expression(Dim.of(k), lambda e: k)),
    )
    divisors = st.integers(-8, 8).filter(bool)

    def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return st.one_of(
            st.builds(_binary, st.sampled_from(operators), inner, inner),
            st.builds(_divided, st.sampled_from(("//", "%")), inner, divisors),
        )

    strategy = leaves
    for _ in range(depth):
        strategy = st.one_of(leaves, grown(strategy))
    return strategy
