"""The layers of the transformer (Vaswani et al. 2017), as `torch.nn` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Choice, Float, Int
from specc.ops.attention import check_heads, check_mask, projections
from specc.ops.call import Bound, Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.ops.shape import product
from specc.ops.write import Named, Nested
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class _Layer(Module, abstract=True):
    """Attention and a feed-forward network of two linear maps, each with a shortcut and a LayerNorm."""

    family = Family.ATTENTION
    same_shape = True
    positional = 2
    d_model = Int("features of the input and of the output", INFERRED, min=1)
    nhead = Int("heads of the attention", min=1)
    dim_feedforward = Int("features between the two linear maps", 2048, min=1)
    dropout = Float("probability of dropping an element", 0.1, min=0, max=1)
    activation = Choice("what is applied between the two linear maps", ("relu", "gelu"), "relu")
    layer_norm_eps = Float("added to the variance in every LayerNorm", 1e-5)
    batch_first = Bool("whether the batch comes first: [N, L, features]", False)
    norm_first = Bool("whether a LayerNorm comes before each part, and not after its sum", False)
    bias = Bool("whether the linear maps and the LayerNorms have biases", True)

    @classmethod
    def _check(cls, call: Call) -> int:
        """The rank of the input; `d_model` is filled."""
        rank = call.require_rank(3, 2, layout="[N, L, features]" if call["batch_first"] else "[L, N, features]")
        call.require_floating()
        features = call.inferred("d_model", call.x.shape[-1], axis="features")
        check_heads(call, features, "nhead")
        return rank

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        heads = rng.randint(1, 3)
        features = heads * rng.randint(1, 3) + (rng.random() < 0.05)
        args: dict[str, Any] = {"nhead": heads}
        optional: dict[str, Any] = {
            "d_model": features + (rng.random() < 0.2),
            "dropout": 0.3,
            "activation": rng.choice(["relu", "gelu"]),
            "layer_norm_eps": 1e-6,
            "batch_first": rng.random() < 0.8,
            "norm_first": rng.random() < 0.6,
            "bias": rng.random() < 0.4,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        if rng.random() < 0.9:
            args["dim_feedforward"] = rng.randint(1, 6)
        return cls._sample(rng, args, features)

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        raise NotImplementedError


def _axes(call: Call, tensor: TensorType) -> tuple[Dim, tuple[Dim, ...]]:
    """The length of a sequence, and its batch (empty where there is none)."""
    if tensor.rank == 2:
        return tensor.shape[0], ()
    time = 1 if call["batch_first"] else 0
    return tensor.shape[time], (tensor.shape[1 - time],)


def _check_masks(call: Call, prefix: str, tensor: TensorType, source: TensorType, mask: str, padding: str) -> None:
    """The two masks of an attention of `tensor` over `source`."""
    length, batch = _axes(call, tensor)
    attended, _ = _axes(call, source)
    heads = Dim.of(call["nhead"]) * product(batch)
    check_mask(call, mask, [(length, attended), (heads, length, attended)])
    check_mask(call, padding, [(*batch, attended)])
    causal = f"{prefix}is_causal"
    if call[causal] and not call.has(mask):
        call.report("N201", f"`{causal}` of `{call.label}` is a hint about `{mask}`, which is missing", arg=causal)


def _prefixed(prefix: str, owned: dict[str, Owned]) -> dict[str, Owned]:
    return {f"{prefix}.{name}": what for name, what in owned.items()}


def _owned(call: Call, attentions: tuple[str, ...]) -> dict[str, Owned]:
    """The parameters of a layer with these attentions, in PyTorch's order."""
    features, inner, bias = call["d_model"], call["dim_feedforward"], call["bias"]
    owned: dict[str, Owned] = {}
    for name in attentions:
        owned |= _prefixed(name, projections(features, features, features, bias))
    shapes = {"linear1": (inner, features), "linear2": (features, inner)}
    shapes |= {f"norm{k + 1}": (features,) for k in range(len(attentions) + 1)}  # type: ignore[misc]  # 1-d and 2-d
    for name, shape in shapes.items():
        owned[f"{name}.weight"] = Owned(shape)
        if bias:
            owned[f"{name}.bias"] = Owned(shape[:1])
    return owned


def _attention_macs(call: Call, tensor: TensorType, source: TensorType) -> Dim:
    """Four projections, the scores, and their product with the values."""
    attended, _ = _axes(call, source)
    return (tensor.numel + source.numel) * Dim.of(2 * call["d_model"]) + tensor.numel * attended * 2


def _feedforward_macs(call: Call) -> Dim:
    return call.x.numel * Dim.of(2 * call["dim_feedforward"])


def _mask(rng: random.Random, *shape: int, exact: bool = False) -> tuple[tuple[int, ...], str] | None:
    """A mask or none. PyTorch may pass over a mask that is said to be causal, so that one is given exactly."""
    if rng.random() < 0.7:
        return None
    return (tuple(d + (not exact and rng.random() < 0.05) for d in shape), "float32")


def _sequence(rng: random.Random, args: dict[str, Any], batch: int, time: int, features: int) -> tuple[int, ...]:
    return (batch, time, features) if args.get("batch_first") else (time, batch, features)


