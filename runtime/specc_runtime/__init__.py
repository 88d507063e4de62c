"""Live modules, data and training for networks compiled by specc. Needs PyTorch."""

from specc_runtime.errors import RunError
from specc_runtime.module import from_source, load

__all__ = ["RunError", "from_source", "load"]
