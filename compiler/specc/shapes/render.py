"""Dimensions as Python source that a person would write."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

from specc.shapes.dim import Atom, Dim, FloorDiv, Monomial, Positive, collect, monomial_key
from specc.shapes.division import exact_quotient, without

_SUM, _QUOTIENT, _PRODUCT, _PLAIN = 1, 2, 3, 4  # how tightly: a quotient cannot be a right factor, a product can
Text = tuple[str, int]  # the source and how tightly it binds
Piece = tuple[int, Monomial, str | None]  # coefficient, atoms, and a remainder `x % k` beside them

_MOST_STEPS = 1024  # divisors tried when looking for `(x // d) % k`
_MANY_TERMS = 24  # past this, factoring costs more than it shows


def render(dim: Dim) -> str:
    """Python source of the dimension; `specc.shapes.parse.parse_dim` reads it back."""
    return _text(dim)[0]


@lru_cache(maxsize=4096)  # the choices below share their parts: without it they would double at every level
def _text(dim: Dim) -> Text:
    if dim.is_const:
        return str(dim.value), _PLAIN if dim.value >= 0 else _SUM
    flat = _flat(dim)
    if len(dim.terms) == 1 or len(dim.terms) > _MANY_TERMS:
        return flat
    choices = [flat, *_chosen(dim), *_factored(dim)]
    return min(reversed(choices), key=lambda t: len(t[0]))


def _factored(dim: Dim) -> list[Text]:
    """As `g * (…)`, and as a product of sums where one factor is linear in an atom."""
    choices = []
    content = gcd(*dim.terms.values())
    if content > 1:
        inner = _text(Dim({m: c // content for m, c in dim.terms.items()}))
        return [(f"{content} * {_wrap(inner, _PRODUCT)}", _PRODUCT)]
    for atom in dim.atoms:
        split = _split(dim, atom)
        if split is not None:
            factor, cofactor = split
            if cofactor.leading < 0:
                factor, cofactor = -factor, -cofactor
            first, second = _text(factor), _text(cofactor)
            choices.append((f"{_wrap(first, _PRODUCT)} * {_wrap(second, _PRODUCT)}", _PRODUCT))
            break
    return choices


def _split(dim: Dim, atom: Atom) -> tuple[Dim, Dim] | None:
    """`dim` as (atom + c) * cofactor."""
    with_atom = Dim(collect((w, c) for m, c in dim.terms.items() if (w := without(m, (atom,))) is not None))
    rest = Dim({m: c for m, c in dim.terms.items() if atom not in m})
    if with_atom.is_const or atom in with_atom.atoms:
        return None
    constant = exact_quotient(rest, with_atom)
    return None if constant is None else (Dim({(atom,): 1}) + constant, with_atom)


def _chosen(dim: Dim) -> list[Text]:
    """`max(a, b)` and `min(a, b)` where one such atom stands alone."""
    choices = []
    for monomial, coefficient in dim.terms.items():
        if len(monomial) == 1 and isinstance(monomial[0], Positive) and abs(coefficient) == 1:
            rest = dim - Dim({monomial: coefficient})
            other = rest + coefficient * monomial[0].inner
            name = "max" if coefficient == 1 else "min"
            choices.append((f"{name}({render(other)}, {render(rest)})", _PLAIN))
    return choices


def _flat(dim: Dim) -> Text:
    """As a sum, with `x - k * (x // k)` written `x % k`."""
    pieces, rest = _remainders(dim)
    pieces += [(c, m, None) for m, c in sorted(rest.terms.items(), key=lambda item: monomial_key(item[0]))]
    pieces.sort(key=lambda piece: (piece[0] < 0, not piece[1] and piece[2] is None))
    out = ""
    for coefficient, monomial, remainder in pieces:
        term = _product(abs(coefficient), monomial, remainder)
        if out:
            out += f" {'-' if coefficient < 0 else '+'} {term[0]}"
        elif coefficient < 0:
            simple = "//" not in term[0] and "%" not in term[0]
            out = f"-{term[0]}" if simple or term[1] >= _PRODUCT else f"-({term[0]})"
        else:
            out = term[0]
    if len(pieces) > 1 or pieces[0][0] < 0:
        return out, _SUM
    return out, _product(*pieces[0])[1]


def _product(coefficient: int, monomial: Monomial, remainder: str | None) -> Text:
    factors = [_atom(atom) for atom in monomial]
    if remainder is not None:
        factors.append((remainder, _QUOTIENT))
    if coefficient != 1 or not factors:
        factors.insert(0, (str(coefficient), _PLAIN))
    if len(factors) == 1:
        return factors[0]
    # `a // b * c` is read correctly but not by people, so a quotient inside a product keeps its parentheses
    return " * ".join(_wrap(f, _PLAIN) for f in factors), _PRODUCT


def _atom(atom: Atom) -> Text:
    if isinstance(atom, str):
        return atom, _PLAIN
    if isinstance(atom, FloorDiv):
        return f"{_wrap(_text(atom.numerator), _QUOTIENT)} // {_wrap(_text(atom.divisor), _PLAIN)}", _QUOTIENT
    return f"max({render(atom.inner)}, 0)", _PLAIN


def _wrap(text: Text, tightness: int) -> str:
    return text[0] if text[1] >= tightness else f"({text[0]})"


def _remainders(dim: Dim) -> tuple[list[Piece], Dim]:
    """The `x % k` found in a sum, and what is left."""
    pieces: list[Piece] = []
    rest = dim
    for monomial, coefficient in sorted(dim.terms.items(), key=lambda item: monomial_key(item[0])):
        for place, atom in enumerate(monomial):
            if not isinstance(atom, FloorDiv):
                continue
            found = _remainder(rest, monomial[:place] + monomial[place + 1 :], atom, coefficient)
            if found is not None:
                scale, text, rest = found
                pieces.append((scale, monomial[:place] + monomial[place + 1 :], text))
                break
    return pieces, rest


def _remainder(rest: Dim, others: Monomial, atom: FloorDiv, coefficient: int) -> tuple[int, str, Dim] | None:
    """Reads `coefficient * others * (n // k)` with its partner in `rest` as `scale * others * (x % step)`."""
    if rest.terms.get(_with(others, atom)) != coefficient:
        return None
    for inner, step in _steps(atom.divisor):
        if coefficient % step:
            continue
        scale = -coefficient // step
        base = atom.numerator // inner
        varying = base - base.constant
        value = base - step * Dim({(atom,): 1})
        left = rest - Dim({others: scale}) * value
        # all of `x` must have been there, or the remainder only moves terms about; its constant may be left over
        if _varying_terms(left, others) != _varying_terms(rest, others) - 1 - len(varying.terms):
            continue
        centred = varying + _centred(base.constant, step)
        if centred % step == value:
            return scale, f"{_wrap(_text(centred), _PLAIN)} % {step}", left
    return None


def _varying_terms(dim: Dim, others: Monomial) -> int:
    return len(dim.terms) - (others in dim.terms)


def _with(others: Monomial, atom: Atom) -> Monomial:
    ((monomial, _),) = (Dim({others: 1}) * Dim({(atom,): 1})).terms.items()
    return monomial


def _steps(divisor: Dim) -> list[tuple[int, int]]:
    """The ways to read a divisor as inner * step with step > 1, plain ones first."""
    if not divisor.is_const:
        return []
    k = divisor.value
    return [(d, k // d) for d in range(1, min(k, _MOST_STEPS)) if k % d == 0]


def _centred(constant: int, k: int) -> int:
    kept = constant % k
    return kept - k if 2 * kept > k else kept
