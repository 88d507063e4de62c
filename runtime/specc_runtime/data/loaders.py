"""Batches in an order that depends on the seed and the epoch alone, whatever the number of workers.

The sampler hands out (epoch, index) instead of the index, and a random transform draws from a generator seeded with
(seed, epoch, index): the same sample looks the same in epoch 3 whether the run was resumed before it, and drawing it
does not disturb the generator that dropout uses.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from specc_runtime.data.datasets import Source
from specc_runtime.errors import problem

Key = tuple[int, int]


class Samples(Dataset[tuple[Tensor, int]]):
    """A split with its transform applied: key (epoch, position) → (float32 [C, H, W], class number)."""

    def __init__(self, source: Source, transform: Callable[[Any], Tensor], *, seed: int, random: bool) -> None:
        self.source = source
        self.transform = transform
        self.seed = seed
        self.random = random

    def __len__(self) -> int:
        return len(self.source.indices)

    def __getitem__(self, key: Key) -> tuple[Tensor, int]:
        epoch, position = key
        try:
            image, label = self.source.data[self.source.indices[position]]
        except (OSError, SyntaxError, ValueError) as error:  # PIL raises SyntaxError for some broken files
            raise problem("R702", f"sample {position} of `{self.source.name}` cannot be read: {error}") from error
        if not isinstance(label, int):
            label = self._class_number(label)
        if not self.random:
            return self.transform(image), label
        with torch.random.fork_rng(devices=[]):
            # Not torch.manual_seed: it would seed the GPU's generator too, which dropout draws from.
            torch.default_generator.manual_seed(derived_seed(self.seed, epoch, position))
            return self.transform(image), label

    def _class_number(self, label: Any) -> int:
        try:
            return int(label)
        except (TypeError, ValueError) as error:
            raise problem(
                "R712", f"`{self.source.name}` labels a sample with {type(label).__name__}, not with a class number"
            ) from error


class EpochSampler(Sampler[Key]):
    """(epoch, position) pairs, shuffled by (seed, epoch) or in order. `rank` of `world` processes takes every world-th.

    Every process gets as many: positions are repeated from the start where the length does not divide (training), or
    the last ranks get fewer (evaluation, where a repeated sample would be counted twice).
    """

    def __init__(self, length: int, *, seed: int, shuffle: bool, rank: int = 0, world: int = 1) -> None:
        self.length = length
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.world = world
        self.epoch = 0

    def __len__(self) -> int:
        if self.shuffle:
            return -(-self.length // self.world)
        return len(range(self.rank, self.length, self.world))

    def __iter__(self) -> Iterator[Key]:
        if not self.shuffle:
            return iter([(self.epoch, i) for i in range(self.rank, self.length, self.world)])
        generator = torch.Generator().manual_seed(derived_seed(self.seed, self.epoch))
        order = torch.randperm(self.length, generator=generator).tolist()
        total = len(self) * self.world
        order = (order * (-(-total // self.length)))[:total]
        return iter([(self.epoch, i) for i in order[self.rank :: self.world]])


Loader = DataLoader[tuple[Tensor, int]]


def loader(
    samples: Samples,
    *,
    batch_size: int,
    train: bool,
    workers: int = 0,
    pin: bool = False,
    rank: int = 0,
    world: int = 1,
) -> Loader:
    """Batches (float32 [N, C, H, W], int64 [N]); training is shuffled. Call `set_epoch` before iterating."""
    sampler = EpochSampler(len(samples), seed=samples.seed, shuffle=train, rank=rank, world=world)
    # Batch normalisation has no variance for a single sample: a last batch of one is left out of training.
    lone = train and len(sampler) > 1 and len(sampler) % batch_size == 1 and batch_size > 1
    return DataLoader(
        samples,
        batch_size=batch_size,
        sampler=sampler,
        drop_last=lone,
        num_workers=workers,
        pin_memory=pin,
        persistent_workers=workers > 0,
        generator=torch.Generator().manual_seed(samples.seed),  # the workers' base seed is drawn from here
    )


def set_epoch(batches: Loader, epoch: int) -> None:
    """What the next iteration shuffles and augments by."""
    sampler = batches.sampler
    assert isinstance(sampler, EpochSampler)
    sampler.epoch = epoch


def derived_seed(*numbers: int) -> int:
    """63 bits from a hash of the numbers: neighbouring epochs and positions get unrelated seeds."""
    text = ",".join(map(str, numbers)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1
