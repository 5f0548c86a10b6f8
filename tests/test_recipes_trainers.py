"""The recipes of docs/recipes-trainers.md: what they print, and that they are exact."""

import re
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from imbaloss import losses
from imbaloss.monitor import compute_metrics, find_validation_scores, score_logits
from tests import peers, printed
from tests.recipes import INPUTS, LABELS, PAGE, Model, prepare, read_recipe, train, weights

PARTS = {"gradient_accumulation_steps": 4}


def logged(trainer) -> list[float]:
    return [line["loss"] for line in trainer.state.log_history if "loss" in line]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
@peers.quiet
def test_the_parts_of_a_step_under_the_trainer_are_the_whole_batch(dtype, tolerance, tmp_path):
    """Of the last step too, which has three parts; gradients are clipped; the logged losses are the same."""
    whole_batch = read_recipe("WholeBatchTrainer")
    expected = train(whole_batch, Model().to(dtype), tmp_path, 32)
    found = train(whole_batch, Model().to(dtype), tmp_path, 8, arguments=PARTS)
    assert len(found.model.seen) == 33
    torch.testing.assert_close(weights(found.model), weights(expected.model), rtol=0, atol=tolerance)
    assert logged(found) == pytest.approx(logged(expected), rel=1e-6)  # summed in float32

    class PlainTrainer(peers.needed("transformers").Trainer):
        loss_is_scaled_for_ga = False

        def compute_loss(self, model, inputs, **_):
            return whole_batch.criterion(model(**inputs).logits, inputs["labels"])

    plain = train(PlainTrainer, Model().to(dtype), tmp_path, 8, arguments=PARTS)
    assert (weights(plain.model) - weights(expected.model)).abs().max() > 1e-3


@peers.quiet
def test_the_second_pass_has_the_dropout_of_the_first(tmp_path):
    whole_batch = read_recipe("WholeBatchTrainer")

    class Seed(peers.needed("transformers").TrainerCallback):
        def on_step_begin(self, args, state, control, **_):  # noqa: ARG002
            torch.manual_seed(state.global_step)

    found = train(whole_batch, Model(0.5), tmp_path, 8, arguments=PARTS, callbacks=[Seed()])
    model = Model(0.5)
    steps = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(9):
        torch.manual_seed(step)
        samples = torch.arange(88).split(32)[step % 3]
        logits = torch.cat([model.network(INPUTS[part]) for part in samples.split(8)])
        steps.zero_grad()
        whole_batch.criterion(logits, LABELS[samples]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.2)
        steps.step()
    torch.testing.assert_close(weights(found.model), weights(model), rtol=0, atol=1e-12)


@peers.quiet
def test_a_mean_over_samples_is_exact_by_the_number_of_items(tmp_path):
    """With parts of 9 samples, whose last one has 7."""
    compute_loss = read_recipe("compute_mean_loss", criterion=losses.get("wce", counts=(81, 7)))
    trainer_class = peers.needed("transformers").Trainer
    expected = train(trainer_class, Model(), tmp_path, 36, compute_loss_func=compute_loss)
    found = train(trainer_class, Model(), tmp_path, 9, compute_loss_func=compute_loss, arguments=PARTS)
    torch.testing.assert_close(weights(found.model), weights(expected.model), rtol=0, atol=1e-12)
    assert logged(found) == pytest.approx(logged(expected), rel=1e-6)


@peers.quiet
def test_the_stratified_trainer_continues_in_the_middle_of_an_epoch(tmp_path):
    """Each batch has a positive, and the epochs differ."""
    stratified = read_recipe("StratifiedTrainer")
    criterion = losses.get("msfe")
    options = {"compute_loss_func": lambda outputs, labels, **_: criterion(outputs.logits, labels)}
    saving = {"save_strategy": "steps", "save_steps": 8}  # of 11 steps an epoch
    whole = train(stratified, Model(), tmp_path, 8, arguments=saving, **options)
    assert all(LABELS[batch].any() for batch in whole.model.seen)
    assert whole.model.seen[:11] != whole.model.seen[11:22]
    rest = prepare(stratified, Model(), tmp_path / "rest", 8, arguments=saving, **options)
    rest.train(resume_from_checkpoint=str(tmp_path / "checkpoint-16"))
    assert rest.model.seen == whole.model.seen[16:]
    assert weights(rest.model).equal(weights(whole.model))


