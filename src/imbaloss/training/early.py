"""Early stopping: a training ends when its validation loss has not fallen for a number of epochs.

The network then has the weights of its lowest validation loss.

Source: Prechelt 1998 (Neural Networks: Tricks of the Trade), the criterion UP by its number of epochs.
"""

import torch
from torch import Tensor, nn


class EarlyStopping:
    """The lowest validation loss of each network, its weights then, and the epochs since."""

    def __init__(self, network: nn.Module, patience: int) -> None:
        """Begin with a copy of the weights of the stack, and with infinite losses.

        patience: the number of epochs without a lower loss after which a training stops.
        """
        self.network = network
        self.patience = patience
        self.weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        size = len(next(iter(self.weights.values())))
        self.lowest = torch.full((size,), torch.inf, dtype=torch.float64)
        self.waited = torch.zeros(size, dtype=torch.int64)

    def record(self, losses: Tensor) -> Tensor:
        """Record the validation losses after an epoch; copy the weights of networks with a new lowest loss.

        Args:
            losses: (S,), on the CPU.

        Returns:
            (S,), whether the loss of each network has reached a new lowest value within the last `patience` epochs. A
            loss of NaN is never one.
        """
        better = losses < self.lowest
        self.lowest = torch.where(better, losses, self.lowest)
        self.waited = torch.where(better, 0, self.waited + 1)
        for name, tensor in self.network.state_dict().items():
            where = better.to(tensor.device)
            self.weights[name][where] = tensor[where]
        return self.waited < self.patience

    def restore(self, index: int) -> None:
        """Set the weights of the network at that index, in place, to those of its lowest validation loss."""
        for name, tensor in self.network.state_dict().items():
            tensor[index] = self.weights[name][index]

    def keep(self, mask: Tensor) -> None:
        """Keep the losses and weights of the networks where mask (S,) is true; drop those of the others."""
        self.weights = {name: tensor[mask] for name, tensor in self.weights.items()}
        mask_on_cpu = mask.cpu()
        self.lowest, self.waited = self.lowest[mask_on_cpu], self.waited[mask_on_cpu]
