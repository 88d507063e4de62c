"""Attention (Vaswani et al. 2017): the layer, with its projections."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from specc.ops.arguments import INFERRED, Bool, Float, Int
from specc.ops.attention_memory import FLOAT, Heads, inner, masks, same, swaps
from specc.ops.call import Bound, Call
from specc.ops.declare import Family, Module, Owned, Sample, Saved
from specc.ops.spatial import divisors
from specc.ops.write import Named
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import is_floating, promote
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


_PASSED_OVER = ", though `is_causal` lets torch pass over it"


def check_heads(call: Call, features: int, heads: str) -> None:
    """There are features (S306), and they are split evenly among the heads (S308)."""
    if features == 0:
        call.report("S306", f"`{call.label}` ({call.op.name}) needs at least one feature, but its input has none")
    elif features % call[heads]:
        call.report(
            "S308",
            f"`{heads}: {call[heads]}` of `{call.label}` does not divide its {features} features",
            arg=heads,
            help=f"{features} features can be split among {', '.join(map(str, divisors(features)))} heads",
        )


def check_mask(call: Call, port: str, shapes: list[tuple[Dim, ...]], *, causal: bool = False) -> None:
    """A mask is boolean or floating (S307) and has one of `shapes`, told apart by their rank (S302, S303).

    `causal`: it is said to be causal, so that torch may pass over it.
    """
    if not call.has(port):
        return
    mask = call.input(port)
    if mask.dtype != "bool" and not is_floating(mask.dtype):
        call.report("S307", f"`{port}` of `{call.label}` must be bool or floating, not {mask.dtype}")
    wanted = next((shape for shape in shapes if len(shape) == mask.rank), None)
    said = " or ".join(str(TensorType(shape)) for shape in shapes)
    hint = _PASSED_OVER if causal else ""
    what = f"`{port}` of `{call.label}` must be {said}, not {mask}{hint}"
    if wanted is None:
        call.report("S302", what)
        return
    for a, b in zip(mask.shape, wanted, strict=True):
        call.require_equal(a, b, what)


def check_mask_dtypes(call: Call, mask: str, padding: str, *, causal: bool = False) -> None:
    """Masks are added up, and the sum to float32 scores: it must be float32 itself (S307). Booleans become float32."""
    given = {port: call.input(port).dtype for port in (mask, padding) if call.has(port)}
    floats = [
        "float32" if dtype == "bool" else dtype for dtype in given.values() if dtype == "bool" or is_floating(dtype)
    ]
    if floats and reduce(promote, floats) != "float32":
        wrong = next(port for port, dtype in given.items() if dtype not in ("bool", "float32"))
        hint = _PASSED_OVER if causal and not call.has(padding) else ""
        call.report("S307", f"`{wrong}` of `{call.label}` must be bool or float32, not {given[wrong]}{hint}")


class MultiheadAttention(Module):
    """Attention of `query` over `key` and `value` with `num_heads` heads, and the projections around it.

    Each input is [L, N, features], [N, L, features] with `batch_first`, or [L, features] unbatched. `kdim` and `vdim`
    are taken from the inputs where they differ from the query's features. With `need_weights: false` there is no second
    output, and PyTorch runs its faster kernels.

    `attn_mask` is [L, S] or [N * num_heads, L, S], `key_padding_mask` [N, S]. True in a boolean mask forbids a position
    (in `scaled_dot_product_attention` it allows one), a floating one is added to the scores.
    """

    family = Family.ATTENTION
    formula = (
        "head_h = softmax(Q_h K_hᵀ / √d + attn_mask + key_padding_mask) V_h, d = embed_dim / num_heads\n"
        "Q = query W_qᵀ + b_q, K = key W_kᵀ + b_k, V = value W_vᵀ + b_v, split into num_heads parts\n"
        "attn_output = [head_1, …, head_h] W_oᵀ + b_o\n"
        "attn_output_weights = the mean of the heads' softmax, or each head's"
    )
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
    kdim = Int("features of the key; inferred", None, min=0)
    vdim = Int("features of the value; inferred", None, min=0)
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
        call.require_weights("query", "key", "value")
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
        fitting = [(length, source), (heads * product(batch), length, source)]
        check_mask(call, "attn_mask", fitting, causal=call["is_causal"])
        check_mask_dtypes(call, "attn_mask", "key_padding_mask", causal=call["is_causal"])
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
        keys, values = (embed if call[name] is None else call[name] for name in ("kdim", "vdim"))
        return projections(embed, keys, values, call["bias"], call["add_bias_kv"])

    @classmethod
    def macs(cls, call: Call) -> Dim:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        source = key.shape[1 if key.rank == 3 and call["batch_first"] else 0]
        attended = source + int(call["add_bias_kv"]) + int(call["add_zero_attn"])
        projected = (query.numel * 2 + key.numel + value.numel) * Dim.of(call["embed_dim"])
        return projected + query.numel * attended * 2

    @classmethod
    def saved(cls, call: Call) -> Saved:
        query, key = call.input("query"), call.input("key")
        time = 1 if query.rank == 3 and call["batch_first"] else 0
        batch = query.shape[1 - time] if query.rank == 3 else Dim.of(1)
        added = int(call["add_bias_kv"]) + int(call["add_zero_attn"])
        at = Heads(batch, query.shape[time], key.shape[time], call["embed_dim"], call["num_heads"], added)
        packed = call["kdim"] in (None, at.features) and call["vdim"] in (None, at.features)
        shared = 3 if same(call, *cls.inputs[:3]) else 2 if same(call, *cls.inputs[1:3]) else 0
        shared = shared if packed else 0  # else each has a matrix of its own
        first = call["batch_first"] and query.rank == 3
        copied = [port for port in cls.inputs[:3] if swaps(first, batch, call.input(port).shape[time])]
        mask = masks(call, at, "attn_mask", "key_padding_mask", causal=call["is_causal"])
        weights, dropout = call["need_weights"], call["dropout"]
        floats = inner(at, dropout, weights=weights, shared=shared, mask=mask)
        for port in copied:
            if port not in cls.inputs[4 - shared if shared else 3 : 3]:  # one copy of what is one tensor
                floats = floats + call.input(port).numel
        ports = tuple(port for port in cls.inputs[:3] if port not in copied)
        if not weights and dropout == 0:
            ports += mask.ports
        gradients = at.weights * (2 * FLOAT) if weights or dropout else 0  # of the weights, before and after softmax
        if not weights or call["average_attn_weights"]:
            return Saved(ports, (), floats * FLOAT, backward=gradients)
        return Saved(ports, (1,), (floats - at.weights) * FLOAT, backward=gradients)  # the second output: the weights

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
    if features == call["embed_dim"] and bound.value is None:
        return
    if bound.given and bound.value is None:
        call.require_equal(
            features,
            Dim.of(call["embed_dim"]),
            f"`{name}: null` of `{call.label}` stands for its {call['embed_dim']} features, but that input has "
            f"{features}",
            code="S301",
            arg=name,
            help=f"remove `{name}`: it is inferred",
            edits=call.removed(name),
        )
    if not bound.given:
        call.args[name] = Bound(INFERRED)
    if call[name] is not None:
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
