"""How far boxes overlap, as `torchvision.ops` measures it: for every pair of two sets, or pairwise as a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from specc.ops.arguments import Choice, Float
from specc.ops.boxes import COMPLEX, PLAIN, BoxFunction, refuse, require_boxes, sample_boxes, upcast
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Writer
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim
from specc.shapes.dtype import bytes_of, is_floating, promote
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_ROTATED = {"cxcywhr": 5, "xywhr": 5, "xyxyxyxy": 8}
_IOU = "IoU(a, b) = |a ∩ b| / |a ∪ b|"
_ASPECT = "v = 4/π² · (atan(w_a / h_a) − atan(w_b / h_b))²"


class _Pairs(BoxFunction, abstract=True):
    """A number for every pair of the boxes [..., N, 4] and [..., M, 4]: [..., N, M]."""

    inputs = ("boxes1", "boxes2")
    upcasts: ClassVar[bool] = False  # before it computes anything: then every dtype will do

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        fmt = call["fmt"] if "fmt" in cls.args else "xyxy"
        first, second = require_boxes(call, "boxes1"), require_boxes(call, "boxes2", least=2)
        types = [call.input(port).dtype for port in cls.inputs]
        if cls.upcasts:
            types = [upcast(dtype) for dtype in types]
        elif types == ["bool", "bool"] or (fmt == "cxcywh" and "bool" in types):
            call.require_dtype((), "boxes of numbers", "boxes1")  # torch does not subtract booleans
        else:
            for port in cls.inputs:
                refuse(call, COMPLEX, port, "boxes of real numbers")
        lead = broadcast(call, [call.x.with_shape(first[:-1]), call.x.with_shape(second[:-1])])
        return TensorType((*lead, *(first[-1:] or (Dim.of(1),)), second[-1]), _dtype(types[0], types[1], fmt))

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        dtypes = {call.input(port).dtype for port in cls.inputs}
        if len(dtypes) > 1 or not dtypes <= {"float32", "float64"}:
            return None  # copies in other dtypes, each in its own place
        pairs, each = cls.kept(call)
        boxes = (call.input(port).numel // 4 for port in cls.inputs)
        return Saved(cls.inputs, (), (call.output[0].numel * pairs + sum(boxes, Dim.of(0)) * each) * bytes_of(*dtypes))

    @classmethod
    def kept(cls, call: Call) -> tuple[int, int]:
        """How many numbers are kept of every pair, and of every box."""
        raise NotImplementedError

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = rng.choice([1, 1, 1, 2])
        first = sample_boxes(rng, lead=lead if rng.random() < 0.95 else 0, often=0.6)
        second = sample_boxes(rng, lead=lead, often=0.6)
        if lead == 2 and len(first[0]) == len(second[0]) == 3:
            second = ((first[0][0] if rng.random() < 0.8 else 1, *second[0][1:]), second[1])
        return Sample(cls._options(rng), (first, second))

    @classmethod
    def _options(cls, rng: random.Random) -> dict[str, object]:
        return {"eps": rng.choice([1e-6, 1e-3, 0])} if "eps" in cls.args and rng.random() < 0.5 else {}


def _dtype(first: str, second: str, fmt: str) -> str:
    """Of an intersection over a union: areas are upcast before."""
    met = promote(first, second)
    inner = upcast(_quotient(met) if fmt == "cxcywh" else met)
    return _quotient(promote(inner, promote(upcast(first), upcast(second))))


def _quotient(dtype: str) -> str:
    return dtype if is_floating(dtype) else "float32"


class box_iou(_Pairs):
    """The intersection over the union of every box of one set with every box of another.

    Boxes with an angle (`fmt: cxcywhr`, `xywhr`, `xyxyxyxy`) have 5 or 8 numbers, no batch, and one floating dtype;
    what they give is float32.
    """

    python = Writer("torchvision.ops.box_iou")
    fmt = Choice("the form of the boxes", (*PLAIN, *_ROTATED), "xyxy")
    formula = f"out[n, m] = IoU(boxes1[n], boxes2[m]), {_IOU}"
    example = ("[N, 4], [M, 4]", "{op: box_iou, from: [boxes, truth]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        width = _ROTATED.get(call["fmt"])
        if width is None:
            return super().infer(call)
        sizes: list[Dim] = []
        for port in cls.inputs:
            call.require_rank(2, port=port, layout=f"`{port}` [N, {width}]")
            sizes += require_boxes(call, port, width, 2)
            call.require_dtype(("float32", "float64"), "float32 or float64 boxes", port)
        call.require_dtype((call.x.dtype,), f"boxes of one dtype, {call.x.dtype}", "boxes2")
        return TensorType(tuple(sizes), "float32")

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        return None if call["fmt"] in _ROTATED else super().saved(call)

    @classmethod
    def kept(cls, call: Call) -> tuple[int, int]:
        return 6, 4 if call["fmt"] == "cxcywh" else 2

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        fmt = rng.choice([*PLAIN, *_ROTATED])
        if fmt in PLAIN:
            sample = super().sample(rng)
            return sample._replace(args={"fmt": fmt} if rng.random() < 0.7 else {})
        kinds = [rng.choice(["float32", "float64", sample_dtype(rng)])] * 2
        boxes = [sample_boxes(rng, lead=1 if rng.random() < 0.95 else 2, width=_ROTATED[fmt])[0] for _ in range(2)]
        if rng.random() < 0.1:
            kinds[1] = "float64"
        return Sample({"fmt": fmt}, tuple(zip(boxes, kinds, strict=True)))


class generalized_box_iou(_Pairs):
    """`box_iou` less the part of the smallest box around both that neither covers."""

    python = Writer("torchvision.ops.generalized_box_iou")
    formula = (
        f"out[n, m] = IoU(a, b) − |C \\ (a ∪ b)| / |C|, C the smallest box around a = boxes1[n], b = boxes2[m]; {_IOU}"
    )
    example = ("[N, 4], [M, 4]", "{op: generalized_box_iou, from: [boxes, truth]}")

    @classmethod
    def kept(cls, call: Call) -> tuple[int, int]:
        return 12, 2


class distance_box_iou(_Pairs):
    """`box_iou` less the squared distance of the centres, in diagonals of the smallest box around both."""

    python = Writer("torchvision.ops.distance_box_iou")
    upcasts = True
    eps = Float("added to the squared diagonal", 1e-7)
    formula = f"out[n, m] = IoU(a, b) − |centre(a) − centre(b)|² / (diagonal(C)² + eps), C around a and b; {_IOU}"
    example = ("[N, 4], [M, 4]", "{op: distance_box_iou, from: [boxes, truth]}")

    @classmethod
    def kept(cls, call: Call) -> tuple[int, int]:
        return 14, 2


class complete_box_iou(_Pairs):
    """`distance_box_iou` less a measure of how far the aspect ratios differ."""

    python = Writer("torchvision.ops.complete_box_iou")
    upcasts = True
    eps = Float("added to the squared diagonal and to a denominator", 1e-7)
    formula = f"out[n, m] = DIoU(a, b) − α·v, {_ASPECT}, α = v / (1 − IoU(a, b) + v + eps)"
    example = ("[N, 4], [M, 4]", "{op: complete_box_iou, from: [boxes, truth]}")

    @classmethod
    def kept(cls, call: Call) -> tuple[int, int]:
        return 16, 5


class _Loss(BoxFunction, abstract=True):
    """A number for every pair boxes1[k], boxes2[k], or their mean or sum.

    What autograd keeps depends on how many of them overlap: it is given as if all did.
    """

    inputs = ("boxes1", "boxes2")
    floats: ClassVar[int]  # so many numbers are kept of every pair, beside whether and where it overlaps
    reduction = Choice("what becomes of the numbers", ("none", "mean", "sum"), "none")
    eps = Float("added to denominators", 1e-7)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        first, second = require_boxes(call, "boxes1"), require_boxes(call, "boxes2")
        if len(second) > len(first):
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs pairs of boxes, but `boxes1` is {call.x.rank}-d and `boxes2` "
                f"{call.input('boxes2').rank}-d",
            )
        for axis, size in enumerate(second, start=len(first) - len(second)):
            if size == 1:
                continue
            one = isinstance(call.decide(first[axis], size), Refuted) and not isinstance(
                call.decide(size, Dim.of(1)), Refuted
            )
            call.require_equal(
                Dim.of(1) if one else first[axis],
                size,
                f"`{call.label}` ({cls.name}) pairs {first[axis]} boxes with {size}",
            )
        kinds = [_widened(call.input(port).dtype) for port in cls.inputs]
        if kinds == ["float32", "float64"]:
            call.reject(
                "S307",
                f"`{call.label}` ({cls.name}) needs boxes of one dtype, "
                f"but `boxes1` is {call.x.dtype} and `boxes2` float64",
            )
        return TensorType(first if call["reduction"] == "none" else (), kinds[0])

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        """Not known where one of them is converted or broadcast."""
        first, second = (call.input(port) for port in cls.inputs)
        if first != second or first.dtype != _widened(first.dtype):
            return None
        pairs = TensorType(first.shape[:-1], first.dtype).numel
        return Saved(cls.inputs, extra=pairs * (cls.floats * bytes_of(first.dtype) + bytes_of("int64") + 1))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        first = sample_boxes(rng, lead=rng.choice([0, 1, 1, 2]), often=0.7)
        second = (first[0], first[1] if rng.random() < 0.8 else sample_dtype(rng))
        if rng.random() < 0.15 and len(first[0]) > 1:
            second = (first[0][1:] if rng.random() < 0.5 else (1, *first[0][1:]), second[1])
        args: dict[str, object] = {}
        if rng.random() < 0.6:
            args["reduction"] = rng.choice(["none", "mean", "sum"] if rng.random() < 0.95 else ["max"])
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-6, 1e-3])
        return Sample(args, (first, second))


def _widened(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


class generalized_box_iou_loss(_Loss):
    """1 − the generalized IoU of pairs of boxes (`generalized_box_iou`)."""

    python = Writer("torchvision.ops.generalized_box_iou_loss")
    floats = 10
    formula = f"loss[k] = 1 − IoU(a, b) + |C \\ (a ∪ b)| / |C|, C around a = boxes1[k] and b = boxes2[k]; {_IOU}"
    example = ("[N, 4], [N, 4]", "{op: generalized_box_iou_loss, reduction: mean, from: [boxes, truth]}")


class distance_box_iou_loss(_Loss):
    """1 − the distance IoU of pairs of boxes (`distance_box_iou`)."""

    python = Writer("torchvision.ops.distance_box_iou_loss")
    floats = 12
    formula = f"loss[k] = 1 − IoU(a, b) + |centre(a) − centre(b)|² / diagonal(C)², C around a and b; {_IOU}"
    example = ("[N, 4], [N, 4]", "{op: distance_box_iou_loss, reduction: mean, from: [boxes, truth]}")


class complete_box_iou_loss(_Loss):
    """1 − the complete IoU of pairs of boxes (`complete_box_iou`)."""

    python = Writer("torchvision.ops.complete_box_iou_loss")
    floats = 20
    formula = f"loss[k] = 1 − DIoU(a, b) + α·v, {_ASPECT}, α = v / (1 − IoU(a, b) + v)"
    example = ("[N, 4], [N, 4]", "{op: complete_box_iou_loss, reduction: mean, from: [boxes, truth]}")
