"""scikit-learn's digits: 1,797 real handwritten digits of 8×8 pixels, part of the package, no download.

E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998 (its test
half).
"""

from PIL import Image
from torch.utils.data import Dataset

from specc_runtime.errors import problem

HELD_OUT_SEED = 0
"""The held-out fifth does not depend on the run's seed, so that runs stay comparable."""


class Digits(Dataset[tuple[Image.Image, int]]):
    """Pairs of a greyscale image (PIL, 8×8, 0 to 255) and its digit, as torchvision's MNIST gives them.

    A stratified split: 1,437 to train, 360 to test.
    """

    classes = tuple(str(digit) for digit in range(10))

    def __init__(self, train: bool = True) -> None:
        try:
            from sklearn.datasets import load_digits
            from sklearn.model_selection import train_test_split
        except ImportError as error:
            raise problem(
                "R701", "the dataset `Digits` is part of scikit-learn, which is not installed",
                help='pip install "specc[torch]"',
            ) from error  # fmt: skip
        images, digits = load_digits(return_X_y=True)
        kept = train_test_split(range(len(digits)), test_size=0.2, stratify=digits, random_state=HELD_OUT_SEED)
        chosen = sorted(kept[0] if train else kept[1])
        # Grey levels are 0 to 16.
        self.data = (images[chosen].reshape(-1, 8, 8) * (255 / 16)).round().astype("uint8")
        self.targets = [int(digits[i]) for i in chosen]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(self.data[index]), self.targets[index]
