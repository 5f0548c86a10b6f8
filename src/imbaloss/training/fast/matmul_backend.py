"""The library that multiplies float32 matrices on a CPU: oneDNN or PyTorch's default."""

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch

ONEDNN, PYTORCH = "oneDNN", "PyTorch"


class OneDnnSetting:
    """A context in which PyTorch hands float32 products to oneDNN.

    All threads have the setting in common. The last one to leave the context resets it. The setting also allows oneDNN
    to round to bfloat16; see `onednn_is_exact`.
    """

    def __init__(self) -> None:
        """Begin without users; the setting of PyTorch stays as it is."""
        self.lock = threading.Lock()
        self.users = 0
        self.precision_to_restore = ""

    def __enter__(self) -> None:
        """Hand float32 products to oneDNN in all threads, until the last user leaves."""
        with self.lock:
            settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
            if self.users == 0:
                self.precision_to_restore, settings.fp32_precision = settings.fp32_precision, "bf16"
            self.users += 1

    def __exit__(self, *_: object) -> None:
        """Give back the setting that was before, if this is the last user to leave."""
        with self.lock:
            self.users -= 1
            if self.users == 0:
                torch.backends.mkldnn.matmul.fp32_precision = self.precision_to_restore  # type: ignore[attr-defined]


ONEDNN_SETTING = OneDnnSetting()


def use_matmul_backend(library: str) -> AbstractContextManager[None]:
    """Return a context manager in which that library computes float32 products on a CPU.

    "oneDNN" hands them to oneDNN. "PyTorch", and any other text, changes nothing: on x86 processors PyTorch takes MKL.
    """
    return ONEDNN_SETTING if library == ONEDNN else nullcontext()


def choose_matmul_backend(dtype: torch.dtype, device: torch.device) -> str:
    """Return "oneDNN" for float32 on a CPU if it computes exactly in float32 there, else "PyTorch".

    It is faster there because MKL does not use AVX-512 on AMD's processors.
    """
    float32_on_cpu = dtype == torch.float32 and device.type == "cpu"
    return ONEDNN if float32_on_cpu and torch.backends.mkldnn.enabled and onednn_is_exact() else PYTORCH


@cache
def onednn_is_exact() -> bool:
    """Say whether oneDNN computes in float32 on this processor although it may round to bfloat16.

    That is so with AVX-512 and without instructions for matrix tiles, since it rounds only for these. False before
    PyTorch 2.11. The answer is cached.
    """
    if not hasattr(torch.backends.mkldnn, "matmul") or not hasattr(torch.cpu, "get_capabilities"):
        return False  # before PyTorch 2.11
    has = torch.cpu.get_capabilities()
    return (
        torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and not any(has.get(name, True) for name in ("amx_tile", "avx10_2"))
    )
