"""Which losses a network can be trained with."""

import torch

from imbaloss import losses
from imbaloss.training.recipe import Recipe


def check_loss(text: str, recipe: Recipe) -> None:
    """Raises ValueError where a network cannot be trained with the loss by that recipe."""
    name, parameters = losses.parse(text)
    loss = losses.get(name, counts=(1,) * recipe.classes, **parameters)
    targets = torch.arange(recipe.classes)
    logits = torch.zeros(2) if recipe.outputs == 1 else torch.zeros(len(targets), recipe.outputs)
    if loss(logits, targets).ndim:
        raise ValueError(f"{text} gives a number for each sample; a training needs one number")
    if isinstance(loss, losses.Deferred) and loss.after >= recipe.epochs:
        changes, ends = f"changes after {loss.after} epochs", f"the training ends after {recipe.epochs}"
        raise ValueError(f"{text} {changes}, {ends}: give it after=N, as in {name}:after={recipe.epochs * 4 // 5}")
