"""What must hold of every declaration, whatever the op: defaults, examples, texts, the schema, completeness."""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Mapping
from math import isinf
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
import yaml
from torch import nn

from specc.ops import OPS, Bound, Op
from specc.ops.arguments import INFERRED, REQUIRED, Arg, Bool, Choice, Int, Value
from specc.ops.declare import Family, Function, Incomplete, Module, Owned, Sample, Saved, registered
from specc.ops.evaluate import Outcome, evaluate, frozen
from specc.ops.write import Always, Nested, Writer
from specc.shapes.dim import Dim
from specc.shapes.tensor import TensorType
from tests.oracle.compare import configurations
from tests.oracle.judge import texts

GOLDEN = Path(__file__).parents[1] / "golden"

# What torch's signatures have and declarations leave out on purpose: the device and dtype of parameters, deprecated
# spellings (`size_average` and `reduce` are `reduction`), what only code can give (a function, an object of options),
# what `self.training` says, the numbers that a fractional pooling would draw itself.
LEFT_OUT = frozenset({"device", "dtype", "_random_samples", "min_value", "max_value", "_stacklevel", "training", "out",
                      "_weight", "_freeze", "size_average", "reduce", "distance_function", "options",
                      "process_group", "custom_encoder", "custom_decoder"})  # fmt: skip

# Arguments that a builtin may be called without, which the calls its documentation shows do not tell.
UNDOCUMENTED = frozenset({("squeeze", "dim"), ("topk", "dim"), ("kthvalue", "dim")})

# Arguments that the line of the documentation lacks, or calls otherwise: the oracle calls torch by these names.
NAMED_OTHERWISE = frozenset(
    {("broadcast_to", "size"), ("concatenate", "dim"), ("scatter", "value"), ("getitem", "index")}
)

each_op = pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))


def _example(op: type[Op]) -> Outcome:
    shapes, layer = op.example
    spec = yaml.safe_load(layer)
    args = {name: value for name, value in spec.items() if name not in ("op", "from")} if isinstance(spec, dict) else {}
    assert (spec["op"] if isinstance(spec, dict) else spec) == op.name
    types: list[TensorType | None] = []
    for shape, dtype in re.findall(r"\[([^\]]*)\] *(\w*)", shapes):
        sizes = [size.strip() for size in shape.split(",") if size.strip()]
        types.append(TensorType.of([int(s) if s.isdigit() else s for s in sizes], dtype or "float32"))
    return evaluate(op, args, types)


@each_op
def test_example_is_accepted(op: type[Op]) -> None:
    """The layer of the reference page compiles, on the input it names."""
    outcome = _example(op)
    assert outcome.ok
    assert all(isinstance(t, TensorType) for t in outcome.outputs)


@each_op
def test_docs_are_sentences(op: type[Op]) -> None:
    first = op.doc.splitlines()[0]
    assert first.endswith((".", ".)", ";")) or "\n" in op.doc, f"{op.name}: {first}"
    assert all(arg.doc and not arg.doc.endswith(".") for arg in op.args.values())


@each_op
def test_defaults_are_torchs(op: type[Op]) -> None:
    """Names, order and defaults equal the signature of the class or function, where Python can read one."""
    vision = op.target().startswith("torchvision.ops.")
    target: Any = getattr(torchvision.ops if vision else nn, op.__name__, None) if op.stateful else _function(op)
    overloads = [o for o in _signatures(target) if all(p.kind not in _VARIADIC for p in o.values())]
    if isinstance(op.python, Nested):  # written with its layer inside: the arguments of both
        (stack,), (layer,) = overloads, _signatures(getattr(nn, op.python.inner.removeprefix("nn.")))
        overloads = [{**layer, **{name: p for name, p in stack.items() if not name.endswith("coder_layer")}}]
    if not overloads:
        pytest.skip("no signature to read")
    constructor = {name: arg for name, arg in op.args.items() if not (op.stateful and arg.forward)}
    for name, arg in constructor.items():
        # An overload without the argument is how a builtin says that it may be left out.
        theirs = [o[name].default if name in o else _ABSENT for o in overloads]
        if (op.name, name) in NAMED_OTHERWISE:
            continue
        assert any(name in o for o in overloads), f"torch's {op.name} has no `{name}`"
        if arg.default is REQUIRED or arg.default is INFERRED:
            assert inspect.Parameter.empty in theirs or arg.default is INFERRED or None in theirs
        elif _ABSENT not in theirs and (op.name, name) not in UNDOCUMENTED and name not in _ports(op):
            plain = [d.__name__ if callable(d) else tuple(d) if isinstance(d, list) else d for d in theirs]
            same = [d for d in plain if arg.is_default(d) or (d is None and arg.default == ())]
            assert same, f"{op.name}.{name} is {arg.default}, torch's {plain}"
    if op.stateful:
        (parameters,) = overloads
        names = [name for name in parameters if name in constructor]
        assert names == list(constructor), "the order is not torch's"
        assert not set(parameters) - set(constructor) - LEFT_OUT


