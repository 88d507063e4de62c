"""Random specs: what is written is the graph, formatted, and means the same for every value of its arguments."""

import ast
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from specc.compiler import as_overrides, compile_text
from specc.emit.python import to_python
from specc.graph.ir import Graph
from tests.emit.python.random_specs import IMAGE_PARAMS, PARAMS, image_spec, spec
from tests.emit.python.running import faithful, module, ruff, same

SEEDS = range(40)


def _graph(text: str, params: dict[str, object] | None = None) -> Graph | None:
    result = compile_text(text, "random.yaml", as_overrides(params))
    return result.graph if result.ok else None


def _compiling(rng: Random, made: Callable[[Random], str] = spec) -> tuple[str, Graph]:
    """The next random spec without errors."""
    while True:
        text = made(rng)
        graph = _graph(text)
        if graph is not None:
            return text, graph


def _arguments(source: str) -> list[str]:
    last = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)][-1]
    methods = [node for node in last.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    return [argument.arg for argument in methods[0].args.args[1:]] if methods else []


def _holds_for_all_arguments(rng: Random, text: str, graph: Graph, names: Iterable[str]) -> None:
    source = to_python(graph)
    faithful(graph, module(graph, source))
    taken = _arguments(source)
    for _ in range(3):
        params: dict[str, object] = {
            name: rng.randint(0 if name in ("flag", "p") else 1, 4) for name in names if name in taken
        }
        other = _graph(text, params)
        if other is None:
            continue
        network = module(other, source, **params)
        faithful(other, network)
        same(other, network, module(other))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_spec_is_faithful_for_all_arguments(seed: int) -> None:
    rng = Random(seed)
    text, graph = _compiling(rng)
    _holds_for_all_arguments(rng, text, graph, PARAMS)


@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_of_images_are_right_for_all_arguments(seed: int) -> None:
    rng = Random(seed)
    text, graph = _compiling(rng, image_spec)
    _holds_for_all_arguments(rng, text, graph, IMAGE_PARAMS)


def test_random_specs_pass_ruff(tmp_path: Path) -> None:
    for seed in SEEDS:
        _, graph = _compiling(Random(seed))
        (tmp_path / f"m{seed}.py").write_text(to_python(graph), encoding="utf-8")
    assert ruff("format", "--check", "--diff", folder=tmp_path) == ""
    assert ruff("check", "--select", "E,F,I,UP", folder=tmp_path) == ""


def test_the_generator_reaches_what_it_is_for() -> None:
    sources = []
    for seed in SEEDS:
        _, graph = _compiling(Random(seed))
        sources.append(to_python(graph))
    for sign in ("for _ in range(depth", "is not None", "class Block", "torch.cat", "nn.ModuleDict", "2(nn.Module)"):
        assert any(sign in source for source in sources), sign
    assert inspect.cleandoc(sources[0])
