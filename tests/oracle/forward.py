"""Three ways to compute a configuration that must give the same numbers: the text that specc writes for the op, a call
of torch by the names of its arguments, and the module generated from a spec with this one layer.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn

from specc.compiler import compile_text
from specc.diagnostics import Severity
from specc.emit.python import to_python
from specc.ops import Op
from specc.ops.arguments import Value
from specc.ops.declare import Sample
from specc.ops.write import Along, Method, Moded, Nested, Operator, Prefix
from tests.oracle.judge import drawn, flat, names_for, texts

# Builtins whose arguments have no names, or are read otherwise than they are called: their text is checked alone.
UNNAMED = frozenset({"arange", "where", "repeat", "getitem", "einsum"})


def differences(op: type[Op], values: Mapping[str, Value], sample: Sample) -> Iterator[str]:
    """For a configuration that torch accepts."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        expected = _by_text(op, values, sample)
        if op.name not in UNNAMED:
            yield from _compared("called by names", expected, lambda: _by_names(op, values, sample))
        if op.inputs and all(0 not in given[0] for given in sample.inputs if given is not None):
            yield from _compared("generated", expected, lambda: _generated(op, sample, len(expected)))


def _compared(how: str, expected: list[Tensor], make: Any) -> Iterator[str]:
    try:
        found = make()
    except Exception as error:
        yield f"{how}: {type(error).__name__}: {str(error).strip()[:400]}"
        return
    if len(found) != len(expected):
        yield f"{how}: {len(found)} outputs, not {len(expected)}"
        return
    for place, (one, other) in enumerate(zip(expected, found, strict=True)):
        if one.dtype != other.dtype or one.shape != other.shape:
            yield f"{how}: output {place} is {tuple(other.shape)} {other.dtype}, not {tuple(one.shape)} {one.dtype}"
        elif not torch.equal(one.nan_to_num(), other.nan_to_num()):
            yield f"{how}: output {place} has other values"


def _inputs(op: type[Op], sample: Sample) -> dict[str, Tensor]:
    torch.default_generator.manual_seed(1)
    return {f"x{k}": x for k, x in enumerate(drawn(op, sample)) if x is not None}


def _run(op: type[Op], call: str, names: dict[str, Any], sample: Sample) -> list[Tensor]:
    names |= _inputs(op, sample)
    torch.default_generator.manual_seed(2)
    return flat(eval(call, names))


def _by_text(op: type[Op], values: Mapping[str, Value], sample: Sample) -> list[Tensor]:
    construct, call = texts(op, values, sample)
    names = names_for(training=False)
    torch.default_generator.manual_seed(0)
    if construct:
        names["layer"] = eval(construct, names).eval()
    return _run(op, call, names, sample)


def _by_names(op: type[Op], values: Mapping[str, Value], sample: Sample) -> list[Tensor]:
    names = names_for(training=False)
    plain = {
        name: eval(arg.python(values[name]), names)
        for name, arg in op.arguments(values).items()
        if not (op.stateful and arg.forward)
    }
    target: Any = torch
    for part in op.target().split(".")[1:] if op.target().startswith("torch.") else ():
        target = getattr(target, part)
    if not op.target().startswith("torch."):
        target = eval(op.target(), names)
    torch.default_generator.manual_seed(0)
    if op.stateful:
        if isinstance(op.python, Nested):  # its arguments are two constructors'
            return _by_text(op, values, sample)
        names["layer"] = target(**plain).eval()
        return _run(op, texts(op, values, sample)[1], names, sample)
    # A function is given what differs from its defaults: some take None for an argument left out, some do not.
    written = set(op.written(values))
    leading = [plain.pop(name) for name in takewhile(written.__contains__, op.leading())]
    plain = {name: value for name, value in plain.items() if name in written}
    given = list(_inputs(op, sample).values())
    ports = [name for (name, _, _), x in zip(op.ports(), sample.inputs, strict=False) if x is not None]
    if isinstance(op.python, Moded):
        plain |= {name: eval(text, names) for name, text in op.python.implied(ports).items()}
    torch.default_generator.manual_seed(2)
    if not given:
        return flat(target(*leading, **plain))
    if op.python.listed:
        return flat(target(given, *leading, **plain))
    if isinstance(op.python, Operator) and len(given) > 2:
        result = given[0]
        for other in given[1:]:
            result = target(result, other, **plain)
        return flat(result)
    whole = ports == [name for name, _, _ in op.ports()][: len(ports)]  # a method's inputs stand in order
    whole = whole and not isinstance(op.python, Along)
    if (isinstance(op.python, Operator | Prefix | Method) and whole) or len(ports) < len(given) or len(given) == 1:
        return flat(target(*given, *leading, **plain))
    plain |= dict(zip(op.leading(), leading, strict=False))
    return flat(target(given[0], **dict(zip(ports[1:], given[1:], strict=True)), **plain))


def spec(op: type[Op], sample: Sample, outputs: int) -> str:
    """A spec with this one layer."""
    inputs = {
        f"x{k}": {"shape": list(given[0]), "dtype": given[1]}
        for k, given in enumerate(sample.inputs)
        if given is not None
    }
    ports = [name for name, _, _ in op.ports()]
    variadic = any(each for _, _, each in op.ports())
    source: Any = list(inputs) if variadic else {ports[int(name[1:])]: name for name in inputs}
    layer = {"op": op.name, **sample.args, "from": source}
    named = {f"y{k}": "layer" if outputs == 1 else f"layer.{k}" for k in range(outputs)}
    text = json.dumps({"name": "tried", "inputs": inputs, "layers": {"layer": layer}, "outputs": named})
    return text.replace("Infinity", ".inf")  # as YAML writes it


def _generated(op: type[Op], sample: Sample, outputs: int) -> list[Tensor]:
    text = spec(op, sample, outputs)
    result = compile_text(text, "tried.yaml")
    errors = [f"{d.code} {d.message}" for d in result.diagnostics if d.severity is Severity.ERROR]
    if errors or result.graph is None:
        raise ValueError(f"{text} does not compile: {errors}")
    names: dict[str, Any] = {"__name__": "tried"}
    exec(to_python(result.graph), names)
    torch.default_generator.manual_seed(0)
    network: nn.Module = names[result.graph.class_name]().eval()
    given = list(_inputs(op, sample).values())
    torch.default_generator.manual_seed(2)
    result = network(*given)
    if outputs == 1 and not isinstance(result, Tensor):
        raise TypeError(f"the network's one output is a {type(result).__name__}")
    return flat(result)
