"""A fault in the source of a module, put in while it is imported: files stay as they are."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

COMPILER = Path(__file__).parents[2] / "compiler"


def source_of(module: str) -> str:
    """The source of a module of the compiler."""
    return path_of(module).read_text(encoding="utf-8")


def path_of(module: str) -> Path:
    return COMPILER / (module.replace(".", "/") + ".py")


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)  # never the cached byte code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, text: str) -> None:
        self.module = module
        self.text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        loader = _Loader(fullname, str(path_of(fullname)), self.text)
        return importlib.util.spec_from_file_location(fullname, loader.path, loader=loader)


def install(module: str, text: str) -> None:
    """From now on this process imports `module` from `text`. It must not have been imported yet."""
    assert module not in sys.modules, f"{module} is already imported"
    sys.meta_path.insert(0, _Finder(module, text))
