"""Convolutions whose taps are moved by a second input (torchvision)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Int, Sizes
from specc.ops.call import Call, Rejected
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.spatial import sample_dtype, sample_sizes, windows
from specc.ops.write import Named, Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

_DTYPES = ("float32", "float64", "float16")
_FORMULA = """\
out[n, k, i, j] = b[k] + Σ_c Σ_t w[k, c, t] · mask[n, t, i, j] · x[n, c, p(t, i, j) + offset[n, t, i, j]], interpolated
p(t, i, j) = stride·(i, j) + dilation·t − padding, t the taps of the kernel
H_out = ⌊(H + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1, likewise W_out"""


class _Deformable(Op, abstract=True):
    """What the module and the function share."""

    family = Family.CONVOLUTION
    spatial = 2
    formula = _FORMULA

    @classmethod
    def _rule(cls, call: Call, channels: int, out_channels: Dim, kernel: tuple[int, int]) -> TensorType:
        """The output, for a kernel of this size on so many channels; offsets and mask are held to it."""
        call.require_rank(4, port="offset", layout="`offset` [N, 2·taps, H_out, W_out]")
        stride, padding, dilation = call.sizes("stride"), call.sizes("padding"), call.sizes("dilation")
        out = []
        for axis in range(2):
            size, reach = call.x.shape[2 + axis], dilation[axis] * (kernel[axis] - 1) + 1
            padded = size + 2 * padding[axis]
            call.require_at_least(
                padded, reach, f"the kernel of `{call.label}` spans {reach}, but its padded input has only {padded}"
            )
            out.append(windows(size, kernel[axis], stride[axis], padding[axis], dilation[axis]))
        if not call.sink.ok:
            raise Rejected(None)
        taps = kernel[0] * kernel[1]
        groups = cls._groups(call, taps, channels)
        for port, count in (("offset", 2 * taps * groups), ("mask", taps * groups)):
            if not call.has(port):
                continue
            call.require_rank(4, port=port, layout=f"`{port}` [N, {count}, {out[0]}, {out[1]}]")
            call.require_dtype((call.x.dtype,), f"a `{port}` of the input's dtype, {call.x.dtype}", port)
            for axis, wanted in enumerate((call.x.shape[0], Dim.of(count), *out)):
                size = call.input(port).shape[axis]
                call.require_equal(
                    size,
                    wanted,
                    f"axis {axis} of `{port}` of `{call.label}` ({cls.name}) has size {size}, not {wanted}",
                )
        return call.x.with_shape((call.x.shape[0], out_channels, *out))

    @classmethod
    def _groups(cls, call: Call, taps: int, channels: int) -> int:
        """Into how many blocks the offsets part the input's channels."""
        given = number(call, "offset", 1)
        groups = given // (2 * taps)
        if not groups or given % (2 * taps):
            call.reject(
                "S303",
                f"`offset` of `{call.label}` ({cls.name}) has {given} channels: it needs a multiple of {2 * taps}, two "
                f"for each of the kernel's {taps} taps",
                notes=call.input_notes("offset"),
            )
        if channels % groups:
            call.reject(
                "S308",
                f"`offset` of `{call.label}` ({cls.name}) has {given} channels, for {groups} blocks of the input's, "
                f"which do not divide its {channels} channels",
                notes=call.input_notes("offset"),
            )
        return groups

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        kernel = sample_sizes(rng, 2, 1, 3)
        args: dict[str, Any] = {
            name: sample_sizes(rng, 2, low, high)
            for name, low, high in (("stride", 1, 3), ("padding", 0, 2), ("dilation", 1, 2))
            if rng.random() < 0.5
        }
        groups, blocks = rng.choice([1, 1, 2]), rng.choice([1, 1, 2])
        channels = groups * blocks * rng.randint(1, 2)
        shape = (rng.randint(0 if rng.random() < 0.05 else 1, 2), channels, rng.randint(3, 7), rng.randint(3, 7))
        out = []
        for axis in range(2):
            k, s, p, d = (
                v if isinstance(v, int) else v[min(axis, len(v) - 1)]
                for v in (kernel, args.get("stride", 1), args.get("padding", 0), args.get("dilation", 1))
            )
            out.append(max((shape[2 + axis] + 2 * p - d * (k - 1) - 1) // s + 1, 0) + (rng.random() < 0.04))
        size = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel[:2])
        taps = size[0] * size[1] * blocks
        dtype = rng.choice(_DTYPES[:2]) if rng.random() < 0.95 else sample_dtype(rng)
        offset = ((shape[0], 2 * taps + (rng.random() < 0.04), *out), dtype)
        mask = ((shape[0], taps, *out), dtype) if rng.random() < 0.4 else None
        return cls._sample(rng, args, (shape, dtype), offset, mask, (kernel, size, groups))

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], x: Any, offset: Any, mask: Any, made: Any) -> Sample:
        raise NotImplementedError


