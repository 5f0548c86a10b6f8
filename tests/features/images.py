"""Small pretrained models and images, made in the tests."""

import warnings
from collections.abc import Sequence
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


def write_means(
    file: Path, shape: Sequence[int | str] = (1, 3, 8, 8), outputs: Sequence[str] = ("means",), **properties: str
) -> Path:
    """Write an ONNX file that gives the mean of each channel as each output, and return it.

    shape: that of its input. properties: its metadata.
    """
    import onnx
    from onnx import TensorProto, helper

    nodes = [helper.make_node("ReduceMean", ["images"], [name], axes=[2, 3], keepdims=0) for name in outputs]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    means = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape[:2]) for name in outputs]
    graph = helper.make_graph(nodes, "means", [images], means)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, properties)
    onnx.save(model, file)
    return file


def export_onnx(file: Path, module: torch.nn.Module, size: int) -> Path:
    """Export a module that takes images to an ONNX file, and return the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter uses what torch has deprecated
        torch.onnx.export(
            module, (torch.zeros(1, 3, size, size),), file, dynamo=True, verbose=False, external_data=False
        )
    return file
