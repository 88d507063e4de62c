"""The layers of the transformer (Vaswani et al. 2017), as `torch.nn` has them, and what their stacks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Choice, Float, Int
from specc.ops.attention import check_heads, check_mask, check_mask_dtypes, projections
from specc.ops.attention_memory import FLOAT, masks
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.transformer_memory import (
    Masked,
    copied,
    decoder_layer,
    encoder_layer,
    entrance,
    gradients,
    heads,
    mask_ports,
)
from specc.ops.write import Named
from specc.shapes.dim import Dim, product
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

Given = tuple[tuple[int, ...], str] | None

_BLOCK = (
    "ff(x) = W₂ · dropout(activation(W₁ x + b₁)) + b₂",
    "MHA: see MultiheadAttention; norm: see LayerNorm; every part is dropped out before its sum",
)
ENCODER_FORMULA = (
    "x ← norm₁(x + MHA(x, x, x, mask)), y = norm₂(x + ff(x))",
    "norm_first: x ← x + MHA(n, n, n, mask) with n = norm₁(x), y = x + ff(norm₂(x))",
    *_BLOCK,
)
DECODER_FORMULA = (
    "x ← norm₁(x + MHA(x, x, x, tgt_mask)), x ← norm₂(x + MHA(x, memory, memory, memory_mask))",
    "y = norm₃(x + ff(x)); with norm_first each norm comes before its part, x ← x + part(norm(x))",
    *_BLOCK,
)


class Layered(Module, abstract=True):
    """What the layers, their stacks and the whole model share."""

    family = Family.ATTENTION
    positional = 2
    d_model = Int("features of the input and of the output", INFERRED, min=1)
    nhead = Int("heads of the attention", min=1)
    dim_feedforward = Int("features between the two linear maps", 2048, min=0)
    dropout = Float("probability of dropping an element, and an attention weight", 0.1, min=0, max=1)
    activation = Choice("what is applied between the two linear maps", ("relu", "gelu"), "relu")
    layer_norm_eps = Float("added to the variance in every LayerNorm", 1e-5)
    batch_first = Bool("whether the batch comes first: [N, L, features]", False)
    norm_first = Bool("whether a LayerNorm comes before each part, and not after its sum", False)
    bias = Bool("whether the linear maps and the LayerNorms have biases", True)

    @classmethod
    def check(cls, call: Call, port: str) -> int:
        """The rank of the input at `port`; `d_model` is filled."""
        layout = "[N, L, features]" if call["batch_first"] else "[L, N, features]"
        rank = call.require_rank(3, 2, port=port, layout=f"{layout} or [L, features]")
        call.require_weights(port)
        features = call.inferred("d_model", call.input(port).shape[-1], axis="features")
        check_heads(call, features, "nhead")
        return rank

    @classmethod
    def check_second(cls, call: Call, port: str, rank: int, *, against: str, names: tuple[str, str]) -> None:
        """The other sequence has the rank, the features and the batch of the one at `against`."""
        call.require_rank(rank, port=port)
        call.require_weights(port)
        own, other = call.input(against), call.input(port)
        name = f"`{call.label}` ({cls.name})"
        call.require_equal(
            own.shape[-1],
            other.shape[-1],
            f"{name} has {own.shape[-1]} features, but its {names[1]} has {other.shape[-1]}",
            help=f"a `Linear` with `out_features: {own.shape[-1]}` gives the {names[1]} the features of the {names[0]}",
        )
        for a, b in zip(axes(call, own)[1], axes(call, other)[1], strict=True):
            call.require_equal(a, b, f"{name} has a batch of {a}, but its {names[1]} one of {b}")

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        count = rng.randint(1, 4)
        features = count * rng.randint(1, 3) + (rng.random() < 0.05)
        args: dict[str, Any] = {"nhead": count}
        optional: dict[str, Any] = {
            "d_model": features + (rng.random() < 0.2),
            "dropout": rng.choice([0.0, 0.0, 0.3, 1.0]),
            "activation": rng.choice(["relu", "gelu"]),
            "layer_norm_eps": 1e-6,
            "batch_first": rng.random() < 0.8,
            "norm_first": rng.random() < 0.6,
            "bias": rng.random() < 0.4,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.4}
        if rng.random() < 0.9:
            args["dim_feedforward"] = rng.randint(1, 6)
        return cls.sample_inputs(rng, args, features)

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        raise NotImplementedError


def axes(call: Call, tensor: TensorType) -> tuple[Dim, tuple[Dim, ...]]:
    """The length of a sequence, and its batch (empty where there is none)."""
    if tensor.rank == 2:
        return tensor.shape[0], ()
    time = 1 if call["batch_first"] else 0
    return tensor.shape[time], (tensor.shape[1 - time],)


def check_masks(call: Call, tensor: TensorType, source: TensorType, where: Masked) -> None:
    """The two masks of an attention of `tensor` over `source`."""
    mask, padding, causal = where
    length, batch = axes(call, tensor)
    attended, _ = axes(call, source)
    count = Dim.of(call["nhead"]) * product(batch)
    check_mask(call, mask, [(length, attended), (count, length, attended)], causal=bool(call[causal]))
    check_mask(call, padding, [(*batch, attended)])
    check_mask_dtypes(call, mask, padding, causal=bool(call[causal]))
    if call[causal] and not call.has(mask):
        call.report(
            "N201",
            f"`{causal}` of `{call.label}` is a hint about `{mask}`, which is missing",
            arg=causal,
            help=f"remove `{causal}`, or give a causal mask: `from: {{…, {mask}: …}}`",
        )


def prefixed(prefix: str, owned: dict[str, Owned]) -> dict[str, Owned]:
    return {f"{prefix}.{name}": what for name, what in owned.items()}


def layer_parameters(call: Call, attentions: tuple[str, ...]) -> dict[str, Owned]:
    """The parameters of a layer with these attentions, in PyTorch's order."""
    features, wide, bias = call["d_model"], call["dim_feedforward"], call["bias"]
    owned: dict[str, Owned] = {}
    for name in attentions:
        owned |= prefixed(name, projections(features, features, features, bias))
    for name, shape in (("linear1", (wide, features)), ("linear2", (features, wide))):
        owned[f"{name}.weight"] = Owned(shape)
        if bias:
            owned[f"{name}.bias"] = Owned(shape[:1])
    for k in range(len(attentions) + 1):
        owned |= norm_parameters(call, f"norm{k + 1}")
    return owned


