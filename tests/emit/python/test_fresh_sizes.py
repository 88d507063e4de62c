"""Code written for sizes that only the data decide: they are read from the tensor that has them, when it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from specc.emit.python import to_python
from specc.graph.ir import Graph
from tests.emit.python.running import compiled, module, ruff, run

HEAD = "specc: 1\nname: net\n"

# Boxes of an image, scored, the best kept: what a detector does behind its backbone.
DETECTOR = (
    HEAD
    + """\
params: {width: 4, iou: 0.5}
inputs: {image: [1, 3, H, W], boxes: [N, 4], index: [N, 1]}
where: [H >= 16, W >= 16]
blocks:
  Kept:
    params: {iou: 0.5}
    inputs: {boxes: [M, 4], scores: [M, 1]}
    layers:
      flat: {op: flatten, from: scores}
      nms: {op: nms, iou_threshold: iou, from: [boxes, flat]}
      best: {op: embedding, from: [nms, boxes]}
      score: {op: embedding, from: [nms, scores]}
      out: {op: reshape, shape: [nms_K]}
    outputs: {boxes: best, scores: out}
layers:
  backbone: {op: Conv2dNormActivation, out_channels: width, stride: 2, norm_layer: FrozenBatchNorm2d, from: image}
  se: {op: SqueezeExcitation, squeeze_channels: 2, activation: SiLU}
  clip: {op: clip_boxes_to_image, size: [H, W], from: boxes}
  rois: {op: cat, dim: 1, from: [index, clip]}
  pool: {op: RoIAlign, output_size: 3, spatial_scale: 0.5, sampling_ratio: 2, from: [se, rois]}
  flat: {op: flatten, start_dim: 1}
  head: {op: Linear, out_features: 1}
  drop: {op: StochasticDepth, p: 0.1, mode: row}
  large: {op: remove_small_boxes, min_size: 4, from: clip}
  wide: {op: embedding, from: [large, clip]}
  score: {op: embedding, from: [large, drop]}
  kept: {op: Kept, iou: iou, from: [wide, score]}
  few: {op: Kept, iou: 0.1, from: [kept.boxes, score_of_kept]}
  pairs: {op: box_iou, from: [kept.boxes, few.boxes]}
outputs:
  boxes: {from: kept.boxes, shape: [K, 4]}
  scores: {from: kept.scores, shape: [K]}
  pairs: {from: pairs, shape: [K, few_K]}
"""
)
DETECTOR = DETECTOR.replace("  few:", "  score_of_kept: {op: reshape, shape: [kept_K, 1], from: kept.scores}\n  few:")


def matched(graph: Graph, results: tuple[Tensor, ...], env: dict[str, int]) -> dict[str, int]:
    """The sizes of what the layers found, by what came out; every output has the shape that the graph promises."""
    found = dict(env)
    for type_, result in zip(graph.outputs.values(), results, strict=True):
        assert str(result.dtype) == f"torch.{type_.dtype}"
        for dim, size in zip(type_.shape, result.shape, strict=True):
            if dim.as_symbol is not None:
                found.setdefault(dim.as_symbol, size)
            assert dim.evaluate(found) == size, (str(type_), tuple(result.shape))
    return found


def boxes(count: int, size: float = 24) -> Tensor:
    corners = torch.rand(count, 2) * size
    return torch.cat([corners, corners + torch.rand(count, 2) * size / 2], dim=1)


def test_a_detector_runs() -> None:
    """The shapes are those of the graph, the code is what ruff would leave as it is, and the numbers agree."""
    torch.manual_seed(0)
    graph = compiled(DETECTOR)
    network = module(graph)
    image, given, index = torch.rand(1, 3, 24, 32), boxes(40), torch.zeros(40, 1)
    results = run(network, [image, given, index])
    found = matched(graph, results, {"H": 24, "W": 32, "N": 40})
    assert 1 <= found["few_nms_K"] <= found["kept_nms_K"] < 40
    kept, scores, pairs = results
    assert (scores[:-1] >= scores[1:]).all()
    assert (pairs.max(dim=1).values > 0.1 - 1e-6).all()  # each overlaps one that stayed
    assert kept[:, 2].max() <= 32
    assert kept[:, 3].max() <= 24


def test_a_detector_without_boxes_runs() -> None:
    """All may be too small: the sizes are 0 then, and every layer stands it."""
    network = module(compiled(DETECTOR))
    results = run(network, [torch.rand(1, 3, 16, 16), torch.zeros(5, 4), torch.zeros(5, 1)])
    assert [tuple(r.shape) for r in results] == [(0, 4), (0,), (0, 0)]


def test_the_code_of_a_detector(tmp_path: Path) -> None:
    source = to_python(compiled(DETECTOR))
    (tmp_path / "model.py").write_text(source, encoding="utf-8")
    assert ruff("format", "--check", folder=tmp_path) == ""
    assert ruff("check", folder=tmp_path) == ""
    assert ruff("check", "--select", "I", folder=tmp_path) == ""
    imports = [line for line in source.splitlines() if line.startswith(("import", "from"))]
    assert imports == [
        "import torch",
        "import torchvision",
        "from torch import Tensor, nn",
        "from torch.nn import functional as F",
    ]
    assert "        nms = torchvision.ops.nms(boxes, x, self.iou)\n        nms_k = nms.shape[0]\n" in source
    assert "kept_boxes, kept_scores = self.kept(wide, x)  # [kept_nms_K, 4]" in source
    assert "        kept_k = kept_boxes.shape[0]\n" in source
    assert "norm_layer=torchvision.ops.FrozenBatchNorm2d" in source
    assert "torchvision.ops.SqueezeExcitation(width, 2, activation=nn.SiLU)" in source


CASES = {
    "the scores of what is kept": """\
