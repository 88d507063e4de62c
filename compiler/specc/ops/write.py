"""How the Python of an op is written. Data only: the emitter supplies the texts."""

from __future__ import annotations

from collections.abc import Sequence


def arguments(texts: Sequence[tuple[str, str]], leading: tuple[str, ...]) -> list[str]:
    """`(name, text)` pairs as call arguments; those in `leading` (`Op.leading`) go without their names.

    An argument left out before it makes a leading one a keyword: `x.flatten(end_dim=2)`.
    """
    return [text if leading[k : k + 1] == (name,) else f"{name}={text}" for k, (name, text) in enumerate(texts)]


class Writer:
    """A function or class by its dotted name: `F.relu(x)`, `nn.Conv2d(3, 64, kernel_size=3)`.

    `listed` writes the inputs as one list (`torch.cat([a, b], dim=1)`).
    """

    __slots__ = ("listed", "target")
    operator = False  # the text is an infix expression, to be put in parentheses inside another

    def __init__(self, target: str, *, listed: bool = False) -> None:
        self.target = target
        self.listed = listed

    def construct(self, args: list[str]) -> str:
        """The constructor call of a module."""
        return f"{self.target}({', '.join(args)})"

    def call(self, inputs: list[str], args: list[str]) -> str:
        """The expression of a function, given the texts of its inputs and arguments."""
        operands = [f"[{', '.join(inputs)}]"] if self.listed else inputs
        return f"{self.target}({', '.join([*operands, *args])})"


class Method(Writer):
    """A tensor method: `x.flatten(1)`. `splat` spreads a list argument given first: `x.permute(0, 2, 1)`."""

    __slots__ = ("splat",)

    def __init__(self, target: str, *, splat: bool = False) -> None:
        super().__init__(target)
        self.splat = splat

    def call(self, inputs: list[str], args: list[str]) -> str:
        receiver, *others = inputs
        if self.splat and args and args[0][:1] in "([" and args[0][-1:] in ")]":
            inner = args[0][1:-1].strip().rstrip(",")
            args = [inner, *args[1:]]
        return f"{receiver}.{self.target}({', '.join([*others, *args])})"


class Operator(Writer):
    """An infix operator over two or more inputs: `a + b`."""

    __slots__ = ()
    operator = True

    def call(self, inputs: list[str], args: list[str]) -> str:
        return f" {self.target} ".join([*inputs, *args])
