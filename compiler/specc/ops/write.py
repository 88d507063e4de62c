"""How the Python of an op is written. Data only: the emitter supplies the texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple


def arguments(texts: Sequence[tuple[str, str]], leading: tuple[str, ...]) -> list[str]:
    """`(name, text)` pairs as call arguments; those in `leading` (`Op.leading`) go without their names.

    An argument left out before it makes a leading one a keyword: `x.flatten(end_dim=2)`.
    """
    return [text if leading[k : k + 1] == (name,) else f"{name}={text}" for k, (name, text) in enumerate(texts)]


# What the generated module imports under a shorter name.
_ROOTS = {"nn": "torch.nn", "F": "torch.nn.functional"}


class Made(NamedTuple):
    """`head(args…)`, where an argument may be such a call itself."""

    head: str
    args: tuple[str | Made, ...]

    def flat(self) -> str:
        return f"{self.head}({', '.join(arg if isinstance(arg, str) else arg.flat() for arg in self.args)})"


class Writer:
    """A function or class by its dotted name: `F.relu(x)`, `nn.Conv2d(3, 64, kernel_size=3)`.

    `listed` writes the inputs as one list (`torch.cat([a, b], dim=1)`).
    """

    __slots__ = ("listed", "target")
    operator = False  # the text is an infix expression, to be put in parentheses inside another

    def __init__(self, target: str, *, listed: bool = False) -> None:
        self.target = target
        self.listed = listed

    @property
    def path(self) -> str:
        """The dotted name of what is called, as PyTorch's documentation has it."""
        root, _, name = self.target.partition(".")
        return f"{_ROOTS.get(root, root)}.{name}"

    def construct(self, args: list[str]) -> str:
        """The constructor call of a module."""
        return self.made(args).flat()

    def made(self, args: list[str]) -> Made:
        """The same by its parts, so that a long one can be broken over lines."""
        return Made(self.target, tuple(args))

    def apply(self, layer: str, inputs: list[str], args: list[str]) -> str:
        """The call of the module `layer` (`self.conv1`), given the texts of its inputs and forward arguments."""
        return f"{layer}({', '.join([*inputs, *args])})"

    def call(self, inputs: list[str], args: list[str]) -> str:
        """The expression of a function, given the texts of its inputs and arguments."""
        operands = [f"[{', '.join(inputs)}]"] if self.listed else inputs
        return f"{self.target}({', '.join([*operands, *args])})"


class Moded(Writer):
    """A function told whether its module trains: `F.dropout(x, 0.1, training=self.training)`."""

    __slots__ = ("mode",)

    def __init__(self, target: str, mode: str = "training") -> None:
        super().__init__(target)
        self.mode = mode  # the name of torch's argument

    def call(self, inputs: list[str], args: list[str]) -> str:
        return super().call(inputs, [*args, f"{self.mode}=self.training"])

    def implied(self, inputs: Collection[str]) -> dict[str, str]:
        """The arguments that it adds, by name, where the inputs named are given."""
        return {self.mode: "self.training"}


class Statistics(Moded):
    """A normalisation that follows the mode of its module where running statistics are its second input, and without
    them takes those of its input at all times, which is told by the arguments `own`: `F.batch_norm(x, mean, var,
    training=self.training)`, `F.batch_norm(x, None, None, training=True)`.
    """

    __slots__ = ("own",)

    def __init__(self, target: str, mode: str, own: Mapping[str, str]) -> None:
        super().__init__(target, mode)
        self.own = own

    def call(self, inputs: list[str], args: list[str]) -> str:
        if len(inputs) > 1 and not _keyword(inputs[1]):
            return super().call(inputs, args)
        places = [text for text in self.own.values() if text == "None"]  # inputs that are left out
        named = [f"{name}={text}" for name, text in self.own.items() if text != "None"]
        return Writer.call(self, [inputs[0], *places, *inputs[1:]], [*args, *named])

    def implied(self, inputs: Collection[str]) -> dict[str, str]:
        return super().implied(inputs) if "running_mean" in inputs else dict(self.own)


