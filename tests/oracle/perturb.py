"""Changes to a configuration that the op's own sampler does not think of: one argument or one input is made odd.

A sampler is written by who wrote the rule, and shares its blind spots; these changes know nothing of the op.
"""

from __future__ import annotations

import random
from typing import Any

from specc.ops import Op
from specc.ops.arguments import Arg, Bool, Choice, Float, Int, Ints, Number, Size, SizeList, Sizes
from specc.ops.declare import Sample
from specc.shapes.tensor import DTYPES

Given = tuple[tuple[int, ...], str] | None


def perturbed(op: type[Op], sample: Sample, rng: random.Random) -> Sample:
    """The sample with one or two random changes."""
    for _ in range(rng.choice([1, 1, 2])):
        if op.args and (not sample.inputs or rng.random() < 0.5):
            sample = _other_argument(op, sample, rng)
        elif sample.inputs:
            sample = _other_input(op, sample, rng)
    return sample


def _other_argument(op: type[Op], sample: Sample, rng: random.Random) -> Sample:
    name = rng.choice(list(op.args))
    arg, args = op.args[name], dict(sample.args)
    if name in args and rng.random() < 0.15:
        del args[name]
    elif arg.nullable and rng.random() < 0.1:
        args[name] = None
    else:
        value = _another(arg, args.get(name, arg.default), op, rng)
        if value is not None:
            args[name] = value
    return sample._replace(args=args)


def _another(arg: Arg, value: Any, op: type[Op], rng: random.Random) -> Any:
    """A value of the argument's own type; None where nothing is known to try."""
    if isinstance(arg, Bool):
        return not value
    if isinstance(arg, Choice):
        return rng.choice(arg.words)
    if isinstance(arg, Float | Number):
        return rng.choice([0, 1, 2, -1, 0.5, 1e-12, 3])
    if isinstance(value, list | tuple) and value and rng.random() < 0.8:
        items = list(value)
        if rng.random() < 0.15:
            return [*items, items[-1]] if rng.random() < 0.5 else items[:-1]
        place = rng.randrange(len(items))
        if isinstance(items[place], int) and not isinstance(items[place], bool):
            items[place] = _number(items[place], rng)
        return items
    if isinstance(arg, Sizes):
        return _number(value, rng) if rng.random() < 0.6 else [_number(value, rng) for _ in range(op.spatial)]
    if isinstance(arg, Ints | SizeList):
        return [_number(1, rng) for _ in range(rng.randint(0, 3))]
    if isinstance(arg, Int | Size):
        return _number(value, rng)
    return None


def _number(value: Any, rng: random.Random) -> int:
    near = value if isinstance(value, int) and not isinstance(value, bool) else 1
    return rng.choice([near - 1, near + 1, near + 1, -near, -1, 0, 1, 2, 3, 7])


def _other_input(op: type[Op], sample: Sample, rng: random.Random) -> Sample:
    inputs = list(sample.inputs)
    place = rng.randrange(len(inputs))
    inputs[place] = _changed(inputs[place], rng)
    optional = [name for name, optional, _ in op.ports() if optional]
    ports = [name for name, _, variadic in op.ports() if not variadic]
    if optional and len(ports) == len(op.ports()) and rng.random() < 0.1:
        k = ports.index(rng.choice(optional))
        if k < len(inputs):
            inputs[k] = None if inputs[k] is not None else _changed(inputs[0], rng)
    return sample._replace(inputs=tuple(inputs))


def _changed(given: Given, rng: random.Random) -> Given:
    if given is None:
        return None
    shape, dtype = list(given[0]), given[1]
    if rng.random() < 0.2:
        return tuple(shape), rng.choice(DTYPES)
    if shape and rng.random() < 0.75:
        place = rng.randrange(len(shape))
        shape[place] = max(rng.choice([0, 1, 1, shape[place] - 1, shape[place] + 1, 2 * shape[place]]), 0)
    elif shape and rng.random() < 0.5:
        del shape[rng.randrange(len(shape))]
    else:
        shape.insert(rng.randint(0, len(shape)), rng.choice([1, 1, 2, 3]))
    return tuple(shape), dtype
