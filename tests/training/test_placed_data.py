"""Members that share a split share its tensors, and find their own rows in them."""

from dataclasses import replace

import numpy as np
import torch

from imbaloss.losses import LossSpec
from imbaloss.training import Member
from imbaloss.training.placed_data import PlacedData
from tests.training.examples import RECIPE, split_of

CPU = torch.device("cpu")
PATIENT = replace(RECIPE, patience=3, scaling="unit")


def test_rows_are_those_of_each_members_own_split():
    """Also after others have left."""
    first, second = split_of(0), split_of(1)
    weighted = replace(second, train=replace(second.train, weights=np.linspace(0.5, 2, 40)))
    members = [Member(split, LossSpec("mse"), PATIENT, seed) for seed, split in enumerate((first, weighted, first))]
    data = PlacedData.place(members, CPU, torch.float64)
    assert data.train.inputs.shape == (2 * 40, 3, 4, 5)
    order = torch.tensor([[3, 39], [0, 7], [5, 5]])
    for mask in ([True, True, True], [False, True, True]):
        kept = data.keep(torch.tensor(mask))
        rows = kept.find_rows(order[torch.tensor(mask)])
        for of_member, numbers, member in zip(rows, order[torch.tensor(mask)], np.array(members)[mask], strict=True):
            train = member.split.train
            assert np.array_equal(data.train.inputs[of_member].numpy(), train.inputs[numbers.numpy()])
            assert data.train.labels[of_member].tolist() == train.labels[numbers.numpy()].tolist()
            expected = np.ones(40) if train.weights is None else train.weights
            assert data.train.weights[of_member].tolist() == expected[numbers.numpy()].tolist()


def test_inputs_are_rounded_once_and_weights_are_not_touched():
    recipe = replace(PATIENT, precision="float32", scaling="standard")
    data = PlacedData.place([Member(split_of(0), LossSpec("mse"), recipe, 0)], CPU, torch.float64)
    assert data.validation.inputs.dtype == torch.float32
    rounded = data.round_inputs(torch.float32)
    assert torch.equal(rounded.train.inputs, data.train.inputs.float())
    assert not torch.equal(rounded.train.inputs.double(), data.train.inputs)
    assert rounded.train.weights is None
