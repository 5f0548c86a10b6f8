"""A callback of Lightning that scores each validation once, over all batches and ranks."""

from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback
from torch import Tensor, distributed
from torch.utils.data.distributed import DistributedSampler

from imbaloss.losses import ClassErrors, Deferred, Loss
from imbaloss.monitor.scores import score_logits


class Outputs(NamedTuple):
    """What `validation_step` returned, one row for each sample."""

    logits: Tensor
    targets: Tensor


class ValidationMonitor(Callback):
    """Logs the scores of each validation: `Trainer(callbacks=[ValidationMonitor()])`.

    `validation_step` returns a dictionary with "logits" and "targets", one row for each sample. The callback keeps them
    on the CPU until the end of the validation, and joins those of all ranks. Samples that a DistributedSampler repeats
    so that all ranks have equally many are scored once.

    It logs `val_average_precision`, `val_f1`, `val_tuned_f1` and `val_threshold`, which ModelCheckpoint and
    EarlyStopping can monitor. With a criterion it also logs `val_error_0`, `val_error_1` and so on, the mean error of
    each class; a loss with `per_label` gives `val_error_LABEL_CLASS`. Lightning's check of the validation before the
    training logs nothing, but refuses wrong outputs.
    """

    def __init__(
        self,
        *,
        positive: int = 1,
        ignore_index: int | None = None,
        criterion: Loss | Deferred | None = None,
        prefix: str = "val_",
    ) -> None:
        """Set what is logged.

        Args:
            positive: The class that is scored against the rest.
            ignore_index: A target whose samples are left out; None for none.
            criterion: A loss with class totals, whose mean error of each class is logged; None for none.
            prefix: What the names begin with.

        Raises:
            ValueError: The criterion has no class totals.
        """
        super().__init__()
        if criterion is not None:
            ClassErrors(criterion)
        self.positive, self.ignore_index, self.criterion, self.prefix = positive, ignore_index, criterion, prefix
        self.outputs: dict[int, list[Outputs]] = {}

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Forget the outputs of the validation before."""
        self.outputs = {}

    def on_validation_batch_end(
        self,
        trainer: Any,  # noqa: ARG002
        pl_module: Any,  # noqa: ARG002
        outputs: Any,
        batch: Any,  # noqa: ARG002
        *place: int,  # the number of the batch, and if there are several that of the loader
    ) -> None:
        """Keep logits and targets of a batch.

        Raises:
            ValueError: `validation_step` returned something else.
        """
        if not isinstance(outputs, dict) or not {"logits", "targets"} <= outputs.keys():
            kind = sorted(outputs) if isinstance(outputs, dict) else type(outputs).__name__
            raise ValueError(
                f'validation_step must return {{"logits": ..., "targets": ...}} for this callback, found {kind}'
            )
        kept = Outputs(outputs["logits"].detach().cpu(), outputs["targets"].detach().cpu())
        self.outputs.setdefault(place[1] if len(place) > 1 else 0, []).append(kept)

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Join the outputs of all ranks, and log the scores; each rank logs the same, also one without outputs.

        Raises:
            ValueError: Shapes of logits and targets do not match, or a target is no class.
        """
        loaders = trainer.val_dataloaders
        loaders = [*loaders.values()] if isinstance(loaders, dict) else loaders
        loaders = loaders if isinstance(loaders, list | tuple) else [loaders]
        for index, loader in enumerate(loaders):
            parts = self.outputs.get(index)
            own = Outputs(*(torch.cat(rows) for rows in zip(*parts, strict=True))) if parts else None
            joined = join_ranks(own, loader, trainer.world_size)
            if joined is None:
                continue
            logits, targets = joined
            options: dict[str, Any] = {"positive": self.positive, "ignore_index": self.ignore_index}
            values = score_logits(logits, targets, criterion=self.criterion, **options)
            end = f"/dataloader_idx_{index}" if len(loaders) > 1 else ""  # as Lightning ends names
            logged = {f"{self.prefix}{name}{end}": value for name, value in values.items()}
            if not trainer.sanity_checking:
                pl_module.log_dict(logged, sync_dist=True, batch_size=1, add_dataloader_idx=False)
        self.outputs = {}


def join_ranks(own: Outputs | None, loader: Any, ranks: int) -> Outputs | None:
    """Return the outputs of all ranks, in the order of the data if a DistributedSampler divided them.

    Every rank must call it; one without outputs gives None. The result is None if no rank has outputs. Rows that the
    DistributedSampler repeats at the end, so that all ranks have equally many, are left out.
    """
    if ranks == 1:
        return own
    gathered: list[Outputs | None] = [own] * ranks
    distributed.all_gather_object(gathered, own)
    parts = [part for part in gathered if part is not None]
    if not parts:
        return None
    sampler: Any = getattr(loader, "sampler", None)
    numbers = {len(part.targets) for part in parts}
    is_divided = isinstance(sampler, DistributedSampler) and hasattr(sampler, "dataset")  # not by a sampler of ours
    is_divided = is_divided and len(parts) == ranks
    if is_divided and len(numbers) == 1 and max(numbers) <= sampler.num_samples:  # one row for each sample
        samples = len(sampler.dataset)  # rank r has samples r, r + R, ..., and at the end the first samples again
        return Outputs(*(torch.stack(rows, dim=1).flatten(0, 1)[:samples] for rows in zip(*parts, strict=True)))
    return Outputs(*(torch.cat(rows) for rows in zip(*parts, strict=True)))
