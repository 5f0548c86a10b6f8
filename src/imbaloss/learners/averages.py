"""Averages of methods as a learner: the mean of calibrated log-odds, with equal weights or with chosen ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from imbaloss.data import NO_SAMPLER, InputForm, SamplerSpec
from imbaloss.data.seeds import make_generator
from imbaloss.evaluation import Decision
from imbaloss.learners.average_model import AverageModel
from imbaloss.learners.learner import Description
from imbaloss.losses import LossSpec
from imbaloss.method_names import AVERAGE, SELECTION
from imbaloss.training import Candidate, Member, Outcome, Plan, Recipe, Setting

if TYPE_CHECKING:
    from imbaloss.learners.method import Method

Floats = NDArray[np.float64]
# the rows of the validation part, as places, and the probabilities for them -> a score, more is better; None: undefined
Score = Callable[[NDArray[np.int64], Floats], float | None]
FEWEST = 2  # number of members
BAGS = 20  # samples of the validation part, in each of which members are chosen
STEPS = 10  # members that are chosen in each, with replacement
MOST_DRAWN = 20_000  # rows of a bag, at most
STREAM = "ensemble selection"  # the name of the random stream that draws the bags
TITLES = {AVERAGE: "average of", SELECTION: "weighted average of"}
SOURCES = {
    AVERAGE: "Genest and Zidek 1986, Statistical Science 1 (the logarithmic opinion pool)",
    SELECTION: "Caruana et al. 2004 (ICML), Ensemble selection from libraries of models",
}


@dataclass(frozen=True)
class Average:
    """The mean of the calibrated log-odds of several methods, which are fitted as if each stood alone.

    `average` gives each method the same weight. `ensemble_selection` chooses the weights on the validation part.
    Nothing is tuned beside the methods. They are sorted by their text, so that their order does not matter.

    Raises:
        ValueError: There are fewer than two methods, one occurs twice, is an average itself, or is no model.
    """

    members: "tuple[Method, ...]"  # with the default decision, which the one of the average replaces
    kind: str = AVERAGE

    is_network: ClassVar[bool] = False
    stacks: ClassVar[bool] = False
    needs_validation: ClassVar[bool] = True
    rate: ClassVar[str] = "lr"

    def __post_init__(self) -> None:
        """Sort the members, and raise ValueError unless they are two or more different methods with models."""
        object.__setattr__(self, "members", tuple(sorted(self.members, key=str)))
        texts = [str(member) for member in self.members]
        if len(texts) < FEWEST:
            raise ValueError(f"{self.kind} needs {FEWEST} methods or more, found {', '.join(texts) or 'none'}")
        if repeated := [text for text in texts if texts.count(text) > 1]:
            raise ValueError(f"{self.kind} takes each method once, found {repeated[0]} twice")
        for member in self.members:
            if member.learner.members:
                raise ValueError(f"{self.kind} takes no averages: write the methods of {member} in their place")
            if member.input_form is InputForm.BASELINE:
                raise ValueError(f"{self.kind} takes methods that learn, and {member} is the rule in use: leave it out")

    @property
    def chooses_weights(self) -> bool:
        """Whether weights are chosen on the validation part; otherwise all are equal."""
        return self.kind == SELECTION

    @property
    def input_form(self) -> InputForm:
        """The form that all members take, or both forms beside each other if they differ."""
        forms = {member.input_form for member in self.members}
        return forms.pop() if len(forms) == 1 else InputForm.BOTH

    def write(self, loss: LossSpec | None) -> str:  # noqa: ARG002
        """Return the text, such as "average(ce, lightgbm:num_leaves=63)"."""
        return f"{self.kind}({', '.join(map(str, self.members))})"

    def describe(self, loss: LossSpec | None) -> Description:  # noqa: ARG002
        """Return the title, with the texts of the members, and the source."""
        return Description(f"{TITLES[self.kind]} {', '.join(map(str, self.members))}", SOURCES[self.kind])

    def adapt_recipe(self, recipe: Recipe, settings: int) -> Recipe:  # noqa: ARG002
        """Return the recipe unchanged, since each member adapts it."""
        return recipe

    def list_candidates(self, recipe: Recipe, settings: int) -> tuple[Candidate, ...]:  # noqa: ARG002
        """Return one candidate without values, since members are tuned as they are alone."""
        return (Candidate(Setting(), recipe),)

    def check(self, loss: LossSpec | None, sampler: SamplerSpec) -> None:
        """Raise ValueError for a loss or a sampler, which belong to the members."""
        if loss is not None:
            raise ValueError(f"{self.kind} takes no loss: give one to its methods, found {loss}")
        if sampler != NO_SAMPLER:
            raise ValueError(f"{self.kind} takes no sampler: write it within the parentheses, as ce + {sampler}")

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:  # noqa: ARG002
        """Raise ValueError if a member cannot be fitted by that recipe."""
        for member in self.members:
            member.learner.check_loss(member.loss, recipe)

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:
        """Raise ValueError if a member cannot be fitted to inputs of that shape."""
        for member in self.members:
            member.learner.check_shape(recipe, shape)

    def fit(
        self,
        members: Sequence[Member],
        *,
        device: str,  # noqa: ARG002
        plan: Plan,  # noqa: ARG002
        on_epoch: Callable[[list[float]], object],  # noqa: ARG002
    ) -> Sequence[Outcome[AverageModel]]:
        """Return failures, since an average is made of finished runs of its methods (`studies.averages`)."""
        return [Outcome([], None, f"{self.kind} is made of methods that are fitted before") for _ in members]

    def choose_weights(self, labels: NDArray[np.int64], log_odds: Floats, score: Score, seed: int) -> Floats:
        """Return the weights of the members, (M,), which sum to 1.

        Args:
            labels: (N,), of the validation part.
            log_odds: (M, N), the calibrated log-odds of the members there.
            score: The score that is optimised.
            seed: The seed of the run, which draws the bags.
        """
        if not self.chooses_weights:
            return np.full(len(self.members), 1 / len(self.members))
        return select_ensemble(labels, log_odds, score, make_generator(seed, STREAM))


def make_score(decision: Decision, labels: NDArray[np.int64], weights: Floats | None, costs: Floats | None) -> Score:
    """Make the function that scores probabilities of some validation rows by what a decision optimises.

    Args:
        decision: The decision.
        labels: (N,), of all validation rows.
        weights: (N,), or None for equal ones.
        costs: (N, 4), or None without costs by row.
    """

    def score(rows: NDArray[np.int64], probabilities: Floats) -> float | None:
        """Return the score of the probabilities of these rows; None if it is undefined."""
        of_rows = (None if each is None else each[rows] for each in (weights, costs))
        return decision.score(labels[rows], probabilities, *of_rows)

    return score


def select_ensemble(
    labels: NDArray[np.int64], log_odds: Floats, score: Score, generator: np.random.Generator
) -> Floats:
    """Choose weights of members by bagged forward selection with replacement; return them, (M,), with a sum of 1.

    In each bag the selection starts from the best member. The member that makes the mean of log-odds best is added ten
    times, and the best mean on the way counts; of equal ones the first does. The weights are the mean over the bags. A
    bag is a bootstrap of the validation rows of each class, so that no member is chosen for a few lucky rows.

    Args:
        labels: (N,), 0 or 1.
        log_odds: (M, N), the calibrated log-odds of the members.
        score: The score that is optimised.
        generator: Draws the bags.

    Returns:
        The weights; equal ones if the score is undefined in all bags.

    Source: Caruana et al. 2004 (ICML), sections 2.1 to 2.3, which bags the models of a library of thousands. A handful
        of members leaves nothing to draw from, so that rows are drawn here.
    """
    counts, rows_of_class = np.zeros(len(log_odds)), [np.flatnonzero(labels == label) for label in (0, 1)]
    share = min(1.0, MOST_DRAWN / len(labels))
    for _ in range(BAGS):
        drawn = [generator.choice(rows, max(round(share * len(rows)), 1)) for rows in rows_of_class if len(rows)]
        rows = np.concatenate(drawn)
        chosen = select_in_bag(log_odds[:, rows], partial(score_log_odds, score, rows))
        counts += np.bincount(chosen, minlength=len(log_odds)) / max(len(chosen), 1)
    return counts / counts.sum() if counts.any() else np.full(len(log_odds), 1 / len(log_odds))


def score_log_odds(score: Score, rows: NDArray[np.int64], log_odds: Floats) -> float | None:
    """Return the score of log-odds (n,) for these rows, (n,); None if it is undefined."""
    return score(rows, special.expit(log_odds))


def select_in_bag(log_odds: Floats, score: Callable[[Floats], float | None]) -> list[int]:
    """Choose members one after the other, with replacement; return the places of those with the best mean.

    Args:
        log_odds: (M, N), of the members in the bag.
        score: Scores log-odds (N,); None if the score is undefined.

    Returns:
        The places, in the order of the choice; empty if no score is defined.
    """
    chosen, total, best, best_score = list[int](), np.zeros(log_odds.shape[1]), 0, -np.inf
    for step in range(STEPS):
        scores = [score((total + odds) / (step + 1)) for odds in log_odds]
        values = [-np.inf if value is None else value for value in scores]
        place = int(np.argmax(values))
        chosen.append(place)
        total += log_odds[place]
        if values[place] > best_score:
            best, best_score = step + 1, values[place]
    return chosen[:best]
