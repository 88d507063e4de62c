"""The pictures of a run: its data, its curves, its confusion matrix, its predictions."""

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from PIL import Image

from specc_runtime.data.datasets import Source
from specc_runtime.errors import writing
from specc_runtime.training.checkpoint import replace_file

INK, GREY, TRAIN, TEST, RIGHT, WRONG = "#1f2328", "#6e7781", "#8c959f", "#0b69c7", "#1a7f37", "#c4320a"

_STYLE: Any = {  # Any: matplotlib types the keys as one long Literal
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "grid.color": "#d8dee4",
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One sample of the test split: its position, the true class, the predicted one and its probability (0 to 1)."""

    position: int
    truth: int
    predicted: int
    probability: float


def samples(path: Path, source: Source, *, count: int = 32) -> None:
    """A grid of source images with their labels, evenly taken from the split."""
    total = len(source.indices)
    chosen = sorted({round(i * (total - 1) / max(count - 1, 1)) for i in range(min(count, total))})
    with mpl.rc_context(_STYLE):
        figure, axes = _grid(len(chosen), f"{source.name}: {len(chosen)} of {total:,} training images")
        for axis, position in zip(axes, chosen, strict=True):
            image, label = source.data[source.indices[position]]
            _picture(axis, image)
            axis.set_title(_short(source.classes[int(label)]), fontsize=8, fontweight="normal", loc="center", pad=3)
        _save(figure, path)


def curves(path: Path, history: Sequence[Mapping[str, Any]], *, best: int) -> None:
    """Loss and, where it was measured, accuracy of both splits by epoch; the best epoch is marked."""
    epochs = [line["epoch"] for line in history]
    panels = ["loss", *(["accuracy"] if "accuracy" in history[-1]["test"] else [])]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.6 * len(panels), 3.4), layout="constrained")
        for index, key in enumerate(panels):
            axis = figure.add_subplot(1, len(panels), index + 1)
            for split, colour in (("train", TRAIN), ("test", TEST)):
                values = [line[split][key] for line in history]
                axis.plot(
                    epochs, values, color=colour, lw=1.8, marker="o", ms=3 if len(epochs) < 40 else 0, label=split
                )
            chosen = next((line["test"][key] for line in history if line["epoch"] == best), None)
            if chosen is not None:
                axis.plot([best], [chosen], "o", ms=8, mfc="none", mec=TEST, mew=1.6, label=f"best (epoch {best})")
            axis.set_title(key.capitalize())
            axis.set_xlabel("epoch")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            if key == "accuracy":
                axis.yaxis.set_major_formatter(PercentFormatter(1.0))
            axis.grid(axis="y")
            axis.set_axisbelow(True)
            axis.legend()
        _save(figure, path)


def confusion(path: Path, matrix: Sequence[Sequence[int]], classes: Sequence[str], *, split: str = "test") -> None:
    """Counts by true (row) and predicted (column) class, coloured by the share of the row."""
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = len(counts)
    side = min(max(3.6, 0.46 * size + 1.6), 14.0)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(side, side), layout="constrained")
        axis = figure.add_subplot()
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        right, total = int(counts.trace()), int(counts.sum())
        axis.set_title(f"{right:,} of {total:,} {split} images right ({right / max(total, 1):.1%})")
        axis.set_xlabel("predicted")
        axis.set_ylabel("true")
        step = math.ceil(size / 30)
        ticks = range(0, size, step)
        names = [_short(classes[i]) for i in ticks]
        long = max(map(len, names)) > 3
        axis.set_xticks(ticks, names, rotation=90 if long else 0)
        axis.set_yticks(ticks, names)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        if size <= 30:
            for row in range(size):
                for column in range(size):
                    if counts[row, column]:
                        colour = "white" if shares[row, column] > 0.5 else WRONG if row != column else INK
                        axis.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, size=8)
        _save(figure, path)


def predictions(path: Path, source: Source, found: Sequence[Prediction], *, count: int = 16) -> None:
    """The first test images as the network sees them, then its most confident mistakes; mistakes in red, marked ✗."""
    first = list(found[:count])
    mistakes = sorted((p for p in found if p.truth != p.predicted), key=lambda p: (-p.probability, p.position))
    shown = mistakes[: count // 2]
    with mpl.rc_context(_STYLE):
        columns = 8
        rows = [math.ceil(len(part) / columns) for part in (first, shown)]
        figure = Figure(figsize=(columns * 1.3, 0.5 + sum(rows) * 1.75 + 0.5 * (len(shown) > 0)), layout="constrained")
        parts: list[Any] = [figure]
        if shown:
            parts = [*cast(Any, figure.subfigures(2, 1, height_ratios=[max(r, 1) for r in rows]))]
        wrong = len(mistakes)
        titles = (
            f"the first {len(first)} test images",
            f"the most confident of {wrong:,} mistakes in {len(found):,} test images",
        )
        for part, chosen, title, height in zip(parts, (first, shown), titles, rows, strict=False):
            part.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold", color=INK)
            for index, prediction in enumerate(chosen):
                _predicted(part.add_subplot(height, columns, index + 1), source, prediction)
        _save(figure, path)


def _predicted(axis: Axes, source: Source, prediction: Prediction) -> None:
    image, _ = source.data[source.indices[prediction.position]]
    _picture(axis, image)
    right = prediction.truth == prediction.predicted
    guess, truth = _short(source.classes[prediction.predicted], 12), _short(source.classes[prediction.truth], 12)
    mark = "✓" if right else "✗"
    axis.set_title(
        f"{mark} {guess}  {prediction.probability:.0%}" + ("" if right else f"\ntrue: {truth}"),
        fontsize=8, fontweight="normal", loc="center", pad=3, color=RIGHT if right else WRONG,
    )  # fmt: skip
    if not right:
        for spine in axis.spines.values():
            spine.set(visible=True, color=WRONG, linewidth=2.0)


def _grid(count: int, title: str) -> tuple[Figure, list[Axes]]:
    columns = min(8, count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(columns * 1.2, rows * 1.4 + 0.4), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure, [figure.add_subplot(rows, columns, i + 1) for i in range(count)]


def _picture(axis: Axes, image: Image.Image) -> None:
    grey = image.mode in ("L", "1", "I", "I;16", "F")
    smooth = "nearest" if max(image.size) <= 64 else "antialiased"
    axis.imshow(np.asarray(image if grey else image.convert("RGB")), cmap="gray", interpolation=smooth)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)


def _short(name: str, length: int = 16) -> str:
    # A dollar sign would start TeX mathematics.
    return (name if len(name) <= length else name[: length - 1] + "…").replace("$", r"\$")


def _save(figure: Figure, path: Path) -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A class name in a script that the font lacks is drawn as boxes; the picture is still worth having.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        FigureCanvasAgg(figure).print_figure(buffer, format="png", dpi=150, facecolor="white")
    with writing(path):
        replace_file(path, buffer.getvalue())
