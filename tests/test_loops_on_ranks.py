"""Samplers and monitor in the training loops of others, on two real ranks of gloo: both together are one process."""

import os
import socket
import tempfile
import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from imbaloss import losses
from imbaloss.monitor import compute_metrics, score_logits
from imbaloss.samplers import ClassBalancedSampler, StratifiedBatchSampler, WeightedDistributedSampler
from tests import peers, recipes

pytestmark = pytest.mark.slow
LABELS = (torch.arange(48) % 8 == 0).long()
SCORES = torch.randn(48, generator=torch.Generator().manual_seed(0)) + LABELS
DATA = TensorDataset(torch.arange(48))
ONE = {"rank": 0, "num_replicas": 1}  # as one process, where another library divides what it gets


def numbers(loader) -> list[list[int]]:
    return [batch.tolist() for [batch] in loader]


def epochs(loader, set_epoch) -> list[list[list[int]]]:
    found = []
    for epoch in (0, 1):
        set_epoch(epoch)
        found.append(numbers(loader))
    return found


def by_torch() -> dict[str, list]:
    """Each sampler finds rank and number of ranks by itself."""
    batches = StratifiedBatchSampler(LABELS, 8)
    found = {"batches": epochs(DataLoader(DATA, batch_sampler=batches), batches.set_epoch)}
    for name, sampler in {
        "classes": ClassBalancedSampler(LABELS),
        "weights": WeightedDistributedSampler(1.0 + LABELS, 47),
    }.items():
        found[name] = epochs(DataLoader(DATA, sampler=sampler, batch_size=4), sampler.set_epoch)
    return found


def by_torchdata() -> dict[str, list]:
    """The first epoch is left after its second batch, with workers that are ahead."""
    from torchdata.stateful_dataloader import StatefulDataLoader

    def loader():
        sampler = ClassBalancedSampler(LABELS)
        return StatefulDataLoader(DATA, sampler=sampler, batch_size=4, num_workers=1, multiprocessing_context="fork")

    first = loader()
    iterator = iter(first)
    taken = [next(iterator)[0].tolist() for _ in range(2)]
    resumed = loader()
    resumed.load_state_dict(first.state_dict())
    return {"classes": [taken + numbers(resumed), numbers(resumed)]}


def by_accelerate() -> dict[str, list]:
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    found = {}
    for name, options in {"sharded": {}, "dispatched": {"dispatch_batches": True}}.items():
        accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(**options))
        batches = StratifiedBatchSampler(LABELS, 8, **ONE)
        loader = accelerator.prepare(DataLoader(DATA, batch_sampler=batches))
        found[name] = [numbers(loader) for _ in range(2)]  # it sets the epoch by itself
    classes = DataLoader(DATA, sampler=ClassBalancedSampler(LABELS, **ONE), batch_size=4)
    loader = accelerator.prepare_data_loader(classes)
    found["classes"] = [numbers(loader) for _ in range(2)]
    return found


def by_trainer(folder: str) -> dict[str, list]:
    """The Trainer of docs/sampling.md; it divides by Accelerate and sets the epoch by itself."""
    from transformers import Trainer, TrainingArguments

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))
            self.seen = []

        def forward(self, number, labels):  # noqa: ARG002  # a Trainer wants labels
            self.seen.append(number.tolist())
            return {"loss": self.weight * number.sum()}

    class BalancedTrainer(Trainer):
        def _get_train_sampler(self, train_dataset=None):  # noqa: ARG002
            labels = [row["labels"] for row in self.train_dataset]
            return ClassBalancedSampler(labels, seed=self.args.seed, rank=0, num_replicas=1)

    rows = [{"number": number, "labels": int(LABELS[number])} for number in range(48)]
    options = {"per_device_train_batch_size": 4, "num_train_epochs": 2, "save_strategy": "no", "seed": 0}
    arguments = TrainingArguments(folder, use_cpu=True, report_to="none", disable_tqdm=True, **options)
    model = Model()
    BalancedTrainer(model, arguments, train_dataset=rows).train()
    return {"classes": [model.seen[:6], model.seen[6:]]}


