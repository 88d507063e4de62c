"""What the shipped specs stand for: the networks are those of the literature, and those of each other."""

from pathlib import Path

import pytest
import torch

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