class Method(Writer):
    """A tensor method: `x.flatten(1)`. `splat` spreads a list argument given first: `x.permute(0, 2, 1)`."""

    __slots__ = ("splat",)

    def __init__(self, target: str, *, splat: bool = False) -> None:
        super().__init__(target)
        self.splat = splat

    @property
    def path(self) -> str:
        return f"torch.Tensor.{self.target}"

    def call(self, inputs: list[str], args: list[str]) -> str:
        receiver, *others = inputs
        if self.splat and args and args[0][:1] in "([" and args[0][-1:] in ")]":
            inner = args[0][1:-1].strip().rstrip(",")
            args = [inner or "()", *args[1:]]
        return f"{receiver}.{self.target}({', '.join([*others, *args])})"


class Operator(Writer):
    """An infix operator over two or more operands: `a + b`. An argument that needs its name makes it the tensor method
    `method`: `a.div(b, rounding_mode="floor")`.
    """

    __slots__ = ("method",)
    operator = True

    def __init__(self, target: str, method: str) -> None:
        super().__init__(target)
        self.method = method

    @property
    def path(self) -> str:
        return f"torch.{self.method}"

    def call(self, inputs: list[str], args: list[str]) -> str:
        if any(_keyword(arg) for arg in args):
            receiver, *others = inputs
            return f"{receiver}.{self.method}({', '.join([*others, *args])})"
        return f" {self.target} ".join([*inputs, *args])


class Comparison(Operator):
    """An infix comparison; with true or false it is the method (`x.eq(True)`), for `x == True` reads as a slip."""

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        if args and args[-1] in ("True", "False"):
            return f"{inputs[0]}.{self.method}({', '.join([*inputs[1:], *args])})"
        return super().call(inputs, args)


class Placed(Writer):
    """A function whose inputs and arguments stand in the order of `names`: `torch.where(mask, x, 0)`."""

    __slots__ = ("names",)

    def __init__(self, target: str, names: tuple[str, ...]) -> None:
        super().__init__(target)
        self.names = names

    def call(self, inputs: list[str], args: list[str]) -> str:
        given: dict[str, str] = {}
        rest = []
        for text in [*inputs, *args]:
            name, _, value = text.partition("=") if _keyword(text) else ("", "", text)
            name = name or next((each for each in self.names if each not in given), "")
            if name in self.names and name not in given:
                given[name] = value
            else:
                rest.append(text)
        placed = [given.pop(name) for name in takewhile(tuple(given).__contains__, self.names)]
        return f"{self.target}({', '.join([*placed, *(f'{name}={text}' for name, text in given.items()), *rest])})"


class Always(Writer):
    """A function with an argument that is written even where it is torch's default, which torch warns about."""

    __slots__ = ("argument",)

    def __init__(self, target: str, argument: str) -> None:
        super().__init__(target)
        self.argument = argument

    def call(self, inputs: list[str], args: list[str]) -> str:
        name = self.argument.partition("=")[0]
        given = any(arg.startswith(f"{name}=") for arg in args)
        return super().call(inputs, args if given else [*args, self.argument])


class Prefix(Writer):
    """A prefix operator, which is torch's function `method`: `-x`."""

    __slots__ = ("method",)
    operator = True

    def __init__(self, target: str, method: str) -> None:
        super().__init__(target)
        self.method = method

    @property
    def path(self) -> str:
        return f"torch.{self.method}"

    def call(self, inputs: list[str], args: list[str]) -> str:
        return f"{self.target}{inputs[0]}"


class Packed(Writer):
    """A module that takes all its inputs after the first as one tuple: `self.lstm(x, (h_0, c_0))`."""

    __slots__ = ()

    def apply(self, layer: str, inputs: list[str], args: list[str]) -> str:
        first, *states = inputs
        packed = [f"({', '.join(states)}{',' if len(states) == 1 else ''})"] if states else []
        return f"{layer}({', '.join([first, *packed, *args])})"