def by_recipes(folder: str, ranks: int) -> dict[str, torch.Tensor]:
    """The weights after two steps of 32 samples, by the Trainers of docs/recipes-trainers.md."""
    from transformers import Trainer

    sync = ranks > 1
    whole_batch, criterion = recipes.read_recipe("WholeBatchTrainer"), losses.get("msfe", sync=sync)
    whole_batch.criterion = criterion
    mean = recipes.read_recipe("compute_mean_loss", criterion=losses.get("wce", counts=(81, 7)))

    def compute_loss(outputs, labels, num_items_in_batch):  # noqa: ARG001
        return criterion(outputs.logits, labels)

    found = {}
    for name, trainer_class, parts, options in (
        ("totals in parts", whole_batch, 2, {}),
        ("mean in parts", Trainer, 2, {"compute_loss_func": mean}),
        ("totals", Trainer, 1, {"compute_loss_func": compute_loss}),
    ):
        parts = parts if sync else 1  # noqa: PLW2901  # one process has whole batches
        arguments = {"max_steps": 2, "gradient_accumulation_steps": parts, "max_grad_norm": 0}
        arguments |= {"average_tokens_across_devices": name != "totals"}
        model = recipes.Model()
        recipes.train(trainer_class, model, folder, 32 // parts // ranks, arguments=arguments, **options)
        found[name] = recipes.weights(model)
    return found


def stratified_by_recipe(folder: str) -> list[list[int]]:
    model = recipes.Model()
    criterion = losses.get("ce")
    options = {"compute_loss_func": lambda outputs, labels, **_: criterion(outputs.logits, labels)}
    recipes.train(recipes.read_recipe("StratifiedTrainer"), model, folder, 8, **options)
    return model.seen


class Streamed(IterableDataset):
    """Rows without a length."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)


def evaluated_by_trainer(folder: str, *, streamed: bool) -> dict[str, float]:
    """The scores of 47 rows on two ranks, whose last batch is filled with rows that were there before."""
    from transformers import Trainer

    criterion = losses.get("msfe")
    options = {
        "compute_loss_func": lambda outputs, labels, **_: criterion(outputs.logits, labels),
        "compute_metrics": partial(compute_metrics, criterion=criterion),
        "arguments": {"per_device_eval_batch_size": 5},
    }
    trainer = recipes.prepare(Trainer, recipes.Model(), folder, 8, **options)
    rows = trainer.train_dataset[:47]
    return trainer.evaluate(Streamed(rows) if streamed else rows)


def of_lightning(folder: str) -> dict:
    quiet = dict.fromkeys(["logger", "enable_progress_bar", "enable_model_summary"], False)
    return {"accelerator": "cpu", "strategy": "ddp", "devices": 2, "max_epochs": 2, "default_root_dir": folder, **quiet}


def model_of_lightning(loader):
    """A model that notes the batches of two epochs."""
    import lightning

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))
            self.seen = [[], []]

        def train_dataloader(self):
            return loader

        def training_step(self, batch):
            self.seen[self.current_epoch].append(batch[0].tolist())
            return self.weight * batch[0].sum()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.0)

    return Model()


def by_lightning(folder: str) -> dict[str, list]:
    import lightning

    options = {**of_lightning(folder), "enable_checkpointing": False}
    classes = DataLoader(DATA, sampler=ClassBalancedSampler(LABELS), batch_size=4)
    batches = DataLoader(DATA, batch_sampler=StratifiedBatchSampler(LABELS, 8))
    found = {}
    for name, loader, undivided in (("classes", classes, {}), ("batches", batches, {"use_distributed_sampler": False})):
        model = model_of_lightning(loader)
        lightning.Trainer(**options, **undivided).fit(model)
        found[name] = model.seen
    with pytest.raises(ValueError, match="use_distributed_sampler=False"):
        lightning.Trainer(**options).fit(model_of_lightning(batches))
    return found


def continued_by_lightning(folder: str) -> dict[str, list]:
    """Two epochs of three steps, and what is seen after the checkpoint of the fourth step, which rank 0 writes."""
    import lightning
    from lightning.pytorch.callbacks import ModelCheckpoint
    from torchdata.stateful_dataloader import StatefulDataLoader

    found = {}
    for name, start in {"whole": None, "rest": f"{folder}/4.ckpt"}.items():
        model = model_of_lightning(StatefulDataLoader(DATA, batch_sampler=StratifiedBatchSampler(LABELS, 8)))
        save = ModelCheckpoint(folder, filename="{step}", auto_insert_metric_name=False, every_n_train_steps=4)
        trainer = lightning.Trainer(**of_lightning(folder), use_distributed_sampler=False, callbacks=[save])
        trainer.fit(model, ckpt_path=start)
        found[name] = model.seen
    return found


class OnRankZero(IterableDataset):
    """Samples that rank 0 alone gets."""

    def __iter__(self):
        return iter(TensorDataset(torch.arange(47)) if distributed.get_rank() == 0 else [])


def monitored_by_lightning(folder: str, data) -> dict[str, float]:
    """The scores of a validation on two ranks."""
    import lightning

    from imbaloss.monitor.lightning import ValidationMonitor

    class Model(lightning.LightningModule):
        def validation_step(self, batch):
            return {"logits": SCORES[batch[0]], "targets": LABELS[batch[0]]}

    loader = DataLoader(data, batch_size=5)
    trainer = lightning.Trainer(**of_lightning(folder), callbacks=[ValidationMonitor(criterion=losses.get("msfe"))])
    [values] = trainer.validate(Model(), loader, verbose=False)
    return values


def class_errors(parts) -> torch.Tensor:
    """Of all ranks, in unequal batches."""
    errors = losses.ClassErrors(losses.get("msfe"))
    for samples in parts:
        errors.update(SCORES[samples], LABELS[samples])
    return errors.compute(sync=True)


def class_errors_without_batches() -> str:
    with pytest.raises(ValueError, match="no batch has been added") as error:
        class_errors([])
    return str(error.value)


def rank(number: int, folder: str, port: int) -> None:
    warnings.simplefilter("ignore")
    place = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()}  # as torchrun does
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "TORCHELASTIC_RUN_ID": "test", "OMP_NUM_THREADS": "1"}
    torch.set_num_threads(1)
    peers.name_operators_of_torchvision()
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=number, world_size=2)
    found = {"torch": by_torch(), "torchdata": by_torchdata(), "accelerate": by_accelerate()}
    found["trainer"] = by_trainer(folder)
    found["recipes"] = by_recipes(folder, ranks=2) | {"stratified": stratified_by_recipe(folder)}
    found["evaluation"] = {streamed: evaluated_by_trainer(folder, streamed=streamed) for streamed in (False, True)}
    found["lightning"] = by_lightning(folder)
    found["continued"] = continued_by_lightning(folder)
    found["validation"] = {
        "divided": monitored_by_lightning(folder, TensorDataset(torch.arange(47))),  # two ranks have 24 each
        "on rank 0": monitored_by_lightning(folder, OnRankZero()),
    }
    parts = torch.arange(48).split([5, 30, 9, 4])
    found["class errors"] = {
        "divided": class_errors(parts[number::2]),
        "on rank 0": class_errors(parts if number == 0 else []),
        "nowhere": class_errors_without_batches(),
    }
    torch.save(found, f"{folder}/{number}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def of_ranks():
    """What each rank saw: library -> sampler -> epoch -> batch -> numbers of samples."""
    for name in ("accelerate", "lightning", "torchdata", "transformers"):
        peers.needed(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(rank, (folder, port), nprocs=2)
        yield [torch.load(Path(folder) / f"{number}.pt") for number in range(2)]


def draws(sampler) -> list[list]:
    return [list(sampler) for _ in range(2)]


@pytest.mark.parametrize(
    ("library", "name"),
    [("torch", "batches"), ("accelerate", "sharded"), ("accelerate", "dispatched"), ("lightning", "batches")],
)
def test_two_ranks_have_the_batches_of_one_process(of_ranks, library, name):
    first, second = (found[library][name] for found in of_ranks)
    expected = draws(StratifiedBatchSampler(LABELS, 8, **ONE))
    assert [
        [batch for step in zip(*both, strict=True) for batch in step] for both in zip(first, second, strict=True)
    ] == expected
    assert all(LABELS[batch].sum() == 1 for epoch in first + second for batch in epoch)


@pytest.mark.parametrize(
    ("library", "name"),
    [("torch", "classes"), ("torch", "weights"), ("torchdata", "classes"), ("lightning", "classes")],
)
def test_two_ranks_have_the_samples_of_one_process(of_ranks, library, name):
    first, second = (
        [[number for batch in epoch for number in batch] for epoch in found[library][name]] for found in of_ranks
    )
    make = ClassBalancedSampler if name == "classes" else lambda _: WeightedDistributedSampler(1.0 + LABELS, 47)
    for epoch, expected in enumerate(draws(make(LABELS))):
        both = [number for step in zip(first[epoch], second[epoch], strict=True) for number in step]
        assert both == (expected + expected)[:48]


@pytest.mark.parametrize("library", ["accelerate", "trainer"])
def test_accelerate_divides_batches_of_single_samples(of_ranks, library):
    """Batch after batch, not sample after sample."""
    first, second = (found[library]["classes"] for found in of_ranks)
    for epoch, expected in enumerate(draws(ClassBalancedSampler(LABELS, **ONE))):
        both = [batch for step in zip(first[epoch], second[epoch], strict=True) for batch in step]
        assert [number for batch in both for number in batch] == expected


@pytest.mark.parametrize("name", ["totals in parts", "mean in parts", "totals"])
@peers.quiet
def test_a_recipe_on_two_ranks_is_that_of_one_process(of_ranks, name, tmp_path):
    expected = by_recipes(str(tmp_path), ranks=1)[name]
    for found in of_ranks:
        torch.testing.assert_close(found["recipes"][name], expected, rtol=0, atol=1e-12)


@peers.quiet
def test_the_stratified_recipe_has_the_batches_of_one_process(of_ranks, tmp_path):
    first, second = (found["recipes"]["stratified"] for found in of_ranks)
    both = [batch for step in zip(first, second, strict=True) for batch in step]
    expected = stratified_by_recipe(str(tmp_path))
    for epoch in range(3):  # the twelfth batch of two ranks is the first one once more
        assert both[12 * epoch : 12 * epoch + 11] == expected[11 * epoch : 11 * (epoch + 1)]


@pytest.mark.parametrize("streamed", [False, True])
def test_the_trainer_scores_each_sample_once_on_two_ranks(of_ranks, streamed):
    inputs, labels = recipes.INPUTS[:47], recipes.LABELS[:47]
    expected = score_logits(recipes.Model().network(inputs), labels, criterion=losses.get("msfe"))
    for found in of_ranks:
        values = found["evaluation"][streamed]
        assert {name: values[f"eval_{name}"] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_lightning_continues_in_the_middle_of_an_epoch_on_both_ranks(of_ranks):
    for found in of_ranks:
        whole, rest = found["continued"]["whole"], found["continued"]["rest"]
        assert [len(epoch) for epoch in whole] == [3, 3]
        assert rest == [[], whole[1][1:]]


@pytest.mark.parametrize("samples", ["divided", "on rank 0"])
def test_a_validation_on_two_ranks_scores_each_sample_once(of_ranks, samples):
    """Also if a rank has none, which must not keep the other waiting."""
    expected = {f"val_{name}": score for name, score in score_logits(SCORES[:47], LABELS[:47]).items()}
    errors = losses.class_means(losses.get("msfe").totals(SCORES[:47], LABELS[:47]))[0].tolist()
    expected |= {"val_error_0": errors[0], "val_error_1": errors[1]}
    for found in of_ranks:
        assert found["validation"][samples] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("samples", ["divided", "on rank 0"])
def test_class_errors_of_two_ranks_are_those_of_one_process(of_ranks, samples):
    """Also if a rank has no batch, which must not keep the other waiting."""
    expected = losses.class_means(losses.get("msfe").totals(SCORES, LABELS))[0]
    for found in of_ranks:
        torch.testing.assert_close(found["class errors"][samples], expected.double(), rtol=1e-6, atol=0)
