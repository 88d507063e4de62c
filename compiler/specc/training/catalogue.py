"""What `train` and `init` may name: PyTorch's optimizers, schedulers, losses, initialisers, transforms and datasets.

A table maps a name to its arguments as one line of text, in PyTorch's order; `!` marks a required one. What the runtime
supplies (`params`, `optimizer`, `last_epoch`, `tensor`, `transform`), what PyTorch has retired (`size_average`,
`reduce`) and what only code can give (a function, a generator) is left out, so that writing it is an error. Names that
exist in PyTorch and cannot be used from a spec stand in `REFUSED` with the reason. `tests/training/test_catalogue.py`
holds every entry to the installed torch and torchvision.
"""

from collections.abc import Mapping
from typing import NamedTuple

from specc.source.nodes import Plain

OPTIMIZERS = {
    "ASGD": "lr lambd alpha t0 weight_decay foreach maximize differentiable capturable",
    "Adadelta": "lr rho eps weight_decay foreach capturable maximize differentiable",
    "Adafactor": "lr beta2_decay eps d weight_decay foreach maximize",
    "Adagrad": "lr lr_decay weight_decay initial_accumulator_value eps foreach maximize differentiable fused",
    "Adam": "lr betas eps weight_decay amsgrad foreach maximize capturable differentiable fused decoupled_weight_decay",
    "AdamW": "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused",
    "Adamax": "lr betas eps weight_decay foreach maximize differentiable capturable",
    "Muon": "lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn",
    "NAdam": (
        "lr betas eps weight_decay momentum_decay decoupled_weight_decay foreach maximize capturable differentiable"
    ),
    "RAdam": "lr betas eps weight_decay decoupled_weight_decay foreach maximize capturable differentiable",
    "RMSprop": "lr alpha eps weight_decay momentum centered capturable foreach maximize differentiable",
    "Rprop": "lr etas step_sizes capturable foreach maximize differentiable",
    "SGD": "lr momentum dampening weight_decay nesterov maximize foreach differentiable fused",
}

SCHEDULERS = {
    "ChainedScheduler": "schedulers!",
    "ConstantLR": "factor total_iters",
    "CosineAnnealingLR": "T_max! eta_min",
    "CosineAnnealingWarmRestarts": "T_0! T_mult eta_min",
    "CyclicLR": (
        "base_lr! max_lr! step_size_up step_size_down mode gamma scale_mode cycle_momentum base_momentum max_momentum"
    ),
    "ExponentialLR": "gamma!",
    "LinearLR": "start_factor end_factor total_iters",
    "MultiStepLR": "milestones! gamma",
    "OneCycleLR": (
        "max_lr! total_steps epochs steps_per_epoch pct_start anneal_strategy cycle_momentum base_momentum "
        "max_momentum div_factor final_div_factor three_phase"
    ),
    "PolynomialLR": "total_iters power",
    "ReduceLROnPlateau": "mode factor patience threshold threshold_mode cooldown min_lr eps",
    "SequentialLR": "schedulers! milestones!",
    "StepLR": "step_size! gamma",
}

SCHEDULER_FILLS = {
    "OneCycleLR": frozenset({"total_steps", "epochs", "steps_per_epoch"}),
    "CosineAnnealingLR": frozenset({"T_max"}),
}
"""Arguments that follow from the length of the run: the runtime fills them in where they are left out."""

PER_BATCH_SCHEDULERS = frozenset({"OneCycleLR", "CyclicLR"})
"""Stepped after every batch, as PyTorch's documentation asks; the others after every epoch."""


class Loss(NamedTuple):
    """What training must know of a loss of (output, target); its arguments and rule are its op's (`specc.ops`).

    `output`: "logits", "log_probabilities", "probabilities", "scores" (a margin between classes) or "values".
    `target`: "classes" (int64 of shape [N, ...] beside an output [N, C, ...]), "binary" (0 or 1 in the output's shape
    and dtype), "values" (the output's shape and dtype), "signs" (-1 or 1 in the output's shape), "labels" (int64
    of the output's shape).
    """

    output: str
    target: str


