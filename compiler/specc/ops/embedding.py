"""Tables of vectors looked up by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from specc.ops.arguments import Bool, Float, Int
from specc.ops.call import Call
from specc.ops.declare import Family, Module, Owned, Sample
from specc.shapes.tensor import TensorType

if TYPE_CHECKING:
    import random


class Embedding(Module):
    """A learned vector for every index: [*] of integers in [0, num_embeddings) gives [*, embedding_dim]."""

    family = Family.EMBEDDING
    positional = 2
    num_embeddings = Int("how many vectors", min=1)
    embedding_dim = Int("size of each", min=0)
    padding_idx = Int("index whose vector is zero and not trained; negative counts from the end", None)
    max_norm = Float("vectors longer than this are shortened to it, in place, as they are used", None)
    norm_type = Float("p of the p-norm that `max_norm` bounds", 2.0)
    scale_grad_by_freq = Bool("whether gradients are divided by how often an index occurs in the batch", False)
    sparse = Bool("whether the gradient of the weight is sparse", False)
    example = ("[N, T] int64", "{op: Embedding, num_embeddings: 50257, embedding_dim: 768}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        count, padding = call["num_embeddings"], call["padding_idx"]
        if padding is not None and not -count <= padding < count:
            call.report(
                "L204",
                f"`padding_idx: {padding}` of `{call.label}` is not one of its {count} embeddings "
                f"(it may be {-count} to {count - 1})",
                arg="padding_idx",
                notes=(),
            )
        output = TensorType((*call.x.shape, call.dim("embedding_dim")), "float32")
        if call.x.dtype not in ("int64", "int32"):
            call.reject(
                "S307",
                f"`{call.label}` (Embedding) looks up integers, but its input is {call.x.dtype}",
                help="declare the input as `{shape: […], dtype: int64}`",
                recover=output,
            )
        return output

    @classmethod
    def parameters(cls, call: Call) -> dict[str, Owned]:
        return {"weight": Owned((call["num_embeddings"], call["embedding_dim"]))}

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        count = rng.randint(1, 5)
        args: dict[str, Any] = {"num_embeddings": count, "embedding_dim": rng.randint(0, 4)}
        optional = {
            "padding_idx": rng.randint(-count - (rng.random() < 0.2), count - (rng.random() < 0.8)),
            "max_norm": 1.5,
            "norm_type": rng.choice([1.0, 2.0]),
            "scale_grad_by_freq": rng.random() < 0.5,
            "sparse": rng.random() < 0.5,
        }
        args |= {name: value for name, value in optional.items() if rng.random() < 0.3}
        shape = tuple(rng.randint(0, 3) for _ in range(rng.randint(0, 3)))
        dtype = rng.choice(["int64"] * 6 + ["int32", "float32", "bool"])
        return Sample(args, ((shape, dtype),), high=count)