class Named(Writer):
    """A callable whose inputs after the first `after` are written with their names, because other arguments of the
    signature stand between them: `self.attn(q, k, v, attn_mask=mask)`.
    """

    __slots__ = ("after", "names")

    def __init__(self, target: str, after: int, names: tuple[str, ...]) -> None:
        super().__init__(target)
        self.after = after  # so many inputs come first, by position
        self.names = names

    def apply(self, layer: str, inputs: list[str], args: list[str]) -> str:
        return super().apply(layer, self._named(inputs), args)

    def call(self, inputs: list[str], args: list[str]) -> str:
        inputs = self._named(inputs)
        leading = [arg for arg in args if not _keyword(arg)]
        rest = [arg for arg in args if _keyword(arg)]
        return super().call([*inputs[: self.after], *leading, *inputs[self.after :]], rest)

    def _named(self, inputs: list[str]) -> list[str]:
        later = inputs[self.after :]
        known = [text if _keyword(text) else f"{name}={text}" for name, text in zip(self.names, later, strict=False)]
        return [*inputs[: self.after], *known]


def _keyword(text: str) -> bool:
    """Whether the text of an argument begins with its name: `attn_mask=mask`."""
    name, equals, rest = text.partition("=")
    return bool(equals) and name.isidentifier() and not rest.startswith("=")


class Nested(Named):
    """A module built around another: `nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8), num_layers=6)`.

    The arguments named in `outer` are its own, the others go to `inner`. An argument `norm` names a class of `torch.nn`
    that is made with the features, eps and bias of the inner module: `norm=nn.LayerNorm(512)`.
    """

    __slots__ = ("inner", "outer")

    def __init__(self, target: str, inner: str, outer: tuple[str, ...], after: int, names: tuple[str, ...]) -> None:
        super().__init__(target, after, names)
        self.inner = inner
        self.outer = outer

    def made(self, args: list[str]) -> Made:
        own = [arg for arg in args if arg.partition("=")[0] in self.outer]
        inner = [arg for arg in args if arg not in own]
        own = [self._norm(arg, inner) if arg.startswith("norm=") else arg for arg in own]
        return Made(self.target, (Made(self.inner, tuple(inner)), *own))

    @staticmethod
    def _norm(arg: str, inner: list[str]) -> str:
        """`norm="LayerNorm"` as the module; where a param decides, as the module or None."""
        kind, features = arg.partition("=")[2], inner[0].removeprefix("d_model=")
        known = {"layer_norm_eps": "eps", "bias": "bias"}
        pairs = [setting.partition("=") for setting in inner[1:]]
        settings = [f"{known[name]}={value}" for name, _, value in pairs if name in known]
        literal = kind[:1] == kind[-1:] == '"'
        made = f"nn.{kind[1:-1] if literal else 'LayerNorm'}({', '.join([features, *settings])})"
        return f"norm={made}" if literal else f"norm={made} if {kind} else None"


class Range(Writer):
    """`torch.arange(5)`, `torch.arange(2, 5)`, `torch.arange(0, 5, 2)`: a start of 0 is written before a step."""

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        bounds = dict(arg.split("=", 1) for arg in args if arg.partition("=")[0] in ("start", "end", "step"))
        others = [arg for arg in args if arg.partition("=")[0] not in bounds]
        if "step" in bounds:
            bounds.setdefault("start", "0")
        given = [bounds[name] for name in ("start", "end", "step") if name in bounds]
        return f"{self.target}({', '.join([*given, *others])})"


class Along(Method):
    """A tensor method whose axis, the first argument, stands between its inputs: `x.gather(1, index)`."""

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        receiver, *others = inputs
        axis, *rest = args
        return f"{receiver}.{self.target}({', '.join([axis, *others, *rest])})"


class Headed(Writer):
    """A function whose first argument stands before its inputs: `torch.einsum("ij,jk->ik", a, b)`."""

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        first, *rest = args
        return f"{self.target}({', '.join([first, *inputs, *rest])})"


class Patterned(Method):
    """A tensor method, and einops' function of the same name where a pattern is given: `x.repeat(2, 1)`,
    `einops.repeat(x, "n c -> (n r) c", r=2)`.
    """

    __slots__ = ()

    def call(self, inputs: list[str], args: list[str]) -> str:
        if args and args[0].startswith("pattern="):
            return f"einops.{self.target}({', '.join([*inputs, args[0].partition('=')[2], *args[1:]])})"
        return super().call(inputs, args)
