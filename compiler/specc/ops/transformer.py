"""Stacks of the transformer's layers, and the whole model: https://pytorch.org/docs/stable/nn.html#transformer-layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, Choice, Int
from specc.ops.attention_memory import FLOAT
from specc.ops.call import Call
from specc.ops.declare import Owned, Sample, Saved
from specc.ops.transformer_layers import (
    DECODER_FORMULA,
    DECODER_MASKS,
    ENCODER_FORMULA,
    DecoderBase,
    EncoderBase,
    Layered,
    check_masks,
    decoder_macs,
    encoder_macs,
    layer_parameters,
    norm_parameters,
    prefixed,
    sample_mask,
    sample_sequence,
)
from specc.ops.transformer_memory import Masked, copied, decoder, encoder, entrance, gradients, mask_ports
from specc.ops.write import Named, Nested
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def _stacked(call: Call, attentions: tuple[str, ...], layers: int, *, norm: bool) -> dict[str, Owned]:
    """The parameters of so many layers, and of a norm after them."""
    layer = layer_parameters(call, attentions)
    owned: dict[str, Owned] = {}
    for k in range(layers):
        owned |= prefixed(f"layers.{k}", layer)
    return owned | (norm_parameters(call, "norm") if norm else {})


class TransformerEncoder(EncoderBase):
    """`num_layers` layers like `TransformerEncoderLayer`, one after the other, each with weights of its own.

    Written as `nn.TransformerEncoder(nn.TransformerEncoderLayer(…), num_layers=…)`: the layer's arguments stand beside
    those of the stack. `norm: LayerNorm` adds a LayerNorm of the layers' eps and bias at the end, as layers with
    `norm_first` need.
    """

    formula = "\n".join((
        "xₖ = layerₖ(xₖ₋₁) for k = 1 … num_layers, y = x_num_layers or norm(x_num_layers); each layer:",
        *ENCODER_FORMULA,
    ))  # fmt: skip
    inputs = ("src", "mask?", "src_key_padding_mask?")
    masked: Masked = ("mask", "src_key_padding_mask", "is_causal")
    python = Nested(
        "nn.TransformerEncoder",
        "nn.TransformerEncoderLayer",
        ("num_layers", "norm", "enable_nested_tensor", "mask_check"),
        1,
        masked[:2],
    )
    num_layers = Int("how many layers", min=1)
    norm = Choice("what is applied to the last layer's output", ("LayerNorm",), None)
    enable_nested_tensor = Bool("whether eval mode skips padded positions, and gives zeros there", True)
    mask_check = Bool("whether eval mode looks if the padding mask allows that", True)
    is_causal = Bool("a hint that `mask` is the causal mask; null: PyTorch looks at it", None, forward=True)
    example = ("[N, T, 512]", "{op: TransformerEncoder, nhead: 8, num_layers: 6, batch_first: true}")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _stacked(call, ("self_attn",), call["num_layers"], norm=call["norm"] is not None)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return super().macs(call) * Dim.of(call["num_layers"])

    @classmethod
    def saved(cls, call: Call) -> Saved:
        x, layers = call.x, call["num_layers"]
        ports, copies = entrance(call, "src")
        kept = encoder(call, x, layers, cls.masked, norm=call["norm"] is not None) + copies
        ports += mask_ports(call, x, x, cls.masked)
        return Saved(ports, (), kept * FLOAT, backward=gradients(call, x))

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        args["num_layers"] = rng.randint(1, 3)
        if rng.random() < 0.4:
            args["norm"] = rng.choice(["LayerNorm", "LayerNorm", None])
        for name in ("enable_nested_tensor", "mask_check"):
            if rng.random() < 0.3:
                args[name] = rng.random() < 0.5
        return super().sample_inputs(rng, args, features)


class TransformerDecoder(DecoderBase):
    """`num_layers` layers like `TransformerDecoderLayer`, one after the other, all of them over the same `memory`.

    Written as `nn.TransformerDecoder(nn.TransformerDecoderLayer(…), num_layers=…)`: the layer's arguments stand beside
    those of the stack. `norm: LayerNorm` adds a LayerNorm of the layers' eps and bias at the end, as layers with
    `norm_first` need.
    """

    formula = "\n".join((
        "xₖ = layerₖ(xₖ₋₁, memory) for k = 1 … num_layers, y = x_num_layers or norm(x_num_layers); each layer:",
        *DECODER_FORMULA,
    ))  # fmt: skip
    python = Nested(
        "nn.TransformerDecoder",
        "nn.TransformerDecoderLayer",
        ("num_layers", "norm"),
        2,
        tuple(name.rstrip("?") for name in DecoderBase.inputs[2:]),
    )
    num_layers = Int("how many layers", min=1)
    norm = Choice("what is applied to the last layer's output", ("LayerNorm",), None)
    tgt_is_causal = Bool("a hint that `tgt_mask` is the causal mask; null: PyTorch looks at it", None, forward=True)
    memory_is_causal = Bool("a hint that `memory_mask` is a causal mask", False, forward=True)
    example = ("[N, T, 512], [N, S, 512]", "{op: TransformerDecoder, nhead: 8, num_layers: 6, batch_first: true}")

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return _stacked(call, ("self_attn", "multihead_attn"), call["num_layers"], norm=call["norm"] is not None)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        return super().macs(call) * Dim.of(call["num_layers"])

    @classmethod
    def saved(cls, call: Call) -> Saved:
        tgt, memory = call.x, call.input("memory")
        ports, copies = entrance(call, "tgt")
        kept = decoder(call, tgt, memory, call["num_layers"], *DECODER_MASKS, norm=call["norm"] is not None)
        return Saved(ports + cls.ports_kept(call), (), (kept + copies) * FLOAT, backward=gradients(call, tgt))

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        args["num_layers"] = rng.randint(1, 3)
        if rng.random() < 0.4:
            args["norm"] = rng.choice(["LayerNorm", "LayerNorm", None])
        return super().sample_inputs(rng, args, features)


class Transformer(Layered):
    """An encoder of `src`, and a decoder of `tgt` over what it gives, each with a LayerNorm at its end.

    `src` is [S, N, d_model] and `tgt` [T, N, d_model]; [N, S, d_model] and [N, T, d_model] with `batch_first`; or
    without N unbatched. The output has the shape of `tgt`. Masks are those of `TransformerEncoderLayer` and
    `TransformerDecoderLayer`. A stack of another kind is no argument here: take `TransformerEncoder` and
    `TransformerDecoder`.
    """

    formula = "memory = encoder(src), y = decoder(tgt, memory): see TransformerEncoder and TransformerDecoder"
    inputs = (
        "src", "tgt", "src_mask?", "tgt_mask?", "memory_mask?",
        "src_key_padding_mask?", "tgt_key_padding_mask?", "memory_key_padding_mask?",
    )  # fmt: skip
    python = Named("nn.Transformer", 2, tuple(name.rstrip("?") for name in inputs[2:]))
    order = (
        "d_model", "nhead", "num_encoder_layers", "num_decoder_layers", "dim_feedforward", "dropout", "activation",
        "layer_norm_eps", "batch_first", "norm_first", "bias", "src_is_causal", "tgt_is_causal", "memory_is_causal",
    )  # fmt: skip
    nhead = Int("heads of the attention", 8, min=1)
    num_encoder_layers = Int("how many layers the encoder has", 6, min=1)
    num_decoder_layers = Int("how many layers the decoder has", 6, min=1)
    src_is_causal = Bool("a hint that `src_mask` is the causal mask; null: PyTorch looks at it", None, forward=True)
    tgt_is_causal = Bool("a hint that `tgt_mask` is the causal mask; null: PyTorch looks at it", None, forward=True)
    memory_is_causal = Bool("a hint that `memory_mask` is a causal mask", False, forward=True)
    example = ("[N, S, 512], [N, T, 512]", "{op: Transformer, batch_first: true}")
    _masked: Masked = ("src_mask", "src_key_padding_mask", "src_is_causal")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        rank = cls.check(call, "src")
        cls.check_second(call, "tgt", rank, against="src", names=("source", "target"))
        src, tgt = call.input("src"), call.input("tgt")
        check_masks(call, src, src, cls._masked)
        check_masks(call, tgt, tgt, DECODER_MASKS[0])
        check_masks(call, tgt, src, DECODER_MASKS[1])
        return tgt

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        encoded = _stacked(call, ("self_attn",), call["num_encoder_layers"], norm=True)
        decoded = _stacked(call, ("self_attn", "multihead_attn"), call["num_decoder_layers"], norm=True)
        return prefixed("encoder", encoded) | prefixed("decoder", decoded)

    @classmethod
    def macs(cls, call: Call) -> Dim:
        src, tgt = call.input("src"), call.input("tgt")
        encoded = encoder_macs(call, src) * Dim.of(call["num_encoder_layers"])
        return encoded + decoder_macs(call, tgt, src) * Dim.of(call["num_decoder_layers"])

    @classmethod
    def saved(cls, call: Call) -> Saved:
        src, tgt = call.input("src"), call.input("tgt")
        kept = encoder(call, src, call["num_encoder_layers"], cls._masked, norm=True)
        kept = kept + decoder(call, tgt, src, call["num_decoder_layers"], *DECODER_MASKS, norm=True)
        if not copied(call, src):  # the memory, which has the shape of the source
            kept = kept + src.numel
        ports: tuple[str, ...] = ()
        for port in ("src", "tgt"):
            own, copies = entrance(call, port)
            ports, kept = ports + own, kept + copies
        ports += mask_ports(call, src, src, cls._masked)
        for source, where in zip((tgt, src), DECODER_MASKS, strict=True):
            ports += mask_ports(call, tgt, source, where)
        return Saved(ports, (), kept * FLOAT, backward=gradients(call, tgt))

    @classmethod
    def sample_inputs(cls, rng: random.Random, args: dict[str, Any], features: int) -> Sample:
        if args["nhead"] == 1 and features % 8 == 0 and rng.random() < 0.8:
            del args["nhead"]
        for name in ("num_encoder_layers", "num_decoder_layers"):
            if rng.random() < 0.95:
                args[name] = rng.randint(1, 2)
        batch, time, source = rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 4)
        src = sample_sequence(args, batch + (rng.random() < 0.03), source, features)
        tgt = sample_sequence(args, batch, time, features + (rng.random() < 0.03))
        lead: tuple[int, ...] = (batch,)
        if rng.random() < 0.15:
            src, tgt, lead = (source, features), (time, features), ()
        for name in ("src_is_causal", "tgt_is_causal", "memory_is_causal"):
            if rng.random() < 0.1:
                args[name] = True
        each = args.get("nhead", 8) * (batch if lead else 1)
        given = (
            sample_mask(rng, source, source, heads=each, exact="src_is_causal" in args),
            sample_mask(rng, time, time, heads=each, exact="tgt_is_causal" in args),
            sample_mask(rng, time, source, heads=each, exact="memory_is_causal" in args),
            *(sample_mask(rng, *lead, length, padding=True) for length in (source, time, source)),
        )
        return Sample(args, ((src, "float32"), (tgt, "float32"), *given))
