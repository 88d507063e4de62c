"""The `train` section of a spec as typed values, built from the plain values that the compiler has validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from specc.source.nodes import Plain
from specc.training.catalogue import METRICS
from specc_runtime.errors import RunError, problem

Precision = Literal["32", "bf16", "16"]


@dataclass(frozen=True, slots=True)
class Named:
    """One of PyTorch's names with its arguments: `{op: SGD, lr: 0.1}`."""

    op: str
    args: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Data:
    """Where samples come from. `augment` is for training only and comes before `transform`, which both splits get."""

    dataset: Named
    root: str = "data"
    batch_size: int = 32
    augment: tuple[Named, ...] = ()
    transform: tuple[Named, ...] = ()
    workers: int = 0


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """Stop when the test split's `monitor` has not improved by `min_delta` for `patience` epochs."""

    patience: int
    monitor: str = "loss"
    min_delta: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How to train. Exactly one of `epochs` and `steps` (optimizer steps) is set."""

    data: Data
    loss: Named
    optimizer: Named
    scheduler: Named | None = None
    epochs: int | None = None
    steps: int | None = None
    metrics: tuple[str, ...] = ("accuracy",)
    precision: Precision = "32"
    clip_grad_norm: float | None = None
    accumulate: int = 1
    seed: int = 0
    early_stop: EarlyStop | None = None

    @staticmethod
    def from_plain(section: Mapping[str, Plain], *, epochs: int | None = None) -> "TrainConfig":
        """From plain values; `epochs` replaces the section's `epochs` or `steps`. Raises `RunError` (R712, R713)."""
        known = {
            "data", "loss", "optimizer", "scheduler", "epochs", "steps", "metrics", "precision", "clip_grad_norm",
            "accumulate", "seed", "early_stop",
        }  # fmt: skip
        for key, value in section.items():
            if key not in known and value not in (None, False):
                raise problem("R712", f"`train.{key}` is not supported yet", help=f"remove `{key}` from `train`")
        for key in ("data", "loss", "optimizer"):
            if section.get(key) is None:
                raise problem("R713", f"`train` has no `{key}`", help=f"add `{key}` to the `train` section")
        steps = _positive(section, "steps") if epochs is None else None
        epochs = _positive(section, "epochs") if epochs is None else epochs
        if (epochs is None) == (steps is None):
            what = "neither `epochs` nor `steps`" if epochs is None else "both `epochs` and `steps`"
            raise problem("R713", f"`train` has {what}", help="write one of them, for instance `epochs: 10`")
        precision = str(section.get("precision", 32))
        if precision not in ("32", "bf16", "16"):
            raise problem("R713", f"`precision: {precision}` is not one of 32, bf16, 16")
        metrics = section.get("metrics", ["accuracy"])
        if not isinstance(metrics, list) or not all(isinstance(m, str) and m in METRICS for m in metrics):
            raise problem("R713", f"`metrics` is a list of {', '.join(METRICS)}")
        clip = section.get("clip_grad_norm")
        seed = section.get("seed", 0)
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
            raise problem("R713", "`seed` is a whole number from 0 to 4294967295")
        if clip is not None and (not isinstance(clip, int | float) or clip <= 0):
            raise problem("R713", "`clip_grad_norm` is a positive number")
        scheduler = section.get("scheduler")
        return TrainConfig(
            data=_data(section["data"]),
            loss=named(section["loss"], "loss"),
            optimizer=named(section["optimizer"], "optimizer"),
            scheduler=None if scheduler is None else named(scheduler, "scheduler"),
            epochs=epochs,
            steps=steps,
            metrics=tuple(str(m) for m in metrics),
            precision=cast(Precision, precision),
            clip_grad_norm=None if clip is None else float(clip),
            accumulate=_positive(section, "accumulate") or 1,
            seed=seed,
            early_stop=_early_stop(section.get("early_stop")),
        )


def named(value: Plain, key: str) -> Named:
    """`Name` or `{op: Name, …arguments}`; nothing here imports code, so `target` is refused."""
    if isinstance(value, str):
        return Named(value)
    if isinstance(value, dict) and isinstance(value.get("op"), str):
        return Named(str(value["op"]), {k: v for k, v in value.items() if k != "op"})
    if isinstance(value, dict) and "target" in value:
        raise problem("R712", f"`{key}` names code of one's own by `target`, which training does not import yet")
    raise _malformed(key)


def _data(value: Plain) -> Data:
    if not isinstance(value, dict):
        raise _malformed("data")
    if "target" in value:
        raise problem("R712", "`data` names code of one's own by `target`, which training does not import yet")
    known = {"dataset", "root", "batch_size", "augment", "transform", "workers"}
    for key in value:
        if key not in known:
            raise problem("R712", f"`train.data.{key}` is not supported yet", help=f"remove `{key}` from `data`")
    root = value.get("root", "data")
    workers = value.get("workers", 0)
    if not isinstance(root, str):
        raise problem("R713", "`root` is the path of a folder")
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 0:
        raise problem("R713", "`workers` is a whole number from 0")
    return Data(
        dataset=named(value.get("dataset"), "dataset"),
        root=root,
        batch_size=_positive(value, "batch_size") or 32,
        augment=_transforms(value.get("augment"), "augment"),
        transform=_transforms(value.get("transform"), "transform"),
        workers=workers,
    )


def _transforms(value: Plain, key: str) -> tuple[Named, ...]:
    if value is None:
        return ()
    return tuple(named(item, key) for item in (value if isinstance(value, list) else [value]))


def _early_stop(value: Plain) -> EarlyStop | None:
    if value is None or value is False:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = {"patience": value}
    if not isinstance(value, dict) or set(value) - {"patience", "monitor", "min_delta"}:
        raise problem("R713", "`early_stop` is `{patience: EPOCHS, monitor: loss, min_delta: 0}`")
    patience, monitor, delta = _positive(value, "patience"), value.get("monitor", "loss"), value.get("min_delta", 0)
    if patience is None or monitor not in ("loss", *METRICS) or not isinstance(delta, int | float):
        raise problem("R713", "`early_stop` is `{patience: EPOCHS, monitor: loss, min_delta: 0}`")
    return EarlyStop(patience, str(monitor), float(delta))


def _positive(section: Mapping[str, Plain], key: str) -> int | None:
    value = section.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise problem("R713", f"`{key}` is a whole number from 1, not `{value}`")
    return value


def _malformed(key: str) -> RunError:
    return problem("R713", f"`{key}` is a name, or a mapping with `op`", help=f"write `{key}: {{op: NAME, …}}`")