def _ports(op: type[Op]) -> set[str]:
    """The inputs; where an argument has the name of one, it is given or the input is."""
    return {name for name, _, _ in op.ports()}


_ABSENT = object()
_VARIADIC = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def _function(op: type[Op]) -> Any:
    place, _, name = op.python.target.rpartition(".")
    if place == "torchvision.ops":
        return getattr(torchvision.ops, name)
    found = getattr(nn.functional if place == "F" else torch, name, None)
    return found if callable(found) else getattr(torch.Tensor, name, None)  # `torch.float` is a dtype


def _signatures(target: Any) -> list[Mapping[str, inspect.Parameter]]:
    """The parameters by `inspect`, or for a builtin by the lines of its documentation that show calls."""
    if target is None:  # an operator
        return []
    try:
        return [inspect.signature(target).parameters]
    except (TypeError, ValueError):
        shown = re.findall(rf"^(?:\.\. function:: )?{target.__name__}\((.*)\) *->", target.__doc__ or "", re.MULTILINE)
    found = []
    for text in shown:
        made: dict[str, Any] = {}
        try:
            exec(f"def f({text}): ...", made)
        except (SyntaxError, NameError):
            continue  # a notation that is not Python: `*, (optional)`
        found.append(inspect.signature(made["f"]).parameters)
    return found


def _written(op: type[Op], args: dict[str, Value], sample: Sample, bound: dict[str, Bound]) -> tuple[str, str]:
    values = {name: b.value for name, b in bound.items()} | {name: frozen(value) for name, value in args.items()}
    return texts(op, {name: 1 if value is INFERRED else value for name, value in values.items()}, sample)


@each_op
def test_changing_any_argument_changes_the_text(op: type[Op]) -> None:
    """Each argument reaches the Python; and torch's own defaults are not written."""
    pending = {name for name, arg in op.args.items() if not arg.inferred}
    pending -= {name for name, arg in op.args.items() if isinstance(arg, Choice) and arg.words == (arg.default,)}
    defaults_only = True
    for sample in configurations(op, 300, seed=1):
        types = [None if given is None else TensorType.of(*given) for given in sample.inputs]
        outcome = evaluate(op, sample.args, types)
        if not outcome.call.args:  # a required one is missing
            continue
        bound = outcome.call.args
        text = "".join(_written(op, sample.args, sample, bound))
        for name in sample.args:
            arg = op.arguments(sample.args)[name]
            if arg.is_default(frozen(sample.args[name])):
                if name not in _ports(op) and not isinstance(op.python, Always):
                    defaults_only &= re.search(rf"\b{name}=", text) is None
                continue
            if arg.inferred:
                continue
            other = _another(arg, frozen(sample.args[name]))
            changed = "".join(_written(op, sample.args | {name: other}, sample, bound))
            assert changed != text, f"{op.name}: {name} {sample.args[name]} and {other} are both written {text}"
            pending.discard(name)
    assert not pending, f"never written: {pending}"
    assert defaults_only, "a default is written"


def _another(arg: Arg, value: Value) -> Value:
    """A value unlike `value`."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (*value[:-1], _another(arg, value[-1])) if value else (1,)
    if value is None:
        return 5
    if isinstance(value, float) and isinf(value):
        return 0
    return f"{value}_" if isinstance(value, str) else value + 1


@each_op
def test_written_arguments_are_read_back(op: type[Op]) -> None:
    """Leading arguments lose their names only in their own places."""
    values = {name: 1 if arg.default in (REQUIRED, INFERRED) else arg.default for name, arg in op.args.items()}
    for name, arg in list(op.args.items())[: op.positional]:
        if arg.required or arg.inferred:
            continue
        sample = op.sample(random.Random(0))
        construct, call = texts(op, values | {name: 7}, sample)
        before = [a for n, a in op.args.items() if n != name and list(op.args).index(n) < list(op.args).index(name)]
        alone = any(not (a.required or a.inferred) for a in before)
        assert (f"{name}=" in construct + call) == alone


def test_schema_golden(request: pytest.FixtureRequest) -> None:
    """The whole schema in one file, so that a wrong default or bound shows in a diff."""
    _golden(request, "ops_schema.json", {name: OPS[name].schema() for name in sorted(OPS)})


def test_python_golden(request: pytest.FixtureRequest) -> None:
    """How every op's example is written, by family: what a person would have written."""
    shown = {
        name: {
            "family": op.family.value,
            "python": " | ".join(text for text in _example_texts(op) if text),
        }
        for name, op in sorted(OPS.items())
    }
    _golden(request, "ops_python.json", shown)


