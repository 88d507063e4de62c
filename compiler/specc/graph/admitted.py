"""Sizes whose provenance leaves something out: a rule computed them from an argument that it does not mention.

A rule reads `call["kernel_size"]` as an integer, so a size computed from it remembers the input it came from and not
the param behind the argument. As a constructor argument it would be right for this value of the param alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from specc.graph.origins import unexplaining
from specc.ops.call import Bound
from specc.shapes.dim import Dim
from specc.shapes.origin import Origin
from specc.shapes.tensor import TensorType, Type

_OWN_AXIS = frozenset({"out_channels"})  # it is the size of an axis, and no other size depends on it


def admitted(args: Mapping[str, Bound], inputs: Sequence[Type], outputs: Sequence[Type]) -> tuple[Type, ...]:
    """The types of an op's outputs; a size that hides a param it may depend on is said to be unexplained.

    A size is taken at its word where it is an input's, or an argument itself, or its expression names every param that
    the arguments name. Sizes that are symbolic are left alone: they are no constructor's arguments.
    """
    written = {
        name: bound.expr
        for name, bound in args.items()
        if bound.given and bound.expr is not None and name not in _OWN_AXIS and any(_names(bound.expr))
    }
    given = [tree for tree in _sizes(inputs) if any(_names(tree))]
    if not written and not given:
        return tuple(outputs)
    needed = {name for tree in written.values() for name in _names(tree)}
    passed = {id(dim.origin) for type_ in inputs if isinstance(type_, TensorType) for dim in type_.shape if dim.origin}

    def honest(dim: Dim) -> Dim:
        origin = dim.origin
        if not dim.is_const or (origin is not None and (origin.expr is None or id(origin) in passed)):
            return dim
        said = origin.expr if origin is not None else None
        if origin is not None and said is not None:
            if needed <= set(_names(said)) or _is_argument(dim, origin, args):
                return dim
        elif not written and (dim.value in (1, len(inputs)) or _is_literal(dim, args)):
            return dim  # an axis that the op itself makes
        causes = [*([said] if said is not None else given), *written.values()]
        return dim.with_origin(Origin(unexplaining(dim.value, causes), origin.sources if origin is not None else ()))

    return tuple(
        TensorType(tuple(map(honest, type_.shape)), type_.dtype) if isinstance(type_, TensorType) else type_
        for type_ in outputs
    )


def _sizes(types: Sequence[Type]) -> list[ast.expr]:
    """Where the sizes of the inputs come from: any of them may be behind a size that does not say."""
    dims = [dim for type_ in types if isinstance(type_, TensorType) for dim in type_.shape]
    return [dim.origin.expr for dim in dims if dim.origin is not None and dim.origin.expr is not None and dim.is_const]


def _is_argument(dim: Dim, origin: Origin, args: Mapping[str, Bound]) -> bool:
    """Whether the size is one of the arguments as it was written."""
    assert origin.expr is not None
    said = ast.dump(origin.expr)
    for name, bound in args.items():
        parts = bound.expr.elts if isinstance(bound.expr, ast.Tuple | ast.List) else [bound.expr]
        if any(part is not None and ast.dump(part) == said for part in parts):
            return True
        values = bound.value if isinstance(bound.value, tuple) else (bound.value,)
        named = len(origin.sources) == 1 and origin.sources[0].text.startswith(f"{name}: ")
        if named and isinstance(origin.expr, ast.Constant) and any(value == dim.value for value in values):
            return True
    return False


def _is_literal(dim: Dim, args: Mapping[str, Bound]) -> bool:
    """Whether an argument is the number itself, alone or in a list."""
    values = [bound.value if isinstance(bound.value, tuple) else (bound.value,) for bound in args.values()]
    return any(type(value) is int and value == dim.value for several in values for value in several)


def _names(tree: ast.expr) -> Iterator[str]:
    """The params, symbols and sizes an expression depends on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