def number(call: Call, port: str, axis: int) -> int:
    """A size of an input that must be known (S304)."""
    size = call.input(port).shape[axis]
    if not size.is_const:
        call.reject(
            "S304",
            f"`{call.label}` ({call.op.name}) needs a fixed size for axis {axis} of `{port}`, but it is `{size}`",
            help=f"give that dimension a number instead of `{size}`",
            notes=call.input_notes(port),
        )
    return size.value


class DeformConv2d(_Deformable, Module):
    """2-d convolution whose taps are moved by `offset`, and weighed by `mask` where it is given (Zhu et al. 2019).

    `offset` has two numbers for each tap, the shift down and the shift right; another convolution computes it.
    """

    python = Writer("torchvision.ops.DeformConv2d")
    positional = 2
    inputs = ("input", "offset", "mask?")
    in_channels = Int("channels of the input", INFERRED, min=0)
    out_channels = Int("channels of the output: the number of filters", min=0)
    kernel_size = Sizes("size of the kernel", min=1)
    stride = Sizes("step of the kernel", 1, min=1)
    padding = Sizes("zeros added at both ends", 0)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    groups = Int("blocks of channels convolved apart", 1, min=1)
    bias = Bool("whether a bias is learned", True)
    example = (
        "[N, 16, H, W], [N, 18, H, W]",
        "{op: DeformConv2d, out_channels: 32, kernel_size: 3, padding: 1, from: [x, offset]}",
    )

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, layout="[N, C, H, W]")
        call.require_weights()
        channels = call.inferred("in_channels", call.x.shape[1], axis="channels")
        groups = call["groups"]
        for count, what in ((channels, "input"), (call["out_channels"], "output")):
            if count % groups:
                call.reject(
                    "S308",
                    f"`groups: {groups}` of `{call.label}` does not divide its {count} {what} channels",
                    arg="groups",
                )
        if not channels:
            call.reject("S306", f"`{call.label}` (DeformConv2d) needs a filled input, but axis 1 has size 0")
        height, width = call.sizes("kernel_size")
        return cls._rule(call, channels, call.dim("out_channels"), (height, width))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        weight = (call["out_channels"], call["in_channels"] // call["groups"], *call.sizes("kernel_size"))
        return {"weight": Owned(weight), **({"bias": Owned(weight[:1])} if call["bias"] else {})}

    @classmethod
    def macs(cls, call: Call) -> Dim:
        height, width = call.sizes("kernel_size")
        each: int = call["in_channels"] // call["groups"]
        return call.output[0].numel * (each * height * width)

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """A mask or a bias that is left out is made of zeros, and kept."""
        no_bias = 0 if call["bias"] else call["out_channels"]
        no_mask = Dim.of(0) if call.has("mask") else call.x.shape[0]
        return Saved(("input", "offset", "mask"), (), (no_mask + no_bias) * 4)

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], x: Any, offset: Any, mask: Any, made: Any) -> Sample:
        kernel, _, groups = made
        args |= {"kernel_size": kernel, "out_channels": groups * rng.randint(0 if rng.random() < 0.1 else 1, 3)}
        if groups > 1 or rng.random() < 0.3:
            args["groups"] = groups if rng.random() < 0.95 else 3
        if rng.random() < 0.4:
            args["bias"] = rng.random() < 0.5
        if rng.random() < 0.3:
            args["in_channels"] = x[0][1] + (rng.random() < 0.1)
        kinds = ("float32", "float32", "float32") if rng.random() < 0.95 else (x[1], offset[1], x[1])
        inputs = ((x[0], kinds[0]), (offset[0], kinds[1]), None if mask is None else (mask[0], kinds[2]))
        return Sample(args, inputs)


