"""Tiny networks and `train` sections for the runtime's tests."""

from typing import Any

import numpy as np

from specc_runtime.config import TrainConfig
from specc_runtime.training.folder import Program

MODEL = '''"""A network written as the compiler writes them."""

from torch import Tensor, nn


class Net(nn.Module):
    def __init__(self, classes: int = {classes}) -> None:
        super().__init__()
        self.fc1 = nn.Linear({features}, 32)
        self.bn1 = nn.BatchNorm1d(32)
        self.drop = nn.Dropout(0.1)
        self.fc2 = nn.Linear(32, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = image.flatten(1)
        x = self.fc1(x)
        x = self.bn1(x).relu()
        return self.fc2(self.drop(x))
'''


def section(**changes: Any) -> dict[str, Any]:
    """A `train` section for the digits; `data_…` changes go into its data, None removes a key."""
    data = {"dataset": "Digits", "batch_size": 128}
    plain: dict[str, Any] = {
        "data": data,
        "loss": "CrossEntropyLoss",
        "optimizer": {"op": "AdamW", "lr": 0.01},
        "epochs": 2,
    }
    for key, value in changes.items():
        target = data if key.startswith("data_") else plain
        target[key.removeprefix("data_")] = value
    plain["data"] = {k: v for k, v in data.items() if v is not None}
    return {k: v for k, v in plain.items() if v is not None}


def program(
    *, sample: tuple[int | str, ...] = (1, 8, 8), classes: int = 10, source: str | None = None, **changes: Any
) -> Program:
    plain = section(**changes)
    features = int(np.prod([s for s in sample if isinstance(s, int)]))
    return Program(
        name="net",
        file="net.yaml",
        source=source or MODEL.format(features=features, classes=classes),
        spec="specc: 1\nname: net\n",
        section=plain,
        config=TrainConfig.from_plain(plain),
        inputs={"image": (("N", *sample), "float32")},
    )
