"""Tells whether a device multiplies matrices in bfloat16 by instructions of its own."""

import platform

import torch

from imbaloss.field_tables import FieldError
from imbaloss.training.recipe import Recipe

X86 = {"x86_64", "amd64"}  # names of the processors of Intel and AMD, in lower case


def check_precision(recipe: Recipe, device: torch.device | str) -> None:
    """Raise FieldError, a ValueError, if the recipe has precision bf16 and the device has no instructions for it."""
    device = torch.device(device)
    if recipe.precision == "bf16" and not has_bfloat16_instructions(device):
        lacking = "this processor lacks" if device.type == "cpu" else f"{device} lacks"
        raise FieldError(
            "precision",
            f"bf16 needs instructions for bfloat16, which {lacking}, and would be many times slower than float32 here: "
            "use float32, or a machine with AVX-512 BF16, AMX, ARM BF16, or an NVIDIA GPU from Ampere on",
        )


def has_bfloat16_instructions(device: torch.device) -> bool:
    """Say whether products in bfloat16 are made by instructions for it on the device.

    On a CPU, oneDNN must have them and be allowed to use AVX-512, as without ONEDNN_MAX_CPU_ISA=AVX2.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False  # PyTorch's own products in bfloat16 are the slow ones
    if platform.machine().lower() in X86 and not torch.cpu._is_avx512_bf16_supported():
        return False  # oneDNN then emulates it, and says that it supports it
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
