"""Sums over batches, and the figures they give. Sums add up across processes; averages do not."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class Totals:
    """What one pass over a split adds up to; all on the device, so that one all-reduce per field merges processes.

    `loss_sum`: the loss summed over samples (float64 on CPU and CUDA, float32 on MPS). `confusion`: [classes, classes],
    rows the truth, columns the prediction. `top5`: samples whose class is among the five highest scores.
    """

    loss_sum: Tensor
    confusion: Tensor
    top5: Tensor

    @staticmethod
    def zeros(classes: int, device: torch.device) -> "Totals":
        wide = torch.float32 if device.type == "mps" else torch.float64
        return Totals(
            torch.zeros((), dtype=wide, device=device),
            torch.zeros(classes, classes, dtype=torch.int64, device=device),
            torch.zeros((), dtype=torch.int64, device=device),
        )

    def add(self, loss: Tensor, scores: Tensor, labels: Tensor) -> None:
        """`loss`: the batch's mean; `scores`: [N, classes], higher is likelier; `labels`: int64 [N].

        A label that is no class (the loss's `ignore_index`) counts nowhere.
        """
        classes = len(self.confusion)
        kept = (labels >= 0) & (labels < classes)
        labels, scores = labels[kept], scores.detach()[kept, :classes]
        self.loss_sum += loss.detach().to(self.loss_sum.dtype) * len(labels)
        pairs = labels * classes + scores.argmax(dim=1)
        self.confusion += torch.bincount(pairs, minlength=classes * classes).view(classes, classes)
        best = scores.topk(min(5, scores.shape[1]), dim=1).indices
        self.top5 += (best == labels.unsqueeze(1)).sum()

    def figures(self, metrics: tuple[str, ...] = ("accuracy",)) -> dict[str, float]:
        """`loss` (mean over samples) and the metrics named, from 0 to 1; precision, recall, f1: mean over classes."""
        confusion = self.confusion.double().cpu()
        count = confusion.sum().clamp(min=1)
        right = confusion.diagonal()
        # A class that never occurs (or is never predicted) counts as 0, as in scikit-learn with zero_division=0.
        precision = right / confusion.sum(dim=0).clamp(min=1)
        recall = right / confusion.sum(dim=1).clamp(min=1)
        f1 = 2 * precision * recall / (precision + recall).clamp(min=1e-12)
        every = {
            "accuracy": float(right.sum() / count),
            "top5_accuracy": float(self.top5.cpu() / count),
            "precision": float(precision.mean()),
            "recall": float(recall.mean()),
            "f1": float(f1.mean()),
        }
        return {"loss": float(self.loss_sum.cpu() / count), **{name: every[name] for name in metrics}}
