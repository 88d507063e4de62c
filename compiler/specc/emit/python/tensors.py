"""How a class makes the tensors of its own: `nn.Parameter(torch.zeros(1, 1, width))`, `register_buffer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from specc.emit.python.layout import Call, Doc
from specc.emit.python.tree import Hole
from specc.ops.arguments import source

# torch's functions that make a tensor so at once.
_MAKERS: Final = {"zeros_()": "zeros", "ones_()": "ones", "normal_()": "randn", "uniform_()": "rand"}
_PLAIN: Final = {float: "float32", int: "int64", bool: "bool"}  # the dtypes that torch gives plain numbers


def parameter(made: Mapping[str, tuple[Hole, str]], trained: str = "True") -> Call:
    """`nn.Parameter(…)`; `made` holds for every argument its hole and the text that stands in it."""
    more: tuple[Doc, ...] = (f"requires_grad={trained}",) if trained != "True" else ()
    return Call("nn.Parameter", (_tensor(made), *more))


def buffer(name: str, made: Mapping[str, tuple[Hole, str]]) -> Call:
    """`self.register_buffer("index", …)`."""
    hole, _ = made["persistent"]
    persistent = hole.bounds[0][1].value
    more: tuple[Doc, ...] = () if persistent else ("persistent=False",)
    return Call("self.register_buffer", (f'"{name}"', _tensor(made), *more))


def _tensor(made: Mapping[str, tuple[Hole, str]]) -> Doc:
    size = made["size"][1]
    dtype = str(made["dtype"][0].bounds[0][1].value)
    typed = () if dtype == "float32" else (f"dtype=torch.{dtype}",)
    sizes = (size[1:-1].removesuffix(","),) if size.startswith("(") and size != "()" else (size,)
    if "value" in made and made["value"][0].bounds[0][1].value is not None:
        hole, text = made["value"]
        return _held(hole, text, size, dtype)
    init = str(made["init"][0].bounds[0][1].value)
    if init in _MAKERS:
        return Call(f"torch.{_MAKERS[init]}", (*sizes, *typed))
    function, _, rest = init.partition("(")
    rest = rest[:-1]
    if function == "constant_":
        number = rest.removeprefix("val=")
        return Call("torch.full", (size, number, f"dtype=torch.{dtype}"))
    return Call(f"nn.init.{function}", (Call("torch.empty", (*sizes, *typed)), *((rest,) if rest else ())))


def _held(hole: Hole, text: str, size: str, dtype: str) -> Doc:
    value = hole.bounds[0][1].value
    if hole.tree is None:
        value = _as(value, dtype)
        text = _listed(value)
    plain = hole.tree is None and {_PLAIN[kind] for kind in _kinds(value)} == {dtype}
    typed = () if plain else (f"dtype=torch.{dtype}",)
    if isinstance(value, tuple):
        return Call("torch.tensor", (text, *typed))
    return Call("torch.full", (size, text, *typed))


def _as(value: Any, dtype: str) -> Any:
    """Whole numbers in a tensor of floats as floats."""
    if isinstance(value, tuple):
        return tuple(_as(item, dtype) for item in value)
    return float(value) if "float" in dtype and not isinstance(value, bool) else value


def _listed(value: Any) -> str:
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, tuple) else source(value)


def _kinds(value: Any) -> set[type]:
    if isinstance(value, tuple):
        return set().union(*map(_kinds, value))
    return {type(value)}
