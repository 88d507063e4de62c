"""Lints of whole scopes: shortcuts that are more than an identity for nothing, and branches that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Note, Severity
from specc.graph.ir import Node, Scope
from specc.shapes.tensor import TensorType

_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "GroupNorm", "LayerNorm", "Identity")
_PROJECTIONS = ("Conv1d", "Conv2d", "Conv3d", "Linear")


def needless_shortcuts(root: Scope) -> Iterator[tuple[Node, Diagnostic]]:
    """Shortcuts that only project, where the input has the body's shape already (W519)."""
    for node in root.walk():
        if node.role != "shortcut" or node.optional or not node.inputs or not node.outputs:
            continue
        before, after = node.inputs[0].value.type, node.outputs[0].type
        if not isinstance(before, TensorType) or before != after:
            continue
        leaves = [node] if node.body is None else [leaf for leaf in node.body.walk() if leaf.op is not None]
        if not all(leaf.kind in _NORMS or _pointwise(leaf) for leaf in leaves):
            continue
        if not any(leaf.kind in _PROJECTIONS for leaf in leaves):
            continue
        count = sum(_numel(owned.shape) for leaf in leaves for owned in leaf.parameters.values())
        yield (
            node,
            Diagnostic(
                "W519",
                f"`{node.name}` projects {before} to its own shape: the identity would do",
                node.span,
                (Note(f"it has {count:,} parameters, and the gradient passes through them", None),),
                "remove `shortcut`, or write `shortcut: auto` to project only where shapes differ",
                Severity.WARNING,
            ),
        )


def _pointwise(leaf: Node) -> bool:
    """A projection of every position by itself."""
    if leaf.kind == "Linear":
        return True
    return leaf.kind in _PROJECTIONS and all(
        set(value if isinstance(value, tuple) else (value,)) == {1}
        for value in (leaf.args["kernel_size"].value, leaf.args["stride"].value)
    )


def _numel(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def dead_branches(root: Scope) -> Iterator[tuple[Node, Diagnostic]]:
    """Layers that are read, and yet only by layers whose results go nowhere (W520)."""
    yield from _dead(root)
    for node in root.walk():
        if node.body is not None:
            yield from _dead(node.body)


def _dead(scope: Scope) -> Iterator[tuple[Node, Diagnostic]]:
    if scope.fresh or not scope.outputs:  # a size that a layer finds is read by an argument: not seen here
        return
    maker = {value: node for node in scope.nodes for value in node.outputs}
    alive: set[Node] = set()
    queue = [maker[value] for _, value in scope.outputs if value in maker]
    while queue:
        node = queue.pop()
        if node not in alive:
            alive.add(node)
            queue += [maker[item.value] for item in node.inputs if item.value in maker]
    if len(alive) == len(scope.nodes):
        return
    read = {item.value for node in scope.nodes for item in node.inputs}
    # Each end that nothing reads (it is reported as that) has the layers before it that lead to no other place.
    told: set[Node] = set()
    for end in scope.nodes:
        if end in alive or any(value in read for value in end.outputs):
            continue
        branch: list[Node] = []
        queue = [end]
        while queue:
            for item in queue.pop().inputs:
                before = maker.get(item.value)
                if before is not None and before not in alive and before not in told:
                    told.add(before)
                    branch.append(before)
                    queue.append(before)
        branch = [node for node in scope.nodes if node in branch and node.role in ("", "body", "branch")]
        if branch:
            yield branch[0], _dead_branch(branch, end)


def _dead_branch(branch: list[Node], end: Node) -> Diagnostic:
    names = [f"`{node.name}`" for node in branch]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    lead = "leads" if len(branch) == 1 else "lead"
    return Diagnostic(
        "W520",
        f"{listed} {lead} to `{end.name}` alone, which nothing reads",
        branch[0].span,
        (Note(f"`{end.name}` ends here", end.span),),
        f"read `{end.name}`, or remove {listed} with it",
        Severity.WARNING,
    )
