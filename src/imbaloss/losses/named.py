r"""The named losses. Most are an error, a reduction and, if the loss prescribes them, class weights.

Each function builds a loss. It takes the loss's own parameters by keyword and the options of `Loss`. `bind_parts` adds
the parameters of its error or reduction, with the defaults that those have. Losses that depend on the training set also
take counts, its number of samples of each class, (negatives, positives) in the binary case. The guide shows the
docstring: "title: formula", then the sections Math, Source, Missing class and Use, whose further lines are indented.
In the formulas d is the target, z the logit, p the probability of class 1, p_t that of the true class, c a class, n the
number of samples, w a class weight (1 unless given), m_c the mean error of class c.
"""

from collections.abc import Callable
from functools import partial
from typing import Unpack

from imbaloss.losses import adjusted, errors, partial_areas, ranking, reductions, whole_set
from imbaloss.losses.criterion import Criterion
from imbaloss.losses.deferred import Deferred
from imbaloss.losses.domains import Counts, PerClass, PerLabel, map_labels, require, require_counts
from imbaloss.losses.loss import BatchOptions, Error, Loss, LossOptions, Reduction
from imbaloss.losses.ranking import RankFunction, Ranking
from imbaloss.losses.signatures import bind_parts


def mse(**options: Unpack[LossOptions]) -> Loss:
    r"""Mean squared error: (1/n) sum 1/2 (d - p)^2

    Math: \frac1n \sum_i w_{d_i} \tfrac12 (d_i - p_i)^2
    Source: the baseline of Wang et al. 2016 (IJCNN).
    Missing class: adds nothing.
    Use: as a baseline; bounded, so that wrong labels do little harm, but slow to learn from confident mistakes. A soft
        label t adds 1/2 t (1 - t) to 1/2 (t - p)^2, which changes no gradient.
    """
    return Loss(errors.squared, reductions.mean, **options)


def wmse(*, counts: Counts = None, **options: Unpack[LossOptions]) -> Loss:
    r"""Weighted mean squared error: (1/n) sum w_c 1/2 (d - p)^2, with w_c = n/n_c unless given

    Math: \frac1n \sum_i w_{d_i} \tfrac12 (d_i - p_i)^2, \quad w_c = n / n_c
    Source: the control of MFE, which it equals on the full training set.
    Missing class: adds nothing; a class that the training set lacks has weight 0.
    Use: to see whether the gain of MFE comes from its weights alone. Needs counts or class_weights: ValueError without
        both.
    """
    return build_weighted_mean(errors.squared, "counts", lambda: inverse_shares(counts, "wmse"), **options)


def mfe(**options: Unpack[LossOptions]) -> Loss:
    r"""Mean false error: FPE + FNE, the sum of the classes' mean squared errors

    Math: \sum_c w_c m_c, \quad m_c = \frac1{n_c} \sum_{i: d_i = c} \tfrac12 (d_i - p_i)^2
    Source: Wang et al. 2016 (IJCNN).
    Missing class: adds nothing.
    Use: when both classes matter alike and no weight should be chosen by hand. Soft labels: not 0 at p = t, and lowest
        at another p unless the classes have equal sizes, as with any class weights.
    """
    return Loss(errors.squared, reductions.sum_of_class_means, **options)


def msfe(**options: Unpack[LossOptions]) -> Loss:
    r"""Mean squared false error: FPE^2 + FNE^2, the sum of the squares of the classes' mean squared errors

    Math: \sum_c w_c m_c^2, \quad m_c = \frac1{n_c} \sum_{i: d_i = c} \tfrac12 (d_i - p_i)^2
    Source: Wang et al. 2016 (IJCNN).
    Missing class: adds nothing.
    Use: like MFE, with more pull on the class that is worse; on small batches with running=0.1, or msfe_unbiased. Soft
        labels: at p = t a class keeps the mean of 1/2 (1 - t)^2 over its shares t, which pulls on the class whose
        members are most mixed.
    """
    return Loss(errors.squared, reductions.sum_of_squared_class_means, **options)


def msfe_unbiased(**options: Unpack[LossOptions]) -> Loss:
    r"""Mean squared false error without bias: FPE^2 - s^2/N + FNE^2 - s^2/P, s^2 the class's sample variance

    Math: \sum_c w_c \left( m_c^2 - \frac{s_c^2}{n_c} \right)
    Source: imbaloss; the square of a mean of n errors is too large by s^2/n on average.
    Missing class: adds nothing; neither does a class with one sample. May be below 0.
    Use: on small batches with at least two samples of each class, over which its mean is the MSFE of the whole set. If
        batches may hold fewer than two positives, take msfe with running=0.1. Not with running or soft: ValueError.
    """
    error = partial(errors.with_squares, error=errors.squared)
    return Loss(error, reductions.unbiased_sum_of_squared_class_means, **options)


