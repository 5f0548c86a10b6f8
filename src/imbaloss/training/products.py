"""Matrix products: which library makes those of float32 on a CPU."""

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch

ONEDNN, PYTORCH = "oneDNN", "PyTorch"


class Setting:
    """PyTorch's setting that hands float32 products to oneDNN. It is one for all threads: the last one resets it.

    It also allows oneDNN to round to bfloat16; see `onednn_is_exact`.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.before = ""

    def __enter__(self) -> None:
        with self.lock:
            settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
            if self.users == 0:
                self.before, settings.fp32_precision = settings.fp32_precision, "bf16"
            self.users += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                torch.backends.mkldnn.matmul.fp32_precision = self.before  # type: ignore[attr-defined]


SETTING = Setting()


def products_by(library: str) -> AbstractContextManager[None]:
    """Within it, float32 products on a CPU are made by oneDNN, or as PyTorch has it (on x86 processors by MKL)."""
    return SETTING if library == ONEDNN else nullcontext()


def library_for(dtype: torch.dtype, device: torch.device) -> str:
    """oneDNN where it is the faster one and exact: MKL does not use AVX-512 on AMD's processors."""
    float32_on_cpu = dtype == torch.float32 and device.type == "cpu"
    return ONEDNN if float32_on_cpu and torch.backends.mkldnn.enabled and onednn_is_exact() else PYTORCH


@cache
def onednn_is_exact() -> bool:
    """Whether oneDNN computes in float32 even where it may round to bfloat16.

    So it does on a processor with AVX-512 but without instructions for matrix tiles: it rounds for those alone.
    """
    if not hasattr(torch.backends.mkldnn, "matmul") or not hasattr(torch.cpu, "get_capabilities"):
        return False  # before PyTorch 2.9
    has = torch.cpu.get_capabilities()
    return (
        torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and not any(has.get(name, True) for name in ("amx_tile", "avx10_2"))
    )
