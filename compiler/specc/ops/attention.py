"""Attention (Vaswani et al. 2017): the layer with its projections, and the bare function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Float, Int
from specc.ops.broadcast import broadcast
from specc.ops.call import Bound, Call
from specc.ops.declare import Family, Function, Module, Owned, Sample
from specc.ops.shape import product
from specc.ops.spatial import divisors
from specc.ops.write import Named
from specc.shapes.dim import Dim
from specc.shapes.dtype import is_floating
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


def check_heads(call: Call, features: int, heads: str) -> None:
    """The features are split evenly among the heads (S308)."""
    if features % call[heads]:
        call.report(
            "S308",
            f"`{heads}: {call[heads]}` of `{call.label}` does not divide its {features} features",
            arg=heads,
            help=f"{features} features can be split among {', '.join(map(str, divisors(features)))} heads",
        )


def check_mask(call: Call, port: str, shapes: list[tuple[Dim, ...]]) -> None:
    """A mask is boolean or floating (S307) and has one of `shapes`, told apart by their rank (S302, S303)."""
    if not call.has(port):
        return
    mask = call.input(port)
    if mask.dtype != "bool" and not is_floating(mask.dtype):
        call.report("S307", f"`{port}` of `{call.label}` must be bool or floating, not {mask.dtype}")
    wanted = next((shape for shape in shapes if len(shape) == mask.rank), None)
    said = " or ".join(str(TensorType(shape)) for shape in shapes)
    if wanted is None:
        call.report("S302", f"`{port}` of `{call.label}` must be {said}, not {mask}")
        return
    for a, b in zip(mask.shape, wanted, strict=True):
        call.require_equal(a, b, f"`{port}` of `{call.label}` must be {said}, not {mask}")


class MultiheadAttention(Module):
    """Attention of `query` over `key` and `value` with `num_heads` heads, and the projections around it.

    Each input is [L, N, features], [N, L, features] with `batch_first`, or [L, features] unbatched. `kdim` and `vdim`
    are taken from the inputs where they differ from the query's features. With `need_weights: false` there is no second
    output, and PyTorch runs its faster kernels.
    """

    family = Family.ATTENTION
    positional = 2
    inputs = ("query", "key", "value", "key_padding_mask?", "attn_mask?")
    outputs = ("attn_output", "attn_output_weights")
    python = Named("nn.MultiheadAttention", 3, ("key_padding_mask", "attn_mask"))
    embed_dim = Int("features of the query and of the output", INFERRED, min=1)
    num_heads = Int("heads the features are split among", min=1)
    dropout = Float("probability of dropping an attention weight", 0.0, min=0, max=1)
    bias = Bool("whether the projections have biases", True)
    add_bias_kv = Bool("whether a learned key and value are appended", False)
    add_zero_attn = Bool("whether a zero key and value are appended", False)
    kdim = Int("features of the key; inferred", None, min=1)
    vdim = Int("features of the value; inferred", None, min=1)
    batch_first = Bool("whether the batch comes first: [N, L, features]", False)
    need_weights = Bool("whether the attention weights are returned as well", True, forward=True)
    average_attn_weights = Bool("whether they are averaged over the heads", True, forward=True)
    is_causal = Bool("a hint that `attn_mask` is the causal mask", False, forward=True)
    example = ("[N, T, 512], [N, S, 512], [N, S, 512]", "{op: MultiheadAttention, num_heads: 8, batch_first: true}")

    @classmethod
    def infer(cls, call: Call) -> tuple[TensorType, ...]:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        rank = call.require_rank(3, 2, port="query", layout="[N, L, features]")
        call.require_rank(rank, port="key")
        call.require_rank(rank, port="value")
        call.require_floating("query", "key", "value")
        embed = call.inferred("embed_dim", query.shape[-1], axis="features")
        check_heads(call, embed, "num_heads")
        _features(call, "kdim", key)
        _features(call, "vdim", value)
        time = 1 if rank == 3 and call["batch_first"] else 0
        length, source = query.shape[time], key.shape[time]
        name = f"`{call.label}` (MultiheadAttention)"
        call.require_equal(
            source, value.shape[time], f"{name} has keys of length {source} and values of length {value.shape[time]}"
        )
        batch: tuple[Dim, ...] = ()
        if rank == 3:
            batch = (query.shape[1 - time],)
            for port, other in (("key", key), ("value", value)):
                call.require_equal(
                    batch[0],
                    other.shape[1 - time],
                    f"{name} has {batch[0]} queries in a batch, but `{port}` has {other.shape[1 - time]}",
                )
        heads = Dim.of(call["num_heads"])
        check_mask(call, "key_padding_mask", [(*batch, source)])
        check_mask(call, "attn_mask", [(length, source), (heads * product(batch), length, source)])
        if call["is_causal"] and not call.has("attn_mask"):
            call.report(
                "N201", f"`is_causal` of `{call.label}` is a hint about `attn_mask`, which is missing", arg="is_causal"
            )
        if not call["need_weights"]:
            return (query,)
        attended = source + int(call["add_bias_kv"]) + int(call["add_zero_attn"])
        each = () if call["average_attn_weights"] else (heads,)
        return query, query.with_shape((*batch, *each, length, attended))

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        embed = call["embed_dim"]
        return projections(embed, call["kdim"] or embed, call["vdim"] or embed, call["bias"], call["add_bias_kv"])

    @classmethod
    def macs(cls, call: Call) -> Dim:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        source = key.shape[1 if key.rank == 3 and call["batch_first"] else 0]
        attended = source + int(call["add_bias_kv"]) + int(call["add_zero_attn"])
        projected = (query.numel * 2 + key.numel + value.numel) * Dim.of(call["embed_dim"])
        return projected + query.numel * attended * 2

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        heads = rng.randint(1, 3)
        embed = heads * rng.randint(1, 3) + (rng.random() < 0.05)
        kdim, vdim = (embed if rng.random() < 0.6 else rng.randint(1, 5) for _ in range(2))
        batch, length, source = rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 4)
        args: dict[str, Any] = {"num_heads": heads}
        for name in ("bias", "add_bias_kv", "add_zero_attn", "batch_first", "need_weights", "average_attn_weights"):
            if rng.random() < 0.4:
                args[name] = rng.random() < 0.5
        for name, own in (("embed_dim", embed), ("kdim", kdim), ("vdim", vdim)):
            if rng.random() < 0.3:
                args[name] = own + (rng.random() < 0.1)
        if rng.random() < 0.2:
            args["dropout"] = rng.choice([0.1, 0.5])
        if rng.random() < 0.15:
            args["is_causal"] = True
        batched = rng.random() < 0.75

        def shape(time: int, features: int) -> tuple[int, ...]:
            own = batch + (rng.random() < 0.03)
            if not batched:
                return (time, features)
            return (own, time, features) if args.get("batch_first") else (time, own, features)

        tensors = (
            (shape(length, embed), "float32"),
            (shape(source, kdim), "float32"),
            (shape(source + (rng.random() < 0.03), vdim), rng.choice(["float32"] * 20 + ["int64"])),
        )
        lead = (batch,) if batched else ()
        kind = rng.choice(["bool", "float32"])
        padding = ((*lead, source + (rng.random() < 0.1)), kind) if rng.random() < 0.3 else None
        each = (batch * heads if batched else heads,) if rng.random() < 0.4 else ()
        off = int(rng.random() < 0.1 and "is_causal" not in args)  # PyTorch may pass over a causal mask
        mask = ((*each, length + off, source), kind) if rng.random() < 0.4 else None
        return Sample(args, (*tensors, padding, mask))


def _features(call: Call, name: str, tensor: TensorType) -> None:
    """`kdim` or `vdim`: checked where written, filled where it differs from `embed_dim`."""
    features = tensor.shape[-1]
    bound = call.args[name]
    if not bound.given or bound.value is None:
        if features == call["embed_dim"]:
            return
        call.args[name] = Bound(INFERRED)
    call.inferred(name, features, axis=f"{'key' if name == 'kdim' else 'value'} features")


def projections(embed: int, keys: int, values: int, bias: bool, bias_kv: bool = False) -> dict[str, Owned]:
    """The parameters of `nn.MultiheadAttention`: one matrix for the three projections where their inputs agree."""
    if keys == values == embed:
        owned = {"in_proj_weight": Owned((3 * embed, embed))}
    else:
        sizes = {"q": embed, "k": keys, "v": values}
        owned = {f"{name}_proj_weight": Owned((embed, size)) for name, size in sizes.items()}
    if bias:
        owned["in_proj_bias"] = Owned((3 * embed,))
    if bias_kv:
        owned |= {"bias_k": Owned((1, 1, embed)), "bias_v": Owned((1, 1, embed))}
    owned["out_proj.weight"] = Owned((embed, embed))
    if bias:
        owned["out_proj.bias"] = Owned((embed,))
    return owned


class scaled_dot_product_attention(Function):
    """softmax(Q Kᵀ / √E) V over [..., L, E], [..., S, E] and [..., S, Ev]; leading axes are batches and heads.

    Masks are added to (or, boolean, select from) the [..., L, S] scores; `is_causal` masks without one.
    """

    family = Family.ATTENTION
    inputs = ("query", "key", "value", "attn_mask?")
    python = Named("F.scaled_dot_product_attention", 3, ("attn_mask",))
    dropout_p = Float("probability of dropping an attention weight, also in eval mode", 0.0, min=0, max=1)
    is_causal = Bool("whether a position attends to none after it", False)
    scale = Float("what the scores are multiplied by; 1/√E if left out", None)
    enable_gqa = Bool("whether several query heads may share a key head", False)
    example = ("[N, 8, T, 64], [N, 8, S, 64], [N, 8, S, 64]", "{op: scaled_dot_product_attention, is_causal: true}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        name = f"`{call.label}` (scaled_dot_product_attention)"
        for port, given in zip(cls.inputs, (query, key, value), strict=False):
            if given.rank < 2:
                call.reject("S302", f"{name} needs inputs [..., L, E], but `{port}` is {given.rank}-d")
        call.require_floating("query", "key", "value")
        if not query.dtype == key.dtype == value.dtype:
            call.reject(
                "S307", f"{name} needs inputs of one dtype, but they are {query.dtype}, {key.dtype}, {value.dtype}"
            )
        call.require_equal(
            query.shape[-1],
            key.shape[-1],
            f"{name} has queries of {query.shape[-1]} features and keys of {key.shape[-1]}",
        )
        call.require_equal(
            key.shape[-2], value.shape[-2], f"{name} has keys of length {key.shape[-2]} and values of {value.shape[-2]}"
        )
        lead = cls._lead(call, query, key, value)
        scores = query.with_shape((*lead, query.shape[-2], key.shape[-2]))
        if call.has("attn_mask"):
            cls._check_mask(call, scores)
        return query.with_shape((*lead, query.shape[-2], value.shape[-1]))

    @classmethod
    def _lead(cls, call: Call, query: TensorType, key: TensorType, value: TensorType) -> tuple[Dim, ...]:
        if not call["enable_gqa"]:
            return broadcast(call, [t.with_shape(t.shape[:-2]) for t in (query, key, value)])
        name = f"`{call.label}` (scaled_dot_product_attention)"
        if query.rank < 3 or key.rank < 3 or value.rank < 3:
            call.reject("S302", f"{name} needs a heads axis, [..., H, L, E], for `enable_gqa`", arg="enable_gqa")
        heads = query.shape[-3]
        for port, given in (("key", key), ("value", value)):
            own = given.shape[-3]
            message = f"{name} has {heads} query heads, which the {own} heads of `{port}` do not divide"
            call.require_equal(heads // own * own if own != 0 else own, heads, message, code="S308", arg="enable_gqa")
        lead = broadcast(call, [t.with_shape(t.shape[:-3]) for t in (query, key, value)])
        return (*lead, heads)

    @classmethod
    def _check_mask(cls, call: Call, scores: TensorType) -> None:
        mask = call.input("attn_mask")
        name = f"`{call.label}` (scaled_dot_product_attention)"
        if call["is_causal"]:
            call.report("S310", f"{name} takes `attn_mask` or `is_causal`, not both", arg="is_causal")
        if mask.dtype not in ("bool", scores.dtype):
            call.report("S307", f"`attn_mask` of `{call.label}` must be bool or {scores.dtype}, not {mask.dtype}")
        if mask.rank > scores.rank or mask.rank < 2:
            call.report("S302", f"`attn_mask` of `{call.label}` must broadcast to {scores}, but it is {mask}")
            return
        for a, b in zip(reversed(mask.shape), reversed(scores.shape), strict=False):
            if a != 1:
                call.require_equal(a, b, f"`attn_mask` of `{call.label}` must broadcast to {scores}, but it is {mask}")

    @classmethod
    def macs(cls, call: Call) -> Dim:
        key, value = call.input("key"), call.input("value")
        scores = product(call.output[0].shape[:-1]) * key.shape[-2]
        return scores * (key.shape[-1] + value.shape[-1])

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(1, 3) for _ in range(rng.choice([0, 1, 2, 2, 2])))
        length, source, embed = (rng.randint(1, 4) for _ in range(3))
        wide = embed if rng.random() < 0.7 else rng.randint(1, 4)
        off = [int(rng.random() < 0.04) for _ in range(3)]
        args: dict[str, Any] = {}
        if rng.random() < 0.3:
            args["is_causal"] = rng.random() < 0.7
        if rng.random() < 0.2:
            args["scale"] = 0.5
        if rng.random() < 0.1:
            args["dropout_p"] = rng.choice([0.5, 0.1, 1.5])
        kept = lead
        if lead and rng.random() < 0.3:
            args["enable_gqa"] = True
            kept = (*lead[:-1], 1 if rng.random() < 0.3 else lead[-1])
        dtypes = [rng.choice(["float32"] * 9 + ["int64"])] * 3
        if rng.random() < 0.04:
            dtypes[1] = "float64"
        mask = None
        if rng.random() < 0.4:
            front = rng.choice([(), lead])
            mask = (
                (*front, rng.choice([length, length, 1]), source + (rng.random() < 0.1)),
                rng.choice(["bool", "float32"]),
            )
        return Sample(
            args,
            (
                ((*lead, length, embed), dtypes[0]),
                ((*kept, source, embed + off[0]), dtypes[1]),
                ((*kept, source + off[1], wide), dtypes[2]),
                mask,
            ),
        )
