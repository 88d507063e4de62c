"""For every spec that ships, the files a build writes are those under tests/golden/<name>/, and they run.

`make golden` rewrites them. A golden can bless a wrong output, so each model.py is also executed: its outputs have the
shapes and dtypes that the graph says, and its parameters are those that the graph counts.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from specc import to_python
from specc.cli.build import artifacts
from specc.cli.init import TEMPLATES, template
from specc.compiler import compile_file, compile_text
from specc.emit.binding import binding
from specc.emit.dot import to_dot
from specc.emit.styles.names import STYLES
from specc.graph.ir import Graph
from specc.shapes.tensor import TensorType

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
# Those of whose other styles there are goldens too.
STYLED = {
    "mlp": [style for style in STYLES if style not in ("module", "sequential:OrderedDict", "containers:Sequential")],
    "resnet18": ["sequential", "containers"],
}


def _graph(name: str) -> Graph:
    """The spec's graph, its file named as from the project's root: generated files quote that name."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        result = compile_file(f"specs/{name}.yaml")
    finally:
        os.chdir(before)
    assert result.ok, result.diagnostics
    assert result.graph is not None
    return result.graph


@pytest.mark.parametrize("name", SPECS)
def test_files_are_as_before(name: str, request: pytest.FixtureRequest) -> None:
    graph = _graph(name)
    files = {**artifacts(graph, render=False), "graph.dot": to_dot(graph)}
    files |= {_file(style): to_python(graph, style) for style in STYLED.get(name, ())}
    folder = GOLDEN / name
    if request.config.getoption("--update"):
        if os.environ.get("CI"):
            raise pytest.UsageError("--update is refused where CI is set")
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == sorted(files)
    for file, text in files.items():
        assert (folder / file).read_text(encoding="utf-8") == text, file


@pytest.mark.parametrize("name", SPECS)
def test_the_module_runs_and_gives_the_shapes_it_promises(name: str) -> None:
    _run((GOLDEN / name / "model.py").read_text(encoding="utf-8"), _graph(name))


@pytest.mark.parametrize(("name", "style"), [(name, style) for name, styles in STYLED.items() for style in styles])
def test_the_module_runs_in_every_style(name: str, style: str) -> None:
    """That its outputs are those of the others, tests/emit/styles says."""
    _run((GOLDEN / name / _file(style)).read_text(encoding="utf-8"), _graph(name))


def _file(style: str) -> str:
    return f"model_{style.replace(':', '_').lower()}.py"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_starting_spec_is_clean_and_its_module_runs(name: str) -> None:
    result = compile_text(template(name), f"{name}.yaml")
    assert result.diagnostics == ()
    assert result.graph is not None
    _run(to_python(result.graph), result.graph)


def _run(source: str, graph: Graph) -> None:
    open_sizes = binding(graph)
    env = {**open_sizes.counting, **({open_sizes.batch: 2} if open_sizes.batch else {})}
    torch.manual_seed(0)
    module = ModuleType(graph.name)
    exec(compile(source, f"{graph.name}.py", "exec"), module.__dict__)
    model = getattr(module, graph.class_name)().eval()
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == graph.parameter_count
    with torch.no_grad():
        given = model(*(_random(type_, env) for type_ in graph.inputs.values()))
    outputs = given if isinstance(given, tuple) else (given,)
    assert [(tuple(o.shape), o.dtype) for o in outputs] == [
        (type_.evaluate(env), getattr(torch, type_.dtype)) for type_ in graph.outputs.values()
    ]


def test_generated_code_is_formatted_and_clean() -> None:
    """As a person would leave it: ruff has nothing to say."""
    files = [str(path) for name in SPECS for path in (GOLDEN / name).glob("model*.py")]
    # The project's settings leave the goldens out; here they count, with the same rules and line length.
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", "extend-exclude=[]", *files],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_shows_what_is_really_there() -> None:
    """Its YAML stands in the spec that ships, its Python in that spec's golden, its error in a case."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {
        "yaml": (ROOT / "specs" / "resnet18_basic.yaml").read_text(encoding="utf-8"),
        "python": (GOLDEN / "resnet18_basic" / "model.py").read_text(encoding="utf-8"),
        "text": (ROOT / "tests" / "cases" / "arguments.md").read_text(encoding="utf-8"),
    }
    for language, text in shown.items():
        (block,) = re.findall(rf"^```{language}\n(.*?)^```$", readme.partition("**The spec**")[2], re.M | re.S)
        assert block in text


def test_every_golden_has_its_spec() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir() if (path / "model.py").exists()) == SPECS


def _random(type_: TensorType, env: dict[str, int]) -> torch.Tensor:
    shape, dtype = type_.evaluate(env), getattr(torch, type_.dtype)
    return torch.randn(shape, dtype=dtype) if dtype.is_floating_point else torch.randint(0, 2, shape).to(dtype)
