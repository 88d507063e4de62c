"""`nn.Sequential` in order: the network as a chain, and every group and block in it that is one.

A `Sequential` is plain where the spec numbers its layers (or with `numbered`) and an `OrderedDict` where it names them.
Functions in it become the modules of the same effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Note, Sink, Span
from specc.emit.python.gather import Definition, definition
from specc.emit.python.modules import is_module
from specc.emit.styles.lift import counterpart, lifted
from specc.emit.styles.rebuild import below, renamed
from specc.graph.ir import Node, Scope, Value

Break = tuple[Span | None, str, str]  # where a chain breaks, what is there, and why it breaks it
_MEND = "build it with `--style module` or `--style containers`"


def in_order(root: Scope, sink: Sink, *, numbered: bool) -> Scope:
    """The network as a chain; a diagnostic for every layer at which it is none."""
    broken = list(breaks(root))
    for span, what, why in broken:
        sink.error("C109", f"{what}, so the network is no `nn.Sequential`", span, notes=(Note(why),), help=_MEND)
    return root if broken else _Writer(root, numbered).chain(root, "")


def breaks(scope: Scope) -> Iterator[Break]:
    """Everything that keeps a scope from being modules in a row, from top to bottom."""
    yield from _ends(scope)
    current: Value | None = scope.inputs[0] if scope.inputs else None
    reason = "in an `nn.Sequential` every layer is called with what the layer before it gives"
    for node in scope.nodes:
        read = [given.value for given in node.inputs]
        what = _kind(node)
        if node.op is not None and node.op.own:
            yield node.span, f"`{node.name}` is a tensor of the network's own", "an `nn.Sequential` holds modules only"
        elif len(read) != 1 or read[0] is not current:
            yield node.span, f"`{node.name}` reads {_said(read, current)}", reason
        elif what:
            function = node.op is not None and not node.op.stateful
            yield node.span, f"`{node.name}` {what}", "an `nn.Sequential` holds modules only" if function else reason
        elif node.optional or node.condition is not None:
            why = "what an `nn.Sequential` holds does not depend on a condition"
            yield node.span, f"`{node.name}` has a `when`", why
        current = node.outputs[0] if node.outputs else None
    for name, condition in scope.absent:
        if condition is not None:
            why = "what an `nn.Sequential` holds does not depend on a condition"
            yield scope.span, f"`{name}`, left out here, has a `when`", why
    if len(scope.outputs) == 1 and scope.nodes and scope.outputs[0][1] is not current:
        why = "an `nn.Sequential` gives what its last layer gives"
        yield scope.nodes[-1].span, f"the output is `{scope.outputs[0][1].name}`, not the last layer", why


def _ends(scope: Scope) -> Iterator[Break]:
    if len(scope.inputs) != 1:
        what = f"it has {len(scope.inputs)} inputs" if scope.inputs else "it has no input"
        yield (scope.inputs[1].span if len(scope.inputs) > 1 else scope.span), what, "an `nn.Sequential` takes one"
    if len(scope.outputs) != 1:
        span = scope.outputs[1][1].span if len(scope.outputs) > 1 else scope.span
        yield span, f"it has {len(scope.outputs)} outputs", "an `nn.Sequential` gives one"


def _kind(node: Node) -> str:
    """What a layer is that cannot stand in a `Sequential`; nothing where it can."""
    if node.share or node.module:
        return "applies the weights of another layer"
    if node.body is not None and node.body.kind == "repeat" and not node.body.nodes:
        return "is repeated no times"
    if node.body is not None and node.body.kind == "repeat":
        broken = next(breaks(node.body), None)
        return f"repeats what is no chain: {broken[1]}" if broken is not None else ""
    op = node.op
    if op is None or len(node.inputs) != 1:  # that it reads another number is said
        return ""
    if len(node.outputs) != 1 or op.packed(len(node.outputs)):
        return "gives several tensors"
    if not op.stateful:
        return "" if counterpart(node) is not None else f"is a function, `{op.name}`, that `torch.nn` has no module of"
    if op.ports()[0][0] != node.inputs[0].port:
        return f"takes what it reads as its `{node.inputs[0].port}`"
    given = [name for name, arg in op.args.items() if arg.forward and not arg.is_default(node.args[name].value)]
    return f"is called with `{given[0]}` too" if given else ""


def _said(read: list[Value], before: Value | None) -> str:
    if not read:
        return "nothing"
    names = " and ".join(f"`{value.name}`" for value in read)
    return names if before is None or len(read) > 1 else f"{names}, not `{before.name}` before it"


class _Writer:
    def __init__(self, root: Scope, numbered: bool) -> None:
        self.numbered = numbered
        self.chains = _chains(root)

    def chain(self, scope: Scope, prefix: str) -> Scope:
        """A scope that is a chain, as a `Sequential`."""
        nodes = []
        for k, node in enumerate(scope.nodes):
            name = str(k) if self.numbered else node.name
            body = self.body(node.body, f"{prefix}{name}.") if node.body is not None else None
            there = renamed(node, prefix, name, body)
            module = counterpart(node) if not is_module(node) and node.op is not None else None
            nodes.append(lifted(there, module) if module is not None else there)
        container = "" if scope.kind == "repeat" else "Sequential"
        return scope._replace(nodes=tuple(nodes), container=container, numbered=scope.numbered or self.numbered)

    def body(self, scope: Scope, prefix: str) -> Scope:
        if self.chains.get(definition(scope), False):
            return self.chain(scope, prefix)
        return scope._replace(nodes=below(scope.nodes, prefix, self.body))


def _chains(root: Scope) -> dict[Definition, bool]:
    """The texts whose scopes are chains in all of their uses."""
    verdicts: dict[Definition, bool] = {}
    for node in root.walk():
        if node.body is not None:
            name = definition(node.body)
            verdicts[name] = verdicts.get(name, True) and next(breaks(node.body), None) is None
    return verdicts
