"""The focal loss of torchvision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specc.ops.arguments import Choice, Float
from specc.ops.call import Call
from specc.ops.declare import Family, Function, Sample, Saved
from specc.ops.write import Writer
from specc.shapes.dtype import FLOATING, promote
from specc.shapes.tensor import DTYPES, TensorType

if TYPE_CHECKING:
    import random


class sigmoid_focal_loss(Function):
    """The loss of yes-or-no answers in which easy ones count less (Lin et al. 2017); `inputs` are logits."""

    family = Family.VISION
    python = Writer("torchvision.ops.sigmoid_focal_loss")
    inputs = ("inputs", "targets")
    alpha = Float("weight of the positive answers, 1 − alpha that of the others; −1 for none", 0.25, min=-1, max=1)
    gamma = Float("exponent: how much less an easy answer counts", 2)
    reduction = Choice("what becomes of the numbers", ("none", "mean", "sum"), "none")
    formula = "loss = −α_t · (1 − p_t)^gamma · log p_t, p_t = σ(x) where the target is 1, else 1 − σ(x)"
    example = ("[N, C], [N, C]", "{op: sigmoid_focal_loss, reduction: mean, from: [logits, targets]}")

    @classmethod
    def infer(cls, call: Call) -> TensorType:
        targets = call.input("targets")
        if -1 < call["alpha"] < 0:
            said = f"`alpha` of `{call.label}` must be between 0 and 1, or -1, not {call['alpha']}"
            call.reject("L204", said, arg="alpha", notes=())
        call.require_dtype(FLOATING, "floating-point logits")
        call.require_dtype(FLOATING, "floating-point targets", "targets")
        if targets.rank != call.x.rank:
            call.reject(
                "S302",
                f"`{call.label}` (sigmoid_focal_loss) needs a target for every logit, "
                f"but the logits are {call.x} and the targets {targets}",
            )
        for axis, (size, other) in enumerate(zip(call.x.shape, targets.shape, strict=True)):
            call.require_equal(
                size, other, f"axis {axis} of the logits of `{call.label}` has size {size}, of the targets {other}"
            )
        dtype = promote(call.x.dtype, targets.dtype)
        return TensorType(call.x.shape if call["reduction"] == "none" else (), dtype)

    @classmethod
    def saved(cls, call: Call) -> Saved | None:
        """Factors of products, six or eight for each logit."""
        if call.input("targets").dtype != call.x.dtype:
            return None  # some in one dtype, some in the other
        return Saved(cls.inputs, (), call.x.nbytes * (8 if call["alpha"] >= 0 else 6))

    @classmethod
    def macs(cls, call: Call) -> int:
        return 0

    @classmethod
    def sample(cls, rng: random.Random) -> Sample:
        shape = tuple(rng.randint(0 if rng.random() < 0.1 else 1, 4) for _ in range(rng.randint(0, 3)))
        args: dict[str, object] = {}
        if rng.random() < 0.5:
            args["alpha"] = rng.choice([0, 0.5, 1, -1, -1, 0.9] if rng.random() < 0.9 else [-0.5, 2])
        if rng.random() < 0.5:
            args["gamma"] = rng.choice([0, 1, 2.5, 3])
        if rng.random() < 0.6:
            args["reduction"] = rng.choice(["none", "mean", "sum"] if rng.random() < 0.95 else ["max"])
        dtype = rng.choice(["float32", "float32", *FLOATING])
        other = (*shape[:-1], 5) if rng.random() < 0.05 and shape else shape
        return Sample(args, ((shape, dtype), (other, dtype if rng.random() < 0.7 else rng.choice(DTYPES))))
