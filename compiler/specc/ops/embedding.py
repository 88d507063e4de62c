"""Tables of vectors looked up by index, one by one or in bags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, Choice, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Module, Op, Owned, Sample, Saved
from specc.ops.write import Named
from specc.shapes.dim import Dim
from specc.shapes.dtype import COMPLEX, FLOATING, bytes_of, promote
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random

_INDICES = ("int64", "int32")


class _Table(Op, abstract=True):
    """A table is a module's parameter, or a function's input `weight`."""

    family = Family.EMBEDDING
    padding_idx = Int("index whose vector is zero and not trained; negative counts from the end", None)
    max_norm = Float("vectors longer than this are shortened to it, in place, as they are used", None)
    norm_type = Float("p of the p-norm that `max_norm` bounds", 2.0)
    scale_grad_by_freq = Bool("whether gradients are divided by how often an index occurs in the batch", False)
    sparse = Bool("whether the gradient of the weight is sparse", False)

    @classmethod
    def table(cls, call: Call) -> TensorType:
        """The type of the table, [count, size]; its `padding_idx` names one of the vectors."""
        if "num_embeddings" in call.args:
            table = TensorType((call.dim("num_embeddings"), call.dim("embedding_dim")))
        else:
            table = call.input("weight")
            if table.rank != 2:
                call.reject("S302", f"`{call.label}` ({call.op.name}) needs a table [count, size], but it is {table}")
        padding, count = call["padding_idx"], table.shape[0]
        if padding is None and _filled(call.x):
            call.require_at_least(count, 1, f"`{call.label}` ({call.op.name}) looks up an empty table {table}")
        if padding is not None:
            said = f"`padding_idx: {padding}` of `{call.label}` is not one of its {count} embeddings"
            if count.is_const:
                said += f" (it may be {-count.value} to {count.value - 1})"
            least = padding + 1 if padding >= 0 else -padding
            call.require_at_least(count, least, said, code="L204", arg="padding_idx")
        return table

    @classmethod
    def require_indices(cls, call: Call, recover: TensorType | None = None) -> None:
        if call.x.dtype not in _INDICES:
            call.reject(
                "S307",
                f"`{call.label}` ({call.op.name}) looks up integers, but its input is {call.x.dtype}",
                help="declare the input as `{shape: […], dtype: int64}`",
                edits=call.declared("int64"),
                recover=recover,
            )

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        if "num_embeddings" not in call.args:
            return {}
        return {"weight": Owned((call["num_embeddings"], call["embedding_dim"]))}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample_table(cls, rng: random.Random) -> tuple[dict[str, Any], tuple[tuple[int, ...], str]]:
        """Arguments, and the table."""
        count, size = rng.randint(1, 5), rng.randint(0, 4)
        optional = {
            "padding_idx": rng.randint(-count - (rng.random() < 0.2), count - (rng.random() < 0.8)),
            "max_norm": 1.5,
            "norm_type": rng.choice([1.0, 2.0]),
            "scale_grad_by_freq": rng.random() < 0.5,
            "sparse": rng.random() < 0.5,
        }
        args = {name: value for name, value in optional.items() if rng.random() < 0.3}
        if "num_embeddings" in cls.args:
            args |= {"num_embeddings": count, "embedding_dim": size}
        return args, ((count, size), rng.choice(["float32"] * 8 + list(DTYPES)))


def _filled(x: TensorType) -> bool:
    """Whether there are indices."""
    return not any(dim.is_const and dim.value == 0 for dim in x.shape)


class _Embedding(_Table, abstract=True):
    keeps = Saved(("input",))
    formula = "out[…, :] = weight[input[…], :]"

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        table = cls.table(call)
        output = TensorType((*call.x.shape, *table.shape[1:]), table.dtype)
        cls.require_indices(call, output)
        if call["max_norm"] is not None and "weight" in call.operands:
            call.require_dtype(FLOATING + COMPLEX, "a table of floats, for `max_norm` takes lengths,", "weight")
        return output

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args, table = cls.sample_table(rng)
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        dtype = rng.choice(["int64"] * 6 + ["int32", "float32", "bool"])
        indices = (shape, dtype)
        return Sample(args, (indices,) if "num_embeddings" in cls.args else (indices, table), high=1)


class Embedding(_Embedding, Module):
    """A learned vector for every index: [*] of integers in [0, num_embeddings) gives [*, embedding_dim]."""

    positional = 2
    order = (
        "num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
    )  # fmt: skip
    num_embeddings = Int("how many vectors", min=0)
    embedding_dim = Int("size of each", min=0)
    example = ("[N, T] int64", "{op: Embedding, num_embeddings: 50257, embedding_dim: 768}")


class embedding(_Embedding, Function):
    """The rows of a table, by index: the function of `Embedding`, which is given its table."""

    inputs = ("input", "weight")
    python = Named("F.embedding", 2, ())
    example = ("[N, T] int64, [50257, 768]", "{op: embedding, from: [tokens, table]}")


class _EmbeddingBag(_Table, abstract=True):
    formula = "out[n, :] = Σ_{i in bag n} w[i] · weight[input[i], :], or their mean or maximum; 0 of an empty bag"
    mode = Choice("what is made of the vectors of a bag", ("sum", "mean", "max"), "mean")
    include_last_offset = Bool("whether `offsets` ends with the number of indices, which begins no bag", False)

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        table = cls.table(call)
        if call.x.rank == 2:
            output = TensorType((call.x.shape[0], *table.shape[1:]), table.dtype)
        else:
            call.require_rank(1, 2, layout="[N, L], or [L] beside `offsets`")
            output = TensorType((cls._bags(call), *table.shape[1:]), table.dtype)
        cls.require_indices(call, output)
        cls._require_bags(call)
        if call["mode"] == "max" and (call["sparse"] or call["scale_grad_by_freq"]):
            wrong = "sparse" if call["sparse"] else "scale_grad_by_freq"
            call.report("S310", f"`{wrong}` of `{call.label}` does not go with `mode: max`", arg=wrong)
        if "weight" in call.operands:
            call.require_dtype(FLOATING, "a table of floats", "weight")
        return output

    @classmethod
    def saved(cls, call: Call) -> Saved:
        """Beside the indices where each bag begins, its size, which bag each index is in, where each maximum was."""
        x, (bags, size) = call.x, call.output[0].shape
        table = call.input("weight").dtype if "weight" in call.operands else "float32"
        offsets = call.input("offsets") if call.has("offsets") else TensorType(x.shape[:1], x.dtype)
        width = bytes_of(promote(x.dtype, offsets.dtype))
        kept = ["input", "offsets", "per_sample_weights"]
        extra = width * (offsets.numel + bags * (size if call["mode"] == "max" else 1))
        if not call.has("offsets"):
            extra = extra + width * offsets.numel
        if call["mode"] != "sum" or call["padding_idx"] is not None or table == "float64":
            extra = extra + width * (x.numel + 1)
        if call.has("per_sample_weights"):
            kept.append("weight")
        return Saved(tuple(kept), extra=extra)

    @classmethod
    def _bags(cls, call: Call) -> Dim:
        if not call.has("offsets"):
            call.reject(
                "N404",
                f"`{call.label}` ({call.op.name}) needs `offsets` beside an input [L]: where each bag begins",
                help="give it an input [N, L] of bags of one length, or `offsets`",
            )
        offsets = call.input("offsets")
        if offsets.rank != 1:
            call.reject("S302", f"`{call.label}` ({call.op.name}) needs 1-d `offsets`, but they are {offsets}")
        count = offsets.shape[0]
        said = f"`{call.label}` ({call.op.name}) has no bags: its `offsets` are {offsets}"
        last = 1 if call["include_last_offset"] else 0
        call.require_at_least(count, last + _filled(call.x), said)  # of indices without bags torch may crash
        return count - last

    @classmethod
    def _require_bags(cls, call: Call) -> None:
        x = call.x
        if x.rank == 2:
            if call.has("offsets"):
                call.reject(
                    "S310",
                    f"`{call.label}` ({call.op.name}) has `offsets` beside an input {x}, whose rows are the bags",
                    help="leave out `offsets`, or flatten the input",
                )
            call.require_at_least(x.shape[1], 1, f"`{call.label}` ({call.op.name}) has bags of size 0")
        elif call.input("offsets").dtype not in _INDICES:
            call.reject("S307", f"`{call.label}` ({call.op.name}) needs integers as `offsets`, not floats")
        if not call.has("per_sample_weights"):
            return
        weights = call.input("per_sample_weights")
        said = f"`per_sample_weights` of `{call.label}` ({call.op.name}) are {weights}, and its indices {x}"
        if weights.rank != x.rank:
            call.reject("S303", said)
        for size, wanted in zip(weights.shape, x.shape, strict=True):
            call.require_equal(size, wanted, said)
        dtype = call.input("weight").dtype if "num_embeddings" not in call.args else "float32"
        if weights.dtype != dtype:
            call.reject(
                "S307", f"`{call.label}` ({call.op.name}) has {weights.dtype} `per_sample_weights` for a {dtype} table"
            )
        if call["mode"] != "sum":
            call.reject(
                "S310",
                f"`per_sample_weights` of `{call.label}` need `mode: sum`, not `mode: {call['mode']}`",
                arg="mode",
            )

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        args, table = cls.sample_table(rng)
        bags = rng.random() < 0.5
        shape: tuple[int, ...] = (
            (rng.randint(0, 3), rng.randint(0 if rng.random() < 0.1 else 1, 3)) if bags else (rng.randint(0, 5),)
        )
        if rng.random() < 0.03:
            shape = (2, 2, 1)
        if rng.random() < 0.7:
            args["mode"] = rng.choice(["sum", "sum", "mean", "max"])
        if rng.random() < 0.4:
            args["include_last_offset"] = rng.random() < 0.7
        index = rng.choice(["int64"] * 8 + ["int32", "float32"])
        offsets = ((rng.randint(1, 3),), rng.choice([index] * 5 + ["int64"])) if bags == (rng.random() < 0.05) else None
        weights = (shape, rng.choice(["float32"] * 9 + ["float64"])) if rng.random() < 0.3 else None
        given: tuple[Any, ...] = ((shape, index), offsets, weights)
        if "num_embeddings" not in cls.args:
            given = ((shape, index), table, offsets, weights and (shape, table[1]))
        return Sample(args, given, high=1)


class EmbeddingBag(_EmbeddingBag, Module):
    """The sum, mean or maximum of the vectors of a bag of indices, without making the vectors themselves.

    An input [N, L] holds N bags of one length; an input [L] holds bags of any, and `offsets` says where each begins.
    """

    positional = 2
    order = (
        "num_embeddings", "embedding_dim", "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse",
        "include_last_offset", "padding_idx",
    )  # fmt: skip
    inputs = ("input", "offsets?", "per_sample_weights?")
    python = Named("nn.EmbeddingBag", 1, ("offsets", "per_sample_weights"))
    num_embeddings = Int("how many vectors", min=0)
    embedding_dim = Int("size of each", min=0)
    padding_idx = Int("index that counts for nothing; negative counts from the end", None)
    example = ("[N, L] int64", "{op: EmbeddingBag, num_embeddings: 5000, embedding_dim: 64, mode: sum}")


class embedding_bag(_EmbeddingBag, Function):
    """The sum, mean or maximum of the rows of a table that a bag names: the function of `EmbeddingBag`."""

    order = (
        "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse", "include_last_offset", "padding_idx",
    )  # fmt: skip
    inputs = ("input", "weight", "offsets?", "per_sample_weights?")
    python = Named("F.embedding_bag", 2, ("offsets", "per_sample_weights"))
    padding_idx = Int("index that counts for nothing; negative counts from the end", None)
    example = ("[N, L] int64, [5000, 64]", "{op: embedding_bag, mode: sum, from: [words, table]}")
