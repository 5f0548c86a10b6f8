"""Small pretrained models and images, made in the tests."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from tests import peers

TINY = "test_resnet"  # a model of timm for tests, with 96 features of images of 160 x 160 pixels


def write_tiny(file: Path, seed: int = 0) -> Path:
    """Write random weights of timm's smallest residual network, and return the file; skips without timm."""
    timm = peers.needed("timm")
    torch.manual_seed(seed)
    save_file(timm.create_model(TINY, num_classes=0).state_dict(), file)
    return file


def name_tiny(folder: Path, seed: int = 0) -> str:
    """The text that names this network, with weights that are written into a folder."""
    return f"timm:{TINY}:weights={write_tiny(folder / f'tiny{seed}.safetensors', seed)}"


def make_image(seed: int, width: int = 48, height: int = 40) -> Image.Image:
    """An RGB image of large squares of random colours."""
    squares = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return Image.fromarray(squares.repeat(8, 0).repeat(8, 1))


def write_onnx(file: Path, module: torch.nn.Module, shape: tuple[int, ...], **properties: str) -> Path:
    """Export a module to an ONNX file with metadata properties, and return the file."""
    import onnx
    from onnx import helper

    program = torch.onnx.export(module.eval(), (torch.zeros(shape),), dynamo=True, verbose=False)
    model = program.model_proto
    helper.set_model_props(model, properties)
    onnx.save(model, file)
    return file