class deform_conv2d(_Deformable, Function):
    """2-d convolution whose taps are moved by `offset`, with weights that are an input: `DeformConv2d` owns its own."""

    python = Named("torchvision.ops.deform_conv2d", 3, ("bias", "mask"))
    inputs = ("input", "offset", "weight", "bias?", "mask?")
    stride = Sizes("step of the kernel", (1, 1), min=1)
    padding = Sizes("zeros added at both ends", (0, 0))
    dilation = Sizes("distance between the kernel's taps", (1, 1), min=1)
    example = (
        "[N, 16, H, W], [N, 18, H, W], [32, 16, 3, 3]",
        "{op: deform_conv2d, padding: 1, from: [x, offset, weight]}",
    )

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, layout="[N, C, H, W]")
        call.require_rank(4, port="weight", layout="`weight` [C_out, C / groups, height, width]")
        call.require_dtype(_DTYPES, "a float32, float64 or float16 input")
        call.require_dtype((call.x.dtype,), f"a weight of the input's dtype, {call.x.dtype}", "weight")
        channels = number(call, "input", 1)
        each, height, width = (number(call, "weight", axis) for axis in (1, 2, 3))
        for size, axis in ((each, 1), (height, 2), (width, 3)):
            if not size:
                call.reject("S306", f"`{call.label}` (deform_conv2d) needs a filled weight, but axis {axis} has size 0")
        filters = call.input("weight").shape[0]
        if not channels or channels % each:
            call.reject(
                "S303",
                f"`weight` of `{call.label}` (deform_conv2d) is for {each} channels, but the input has {channels}",
                help="the input's channels must be a multiple of the weight's",
            )
        groups = channels // each
        call.require_equal(
            filters % groups,
            Dim.of(0),
            f"the {groups} groups of channels of `{call.label}` (deform_conv2d) do not divide its {filters} filters",
            code="S308",
        )
        if call.has("bias"):
            call.require_dtype((call.x.dtype,), f"a bias of the input's dtype, {call.x.dtype}", "bias")
            given = call.input("bias").numel
            call.require_equal(given, filters, f"`bias` of `{call.label}` has {given} numbers for {filters} filters")
        return cls._rule(call, channels, filters, (height, width))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        each = call.input("weight").shape[1:]
        return call.output[0].numel * each[0] * each[1] * each[2]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """A mask or a bias that is left out is made of zeros, and kept."""
        no_bias = Dim.of(0) if call.has("bias") else call.input("weight").shape[0]
        no_mask = Dim.of(0) if call.has("mask") else call.x.shape[0]
        size = call.x.with_shape((no_mask + no_bias,)).nbytes
        return Saved(("input", "offset", "weight", "bias", "mask"), (), size)

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], x: Any, offset: Any, mask: Any, made: Any) -> Sample:
        _, size, groups = made
        filters = groups * rng.randint(0 if rng.random() < 0.1 else 1, 2) + (rng.random() < 0.03)
        weight = ((filters, x[0][1] // groups, *size), x[1] if rng.random() < 0.97 else "float64")
        bias = ((filters + (rng.random() < 0.05),), x[1]) if rng.random() < 0.4 else None
        return Sample(args, (x, offset, weight, bias, mask))
