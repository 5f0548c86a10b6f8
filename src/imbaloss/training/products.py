"""Matrix products: which library makes them."""

import torch
from torch import Tensor

SMALLEST_FOR_ONEDNN = 2**22  # multiplications; below it, a call costs more than it saves


def affine(left: Tensor, right: Tensor, bias: Tensor) -> Tensor:
    """left (B, N) @ right (N, H) + bias (1, H): by oneDNN where it is faster than PyTorch's own."""
    if onednn_is_faster(left, right):
        product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right.t(), bias.squeeze(0), "none", [], "")
        return product
    return torch.addmm(bias, left, right)


def onednn_is_faster(left: Tensor, right: Tensor) -> bool:
    """For large float32 products on x86 processors with AVX-512, where PyTorch's own are MKL's."""
    return (
        left.dtype == torch.float32
        and left.device.type == "cpu"
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and left.shape[0] * left.shape[1] * right.shape[1] >= SMALLEST_FOR_ONEDNN
    )
