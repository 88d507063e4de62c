"""Tensors of the network's own: parameters and buffers that stand in a spec as layers.

They are declared as ops are, so that every emitter reads them as it reads a layer, but not registered (`abstract`):
no spec names them by `op`.
"""

from __future__ import annotations

from typing import ClassVar

from specc.ops.arguments import Bool, DType, Ints, Text, Weights
from specc.ops.declare import Family, Op
from specc.ops.write import Writer


class _Attribute(Writer):
    """Read as an attribute of its module: `self.class_token`."""

    __slots__ = ()

    def apply(self, layer: str, inputs: list[str], args: list[str]) -> str:
        return layer


class Own(Op, abstract=True):
    """A tensor that a module holds and its `forward` reads by name. Its own name among its `parameters` is "".

    `init` is a call of a function of `torch.nn.init` without the tensor, `normal_(std=0.02)`.
    """

    family = Family.EMBEDDING
    stateful = True
    own = True
    inputs: ClassVar[tuple[str, ...]] = ()
    size = Ints("its shape", min=0)
    dtype = DType("its dtype", "float32")
    init = Text("how it begins", "zeros_()")


class Parameter(Own, abstract=True):
    name = "parameter"
    doc = "A tensor that is trained."
    python = _Attribute("nn.Parameter")


class Buffer(Own, abstract=True):
    """`value` is a number, a boolean, or lists of them in the tensor's shape; None where `init` says how it begins."""

    name = "buffer"
    doc = "A tensor that moves with the network and is not trained."
    python = _Attribute("torch.Tensor")
    value = Weights("what it holds", None)
    persistent = Bool("whether the state dict holds it", True)