class _Encoder(_Layer, abstract=True):
    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls._check(call)
        _, mask, padding = (port for port, _, _ in cls.ports())
        _check_masks(call, "", call.x, call.x, mask, padding)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _owned(call, ("self_attn",))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return _attention_macs(call, call.x, call.x) + _feedforward_macs(call)

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        batch, time = rng.randint(1, 3), rng.randint(1, 4)
        shape = _sequence(rng, args, batch, time, features)
        lead: tuple[int, ...] = (batch,)
        if rng.random() < 0.15:
            shape, lead = (time, features), ()
        if rng.random() < 0.2:
            args["is_causal"] = True
        mask = _mask(rng, time, time, exact="is_causal" in args)
        if mask is not None and cls.args["is_causal"].default is None:
            args.setdefault("is_causal", False)  # else PyTorch looks at the values, which `meta` has none of
        return Sample(args, ((shape, "float32"), mask, _mask(rng, *lead, time)))


class TransformerEncoderLayer(_Encoder):
    """Self-attention and a feed-forward network: one layer of an encoder (or, with a causal mask, of a GPT)."""

    inputs = ("src", "src_mask?", "src_key_padding_mask?")
    python = Named("nn.TransformerEncoderLayer", 1, ("src_mask", "src_key_padding_mask"))
    is_causal = Bool("a hint that `src_mask` is the causal mask", False, forward=True)
    example = ("[N, T, 512]", "{op: TransformerEncoderLayer, nhead: 8, batch_first: true}")


class TransformerEncoder(_Encoder):
    """`num_layers` layers like `TransformerEncoderLayer`, one after the other, each with weights of its own."""

    inputs = ("src", "mask?", "src_key_padding_mask?")
    python = Nested(
        "nn.TransformerEncoder",
        "nn.TransformerEncoderLayer",
        ("num_layers", "enable_nested_tensor"),
        1,
        ("mask", "src_key_padding_mask"),
    )
    num_layers = Int("how many layers", min=1)
    # PyTorch's nested tensors cut the output to the longest sequence: then its length is known at run time only.
    enable_nested_tensor = Bool("nested tensors for padded batches; false where a padding mask is read", True)
    is_causal = Bool("a hint that `mask` is the causal mask", None, forward=True)
    example = ("[N, T, 512]", "{op: TransformerEncoder, nhead: 8, num_layers: 6, batch_first: true}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        if call.has("src_key_padding_mask") and call["enable_nested_tensor"]:
            if call.args["enable_nested_tensor"].given:
                call.report(
                    "S310",
                    f"`enable_nested_tensor: true` of `{call.label}` lets the length of the output depend on the "
                    "padding mask",
                    arg="enable_nested_tensor",
                    help="remove it",
                )
            call.args["enable_nested_tensor"] = Bound(False)
        return super().infer(call)

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        layer = super().parameters(call)
        owned: dict[str, Owned] = {}
        for k in range(call["num_layers"]):
            owned |= _prefixed(f"layers.{k}", layer)
        return owned

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return super().macs(call) * Dim.of(call["num_layers"])

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        args["num_layers"] = rng.randint(1, 3)
        if rng.random() < 0.3:
            args["enable_nested_tensor"] = False
        return super()._sample(rng, args, features)


class TransformerDecoderLayer(_Layer):
    """Self-attention of `tgt`, attention of it over `memory`, and a feed-forward network."""

    inputs = (
        "tgt", "memory", "tgt_mask?", "memory_mask?", "tgt_key_padding_mask?", "memory_key_padding_mask?",
    )  # fmt: skip
    python = Named(
        "nn.TransformerDecoderLayer",
        2,
        ("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask"),
    )
    tgt_is_causal = Bool("a hint that `tgt_mask` is the causal mask", False, forward=True)
    memory_is_causal = Bool("a hint that `memory_mask` is a causal mask", False, forward=True)
    example = ("[N, T, 512], [N, S, 512]", "{op: TransformerDecoderLayer, nhead: 8, batch_first: true}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = cls._check(call)
        call.require_rank(rank, port="memory")
        call.require_floating("memory")
        tgt, memory = call.x, call.input("memory")
        name = f"`{call.label}` (TransformerDecoderLayer)"
        call.require_equal(
            tgt.shape[-1],
            memory.shape[-1],
            f"{name} has {tgt.shape[-1]} features, but its memory has {memory.shape[-1]}",
        )
        for own, other in zip(_axes(call, tgt)[1], _axes(call, memory)[1], strict=True):
            call.require_equal(own, other, f"{name} has a batch of {own}, but its memory one of {other}")
        _check_masks(call, "tgt_", tgt, tgt, "tgt_mask", "tgt_key_padding_mask")
        _check_masks(call, "memory_", tgt, memory, "memory_mask", "memory_key_padding_mask")
        return tgt

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _owned(call, ("self_attn", "multihead_attn"))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        memory = call.input("memory")
        return _attention_macs(call, call.x, call.x) + _attention_macs(call, call.x, memory) + _feedforward_macs(call)

    @classmethod
    def _sample(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        batch, time, source = rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 4)
        tgt = _sequence(rng, args, batch, time, features)
        memory = _sequence(rng, args, batch + (rng.random() < 0.03), source, features + (rng.random() < 0.03))
        lead: tuple[int, ...] = (batch,)
        if rng.random() < 0.15:
            tgt, memory, lead = (time, features), (source, features), ()
        for name in ("tgt_is_causal", "memory_is_causal"):
            if rng.random() < 0.1:
                args[name] = True
        masks = (
            _mask(rng, time, time, exact="tgt_is_causal" in args),
            _mask(rng, time, source, exact="memory_is_causal" in args),
            _mask(rng, *lead, time),
            _mask(rng, *lead, source),
        )
        return Sample(args, ((tgt, "float32"), (memory, "float32"), *masks))