def _example_texts(op: type[Op]) -> tuple[str, str]:
    outcome = _example(op)
    inputs = tuple(((), "float32") for operands in outcome.call.operands.values() for _ in operands)
    return texts(op, {name: bound.value for name, bound in outcome.call.args.items()}, Sample({}, inputs))


def _golden(request: pytest.FixtureRequest, name: str, content: object) -> None:
    path = GOLDEN / name
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if request.config.getoption("--update", default=False):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run pytest with --update and look at the diff"


@each_op
def test_refusals_never_raise(op: type[Op]) -> None:
    """Values of every wrong type are refused or taken, never a crash."""
    values: list[Value] = [
        None,
        True,
        -1,
        0,
        10**18,
        0.5,
        float("inf"),
        "x",
        (),
        (1,),
        (None,),
        ((1,),),
        Dim.symbol("N"),
    ]
    for arg in op.args.values():
        for value in values:
            why = arg.refuse(value, op)
            assert why is None or (why.startswith("must be") and not why.endswith(".")), (op.name, arg.name, value, why)


def _complete() -> dict[str, Any]:
    def infer(cls: Any, call: Any) -> TensorType:
        return call.x  # type: ignore[no-any-return]  # a stand-in for a rule

    return {
        "__doc__": "A layer.",
        "family": Family.MATH,
        "python": Writer("nn.Thing"),
        "example": ("[N]", "Thing"),
        "infer": classmethod(infer),
        "parameters": classmethod(lambda cls, call: {}),
        "macs": classmethod(lambda cls, call: 0),
        "formula": "y = x",
        "keeps": Saved(),
        "sample": classmethod(lambda cls, rng: Sample({}, (((1,), "float32"),))),
        "size": Int("a size", 1),
    }


@pytest.mark.parametrize(
    "part", ["__doc__", "formula", "family", "example", "infer", "parameters", "macs", "keeps", "sample"]
)
def test_incomplete_declarations_are_refused(part: str) -> None:
    namespace = _complete()
    del namespace[part]
    with pytest.raises(Incomplete, match=part.strip("_")):
        type("Thing", (Module,), namespace)
    assert "Thing" not in OPS


def test_a_function_needs_its_text() -> None:
    namespace = _complete()
    del namespace["python"]
    with pytest.raises(Incomplete, match="python"):
        type("thing", (Function,), namespace)
    assert "thing" not in OPS


def test_a_complete_declaration_is_registered() -> None:
    made = type("Thing", (Module,), _complete())
    try:
        assert OPS["Thing"] is made
        assert made.schema()["properties"]["size"]["default"] == 1
        assert list(made.args) == ["size"]
    finally:
        del registered()["Thing"]


def test_errors_leave_a_type_for_the_layers_that_follow() -> None:
    """A refused stride is taken as torch's default; the channels, hence what follows, are still known."""
    image = TensorType.of(["N", 3, "H", "W"])
    outcome = evaluate(OPS["Conv2d"], {"out_channels": 8, "kernel_size": 3, "stride": 0}, [image])
    assert not outcome.ok
    assert [str(t) for t in outcome.outputs] == ["[N, 8, H - 2, W - 2]"]
    assert outcome.parameters == {}
    assert str(evaluate(OPS["BatchNorm2d"], {"eps": "x"}, [image]).outputs[0]) == "[N, 3, H, W]"


def test_bilinear_cost() -> None:
    """x1ᵀ W_k for each k costs in1·in2, its product with x2 in2 (the flop counter does not see them)."""
    pair = [TensorType.of(["N", 4]), TensorType.of(["N", 5])]
    outcome = evaluate(OPS["Bilinear"], {"out_features": 3}, pair)
    assert outcome.macs == Dim.symbol("N") * 3 * (4 * 5 + 5)
    assert outcome.parameters == {"weight": Owned((3, 4, 5)), "bias": Owned((3,))}


def test_booleans_are_no_integers() -> None:
    assert Bool("b", False).refuse(1, OPS["Linear"]) is not None
    assert Int("n").refuse(True, OPS["Linear"]) is not None
    assert not Bool("b", True).is_default(1)