def norm_parameters(call: Call, name: str) -> dict[str, Owned]:
    """Those of a LayerNorm."""
    kinds = ("weight", "bias") if call["bias"] else ("weight",)
    return {f"{name}.{kind}": Owned((call["d_model"],)) for kind in kinds}


def encoder_macs(call: Call, x: TensorType) -> Dim:
    return _attention_macs(call, x, x) + x.numel * Dim.of(2 * call["dim_feedforward"])


def decoder_macs(call: Call, x: TensorType, memory: TensorType) -> Dim:
    return encoder_macs(call, x) + _attention_macs(call, x, memory)


def _attention_macs(call: Call, tensor: TensorType, source: TensorType) -> Dim:
    """Four projections, the scores, and their product with the values."""
    attended, _ = axes(call, source)
    return (tensor.numel + source.numel) * Dim.of(2 * call["d_model"]) + tensor.numel * attended * 2


def sample_mask(rng: random.Random, *shape: int, heads: int = 1, exact: bool = False, padding: bool = False) -> Given:
    """A mask or none; one for every head and sequence now and then.

    PyTorch may pass over a mask that is said to be causal, so that one is given exactly.
    """
    if rng.random() < 0.65:
        return None
    if not padding and rng.random() < 0.3:
        shape = (heads, *shape)
    kind = "float32" if rng.random() < 0.97 else "float16"
    if not padding and rng.random() < 0.4:
        kind = "bool"
    return (tuple(d + (not exact and rng.random() < 0.04) for d in shape), kind)


def sample_sequence(args: dict[str, Any], batch: int, time: int, features: int) -> tuple[int, ...]:
    return (batch, time, features) if args.get("batch_first") else (time, batch, features)


ENCODER_MASKS: Masked = ("src_mask", "src_key_padding_mask", "is_causal")


class EncoderBase(Layered, abstract=True):
    """Self-attention and a feed-forward network of two linear maps, each with a shortcut and a LayerNorm."""

    same_shape = True
    masked: Masked

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        cls.check(call, "src")
        check_masks(call, call.x, call.x, cls.masked)
        return call.x

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return layer_parameters(call, ("self_attn",))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return encoder_macs(call, call.x)

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        batch, time = rng.randint(1, 3), rng.randint(1, 4)
        shape = sample_sequence(args, batch, time, features)
        lead: tuple[int, ...] = (batch,)
        if rng.random() < 0.15:
            shape, lead = (time, features), ()
        if rng.random() < 0.2:
            args["is_causal"] = True
        each = args["nhead"] * (batch if lead else 1)
        mask = sample_mask(rng, time, time, heads=each, exact="is_causal" in args)
        return Sample(args, ((shape, "float32"), mask, sample_mask(rng, *lead, time, padding=True)))


