"""How an op is declared: one class, from which everything else is derived.

    class Linear(Module):
        \"\"\"An affine map of the last axis: y = x Wᵀ + b.\"\"\"

        family = Family.LINEAR
        formula = "y = x Wᵀ + b"
        positional = 2
        in_features = Int("size of the last axis of the input", INFERRED, min=0)
        out_features = Int("size of the last axis of the output", min=0)
        bias = Bool("whether b is learned", True)
        example = ("[N, 784]", "{op: Linear, out_features: 10}")

        @classmethod
        def infer(cls, call): ...        # shape and dtype of the outputs; reports what cannot work
        @classmethod
        def parameters(cls, call): ...   # {"weight": (10, 784), ...}
        @classmethod
        def macs(cls, call): ...         # multiply-adds
        keeps = Saved(inputs=("input",)) # what autograd keeps for the backward pass
        @classmethod
        def sample(cls, rng): ...        # a random configuration for the differential test

The JSON Schema, the reference page, the Python it is written as and its place in the differential test follow from it.
A class that lacks a part is refused when it is defined.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from specc.ops.arguments import REQUIRED, Arg, Json, collect
from specc.ops.write import Writer

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from specc.ops.arguments import Value
    from specc.ops.call import Call
    from specc.shapes.dim import Dim
    from specc.shapes.tensor import TensorType

Shape = tuple[int, ...]


class Family(Enum):
    """What an op is for: it groups the reference and colours the diagrams."""

    CONVOLUTION = "convolution"
    NORMALIZATION = "normalization"
    ACTIVATION = "activation"
    POOLING = "pooling"
    LINEAR = "linear"
    SHAPE = "shape"
    DROPOUT = "dropout"
    EMBEDDING = "embedding"
    RECURRENT = "recurrent"
    ATTENTION = "attention"
    VISION = "vision"
    DISTANCE = "distance"
    LOSS = "loss"
    MATH = "math"


class Owned(NamedTuple):
    """A parameter or buffer: its shape, its dtype, and whether it is trained."""

    shape: Shape
    dtype: str = "float32"
    trained: bool = True


class Sample(NamedTuple):
    """One configuration for the differential test: what a spec would write, and the tensors it is given.

    `args` holds plain values (lists, not tuples). `inputs` are (shape, dtype) in the order of the op's ports, None for
    an optional one left out. Values of integer inputs are drawn from [`low`, `high`), and are true where `low` is 1.
    With `ascending` the values of each input ascend along its last axis, as the corners of a box do.
    """

    args: dict[str, Any]
    inputs: tuple[tuple[Shape, str] | None, ...]
    high: int = 2
    low: int = 0
    ascending: bool = False


class Saved(NamedTuple):
    """What autograd keeps of a call for its backward pass, in training mode on the CPU, every float input but a mask
    needing a gradient: the tensors at the input ports named, the outputs at the places given, and `extra` bytes of
    others (a mask, the indices of a pooling, statistics, a copy). Parameters and buffers are not counted.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[int, ...] = ()
    extra: Dim | int = 0
    # Of an op that runs as many kernels, roughly, the bytes of tensors that it takes for a while: `forward` beside what
    # it gives and keeps, `backward` in place of its inputs' gradients where these are less.
    forward: Dim | int = 0
    backward: Dim | int = 0


class Incomplete(TypeError):
    """An op declaration that lacks a part."""


_OPS: dict[str, type[Op]] = {}


