"""What a name that does not fit most likely means: an op nearby, or the layer instead of the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.diagnostics import closest
from specc.graph.frame import Frame
from specc.graph.ir import Value
from specc.ops import OPS
from specc.ops.declare import Op
from specc.ops.library import plain, stem
from specc.shapes.tensor import TensorType
from specc.source.nodes import Mapping as SourceMapping
from specc.source.schema import LAYER_KEYS

if TYPE_CHECKING:
    from specc.graph.build import Builder

Sources = list[Value] | dict[str, list[Value]] | None


def near(builder: Builder, kind: str, frame: Frame, sources: Sources) -> str | None:
    """The op or block that an unknown name most likely means; of `Conv1d` and `Conv2d` the one its input fits."""
    from specc.diagnostics import keras

    if kind in keras.LAYERS and kind not in OPS:
        return keras.layer(kind, _rank(frame, sources))
    if kind in keras.ADVICE:
        return closest(kind, builder.blocks)
    layers = [name for name in OPS if name[:1].isupper()] if kind[:1].isupper() else []
    # a layer is meant by a capital: `batch_norm` is nearer to `BatchNorm` by letters alone
    found = closest(kind, [*builder.blocks, *layers]) or closest(kind, [*OPS, *builder.blocks])
    if found is None or not found[-2:-1].isdigit() or kind[-2:-1].isdigit():
        return found
    return _fitting(found[:-2], frame, sources) or found


def advice(builder: Builder, kind: str, near: str | None) -> str | None:
    """The help for a name of Keras's; None for any other."""
    from specc.diagnostics import keras

    if near in builder.blocks:
        return None
    if kind in keras.LAYERS and near is not None:
        return f"`{kind}` is Keras's name; PyTorch's is `{near}`"
    return f"that is Keras's; here {keras.ADVICE[kind]}" if kind in keras.ADVICE else None


def owner(op: type[Op], node: SourceMapping, frame: Frame, sources: Sources) -> str | None:
    """The layer that is meant by a function's name, `Conv2d` by `conv2d`: the arguments, or the one input, are its own.

    None where the function can be what is meant.
    """
    if op.stateful:
        return None
    written = [str(entry.key.value) for entry in node.entries]
    written = [word for word in written if word != "op" and word not in LAYER_KEYS]
    strange = [word for word in written if op.argument(word) is None]
    given = 1 if sources is None else len(sources)
    lacking = given < sum(not optional for _, optional, _ in op.ports())
    if not strange and not lacking:
        return None
    root = stem(op.name)
    layers = [name for name in OPS if name[:1].isupper() and stem(name) == root]
    if not layers:
        return None
    exact = [name for name in layers if plain(name) == plain(op.name)]
    chosen = exact[0] if exact else _fitting(layers[0][:-2], frame, sources) or layers[0]
    args = OPS[chosen].args
    required = [name for name, arg in args.items() if arg.required]
    fits = set(strange) <= args.keys() and set(required) <= set(written)
    return chosen if fits and (strange or len(OPS[chosen].inputs) <= given) else None


def _fitting(root: str, frame: Frame, sources: Sources) -> str | None:
    """`Conv2d` for the stem `Conv` and an image."""
    rank = _rank(frame, sources)
    name = f"{root}{rank - 2}d" if rank is not None else ""
    return name if name in OPS else None


def _rank(frame: Frame, sources: Sources) -> int | None:
    first = sources[0] if isinstance(sources, list) and sources else frame.current
    return first.type.rank if first is not None and isinstance(first.type, TensorType) else None
