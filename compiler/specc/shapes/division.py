"""Floor division of dimensions in normal form. Each step is an identity over the integers."""

from __future__ import annotations

from math import gcd

from specc.shapes.dim import Dim, FloorDiv, Monomial, Terms, atom_key, collect, join, monomial_key


def floor_divide(a: Dim, b: Dim) -> Dim:
    """`a // b` without provenance; ZeroDivisionError where `b` is the constant 0."""
    if not b.is_const:
        return _by_polynomial(a, b)
    q = b.value
    if q == 0:
        raise ZeroDivisionError(f"`{a}` is divided by zero")
    return _by_integer(a, q) if q > 0 else _by_integer(Dim(_negative(a.terms)), -q)


def exact_quotient(a: Dim, b: Dim) -> Dim | None:
    """The polynomial `c` with `a == b * c`, or None where there is none with integer coefficients."""
    if b == 0:
        return None
    lead = min(b.terms, key=monomial_key)
    rest = dict(a.terms)
    quotient: Terms = {}
    while rest:
        head = min(rest, key=monomial_key)
        missing = without(head, lead)
        if missing is None or rest[head] % b.terms[lead]:
            return None
        factor = rest[head] // b.terms[lead]
        quotient[missing] = factor
        rest = collect([*rest.items(), *((join(m, missing), -factor * c) for m, c in b.terms.items())])
        if head in rest:  # the order of terms is not compatible with products here: give up, never loop
            return None
    return Dim(quotient)


def without(monomial: Monomial, factor: Monomial) -> Monomial | None:
    """`monomial / factor`, or None where the factor does not divide it."""
    left = list(monomial)
    for atom in factor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _by_integer(a: Dim, q: int) -> Dim:
    """`a // q` for q >= 1."""
    if q == 1 or a.is_const:
        return Dim.of(a.constant // q) if a.is_const else Dim(a.terms)
    whole: Terms = {}
    part: Terms = {}
    for monomial, coefficient in a.terms.items():
        if not monomial:
            continue
        kept = coefficient % q
        if 2 * kept > q:
            kept -= q
        if kept:
            part[monomial] = kept
        if coefficient != kept:
            whole[monomial] = (coefficient - kept) // q
    constant = a.constant
    if not part:
        return Dim(whole) + constant // q
    if whole:
        return Dim(whole) + _by_integer(Dim(part) + constant, q)
    if _is_turned(part, q):  # floor(-x / q) = -floor((x + q - 1) / q)
        return -_by_integer(Dim(_negative(part)) + (q - 1 - constant), q)
    shared = gcd(q, *part.values())
    if shared > 1:  # floor((g x + c) / (g q)) = floor((x + floor(c / g)) / q)
        reduced = Dim({m: c // shared for m, c in part.items()}) + constant // shared
        return _by_integer(reduced, q // shared)
    nested = _single_floor(part)
    if nested is not None:
        atom, sign = nested
        m = atom.divisor.value
        others = Dim({k: c for k, c in part.items() if k != (atom,)}) + constant
        inner = atom.numerator if sign > 0 else (m - 1) - atom.numerator
        return _by_integer(inner + others * m, m * q)
    shift = -(-constant // q)  # keeps the constant of the numerator in (-q, 0]
    numerator = Dim(part) + (constant - shift * q)
    return Dim({(FloorDiv(numerator, Dim.of(q)),): 1}) + shift


def _is_turned(part: Terms, q: int) -> bool:
    """Whether the first coefficient whose sign means anything modulo `q` is negative; q / 2 is its own opposite."""
    signed = [m for m, c in part.items() if 2 * c != q]
    return bool(signed) and part[min(signed, key=monomial_key)] < 0


def _single_floor(part: Terms) -> tuple[FloorDiv, int] | None:
    """The one floor atom that stands alone with coefficient 1 or -1 and divides by an integer."""
    found = [
        (monomial[0], coefficient)
        for monomial, coefficient in part.items()
        if abs(coefficient) == 1
        and len(monomial) == 1
        and isinstance(monomial[0], FloorDiv)
        and monomial[0].divisor.is_const
    ]
    return found[0] if len(found) == 1 else None


def _by_polynomial(a: Dim, b: Dim) -> Dim:
    if not a.terms:
        return Dim.of(0)
    if _leads_negative(b.terms):
        return _by_polynomial(Dim(_negative(a.terms)), Dim(_negative(b.terms)))
    quotient = exact_quotient(a, b)
    if quotient is not None:
        return quotient
    common, content = _common(a, b)
    if common or content > 1:
        factor = Dim({common: content})
        left, right = exact_quotient(a, factor), exact_quotient(b, factor)
        if left is not None and right is not None:
            return floor_divide(left, right)
    return Dim({(FloorDiv(Dim(a.terms), Dim(b.terms)),): 1})


def _common(a: Dim, b: Dim) -> tuple[Monomial, int]:
    """The largest monomial and the largest integer that divide every term of both."""
    shared, *others = [*a.terms, *b.terms]
    for monomial in others:
        shared = _meet(shared, monomial)
    return shared, gcd(*a.terms.values(), *b.terms.values())


def _meet(a: Monomial, b: Monomial) -> Monomial:
    left = list(b)
    kept = []
    for atom in a:
        if atom in left:
            left.remove(atom)
            kept.append(atom)
    return tuple(sorted(kept, key=atom_key))


def _negative(terms: Terms) -> Terms:
    return {m: -c for m, c in terms.items()}


def _leads_negative(terms: Terms) -> bool:
    return terms[min(terms, key=monomial_key)] < 0