LOSSES = {
    "BCELoss": Loss("probabilities", "binary"),
    "BCEWithLogitsLoss": Loss("logits", "binary"),
    "CrossEntropyLoss": Loss("logits", "classes"),
    "HingeEmbeddingLoss": Loss("values", "signs"),
    "HuberLoss": Loss("values", "values"),
    "KLDivLoss": Loss("log_probabilities", "values"),
    "L1Loss": Loss("values", "values"),
    "MSELoss": Loss("values", "values"),
    "MultiLabelMarginLoss": Loss("scores", "labels"),
    "MultiLabelSoftMarginLoss": Loss("logits", "binary"),
    "MultiMarginLoss": Loss("scores", "classes"),
    "NLLLoss": Loss("log_probabilities", "classes"),
    "PoissonNLLLoss": Loss("values", "values"),
    "SmoothL1Loss": Loss("values", "values"),
    "SoftMarginLoss": Loss("values", "signs"),
}

METRICS = ("accuracy", "top5_accuracy", "precision", "recall", "f1")
"""Of classification; precision, recall and f1 are means over the classes (macro)."""

INITIALISERS = {
    "constant_": "val!",
    "dirac_": "groups",
    "eye_": "",
    "kaiming_normal_": "a mode nonlinearity",
    "kaiming_uniform_": "a mode nonlinearity",
    "normal_": "mean std",
    "ones_": "",
    "orthogonal_": "gain",
    "sparse_": "sparsity! std",
    "trunc_normal_": "mean std a b",
    "uniform_": "a b",
    "xavier_normal_": "gain",
    "xavier_uniform_": "gain",
    "zeros_": "",
}

TRANSFORMS = {
    "AugMix": "severity mixture_width chain_depth alpha all_ops interpolation fill",
    "AutoAugment": "policy interpolation fill",
    "CenterCrop": "size!",
    "ColorJitter": "brightness contrast saturation hue",
    "Compose": "transforms!",
    "ConvertImageDtype": "dtype",
    "ElasticTransform": "alpha sigma interpolation fill",
    "GaussianBlur": "kernel_size! sigma",
    "GaussianNoise": "mean sigma clip",
    "Grayscale": "num_output_channels",
    "Identity": "",
    "JPEG": "quality!",
    "LinearTransformation": "transformation_matrix! mean_vector!",
    "Normalize": "mean! std! inplace",
    "Pad": "padding! fill padding_mode",
    "RGB": "",
    "RandAugment": "num_ops magnitude num_magnitude_bins interpolation fill",
    "RandomAdjustSharpness": "sharpness_factor! p",
    "RandomAffine": "degrees! translate scale shear interpolation fill center",
    "RandomApply": "transforms! p",
    "RandomAutocontrast": "p",
    "RandomChannelPermutation": "",
    "RandomChoice": "transforms! p",
    "RandomCrop": "size! padding pad_if_needed fill padding_mode",
    "RandomEqualize": "p",
    "RandomErasing": "p scale ratio value inplace",
    "RandomGrayscale": "p",
    "RandomHorizontalFlip": "p",
    "RandomInvert": "p",
    "RandomOrder": "transforms!",
    "RandomPerspective": "distortion_scale p interpolation fill",
    "RandomPhotometricDistort": "brightness contrast saturation hue p",
    "RandomPosterize": "bits! p",
    "RandomResize": "min_size! max_size! interpolation antialias",
    "RandomResizedCrop": "size! scale ratio interpolation antialias",
    "RandomRotation": "degrees! interpolation expand center fill",
    "RandomShortestSize": "min_size! max_size interpolation antialias",
    "RandomSolarize": "threshold! p",
    "RandomVerticalFlip": "p",
    "RandomZoomOut": "fill side_range p",
    "Resize": "size! interpolation max_size antialias",
    "ScaleJitter": "target_size! scale_range interpolation antialias",
    "ToDtype": "dtype! scale",
    "ToImage": "",
    "ToPureTensor": "",
    "TrivialAugmentWide": "num_magnitude_bins interpolation fill",
}

