"""One configuration through the rule and through torch, and the differences between the two."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from specc.diagnostics import Sink
from specc.ops import Call, Op, Rejected
from specc.ops.arguments import INFERRED, Value
from specc.ops.declare import Owned, Sample
from specc.ops.evaluate import Outcome, evaluate, frozen
from specc.shapes.dim import Dim, Fresh
from specc.shapes.tensor import TensorType
from tests.oracle import forward
from tests.oracle.fatal import undecided
from tests.oracle.judge import Observed, observe
from tests.oracle.memory import difference
from tests.oracle.perturb import perturbed
from tests.oracle.stricter import excused

# Ops whose products torch.utils.flop_counter does not see, so that their cost is held by tests of their own.
UNCOUNTED = frozenset(
    {"Bilinear", "bilinear", "AdaptiveLogSoftmaxWithLoss", "DeformConv2d", "deform_conv2d", "mv", "dot", "addbmm"}
)

# Products that it sees as long as neither factor is a vector, which torch finds by the sizes.
PARTLY_COUNTED = frozenset({"inner", "tensordot"})

# What a rule may answer for symbols although integers are accepted: it needs a number, or names the condition.
OPEN = frozenset({"S304", "S305"})


@dataclass(slots=True)
class Tally:
    """What was tried of one op."""

    op: str
    valid: int = 0
    invalid: int = 0
    stricter: int = 0  # of the invalid ones, those that torch accepts and the rule refuses on purpose
    symbolic: int = 0  # inferences with symbols that were compared with the integers'
    disagreements: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return self.valid + self.invalid


def configurations(op: type[Op], count: int, seed: int = 0) -> Iterator[Sample]:
    """`count` configurations, one in three perturbed; each depends on the op's name, the seed and its number only."""
    for k in range(count):
        rng = random.Random(f"{op.name}:{seed}:{k}")
        sample = op.sample(rng)
        yield perturbed(op, sample, rng) if k % 3 == 2 else sample


def examine(op: type[Op], count: int, seed: int = 0, *, enough: int | None = None) -> Tally:
    """Tries `count` configurations of an op, or fewer: until there are `enough` disagreements."""
    tally = Tally(op.name)
    for sample in configurations(op, count, seed):
        if enough is not None and len(tally.disagreements) >= enough:
            break
        types = [None if given is None else TensorType.of(*given) for given in sample.inputs]
        sink = Sink()
        try:
            outcome = evaluate(op, sample.args, types, sink=sink)
            values = _filled(op, outcome, sample)
        except Exception as error:  # a rule must not raise, whatever it is given
            tally.invalid += 1
            tally.disagreements.append(f"{op.name} {sample}: the rule raised {type(error).__name__}: {error}")
            continue
        if undecided(op.name, sample):
            continue
        seen = observe(op, values, sample)
        if not outcome.ok and seen.error is None and excused(op.name, sample, sink.diagnostics):
            tally.invalid += 1
            tally.stricter += 1
            continue
        decided = _decided(outcome, seen)
        outcome = _settled(outcome, decided)
        differences = list(_compare(outcome, seen, sink))
        if outcome.ok:
            tally.valid += 1
        else:
            tally.invalid += 1
        if outcome.ok and not differences:
            kept = difference(op, values, sample, outcome)
            differences = [*([kept] if kept else []), *forward.differences(op, values, sample)]
        if not differences:
            compared, differences = _symbolic(op, sample, types, outcome, decided)
            tally.symbolic += compared
        inputs = [given and f"{list(given[0])} {given[1]}" for given in sample.inputs]
        tally.disagreements += [f"{seen.text} of {inputs} {sample.args}: {why}" for why in differences]
    return tally


def _filled(op: type[Op], outcome: Outcome, sample: Sample) -> dict[str, Value]:
    """Every argument with a value, also where a refusal kept the rule from inferring it: torch must be given one."""
    bound = dict(outcome.call.args) if outcome.call.args else {}
    if any(b.value is INFERRED for b in bound.values()):
        call = Call(op, bound, outcome.call.operands, outcome.call.facts, Sink())
        try:
            op.infer(call)
        except Rejected:
            pass
        except Exception:
            pass  # the rule is run on refused arguments, which it need not stand
        bound = call.args
    values: dict[str, Value] = {}
    for name, arg in op.arguments(sample.args).items():
        value = bound[name].value if name in bound else arg.default
        if name in sample.args:  # the rule goes on with the right value; torch is given what was written
            value = arg.plain(frozen(sample.args[name]))
        values[name] = 1 if value is INFERRED else value
    return values


def _decided(outcome: Outcome, seen: Observed) -> dict[str, int]:
    """The sizes that the data decided (how many boxes `nms` kept), as torch found them."""
    found: dict[str, int] = {}
    for ours, (shape, _) in zip(outcome.outputs, seen.outputs, strict=False):
        for dim, size in zip(ours.shape if isinstance(ours, TensorType) else (), shape, strict=False):
            if isinstance(dim.as_symbol, Fresh):
                found.setdefault(dim.as_symbol, size)
    return found


def _settled(outcome: Outcome, decided: dict[str, int]) -> Outcome:
    """The outcome at these sizes."""
    if not decided:
        return outcome
    outputs = tuple(t.substitute(decided) if isinstance(t, TensorType) else t for t in outcome.outputs)
    saved = outcome.saved
    if saved is not None and isinstance(saved.extra, Dim):
        saved = saved._replace(extra=saved.extra.substitute(decided))
    return outcome._replace(outputs=outputs, saved=saved)


