"""Small pretrained models and images, made in the tests."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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


def write_graph(
    file: Path,
    make_node: Callable[[str], Any],
    shape: Sequence[int | str],
    width: int,
    outputs: Sequence[str],
    **properties: str,
) -> Path:
    """Write an ONNX file of one node for each output, and return it.

    Args:
        file: The file.
        make_node: Makes the node that gives the output of a name from the input "images".
        shape: The shape of the input.
        width: The number of features.
        outputs: The names of the outputs.
        properties: The metadata of the file.
    """
    import onnx
    from onnx import TensorProto, helper

    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    features = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (shape[0], width)) for name in outputs]
    graph = helper.make_graph([make_node(name) for name in outputs], "features", [images], features)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, properties)
    onnx.save(model, file)
    return file


def write_means(
    file: Path, shape: Sequence[int | str] = (1, 3, 8, 8), outputs: Sequence[str] = ("means",), **properties: str
) -> Path:
    """Write an ONNX file that gives the mean of each channel as each output, and return it."""
    from onnx import helper

    def make_node(name: str) -> Any:
        return helper.make_node("ReduceMean", ["images"], [name], axes=[2, 3], keepdims=0)

    return write_graph(file, make_node, shape, int(shape[1]), outputs, **properties)


def write_pixels(file: Path, side: int) -> Path:
    """Write an ONNX file whose features are the 3 * side * side values of an image from 0 to 1, and return it."""
    from onnx import helper

    def make_node(name: str) -> Any:
        return helper.make_node("Flatten", ["images"], [name])

    properties = {"mean": "0,0,0", "std": "1,1,1", "crop_pct": "1", "interpolation": "nearest"}
    return write_graph(file, make_node, (1, 3, side, side), 3 * side * side, ("pixels",), **properties)


def export_onnx(file: Path, module: torch.nn.Module, size: int) -> Path:
    """Export a module that takes images to an ONNX file, and return the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter uses what torch has deprecated
        torch.onnx.export(
            module, (torch.zeros(1, 3, size, size),), file, dynamo=True, verbose=False, external_data=False
        )
    return file
