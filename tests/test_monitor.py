"""What is logged of a validation: the scores themselves, and real runs of Lightning and of the Trainer."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch.utils.data import DataLoader, TensorDataset

from imbaloss import losses
from imbaloss.monitor import compute_metrics, score_logits
from tests import peers

GENERATOR = torch.Generator().manual_seed(0)
LABELS = (torch.rand(80, generator=GENERATOR) < 0.2).long()
LOGITS = torch.randn(80, generator=GENERATOR) + 2 * LABELS - 2
CLASSES = torch.randint(3, (80,), generator=GENERATOR)
SEVERAL = torch.randn(80, 3, generator=GENERATOR) + torch.nn.functional.one_hot(CLASSES)


def expected(log_odds: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    """By scikit-learn, and the best F1 by trying each probability as the threshold."""
    probabilities = log_odds.double().sigmoid().numpy()
    tried = [metrics.f1_score(truth, probabilities >= threshold) for threshold in probabilities]
    return {
        "average_precision": metrics.average_precision_score(truth, probabilities),
        "f1": metrics.f1_score(truth, probabilities >= 0.5),
        "tuned_f1": max(tried),
    }


def assert_scores(found: dict[str, float], log_odds: torch.Tensor, truth: torch.Tensor) -> None:
    threshold = found["threshold"]
    assert metrics.f1_score(truth, log_odds.double().sigmoid() >= threshold) == pytest.approx(found["tuned_f1"])
    assert {name: score for name, score in found.items() if name != "threshold"} == pytest.approx(
        expected(log_odds, truth), rel=1e-12
    )


def test_the_scores_are_those_of_scikit_learn():
    assert_scores(score_logits(LOGITS, LABELS), LOGITS, LABELS)
    assert_scores(score_logits(LOGITS, LABELS, positive=0), -LOGITS, 1 - LABELS)


@pytest.mark.parametrize("positive", [0, 1, 2])
def test_a_class_is_scored_against_the_rest(positive):
    probabilities = SEVERAL.double().softmax(1)[:, positive]
    assert_scores(score_logits(SEVERAL, CLASSES, positive=positive), probabilities.logit(), positive == CLASSES)


def test_two_logits_are_their_difference():
    both = torch.stack([torch.zeros(80), LOGITS], dim=1)
    assert score_logits(both, LABELS) == pytest.approx(score_logits(LOGITS, LABELS))


def test_images_and_ignored_labels_are_flattened():
    masks = CLASSES.reshape(2, 8, 5).clone()
    images = SEVERAL.reshape(2, 8, 5, 3).movedim(-1, 1)
    masks[:, :2] = 255
    kept = masks.flatten() != 255
    assert score_logits(images, masks, ignore_index=255) == score_logits(SEVERAL[kept], CLASSES[kept])
    narrow, criterion = masks.to(torch.uint16), losses.get("ce")
    assert score_logits(images, narrow, ignore_index=255, criterion=criterion) == pytest.approx(
        score_logits(SEVERAL[kept], CLASSES[kept], criterion=criterion)
    )


def test_logits_beyond_the_probability_of_1_are_ranked():
    logits = torch.tensor([50.0, 60.0, 70.0, -3.0])
    assert score_logits(logits, torch.tensor([0, 1, 1, 0]))["average_precision"] == 1


def test_the_best_f1_is_found_where_probabilities_are_1():
    found = score_logits(torch.tensor([38.0, 39.0, 40.0, 41.0]), torch.tensor([0, 0, 1, 1]))
    assert found == {"average_precision": 1, "f1": pytest.approx(2 / 3), "tuned_f1": 1, "threshold": 1}


def test_infinite_logits_rank_above_or_below_all_others():
    infinite, labels = LOGITS.clone(), LABELS.clone()
    infinite[:4] = torch.tensor([torch.inf, -torch.inf, torch.inf, -torch.inf])
    labels[:4] = torch.tensor([1, 0, 0, 1])
    finite = infinite.clamp(-30, 30)
    assert score_logits(infinite, labels) == pytest.approx(score_logits(finite, labels))
    several = torch.stack([torch.zeros(80), infinite, torch.full((80,), -torch.inf)], dim=1)  # one class is masked
    assert score_logits(several, labels) == pytest.approx(score_logits(finite, labels))
    assert score_logits(torch.tensor([-torch.inf, torch.inf]), torch.tensor([0, 1]))["tuned_f1"] == 1


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (LOGITS, torch.zeros(80)),
        (LOGITS, torch.ones(80)),
        (torch.full((80,), torch.nan), LABELS),
        (LOGITS[:0], LABELS[:0]),
    ],
)
def test_undefined_scores_are_nan(logits, labels):
    found = score_logits(logits, labels)
    assert list(found) == ["average_precision", "f1", "tuned_f1", "threshold"]
    assert np.isnan(list(found.values())).all()


@pytest.mark.parametrize(
    ("logits", "labels", "sentence"),
    [
        (LOGITS, LABELS[:9], "found (80,) and (9,)"),
        (LOGITS[:, None], LABELS, "give logits.squeeze(-1)"),
        (LOGITS.long(), LABELS, "logits must be floating point"),
        (LOGITS, CLASSES, "targets must be 0 or 1, found 2"),
        (LOGITS, LABELS + 0.3, "only a loss with soft=True takes soft labels"),
        (SEVERAL, -CLASSES, "targets must be 0 to 2, found -"),
    ],
)
def test_what_a_loss_refuses_is_refused_with_the_same_line(logits, labels, sentence):
    found = []
    for function in (score_logits, losses.get("mse")):
        with pytest.raises(ValueError, match=r"^[^\n]*$") as refusal:
            function(logits, labels)
        found.append(str(refusal.value))
    assert found[0] == found[1]
    assert sentence in found[0]


def test_a_positive_class_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="positive must be a class, 0 to 2, found 3"):
        score_logits(SEVERAL, CLASSES, positive=3)
    with pytest.raises(ValueError, match=r"ignore_index must be whole, found 0\.5"):
        score_logits(SEVERAL, CLASSES, ignore_index=0.5)


def test_the_trainer_gives_arrays_and_the_first_of_several_outputs():
    prediction = SimpleNamespace(predictions=(SEVERAL.numpy(), np.zeros(5)), label_ids=CLASSES.numpy())
    assert compute_metrics(prediction, positive=2) == score_logits(SEVERAL, CLASSES, positive=2)


@pytest.mark.parametrize(
    ("criterion", "logits", "labels"),
    [(losses.get("msfe"), LOGITS, LABELS), (losses.get("mfe", ignore_index=0), SEVERAL, CLASSES)],
)
def test_the_errors_of_the_classes_are_those_of_the_kept_samples(criterion, logits, labels):
    """What the scores ignore and what the criterion ignores are both left out."""
    marked = labels.clone()
    marked[:9] = -100
    prediction = SimpleNamespace(predictions=logits.numpy(), label_ids=marked.numpy())
    found = compute_metrics(prediction, ignore_index=-100, criterion=criterion)
    kept = losses.ClassErrors(criterion)
    kept.update(logits[9:], labels[9:])
    errors = {name: error for name, error in found.items() if name.startswith("error_")}
    assert list(errors) == [f"error_{label}" for label in range(2 if logits is LOGITS else 3)]
    assert list(errors.values()) == pytest.approx(kept.compute().tolist(), rel=1e-6, nan_ok=True)
    scores = score_logits(logits[9:], labels[9:])
    assert {name: found[name] for name in scores} == scores


def test_the_errors_of_labels_are_named_by_label_and_class():
    criterion = losses.get("msfe", per_label=True)
    logits, labels = SEVERAL, torch.nn.functional.one_hot(CLASSES)
    found = score_logits(logits, labels, criterion=criterion)
    for label in range(3):
        alone = score_logits(logits[:, label], labels[:, label], criterion=losses.get("msfe"))
        assert [found[f"error_{label}_{side}"] for side in (0, 1)] == pytest.approx(list(alone.values())[4:])
    assert len(found) == 4 + 6


@pytest.mark.slow
@peers.quiet
def test_the_trainer_logs_the_scores_of_each_evaluation(tmp_path):
    transformers = peers.needed("transformers")
    torch.manual_seed(0)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 2)

        def forward(self, inputs, labels):
            logits = self.layer(inputs)
            return {"loss": losses.get("msfe")(logits, labels), "logits": logits}

    rows = [{"inputs": logit[None], "labels": label} for logit, label in zip(LOGITS, LABELS, strict=True)]
    options = {"per_device_eval_batch_size": 32, "eval_strategy": "epoch", "num_train_epochs": 2, "use_cpu": True}
    arguments = transformers.TrainingArguments(
        str(tmp_path), save_strategy="no", report_to="none", disable_tqdm=True, **options
    )
    trainer = transformers.Trainer(
        Model(), arguments, train_dataset=rows[:40], eval_dataset=rows, compute_metrics=compute_metrics
    )
    trainer.train()
    logged = [line for line in trainer.state.log_history if "eval_average_precision" in line]
    assert len(logged) == 2
    with torch.no_grad():
        scores = score_logits(trainer.model.layer(LOGITS[:, None]), LABELS)
    assert {name: logged[-1][f"eval_{name}"] for name in scores} == pytest.approx(scores, rel=1e-6)


@pytest.mark.slow
@peers.quiet
def test_lightning_logs_the_scores_of_each_validation(tmp_path):
    """Not those of its check before the training; and ModelCheckpoint can monitor them."""
    lightning = peers.needed("lightning")
    from imbaloss.monitor.lightning import ValidationMonitor

    torch.manual_seed(0)
    seen = []

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch):
            return losses.get("msfe")(self.layer(batch[0]).squeeze(-1), batch[1])

        def validation_step(self, batch, _, dataloader_idx=0):  # noqa: ARG002  # the name decides
            return {"logits": self.layer(batch[0]).squeeze(-1), "targets": batch[1]}

        def on_train_epoch_end(self):
            with torch.no_grad():
                seen.append(self.layer(LOGITS[:, None]).squeeze(-1))
            assert score_logits(seen[-1], LABELS) == pytest.approx(
                {name: float(self.trainer.callback_metrics[f"val_{name}"]) for name in score_logits(LOGITS, LABELS)},
                rel=1e-6,
            )

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    loader = DataLoader(TensorDataset(LOGITS[:, None], LABELS), batch_size=32)
    criterion = losses.get("msfe")
    save = lightning.pytorch.callbacks.ModelCheckpoint(tmp_path, monitor="val_average_precision", mode="max")
    quiet = dict.fromkeys(["logger", "enable_progress_bar", "enable_model_summary"], False)
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", callbacks=[ValidationMonitor(criterion=criterion), save], **quiet
    )
    trainer.fit(Model(), loader, loader)
    assert len(seen) == 2
    assert save.best_model_score == trainer.callback_metrics["val_average_precision"]
    errors = losses.class_means(criterion.totals(seen[-1], LABELS))[0]
    logged = [float(trainer.callback_metrics[f"val_error_{label}"]) for label in (0, 1)]
    assert logged == pytest.approx(errors.tolist(), rel=1e-5)
    [two, _] = trainer.validate(Model(), [loader, loader], verbose=False)
    assert "val_f1/dataloader_idx_0" in two


@pytest.mark.slow
@peers.quiet
def test_lightning_is_told_what_a_validation_step_must_return(tmp_path):
    lightning = peers.needed("lightning")
    from imbaloss.monitor.lightning import ValidationMonitor

    class Model(lightning.LightningModule):
        def validation_step(self, batch):
            return batch[0].sum()

    class Trained(Model):
        def training_step(self, _):
            pytest.fail("the training has begun")

        def configure_optimizers(self):
            return torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))])

    quiet = dict.fromkeys(["logger", "enable_progress_bar", "enable_model_summary", "enable_checkpointing"], False)
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", default_root_dir=tmp_path, callbacks=[ValidationMonitor()], **quiet
    )
    loader, rule = DataLoader(TensorDataset(LOGITS), batch_size=32), r"validation_step must return .*, found Tensor"
    with pytest.raises(ValueError, match=rule):
        trainer.validate(Model(), loader)
    with pytest.raises(ValueError, match=rule):
        trainer.fit(Trained(), loader, loader)
    with pytest.raises(ValueError, match="Ranking has no class totals"):
        ValidationMonitor(criterion=losses.get("smooth_ap"))
