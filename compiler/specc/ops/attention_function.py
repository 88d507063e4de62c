"""Attention without projections: softmax(Q Kᵀ / √E) V."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, Float
from specc.ops.attention_memory import FLOAT, dropped
from specc.ops.broadcast import broadcast
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.write import Named
from specc.shapes.constraints import Refuted
from specc.shapes.dim import Dim, product
from specc.shapes.dtype import bytes_of
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random

Shape = tuple[Dim, ...]


class scaled_dot_product_attention(Function):
    """Attention of queries [..., L, E] over keys [..., S, E] and values [..., S, Ev]; gives [..., L, Ev].

    Leading axes are batches and heads, and broadcast. A floating `attn_mask` is added to the [..., L, S] scores; True
    in a boolean one allows a position (in `MultiheadAttention` it forbids one); `is_causal` masks without one. With
    `enable_gqa` a head of `key` and `value` serves several of `query`. `dropout_p` drops weights in eval mode too.
    """

    family = Family.ATTENTION
    formula = (
        "y = softmax(scale · Q Kᵀ + attn_mask) V\n"
        "is_causal: the score of query i and key j is −∞ for j > i\n"
        "enable_gqa: query head h reads key head ⌊h / (heads of Q / heads of K)⌋"
    )
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
        if _empty(call):
            return query.with_dim(-1, value.shape[-1])
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
            call.report(
                "S310",
                f"{name} takes `attn_mask` or `is_causal`, not both",
                arg="is_causal",
                help="remove `is_causal`: the mask can be causal itself",
            )
        if mask.dtype not in ("bool", scores.dtype):
            call.report("S307", f"`attn_mask` of `{call.label}` must be bool or {scores.dtype}, not {mask.dtype}")
        if mask.rank > scores.rank or mask.rank < 2:
            call.report("S302", f"`attn_mask` of `{call.label}` must broadcast to {scores}, but it is {mask}")
            return
        what = f"`attn_mask` of `{call.label}` must broadcast to {scores}, but it is {mask}"
        for a, b in zip(reversed(mask.shape), reversed(scores.shape), strict=False):
            if a == 1:
                continue
            repeats = isinstance(call.decide(a, b), Refuted) and not isinstance(call.decide(a, Dim.of(1)), Refuted)
            call.require_equal(a, Dim.of(1) if repeats else b, what)

    @classmethod
    def macs(cls, call: Call) -> Dim | int:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        if _empty(call):
            return 0
        lead = call.output[0].shape[:-2]
        scored = lead if call["enable_gqa"] else _leading(query, key)  # the value may broadcast it further
        each = query.shape[-2] * key.shape[-2]
        return product(scored) * each * key.shape[-1] + product(lead) * each * value.shape[-1]

    @classmethod
    def saved(cls, call: Call) -> Saved:
        query, key, value = (call.input(port) for port in cls.inputs[:3])
        size = bytes_of(query.dtype)
        lead = call.output[0].shape[:-2]
        if call["dropout_p"] == 0 and _flash(call):
            extra = product(lead) * query.shape[-2] * (8 if size == 8 else FLOAT)
            ports: tuple[str, ...] = ("query", "key", "value")
            if call.has("attn_mask"):
                mask = call.input("attn_mask")
                if mask.dtype == "bool":
                    extra = extra + mask.numel * size
                else:
                    ports += ("attn_mask",)
            return Saved(ports, (0,), extra)
        scored = lead if call["enable_gqa"] else _leading(query, key)
        grouped = call["enable_gqa"] and not query.shape[-3] == key.shape[-3] == value.shape[-3]
        if grouped:  # keys and values are copied for every head of the query
            key, value = (t.with_dim(-3, query.shape[-3]) for t in (key, value))
        each = query.shape[-2] * key.shape[-2]
        weights = product(scored) * each
        kept = _spread(query, scored) + _spread(key, scored) + weights
        if call["dropout_p"]:
            kept = kept + dropped(weights, call["dropout_p"])
        if not _viewed(scored, lead):  # a copy for the product with the values
            kept = kept + product(lead) * each
        elif call["dropout_p"]:
            kept = kept + weights
        # one matrix by a batch of them: these are put in another order
        folded = not scored and all(size != 1 for size in (product(lead), *value.shape[-2:]))
        if _viewed(value.shape[:-2], lead) and not grouped and not folded:
            return Saved(("value",), (), kept * size)
        return Saved((), (), (kept + _spread(value, lead)) * size)

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        lead = tuple(rng.randint(1, 3) for _ in range(rng.choice([0, 1, 1, 2, 2, 2, 3])))
        length, source, embed = (rng.randint(1, 4) for _ in range(3))
        wide = embed if rng.random() < 0.7 else rng.randint(1, 4)
        off = [int(rng.random() < 0.04) for _ in range(3)]
        args: dict[str, Any] = {}
        if rng.random() < 0.3:
            args["is_causal"] = rng.random() < 0.7
        if rng.random() < 0.2:
            args["scale"] = 0.5
        if rng.random() < 0.2:
            args["dropout_p"] = rng.choice([0.5, 0.1, 1.0, 1.5])
        kept, given = lead, lead
        if lead and rng.random() < 0.3:
            args["enable_gqa"] = rng.random() < 0.9
            heads = rng.choice([1, 2, 4])
            given = (*lead[:-1], heads * rng.choice([1, 2, 3]) + (rng.random() < 0.05))
            kept = (*lead[:-1], heads)
        elif lead and rng.random() < 0.1:
            kept = tuple(rng.choice([size, 1]) for size in lead)
        dtypes = [rng.choice(["float32"] * 9 + ["float64", "int64"])] * 3
        if rng.random() < 0.04:
            dtypes[1] = "float64"
        mask = None
        if rng.random() < 0.4:
            front = rng.choice([(), given, tuple(rng.choice([size, 1]) for size in given)])
            mask = (
                (*front, rng.choice([length, length, 1]), source + (rng.random() < 0.1)),
                rng.choice(["bool", dtypes[0]]),
            )
        return Sample(
            args,
            (
                ((*given, length, embed), dtypes[0]),
                ((*kept, source, embed + off[0]), dtypes[1]),
                ((*kept, source + off[1], wide), dtypes[2]),
                mask,
            ),
        )


def _empty(call: Call) -> bool:
    """Whether there is no query or nothing to sum: torch gives zeros without a look at the shapes."""
    return call.input("query").shape[-2] == 0 or call.input("value").numel == 0


def _leading(query: TensorType, key: TensorType) -> Shape:
    """The leading axes of the scores, which the rule has found to broadcast."""
    a, b = query.shape[:-2], key.shape[:-2]
    rank = max(len(a), len(b))
    pairs = zip((Dim.of(1),) * (rank - len(a)) + a, (Dim.of(1),) * (rank - len(b)) + b, strict=True)
    return tuple(y if x == 1 else x for x, y in pairs)


def _flash(call: Call) -> bool:
    """Whether torch's fused kernel takes the operands: three or four axes, the same in all, and no wider values."""
    query, key, value = (call.input(port) for port in ("query", "key", "value"))
    if query.rank not in (3, 4) or not query.rank == key.rank == value.rank or value.shape[-1] != query.shape[-1]:
        return False
    own = -3 if call["enable_gqa"] or key.shape[-3] == 1 else -2  # heads may share keys
    if not query.shape[:own] == key.shape[:own] == value.shape[:own] or key.shape[:-2] != value.shape[:-2]:
        return False
    return not call.has("attn_mask") or call.input("attn_mask").rank in (2, query.rank)


def _viewed(own: Shape, lead: Shape) -> bool:
    """Whether a batch broadcast to `lead` is one axis without a copy: all of its axes are repeated, or none."""
    padded = (Dim.of(1),) * (len(lead) - len(own)) + own
    repeated = {a != b for a, b in zip(padded, lead, strict=True) if b != 1}
    return len(repeated) < 2


def _spread(given: TensorType, lead: Shape) -> Dim:
    """Elements of an operand as one batch of matrices."""
    each = given.shape[-2] * given.shape[-1]
    return product(given.shape[:-2] if _viewed(given.shape[:-2], lead) else lead) * each