class TransformerEncoderLayer(EncoderBase):
    """Self-attention and a feed-forward network: one layer of an encoder (or, with a causal mask, of a GPT).

    `src` is [L, N, d_model], [N, L, d_model] with `batch_first`, or [L, d_model] unbatched. `src_mask` is [L, L] or
    [N * nhead, L, L], `src_key_padding_mask` [N, L]; True forbids a position, numbers are added to the scores.
    """

    formula = "\n".join(ENCODER_FORMULA)
    inputs = ("src", "src_mask?", "src_key_padding_mask?")
    masked = ENCODER_MASKS
    python = Named("nn.TransformerEncoderLayer", 1, ENCODER_MASKS[:2])
    is_causal = Bool("a hint that `src_mask` is the causal mask", False, forward=True)
    example = ("[N, T, 512]", "{op: TransformerEncoderLayer, nhead: 8, batch_first: true}")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        x = call.x
        mask = masks(call, heads(call, x, x), *cls.masked[:2], causal=call["is_causal"])
        ports, copies = entrance(call, "src")
        ports += mask_ports(call, x, x, cls.masked)
        return Saved(ports, (), (encoder_layer(call, x, mask) + copies) * FLOAT, backward=gradients(call, x))


DECODER_MASKS: tuple[Masked, Masked] = (
    ("tgt_mask", "tgt_key_padding_mask", "tgt_is_causal"),
    ("memory_mask", "memory_key_padding_mask", "memory_is_causal"),
)


class DecoderBase(Layered, abstract=True):
    """Self-attention of `tgt`, attention of it over `memory`, and a feed-forward network."""

    same_shape = True
    inputs = (
        "tgt", "memory", "tgt_mask?", "memory_mask?", "tgt_key_padding_mask?", "memory_key_padding_mask?",
    )  # fmt: skip

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = cls.check(call, "tgt")
        cls.check_second(call, "memory", rank, against="tgt", names=("target", "memory"))
        tgt, memory = call.x, call.input("memory")
        check_masks(call, tgt, tgt, DECODER_MASKS[0])
        check_masks(call, tgt, memory, DECODER_MASKS[1])
        return tgt

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return layer_parameters(call, ("self_attn", "multihead_attn"))

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return decoder_macs(call, call.x, call.input("memory"))

    @classmethod
    def ports_kept(cls, call: Call) -> tuple[str, ...]:
        """The ports of the memory and of the masks, where they are kept as they are."""
        tgt, memory = call.x, call.input("memory")
        own, across = DECODER_MASKS
        ports = mask_ports(call, tgt, tgt, own) + mask_ports(call, tgt, memory, across)
        return ports if copied(call, memory) else ("memory", *ports)

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        batch, time, source = rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 4)
        tgt = sample_sequence(args, batch, time, features)
        memory = sample_sequence(args, batch + (rng.random() < 0.03), source, features + (rng.random() < 0.03))
        lead: tuple[int, ...] = (batch,)
        if rng.random() < 0.15:
            tgt, memory, lead = (time, features), (source, features), ()
        for name in ("tgt_is_causal", "memory_is_causal"):
            if rng.random() < 0.1:
                args[name] = True
        each = args["nhead"] * (batch if lead else 1)
        given = (
            sample_mask(rng, time, time, heads=each, exact="tgt_is_causal" in args),
            sample_mask(rng, time, source, heads=each, exact="memory_is_causal" in args),
            sample_mask(rng, *lead, time, padding=True),
            sample_mask(rng, *lead, source, padding=True),
        )
        return Sample(args, ((tgt, "float32"), (memory, "float32"), *given))


class TransformerDecoderLayer(DecoderBase):
    """Self-attention of `tgt`, attention of it over `memory`, and a feed-forward network.

    Both are [L, N, d_model], [N, L, d_model] with `batch_first`, or [L, d_model] unbatched. `tgt_mask` is [T, T] or
    [N * nhead, T, T], `memory_mask` [T, S] or [N * nhead, T, S], padding masks are [N, T] and [N, S]; True forbids a
    position, numbers are added to the scores.
    """

    formula = "\n".join(DECODER_FORMULA)
    python = Named("nn.TransformerDecoderLayer", 2, tuple(name.rstrip("?") for name in DecoderBase.inputs[2:]))
    tgt_is_causal = Bool("a hint that `tgt_mask` is the causal mask", False, forward=True)
    memory_is_causal = Bool("a hint that `memory_mask` is a causal mask", False, forward=True)
    example = ("[N, T, 512], [N, S, 512]", "{op: TransformerDecoderLayer, nhead: 8, batch_first: true}")

    @classmethod
    def saved(cls, call: Call) -> Saved:
        tgt, memory = call.x, call.input("memory")
        own, across = (
            masks(call, heads(call, tgt, source), *where[:2], causal=call[where[2]])
            for source, where in zip((tgt, memory), DECODER_MASKS, strict=True)
        )
        ports, copies = entrance(call, "tgt")
        kept = decoder_layer(call, tgt, memory, own, across) + copies
        if copied(call, memory):
            kept = kept + memory.numel
        return Saved(ports + cls.ports_kept(call), (), kept * FLOAT, backward=gradients(call, tgt))
