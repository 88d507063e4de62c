"""One fuzzing input from its number: a spec, the files beside it, and overrides."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.emit.python.random_specs import image_spec, spec
from tests.fuzz import corpus
from tests.fuzz.mutate import NASTY, garbled, mutated, text


class Input(NamedTuple):
    spec: str
    files: dict[str, str]
    overrides: tuple[str, ...]

    def written(self) -> str:
        """All of it for a person to read."""
        files = {"spec.yaml": self.spec, **self.files}
        parts = [f"# {name}\n{text}" for name, text in files.items()]
        return "\n".join([*parts, *(f"# --set {override!r}" for override in self.overrides)])


def generated(seed: int, number: int) -> Input:
    """The same for the same two numbers, as long as the corpus is the same."""
    rng = Random(f"{seed}:{number}")
    written = _spec(rng)
    files: dict[str, str] = {}
    if rng.random() < 0.08:
        files = {"a.yaml": _spec(rng), "blocks/b.yaml": _spec(rng)}
        head = rng.choice(
            (
                "use: [a.yaml]",
                "extends: a.yaml",
                "use: [blocks/b.yaml, a.yaml]",
                "extends: blocks/b.yaml\nuse: [a.yaml]",
                "use: [spec.yaml]",
                "use: [../a.yaml, missing.yaml, blocks]",
            )
        )
        written = f"{head}\n{written}"
    overrides = tuple(_override(rng) for _ in range(rng.randint(1, 3))) if rng.random() < 0.08 else ()
    return Input(written, files, overrides)


def _spec(rng: Random) -> str:
    way = rng.random()
    if way < 0.2:
        return garbled(rng.choice(corpus.texts()), rng)
    if way < 0.35:
        return garbled(rng.choice((spec, image_spec))(rng), rng)
    if way < 0.5:
        return rng.choice((spec, image_spec))(rng)
    if way < 0.6:
        return text(_soup(rng), rng)
    return text(mutated(rng.choice(corpus.trees()), rng), rng)


def _soup(rng: Random) -> corpus.Tree:
    """Ops one after another, most with arguments that each of them takes."""
    names = [f"l{k}" for k in range(rng.randint(1, 8))]
    layers: dict[str, corpus.Tree] = {}
    for k, name in enumerate(names):
        tree = rng.choice(corpus.trees())
        held = tree.get("layers")
        layer = rng.choice(list(held.values())) if isinstance(held, dict) and held else rng.choice(corpus.ops())
        layers[name] = layer
        if isinstance(layer, dict) and rng.random() < 0.5:
            reads = rng.choice(([], ["x"], names[:k], [rng.choice(["x", *names])] * 2))
            layers[name] = {**layer, "from": reads}
    shape = rng.choice((["N", 4], ["N", 3, "H", "W"], ["N", 16, 32, 32], ["N", "T", 8], [4], [], ["N"]))
    tree = {"inputs": {"x": rng.choice((shape, {"shape": shape, "dtype": "int64"}))}, "layers": layers}
    return mutated(tree, rng) if rng.random() < 0.3 else tree


def _override(rng: Random) -> str:
    words = [rng.choice(corpus.keys()), *(str(rng.choice(NASTY)) for _ in range(2)), "layers", "params", "0"]
    path = ".".join(rng.choice(words) for _ in range(rng.randint(1, 4)))
    return rng.choice((f"{path}={rng.choice(NASTY)}", path, f"{path}={{op: ReLU}}", f"use=[{path}]", "extends=a.yaml"))
