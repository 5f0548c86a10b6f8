"""Classes and functions that docs/recipes-trainers.md shows, read from the page itself, and a small model for them."""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import imbaloss.losses
from imbaloss.samplers import StratifiedBatchSampler
from tests import peers, printed

[PAGE] = printed.RECIPES
GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(88, 4, generator=GENERATOR, dtype=torch.float64)
LABELS = (torch.arange(88) % 12 == 5).long()  # of 11 batches of 8, three have no positive


def read_recipe(name: str, **names: object) -> Any:
    """The class or function of the page with this name, which sees the other names too; skips without transformers."""
    transformers = peers.needed("transformers")
    peers.needed("accelerate")
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    code = re.search(rf"^(class|def) {name}\b.*?(?=^\S|\Z)", blocks, re.DOTALL | re.MULTILINE)[0]
    known = {"torch": torch, "imbaloss": imbaloss, "Trainer": transformers.Trainer, "DataLoader": DataLoader}
    known |= {"StratifiedBatchSampler": StratifiedBatchSampler, "join_totals": imbaloss.losses.join_totals, **names}
    exec(compile(code, PAGE.name, "exec"), known)
    return known[name]


class Model(nn.Module):
    """Two logits a sample in float64; the weights are always the same. It notes the samples that it is trained on."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2)).double()
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            nn.init.normal_(parameter, generator=generator)
        self.seen: list[list[int]] = []

    def forward(self, inputs: Tensor, number: Tensor, labels: Tensor | None = None) -> Any:  # noqa: ARG002
        from transformers.modeling_outputs import SequenceClassifierOutput

        if self.training and torch.is_grad_enabled():
            self.seen.append(number.tolist())
        return SequenceClassifierOutput(logits=self.network(inputs))


def prepare(trainer_class: Any, model: Model, folder: object, batch: int, **options: Any) -> Any:
    """A Trainer of three epochs of gradient descent on samples in their order; `arguments` changes its settings."""
    from transformers import TrainingArguments

    dtype = next(model.parameters()).dtype
    rows = [
        {"inputs": inputs.to(dtype), "labels": int(label), "number": number}
        for number, (inputs, label) in enumerate(zip(INPUTS, LABELS, strict=True))
    ]
    settings = {"num_train_epochs": 3, "train_sampling_strategy": "sequential", "max_grad_norm": 0.2, "use_cpu": True}
    settings |= {"logging_strategy": "epoch", "save_strategy": "no", "report_to": "none", "disable_tqdm": True}
    arguments = TrainingArguments(
        str(folder), per_device_train_batch_size=batch, **settings | options.pop("arguments", {})
    )
    steps = torch.optim.SGD(model.parameters(), lr=0.1)
    constant = torch.optim.lr_scheduler.LambdaLR(steps, lambda _: 1.0)
    return trainer_class(model, arguments, train_dataset=rows, optimizers=(steps, constant), **options)


def train(*trainer: Any, **options: Any) -> Any:
    """The Trainer of `prepare` after its training."""
    prepared = prepare(*trainer, **options)
    prepared.train()
    return prepared


def weights(model: nn.Module) -> Tensor:
    """All weights of a model as one vector."""
    return nn.utils.parameters_to_vector(model.parameters()).detach()
