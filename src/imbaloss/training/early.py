"""Early stopping: a training ends when its validation loss has not fallen for a number of epochs.

The network then has the weights of its lowest validation loss.

Source: Prechelt 1998 (Neural Networks: Tricks of the Trade), the criterion UP by its number of epochs.
"""

import torch
from torch import Tensor, nn


class EarlyStopping:
    """The lowest validation loss of each network, its weights then, and the epochs since."""

    def __init__(self, network: nn.Module, patience: int) -> None:
        """Begin with a copy of the weights of the stack, and with infinite losses."""
        self.network = network
        self.patience = patience
        self.weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        size = len(next(iter(self.weights.values())))
        self.lowest = torch.full((size,), torch.inf, dtype=torch.float64)
        self.waited = torch.zeros(size, dtype=torch.int64)

    def record(self, losses: Tensor) -> Tensor:
        """Record the validation losses after an epoch, (S,) on the CPU; copy the weights of networks that improved.

        Returns:
            (S,), whether the loss of each network has fallen within the last `patience` epochs. A loss of NaN counts
            as not fallen.
        """
        better = losses < self.lowest
        self.lowest = torch.where(better, losses, self.lowest)
        self.waited = torch.where(better, 0, self.waited + 1)
        for name, tensor in self.network.state_dict().items():
            where = better.to(tensor.device)
            self.weights[name][where] = tensor[where]
        return self.waited < self.patience

    def restore(self, index: int) -> None:
        """Set the weights of one network, in place, to those of its lowest loss."""
        for name, tensor in self.network.state_dict().items():
            tensor[index] = self.weights[name][index]

    def keep(self, mask: Tensor) -> None:
        """Drop the record of the networks where mask (S,) is false."""
        self.weights = {name: tensor[mask] for name, tensor in self.weights.items()}
        here = mask.cpu()
        self.lowest, self.waited = self.lowest[here], self.waited[here]