inputs: {boxes: [N, 4], scores: [N]}
layers:
  keep: {op: nms, iou_threshold: 0.5, from: [boxes, scores]}
  best: {op: index_select, dim: 0, from: [boxes, keep]}
  score: {op: gather, dim: 0, from: [scores, keep]}
  column: {op: reshape, shape: [keep_K, 1]}
  found: {op: cat, dim: 1, from: [best, column]}
outputs: {found: {from: found, shape: [K, 5]}, keep: {from: keep, shape: [K]}}
""",
    "a size that only an expression reads": """\
inputs: {x: [N, 4], boxes: [N, 4], scores: [N]}
layers:
  keep: {op: nms, iou_threshold: 0.9, from: [boxes, scores]}
  first: {op: narrow, dim: 0, start: 0, length: keep_K, from: x}
""",
    "asked before the variable is used again": """\
inputs: {x: [N, 4]}
layers:
  found: {op: nonzero}
  more: {op: mul, other: 2}
  last: {op: add, other: 1}
  column: {op: narrow, dim: 1, start: 0, length: 1}
  wide: {op: expand, size: [found_K, 5]}
""",
    "two in one expression": """\
inputs: {x: [N], y: [N]}
layers:
  a: {op: nonzero, from: x}
  b: {op: nonzero, from: y}
  both: {op: cat, dim: 0, from: [a, b]}
  column: {op: reshape, shape: [a_K + b_K]}
  shifted: {op: add, other: 1}
outputs: {a: a, b: b, both: shifted}
""",
    "copies": """\
inputs: {x: [N, 4]}
layers:
  found: {op: nonzero, repeat: 3}
  column: {op: narrow, dim: 1, start: 0, length: 1}
  wide: {op: expand, size: [found_K, 5]}
""",
    "inside a repeat": """\
inputs: {x: [N, 4]}
layers:
  found: {op: nonzero}
  flat: {op: flatten}
  turned: {op: reshape, shape: [2, found_K], repeat: 2}
""",
    "a name that is taken": """\
inputs: {found_K: [N, 4]}
layers:
  found: {op: nonzero}
  found_k: {op: mul, other: 2}
  flat: {op: flatten}
  again: {op: reshape, shape: [found_K, 2]}
  sum: {op: add, from: [again, found_k]}
""",
    "a mask": """\
inputs: {x: [N, 4]}
layers:
  mask: {op: gt, other: 0.5}
  some: {op: masked_select, from: [x, mask]}
  column: {op: reshape, shape: [some_K, 1]}
""",
    "counts": """\
inputs: {x: {shape: [N, 4], dtype: int64}}
layers:
  kinds: {op: unique, return_counts: true}
  column: {op: reshape, shape: [kinds_K, 1], from: kinds.1}
  rows: {op: reshape, shape: [1, kinds_K], from: kinds}
  table: {op: mul, from: [column, rows]}
""",
}


@pytest.mark.parametrize("name", CASES)
def test_sizes_are_read_where_they_are(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    graph = compiled(HEAD + CASES[name])
    source = to_python(graph)
    (tmp_path / "model.py").write_text(source, encoding="utf-8")
    assert ruff("format", "--check", folder=tmp_path) == ""
    assert ruff("check", folder=tmp_path) == ""
    given = [
        torch.randint(0, 3, t.evaluate({"N": 6})) if t.dtype == "int64" else torch.rand(t.evaluate({"N": 6}))
        for t in graph.inputs.values()
    ]
    given = [x.sort(-1).values if x.dim() == 2 and x.is_floating_point() else x for x in given]
    matched(graph, run(module(graph, source), given), {"N": 6})


def test_a_layer_that_a_use_lacks() -> None:
    """The size is asked only where the layer is."""
    graph = compiled(
        HEAD
        + """\
inputs: {x: [N, 4]}
blocks:
  Maybe:
    params: {some: bool}
    layers:
      found: {op: nonzero, when: some}
      column: {op: reshape, shape: [2, found_K], when: some}
      flat: {op: flatten, start_dim: 0}
layers:
  a: {op: Maybe, some: true, from: x}
  b: {op: Maybe, some: false, from: x}
outputs: {a: a, b: b}
"""
    )
    found, flat = run(module(graph), [torch.ones(3, 4)])
    assert (tuple(found.shape), tuple(flat.shape)) == ((24,), (12,))
