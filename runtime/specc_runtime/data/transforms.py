"""torchvision's v2 transforms by name, and the two pipelines made of them.

Images become uint8 tensors first and float32 in [0, 1] before the first transform that computes with floats (Normalize,
LinearTransformation, GaussianNoise), at the latest at the end.
"""

from typing import Any

import torch
from torchvision.transforms import v2
from torchvision.transforms.autoaugment import AutoAugmentPolicy

from specc.diagnostics import closest
from specc.training.catalogue import REFUSED, TRANSFORMS
from specc_runtime.config import Data, Named, named
from specc_runtime.errors import problem

_NEEDS_FLOAT = frozenset({"Normalize", "LinearTransformation", "GaussianNoise"})
_CONVERTS = frozenset({"ToDtype", "ConvertImageDtype"})


def pipeline(config: Data, *, train: bool) -> v2.Transform:
    """PIL image → float32 tensor [C, H, W]: `augment` (training only), then `transform`."""
    steps = [*(config.augment if train else ()), *config.transform]
    built: list[Any] = [v2.ToImage()]
    converted = any(step.op in _CONVERTS for step in steps)
    for step in steps:
        if step.op in _NEEDS_FLOAT and not converted:
            built.append(v2.ToDtype(torch.float32, scale=True))
            converted = True
        built.append(transform(step))
    if not converted:
        built.append(v2.ToDtype(torch.float32, scale=True))
    built.append(v2.ToPureTensor())
    return v2.Compose(built)


def transform(step: Named) -> v2.Transform:
    """One transform; raises `RunError` (R713) where torchvision has none of that name or refuses its arguments."""
    if step.op not in TRANSFORMS:
        reason = REFUSED["transform"].get(step.op)
        if reason is not None:
            raise problem("R713", f"the transform `{step.op}` cannot be used here: {reason}")
        near = closest(step.op, TRANSFORMS)
        raise problem("R713", f"there is no transform `{step.op}`", help=f"did you mean `{near}`?" if near else None)
    try:
        return getattr(v2, step.op)(**{key: _value(key, value) for key, value in step.args.items()})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise problem("R713", f"the transform `{step.op}` refuses its arguments: {error}") from error


def _value(key: str, value: Any) -> Any:
    """PyTorch's own objects where a spec can only write their names or numbers."""
    if key == "transforms" and isinstance(value, list):
        return [transform(named(item, "transforms")) for item in value]
    if key == "interpolation" and isinstance(value, str):
        return v2.InterpolationMode(value.lower())
    if key == "policy" and isinstance(value, str):
        return AutoAugmentPolicy(value.lower())
    if key == "dtype" and isinstance(value, str):
        return getattr(torch, value)
    if key in ("transformation_matrix", "mean_vector"):
        return torch.tensor(value, dtype=torch.float32)
    return value
