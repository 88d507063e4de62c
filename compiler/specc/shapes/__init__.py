"""Dimensions, their algebra, and the types of tensors."""

from specc.shapes.dim import Dim
from specc.shapes.origin import Origin, Source
from specc.shapes.tensor import UNKNOWN, TensorType, Type, Unknown

__all__ = ["UNKNOWN", "Dim", "Origin", "Source", "TensorType", "Type", "Unknown"]