REFUSED: Mapping[str, Mapping[str, str]] = {
    "optimizer": {
        "LBFGS": "it evaluates the model several times a step, which the training loop does not do",
        "SparseAdam": "it takes sparse gradients only",
    },
    "scheduler": {
        "LambdaLR": "its `lr_lambda` is a function, which a spec cannot hold",
        "MultiplicativeLR": "its `lr_lambda` is a function, which a spec cannot hold",
    },
    "loss": {
        "AdaptiveLogSoftmaxWithLoss": "it owns the last layer's weights; write the Linear layer and `CrossEntropyLoss`",
        "CTCLoss": "it needs the lengths of inputs and targets",
        "CosineEmbeddingLoss": "it compares two outputs",
        "GaussianNLLLoss": "it needs a variance beside the output",
        "LinearCrossEntropyLoss": "it owns the last layer's weights; write the Linear layer and `CrossEntropyLoss`",
        "MarginRankingLoss": "it compares two outputs",
        "NLLLoss2d": "PyTorch retired it for `NLLLoss`",
        "TripletMarginLoss": "it compares three outputs",
        "TripletMarginWithDistanceLoss": "it compares three outputs, and its distance is a function",
    },
    "transform": {
        "ClampBoundingBoxes": "it works on bounding boxes",
        "ClampKeyPoints": "it works on key points",
        "ConvertBoundingBoxFormat": "it works on bounding boxes",
        "CutMix": "it works on batches, not on one sample",
        "FiveCrop": "it makes five images of one",
        "Lambda": "it takes a function, which a spec cannot hold",
        "MixUp": "it works on batches, not on one sample",
        "PILToTensor": "the runtime converts images itself",
        "RandomIoUCrop": "it needs bounding boxes",
        "SanitizeBoundingBoxes": "it works on bounding boxes",
        "SanitizeKeyPoints": "it works on key points",
        "SetClampingMode": "it works on bounding boxes",
        "TenCrop": "it makes ten images of one",
        "ToPILImage": "the network takes tensors",
        "ToTensor": "PyTorch retired it; the runtime converts images itself",
        "UniformTemporalSubsample": "it works on video",
    },
}
"""Names of PyTorch that a spec cannot use, by kind, and why."""

Shape = tuple[int | None, int | None, int | None]
"""(channels, height, width) of one image; None where it varies."""


class Dataset(NamedTuple):
    """A set of labelled images: what one sample is, how many classes, and how its splits are asked for.

    `splits`: the argument that selects the split, and its values for training and for testing, e.g.
    ("split", "train", "test"); None where torchvision has no split (the runtime then holds out a fifth, by the seed).
    """

    arguments: str
    sample: Shape
    classes: int | None
    splits: tuple[str, str | bool, str | bool] | None


_FLAG = ("train", True, False)
_TEST = ("split", "train", "test")
_VAL = ("split", "train", "val")

