"""The losses in the training loops of others: each trains as a plain loop of PyTorch does, to the last bit."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from imbaloss import losses
from tests import peers

COUNTS = (44, 4)
EPOCHS = 3
every_loss = pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("msfe", {}),  # no mean over samples
        ("msfe", {"running": 0.5}),  # remembers batches
        ("wce", {}),  # has weights from the training set
        ("auc_squared_hinge", {}),  # of pairs
        ("ldam_drw", {"after": 1}),  # has a schedule
    ],
    ids=str,
)


def batches(seed: int = 0) -> DataLoader:
    """48 samples in batches of 16, always in the same order; the second batch has no positives."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.zeros(48, dtype=torch.int64)
    targets[[3, 7, 40, 41]] = 1
    return DataLoader(TensorDataset(torch.randn(48, 4, generator=generator), targets), batch_size=16)


class Network(nn.Sequential):
    """Two logits a sample; weights always the same. Called as skorch, Lightning and Trainer call a model."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            nn.init.normal_(parameter, generator=generator)


def optimizer(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)


def plain(criterion: nn.Module, parts: int = 1) -> Network:
    """Trained by a plain loop; a step has the mean loss of so many batches."""
    network = Network()
    steps = optimizer(network)
    for epoch in range(EPOCHS):
        if hasattr(criterion, "set_epoch"):
            criterion.set_epoch(epoch)
        for number, (inputs, targets) in enumerate(batches(), start=1):
            (criterion(network(inputs), targets) / parts).backward()
            if number % parts == 0 or number == len(batches()):
                steps.step()
                steps.zero_grad()
    return network


def assert_same_weights(found: nn.Module, expected: nn.Module) -> None:
    for one, other in zip(found.parameters(), expected.parameters(), strict=True):
        assert one.equal(other)


def test_cross_entropy_trains_as_that_of_torch():
    for one, other in zip(plain(losses.get("ce")).parameters(), plain(nn.CrossEntropyLoss()).parameters(), strict=True):
        torch.testing.assert_close(one, other)
    for one, other in zip(Network().parameters(), plain(losses.get("ce")).parameters(), strict=True):
        assert not one.equal(other)


@every_loss
@peers.quiet
def test_lightning_trains_as_a_plain_loop(name, parameters):
    lightning = peers.needed("lightning")

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = Network()
            self.criterion = losses.get(name, counts=COUNTS, **parameters)

        def on_train_epoch_start(self):
            self.criterion.set_epoch(self.current_epoch)

        def training_step(self, batch):
            inputs, targets = batch
            return self.criterion(self.network(inputs), targets)

        def validation_step(self, batch):
            self.training_step(batch)

        def configure_optimizers(self):
            return optimizer(self.network)

    quiet = dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"], False)
    classifier = Classifier()
    trainer = lightning.Trainer(accelerator="cpu", max_epochs=EPOCHS, num_sanity_val_steps=0, **quiet)
    trainer.fit(classifier, batches(), batches(seed=1))
    assert_same_weights(classifier.network, plain(losses.get(name, counts=COUNTS, **parameters)))


@every_loss
def test_skorch_trains_as_a_plain_loop(name, parameters):
    peers.needed("skorch")
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Callback
    from skorch.helper import predefined_split

    class TellEpoch(Callback):
        def on_epoch_begin(self, net, **_):
            net.criterion_.set_epoch(len(net.history) - 1)

    net = NeuralNetClassifier(
        Network,
        criterion=losses.get,
        criterion__name=name,
        criterion__counts=COUNTS,
        **{f"criterion__{key}": value for key, value in parameters.items()},
        predict_nonlinearity=nn.Softmax(dim=-1),
        optimizer__momentum=0.9,
        lr=0.1,
        max_epochs=EPOCHS,
        batch_size=16,
        train_split=predefined_split(batches(seed=1).dataset),
        callbacks=[TellEpoch()],
        verbose=0,
    )
    inputs, targets = batches().dataset.tensors
    net.fit(inputs, targets)
    expected = plain(losses.get(name, counts=COUNTS, **parameters))
    assert_same_weights(net.module_, expected)
    torch.testing.assert_close(torch.from_numpy(net.predict_proba(inputs)), expected(inputs).softmax(-1).detach())


def trained_by_trainer(criterion: nn.Module, folder: str, **arguments: object) -> Network:
    from transformers import Trainer, TrainerCallback, TrainingArguments

    class OwnTrainer(Trainer):
        loss_is_scaled_for_ga = False

        def compute_loss(self, model, inputs, return_outputs=False, **_):
            criterion.train(model.training)
            outputs = model(**inputs)
            loss = criterion(outputs["logits"], inputs["labels"])
            return (loss, outputs) if return_outputs else loss

    class TellEpoch(TrainerCallback):
        def on_epoch_begin(self, args, state, control, **_):  # noqa: ARG002
            criterion.set_epoch(int(state.epoch))

    class Model(Network):
        def forward(self, inputs: Tensor, labels: Tensor, **_: object) -> dict[str, Tensor]:  # noqa: ARG002
            return {"logits": super().forward(inputs)}

    model = Model()
    samples = [[{"inputs": one, "labels": label} for one, label in batches(seed).dataset] for seed in (0, 1)]
    settings = TrainingArguments(
        folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=16,
        train_sampling_strategy="sequential",
        max_grad_norm=0,  # no clipping
        eval_strategy="epoch",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        **arguments,
    )
    steps = optimizer(model)
    constant = torch.optim.lr_scheduler.LambdaLR(steps, lambda _: 1.0)
    OwnTrainer(
        model, settings, train_dataset=samples[0], eval_dataset=samples[1], optimizers=(steps, constant),
        callbacks=[TellEpoch()],
    ).train()  # fmt: skip
    return model


@every_loss
@peers.quiet
def test_a_hugging_face_trainer_trains_as_a_plain_loop(name, parameters, tmp_path):
    peers.needed("transformers")
    peers.needed("accelerate")
    trained = trained_by_trainer(losses.get(name, counts=COUNTS, **parameters), str(tmp_path))
    assert_same_weights(trained, plain(losses.get(name, counts=COUNTS, **parameters)))


@peers.quiet
def test_a_hugging_face_trainer_divides_by_its_accumulation_steps(tmp_path):
    peers.needed("transformers")
    peers.needed("accelerate")
    trained = trained_by_trainer(losses.get("wce", counts=COUNTS), str(tmp_path), gradient_accumulation_steps=3)
    assert_same_weights(trained, plain(losses.get("wce", counts=COUNTS), parts=3))
