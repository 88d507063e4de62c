"""einops' three functions: axes are named, split, joined, moved, reduced and repeated by a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Choice, Size, SizeList, Text
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.patterns import Plan, plan
from specc.ops.sampling import a_dtype
from specc.ops.tiling import tiled
from specc.ops.write import Patterned, Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_REDUCTIONS = ("min", "max", "sum", "mean", "prod", "any", "all")


class _Pattern(Function, abstract=True):
    family = Family.SHAPE
    positional = 1
    extra = Size("the length of an axis of the pattern, by its name")

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def _out(call: Call, found: Plan) -> TensorType:
    return call.x.with_shape(found.size(group) for group in found.right)


class rearrange(_Pattern):
    """Axes named, split, joined and moved, by a pattern of einops.

    `(h d)` is an axis made of two, `...` all axes that are not named, `1` an axis of size 1. A length that the shape
    does not tell is given by the axis's name: `h: 8`.
    """

    python = Writer("einops.rearrange")
    formula = "the same elements: where an index of the input runs over (h d), it is h · D + d for indices h and d"
    keeps = Saved()
    pattern = Text("axes of the input, `->`, axes of the output: `b (h d) n -> b h n d`")
    example = ("[N, 512, T]", '{op: rearrange, pattern: "b (h d) t -> b h t d", h: 8}')

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        return _out(call, plan(call))

    @classmethod
    def shares(cls, call: Call) -> bool:
        return plan(call).is_view()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return _sample(rng)


class reduce(_Pattern):
    """Axes that the output does not name reduced to their minimum, maximum, sum, mean or product; the others rearranged
    by a pattern of einops, as `rearrange` does.
    """

    family = Family.MATH
    python = Writer("einops.reduce")
    positional = 2
    formula = "out[…] = the reduction of x over every index that the output's side of the pattern lacks"
    pattern = Text("axes of the input, `->`, axes of the output: `b c (h p) (w q) -> b c h w`")
    reduction = Choice("what is taken of the axes that vanish", _REDUCTIONS)
    example = ("[N, C, H, W]", '{op: reduce, pattern: "b c h w -> b c", reduction: mean}')

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        found, how, dtype = plan(call, drop=True), call["reduction"], call.x.dtype
        if not found.reduced:
            return _out(call, found)
        if how == "mean":
            call.require_floating()
        if how in ("min", "max"):
            if is_complex(dtype):
                call.reject("S307", f"`{call.label}` (reduce) cannot order complex numbers")
            for axis in found.reduced:
                call.require_at_least(
                    found.sizes[axis],
                    1,
                    f"`{call.label}` (reduce) takes the {how} over the axis `{axis}`, which is empty",
                )
        return _out(call, found).with_dtype(_reduced_dtype(how, dtype))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        found, how = plan(call, drop=True), call["reduction"]
        if not found.reduced or how in ("sum", "mean", "any", "all"):
            return Saved()
        if how != "prod":
            return Saved(("input",), (0,))
        # One axis after the other, the last one first: each product is kept for the next.
        left, total = list(found.reduced), Dim.of(0)
        kept = [axis for axis in found.named if axis not in left]
        while len(left) > 1:
            left.pop()
            total = total + call.x.with_shape(found.sizes[axis] for axis in (*kept, *left)).nbytes
        return Saved(("input",), (0,), total)

    @classmethod
    def shares(cls, call: Call) -> bool:
        found = plan(call, drop=True)
        return not found.reduced and found.is_view()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        made, how = _sample(rng, drop=True), rng.choice(_REDUCTIONS)
        ((shape, dtype),) = [given for given in made.inputs if given is not None]
        dtype = "float32" if how == "mean" and rng.random() < 0.8 else dtype
        return Sample({**made.args, "reduction": how}, ((shape, dtype),))


def _reduced_dtype(how: str, dtype: str) -> str:
    if how in ("any", "all"):
        return dtype if dtype == "uint8" else "bool"
    if how in ("sum", "prod") and not is_floating(dtype) and not is_complex(dtype):
        return "int64"
    return dtype


class repeat(_Pattern):
    """The tensor repeated along its axes: so often as `repeats` says, or by a pattern of einops.

    With `repeats` it is torch's: axis k is repeated `repeats[k]` times, more repeats than axes add leading ones. With
    `pattern` it is einops': axes that only the output names are new, and the elements the same along them.
    """

    python = Patterned("repeat", splat=True)
    formula = "out[i₁, …, i_d] = x[i₁ mod n₁, …, i_d mod n_d]; by a pattern: the index of a new axis is passed over"
    repeats = SizeList("how often, for every axis", None)
    pattern = Text("axes of the input, `->`, axes of the output: `b c -> b r c`", None)
    example = ("[1, T, D]", "{op: repeat, repeats: [4, 1, 1]}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call["repeats"] is None and call["pattern"] is None:
            call.reject(
                "L202",
                f"`{call.label}` (repeat) needs `repeats` or `pattern`",
                help="write how often for every axis (`repeats: [4, 1, 1]`), or a pattern of einops "
                '(`pattern: "b c -> b r c", r: 4`)',
            )
        if call["pattern"] is not None:
            if call["repeats"] is not None:
                call.reject(
                    "S310", f"`{call.label}` (repeat) has `repeats` and a `pattern`: one will do", arg="repeats"
                )
            return _out(call, plan(call, new=True))
        for name in call.args:
            if name not in cls.args:
                call.reject("L201", f"unknown argument `{name}` of `{call.label}` (repeat)", arg=name)
        return call.x.with_shape(tiled(call, "repeats"))

    @classmethod
    def shares(cls, call: Call) -> bool:
        return call["pattern"] is not None and plan(call, new=True).is_view()

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        if rng.random() < 0.5:
            return _sample(rng, new=True)
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        repeats = [rng.randint(0, 3) for _ in range(len(shape) + rng.randint(0 if shape else 1, 2))]
        if rng.random() < 0.1 and repeats:
            repeats[0] = -1
        if rng.random() < 0.1 and len(repeats) > 1:
            repeats = repeats[1:]
        return Sample({"repeats": repeats}, ((shape, a_dtype(rng)),))


def _sample(rng: random.Random, *, new: bool = False, drop: bool = False) -> Sample:
    """A pattern over a few axes, now and then one that cannot be."""
    names = rng.sample(["a", "b", "c", "height", "w", "x1"], rng.randint(1, 4))
    sizes = {name: rng.choice([0, 1, 2, 2, 3, 4]) for name in names}
    args: dict[str, Any] = {}
    dots = rng.random() < 0.25
    left: list[list[str]] = []
    for name in names:
        if left and rng.random() < 0.35:
            left[-1].append(name)
        else:
            left.append([name])
    for group in left:
        open_at = rng.choice(group) if rng.random() < 0.7 else None
        for name in group:
            if (len(group) > 1 and name != open_at and rng.random() < 0.97) or rng.random() < 0.05:
                args[name] = sizes[name]
    shape = []
    for group in left:
        size = 1
        for name in group:
            size *= sizes[name]
        shape.append(size)
    right = list(names)
    rng.shuffle(right)
    if drop:
        right = right[: rng.randint(0, len(right))]
    if new:
        for name in ("r", "t")[: rng.randint(0, 2)]:
            right.insert(rng.randint(0, len(right)), name)
            args[name] = rng.randint(0, 3)
        if rng.random() < 0.1:
            right.insert(rng.randint(0, len(right)), "2")
    groups: list[list[str]] = []
    for name in right:
        if groups and rng.random() < 0.35:
            groups[-1].append(name)
        else:
            groups.append([name])
    texts = [[_group(group) for group in side] for side in (left, groups)]
    if rng.random() < 0.15:
        at = rng.randint(0, len(shape))
        texts[0].insert(at, rng.choice(["1", "()"]))
        shape.insert(at, 1)
    if rng.random() < 0.15:
        texts[1].insert(rng.randint(0, len(texts[1])), rng.choice(["1", "()", "(1)"]))
    if dots:
        at = rng.randint(0, len(shape))
        texts[0].insert(at, "...")
        shape[at:at] = [rng.randint(0, 3) for _ in range(rng.randint(0, 2))]
        if not drop or rng.random() < 0.6:
            texts[1].insert(rng.randint(0, len(texts[1])), rng.choice(["...", "...", "(...)"]))
    text = " -> ".join(" ".join(side) for side in texts)
    if rng.random() < 0.06:
        text = rng.choice([text.replace(" -> ", " "), text + " z", f"({text}", text.replace("a", "_a"), f"b {text}"])
    if rng.random() < 0.03:
        args["q"] = 2
    if rng.random() < 0.05 and shape:
        shape[rng.randrange(len(shape))] += 1
    return Sample({"pattern": text, **args}, ((tuple(shape), a_dtype(rng)),))


def _group(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({' '.join(names)})"
