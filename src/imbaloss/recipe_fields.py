"""The fields of a recipe: name, type, default, domain and help of each hyper-parameter.

`Recipe` and `Decision`, the options of the command line, the check of study files and the list in docs/studies.md are
made from this table. It loads neither torch nor NumPy, so that `imbaloss --help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated

from imbaloss.field_tables import Domain, Entry, read_fields

MOST = 2**31 - 1  # the largest number of epochs, and of samples in a batch
WIDEST = 100_000  # the largest width of a hidden layer
MOST_NETWORKS = 1000  # the largest number of networks that are averaged


ONE_OR_MORE = Domain("must be 1 or more", lambda value: value >= 1)
COUNT = (
    ONE_OR_MORE,
    Domain(f"must be {MOST} at most", lambda value: value <= MOST),
)
RATE = Domain("must be above 0 and finite", lambda value: 0 < value < float("inf"), in_precision=True)

# Fields that studies, comparisons on one's own data and commands share, beside those of a recipe.
DEVICE = Entry(
    "Device that trains: cpu, cuda or cuda:N.",
    panel="Computing",
    metavar="DEVICE",
    in_python='Device that trains: "cpu", "cuda" or "cuda:N".',
)
MARGIN = Entry(
    "Largest difference of a score that does not matter in practice.",
    panel="Judging",
    domains=(Domain("must be above 0 and below 1, as a score is", lambda margin: 0 < margin < 1),),
)
DEFAULT_MARGIN = 0.01
DEFAULT_CONFIDENCE = 0.95  # of a guarantee


@dataclass(frozen=True)
class RecipeFields:
    """The fields of a recipe that decide a training, in the order in which they are stored.

    The defaults are those of the 2023 study.
    """

    network: Annotated[
        str,
        Entry(
            "Kind of network: mlp, cnn, fcn or prototype, with parameters as in cnn/prototype:per_class=2.",
            panel="Network",
            metavar="NETWORK",
            in_python="Kind of network: mlp, or prototypes on the embedding of an mlp as in prototype:per_class=2.",
        ),
    ] = "mlp"
    hidden: Annotated[
        tuple[int, ...] | None,  # None for networks other than an mlp
        Entry(
            "Widths of the hidden layers of an mlp, as 1000,100,10.",
            panel="Network",
            metavar="WIDTHS",
            domains=(Domain(f"widths must be 1 to {WIDEST}", lambda width: 1 <= width <= WIDEST),),
            example="1000,100,10",
            may_be_empty=True,
        ),
    ] = (1000, 100, 10)
    channels: Annotated[
        tuple[int, ...] | None,  # None for an mlp
        Entry(
            "Channels of the stages of a cnn or fcn, as 16,32,64.",
            panel="Network",
            metavar="WIDTHS",
            domains=(Domain(f"must be 1 to {WIDEST}", lambda width: 1 <= width <= WIDEST),),
            example="16,32,64",
        ),
    ] = (16, 32, 64)
    activation: Annotated[
        str,
        Entry(
            "Activation of the hidden layers: relu, sigmoid or tanh.",
            panel="Network",
            metavar="NAME",
            names=("relu", "sigmoid", "tanh"),
        ),
    ] = "relu"
    outputs: Annotated[
        int,  # 1: one logistic output, for two classes; else one softmax output a class
        Entry(
            "Number of outputs of the network: 1 logistic, or 2 softmax outputs.",
            panel="Network",
            domains=(Domain("must be 1, or one for each class", lambda value: value >= 1),),
        ),
    ] = 1
    init: Annotated[
        str,
        Entry(
            "Initial weights: torch, xavier, he or normal.",
            panel="Network",
            metavar="NAME",
            names=("torch", "xavier", "he", "normal"),
        ),
    ] = "torch"
    scaling: Annotated[
        str,
        Entry(
            "Scaling of the inputs: pixels in 0 to 1 (unit), or with mean 0 and deviation 1 (standard).",
            panel="Network",
            metavar="NAME",
            names=("unit", "standard"),
            in_python="standard: columns get mean 0 and deviation 1 on the training samples; unit: unchanged columns.",
        ),
    ] = "unit"
    optimizer: Annotated[
        str, Entry("Optimizer: sgd or adam.", panel="Network", metavar="NAME", names=("sgd", "adam"))
    ] = "sgd"
    lr: Annotated[float, Entry("Learning rate.", panel="Network", domains=(RATE,))] = 0.1
    tune_lr: Annotated[
        tuple[float, ...],  # in place of lr
        Entry(
            "Learning rates to try, as 0.01,0.1: each training keeps the best on its validation part.",
            panel="Network",
            metavar="RATES",
            domains=(RATE,),
            example="0.01,0.1",
        ),
    ] = ()
    momentum: Annotated[
        float,
        Entry(
            "Momentum (sgd only).",
            panel="Network",
            domains=(Domain("must be from 0 to below 1", lambda value: 0 <= value < 1),),
        ),
    ] = 0.0
    weight_decay: Annotated[
        float,  # as torch.optim has it
        Entry(
            "Weight of the L2 penalty.",
            panel="Network",
            domains=(Domain("must be >= 0 and finite", lambda value: 0 <= value < float("inf")),),
        ),
    ] = 0.0
    epochs: Annotated[int, Entry("Number of epochs.", panel="Network", domains=COUNT)] = 300
    patience: Annotated[
        int,  # 0: all epochs are trained; else a training that was stopped has the weights of the lowest loss
        Entry(
            "Number of epochs without a lower loss on the validation part after which a training stops.",
            panel="Network",
            domains=(Domain(f"must be 0 (none) to {MOST}", lambda value: 0 <= value <= MOST),),
            default_text="never",
        ),
    ] = 0
    train_batch: Annotated[int, Entry("Samples in a training batch.", panel="Network", domains=COUNT)] = 128
    shuffle_train: Annotated[
        bool, Entry("Draw a new order of the training samples in each epoch.", panel="Network")
    ] = True
    flip: Annotated[bool, Entry("Flip images left to right at random.", panel="Network")] = False
    shift: Annotated[
        int,
        Entry(
            "Largest number of pixels by which images are moved at random.",
            panel="Network",
            domains=(Domain("must be 0 (none) or more pixels", lambda value: value >= 0),),
            default_text="0",
        ),
    ] = 0
    test_batch: Annotated[
        int | None,  # None: all at once
        Entry("Samples in a test batch; no score depends on it.", panel="Network", domains=COUNT, default_text="all"),
    ] = None
    shuffle_test: Annotated[bool, Entry("Shuffle the test samples; no score depends on it.", panel="Network")] = True
    precision: Annotated[
        str,
        Entry(
            "Number format: float32, float64, or bf16 (float32 weights, bfloat16 products).",
            panel="Computing",
            metavar="NAME",
            names=("float32", "float64", "bf16"),
        ),
    ] = "float32"
    n_networks: Annotated[
        int,
        Entry(
            "Number of networks, with other initial weights and batches, whose probabilities are averaged.",
            panel="Network",
            domains=(
                ONE_OR_MORE,
                Domain(f"must be {MOST_NETWORKS} at most", lambda value: value <= MOST_NETWORKS),
            ),
        ),
    ] = 1
    features: Annotated[
        str,  # empty: the samples as they are
        Entry(
            "Pretrained network whose frozen features replace the images, as timm:resnet18.",
            panel="Network",
            metavar="MODEL",
            default_text="none",
        ),
    ] = ""


@dataclass(frozen=True)
class DecisionFields:
    """The fields of a recipe that say how a probability becomes a decision; they are stored behind the others."""

    calibration: Annotated[
        str,
        Entry(
            "Calibration that is fitted on the validation part: none, temperature, platt, isotonic, or auto (the best "
            "of these by log-loss).",
            panel="Decision",
            metavar="NAME",
            names=("none", "temperature", "platt", "isotonic", "auto"),
            default_text="none",
        ),
    ] = "none"
    threshold: Annotated[
        str,
        Entry(
            "Rule that the tuned threshold optimises, as f1, g_mean or cost:fn=10; or, on one's own data, what it "
            "guarantees: recall>=0.9, precision>=0.8 or fpr<=0.05.",
            panel="Decision",
            metavar="RULE",
            default_text="f1",
        ),
    ] = "f1"
    optimize: Annotated[
        str | None,  # None, as in version 0.1: settings by roc_auc, methods by the score of the threshold rule
        Entry(
            "Score that chooses settings and methods, as average_precision, partial_roc_auc:max_fpr=0.1 or cost.",
            panel="Decision",
            metavar="SCORE",
            default_text="roc_auc",
        ),
    ] = None
    confidence: Annotated[
        float | None,  # None unless the threshold is a guarantee
        Entry(
            "Probability that the bound of a threshold such as recall>=0.9 holds on new rows.",
            panel="Decision",
            domains=(Domain("must be above 0 and below 1", lambda value: 0 < value < 1),),
            default_text="0.95 for a guarantee",
        ),
    ] = None


TRAINING_FIELDS, DECISION_FIELDS = read_fields(RecipeFields), read_fields(DecisionFields)
FIELDS = TRAINING_FIELDS | DECISION_FIELDS
