"""Generated source → live `nn.Module`. There is no second interpreter: what `specc build` writes is what runs."""

import linecache
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn


def load(spec_path: str | Path, params: Mapping[str, Any] | None = None) -> nn.Module:
    """The network of a spec, built: its parameters are initialised and on the CPU.

    `params` overrides the spec's own. Raises `specc.SpecError` with all diagnostics where the spec has errors.
    """
    import specc

    graph = specc.compile(spec_path, params=dict(params or {}))
    return from_source(specc.to_python(graph), graph.name, str(spec_path))


def from_source(source: str, name: str, file: str) -> nn.Module:
    """An instance of the main class (the last one) of a generated `model.py`.

    The source is registered in `linecache` as `<specc FILE>`, so that a traceback through `forward` shows its lines.
    """
    return main_class(source, name, file)()


def main_class(source: str, name: str, file: str) -> type[nn.Module]:
    """The last `nn.Module` class that the source defines; raises ValueError where it defines none."""
    filename = f"<specc {file}>"
    module = types.ModuleType(f"specc_generated.{name}")
    module.__file__ = filename
    # mtime None: linecache keeps the entry instead of looking for a file of that name.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module  # annotations and torch.compile look a class's module up by name
    exec(compile(source, filename, "exec"), module.__dict__)
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == module.__name__
    ]
    if not classes:
        raise ValueError(f"the generated source of {file} defines no nn.Module")
    return classes[-1]
