"""Values and gradients of our losses beside those of other packages, in float64; comments convert the conventions."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from imbaloss.losses import get
from tests import laws, peers
from tests.losses.batches import binary, many_classes, soft_binary

Z, D = binary(0, 101)
T = D.double()
ZC, DC = many_classes(0, 3, 101)
IMAGES, MASKS = (part.reshape(4, 5, 6, *part.shape[1:]) for part in many_classes(1, 3, 120))
IMAGES = IMAGES.movedim(-1, 1)  # (4, 3, 5, 6) logits, (4, 5, 6) targets
WEIGHTS = (0.5, 2.0, 3.0)


def one_hot(targets: torch.Tensor) -> torch.Tensor:
    """(B, ...) -> (B, C, ...)."""
    return F.one_hot(targets).movedim(-1, 1).double()


def assert_agrees(loss, theirs, logits, targets):
    """Theirs is a function of the logits; value and gradient are the same."""
    found = laws.value_and_gradient(loss, logits, targets)
    laws.assert_same(found, laws.value_and_gradient(theirs, logits), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        (get("ce"), lambda z: F.binary_cross_entropy_with_logits(z, T)),
        (
            get("wce", class_weights=(1, 7)),
            lambda z: F.binary_cross_entropy_with_logits(z, T, pos_weight=torch.tensor(7)),
        ),
        # torch's targets may be smooth themselves
        (get("ce", smoothing=0.2), lambda z: F.binary_cross_entropy_with_logits(z, 0.8 * T + 0.1)),
        # torch's squared error has no 1/2
        (get("mse"), lambda z: F.mse_loss(z.sigmoid(), T) / 2),
        (get("mae"), lambda z: F.l1_loss(z.sigmoid(), T)),
        (get("huber", delta=0.3), lambda z: F.huber_loss(z.sigmoid(), T, delta=0.3)),
        # a positive must beat 0 by the margin, and 0 a negative
        (get("hinge"), lambda z: F.margin_ranking_loss(z, torch.zeros_like(z), 2 * D - 1, margin=1)),
        # each pair's difference as the logit of a positive
        (get("auc_logistic"), lambda z: F.soft_margin_loss((d := z[D == 1, None] - z[D == 0]), torch.ones_like(d))),
    ],
    ids=lambda part: part.extra_repr() if isinstance(part, torch.nn.Module) else "",
)
def test_agrees_with_torch(loss, theirs):
    assert_agrees(loss, theirs, Z, D)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        (get("ce"), lambda z: F.cross_entropy(z, DC)),
        (get("ce", smoothing=0.2), lambda z: F.cross_entropy(z, DC, label_smoothing=0.2)),
        (get("ce", ignore_index=2), lambda z: F.cross_entropy(z, DC, ignore_index=2)),
        # torch divides by the sum of the samples' weights, we by their number
        (
            get("wce", class_weights=WEIGHTS),
            lambda z: F.cross_entropy(z, DC, weight=z.new_tensor(WEIGHTS), reduction="sum") / len(DC),
        ),
        (
            get("logit_adjusted", counts=(60, 30, 10), tau=0.5),
            lambda z: F.cross_entropy(z + 0.5 * z.new_tensor([0.6, 0.3, 0.1]).log(), DC),
        ),
        (get("mse"), lambda z: F.mse_loss(z.softmax(1), one_hot(DC), reduction="sum") / 2 / len(DC)),
    ],
    ids=lambda part: part.extra_repr() if isinstance(part, torch.nn.Module) else "",
)
def test_agrees_with_torch_on_many_classes(loss, theirs):
    assert_agrees(loss, theirs, ZC, DC)


def test_the_hinge_of_two_classes_agrees_with_torch():
    # torch sums over the other classes and divides by C, we take the largest other class
    logits, targets = many_classes(2, 2)
    assert_agrees(get("hinge"), lambda z: 2 * F.multi_margin_loss(z, targets), logits, targets)


def test_many_labels_a_sample_agree_with_torch():
    targets = (many_classes(3, 3, 101)[0] > 3).double()
    assert_agrees(get("ce"), lambda z: F.multilabel_soft_margin_loss(z, targets), ZC, targets)


@pytest.mark.parametrize("margin", [0.3, 1.0, 20.0])
def test_the_squared_hinge_of_pairs_agrees_with_a_double_loop(margin):
    short = [max(0, margin - i + j) ** 2 for i in Z[D == 1].tolist() for j in Z[D == 0].tolist()]
    found = get("auc_squared_hinge", margin=margin)(Z, D)
    assert found.item() == pytest.approx(sum(short) / len(short), rel=1e-12)


def test_agrees_with_scikit_learn():
    assert get("ce")(Z, D).item() == pytest.approx(metrics.log_loss(D, Z.sigmoid()), rel=1e-12)
    assert get("ce")(ZC, DC).item() == pytest.approx(metrics.log_loss(DC, ZC.softmax(1)), rel=1e-12)
    assert get("hinge")(Z, D).item() == pytest.approx(metrics.hinge_loss(D, Z), rel=1e-12)
    assert get("hinge")(ZC, DC).item() == pytest.approx(metrics.hinge_loss(DC, ZC), rel=1e-12)
    # the Brier score has no 1/2
    assert 2 * get("mse")(Z, D).item() == pytest.approx(metrics.brier_score_loss(D, Z.sigmoid()), rel=1e-12)
    balanced = compute_class_weight("balanced", classes=np.arange(3), y=DC.numpy())
    assert get("wce", counts=DC.bincount().tolist()).class_weights == pytest.approx(balanced, rel=1e-12)


SCORES = [
    ("soft_f1", {}, metrics.f1_score),
    ("soft_f1", {"beta": 2}, lambda targets, called: metrics.fbeta_score(targets, called, beta=2)),
    ("dice", {}, metrics.f1_score),
    ("tversky", {"alpha": 1, "beta": 1}, metrics.jaccard_score),
    ("soft_mcc", {}, metrics.matthews_corrcoef),
]


@pytest.mark.parametrize(
    ("name", "parameters", "score"),
    [
        *SCORES,
        ("mae", {}, metrics.accuracy_score),
        # the ROC of hard calls has one corner; the area below is the mean of the classes' accuracies
        ("absolute/sum_of_class_means", {"class_weights": (0.5, 0.5)}, metrics.balanced_accuracy_score),
        ("absolute/sum_of_class_means", {"class_weights": (0.5, 0.5)}, metrics.roc_auc_score),
    ],
)
def test_a_soft_score_of_certain_logits_is_the_hard_score(name, parameters, score):
    certain = 50 * Z.sign()
    assert get(name, **parameters)(certain, D).item() == pytest.approx(1 - score(D, Z > 0), rel=1e-12)


@pytest.mark.parametrize(("name", "parameters", "score"), SCORES)
def test_a_soft_score_of_many_certain_classes_is_the_mean_over_the_classes(name, parameters, score):
    called = ZC.argmax(1)
    expected = sum(score(DC.eq(c), called.eq(c)) for c in range(3)) / 3
    assert get(name, **parameters)(100 * one_hot(called), DC).item() == pytest.approx(1 - expected, rel=1e-12)


def test_smooth_average_precision_at_a_low_temperature_is_average_precision():
    assert len(Z.unique()) == len(Z)  # ties are counted otherwise
    found = get("smooth_ap", temperature=1e-6)(Z, D)
    assert found.item() == pytest.approx(1 - metrics.average_precision_score(D, Z), rel=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 1.5, 2.0])
@pytest.mark.parametrize(("alpha", "class_weights"), [(0.25, None), (0.9, (0.1, 0.9)), (-1, (1, 1))])
def test_focal_agrees_with_torchvision(gamma, alpha, class_weights):
    focal = peers.needed("torchvision").ops.sigmoid_focal_loss
    loss = get("focal", gamma=gamma, class_weights=class_weights)
    assert_agrees(loss, lambda z: focal(z, T, alpha=alpha, gamma=gamma, reduction="mean"), Z, D)


def test_focal_agrees_with_kornia():
    kornia = peers.needed("kornia.losses")
    # axis 1 of their binary logits is channels
    column, targets = Z.unsqueeze(1), D.unsqueeze(1).double()
    binary_focal = {"alpha": 0.7, "gamma": 1.5}
    assert_agrees(
        get("focal", **binary_focal),
        lambda z: kornia.binary_focal_loss_with_logits(z, targets, reduction="mean", **binary_focal),
        column,
        targets,
    )
    # class 0 has 1 - alpha, every other alpha; their mean is over pixels x classes, ours over pixels
    assert_agrees(
        get("focal", gamma=1.5, class_weights=(0.3, 0.7, 0.7)),
        lambda z: 3 * kornia.focal_loss(z, MASKS, alpha=0.7, gamma=1.5, reduction="mean"),
        IMAGES,
        MASKS,
    )
    # ignored pixels stay in their divisor
    assert_agrees(
        get("focal", class_weights=(1, 1, 1), ignore_index=2),
        lambda z: kornia.focal_loss(z, MASKS, alpha=None, reduction="sum", ignore_index=2) / (MASKS != 2).sum(),
        IMAGES,
        MASKS,
    )


def test_region_losses_of_one_image_agree_with_kornia():
    """Of several images they take the mean, we take all pixels together."""
    kornia = peers.needed("kornia.losses")
    image, mask = IMAGES[:1], MASKS[:1]
    parameters = {"alpha": 0.2, "beta": 0.9}
    assert_agrees(
        get("tversky", **parameters), lambda z: kornia.tversky_loss(z, mask, eps=0, **parameters), image, mask
    )
    # their mean over the classes divides by the weights' sum, ours by C
    shares = [3 * weight / sum(WEIGHTS) for weight in WEIGHTS]
    assert_agrees(
        get("dice", class_weights=shares),
        lambda z: kornia.dice_loss(z, mask, average="macro", eps=0, weight=z.new_tensor(WEIGHTS)),
        image,
        mask,
    )


def test_errors_agree_with_segmentation_models_pytorch():
    smp = peers.needed("segmentation_models_pytorch").losses
    binary_focal = {"alpha": 0.7, "gamma": 1.5}
    assert_agrees(get("focal", **binary_focal), lambda z: smp.FocalLoss("binary", **binary_focal)(z, D), Z, D)
    # their focal loss of many classes has a sigmoid for each, as of many labels
    assert_agrees(
        lambda z, masks: get("focal", class_weights=(1, 1))(z, one_hot(masks)),
        lambda z: smp.FocalLoss("multiclass")(z, MASKS),
        IMAGES,
        MASKS,
    )
    # of one logit, smooth_factor goes to the other class, our smoothing half to each
    assert_agrees(get("ce", smoothing=0.2), lambda z: smp.SoftBCEWithLogitsLoss(smooth_factor=0.1)(z, T), Z, D)
    assert_agrees(
        get("ce", smoothing=0.2), lambda z: smp.SoftCrossEntropyLoss(smooth_factor=0.2)(z, MASKS), IMAGES, MASKS
    )


@pytest.mark.parametrize("ignore_index", [None, 2])
@pytest.mark.parametrize("mode", ["binary", "multiclass"])
def test_region_losses_agree_with_segmentation_models_pytorch(mode, ignore_index):
    """Of several images both take all pixels together."""
    smp = peers.needed("segmentation_models_pytorch").losses
    tversky = {"alpha": 0.2, "beta": 0.9, "smooth": 0.4}
    images, masks = (IMAGES, MASKS) if mode == "multiclass" else (IMAGES[:, :1], MASKS.unsqueeze(1))
    if mode == "binary" and ignore_index is None:
        masks = masks.clamp(max=1)
    for loss, theirs in (
        # their Dice adds smooth to TP, ours to 2 TP
        (get("dice", smooth=0.8, ignore_index=ignore_index), smp.DiceLoss(mode, smooth=0.4, ignore_index=ignore_index)),
        (
            get("tversky", **tversky, ignore_index=ignore_index),
            smp.TverskyLoss(mode, **tversky, ignore_index=ignore_index),
        ),
    ):
        assert_agrees(loss, lambda z, theirs=theirs: theirs(z, masks), images, masks)


def test_other_losses_of_counts_agree_with_segmentation_models_pytorch():
    smp = peers.needed("segmentation_models_pytorch").losses
    row, targets = Z.unsqueeze(0), D.unsqueeze(0).double()
    # their gamma is the power, that of Abraham and Khan its inverse
    assert_agrees(
        get("focal_tversky", gamma=4 / 3),
        lambda z: smp.TverskyLoss("binary", alpha=0.3, beta=0.7, gamma=3 / 4)(z, targets),
        row,
        targets,
    )
    assert_agrees(get("tversky", alpha=1, beta=1), lambda z: smp.JaccardLoss("multiclass")(z, MASKS), IMAGES, MASKS)
    # their MCC takes probabilities
    assert_agrees(get("soft_mcc"), lambda z: smp.MCCLoss(eps=0)(z.sigmoid(), targets), row, targets)


def test_dice_of_soft_labels_has_products_of_target_and_probability():
    """As most code has; segmentation-models-pytorch has the semimetric of Wang et al. 2023, with the lesser of both."""
    logits, targets = soft_binary(5)
    p = logits.sigmoid()
    found = get("dice", soft=True)(logits, targets)
    torch.testing.assert_close(found, 1 - 2 * (targets * p).sum() / (targets + p).sum())
    smp = peers.needed("segmentation_models_pytorch").losses
    semimetric = smp.DiceLoss("binary")(logits.view(1, 1, -1), targets.view(1, 1, -1))
    torch.testing.assert_close(semimetric, 1 - 2 * torch.minimum(targets, p).sum() / (targets + p).sum())
    assert not found.isclose(semimetric, rtol=0.1)
