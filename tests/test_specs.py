"""What the shipped specs stand for: the networks are those of the literature, and those of each other."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import specc_runtime

SPECS = Path(__file__).parents[1] / "specs"


@pytest.mark.parametrize("other", ["mlp_list", "mlp_names", "mlp_groups"])
def test_the_mlp_is_the_same_in_every_way_of_writing_it(other: str) -> None:
    """With the weights of `mlp.yaml`, in order: equal outputs and gradients, in training and in eval mode."""
    torch.manual_seed(0)
    first, second = specc_runtime.load(SPECS / "mlp.yaml"), specc_runtime.load(SPECS / f"{other}.yaml")
    weights = first.state_dict()
    names = second.state_dict().keys()
    assert len(names) == len(weights)
    second.load_state_dict(dict(zip(names, weights.values(), strict=True)))
    images = torch.rand(8, 1, 28, 28)
    for mode in (True, False):
        results = [network.train(mode)(images) for network in (first, second)]
        assert torch.equal(*results)
    for network in (first, second):
        network.train()(images).square().mean().backward()
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.equal(ours.grad, theirs.grad)


def test_the_list_is_numbered_as_nn_sequential_numbers() -> None:
    network = specc_runtime.load(SPECS / "mlp_list.yaml")
    assert isinstance(network, torch.nn.Sequential)
    assert next(iter(network.state_dict())) == "1.weight"


@pytest.mark.parametrize(("name", "params"), [("resnet18", {"classes": 10}), ("resnet18_basic", {})])
def test_resnets_classify_small_images_in_ten_classes(name: str, params: dict[str, object]) -> None:
    network = specc_runtime.load(SPECS / f"{name}.yaml", params=params).eval()
    with torch.no_grad():
        assert network(torch.randn(64, 3, 32, 32)).shape == (64, 10)


class PreActBlock(nn.Module):
    """The unit of He et al. 2016, fig. 4 (e): the shortcut that changes the shape reads the common BN and ReLU."""

    def __init__(self, width: int, channels: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        if stride != 1 or width != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(width, channels, 1, stride, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(out)))) + shortcut


class PreActResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        for k, width in enumerate([64, 128, 256, 512]):
            first = PreActBlock(width if k == 0 else width // 2, width, 1 if k == 0 else 2)
            self.add_module(f"layer{k + 1}", nn.Sequential(first, PreActBlock(width, width, 1)))
        self.bn = nn.BatchNorm2d(512)
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.fc(F.relu(self.bn(x)).mean(dim=(2, 3)))


class SEBlock(nn.Module):
    """Hu et al. 2018, fig. 3: the residual branch is weighed before the sum."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        channels = block.conv2.out_channels
        self.conv1, self.bn1, self.conv2, self.bn2 = block.conv1, block.bn1, block.conv2, block.bn2
        self.se = nn.Module()
        self.se.fc1 = nn.Conv2d(channels, channels // 16, 1)
        self.se.fc2 = nn.Conv2d(channels // 16, channels, 1)
        self.downsample = block.downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        scale = torch.sigmoid(self.se.fc2(F.relu(self.se.fc1(y.mean(dim=(2, 3), keepdim=True)))))
        return F.relu(scale.expand_as(y) * y + (x if self.downsample is None else self.downsample(x)))


def se_resnet() -> nn.Module:
    from torchvision.models import resnet18

    network = resnet18()
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        for k, block in enumerate(stage):
            stage[k] = SEBlock(block)
    return network


@pytest.mark.parametrize(("name", "reference"), [("preact_resnet18", PreActResNet), ("se_resnet18", se_resnet)])
def test_the_network_is_that_of_its_paper(name: str, reference: Callable[[], nn.Module]) -> None:
    """Names of the state and, with equal weights, the logits."""
    torch.manual_seed(0)
    theirs, ours = reference().eval(), specc_runtime.load(SPECS / f"{name}.yaml").eval()
    state = theirs.state_dict()
    for key, tensor in state.items():
        if "running" in key:
            tensor.uniform_(0.5, 2)  # so that a normalisation in the wrong place shows
    assert sorted(ours.state_dict()) == sorted(state)
    ours.load_state_dict(state)
    images = torch.randn(2, 3, 32, 48)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)
