"""Boxes of `torchvision.ops`: suppression, selection, conversion, and how far two sets overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import Choice, Float, SizeList, Value, shown
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.spatial import sample_dtype
from specc.ops.write import Writer
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_complex, is_floating
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

PLAIN = ("xyxy", "xywh", "cxcywh")
_WIDTHS = {"xyxy": 4, "xywh": 4, "cxcywh": 4, "xywhr": 5, "cxcywhr": 5, "xyxyxyxy": 8}


class BoxFunction(Function, abstract=True):
    """What the functions over boxes share."""

    family = Family.VISION
    inputs: ClassVar[tuple[str, ...]] = ("boxes",)

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0


def upcast(dtype: str) -> str:
    """What torchvision computes areas in: small floats as float32, small integers (and complex numbers) as int32."""
    if is_floating(dtype):
        return dtype if dtype == "float64" else "float32"
    return dtype if dtype == "int64" else "int32"


def require_boxes(call: Call, port: str, width: int = 4, least: int = 1) -> tuple[Dim, ...]:
    """The leading axes of boxes, which have `width` numbers each (S302, S303)."""
    boxes = call.input(port)
    if boxes.rank < least:
        lead = "[N, " if least > 1 else "[…, "
        call.reject(
            "S302",
            f"`{call.label}` ({call.op.name}) needs boxes {lead}{width}], but `{port}` is {boxes.rank}-d",
            notes=call.input_notes(port),
        )
    call.require_equal(
        boxes.shape[-1],
        Dim.of(width),
        f"`{call.label}` ({call.op.name}) needs {width} numbers for a box, but the last axis of `{port}` has "
        f"{boxes.shape[-1]}",
    )
    return boxes.shape[:-1]


def refuse(call: Call, dtypes: tuple[str, ...], port: str, wanted: str) -> None:
    """The dtypes that will not do at a port (S307)."""
    if call.input(port).dtype in dtypes:
        call.require_dtype([d for d in DTYPES if d not in dtypes], wanted, port)


COMPLEX = tuple(d for d in DTYPES if is_complex(d))


def sample_boxes(
    rng: random.Random, *, lead: int = 1, width: int = 4, often: float = 0.85
) -> tuple[tuple[int, ...], str]:
    """Boxes [N, 4], now and then of other axes or dtypes."""
    axes = tuple(rng.choice([0, 1, 2, 3, 5]) for _ in range(lead))
    last = width if rng.random() < 0.95 else rng.choice([0, 1, 3, 5])
    return ((*axes, last) if rng.random() < 0.97 else axes), sample_dtype(rng, often)


class _Suppress(BoxFunction, abstract=True):
    positional = 1
    iou_threshold = Float("boxes that overlap a better one by more than this are dropped")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.input("boxes").rank != 2:
            call.reject(
                "S302",
                f"`{call.label}` ({cls.name}) needs boxes [N, 4], but `boxes` is {call.x.rank}-d",
                notes=call.input_notes("boxes"),
            )
        (count,) = require_boxes(call, "boxes")
        call.require_dtype(("float32", "float64"), "float32 or float64 boxes", "boxes")
        call.require_dtype((call.x.dtype,), f"scores of the boxes' dtype, {call.x.dtype}", "scores")
        for port in cls.inputs[1:]:
            call.require_rank(1, port=port, layout=f"`{port}` [N]")
            size = call.input(port).shape[0]
            call.require_equal(
                size, count, f"`{call.label}` ({cls.name}) has {size} `{port}` for {count} boxes", code="S303"
            )
        return TensorType.of((call.fresh("K", count, least=1),), "int64")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        (shape, dtype) = sample_boxes(rng, often=0.7)
        dtype = rng.choice(["float32", "float64"]) if rng.random() < 0.8 else dtype
        count = shape[0] + (rng.random() < 0.06) if shape else 1
        scores = ((count,) if rng.random() < 0.95 else (count, 1), dtype if rng.random() < 0.95 else "float32")
        idxs = ((count,), rng.choice(["int64", "int64", "int32", "uint8", "float32"]))
        inputs = ((shape, dtype), scores, idxs)[: len(cls.inputs)]
        return Sample({"iou_threshold": rng.choice([0.1, 0.5, 0.5, 0, 1])}, inputs, high=3)


class nms(_Suppress):
    """The indices of the boxes that stay when each drops those of a lower score that overlap it, best first.

    How many stay is known only when the network runs: the size is a symbol of its own, named after the layer. Of a
    layer `keep` it is `keep_K`, which later layers may name where torch takes a size at run time.
    """

    python = Writer("torchvision.ops.nms")
    inputs = ("boxes", "scores")
    formula = "box i stays when no box j that stays has score[j] > score[i] and IoU(i, j) > iou_threshold"
    example = ("[N, 4], [N]", "{op: nms, iou_threshold: 0.5, from: [boxes, scores]}")


class batched_nms(_Suppress):
    """`nms` within each category, told by `idxs`: boxes of different categories do not drop one another."""

    python = Writer("torchvision.ops.batched_nms")
    inputs = ("boxes", "scores", "idxs")
    formula = (
        "box i stays when no box j that stays has idxs[j] = idxs[i], score[j] > score[i] and IoU(i, j) > iou_threshold"
    )
    example = ("[N, 4], [N], [N] int64", "{op: batched_nms, iou_threshold: 0.5, from: [boxes, scores, labels]}")


class remove_small_boxes(BoxFunction):
    """The indices of the boxes both of whose sides are at least `min_size`.

    How many there are is known only when the network runs: the size is a symbol of its own.
    """

    python = Writer("torchvision.ops.remove_small_boxes")
    positional = 1
    min_size = Float("the least width and height")
    formula = "out = the i with x₂[i] − x₁[i] ≥ min_size and y₂[i] − y₁[i] ≥ min_size"
    example = ("[N, 4]", "{op: remove_small_boxes, min_size: 16}")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        lead = require_boxes(call, "boxes")
        refuse(call, (*COMPLEX, "bool"), "boxes", "boxes of real numbers")
        return TensorType.of((call.fresh("K", call.x.with_shape(lead).numel),), "int64")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        boxes = sample_boxes(rng, lead=rng.choice([0, 1, 1, 1, 2]), often=0.6)
        return Sample({"min_size": rng.choice([0, 0.1, 0.3, 1, -1])}, (boxes,))


class Extent(SizeList):
    """The height and the width of an image."""

    __slots__ = ()
    kind = "a height and a width"

    def _refuse(self, value: Value, owner: Any) -> str | None:
        wrong = super()._refuse(value, owner)
        if wrong is None and len(value) != 2:
            return f"must be {self.kind}, not {shown(value)}"
        return wrong


class clip_boxes_to_image(BoxFunction):
    """Boxes cut off at the borders of an image; its size may be that of an input: `size: [H, W]`."""

    python = Writer("torchvision.ops.clip_boxes_to_image")
    positional = 1
    size = Extent("the height and the width of the image")
    formula = "x ↦ min(max(x, 0), width), y ↦ min(max(y, 0), height)"
    example = ("[N, 4]", "{op: clip_boxes_to_image, size: [224, 224]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        require_boxes(call, "boxes")
        refuse(call, COMPLEX, "boxes", "boxes of real numbers")
        return call.x.with_dtype("int64") if call.x.dtype == "bool" else call.x

    keeps = Saved(inputs=("boxes",))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        size = [rng.choice([0, 1, 2, 3]) for _ in range(2 if rng.random() < 0.95 else 3)]
        return Sample({"size": size}, (sample_boxes(rng, lead=rng.choice([0, 1, 1, 2]), often=0.5),))


class box_convert(BoxFunction):
    """Boxes from one form of coordinates to another."""

    python = Writer("torchvision.ops.box_convert")
    positional = 2
    in_fmt = Choice("the form of the input", tuple(_WIDTHS))
    out_fmt = Choice("the form of the output", tuple(_WIDTHS))
    formula = "w = x₂ − x₁, h = y₂ − y₁, cx = (x₁ + x₂) / 2, cy = (y₁ + y₂) / 2; r is an angle in degrees"
    example = ("[N, 4]", "{op: box_convert, in_fmt: cxcywh, out_fmt: xyxy}")
    between: ClassVar[tuple[frozenset[str], ...]] = (frozenset(PLAIN), frozenset(_WIDTHS) - frozenset(PLAIN))

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        given, wanted = call["in_fmt"], call["out_fmt"]
        if given == wanted:
            return call.x
        if not any({given, wanted} <= group for group in cls.between):
            call.reject(
                "S310",
                f"`{call.label}` (box_convert) cannot turn `{given}` into `{wanted}`",
                arg="out_fmt",
                help="boxes with and without an angle are not converted into each other",
                notes=(),
            )
        lead = require_boxes(call, "boxes", _WIDTHS[given])
        refuse(call, cls._wrong(given, wanted), "boxes", f"numbers that `{given}` and `{wanted}` can be computed of")
        return TensorType.of((*lead, _WIDTHS[wanted]), cls._dtype(call.x.dtype, given, wanted))

    @staticmethod
    def _wrong(given: str, wanted: str) -> tuple[str, ...]:
        differences = () if (given, wanted) == ("xywh", "xyxy") else ("bool",)  # torch does not subtract booleans
        return differences if given in PLAIN else (*COMPLEX, *differences)

    @staticmethod
    def _dtype(dtype: str, given: str, wanted: str) -> str:
        if given not in PLAIN or is_floating(dtype) or is_complex(dtype):
            return dtype
        return "float32" if "cxcywh" in (given, wanted) else dtype

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        plain = call["in_fmt"] in PLAIN or call["in_fmt"] == call["out_fmt"]
        return Saved() if plain else None  # an angle is turned by several products

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        group = [*rng.choice(cls.between)]
        given = rng.choice(sorted(group))
        wanted = rng.choice(sorted(group) if rng.random() < 0.95 else list(_WIDTHS))
        boxes = sample_boxes(rng, lead=rng.choice([0, 1, 1, 2]), width=_WIDTHS[given], often=0.5)
        return Sample({"in_fmt": given, "out_fmt": wanted}, (boxes,))


class box_area(BoxFunction):
    """The areas of boxes."""

    python = Writer("torchvision.ops.box_area")
    fmt = Choice("the form of the boxes", PLAIN, "xyxy")
    formula = "A = (x₂ − x₁) · (y₂ − y₁), or w · h"
    example = ("[N, 4]", "box_area")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        lead = require_boxes(call, "boxes")
        return TensorType(lead, upcast(call.x.dtype))

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The two factors: sides that were computed, or numbers of the boxes."""
        (area,) = call.output
        if call["fmt"] == "xyxy":
            return Saved(extra=area.nbytes * 2)
        return (
            Saved(inputs=("boxes",))
            if call.x.dtype == area.dtype
            else Saved(extra=call.x.with_dtype(area.dtype).nbytes)
        )

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args = {"fmt": rng.choice(PLAIN)} if rng.random() < 0.6 else {}
        return Sample(args, (sample_boxes(rng, lead=rng.choice([0, 1, 1, 2]), often=0.5),))


class masks_to_boxes(BoxFunction):
    """The boxes around masks [N, H, W]: the first and last row and column that hold anything but 0."""

    python = Writer("torchvision.ops.masks_to_boxes")
    inputs = ("masks",)
    formula = "x₁ = min {x : m[y, x] ≠ 0}, x₂ = max, likewise y₁, y₂; all 0 for an empty mask"
    example = ("[N, H, W] bool", "masks_to_boxes")
    keeps = Saved()

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(3, layout="[N, H, W]")
        empty = any(size == 0 for size in call.x.shape)
        return TensorType.of((0 if empty else call.x.shape[0], 4), "float32")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        rank = 3 if rng.random() < 0.9 else rng.randint(0, 4)
        return Sample({}, ((tuple(rng.choice([0, 1, 2, 3, 3, 4]) for _ in range(rank)), rng.choice(DTYPES)),))
