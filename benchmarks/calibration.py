"""What calibration `auto` should choose from: log-loss on fresh samples, for few and many positives, and for forests.

    python -m benchmarks.calibration [--repetitions 20]

First table: true log-odds are normal, and a model gives them bent in one of nine ways. Each calibration is fitted on a
validation part with the given number of positives (5 % of its samples). Values are the divergence of the calibrated
from the true probabilities on 20,000 fresh samples, in thousandths of a nat, as means over the bends and repetitions.
`auto` is shown with and without isotonic calibration among its candidates. Second table: random forests, with many
probabilities of exactly 0, calibrated on 1,000 samples and scored on 10,000 (log-loss, and expected calibration error).
There, `uncut` is the fit that takes the log-odds of 0 and 1 as they are, cut off at a probability of 1e-12.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from scipy import special
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

from imbaloss.evaluation import calibration, expected_calibration_error

Floats = NDArray[np.float64]
FRESH, SMALLEST = 20_000, 1e-12
POSITIVES = (5, 10, 20, 50, 100, 200, 400)
BENDS: dict[str, Callable[[Floats], Floats]] = {
    "true": lambda odds: odds,
    "too sure": lambda odds: 2 * odds,
    "shifted": lambda odds: odds + 3,
    "flat and shifted": lambda odds: 0.5 * odds + 3,
    "root": lambda odds: 2 * np.sign(odds + 3) * np.sqrt(np.abs(odds + 3)),
    "square": lambda odds: np.sign(odds + 3) * (odds + 3) ** 2 / 3,
    "flat middle": lambda odds: np.where(odds < -2, odds, np.where(odds < 0, 0.1 * odds - 1.8, odds - 1.8)),
    "forest of 100": lambda odds: to_log_odds(np.round(60 * special.expit(odds)) / 100),
    "saturated": lambda odds: 4 * np.tanh((odds + 1) / 2),
}
CONFIGURATIONS = ((0.03, 100, 1), (0.03, 300, 1), (0.1, 100, 1), (0.03, 100, 5))  # positives, trees, smallest leaf


def to_log_odds(probabilities: Floats) -> Floats:
    odds: Floats = special.logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
    return odds


def draw(samples: int, generator: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    odds = generator.normal(-4.3, 2.2, samples)
    return (generator.random(samples) < special.expit(odds)).astype(np.int64), odds


def divergence(odds: Floats, calibrated: Floats) -> float:
    true, given = special.expit(odds), np.clip(special.expit(calibrated), SMALLEST, 1 - SMALLEST)
    return 1000 * float((special.rel_entr(true, given) + special.rel_entr(1 - true, 1 - given)).mean())


def fit_auto(labels: NDArray[np.int64], odds: Floats, *, isotonic_from: float) -> calibration.Calibration:
    with mock.patch.object(calibration, "FEWEST_FOR_ISOTONIC", isotonic_from):
        return calibration.fit_calibration("auto", labels, odds)


def compare_bends(repetitions: int) -> None:
    generator = np.random.default_rng(0)
    _, fresh = draw(FRESH, generator)
    columns = (*calibration.CANDIDATES, "auto without isotonic", "auto with isotonic")
    print("positives ", *(f"{name:>21}" for name in columns))
    for positives in POSITIVES:
        values = defaultdict(list)
        for bend in list(BENDS.values()) * repetitions:
            labels, odds = draw(20 * positives, generator)
            if labels.sum() < calibration.FOLDS:
                continue
            given = bend(odds)
            fits = [
                calibration.fit_kind(kind, labels, given, np.ones(len(labels)), bounded=True)
                for kind in calibration.CANDIDATES
            ]
            fits += [fit_auto(labels, given, isotonic_from=fewest) for fewest in (np.inf, 0)]
            for name, fitted in zip(columns, fits, strict=True):
                values[name].append(divergence(fresh, fitted(bend(fresh))))
        print(f"{positives:>9} ", *(f"{np.mean(values[name]):>21.2f}" for name in columns), flush=True)


def compare_forests(repetitions: int) -> None:
    print("\npositives, trees, smallest leaf: log-loss (expected calibration error)")
    for share, trees, leaf in CONFIGURATIONS:
        scores = defaultdict(list)
        for seed in range(repetitions):
            inputs, labels = make_classification(
                14_000, 20, n_informative=8, weights=[1 - share], flip_y=0.02, class_sep=0.8, random_state=seed
            )
            forest = RandomForestClassifier(trees, min_samples_leaf=leaf, random_state=seed)
            odds = to_log_odds(forest.fit(inputs[:3000], labels[:3000]).predict_proba(inputs)[:, 1])
            fitted, fresh = slice(3000, 4000), slice(4000, None)
            for kind in ("none", "temperature", "platt", "isotonic", "auto", "temperature uncut", "platt uncut"):
                name, _, uncut = kind.partition(" ")
                with mock.patch.object(calibration, "SATURATED", np.inf if uncut else calibration.SATURATED):
                    found = calibration.fit_calibration(name, labels[fitted], odds[fitted])(odds[fresh])
                chances = np.clip(special.expit(found), SMALLEST, 1 - SMALLEST)
                loss = calibration.log_losses(labels[fresh], special.logit(chances)).mean()
                scores[kind].append((loss, expected_calibration_error(labels[fresh], chances)))
        means = {kind: np.mean(values, axis=0) for kind, values in scores.items()}
        print(
            share, trees, leaf, *(f" {kind} {loss:.4f} ({ece:.4f})" for kind, (loss, ece) in means.items()), flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=20)
    repetitions = parser.parse_args().repetitions
    compare_bends(repetitions)
    compare_forests(min(repetitions, 6))


if __name__ == "__main__":
    main()
