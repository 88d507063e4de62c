"""Einstein's notation: `bhid,bhjd->bhij`.

Source: https://docs.pytorch.org/docs/stable/generated/torch.einsum.html; the cost and what is kept follow the order in
which torch contracts the operands, from the left.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from specc.ops.arguments import Text
from specc.ops.call import Call
from specc.ops.contraction import Term, added, contractions, given
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.sampling import a_dtype
from specc.ops.write import Headed
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

DOTS = "..."


class Equation(NamedTuple):
    """The letters of every operand and of the output; axes of the ellipsis are `.0`, `.1`, …, counted from the last."""

    operands: tuple[tuple[str, ...], ...]
    output: tuple[str, ...]


def _refuse(call: Call, code: str, message: str, help: str | None = None) -> NoReturn:
    call.reject(code, message, arg="equation", help=help)


def equation(call: Call) -> Equation:
    """Reads `equation` against the ranks of the operands (L204, S302, S310)."""
    text = call["equation"].replace(" ", "")
    where = f"`equation` of `{call.label}`"
    left, arrow, right = text.partition("->")
    if "->" in right:
        _refuse(call, "L204", f"{where} must have one `->` at most")
    operands = call.types("operands")
    terms = left.split(",")
    if len(terms) != len(operands):
        _refuse(
            call,
            "S310",
            f"{where} names {len(terms)} operands, but `{call.label}` reads {len(operands)}",
            help="a comma stands between two operands",
        )
    written = [_letters(call, term) for term in terms]
    most = 0
    for k, (letters, operand) in enumerate(zip(written, operands, strict=True)):
        named, dots = sum(letter != DOTS for letter in letters), DOTS in letters
        if operand.rank < named or (operand.rank != named and not dots):
            call.reject(
                "S302",
                f"{where} names {'at least ' if dots else ''}{named} axes of operand {k}, but it is {operand.rank}-d",
                arg="equation",
                help=None if dots or operand.rank < named else "`...` stands for axes that are not named",
            )
        most = max(most, operand.rank - named if dots else 0)
    opened = tuple(
        _opened(letters, operand.rank - sum(letter != DOTS for letter in letters))
        for letters, operand in zip(written, operands, strict=True)
    )
    if not arrow:
        seen = Counter(letter for letters in written for letter in letters if letter != DOTS)
        once = sorted(letter for letter, count in seen.items() if count == 1)
        return Equation(opened, (*_opened([DOTS], most), *once))
    output = _letters(call, right)
    known = {letter for letters in written for letter in letters}
    for k, letter in enumerate(output):
        if letter in output[:k]:
            _refuse(call, "L204", f"{where} must name `{letter}` once in its output, not twice")
        if letter not in known and letter != DOTS:
            _refuse(
                call, "S310", f"{where} has `{letter}` in its output, but in no operand", help="`repeat` adds an axis"
            )
    return Equation(opened, _opened(output, most))


def _letters(call: Call, text: str) -> list[str]:
    """The subscripts of an operand, an ellipsis as one of them."""
    where = f"`equation` of `{call.label}`"
    if text.count(DOTS) > 1 or "." in text.replace(DOTS, "", 1):
        _refuse(call, "L204", f"{where} must have dots only as one `...` an operand, not `{text}`")
    head, dots, tail = text.partition(DOTS)
    found = [*head, *([dots] if dots else []), *tail]
    for letter in found:
        if letter != DOTS and not (letter.isascii() and letter.isalpha()):
            _refuse(
                call,
                "L204",
                f"{where} must be made of letters, but `{letter}` is none",
                help="each axis has one letter, a to z or A to Z: `bhid,bhjd->bhij`",
            )
    return found


def _opened(letters: list[str], rest: int) -> tuple[str, ...]:
    dots = [f".{k}" for k in reversed(range(rest))]
    return tuple(one for letter in letters for one in (dots if letter == DOTS else [letter]))


def _terms(call: Call, found: Equation) -> list[Term]:
    """The operands with the sizes of their letters; a letter written twice is a diagonal (S303)."""
    terms = []
    for k, (letters, operand) in enumerate(zip(found.operands, call.types("operands"), strict=True)):
        sizes: dict[str, Dim] = {}
        for letter, size in zip(letters, operand.shape, strict=True):
            if letter in sizes:
                call.require_equal(
                    sizes[letter],
                    size,
                    f"`{call.label}` (einsum) takes a diagonal along `{letter}` of operand {k}, "
                    f"whose axes have sizes {sizes[letter]} and {size}",
                )
            else:
                sizes[letter] = size
        terms.append(given(letters, operand))
    return terms


def _common(call: Call, terms: list[Term]) -> dict[str, Dim]:
    """The size of every letter: those of 1 broadcast (S303)."""
    sizes: dict[str, Dim] = {}
    for term in terms:
        for letter, (size, _) in term.axes.items():
            known = sizes.setdefault(letter, size)
            if known == 1 or size == 1:
                sizes[letter] = size if known == 1 else known
                continue
            name = f"`{letter}`" if letter.isalpha() else "an axis of `...`"
            message = f"`{call.label}` (einsum) has sizes {known} and {size} for {name}"
            if isinstance(call.decide(known, size), Refuted):
                wide = [(size, known), (known, size)]
                narrow = next((pair for pair in wide if not isinstance(call.decide(pair[0], Dim.of(1)), Refuted)), None)
                if narrow is not None:
                    call.require_equal(narrow[0], Dim.of(1), message)
                    sizes[letter] = narrow[1]
                    continue
            call.require_equal(known, size, message, help="an axis has one letter in all operands, and one size")
    return sizes


def _require_settled(call: Call, terms: list[Term], found: Equation) -> None:
    """Sums of narrow integers are int64, but of an axis of 1 nothing is summed: the sizes must be known (S304)."""
    for term in terms:
        open_ = [size for letter, (size, _) in term.axes.items() if letter not in found.output and not size.is_const]
        if open_ and term.dtype not in ("int64", added(term.dtype)):
            call.reject(
                "S304",
                f"whether `{call.label}` (einsum) gives {term.dtype} or int64 hangs on whether `{open_[0]}` is 1",
                help="convert the input: `{op: to, dtype: int64}`",
            )


class einsum(Function):
    """Products of tensors summed over axes, by Einstein's notation: each axis has a letter.

    A letter that the output lacks is summed over. `...` stands for axes that are not named; a letter written twice in
    an operand is its diagonal; without `->` the output has the letters that occur once, in alphabetical order.
    """

    family = Family.MATH
    python = Headed("torch.einsum")
    inputs = ("*operands",)
    positional = 1
    formula = "`ik,kj->ij`: out[i, j] = Σ_k a[i, k] · b[k, j], likewise for other letters"
    equation = Text("the letters of every operand, and of the output: `bhid,bhjd->bhij`")
    example = ("[N, H, T, D], [N, H, S, D]", '{op: einsum, equation: "nhtd,nhsd->nhts", from: [q, k]}')

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found = equation(call)
        terms = _terms(call, found)
        sizes = _common(call, terms)
        _require_settled(call, terms, found)
        shape = tuple(sizes.get(letter, Dim.of(1)) for letter in found.output)
        if len(terms) == 1:
            gone = [letter for letter in terms[0].axes if letter not in found.output]
            return TensorType(shape, added(terms[0].dtype) if gone else terms[0].dtype)
        steps = contractions(terms, found.output)
        for step in steps:
            dtypes = list(dict.fromkeys(term.dtype for term in step.factors))
            if step.meets and (len(dtypes) > 1 or dtypes[0] == "bool"):
                what = "needs inputs of one dtype, but they are " + " and ".join(dtypes)
                call.reject("S307", f"`{call.label}` (einsum) {what if len(dtypes) > 1 else 'does not take booleans'}")
        return TensorType(shape, steps[-1].result.dtype)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        found = equation(call)
        total = Dim.of(0)
        for step in contractions(_terms(call, found), found.output):
            total = total + step.macs
        return total

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Both factors of every product are kept: an operand, or a copy of it, or what comes between."""
        found = equation(call)
        kept = [term for step in contractions(_terms(call, found), found.output) for term in step.kept]
        extra = Dim.of(0)
        for term in kept:
            extra = extra + (term.nbytes if not term.own else 0)
        return Saved(("operands",) if any(term.own for term in kept) else (), extra=extra)

    @classmethod
    def shares(cls, call: Call) -> bool:
        """A single operand whose axes are only reordered, or of which a diagonal is taken, is a view."""
        found = equation(call)
        first, *others = _terms(call, found)
        return not others and all(letter in found.output for letter in first.axes)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        letters = rng.sample("abcijkAB", rng.randint(1, 5))
        sizes = {letter: rng.choice([0, 1, 2, 2, 3, 3, 4]) for letter in letters}
        count = rng.choice([1, 2, 2, 2, 2, 3])
        dots = rng.random() < 0.2
        lead = [rng.randint(1, 3) for _ in range(rng.randint(0, 2))]
        terms, shapes = [], []
        for _ in range(count):
            own = rng.sample(letters, rng.randint(1 if rng.random() < 0.95 else 0, min(len(letters), 4)))
            if own and rng.random() < 0.08:
                own.insert(rng.randint(0, len(own)), rng.choice(own))
            shape = [1 if rng.random() < 0.06 else sizes[letter] + (rng.random() < 0.02) for letter in own]
            if dots and rng.random() < 0.8:
                at = rng.randint(0, len(own))
                own.insert(at, DOTS)
                shape[at:at] = [1 if rng.random() < 0.15 else size for size in lead[rng.randint(0, len(lead)) :]]
            terms.append("".join(own))
            shapes.append(tuple(shape))
        text = rng.choice([",", ", "]).join(terms)
        used = sorted({letter for letter in text if letter.isalpha()})
        if rng.random() < 0.85:
            out = rng.sample(used, rng.randint(0, len(used)))
            if dots and rng.random() < 0.8:
                out.insert(rng.randint(0, len(out)), DOTS)
            text += "->" + "".join(out)
        if rng.random() < 0.05:
            text = rng.choice([text + "z", text + ",a", text.replace("a", "1"), f"{text}->a", "." + text])
        first = rng.choice(["float32"] * 8 + [a_dtype(rng)])
        return Sample(
            {"equation": text}, tuple((shape, first if rng.random() < 0.97 else a_dtype(rng)) for shape in shapes)
        )
