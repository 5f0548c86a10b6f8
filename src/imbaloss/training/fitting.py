"""Check that a network can be trained with a loss."""

import torch

from imbaloss.losses import LossSpec
from imbaloss.training.recipe import Recipe


def check_loss(spec: LossSpec, recipe: Recipe) -> None:
    """Raise ValueError if a network cannot be trained with the loss by that recipe (its hyper-parameters).

    That is so if the loss cannot be built for the number of classes, gives one number for each sample, or changes only
    after the last epoch.
    """
    loss = spec.build(counts=(1,) * recipe.classes)
    targets = torch.arange(recipe.classes)
    logits = torch.zeros(2) if recipe.outputs == 1 else torch.zeros(len(targets), recipe.outputs)
    if loss(logits, targets).ndim:
        raise ValueError(f"{spec} gives a number for each sample; a training needs one number")
    if loss.after >= recipe.epochs:
        changes, ends = f"changes after {loss.after} epochs", f"the training ends after {recipe.epochs}"
        raise ValueError(f"{spec} {changes}, {ends}: give it after=N, as in {spec.name}:after={recipe.epochs * 4 // 5}")
