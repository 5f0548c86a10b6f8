"""oneDNN's products are exact where they are used, and no setting outlives their use."""

import math
import threading

import pytest
import torch

from imbaloss.training.fast.matmul_backend import (
    ONEDNN,
    PYTORCH,
    choose_matmul_backend,
    onednn_is_exact,
    use_matmul_backend,
)

needs_onednn = pytest.mark.skipif(not onednn_is_exact(), reason="on this processor oneDNN may round to bfloat16")


@needs_onednn
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (64, 64, 64), (128, 500, 1000), (128, 100, 1), (7, 2500, 33)])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_is_that_of_float64(shape, transposed):
    """bfloat16 would be wrong by about 1e-3 of the terms' size; float32 by 1e-7."""
    rows, inner, columns = shape
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(2, rows, inner, generator=generator)
    right = torch.randn(2, inner, columns, generator=generator)
    if transposed:
        left = left.transpose(1, 2).contiguous().transpose(1, 2)
        right = right.transpose(1, 2).contiguous().transpose(1, 2)
    expected = left.double() @ right.double()
    scale = left.double().abs() @ right.double().abs()
    with use_matmul_backend(ONEDNN):
        products = [torch.bmm(left, right), torch.stack([left[0] @ right[0], left[1] @ right[1]])]
        products.append(torch.ones(2, rows, columns).baddbmm_(left, right) - 1)
    for product in products:
        assert ((product.double() - expected).abs() <= 2e-6 * (scale + 1)).all()


@needs_onednn
def test_the_setting_ends_with_its_use():
    before = torch.backends.mkldnn.matmul.fp32_precision
    with use_matmul_backend(ONEDNN):
        assert torch.backends.mkldnn.matmul.fp32_precision == "bf16"
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    with pytest.raises(ValueError, match="math domain"), use_matmul_backend(ONEDNN):
        math.sqrt(-1)
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    assert torch.get_float32_matmul_precision() == "highest"


@needs_onednn
def test_threads_do_not_end_it_for_one_another():
    before = torch.backends.mkldnn.matmul.fp32_precision
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with use_matmul_backend(ONEDNN):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with use_matmul_backend(ONEDNN):
        thread.start()
        entered.wait()
    assert torch.backends.mkldnn.matmul.fp32_precision == "bf16"
    leave.set()
    thread.join()
    assert torch.backends.mkldnn.matmul.fp32_precision == before


def test_the_library_is_chosen_by_rule():
    cpu = torch.device("cpu")
    assert choose_matmul_backend(torch.float64, cpu) == PYTORCH
    assert choose_matmul_backend(torch.bfloat16, cpu) == PYTORCH
    assert choose_matmul_backend(torch.float32, torch.device("cuda")) == PYTORCH
    assert choose_matmul_backend(torch.float32, cpu) == (ONEDNN if onednn_is_exact() else PYTORCH)


@pytest.mark.skipif(not hasattr(torch.cpu, "get_capabilities"), reason="PyTorch before 2.11 does not tell")
def test_processors_with_matrix_tiles_keep_to_pytorchs_products(monkeypatch):
    """What a processor has is asked of PyTorch; here it says that there are tiles, which round float32 to bfloat16."""
    without = {"amx_tile": False, "avx10_2": False}
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    for has, exact in ((without, True), (without | {"amx_tile": True}, False), (without | {"avx10_2": True}, False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: has)
        assert onednn_is_exact.__wrapped__() is exact
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: without)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not onednn_is_exact.__wrapped__()
