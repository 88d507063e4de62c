"""Dimensions: integers and integer expressions over symbols, kept in a normal form.

A `Dim` is a polynomial with integer coefficients over *atoms*. An atom is a symbol (`H`), a floor division that does
not simplify (`(H - 1) // 2`), or a positive part `max(d, 0)`. Every rewrite is exact for all integers, except that a
common polynomial factor cancels from a quotient (`(H * W) // H` is `W`), which is exact wherever the divisor is not 0.
Symbols are integers of at least 1; a `Fresh` one may start at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from specc.shapes.origin import Origin, combine, negated

Atom = Union[str, "FloorDiv", "Positive"]
Monomial = tuple[Atom, ...]  # sorted by `atom_key`, an atom repeated for its power; () is the constant's
Terms = dict[Monomial, int]  # no zero coefficients


class Fresh(str):
    """The name of a symbol whose size only the data decide (how many boxes `nms` keeps): at least `least`, 0 or 1."""

    __slots__ = ("least",)
    least: int

    def __new__(cls, name: str, least: int = 0) -> Fresh:
        made = super().__new__(cls, name)
        made.least = least
        return made


class FloorDiv:
    """The atom `numerator // divisor`, already in normal form; made by `Dim.__floordiv__` only."""

    __slots__ = ("_hash", "divisor", "key", "numerator")

    def __init__(self, numerator: Dim, divisor: Dim) -> None:
        self.numerator = numerator
        self.divisor = divisor
        self.key = f"1({numerator.key})//({divisor.key})"
        self._hash = hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FloorDiv) and self.key == other.key

    def __hash__(self) -> int:
        return self._hash


class Positive:
    """The atom `max(inner, 0)`, whose inner leads with a positive coefficient; made by `Dim.maximum` only."""

    __slots__ = ("_hash", "inner", "key")

    def __init__(self, inner: Dim) -> None:
        self.inner = inner
        self.key = f"2max({inner.key})"
        self._hash = hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Positive) and self.key == other.key

    def __hash__(self) -> int:
        return self._hash


def atom_key(atom: Atom) -> str:
    """The total order of atoms: symbols by name, then the others."""
    return "0" + atom if isinstance(atom, str) else atom.key


def monomial_key(monomial: Monomial) -> tuple[int, list[str]]:
    """The total order of terms: high degrees first, the constant last."""
    return (-len(monomial), [atom_key(a) for a in monomial])


class Dim:
    """An immutable dimension; `==` and `hash` look at the normal form only, so `Dim.of(3) == 3`.

    `+ - * // %` take ints and Dims on either side. A zero divisor raises ZeroDivisionError. `str()` is Python source.
    """

    __slots__ = ("_const", "_hash", "_key", "_symbols", "_text", "origin", "terms")

    terms: Terms
    origin: Origin | None
    _const: int | None
    _hash: int | None
    _key: str | None
    _symbols: frozenset[str] | None
    _text: str | None

    def __init__(self, terms: Terms, origin: Origin | None = None) -> None:
        """From terms without zero coefficients; use `Dim.of` or `Dim.symbol` to make one by hand."""
        self.terms = terms
        self.origin = origin
        self._hash = self._key = self._symbols = self._text = None
        if not terms:
            self._const = 0
        elif len(terms) == 1:
            self._const = terms.get(())
        else:
            self._const = None

    @staticmethod
    def of(x: int | Dim) -> Dim:
        if isinstance(x, Dim):
            return x
        known = _SMALL.get(x)
        if known is not None:
            return known
        return Dim({(): int(x)} if x else {})

    @staticmethod
    def symbol(name: str) -> Dim:
        return Dim({(name,): 1})

    @staticmethod
    def maximum(a: int | Dim, b: int | Dim) -> Dim:
        """The larger of the two: one of them where that is decidable, else an expression with `max`."""
        from specc.shapes.bounds import bounds

        left, right = Dim.of(a), Dim.of(b)
        gap = left - right
        low, high = bounds(gap)
        if low is not None and low >= 0:
            return left
        if high is not None and high <= 0:
            return right
        origin = _call("max", left, right)
        if gap.leading > 0:
            return (right + Dim({(Positive(gap),): 1})).with_origin(origin)
        return (left + Dim({(Positive(-gap),): 1})).with_origin(origin)

    @staticmethod
    def minimum(a: int | Dim, b: int | Dim) -> Dim:
        """The smaller of the two; as `maximum`."""
        left, right = Dim.of(a), Dim.of(b)
        larger = Dim.maximum(left.without_origin(), right.without_origin())
        if larger == left:
            return right
        if larger == right:
            return left
        return (left.without_origin() + right.without_origin() - larger).with_origin(_call("min", left, right))

    @property
    def is_const(self) -> bool:
        return self._const is not None

    @property
    def value(self) -> int:
        """The integer that a constant dimension is; ValueError for any other."""
        if self._const is None:
            raise ValueError(f"`{self}` is not a constant")
        return self._const

    @property
    def constant(self) -> int:
        """The constant term of the polynomial."""
        return self.terms.get((), 0)

    @property
    def leading(self) -> int:
        """The coefficient of the first term in the order of terms; 0 for the dimension 0."""
        return self.terms[min(self.terms, key=monomial_key)] if self.terms else 0

    @property
    def atoms(self) -> list[Atom]:
        """The distinct atoms at the top level, in their order."""
        return sorted({atom for monomial in self.terms for atom in monomial}, key=atom_key)

    @property
    def symbols(self) -> frozenset[str]:
        """The names that occur anywhere in it."""
        if self._symbols is None:
            found: set[str] = set()
            for monomial in self.terms:
                for atom in monomial:
                    if isinstance(atom, str):
                        found.add(atom)
                    elif isinstance(atom, FloorDiv):
                        found |= atom.numerator.symbols | atom.divisor.symbols
                    else:
                        found |= atom.inner.symbols
            self._symbols = frozenset(found)
        return self._symbols

    @property
    def fresh(self) -> frozenset[str]:
        """Those of the symbols that the data decide."""
        return frozenset(name for name in self.symbols if isinstance(name, Fresh))

    @property
    def as_symbol(self) -> str | None:
        """The name, where the dimension is just a symbol."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], str):
                return monomial[0]
        return None

    @property
    def key(self) -> str:
        """An exact text of the normal form, for hashing and ordering, not for people."""
        if self._key is None:
            ordered = sorted(self.terms.items(), key=lambda item: monomial_key(item[0]))
            self._key = "+".join(f"{c}*{'*'.join(map(atom_key, m))}" for m, c in ordered)
        return self._key

    def with_origin(self, origin: Origin | None) -> Dim:
        """The same dimension with other provenance."""
        return self if origin is self.origin else Dim(self.terms, origin)

    def without_origin(self) -> Dim:
        return self.with_origin(None)

    def evaluate(self, env: Mapping[str, int]) -> int:
        """Its integer for the symbols' values in `env`; KeyError for a symbol that is missing."""
        if self._const is not None:
            return self._const
        total = 0
        for monomial, coefficient in self.terms.items():
            product = coefficient
            for atom in monomial:
                if isinstance(atom, str):
                    product *= env[atom]
                elif isinstance(atom, FloorDiv):
                    product *= atom.numerator.evaluate(env) // atom.divisor.evaluate(env)
                else:
                    product *= max(atom.inner.evaluate(env), 0)
            total += product
        return total

    def substitute(self, env: Mapping[str, Dim | int]) -> Dim:
        """With symbols replaced; the provenance stays only where nothing was replaced."""
        if self._const is not None or self.symbols.isdisjoint(env):
            return self
        total = _SMALL[0]
        for monomial, coefficient in self.terms.items():
            product = Dim.of(coefficient)
            for atom in monomial:
                product = product * _substitute(atom, env)
            total = total + product
        return total.without_origin()

    def __add__(self, other: int | Dim) -> Dim:
        if not isinstance(other, Dim):
            if not isinstance(other, int):
                return NotImplemented
            if other == 0:
                return self
            other = Dim.of(other)
        origin = None
        if self.origin is not None or other.origin is not None:
            if other._const == 0 and other.origin is None:
                return self
            if self._const == 0 and self.origin is None:
                return other
            origin = combine("+", self.origin, self._const, other.origin, other._const)
        if self._const is not None and other._const is not None:
            return Dim.of(self._const + other._const).with_origin(origin)
        return Dim(_sum(self.terms, other.terms, 1), origin)

    def __radd__(self, other: int) -> Dim:
        return Dim.of(other) + self

    def __neg__(self) -> Dim:
        return Dim({m: -c for m, c in self.terms.items()}, negated(self.origin, self._const))

    def __sub__(self, other: int | Dim) -> Dim:
        if not isinstance(other, Dim):
            if not isinstance(other, int):
                return NotImplemented
            if other == 0:
                return self
            other = Dim.of(other)
        origin = None
        if self.origin is not None or other.origin is not None:
            if other._const == 0 and other.origin is None:
                return self
            origin = combine("-", self.origin, self._const, other.origin, other._const)
        if self._const is not None and other._const is not None:
            return Dim.of(self._const - other._const).with_origin(origin)
        return Dim(_sum(self.terms, other.terms, -1), origin)

    def __rsub__(self, other: int) -> Dim:
        return Dim.of(other) - self

    def __mul__(self, other: int | Dim) -> Dim:
        if not isinstance(other, Dim):
            if not isinstance(other, int):
                return NotImplemented
            if other == 1:
                return self
            other = Dim.of(other)
        origin = combine("*", self.origin, self._const, other.origin, other._const)
        if self._const is not None and other._const is not None:
            return Dim.of(self._const * other._const).with_origin(origin)
        return Dim(_product(self.terms, other.terms), origin)

    def __rmul__(self, other: int) -> Dim:
        return Dim.of(other) * self

    def __floordiv__(self, other: int | Dim) -> Dim:
        if not isinstance(other, Dim):
            if not isinstance(other, int):
                return NotImplemented
            if other == 1:
                return self
            other = Dim.of(other)
        origin = None
        if self._const is not None and other._const is not None:
            result = Dim.of(self._const // other._const)
        else:
            from specc.shapes.division import floor_divide

            result = floor_divide(self, other)
        if self.origin is not None or other.origin is not None:
            origin = combine("//", self.origin, self._const, other.origin, other._const)
        return result.with_origin(origin)

    def __rfloordiv__(self, other: int) -> Dim:
        return Dim.of(other) // self

    def __mod__(self, other: int | Dim) -> Dim:
        if not isinstance(other, int | Dim):
            return NotImplemented
        left, right = self.without_origin(), Dim.of(other).without_origin()
        origin = combine("%", self.origin, self._const, Dim.of(other).origin, right._const)
        return (left - right * (left // right)).with_origin(origin)

    def __rmod__(self, other: int) -> Dim:
        return Dim.of(other) % self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Dim):
            return self.terms == other.terms
        return self._const == other if isinstance(other, int) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self._const) if self._const is not None else hash(frozenset(self.terms.items()))
        return self._hash

    def __str__(self) -> str:
        if self._text is None:
            from specc.shapes.render import render

            self._text = render(self)
        return self._text

    def __repr__(self) -> str:
        return f"Dim({str(self)!r})"


def collect(pairs: Iterable[tuple[Monomial, int]]) -> Terms:
    """The sum of terms, zeros dropped."""
    terms: Terms = {}
    for monomial, coefficient in pairs:
        total = terms.get(monomial, 0) + coefficient
        if total:
            terms[monomial] = total
        else:
            terms.pop(monomial, None)
    return terms


def join(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    if not a or not b:
        return a or b
    return tuple(sorted(a + b, key=atom_key))


def _sum(a: Terms, b: Terms, sign: int) -> Terms:
    terms = dict(a)
    for monomial, coefficient in b.items():
        total = terms.get(monomial, 0) + sign * coefficient
        if total:
            terms[monomial] = total
        else:
            del terms[monomial]
    return terms


def _product(a: Terms, b: Terms) -> Terms:
    return collect((join(m, n), c * d) for m, c in a.items() for n, d in b.items())


def _substitute(atom: Atom, env: Mapping[str, Dim | int]) -> Dim:
    if isinstance(atom, str):
        return Dim.of(env[atom]) if atom in env else Dim.symbol(atom)
    if isinstance(atom, FloorDiv):
        return atom.numerator.substitute(env) // atom.divisor.substitute(env)
    return Dim.maximum(atom.inner.substitute(env), 0)


def _call(name: str, left: Dim, right: Dim) -> Origin | None:
    """The origin of `max(left, right)` or `min(left, right)`."""
    both = combine("+", left.origin, left._const, right.origin, right._const)
    if both is None or both.expr is None:
        return both
    import ast

    arguments = [side.origin.expr if side.origin else ast.Constant(side.value) for side in (left, right)]
    known = [a for a in arguments if a is not None]
    return Origin(ast.Call(ast.Name(name, ast.Load()), known, []), both.sources)


_SMALL: dict[int, Dim] = {n: Dim({(): n} if n else {}) for n in range(-16, 513)}


def product(dims: Iterable[Dim]) -> Dim:
    """The product of sizes: the number of elements of a shape, 1 of none."""
    total = Dim.of(1)
    for dim in dims:
        total = total * dim
    return total
