"""One use of an op: its arguments and inputs, and the questions a rule may ask of them.

A rule reads `call["stride"]`, `call.x`, fills inferred arguments with `call.inferred(...)`, asks the algebra through
`call.require_equal(...)`, and returns the types of its outputs. What is wrong is reported at the argument or layer that
is to blame; `call.reject` ends the rule, the other checks let it go on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from specc.diagnostics import Edit, Note, Sink, Span
from specc.ops.arguments import Value
from specc.shapes.conditions import mend, stated
from specc.shapes.constraints import Condition, Facts, Holds, Proved, Verdict, at_least, compare, equal
from specc.shapes.dim import Dim, Fresh
from specc.shapes.dtype import FLOATING
from specc.shapes.origin import Origin, Source
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    from collections.abc import Collection

    from specc.ops.declare import Op
    from specc.ops.evaluate import Outcome


class Bound(NamedTuple):
    """An argument with its value: what it evaluated to, the expression it was written as, and where."""

    value: Value
    expr: ast.expr | None = None  # over the names of the scope; None where the value is its own text
    span: Span | None = None
    given: bool = False  # written in the spec, rather than a default or inferred


class Operand(NamedTuple):
    """An input of a call: its type, and for messages the layer that gives it."""

    type: TensorType
    name: str = "input"
    span: Span | None = None


class Rejected(Exception):
    """Ends a rule whose call cannot work, after the report. `recovered` lets later layers be checked all the same."""

    def __init__(self, recovered: TensorType | None) -> None:
        super().__init__()
        self.recovered = recovered


class Call:
    """The arguments by name, the inputs by port, and where reports go."""

    __slots__ = (
        "args",
        "facts",
        "found",
        "label",
        "namer",
        "op",
        "open",
        "operands",
        "output",
        "parts",
        "requirements",
        "sink",
        "span",
    )

    def __init__(
        self,
        op: type[Op],
        args: dict[str, Bound],
        operands: dict[str, list[Operand]],
        facts: Facts,
        sink: Sink,
        label: str = "layer",
        span: Span | None = None,
        namer: Callable[[str], str] | None = None,
    ) -> None:
        self.op = op
        self.args = args
        self.operands = operands  # by port; a list of one but for a variadic port
        self.facts = facts
        self.sink = sink
        self.label = label  # how messages name the layer
        self.span = span
        self.requirements: list[Condition] = []  # what must hold for sizes left open
        self.open: dict[Span | None, list[Condition]] = {}  # what S305 asked for, by its place
        self.namer = namer  # the name of a fresh size by its letter, unique in the network
        self.found: list[Condition] = []  # what holds for the sizes that the data decide
        self.parts: list[tuple[str, Outcome]] = []  # of a module made of others, by the names of its submodules
        self.output: tuple[TensorType, ...] = ()  # set after `infer`, for `macs`

    # Arguments ---------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        return self.args[name].value

    def sizes(self, name: str) -> tuple[int, ...]:
        """A `Sizes` argument with one value for every spatial axis."""
        value = self[name]
        return value if isinstance(value, tuple) else (value,) * self.op.spatial

    def dim(self, name: str, index: int | None = None) -> Dim:
        """The argument (or its `index`-th item) as a dimension that remembers where it was written."""
        bound = self.args[name]
        value = bound.value if index is None or not isinstance(bound.value, tuple) else bound.value[index]
        expr = bound.expr
        if index is not None and isinstance(expr, ast.Tuple | ast.List):
            expr = expr.elts[index]
        dim = Dim.of(value)
        if not isinstance(expr, ast.expr) and dim.is_const:
            expr = ast.Constant(dim.value)
        source = Source(f"{name}: {ast.unparse(expr) if expr is not None else dim} of `{self.label}`", bound.span)
        return dim.with_origin(Origin(expr, (source,)))

    def inferred(self, name: str, dim: Dim, *, axis: str = "", help: str | None = None) -> int:
        """Fills an inferred argument from the input's `dim`, or checks the one the spec wrote; returns the integer.

        A written value that differs is reported (S301) and the rule goes on with the input's. A symbolic dimension is
        no size a constructor can take (S304); then, and only then, the rule ends here.
        """
        bound = self.args[name]
        if not dim.is_const:
            if bound.given:
                verdict = equal(Dim.of(bound.value), dim, self.facts)
                if isinstance(verdict, Proved):
                    return int(bound.value)
            self._report(
                "S304",
                f"`{self.label}` needs a fixed size for `{name}`, but its input has `{dim}`",
                bound.span if bound.given else self.span,
                notes=self.input_notes(),
                help=f"give that dimension of the input a number instead of the symbol `{dim}`"
                if not dim.fresh
                else "the data decide that size: no constructor can take it",
            )
            self.args[name] = Bound(1)
            raise Rejected(self.first if self.op.same_shape else None)
        if bound.given and bound.value != dim.value:
            noun = axis or name.removeprefix("num_").removeprefix("in_").replace("_", " ")
            self._report(
                "S301",
                f"`{self.label}` expects {bound.value} input {noun}, but its input has {dim.value}",
                bound.span,
                notes=self.input_notes(),
                help=help or f"remove `{name}` (it is inferred), or write `{name}: {dim.value}`",
                edits=self.removed(name) if help is None else (),
            )
        expr = bound.expr if bound.given else (dim.origin.expr if dim.origin else None)
        self.args[name] = Bound(dim.value, expr, bound.span, bound.given)
        return dim.value

    # Inputs ------------------------------------------------------------------------------------------------------

    def input(self, port: str) -> TensorType:
        """The type at a port of one input."""
        return self.operands[port][0].type

    def has(self, port: str) -> bool:
        """Whether an optional port is connected."""
        return bool(self.operands.get(port))

    def types(self, port: str) -> list[TensorType]:
        """The types at a variadic port."""
        return [operand.type for operand in self.operands[port]]

    @property
    def x(self) -> TensorType:
        """The first input."""
        return self.input(self.op.ports()[0][0])

    @property
    def first(self) -> TensorType | None:
        for operands in self.operands.values():
            for operand in operands:
                return operand.type
        return None

    def input_notes(self, *ports: str) -> tuple[Note, ...]:
        """`from: bn1 (line 13) gives [N, 3090]`, for the ports named or for all."""
        chosen = ports or tuple(self.operands)
        notes = (
            Note(f"from: {operand.name} gives {operand.type}", operand.span)
            for port in chosen
            for operand in self.operands.get(port, [])
        )
        return tuple(dict.fromkeys(notes))  # query, key and value are often one layer

    # Sizes that the data decide ----------------------------------------------------------------------------------

    def fresh(self, letter: str, most: Dim, *, least: int = 0) -> Dim:
        """A size that is known only when the network runs, between `least` and `most`: how many boxes `nms` keeps.

        `least` is 0 or 1, and 0 where there may be nothing at all (`most` may be 0). The symbol's name ends in
        `letter`; two sizes of one call need two letters.
        """
        if most == 0:
            return most
        some = isinstance(at_least(most, Dim.of(1), self.facts), Proved)
        name = self.namer(letter) if self.namer is not None else f"{self.op.name}_{letter}"
        source = Source(f"what `{self.label}` ({self.op.name}) finds in the data", self.span)
        size = Dim.symbol(Fresh(name, least if some else 0)).with_origin(Origin(None, (source,)))
        self.found.append(compare(size.without_origin(), "<=", most.without_origin()))
        return size

    # Checks ------------------------------------------------------------------------------------------------------

    def reject(
        self,
        code: str,
        message: str,
        *,
        arg: str | None = None,
        help: str | None = None,
        notes: tuple[Note, ...] | None = None,
        recover: TensorType | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> NoReturn:
        """Reports at `arg` (where it was written) or the layer, and ends the rule.

        `recover` is what the output is taken to be, so that later layers are checked; without it an op with
        `same_shape` gives its input's type, any other an unknown.
        """
        self.report(code, message, arg=arg, help=help, notes=notes, edits=edits)
        raise Rejected(recover or (self.first if self.op.same_shape else None))

    def report(
        self,
        code: str,
        message: str,
        *,
        arg: str | None = None,
        help: str | None = None,
        notes: tuple[Note, ...] | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Reports at `arg` (where it was written) or the layer; the rule goes on."""
        span = self.args[arg].span if arg is not None and self.args[arg].span is not None else self.span
        found = self.input_notes() if notes is None else notes
        self._report(code, message, span, notes=found, help=help, edits=edits)

    def _report(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        notes: tuple[Note, ...],
        help: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        self.sink.error(code, message, span, notes=notes, help=help, edits=edits)

    def removed(self, name: str) -> tuple[Edit, ...]:
        """The edit that takes a written argument out."""
        bound = self.args[name]
        return (Edit(bound.span, "", "remove"),) if bound.given and bound.span is not None else ()

    def declared(self, dtype: str) -> tuple[Edit, ...]:
        """The edit that gives the first input another dtype, where it is the network's own."""
        operand = next((operand for operands in self.operands.values() for operand in operands), None)
        return (Edit(operand.span, dtype, "dtype"),) if operand is not None and operand.span is not None else ()

    def rewritten(self, name: str, text: str) -> tuple[Edit, ...]:
        """The edit that gives a written argument another value; none where an expression stands for several values."""
        bound = self.args[name]
        plain = bound.given and bound.span is not None and bound.expr is None
        return (Edit(bound.span, f"{name}: {text}"),) if plain and bound.span is not None else ()

    def require_rank(self, *ranks: int, port: str | None = None, layout: str = "") -> int:
        """The rank of the input, which must be one of `ranks` (S302); `layout` says them in words (`[N, C, H, W]`)."""
        name = port or self.op.ports()[0][0]
        rank = self.input(name).rank
        if rank not in ranks:
            from specc.ops.spatial import fitting

            wanted = " or ".join(f"{r}-d" for r in sorted(ranks))
            advice = self.op.rank_help(rank) if hasattr(self.op, "rank_help") else None
            other = fitting(self.op.name, self.op.spatial, rank) if advice is not None else None
            self.reject(
                "S302",
                f"`{self.label}` ({self.op.name}) needs a {wanted} input{f' {layout}' if layout else ''}, "
                f"but its input is {rank}-d",
                help=advice,
                edits=(Edit(self.span, other, "op"),) if other is not None and self.span is not None else (),
                notes=self.input_notes(name),
            )
        return rank

    def require_dtype(self, allowed: Collection[str], wanted: str, *ports: str, help: str | None = None) -> None:
        """The inputs at `ports` (the first, if none is named) must have one of the dtypes `allowed` (S307).

        `wanted` says them in words: `a floating-point input`.
        """
        for port in ports or (self.op.ports()[0][0],):
            for operand in self.operands.get(port, []):
                if operand.type.dtype not in allowed:
                    self.reject(
                        "S307",
                        f"`{self.label}` ({self.op.name}) needs {wanted}, but its input is {operand.type.dtype}",
                        notes=self.input_notes(port),
                        help=help,
                    )

    def require_floating(self, *ports: str) -> None:
        """The inputs must be of a real floating type (S307)."""
        self.require_dtype(FLOATING, "a floating-point input", *ports)

    def require_weights(self, *ports: str) -> None:
        """The inputs must be float32, as the layer's parameters are: torch's products do not mix dtypes (S307)."""
        self.require_dtype(("float32",), "a float32 input, as its weights are", *ports)

    def require_equal(
        self,
        a: Dim,
        b: Dim,
        message: str,
        *,
        code: str = "S303",
        arg: str | None = None,
        help: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """`a == b` must be proved: refuted is `message` (`code`), open is S305 with the weakest condition."""
        verdict = equal(a, b, self.facts)
        if isinstance(verdict, Proved):
            return
        notes = (*self.input_notes(), *self.blame(a, b))
        if isinstance(verdict, Holds):
            self._holds(f"{message}: they are equal only when {verdict.when}", verdict.when, arg, notes)
            return
        self.report(code, message, arg=arg, notes=notes, help=help, edits=edits)

    def _holds(self, message: str, when: Condition, arg: str | None, notes: tuple[Note, ...]) -> None:
        """Reports S305; several axes that are open make one report, whose help has the conditions of all."""
        span = self.args[arg].span if arg is not None and self.args[arg].span is not None else self.span
        conditions = self.open.setdefault(span, [])
        if when not in conditions:
            conditions.append(when)
        texts = [str(condition) for condition in conditions]
        help = f"holds when {' and '.join(texts)}; {mend(conditions)}"
        for k, known in enumerate(self.sink.diagnostics):
            if (known.code, known.span) == ("S305", span):
                both = tuple(dict.fromkeys((*known.notes, *notes)))
                self.sink.diagnostics[k] = known._replace(help=help, notes=both, edits=stated(conditions, span))
                return
        self._report("S305", message, span, notes=notes, help=help, edits=stated(conditions, span))

    def require_at_least(
        self,
        dim: Dim,
        least: int | Dim,
        message: str,
        *,
        code: str = "S306",
        arg: str | None = None,
        help: str | None = None,
    ) -> None:
        """`dim >= least` must not be refuted; what stays open is recorded among the network's requirements."""
        verdict = at_least(dim, Dim.of(least), self.facts)
        if isinstance(verdict, Proved):
            return
        if isinstance(verdict, Holds):
            self.requirements.append(verdict.when)
            return
        self.report(code, message, arg=arg, notes=(*self.input_notes(), *self.blame(dim)), help=help)

    def decide(self, a: Dim, b: Dim) -> Verdict:
        """Whether `a == b`, without a report."""
        return equal(a, b, self.facts)

    @staticmethod
    def blame(*dims: Dim) -> tuple[Note, ...]:
        """`64 comes from out_channels: 64 of `stem` (line 9)`, for every size whose maker is known."""
        return tuple(
            Note(f"{dim} comes from {source.text}", source.span)
            for dim in dims
            if dim.origin is not None
            for source in dim.origin.sources[:2]
        )

    def axis(self, value: int, rank: int, *, arg: str = "dim", extra: int = 0) -> int:
        """`value` counted from the front: it must lie in [-rank, rank) (S309); a 0-d tensor counts as one axis."""
        span = max(rank + extra, 1)
        if not -span <= value < span:
            self.reject(
                "S309",
                f"`{arg}: {value}` of `{self.label}` is out of range for a {rank}-d input "
                f"(it may be {-span} to {span - 1})",
                arg=arg,
            )
        return value % span