DATASETS = {
    "CIFAR10": Dataset("root train download", (3, 32, 32), 10, _FLAG),
    "CIFAR100": Dataset("root train download", (3, 32, 32), 100, _FLAG),
    "CLEVRClassification": Dataset("root split download", (3, 320, 480), None, _VAL),
    "Caltech101": Dataset("root target_type download", (None, None, None), 101, None),
    "Caltech256": Dataset("root download", (None, None, None), 257, None),
    "Country211": Dataset("root split download", (3, None, None), 211, _TEST),
    "DTD": Dataset("root split partition download", (3, None, None), 47, _TEST),
    "Digits": Dataset("", (1, 8, 8), 10, _FLAG),
    "EMNIST": Dataset("root split! train download", (1, 28, 28), None, _FLAG),
    "EuroSAT": Dataset("root download", (3, 64, 64), 10, None),
    "FER2013": Dataset("root split", (1, 48, 48), 7, _TEST),
    "FGVCAircraft": Dataset("root split annotation_level download", (3, None, None), 100, _TEST),
    "FakeData": Dataset("size image_size num_classes random_offset", (3, 224, 224), 10, None),
    "FashionMNIST": Dataset("root train download", (1, 28, 28), 10, _FLAG),
    "Flowers102": Dataset("root split download", (3, None, None), 102, _TEST),
    "Food101": Dataset("root split download", (3, None, None), 101, _TEST),
    "GTSRB": Dataset("root split download", (3, None, None), 43, _TEST),
    "ImageFolder": Dataset("root allow_empty", (3, None, None), None, None),
    "ImageNet": Dataset("root split", (3, None, None), 1000, _VAL),
    "Imagenette": Dataset("root split size download", (3, None, None), 10, _VAL),
    "KMNIST": Dataset("root train download", (1, 28, 28), 10, _FLAG),
    "LFWPeople": Dataset("root split image_set download", (3, 250, 250), 5749, _TEST),
    "MNIST": Dataset("root train download", (1, 28, 28), 10, _FLAG),
    "OxfordIIITPet": Dataset("root split target_types download", (3, None, None), 37, ("split", "trainval", "test")),
    "PCAM": Dataset("root split download", (3, 96, 96), 2, _TEST),
    "Places365": Dataset("root split small download", (3, None, None), 365, ("split", "train-standard", "val")),
    "QMNIST": Dataset("root what compat train download", (1, 28, 28), 10, _FLAG),
    "RenderedSST2": Dataset("root split download", (3, None, None), 2, _TEST),
    "SEMEION": Dataset("root download", (1, 16, 16), 10, None),
    "STL10": Dataset("root split folds download", (3, 96, 96), 10, _TEST),
    "SUN397": Dataset("root download", (3, None, None), 397, None),
    "SVHN": Dataset("root split download", (3, 32, 32), 10, _TEST),
    "StanfordCars": Dataset("root split download", (3, None, None), 196, _TEST),
    "USPS": Dataset("root train download", (1, 16, 16), 10, _FLAG),
}

