"""How torch contracts the operands of an `einsum`: two at a time from the left, by products of matrices.

Source: `einsum` and `sumproduct_pair` of ATen/native/Linear.cpp.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from specc.ops.broadcast import result_dtype
from specc.ops.strides import Axis, laid_out, merge
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType


class Term(NamedTuple):
    """An operand on the way: its letters with their sizes and strides, and whether its memory is an input's own."""

    axes: dict[str, Axis]
    dtype: str
    own: bool

    @property
    def nbytes(self) -> Dim:
        return TensorType(tuple(size for size, _ in self.axes.values()), self.dtype).nbytes

    def wide(self, letter: str) -> bool:
        """Whether it has the letter, and not as a single place. Symbols count as more."""
        return letter in self.axes and self.axes[letter][0] != 1


class Step(NamedTuple):
    """One contraction of two: the factors as they are multiplied, which of their letters meet, and what is kept."""

    result: Term
    factors: tuple[Term, Term]
    meets: bool  # a letter is summed over both, so that their dtypes must be one
    macs: Dim
    kept: tuple[Term, ...]


def given(letters: Sequence[str], operand: TensorType) -> Term:
    """An operand as it is given; a letter written twice is a diagonal, which steps along both axes at once."""
    axes: dict[str, Axis] = {}
    for letter, (size, stride) in zip(letters, laid_out(operand.shape), strict=True):
        axes[letter] = (size, axes[letter][1] + stride) if letter in axes else (size, stride)
    return Term(axes, operand.dtype, own=True)


def added(dtype: str) -> str:
    """The dtype of a sum: integers and booleans add up to int64."""
    return dtype if is_floating(dtype) or is_complex(dtype) else "int64"


def contractions(terms: Sequence[Term], output: Sequence[str]) -> list[Step]:
    """The steps from the operands to the output; none where there is one operand."""
    letters = {letter for term in terms for letter in term.axes}
    order = [*output, *sorted(letters - {*output})]
    steps: list[Step] = []
    queue = list(terms)
    while len(queue) > 1:
        a, b, *queue = queue
        later = {letter for term in queue for letter in term.axes if term.wide(letter)}
        steps.append(_contract(a, b, {*output, *later}, order))
        queue.insert(0, steps[-1].result)
    return steps


def _contract(a: Term, b: Term, later: Collection[str], order: Sequence[str]) -> Step:
    """The product of two operands; what neither the output nor an operand to come has is summed.

    A letter that only one of them has is summed before; without a letter to sum over both it is element-wise work.
    """
    gone = [letter for letter in {**a.axes, **b.axes} if letter not in later]
    both = [letter for letter in gone if a.wide(letter) and b.wide(letter)]
    meets = any(letter in a.axes and letter in b.axes for letter in gone)
    first, second = (_summed(term, [letter for letter in gone if letter not in both], order) for term in (a, b))
    sizes = {letter: _size(first, second, letter) for letter in order if letter in first.axes or letter in second.axes}
    total = product(sizes.values())
    dtype = result_dtype([TensorType((total,), term.dtype) for term in (first, second)])
    left = [letter for letter in sizes if letter not in gone]
    if not both:
        result = _new([(letter, sizes[letter]) for letter in left], dtype)
        kept = tuple(one for one, other in ((first, second), (second, first)) if _trains(other))
        return Step(result, (first, second), meets, Dim.of(0), kept)
    shared = [letter for letter in left if first.wide(letter) and second.wide(letter)]
    own = [letter for letter in left if letter not in shared and first.wide(letter)]
    other = [letter for letter in left if letter not in shared and letter not in own]
    summed = [letter for letter in order if letter in both]
    matrices = (_as_matrices(first, (shared, own, summed)), _as_matrices(second, (shared, summed, other)))
    made = _new([(letter, sizes[letter]) for letter in (*shared, *own, *other)], dtype)
    return Step(made, (first, second), meets, total, matrices)


def _trains(term: Term) -> bool:
    return is_floating(term.dtype) or is_complex(term.dtype)


def _size(a: Term, b: Term, letter: str) -> Dim:
    """The size of a letter in the product: of 1 and another, the other."""
    one = Dim.of(1)
    size = a.axes.get(letter, (one, one))[0]
    return size if size != 1 else b.axes.get(letter, (one, one))[0]


def _summed(term: Term, letters: Collection[str], order: Sequence[str]) -> Term:
    """The operand summed over those of the letters that it has; of single places there is nothing to sum."""
    kept = {letter: axis for letter, axis in term.axes.items() if letter not in letters}
    if not any(term.wide(letter) for letter in letters):
        return term._replace(axes=kept)
    return _new([(letter, kept[letter][0]) for letter in order if letter in kept], added(term.dtype))


def _as_matrices(term: Term, groups: Iterable[Sequence[str]]) -> Term:
    """The operand as it is multiplied: as it lies, where each group of its letters makes one axis, else a copy."""
    if all(merge(term.axes[letter] for letter in group if letter in term.axes) for group in groups):
        return term
    return term._replace(own=False)


def _new(sizes: Sequence[tuple[str, Dim]], dtype: str) -> Term:
    axes = laid_out([size for _, size in sizes])
    return Term(dict(zip([letter for letter, _ in sizes], axes, strict=True)), dtype, own=False)
