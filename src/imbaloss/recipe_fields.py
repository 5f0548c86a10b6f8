"""The fields of a recipe: name, type, default, domain and help of each hyper-parameter.

`Recipe` and `Decision`, the options of the command line, the check of study files and the list in docs/studies.md are
made from this table. It loads neither torch nor NumPy, so that `imbaloss --help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated

from imbaloss.field_tables import Domain, Entry, read_fields

MOST = 2**31 - 1  # epochs, or samples of a batch
WIDEST = 100_000  # a wider hidden layer is a slip of the pen


ONE_OR_MORE = Domain("must be 1 or more", lambda value: value >= 1)
COUNT = (
    ONE_OR_MORE,
    Domain(f"must be {MOST} at most", lambda value: value <= MOST),
)
RATE = Domain("must be above 0 and finite", lambda value: 0 < value < float("inf"), in_precision=True)

# Fields that studies, comparisons on one's own data and commands share, beside those of a recipe.
DEVICE = Entry("cpu, cuda or cuda:N.", in_python='"cpu", "cuda" or "cuda:N".')
MARGIN = Entry(
    "Differences of a score within it do not matter.",
    domains=(Domain("must be above 0 and below 1, as a score is", lambda margin: 0 < margin < 1),),
)
DEFAULT_MARGIN = 0.01


@dataclass(frozen=True)
class RecipeFields:
    """The fields of a recipe that decide a training, in the order in which they are stored.

    The defaults are the report's.
    """

    network: Annotated[
        str,
        Entry(
            "mlp, cnn, fcn or prototype; also cnn/prototype:per_class=2 and the like.",
            in_python="mlp, or prototype:per_class=2 and the like, which learns prototypes on the embedding of an mlp.",
        ),
    ] = "mlp"
    hidden: Annotated[
        tuple[int, ...] | None,  # None for networks other than an mlp
        Entry(
            "Widths of the hidden layers of an mlp, as 1000,100,10.",
            domains=(Domain(f"widths must be 1 to {WIDEST}", lambda width: 1 <= width <= WIDEST),),
            example="1000,100,10",
            may_be_empty=True,
        ),
    ] = (1000, 100, 10)
    channels: Annotated[
        tuple[int, ...] | None,  # None for an mlp
        Entry(
            "Of the stages of a cnn or fcn, as 16,32,64.",
            domains=(Domain(f"must be 1 to {WIDEST}", lambda width: 1 <= width <= WIDEST),),
            example="16,32,64",
        ),
    ] = (16, 32, 64)
    activation: Annotated[
        str,
        Entry(
            "Of the hidden layers: relu, sigmoid or tanh.",
            names=("relu", "sigmoid", "tanh"),
            in_python="Activation of the hidden layers: relu, sigmoid or tanh.",
        ),
    ] = "relu"
    outputs: Annotated[
        int,  # 1: one logistic output, for two classes; else one softmax output a class
        Entry(
            "1 logistic or 2 softmax outputs.",
            domains=(Domain("must be 1, or one for each class", lambda value: value >= 1),),
        ),
    ] = 1
    init: Annotated[
        str, Entry("Initial weights: torch, xavier, he or normal.", names=("torch", "xavier", "he", "normal"))
    ] = "torch"
    scaling: Annotated[
        str,
        Entry(
            "Pixels in [0, 1] (unit) or standardised (standard).",
            names=("unit", "standard"),
            in_python="standard: columns get mean 0 and deviation 1 on the training samples; unit: unchanged columns.",
        ),
    ] = "unit"
    optimizer: Annotated[str, Entry("sgd or adam.", names=("sgd", "adam"), in_python="The optimizer: sgd or adam.")] = (
        "sgd"
    )
    lr: Annotated[float, Entry("Learning rate.", domains=(RATE,))] = 0.1
    tune_lr: Annotated[
        tuple[float, ...],  # in place of lr
        Entry(
            "Rates, as 0.01,0.1: each training takes the best on its validation part.",
            domains=(RATE,),
            example="0.01,0.1",
        ),
    ] = ()
    momentum: Annotated[
        float,
        Entry(
            "Of sgd.",
            domains=(Domain("must be from 0 to below 1", lambda value: 0 <= value < 1),),
            in_python="Momentum (sgd only).",
        ),
    ] = 0.0
    weight_decay: Annotated[
        float,  # as torch.optim has it
        Entry(
            "L2 penalty.",
            domains=(Domain("must be >= 0 and finite", lambda value: 0 <= value < float("inf")),),
        ),
    ] = 0.0
    epochs: Annotated[int, Entry("Number of epochs.", domains=COUNT)] = 300
    patience: Annotated[
        int,  # 0: all epochs are trained; else a training that was stopped has the weights of the lowest loss
        Entry(
            "Epochs without a lower loss on validation, then stop.",
            domains=(Domain(f"must be 0 (none) to {MOST}", lambda value: 0 <= value <= MOST),),
            default_text="never",
        ),
    ] = 0
    train_batch: Annotated[int, Entry("Samples in a training batch.", domains=COUNT)] = 128
    shuffle_train: Annotated[bool, Entry("New order each epoch.")] = True
    flip: Annotated[bool, Entry("Images left to right, at random.")] = False
    shift: Annotated[
        int,
        Entry(
            "Pixels by which images are moved at random, at most.",
            domains=(Domain("must be 0 (none) or more pixels", lambda value: value >= 0),),
            default_text="0",
        ),
    ] = 0
    test_batch: Annotated[
        int | None,  # None: all at once
        Entry("Samples in a test batch.", domains=COUNT, default_text="all"),
    ] = None
    shuffle_test: Annotated[bool, Entry("No score depends on it.")] = True
    precision: Annotated[
        str,
        Entry("float32, float64, or bf16: float32 weights, bfloat16 products.", names=("float32", "float64", "bf16")),
    ] = "float32"


@dataclass(frozen=True)
class DecisionFields:
    """The fields of a recipe that say how a probability becomes an action; stored behind the others."""

    calibration: Annotated[
        str,
        Entry(
            "On validation: temperature, platt or isotonic.",
            names=("none", "temperature", "platt", "isotonic"),
            default_text="none",
            in_python="Calibration that is fitted on the validation part: none, temperature, platt or isotonic.",
        ),
    ] = "none"
    threshold: Annotated[
        str, Entry("What the tuned threshold is best for, as f1, g_mean, cost:fn=10.", default_text="f1")
    ] = "f1"


TRAINING_FIELDS, DECISION_FIELDS = read_fields(RecipeFields), read_fields(DecisionFields)
FIELDS = TRAINING_FIELDS | DECISION_FIELDS
