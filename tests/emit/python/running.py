"""Compiles specs, runs the Python written from them, and holds the two to each other."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from specc.compiler import as_overrides, compile_file, compile_text
from specc.diagnostics import Severity
from specc.emit.python import to_python
from specc.graph.ir import Graph, Scope
from tests.emit.python import reference

SPECS = Path(__file__).parents[3] / "specs"


def compiled(text: str, params: Mapping[str, object] | None = None, file: str = "spec.yaml") -> Graph:
    result = compile_text(text, file, as_overrides(params))
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    assert not errors, errors
    assert result.graph is not None
    return result.graph


def shipped(name: str, params: Mapping[str, object] | None = None) -> Graph:
    """The graph of a spec that ships. Its training need not fit other params."""
    result = compile_file(str(SPECS / f"{name}.yaml"), as_overrides(params))
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR and not d.code.startswith("T")]
    assert not errors, errors
    assert result.graph is not None
    return result.graph


def module(graph: Graph, source: str | None = None, **params: object) -> nn.Module:
    """The network as its source makes it."""
    space: dict[str, Any] = {"__name__": graph.name}
    exec(compile(source if source is not None else to_python(graph), f"<{graph.name}>", "exec"), space)
    made = space[graph.class_name](**params)
    assert isinstance(made, nn.Module)
    return made


def owned(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of all parameters, as the graph has them, in PyTorch's order: a module's own come first."""
    return list(_owned(graph.root))


def _owned(scope: Scope) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((n.module or n.path, o.shape) for n in scope.nodes for name, o in n.parameters.items() if not name)
    for node in scope.nodes:
        yield from ((f"{node.module or node.path}.{name}", o.shape) for name, o in node.parameters.items() if name)
        if node.body is not None:
            yield from _owned(node.body)


def parameters(network: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(p.shape)) for name, p in network.named_parameters()]


def sizes(graph: Graph) -> dict[str, int]:
    """Small sizes that satisfy what the spec asks of its symbols."""
    names = sorted({name for t in graph.inputs.values() for dim in t.shape for name in dim.symbols})
    conditions = [*graph.where, *graph.requirements]
    for values in itertools.product(*([2, 3] if name == "N" else [4, 5, 7, 8, 32, 33, 64] for name in names)):
        env = dict(zip(names, values, strict=True))
        if all(condition.evaluate(env) for condition in conditions):
            return env
    raise AssertionError(f"no small sizes satisfy {graph.where}")


def inputs(graph: Graph, env: Mapping[str, int]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [_tensor(t.evaluate(env), t.dtype, generator) for t in graph.inputs.values()]


def _tensor(shape: tuple[int, ...], dtype: str, generator: torch.Generator) -> Tensor:
    if dtype == "bool":
        return torch.zeros(shape, dtype=torch.bool)  # a mask that hides nothing
    return (
        torch.randint(0, 2, shape, generator=generator) if dtype == "int64" else torch.randn(shape, generator=generator)
    )


def run(network: nn.Module, given: list[Tensor]) -> tuple[Tensor, ...]:
    network.eval()
    with torch.no_grad():
        result = network(*given)
    return result if isinstance(result, tuple) else (result,)


def faithful(graph: Graph, network: nn.Module) -> None:
    """Parameters, output shapes and values are the graph's."""
    assert parameters(network) == owned(graph)
    env = sizes(graph)
    results = run(network, inputs(graph, env))
    assert [tuple(r.shape) for r in results] == [t.evaluate(env) for t in graph.outputs.values()]
    assert [str(r.dtype) for r in results] == [f"torch.{t.dtype}" for t in graph.outputs.values()]
    for result, expected in zip(results, reference.outputs(graph, network, inputs(graph, env), env), strict=True):
        torch.testing.assert_close(result, expected, rtol=0, atol=0, equal_nan=True)


def same(graph: Graph, one: nn.Module, other: nn.Module) -> None:
    """Two networks of one graph compute the same from the same weights."""
    assert list(one.state_dict()) == list(other.state_dict())
    other.load_state_dict(one.state_dict())
    given = inputs(graph, sizes(graph))
    for a, b in zip(run(one, given), run(other, given), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)


def ruff(*arguments: str, folder: Path) -> str:
    """What ruff has to say of a folder; empty where nothing."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length", "120", "--quiet", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