@peers.quiet
def test_the_scores_of_the_model_that_the_trainer_keeps_are_found(tmp_path):
    """Not those of the last step where the best model is loaded, nor those of other data."""
    transformers = peers.needed("transformers")

    class Stop(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **_):  # noqa: ARG002
            control.should_training_stop = state.global_step == 20

    trainer_class, criterion = transformers.Trainer, losses.get("ce")
    options = {
        "compute_loss_func": lambda outputs, labels, **_: criterion(outputs.logits, labels),
        "compute_metrics": partial(compute_metrics, criterion=criterion),
    }
    rows = prepare(trainer_class, Model(), tmp_path, 8).train_dataset
    best = {"metric_for_best_model": "average_precision", "greater_is_better": True, "load_best_model_at_end": True}
    for choice in ({}, best):
        each_epoch = {"eval_strategy": "epoch", "save_strategy": "epoch", **choice}
        trainer = train(trainer_class, Model(), tmp_path, 8, arguments=each_epoch, eval_dataset=rows[:60], **options)
        trainer.evaluate(rows[60:], metric_key_prefix="test")
        expected = score_logits(trainer.model.network(INPUTS[:60]), LABELS[:60], criterion=criterion)
        assert find_validation_scores(trainer) == pytest.approx(expected, rel=1e-6)
        tested = score_logits(trainer.model.network(INPUTS[60:]), LABELS[60:])
        assert trainer.state.log_history[-1]["test_threshold"] == pytest.approx(tested["threshold"], rel=1e-6)
    assert trainer.state.best_global_step < trainer.state.global_step
    with pytest.raises(ValueError, match=r"no scores of the model of step .* with the prefix 'other_', found no eval"):
        find_validation_scores(trainer, prefix="other_")
    rarely = {"eval_strategy": "steps", "eval_steps": 9}
    stopped = train(
        trainer_class, Model(), tmp_path, 8, arguments=rarely, eval_dataset=rows, callbacks=[Stop()], **options
    )
    with pytest.raises(ValueError, match=r"model of step 20 .*, found evaluations at 9, 18: call trainer.evaluate\(\)"):
        find_validation_scores(stopped)
    stopped.evaluate()
    expected = score_logits(stopped.model.network(INPUTS), LABELS, criterion=criterion)
    assert find_validation_scores(stopped) == pytest.approx(expected, rel=1e-6)


def test_soft_targets_of_timm_and_torchvision_are_shares_of_the_classes():
    """A loss of them is that of each image as a positive and as a negative, by its shares."""
    peers.needed("timm")
    from timm.data import Mixup
    from torchvision.transforms import v2

    np.random.seed(0)
    torch.manual_seed(0)
    images, labels = torch.randn(8, 3, 16, 16), (torch.arange(8) == 5).long()
    whole = Mixup(mixup_alpha=0.2, cutmix_alpha=1.0, num_classes=2, label_smoothing=0)
    for mix in (whole, v2.MixUp(num_classes=2), v2.CutMix(num_classes=2)):
        mixed, targets = mix(images.clone(), labels)
        logits = mixed.flatten(1)[:, :2].double()
        errors = (logits.softmax(1)[:, 1:] - torch.tensor([0.0, 1.0])) ** 2 / 2 * 2  # of two probabilities
        assert 0 < targets[:, 1].max() < 1
        means = (errors * targets).sum(0) / targets.sum(0)
        torch.testing.assert_close(losses.get("mfe", soft=True)(logits, targets), means.sum())


@pytest.mark.slow
@peers.quiet
def test_the_page_shows_what_its_programs_print(tmp_path, monkeypatch):
    """Scores after a training may differ by 0.1 on another processor."""
    for name in ("accelerate", "timm", "transformers"):
        peers.needed(name)
    monkeypatch.chdir(tmp_path)
    shown = printed.run_page(PAGE.read_text())
    assert len(shown) == 5
    number = re.compile(r"\b\d\.\d\d\b")
    for block in shown:
        lines = {number.sub("#", line): number.findall(line) for line in block.printed.splitlines()}
        for line in "".join(block.segments()).splitlines():
            found = [float(value) for value in lines[number.sub("#", line)]]
            assert found == pytest.approx([float(value) for value in number.findall(line)], abs=0.1), line
