"""The building bricks that torchvision's networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from specc.ops.arguments import INFERRED, Bool, Float, Int, Ints, Sizes, SizesOr
from specc.ops.axes import permute
from specc.ops.call import Call
from specc.ops.composite import Composite, ModuleClass, chained
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.library import OPS
from specc.ops.spatial import sample_dtype, sample_shape, sample_sizes
from specc.ops.write import Writer
from specc.shapes.dtype import promote
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

# Every activation of torch.nn whose constructor needs no argument and that works on one tensor of any shape.
ACTIVATIONS = (
    "ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Hardswish",
    "Hardsigmoid", "Hardtanh", "Hardshrink", "Softshrink", "Softplus", "Softsign", "Sigmoid", "LogSigmoid", "Tanh",
    "Tanhshrink", "Identity",
)  # fmt: skip


class SqueezeExcitation(Composite):
    """Channels weighed by what all of the image says of them (Hu et al. 2018): two 1×1 convolutions of its means."""

    family = Family.VISION
    python = Writer("torchvision.ops.SqueezeExcitation")
    positional = 2
    input_channels = Int("channels of the input", INFERRED, min=0)
    squeeze_channels = Int("channels in between", min=1)
    activation = ModuleClass("what follows the first convolution", ACTIVATIONS, "ReLU")
    scale_activation = ModuleClass("what makes the weights", ACTIVATIONS, "Sigmoid")
    formula = "y[n, c, i, j] = s[n, c] · x[n, c, i, j], s = scale_activation(W₂ · activation(W₁ · mean(x) + b₁) + b₂)"
    example = ("[N, 64, H, W]", "{op: SqueezeExcitation, squeeze_channels: 16}")
    same_shape = True

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = call.require_rank(4, 3, layout="[N, C, H, W]")
        call.require_weights()
        channels = call.inferred("input_channels", call.x.shape[rank - 3], axis="channels")
        x = cls.part(call, "avgpool", "AdaptiveAvgPool2d", {"output_size": 1}, call.x)
        x = cls.part(call, "fc1", "Conv2d", {"out_channels": call["squeeze_channels"], "kernel_size": 1}, x)
        x = cls.part(call, "activation", call["activation"], {}, x)
        x = cls.part(call, "fc2", "Conv2d", {"out_channels": channels, "kernel_size": 1}, x)
        cls.part(call, "scale_activation", call["scale_activation"], {}, x)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        owned = super().parameters(call)
        order = ("fc1", "fc2", "activation", "scale_activation")  # in which the constructor makes them
        return dict(sorted(owned.items(), key=lambda item: order.index(item[0].partition(".")[0])))

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        outcomes = [outcome for _, outcome in call.parts]
        saved = chained(call, outcomes, also=(0, len(outcomes)))
        if saved is None:
            return None
        scale = outcomes[-1].outputs[0]
        assert isinstance(scale, TensorType)
        return Saved(saved.inputs, (), scale.nbytes + saved.extra)  # the weights are not what it gives

    @classmethod
    def shares(cls, call: Call) -> bool:
        return False

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(0 if rng.random() < 0.05 else 1, 4)
        args: dict[str, Any] = {"squeeze_channels": rng.randint(1, 3)}
        for name in ("activation", "scale_activation"):
            if rng.random() < 0.6:
                args[name] = rng.choice(ACTIVATIONS)
        if rng.random() < 0.3:
            args["input_channels"] = channels + (rng.random() < 0.1)
        return Sample(args, ((sample_shape(rng, 2, channels, high=5), sample_dtype(rng, 0.95)),))


class _ConvNormActivation(Composite, abstract=True):
    family = Family.CONVOLUTION
    positional = 2
    in_channels = Int("channels of the input", INFERRED, min=0)
    out_channels = Int("channels of the output", min=1)
    kernel_size = Sizes("size of the kernel", 3, min=1)
    stride = Sizes("step of the kernel", 1, min=1)
    padding = SizesOr("zeros added at both ends; left out, so many that a stride of 1 keeps an odd kernel's input size",
                      ("same", "valid"), None)  # fmt: skip
    groups = Int("blocks of channels convolved apart", 1, min=1)
    norms: tuple[str, ...] = ()
    formula = "y = activation_layer(norm_layer(conv(x)))"
    _order = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups", "norm_layer",
              "activation_layer", "dilation", "inplace", "bias")  # fmt: skip

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        n = cls.spatial
        call.require_rank(n + 2, n + 1, layout="[N, C, H, W]" if n == 2 else "[N, C, D, H, W]")
        call.inferred("in_channels", call.x.shape[-n - 1], axis="channels")
        kernel, dilation, padding = call.sizes("kernel_size"), call.sizes("dilation"), call["padding"]
        if padding is None:
            padding = tuple((k - 1) // 2 * d for k, d in zip(kernel, dilation, strict=True))
        args = {name: call[name] for name in ("out_channels", "stride", "groups")}
        bias = call["norm_layer"] is None if call["bias"] is None else call["bias"]
        args |= {"kernel_size": kernel, "dilation": dilation, "padding": padding, "bias": bias}
        x = cls.part(call, "0", f"Conv{n}d", args, call.x)
        if call["norm_layer"] is not None:
            x = cls.part(call, "1", call["norm_layer"], {}, x)
        if call["activation_layer"] is not None:
            name = str(len(call.parts))
            x = cls.part(call, name, call["activation_layer"], in_place(call, call["activation_layer"]), x)
        return x.with_dim(-n - 1, call.dim("out_channels"))

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        n, groups = cls.spatial, rng.choice([1, 1, 1, 2])
        channels = groups * rng.randint(1, 2)
        args: dict[str, Any] = {"out_channels": groups * rng.randint(1, 3) + (rng.random() < 0.05)}
        optional = {
            "in_channels": channels + (rng.random() < 0.1),
            "kernel_size": sample_sizes(rng, n, 1, 3),
            "stride": sample_sizes(rng, n, 1, 2),
            "padding": rng.choice([None, sample_sizes(rng, n, 0, 2), "same", "valid"]),
            "groups": groups,
            "norm_layer": rng.choice([None, *cls.norms]),
            "activation_layer": rng.choice([None, "ReLU", "ReLU", *ACTIVATIONS]),
            "dilation": sample_sizes(rng, n, 1, 2),
            "inplace": rng.choice([None, True, False]),
            "bias": rng.choice([None, True, False]),
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        if args.get("activation_layer", "ReLU") in ("Sigmoid", "Tanh", "GELU") and rng.random() < 0.8:
            args["inplace"] = None
        if groups > 1:
            args["groups"] = groups
        return Sample(args, ((sample_shape(rng, n, channels, batch=0.95, high=6), sample_dtype(rng, 0.95)),))


def in_place(call: Call, kind: str) -> dict[str, bool]:
    """The `inplace` that is handed on to an activation, which must take it (S310)."""
    inplace = call["inplace"]
    if inplace is None:
        return {}
    if kind == "Identity":  # it takes anything
        return {}
    if "inplace" not in OPS[kind].args:
        call.reject(
            "S310",
            f"`{kind}` of `{call.label}` ({call.op.name}) does not work in place",
            arg="inplace",
            help="write `inplace: null`",
            notes=(),
        )
    return {"inplace": inplace}


class Conv2dNormActivation(_ConvNormActivation):
    """A convolution, a normalisation and an activation: submodules 0, 1 and 2.

    `norm_layer` and `activation_layer` are names of classes, `null` for none. Without a normalisation the convolution
    has a bias. An activation that cannot work in place needs `inplace: null`.
    """

    python = Writer("torchvision.ops.Conv2dNormActivation")
    spatial = 2
    norms = ("BatchNorm2d", "InstanceNorm2d", "FrozenBatchNorm2d", "Identity")
    norm_layer = ModuleClass("the normalisation, given the channels", norms, "BatchNorm2d", nullable=True)
    activation_layer = ModuleClass("the activation", ACTIVATIONS, "ReLU", nullable=True)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    inplace = Bool("whether the activation overwrites its input; `null` leaves it to its default", True, nullable=True)
    bias = Bool("whether the convolution has a bias; left out, it has one where there is no normalisation", None)
    order = _ConvNormActivation._order
    example = ("[N, 3, H, W]", "{op: Conv2dNormActivation, out_channels: 32, stride: 2, activation_layer: ReLU6}")


class Conv3dNormActivation(_ConvNormActivation):
    """A convolution, a normalisation and an activation of volumes: `Conv2dNormActivation` with one more axis."""

    python = Writer("torchvision.ops.Conv3dNormActivation")
    spatial = 3
    norms = ("BatchNorm3d", "InstanceNorm3d", "Identity")
    norm_layer = ModuleClass("the normalisation, given the channels", norms, "BatchNorm3d", nullable=True)
    activation_layer = ModuleClass("the activation", ACTIVATIONS, "ReLU", nullable=True)
    dilation = Sizes("distance between the kernel's taps", 1, min=1)
    inplace = Bool("whether the activation overwrites its input; `null` leaves it to its default", True, nullable=True)
    bias = Bool("whether the convolution has a bias; left out, it has one where there is no normalisation", None)
    order = _ConvNormActivation._order
    example = ("[N, 3, D, H, W]", "{op: Conv3dNormActivation, out_channels: 32}")


class MLP(Composite):
    """Linear layers of the last axis, each but the last followed by a normalisation, an activation and dropout.

    The submodules are numbered 0, 1, 2 … A dropout follows the last linear layer too.
    """

    family = Family.LINEAR
    python = Writer("torchvision.ops.MLP")
    positional = 2
    _norms: ClassVar[dict[str, Callable[[int], dict[str, Any]]]] = {
        "LayerNorm": lambda size: {"normalized_shape": size},
        "BatchNorm1d": lambda size: {"num_features": size},
        "Identity": lambda size: {},
    }
    in_channels = Int("size of the last axis of the input", INFERRED, min=0)
    hidden_channels = Ints("sizes that the layers give, the last one's being the output's", min=0)
    norm_layer = ModuleClass("the normalisation, given the size", tuple(_norms), None)
    activation_layer = ModuleClass("the activation", ACTIVATIONS, "ReLU", nullable=True)
    inplace = Bool("whether activations and dropouts overwrite their input; `null` leaves it to their defaults", None)
    bias = Bool("whether the linear layers have biases", True)
    dropout = Float("probability of an element to be set to 0", 0.0, min=0, max=1)
    formula = "y = dropout(W_L · … dropout(activation_layer(norm_layer(W₁ · x + b₁))) … + b_L)"
    example = ("[N, 784]", "{op: MLP, hidden_channels: [256, 10], dropout: 0.1}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        hidden = call["hidden_channels"]
        if not hidden:
            call.reject(
                "L204", f"`hidden_channels` of `{call.label}` (MLP) needs a size at least", arg="hidden_channels"
            )
        if not call.x.rank:
            call.reject("S302", f"`{call.label}` (MLP) needs an input with at least one axis, but its input is 0-d")
        call.inferred("in_channels", call.x.shape[-1], axis="features")
        kind = call["activation_layer"]
        if kind is None and len(hidden) > 1:
            call.reject(
                "S310",
                f"`{call.label}` (MLP) needs an activation between its {len(hidden)} layers",
                arg="activation_layer",
                help="write `activation_layer: Identity` for none",
            )
        x = call.x
        drop = {"p": call["dropout"], **({} if call["inplace"] is None else {"inplace": call["inplace"]})}
        for k, size in enumerate(hidden):
            x = cls._next(call, "Linear", {"out_features": size, "bias": call["bias"]}, x)
            if k < len(hidden) - 1:
                if call["norm_layer"] is not None:
                    x = cls._next(call, call["norm_layer"], cls._norms[call["norm_layer"]](size), x)
                x = cls._next(call, kind, in_place(call, kind), x)
            x = cls._next(call, "Dropout", drop, x)
        return x.with_dim(-1, call.dim("hidden_channels", len(hidden) - 1))

    @classmethod
    def _next(cls, call: Call, kind: str, args: dict[str, Any], x: TensorType) -> TensorType:
        return cls.part(call, str(len(call.parts)), kind, args, x)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        features = rng.randint(0 if rng.random() < 0.1 else 1, 4)
        args: dict[str, Any] = {"hidden_channels": [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]}
        if rng.random() < 0.05:
            args["hidden_channels"] = []
        optional = {
            "in_channels": features + (rng.random() < 0.1),
            "norm_layer": rng.choice([None, *cls._norms]),
            "activation_layer": rng.choice([None, "ReLU", "SiLU", *ACTIVATIONS]),
            "inplace": rng.choice([None, None, True, False]),
            "bias": rng.random() < 0.5,
            "dropout": rng.choice([0.1, 0.5, 0.0, 1.5]),
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 3) for _ in range(rng.choice([0, 1, 1, 2])))
        shape = (*shape, features) if rng.random() < 0.97 else ()
        return Sample(args, ((shape, sample_dtype(rng, 0.95)),))


class FrozenBatchNorm2d(Module):
    """`BatchNorm2d` with statistics, scale and shift that are fixed: buffers, in training and in eval mode."""

    family = Family.NORMALIZATION
    same_shape = True
    python = Writer("torchvision.ops.FrozenBatchNorm2d")
    positional = 1
    inputs = ("x",)
    num_features = Int("channels of the input", INFERRED, min=0)
    eps = Float("added to the variance", 1e-5)
    formula = "y = (x − running_mean) / √(running_var + eps) · weight + bias, for each channel"
    example = ("[N, 64, H, W]", "FrozenBatchNorm2d")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        call.require_rank(4, layout="[N, C, H, W]")
        call.inferred("num_features", call.x.shape[1], axis="channels")
        return call.x.with_dtype(promote(call.x.dtype, "float32"))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def buffers(cls, call: Call) -> dict[str, Owned]:
        owned = Owned((call["num_features"],))
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), owned)

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """The factor of every channel."""
        return Saved(extra=call["num_features"] * 4)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        channels = rng.randint(0 if rng.random() < 0.1 else 1, 4)
        args: dict[str, Any] = {}
        if rng.random() < 0.4:
            args["num_features"] = channels + (rng.random() < 0.1)
        if rng.random() < 0.4:
            args["eps"] = rng.choice([1e-3, 0.1])
        return Sample(args, ((sample_shape(rng, 2, channels, batch=0.95, high=4), sample_dtype(rng, 0.7)),))


class Permute(Module):
    """The axes in another order: `permute` as a module."""

    family = Family.SHAPE
    python = Writer("torchvision.ops.Permute")
    positional = 1
    inputs = ("x",)
    dims = Ints("every axis, in the new order")
    formula = "output axis k is input axis dims[k]"
    example = ("[N, H, W, C]", "{op: Permute, dims: [0, 3, 1, 2]}")
    keeps = Saved()
    view = True

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        output = permute.infer(call)
        assert isinstance(output, TensorType)
        return output

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        return permute.sample(rng)