def _compare(outcome: Outcome, seen: Observed, sink: Sink) -> Iterator[str]:
    said = "; ".join(f"{d.code} {d.message}" for d in sink.diagnostics)
    if outcome.ok != (seen.error is None):
        yield f"the rule says {'valid' if outcome.ok else said}, torch {seen.error or f'gives {seen.outputs}'}"
        return
    if not outcome.ok:
        return
    outputs = tuple(
        (tuple(d.value if d.is_const else -1 for d in t.shape), t.dtype) if isinstance(t, TensorType) else ((), "?")
        for t in outcome.outputs
    )
    decided = _decided(Outcome(True, outcome.call.output, outcome.call), seen)
    for name, size in decided.items():
        if size < (name.least if isinstance(name, Fresh) else 0):
            yield f"`{name}` is {size}"
    for known in outcome.call.found:
        if known.symbols <= decided.keys() and not known.evaluate(decided):
            yield f"{known} does not hold with {decided}"
    if outputs != seen.outputs:
        yield f"outputs {outputs}, torch {seen.outputs}"
    for what, ours, theirs in (
        ("parameters", outcome.parameters, seen.parameters),
        ("buffers", outcome.buffers, seen.buffers),
    ):
        plain = [(name, (tuple(owned.shape), owned.dtype)) for name, owned in ours.items()]
        if plain != list(theirs.items()):
            yield f"{what} {plain}, torch {list(theirs.items())}"
    unseen = outcome.call.op.name in PARTLY_COUNTED and seen.macs == 0
    if _counted(outcome.call) and not unseen and outcome.macs != seen.macs:
        yield f"multiply-adds {outcome.macs}, torch {seen.macs}"


def _counted(call: Call) -> bool:
    """Whether the flop counter sees the products: it does not see those with a vector."""
    read = {"matmul": call.operands.values(), "linear": [call.operands.get("weight", [])]}.get(call.op.name, [])
    vectors = any(operand.type.rank == 1 for port in read for operand in port)
    return call.op.name not in UNCOUNTED and not vectors


def _symbolic(
    op: type[Op], sample: Sample, types: list[TensorType | None], outcome: Outcome, decided: dict[str, int]
) -> tuple[int, list[str]]:
    """The same with symbols for sizes: all, each alone, equal ones by one symbol, an axis of every input."""
    compared, differences = 0, []
    for chosen, shared in _choices(types):
        open_types, env = _opened(types, chosen, shared)
        env |= decided  # by the same names
        sink = Sink()
        try:
            inferred = evaluate(op, sample.args, open_types, sink=sink)
        except Exception as error:  # a rule must not raise, whatever it is given
            differences.append(f"with symbols {_shown(open_types)} the rule raised {type(error).__name__}: {error}")
            continue
        if outcome.ok and not inferred.ok:
            said = [f"{d.code} {d.message}" for d in sink.diagnostics if d.code not in OPEN]
            differences += [f"with symbols {_shown(open_types)}: {why}" for why in said]
        elif inferred.ok:
            held = all(condition.evaluate(env) for condition in inferred.call.requirements)
            if held != outcome.ok:
                conditions = [str(c) for c in inferred.call.requirements]
                differences.append(f"with symbols {_shown(open_types)} valid when {conditions}, but not so with {env}")
            if held and outcome.ok:
                compared += 1
                differences += _differences(outcome, inferred, env, open_types)
    return compared, differences


def _differences(
    outcome: Outcome, inferred: Outcome, env: Mapping[str, int], types: list[TensorType | None]
) -> Iterator[str]:
    for ours, symbolic in zip(outcome.outputs, inferred.outputs, strict=True):
        if not isinstance(symbolic, TensorType) or symbolic.substitute(env) != ours:
            yield f"with symbols {_shown(types)} gives {symbolic}, with {env} {ours}"
    # A summed axis of one place makes an element-wise product of einsum's; a symbol counts as more than one.
    single = outcome.call.op.name == "einsum" and any(1 in t.shape for t in outcome.call.types("operands"))
    if inferred.macs is None or (not single and inferred.macs.substitute(env) != outcome.macs):
        yield f"with symbols {_shown(types)} costs {inferred.macs}, with {env} {outcome.macs}"
    if _plain(inferred.parameters) != _plain(outcome.parameters):
        yield f"with symbols {_shown(types)} owns {inferred.parameters}, not {outcome.parameters}"


def _plain(owned: Mapping[str, Owned]) -> list[tuple[str, Owned]]:
    return list(owned.items())


def _choices(types: list[TensorType | None]) -> Iterator[tuple[set[tuple[int, int]], bool]]:
    """(the (input, axis) pairs to open, whether equal sizes share a symbol); 0 stays, as symbols are positive."""
    places = [
        (k, axis)
        for k, given in enumerate(types)
        if given is not None
        for axis, dim in enumerate(given.shape)
        if dim.value > 0
    ]
    if places:
        yield set(places), False
        yield set(places), True
    if len(places) > 1:
        yield from (({place}, False) for place in places)
    if len(types) > 1:  # sizes that must agree between inputs, opened together
        for axis in sorted({axis for _, axis in places}):
            yield {place for place in places if place[1] == axis}, True


def _opened(
    types: list[TensorType | None], chosen: set[tuple[int, int]], shared: bool
) -> tuple[list[TensorType | None], dict[str, int]]:
    env: dict[str, int] = {}
    opened: list[TensorType | None] = []
    for k, given in enumerate(types):
        if given is None:
            opened.append(None)
            continue
        shape: list[Dim] = []
        for axis, dim in enumerate(given.shape):
            if (k, axis) not in chosen:
                shape.append(dim)
                continue
            name = f"s{dim.value}" if shared else f"x{k}_{axis}"
            env[name] = dim.value
            shape.append(Dim.symbol(name))
        opened.append(TensorType(tuple(shape), given.dtype))
    return opened, env


def _shown(types: list[TensorType | None]) -> str:
    return ", ".join(str(given) for given in types)