EMNIST_CLASSES = {"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 27, "digits": 10, "mnist": 10}
"""By split. `letters` numbers its 26 from 1, so that a network needs 27 outputs."""

AIRCRAFT_CLASSES = {"variant": 100, "family": 70, "manufacturer": 30}


class Arguments(NamedTuple):
    """Argument names in PyTorch's order, and those without a default."""

    names: tuple[str, ...]
    required: tuple[str, ...]


def arguments(text: str) -> Arguments:
    """A table's line as names: `arguments("max_lr! epochs")` has names (max_lr, epochs), required (max_lr,)."""
    words = text.split()
    return Arguments(tuple(w.rstrip("!") for w in words), tuple(w[:-1] for w in words if w.endswith("!")))


def sample_of(name: str, args: Mapping[str, Plain]) -> tuple[Shape, int | None]:
    """The sample shape and class count of the dataset `name` (a key of `DATASETS`) under its arguments."""
    entry = DATASETS[name]
    shape, classes = entry.sample, entry.classes
    if name == "EMNIST":
        classes = EMNIST_CLASSES.get(str(args.get("split")))
    elif name == "FGVCAircraft":
        classes = AIRCRAFT_CLASSES.get(str(args.get("annotation_level", "variant")))
    elif name == "FakeData":
        size = _whole_numbers(args.get("image_size", [3, 224, 224]))
        shape = (size[0], size[1], size[2]) if size is not None and len(size) == 3 else (None, None, None)
        count = args.get("num_classes", 10)
        classes = count if isinstance(count, int) else None
    elif name == "Imagenette" and args.get("size", "full") != "full":
        shape = (3, None, None)  # the smaller copies fix the shorter edge only
    return shape, classes


def sample_shape_after(shape: Shape, transforms: Plain) -> Shape | None:
    """The shape of an image of `shape` after v2 transforms written as in a spec (a name or `{op: name, …}`, or a list).

    A dimension is None where it cannot be known without the image; the whole is None where a transform is malformed.
    """
    if transforms is None:
        return shape
    if not isinstance(transforms, list):
        transforms = [transforms]
    current: Shape | None = shape
    for item in transforms:
        if current is None:
            return None
        if isinstance(item, str):
            current = _after(current, item, {})
        elif isinstance(item, dict) and isinstance(item.get("op"), str):
            current = _after(current, str(item["op"]), item)
        else:
            return None
    return current


def _after(shape: Shape, op: str, args: Mapping[str, Plain]) -> Shape | None:
    channels, height, width = shape
    if op in ("CenterCrop", "RandomCrop", "RandomResizedCrop"):
        size = _size(args.get("size"))
        return None if size is None else (channels, *size)
    if op == "Resize":
        return _resized(shape, args)
    if op == "Pad":
        return _padded(shape, args.get("padding"))
    if op == "Grayscale":
        count = args.get("num_output_channels", 1)
        return (count, height, width) if isinstance(count, int) else None
    if op == "RGB":
        return (3, height, width)
    if op in ("RandomResize", "RandomShortestSize", "ScaleJitter", "RandomZoomOut"):
        return (channels, None, None)
    if op == "RandomRotation" and args.get("expand") is True:
        return (channels, None, None)
    if op in ("Compose", "RandomOrder"):
        return sample_shape_after(shape, args.get("transforms"))
    if op in ("RandomApply", "RandomChoice"):
        parts = args.get("transforms")
        if not isinstance(parts, list):
            return None
        if op == "RandomApply":
            return _common([shape, sample_shape_after(shape, parts)])
        return _common([sample_shape_after(shape, part) for part in parts])
    return shape


def _common(shapes: list[Shape | None]) -> Shape | None:
    """What all of `shapes` agree on; a dimension that differs is None."""
    first, *rest = shapes or [None]
    if first is None or None in rest:
        return None
    known = [s for s in shapes if s is not None]
    channels, height, width = (
        first[i] if all(shape[i] == first[i] for shape in known) else None for i in range(len(first))
    )
    return (channels, height, width)


def _resized(shape: Shape, args: Mapping[str, Plain]) -> Shape | None:
    channels, height, width = shape
    size = args.get("size")
    pair = _whole_numbers(size)
    if pair is not None and len(pair) == 2:
        return (channels, pair[0], pair[1])
    if pair is not None and len(pair) == 1:
        size = pair[0]
    if size is None:
        return (channels, None, None)
    if not isinstance(size, int) or isinstance(size, bool):
        return None
    if height is None or width is None or args.get("max_size") is not None:
        return (channels, None, None)
    # torchvision: the shorter edge becomes `size`, the longer follows, rounded down.
    if height <= width:
        return (channels, size, size * width // height)
    return (channels, size * height // width, size)


def _padded(shape: Shape, padding: Plain) -> Shape | None:
    channels, height, width = shape
    sides = _whole_numbers(padding) or ([padding] if isinstance(padding, int) else None)
    if sides is None or len(sides) not in (1, 2, 4):
        return None
    left, top, right, bottom = (sides * 4)[:4] if len(sides) != 2 else (sides[0], sides[1], sides[0], sides[1])
    return (
        channels,
        None if height is None else height + top + bottom,
        None if width is None else width + left + right,
    )


def _size(value: Plain) -> tuple[int, int] | None:
    """A crop's size: an integer or one entry means a square."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    numbers = _whole_numbers(value)
    if numbers is None or len(numbers) not in (1, 2):
        return None
    return (numbers[0], numbers[-1])


def _whole_numbers(value: Plain) -> list[int] | None:
    if not isinstance(value, list):
        return None
    return [item for item in value if isinstance(item, int)] if all(isinstance(i, int) for i in value) else None