@bind_parts(reductions.p_norm_of_class_means)
def mfe_p_norm(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""P-norm of the false errors: (FPE^p + FNE^p)^(1/p), from MFE (p = 1) towards the worse class (large p)

    Math: \left( \sum_c w_c m_c^p \right)^{1/p}, \quad m_c = \frac1{n_c} \sum_{i: d_i = c} \tfrac12 (d_i - p_i)^2
    Source: imbaloss; p = 1 is MFE, p = 2 the root of MSFE (Wang et al. 2016, IJCNN).
    Missing class: adds nothing.
    Use: like MSFE, but its steps do not shrink with the errors: class c has the weight (m_c / norm)^(p - 1), whatever
        the scale of the errors. Large p attends to the worse class alone, as squared/worst_class does. Takes p >= 1 (2
        by default) by keyword, for its reduction.
    """
    return Loss(errors.squared, reduction, **options)


@bind_parts(reductions.soft_worst_class)
def mfe_adaptive(reduction: Reduction, *, running: float = 0.1, **options: Unpack[BatchOptions]) -> Loss:
    r"""Adaptive mean false error: t log((e^(FPE/t) + e^(FNE/t)) / 2), FPE and FNE of moving averages over the batches

    Math: \tau \log \frac1C \sum_c e^{w_c r_c / \tau}, \quad r_c = \bar E_c / \bar n_c, \quad
        \bar x \leftarrow (1-\rho)\, \bar x + \rho\, x
    Source: imbaloss; a tilted loss (Li et al. 2021, arXiv 2007.01162) of the classes' running errors. It is related to
        the class weights of Sagawa et al. 2020 (arXiv 1911.08731), which each step multiplies by e^(error).
    Missing class: keeps its moving average, and adds nothing to the gradient.
    Use: when the harder class changes during training: class c has the weight softmax(r_c / temperature). At a high
        temperature loss and gradient are half those of MFE; at a low one the loss is the error of the worse class.
        running is the weight of the newest batch in the averages of the sums of errors E_c and of samples n_c. Takes
        temperature > 0 by keyword, for its reduction.
    """
    return Loss(errors.squared, reduction, running=running, **options)


@bind_parts(errors.cross_entropy)
def ce(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Cross-entropy: -(1/n) sum log p_t; with smoothing s the target is 1 - s + s/C, others s/C

    Math: -\frac1n \sum_i w_{d_i} \left( (1-s) \log p_{t,i} + \frac sC \sum_c \log p_{c,i} \right)
    Source: the textbook's; smoothing: Szegedy et al. 2016 (arXiv 1512.00567), section 7.
    Missing class: adds nothing.
    Use: as the first baseline, with a threshold chosen on validation data: often the hardest to beat. Takes smoothing
        from 0 to 1 by keyword, for its error. Soft labels: that of torch.nn. Smoothed targets give the same, but with
        class weights: smoothing leaves a sample in its class, and a soft label moves a part of it to the others.
    """
    return Loss(error, reductions.mean, **options)


@bind_parts(errors.cross_entropy)
def wce(error: Error, *, counts: Counts = None, **options: Unpack[LossOptions]) -> Loss:
    r"""Weighted cross-entropy: -(1/n) sum w_c log p_t, with w_c = n/(C n_c) unless given, for C classes

    Math: -\frac1n \sum_i w_{d_i} \left( (1-s) \log p_{t,i} + \frac sC \sum_c \log p_{c,i} \right),
        \quad w_c = \frac n{C n_c}
    Source: King and Zeng 2001 (Political Analysis 9), section 4.2; the weights are scikit-learn's "balanced".
    Missing class: adds nothing; a class that the training set lacks has weight 0.
    Use: the first thing to try against a wrong threshold; probabilities are then those of a balanced set. Needs counts
        or class_weights: ValueError without both. Takes smoothing by keyword, for its error.
    """
    return build_weighted_mean(error, "counts", lambda: inverse_shares(counts, "wce", balanced=True), **options)


@bind_parts(reductions.class_balanced_mean)
def class_balanced(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""Class-balanced cross-entropy: -(1/n) sum w_c log p_t, w_c = (1 - beta) / (1 - beta^n_c), scaled to sum to C

    Math: -\frac1n \sum_i w_{d_i} \log p_{t,i}, \quad w_c \propto \frac{1-\beta}{1-\beta^{n_c}}
    Source: Cui et al. 2019 (arXiv 1901.05555).
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: between no weights (beta = 0) and inverse shares (beta near 1); with focal error: focal/class_balanced_mean.
        Needs counts: ValueError without them. Takes beta, from 0 to below 1, by keyword, for its reduction.
    """
    return Loss(errors.cross_entropy, reduction, **options)


@bind_parts(errors.focal)
def focal(error: Error, *, alpha: float = 0.25, **options: Unpack[LossOptions]) -> Loss:
    r"""Focal loss: -(1/n) sum alpha_t (1 - p_t)^gamma log p_t, alpha_t = alpha for positives, 1 - alpha for negatives

    Math: -\frac1n \sum_i \alpha_{t,i} (1 - p_{t,i})^\gamma \log p_{t,i}
    Source: Lin et al. 2017, eq. 5 (arXiv 1708.02002). alpha is for two classes; class_weights replaces it.
    Missing class: adds nothing.
    Use: when easy negatives drown the rest, as in detection; alpha 0.25 weighs the positives down: try 0.75 too.
        Several classes need class_weights. Takes gamma >= 0 by keyword, for its error. Soft labels: t times the error
        of a positive and 1 - t times that of a negative. The quality focal loss (Li et al. 2020, arXiv 2006.04388) is
        another: cross-entropy times |t - p|^gamma, which is 0 at p = t.
    """
    require(0 <= alpha <= 1, "alpha must be between 0 and 1", alpha)
    return build_weighted_mean(error, "alpha", lambda: (1 - alpha, alpha), **options)


@bind_parts(errors.asymmetric)
def asymmetric(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Asymmetric loss: mean of -(1 - p)^g+ log p, for negatives -q^g- log(1 - q), q = max(p - margin, 0)

    Math: -\frac1n \sum_i \begin{cases} (1-p_i)^{\gamma_+} \log p_i & d_i = 1 \\ q_i^{\gamma_-} \log(1-q_i) & d_i = 0
        \end{cases}, \quad q_i = \max(p_i - \mathrm{margin}, 0)
    Source: Ben-Baruch et al. 2021 (arXiv 2009.14119).
    Missing class: adds nothing.
    Use: for many labels a sample, each rare: logits and targets (B, labels). It needs one logit a target. Takes
        gamma_positive, gamma_negative and margin by keyword, for its error.
    """
    return Loss(error, reductions.mean, **options)


@bind_parts(errors.poly1)
def poly1(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Poly-1 loss: (1/n) sum -log p_t + epsilon (1 - p_t)

    Math: \frac1n \sum_i w_{d_i} \left( -\log p_{t,i} + \epsilon (1 - p_{t,i}) \right)
    Source: Leng et al. 2022 (arXiv 2204.12511).
    Missing class: adds nothing.
    Use: a one-parameter change of cross-entropy; epsilon is to be tuned. Takes epsilon >= -1 by keyword, for its error.
    """
    return Loss(error, reductions.mean, **options)


def mae(**options: Unpack[LossOptions]) -> Loss:
    r"""Mean absolute error: (1/n) sum (1 - p_t)

    Math: \frac1n \sum_i w_{d_i} (1 - p_{t,i})
    Source: Ghosh et al. 2017 (arXiv 1712.09482).
    Missing class: adds nothing.
    Use: when labels are often wrong; it learns slowly, and with a rare class often not at all. A soft label gives
        t (1 - p) + (1 - t) p, which is lowest at p = 0 or 1 and is not |t - p|.
    """
    return Loss(errors.absolute, reductions.mean, **options)


@bind_parts(errors.huber)
def huber(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Huber loss of e = 1 - p_t: (1/n) sum e^2/2 where e <= delta, else delta (e - delta/2)

    Math: \frac1n \sum_i w_{d_i} \begin{cases} \tfrac12 e_i^2 & e_i \le \delta \\ \delta (e_i - \tfrac12 \delta) &
        \text{else} \end{cases}, \quad e_i = 1 - p_{t,i}
    Source: Huber 1964 (Ann. Math. Statist. 35).
    Missing class: adds nothing.
    Use: between mse (delta = 1) and mae. Takes delta, above 0 and at most 1, by keyword, for its error. A soft label
        gives t times the error of a positive plus 1 - t times that of a negative, not the Huber loss of t - p.
    """
    return Loss(error, reductions.mean, **options)


def hinge(**options: Unpack[LossOptions]) -> Loss:
    r"""Hinge loss: (1/n) sum max(0, 1 - s z), s = 1 for positives and -1 for negatives

    Math: \frac1n \sum_i w_{d_i} \max(0, 1 - s_i z_i)
    Source: Cortes and Vapnik 1995 (Machine Learning 20); several classes: Crammer and Singer 2001 (JMLR 2).
    Missing class: adds nothing.
    Use: when only the decision matters: its scores are no probabilities.
    """
    return Loss(errors.hinge, reductions.mean, **options)


@bind_parts(adjusted.logit_adjusted)
def logit_adjusted(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Logit-adjusted cross-entropy: -(1/n) sum log softmax(z_c + tau log prior_c)_t

    Math: -\frac1n \sum_i w_{d_i} \log \mathrm{softmax}(z_i + \tau \log \pi)_{t}
    Source: Menon et al. 2021, eq. 10 (arXiv 2007.07314).
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: for balanced accuracy, with a guarantee; predict with the unadjusted logits. Give prior, or counts: ValueError
        without both. Takes tau >= 0 by keyword, for its error.
    """
    return Loss(error, reductions.mean, **options)


def balanced_softmax(*, counts: Counts = None, **options: Unpack[LossOptions]) -> Loss:
    r"""Balanced softmax: -(1/n) sum log(n_t exp z_t / sum_c n_c exp z_c)

    Math: -\frac1n \sum_i w_{d_i} \log \frac{n_t e^{z_{i,t}}}{\sum_c n_c e^{z_{i,c}}}
    Source: Ren et al. 2020 (arXiv 2007.10740); logit_adjusted with tau = 1.
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: like logit_adjusted, with nothing to choose. Needs counts: ValueError without them.
    """
    error = partial(adjusted.logit_adjusted, counts=require_counts(counts, "balanced_softmax"))
    return Loss(error, reductions.mean, **options)


@bind_parts(adjusted.ldam)
def ldam(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""LDAM: -(1/n) sum log softmax(s (z - D_t e_t))_t, D_c = max_margin (smallest count / n_c)^(1/4)

    Math: -\frac1n \sum_i w_{d_i} \log \mathrm{softmax}\left( s (z_i - \Delta_t e_t) \right)_t, \quad
        \Delta_c = \Delta_{\max} \left( \frac{\min_k n_k}{n_c} \right)^{1/4}
    Source: Cao et al. 2019 (arXiv 1906.07413).
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: with a normalised last layer; scale = 1 with an ordinary one. Its authors' best is ldam_drw. Needs counts:
        ValueError without them. Takes max_margin and scale by keyword, for its error.
    """
    return Loss(error, reductions.mean, **options)


@bind_parts(adjusted.ldam)
def ldam_drw(
    error: Error, *, counts: Counts = None, beta: float = 0.9999, after: int = 160, **options: Unpack[LossOptions]
) -> Deferred:
    r"""LDAM with deferred re-weighting: ldam before epoch `after`, with class-balanced weights from it on

    Math: \mathrm{LDAM}, \text{ from epoch "after" on with weights } w_c \propto \frac{1-\beta}{1-\beta^{n_c}}
    Source: Cao et al. 2019, algorithm 1 (arXiv 1906.07413); epochs and beta are those of its code, for 200 epochs.
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: for long trainings; call set_epoch before each epoch. For any two losses: Deferred(first, then, after=k). Needs
        counts: ValueError without them. Takes max_margin and scale by keyword, for its error.
    """
    balanced = partial(reductions.class_balanced_mean, counts=counts, beta=beta)
    return Deferred(Loss(error, reductions.mean, **options), Loss(error, balanced, **options), after=after)


@bind_parts(adjusted.vector_scaling)
def vs(error: Error, **options: Unpack[LossOptions]) -> Loss:
    r"""Vector-scaling loss: (1/n) sum log(1 + exp(i_t - D_t s z)), D_t = (n_t / largest)^gamma, i_t = tau log(n_o/n_t)

    Math: \begin{gathered} \frac1n \sum_i w_{d_i} \log\left( 1 + e^{\iota_t - \Delta_t s_i z_i} \right), \quad
        \Delta_c = \left( \frac{n_c}{\max_k n_k} \right)^\gamma, \quad \iota_t = \tau \log \frac{n_o}{n_t} \\
        C \text{ logits: } -\log \mathrm{softmax}(\Delta_c z_c + \iota_c)_t, \quad \iota_c = \tau \log \frac{n_c}n
        \end{gathered}
    Source: Kini et al. 2021 (arXiv 2103.01550), which defines the binary loss and that of C logits apart.
    Missing class: adds nothing; a class that the training set lacks counts as one sample.
    Use: for networks trained until they fit every sample, where weights alone have no effect; tune gamma and tau. Needs
        counts: ValueError without them. Takes gamma and tau by keyword, for its error.
    """
    return Loss(error, reductions.mean, **options)


@bind_parts(whole_set.soft_fbeta)
def soft_f1(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""Soft F1 (F-beta): 1 - (1 + beta^2) TP / ((1 + beta^2) TP + beta^2 FN + FP), with soft counts

    Math: 1 - \frac{(1+\beta^2) TP}{(1+\beta^2) TP + \beta^2 FN + FP}, \quad TP = \sum_{d_i=1} p_i, \;
        FP = \sum_{d_i=0} p_i, \; FN = \sum_{d_i=1} (1-p_i)
    Source: Jansche 2005 (HLT-EMNLP).
    Missing class: without positives 0 with gradient 0; without negatives FP = 0.
    Use: when F1 is the score that counts; batches should hold several positives. Several classes: one against the rest.
        Takes beta > 0 by keyword, for its reduction.
    """
    return build_whole_set_loss(reduction, **options)


def dice(*, smooth: float = whole_set.SMOOTH, **options: Unpack[LossOptions]) -> Loss:
    r"""Dice loss: 1 - (2 TP + smooth) / (2 TP + FP + FN + smooth), with soft counts

    Math: 1 - \frac{2 TP + s}{2 TP + FP + FN + s}
    Source: Sudre et al. 2017 (arXiv 1707.03237); Milletari et al. 2016 (arXiv 1606.04797) square the
        terms of the denominator.
    Missing class: without positives 0 with gradient 0; without negatives FP = 0.
    Use: for segmentation of small regions; without smoothing it is soft F1. ValueError unless smooth is finite and >=
        0. Soft labels: TP = sum t p, so that it is not lowest at p = t. Wang et al. 2023 (arXiv 2303.16296) define
        another Dice that is; segmentation-models-pytorch has that one.
    """
    return build_whole_set_loss(partial(whole_set.tversky, alpha=0.5, beta=0.5, smooth=smooth / 2), **options)


@bind_parts(whole_set.tversky)
def tversky(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""Tversky loss: 1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth), with soft counts

    Math: 1 - \frac{TP + s}{TP + \alpha FP + \beta FN + s}
    Source: Salehi et al. 2017 (arXiv 1706.05721).
    Missing class: without positives 0 with gradient 0; without negatives FP = 0.
    Use: like Dice, with chosen costs of a missed positive (beta) and of a false alarm (alpha). Takes alpha, beta and
        smooth by keyword, for its reduction.
    """
    return build_whole_set_loss(reduction, **options)


@bind_parts(whole_set.focal_tversky)
def focal_tversky(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""Focal Tversky loss: (1 - TI)^(1/gamma), TI = (TP + smooth) / (TP + alpha FP + beta FN + smooth)

    Math: \left( 1 - \frac{TP + s}{TP + \alpha FP + \beta FN + s} \right)^{1/\gamma}
    Source: Abraham and Khan 2019 (arXiv 1810.07842).
    Missing class: without positives 0 with gradient 0; without negatives FP = 0.
    Use: like Tversky, with a larger gradient when predictions are nearly right. Takes alpha, beta, gamma and smooth by
        keyword, for its reduction.
    """
    return build_whole_set_loss(reduction, **options)


def soft_mcc(**options: Unpack[LossOptions]) -> Loss:
    r"""Soft MCC: 1 - (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)), with soft counts

    Math: 1 - \frac{TP \cdot TN - FP \cdot FN}{\sqrt{(TP+FP)(TP+FN)(TN+FP)(TN+FN)}}
    Source: Abhishek and Hamarneh 2021 (arXiv 2010.13454).
    Missing class: 0 with gradient 0.
    Use: when both kinds of mistakes count and F1's blindness to true negatives hurts.
    """
    return build_whole_set_loss(whole_set.soft_mcc, **options)


@bind_parts(whole_set.recall_at_precision)
def recall_at_precision(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""Recall at a precision, by its bound: m_1 + M max(0, m_1 + P E_0 / ((1 - P) n_1) - 1), hinge errors, precision P

    Math: \max_{0 \le \lambda \le M} \; (1 + \lambda)\, m_1 + \lambda \left( \frac P{1-P} \frac{n_0}{n_1}\, m_0 - 1
        \right), \quad m_c = \frac1{n_c} \sum_{i: d_i = c} \max(0, 1 - s_i z_i)
    Source: Eban et al. 2017 (AISTATS), eq. 9 (arXiv 1608.04802), for the Lagrangian; the limit M of its multiplier is
        imbaloss's.
    Missing class: without positives 0 with gradient 0; without negatives E_0 = 0.
    Use: when samples with a logit above 0 must be right with a given precision. Where the max is 0, the precision is at
        least P and the recall at least 1 - loss on these samples. The bound is loose: the precision comes out higher,
        and the recall lower, than a threshold chosen on validation data gives; if no network keeps it, nothing is
        flagged. On small batches with running=0.1. Takes precision and multiplier (M) by keyword, for its reduction.
    """
    return Loss(errors.hinge, reduction, classes_apart=True, **options)


@bind_parts(whole_set.auc_margin)
def auc_margin(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    r"""AUC-margin loss: v_1 + v_0 + max(0, margin - a_1 + a_0)^2, means a and variances v of the classes' logits

    Math: \mathrm{Var}_+ + \mathrm{Var}_- + \max(0, \mathrm{margin} - \mu_+ + \mu_-)^2
    Source: Ying et al. 2016 (NIPS 29), theorem 1; Yuan et al. 2021 (arXiv 2012.03173) for the margin.
    Missing class: 0 with gradient 0.
    Use: when the ranking counts, with any sampler and optimizer; its scores are no probabilities. Takes margin > 0 by
        keyword, for its reduction.
    """
    return Loss(errors.moments, reduction, classes_apart=True, **options)


@bind_parts(ranking.auc_squared_hinge)
def auc_squared_hinge(
    rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]
) -> Ranking:
    r"""Pairwise AUC, squared hinge: the mean of max(0, margin - z_i + z_j)^2, i positive, j negative

    Math: \frac1{n_+ n_-} \sum_{d_i=1} \sum_{d_j=0} \max(0, \mathrm{margin} - z_i + z_j)^2
    Source: Yan et al. 2003 (ICML); sorted, O(B log B).
    Missing class: 0 with gradient 0.
    Use: like auc_margin, but pairs that are right by the margin add nothing; with large batches, or with memory. Takes
        margin > 0 by keyword, for its function of pairs. No running or soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


def auc_logistic(*, memory: int | None = None, **options: Unpack[LossOptions]) -> Ranking:
    r"""Pairwise AUC, logistic: the mean over pairs of log(1 + exp(z_j - z_i)), i positive and j negative

    Math: \frac1{n_+ n_-} \sum_{d_i=1} \sum_{d_j=0} \log\left( 1 + e^{z_j - z_i} \right)
    Source: Burges et al. 2005 (ICML), RankNet.
    Missing class: 0 with gradient 0.
    Use: when the ranking counts; time grows with positives x batch. No running or soft: ValueError.
    """
    return build_ranking_loss(ranking.auc_logistic, memory, **options)


@bind_parts(partial_areas.partial_auc)
def partial_auc(rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]) -> Ranking:
    r"""Partial AUC, one-way: the mean of max(0, margin - z_i + z_j)^2, i positive, j a negative of the highest max_fpr

    Math: \frac1{n_+ |N|} \sum_{d_i=1} \sum_{j \in N} \max(0, \mathrm{margin} - z_i + z_j)^2, \quad N = \{ j : d_j = 0,
        \; \mathrm{min\_fpr} < \mathrm{rank}_j / n_- \le \mathrm{max\_fpr} \}
    Source: Zhu et al. 2022 (ICML), theorem 1, as a mean of CVaRs; Yao et al. 2022 (NeurIPS) for min_fpr > 0.
    Missing class: 0 with gradient 0.
    Use: when only low false positive rates count (few samples can be checked); sorted, O(B log B). A batch should hold
        several negatives of that share: large batches, or memory. Takes min_fpr, max_fpr and margin by keyword, for
        its function of pairs. No running or soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


@bind_parts(partial_areas.two_way_partial_auc)
def two_way_partial_auc(
    rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]
) -> Ranking:
    r"""Partial AUC, two-way: the mean of max(0, margin - z_i + z_j)^2, i a low positive, j a high negative

    Math: \frac1{|P| |N|} \sum_{i \in P} \sum_{j \in N} \max(0, \mathrm{margin} - z_i + z_j)^2, \quad \begin{aligned}
        P &= \{ i : d_i = 1, \; \mathrm{rank}_i / n_+ > \mathrm{min\_tpr} \} \\
        N &= \{ j : d_j = 0, \; \mathrm{rank}_j / n_- \le \mathrm{max\_fpr} \} \end{aligned}
    Source: Yang et al. 2021 (ICML) for the score; Zhu et al. 2022 (ICML) for the loss, a CVaR of CVaRs.
    Missing class: 0 with gradient 0.
    Use: when a low false positive rate and a high true positive rate are both needed; sorted, O(B log B). With large
        batches or memory. Takes min_tpr, max_fpr and margin by keyword, for its function of pairs. No running or
        soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


@bind_parts(partial_areas.smooth_partial_auc)
def smooth_partial_auc(
    rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]
) -> Ranking:
    r"""Smooth partial AUC: 1 - the part of the area under the ROC curve, by sigmoids, one-way or two-way

    Math: \frac1{|P| |N|} \sum_{i \in P} \sum_{j \in N} \sigma\left( \frac{z_j - z_i}\tau \right), \quad \begin{aligned}
        P &= \{ i : d_i = 1, \; \mathrm{rank}_i / n_+ > \mathrm{min\_tpr} \} \\
        N &= \{ j : d_j = 0, \; \mathrm{min\_fpr} < \mathrm{rank}_j / n_- \le \mathrm{max\_fpr} \} \end{aligned}
    Source: Yan et al. 2003 (ICML) for the sigmoid; Yang et al. 2021 (ICML) for the region.
    Missing class: 0 with gradient 0.
    Use: like partial_auc (min_tpr = 0) or two_way_partial_auc, where outliers should not count more than other pairs in
        wrong order. In the limit of low temperatures it is the score itself. Time grows with positives x batch. Takes
        min_tpr, min_fpr, max_fpr and temperature by keyword, for its function of pairs. No running or soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


@bind_parts(partial_areas.partial_auc_kl)
def partial_auc_kl(
    rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]
) -> Ranking:
    r"""Partial AUC, one-way, soft: the mean over positives i of t log(mean over negatives j of exp(e_ij / t))

    Math: \frac1{n_+} \sum_{d_i=1} \tau \log \frac1{n_-} \sum_{d_j=0} e^{e_{ij} / \tau}, \quad e_{ij} = \max(0,
        \mathrm{margin} - z_i + z_j)^2
    Source: Zhu et al. 2022 (ICML), SOPA-s, with the batch as the set. LibAUC's pAUC_DRO_Loss has its gradient.
    Missing class: 0 with gradient 0.
    Use: like partial_auc, with all negatives, the highest ones most; a lower temperature is a lower max_fpr. Time grows
        with positives x batch. Takes temperature and margin by keyword, for its function of pairs. No running or
        soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


@bind_parts(partial_areas.two_way_partial_auc_kl)
def two_way_partial_auc_kl(
    rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]
) -> Ranking:
    r"""Partial AUC, two-way, soft: u log(mean over positives i of exp(s_i / u)), s_i the soft maximum of partial_auc_kl

    Math: \upsilon \log \frac1{n_+} \sum_{d_i=1} \left( \frac1{n_-} \sum_{d_j=0} e^{e_{ij} / \tau} \right)^{\tau /
        \upsilon}, \quad e_{ij} = \max(0, \mathrm{margin} - z_i + z_j)^2
    Source: Zhu et al. 2022 (ICML), SOTA-s, with the batch as the set. LibAUC's tpAUC_KL_Loss has its gradient.
    Missing class: 0 with gradient 0.
    Use: like two_way_partial_auc, with all samples, the lowest positives and the highest negatives most. Time grows
        with positives x batch. Takes temperature, positive_temperature (u) and margin by keyword, for its function of
        pairs. No running or soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


@bind_parts(ranking.smooth_ap)
def smooth_ap(rank_function: RankFunction, *, memory: int | None = None, **options: Unpack[LossOptions]) -> Ranking:
    r"""Smooth average precision: 1 - mean over positives of rank among positives / rank among all, by sigmoids

    Math: 1 - \frac1{n_+} \sum_{d_i=1} \frac{1 + \sum_{j \ne i, d_j=1} \sigma_{ij}}{1 + \sum_{j \ne i} \sigma_{ij}},
        \quad \sigma_{ij} = \sigma\left( \frac{z_j - z_i}\tau \right)
    Source: Brown et al. 2020 (arXiv 2007.12163), for cosine similarities; for logits the temperature is higher here.
    Missing class: 0 with gradient 0.
    Use: when the top of the ranking counts (average precision), with large batches or sync, or with batches of which a
        quarter is positive (StratifiedBatchSampler). Memory is not recommended for it: it lowered ROC-AUC and left
        average precision far below that of such batches. Time grows with positives x batch. Takes temperature > 0 by
        keyword, for its function of ranks. No running or soft: ValueError.
    """
    return build_ranking_loss(rank_function, memory, **options)


def build_weighted_mean(
    error: Error, source: str, make_weights: Callable[[], PerClass | PerLabel], **options: Unpack[LossOptions]
) -> Loss:
    """Build the mean of an error with the given class weights, or else with those that are made here.

    Args:
        error: Logits, targets -> the error of each sample.
        source: What the weights are made from, "alpha" or "counts", for messages.
        make_weights: Makes the weights if none are given.
        options: Those of `Loss`.

    Raises:
        ValueError: The weights cannot be made, or an option is not admitted.
    """
    is_given = options.get("class_weights") is not None
    if not is_given:
        options["class_weights"] = make_weights()
    loss = Loss(error, reductions.mean, **options)
    loss.weights_from = "" if is_given else source
    return loss


def inverse_shares(counts: Counts, name: str, *, balanced: bool = False) -> list[float] | list[list[float]]:
    """Compute n / n_c for each class, with n_c the training samples of class c; 0 for a class without samples.

    Counts of each label give a row for each label. `balanced` divides the numbers by that of the classes.

    Raises:
        ValueError: The counts are None; the message names the loss and asks for counts or class_weights.
    """
    inverses = map_labels(
        lambda sizes: [sum(sizes) / size / (len(sizes) if balanced else 1) if size else 0.0 for size in sizes],
        require_counts(counts, name, ", or class_weights"),
    )
    return inverses


def build_whole_set_loss(reduction: Reduction, **options: Unpack[LossOptions]) -> Loss:
    """Build the loss of a reduction of the soft counts TP, FP, FN and TN, such as soft F1 or Dice.

    The error is 1 - p_t. Several classes are taken one against the rest. options: those of `Loss`, such as
    class_weights; raises ValueError if one is not admitted.
    """
    return Loss(errors.absolute, reduction, classes_apart=True, **options)


def build_ranking_loss(rank_function: RankFunction, memory: int | None, **options: Unpack[LossOptions]) -> Ranking:
    """Build the loss of a function of pairs or ranks.

    Args:
        rank_function: Logits, targets and weights, each (..., B) -> loss (...).
        memory: The number of earlier samples that are kept; None for none.
        options: class_weights, ignore_index and sync.

    Raises:
        ValueError: running, soft or per_label is given, or another option is not admitted.
    """
    if options.get("soft"):
        raise ValueError(
            "a loss of pairs or ranks compares samples of one class with those of the other: soft labels have no "
            "meaning in it"
        )
    if options.get("per_label"):
        raise ValueError("a loss of pairs or ranks has no class totals: call it once for each label, without per_label")
    if options.get("running") is not None:
        raise ValueError("a loss of pairs or ranks has no class totals for running: take memory")
    return Ranking(
        rank_function,
        class_weights=options.get("class_weights"),  # type: ignore[arg-type]  # pairs need per_label, refused above
        ignore_index=options.get("ignore_index"),
        sync=options.get("sync", False),
        memory=memory,
    )


NAMED: dict[str, Callable[..., Criterion]] = {
    function.__name__: function
    for function in (
        mse, wmse, mfe, msfe, msfe_unbiased, mfe_p_norm, mfe_adaptive, ce, wce, class_balanced, focal, asymmetric,
        poly1, mae, huber, hinge,
        logit_adjusted, balanced_softmax, ldam, ldam_drw, vs, soft_f1, dice, tversky, focal_tversky, soft_mcc,
        recall_at_precision, auc_margin, auc_squared_hinge, auc_logistic, partial_auc, two_way_partial_auc,
        smooth_partial_auc, partial_auc_kl, two_way_partial_auc_kl, smooth_ap,
    )
}  # fmt: skip