class Op:
    """The base of every declaration; see the module's docstring. A subclass with `abstract=True` is shared code."""

    name: ClassVar[str]
    family: ClassVar[Family]
    args: ClassVar[dict[str, Arg]] = {}
    # The forward arguments by PyTorch's names: "attn_mask?" may be left out, "*tensors" takes any number (at least 1).
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    # Names of several outputs in order: "indices?" is there only where an argument asks for it, and alone the first is
    # no tuple. Empty where there is one, or their number depends on the arguments otherwise.
    outputs: ClassVar[tuple[str, ...]] = ()
    many: ClassVar[bool] = False  # a tuple of as many tensors as the arguments and inputs say, be it one
    # How several outputs are taken apart in Python, each by its name: "{output}, ({h_n}, {c_n})". Empty for a flat
    # tuple in the order of the outputs. An output nobody reads is written `_`.
    unpack: ClassVar[str] = ""
    python: ClassVar[Writer]
    example: ClassVar[tuple[str, str]]  # the input shape(s), and the layer as a spec writes it
    stateful: ClassVar[bool]  # a submodule in PyTorch (true) or a plain function (false)
    own: ClassVar[bool] = False  # a parameter or buffer that stands as a layer, see `specc.ops.own`
    # What each argument is that the op takes beside `args` under a name of the user's choosing (an axis of a pattern).
    extra: ClassVar[Arg | None] = None
    positional: ClassVar[int] = 0  # so many leading arguments are written without their names
    spatial: ClassVar[int] = 0  # the number of spatial axes, and the length of `Sizes`
    same_shape: ClassVar[bool] = False  # the first output has the shape of the first input, whatever happens
    doc: ClassVar[str]
    formula: ClassVar[str] = ""  # what it computes, in plain mathematics; one line or a few
    keeps: ClassVar[Saved | None] = None  # what `saved` answers, where no argument changes it
    view: ClassVar[bool] = False  # what `shares` answers, likewise

    def __init_subclass__(cls, abstract: bool = False) -> None:
        own = collect(vars(cls))
        inherited: dict[str, Arg] = {}
        for base in reversed(cls.__mro__[1:]):
            inherited.update(vars(base).get("args", {}))
        order = vars(cls).get("order")  # torch's order of arguments, where bases contribute some of them
        merged = {**inherited, **own}
        cls.args = {name: merged[name] for name in order} if order else merged
        if abstract:
            return
        if "name" not in vars(cls):
            cls.name = cls.__name__
        cls.doc = (vars(cls).get("__doc__") or "").strip()
        parts = ("doc", "formula", "family", "example", "python", "stateful")
        missing = [part for part in parts if not getattr(cls, part, None)]
        if "stateful" in missing and hasattr(cls, "stateful"):
            missing.remove("stateful")
        # Every part is taken from a class below Op: a part inherited from Op itself was left out.
        missing += [part for part in ("infer", "parameters", "macs", "sample") if _provider(cls, part) is Op]
        if cls.keeps is None and _provider(cls, "saved") is Op:
            missing.append("keeps")
        if missing:
            raise Incomplete(f"op {cls.name} lacks {', '.join(missing)}")
        _OPS[cls.name] = cls

    @classmethod
    def infer(cls, call: Call) -> TensorType | tuple[TensorType, ...]:
        """The type of the output, or of each output. Reports through `call` what cannot work."""
        raise NotImplementedError

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        """The parameters a call owns, by PyTorch's names and in PyTorch's order; asked only after `infer` accepted."""
        raise NotImplementedError

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        """The persistent buffers, likewise."""
        return {}

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        """Multiply-adds of one forward pass: multiplications by weights or of two tensors (convolution, matmul).

        Element-wise work, reductions, comparisons and bias additions count as none, as in `torch.utils.flop_counter`.
        """
        raise NotImplementedError

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        """What autograd keeps for the backward pass; asked only after `infer` accepted."""
        return cls.keeps

    @classmethod
    def shares(cls, call: Call) -> bool:
        """Whether the outputs are the first input's memory (a view of a contiguous tensor, or an operation in place),
        so that they take none of their own.
        """
        return cls.view

    @classmethod
    def target(cls) -> str:
        """The dotted name of what is called, `torch.nn.Conv2d`: the link to PyTorch's own documentation."""
        return cls.python.path

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        """A random configuration, now and then an invalid one."""
        raise NotImplementedError

    @classmethod
    def schema(cls) -> Json:
        """JSON Schema of the arguments."""
        required = [name for name, arg in cls.args.items() if arg.default is REQUIRED]
        return {
            "type": "object",
            "properties": {name: arg.schema() for name, arg in cls.args.items()},
            "required": required,
            "additionalProperties": cls.extra.schema() if cls.extra is not None else False,
        }

    @classmethod
    def argument(cls, name: str) -> Arg | None:
        """The argument of that name; None where the op takes none."""
        return cls.args.get(name) or (cls.extra.called(name) if cls.extra is not None else None)

    @classmethod
    def arguments(cls, names: Iterable[str] = ()) -> dict[str, Arg]:
        """The declared arguments, then those of `names` that the op takes beside them."""
        beside = cls.extra
        if beside is None:
            return cls.args
        return {**cls.args, **{name: beside.called(name) for name in names if name not in cls.args}}

    @classmethod
    def leading(cls) -> tuple[str, ...]:
        """The arguments that are written without their names, where none before them is left out."""
        return tuple(cls.args)[: cls.positional]

    @classmethod
    def written(cls, values: Mapping[str, Value]) -> list[str]:
        """The arguments a person would write: those that differ from PyTorch's defaults, in order."""
        return [name for name, arg in cls.arguments(values).items() if not arg.is_default(values[name])]

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of several outputs, those included that an argument may leave out."""
        return tuple(name.rstrip("?") for name in cls.outputs)

    @classmethod
    def packed(cls, count: int) -> bool:
        """Whether a call that has `count` outputs gives them in a tuple."""
        return cls.many or count > 1 or len([name for name in cls.outputs if not name.endswith("?")]) > 1

    @classmethod
    def ports(cls) -> list[tuple[str, bool, bool]]:
        """(name, optional, variadic) of every input."""
        return [(p.strip("*?"), p.endswith("?"), p.startswith("*")) for p in cls.inputs]


def _provider(cls: type, part: str) -> type:
    return next(base for base in cls.__mro__ if part in vars(base))


class Module(Op, abstract=True):
    """An op that is a class of `torch.nn`."""

    stateful = True

    def __init_subclass__(cls, abstract: bool = False) -> None:
        if not abstract and not hasattr(cls, "python"):
            cls.python = Writer(f"nn.{cls.__name__}")
        super().__init_subclass__(abstract=abstract)


class Function(Op, abstract=True):
    """An op that is a function or a tensor method: it owns nothing."""

    stateful = False

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}


def registered() -> dict[str, type[Op]]:
    """The ops declared so far by name, in order of declaration; `specc.ops.OPS` has all."""
    return _OPS
