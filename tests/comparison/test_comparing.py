"""The comparison on one's own data: no leakage, the same again, what is recommended, within what time."""

import gc
import json

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import TargetEncoder

import imbaloss
from imbaloss import studies
from imbaloss.comparison import Answer, OwnModel
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.comparing import describe_detectable_difference
from imbaloss.comparison.from_python import collect_methods, open_arrays
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.sentences import write_reasons
from imbaloss.comparison.study import REFERENCES, SETS, OwnStudy
from imbaloss.evaluation import Decision
from imbaloss.report.page import mark_code
from imbaloss.studies import Store
from tests.comparison.examples import mixed

QUICK = {"epochs": 3, "hidden": (4,), "tune_lr": (), "lr": 0.01, "losses": ["ce", "mfe"], "settings": 2}


def parts(rows: int = 120, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    frame = mixed(rows, seed=seed)
    return frame.drop(columns="fraud"), frame["fraud"].to_numpy()


def is_best_or_told(answer: Answer, leader: str) -> bool:
    """Whether a method is recommended, or named as one that is ahead and not clearly enough."""
    return answer.best == leader or f"{leader} has a " in answer.verdict


def open_parts() -> Own:
    return open_arrays("data", [parts()], ComparisonRequest(target="y"), {})


@pytest.fixture(scope="module")
def answer(tmp_path_factory) -> Answer:
    return imbaloss.compare(*parts(), **QUICK, repetitions=5, out=tmp_path_factory.mktemp("own"), name="mine")


def test_an_answer_says_what_to_take_and_why(answer):
    assert answer.best in {"ce", "mfe", *REFERENCES}
    means = answer.table.set_index("method")["average_precision"]
    assert is_best_or_told(answer, means.idxmax())
    assert answer.verdict.startswith(f"Use {answer.best}")
    assert list(answer.summary.index[:1]) == [means.idxmax()]
    assert set(answer.table["method"]) == {"ce", "mfe", *REFERENCES}
    assert len(answer.comparisons["score"].unique()) == 4
    threshold, low, high = answer.threshold
    assert np.isnan(low) or low <= threshold <= high
    expected, low, high = answer.expected
    assert low < expected < high
    assert f"of about {expected:.2f} (95 % CI {low:.2f} to {high:.2f})" in answer.verdict
    assert "Use " in answer.verdict
    assert " ".join(answer.advice.sentences[0].split()) in " ".join(str(answer).split())
    assert "<table" in answer._repr_html_()


def test_its_folder_is_that_of_a_study_and_its_page_can_be_copied(answer, tmp_path):
    names = "study.toml results.sqlite table.csv table.md table.tex comparisons.csv importance.csv"
    assert {file.name for file in answer.folder.iterdir()} == {*names.split(), "figures", "report.html", "model"}
    page = answer.to_html(tmp_path / "page.html").read_text()
    assert "What finds y = yes in mine?" in page
    assert all(mark_code(note) in page for note in answer.description)
    assert "imbaloss predict model NEW_FILE" in page


def test_its_facts_are_json(answer):
    found = json.loads(json.dumps(convert_to_json(answer), allow_nan=False))
    assert found["best"] == answer.best
    assert len(found["table"]) == 4


def test_the_same_again_gives_the_same_numbers_and_trains_nothing(answer, monkeypatch):
    def no_training(*_, **__):
        raise AssertionError

    monkeypatch.setattr("imbaloss.studies.executors.train_together", no_training)
    again = imbaloss.compare(*parts(), **QUICK, repetitions=5, out=answer.folder, name="mine")
    assert again.verdict == answer.verdict
    new = parts()[0]
    assert np.array_equal(again.model.predict_proba(new), answer.model.predict_proba(new))


def test_other_data_in_the_same_folder_are_another_study(tmp_path):
    first = imbaloss.compare(*parts(), **QUICK, repetitions=1, out=tmp_path, name="mine")
    hashes = Store(tmp_path).hashes()
    page = (tmp_path / "report.html").read_bytes()
    with pytest.raises(ValueError, match="holds the report of mine, of other data or another target"):
        imbaloss.compare(*parts(seed=1), **QUICK, repetitions=1, out=tmp_path, name="mine")
    assert (page, hashes) == ((tmp_path / "report.html").read_bytes(), Store(tmp_path).hashes())
    second = imbaloss.compare(*parts(seed=1), **QUICK, repetitions=1, out=tmp_path, name="mine", overwrite=True)
    assert len(Store(tmp_path).hashes() - hashes) == len(hashes)
    assert set(first.table["roc_auc"]) != set(second.table["roc_auc"])


def test_what_is_left_of_another_question_does_not_pass_for_this_ones(tmp_path, monkeypatch):
    """The old model and page are gone before the first training, which may be interrupted."""
    quick = QUICK | {"losses": "mse", "references": False, "repetitions": 1, "out": tmp_path}
    imbaloss.compare(*parts(), **quick)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("imbaloss.studies.executors.train_together", interrupted)
    for rows, there in ((parts(), True), (parts(seed=1), False)):
        with pytest.raises(KeyboardInterrupt):
            imbaloss.compare(*rows, **quick | {"losses": "ce"}, overwrite=True)
        assert (tmp_path / "report.html").exists() == there
        assert (tmp_path / "model" / "own.json").exists() == there


def test_advice_is_made_once_though_a_page_is_written(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "imbaloss.comparison.advice.write_reasons", lambda case: calls.append(case) or write_reasons(case)
    )
    quick = QUICK | {"losses": "mse", "references": False, "repetitions": 1, "out": tmp_path}
    answer = imbaloss.compare(*parts(), **quick)
    assert (tmp_path / "report.html").exists()
    assert [case.best for case in calls] == [answer.advice.method]


def test_the_study_is_read_again_as_it_was_written(answer):
    study = studies.read_study(answer.folder)
    assert isinstance(study, OwnStudy)
    assert OwnStudy.from_toml(study.to_toml()) == study
    store = Store(answer.folder, create=False)
    assert {run.hash for run in study.runs()} <= store.hashes()
    assert study.final_run(answer.advice.method).hash in store.hashes()
    assert study.notes == tuple(answer.description)


def test_references_are_trained_on_the_same_rows_as_networks(answer):
    study, store = studies.read_study(answer.folder), Store(answer.folder, create=False)
    images = {}
    for row in store.rows(study.runs()):
        rows = {part: tuple(some.images) for part, some in store.predictions(row.run).items()}
        images.setdefault((row.run.seed, row.run.fold), set()).add(tuple(sorted(rows.items())))
    assert len(images) == 5
    assert {len(some) for some in images.values()} == {1}


@pytest.mark.parametrize("settings", [1, 2, 6])
def test_each_method_tries_as_many_settings(settings):
    runs = plan_study(ComparisonRequest(target="y", settings=settings), open_parts()).runs()
    assert {len(run.candidates) for run in runs} == {settings}
    assert {str(run.method) for run in runs} == set(SETS["default"])


def test_a_learning_rate_is_the_one_that_is_taken():
    own = open_parts()
    runs = plan_study(ComparisonRequest(target="y", recipe={"lr": 0.02}), own).runs()
    assert {(run.recipe.lr, run.recipe.tune_lr) for run in runs if run.method.learner.is_network} == {(0.02, ())}


def test_losses_are_crossed_with_samplers():
    own = open_parts()
    request = ComparisonRequest(target="y", losses=("mse", "focal:gamma=2"), samplers=("none", "smote"))
    study = plan_study(request, own)
    assert tuple(map(str, study.methods)) == ("mse", "mse + smote", "focal", "focal + smote", *REFERENCES)


def test_a_loss_that_the_recipe_cannot_train_is_refused():
    with pytest.raises(ValueError, match="changes after"):
        plan_study(ComparisonRequest(target="y", losses=("ldam_drw:after=1000",)), open_parts())


def test_methods_are_texts_and_classifiers_and_go_on_from_what_is_there(tmp_path, monkeypatch):
    """A classifier is trained as it was given, and left as it was."""
    forest = RandomForestClassifier(n_estimators=5, class_weight={0: 1, 1: 3})
    asked = {"methods": [forest, "lightgbm:num_leaves=7 + random_over", "ce"], "repetitions": 2, "epochs": 2}
    found = imbaloss.compare(*parts(), **asked, settings=2, out=tmp_path)
    first, *further = found.table["method"]
    assert first.startswith("sklearn.ensemble:RandomForestClassifier:class_weight=object-")
    assert first.endswith(",n_estimators=5")
    assert further == ["lightgbm:num_leaves=7 + random_over", "ce"]
    assert not hasattr(forest, "classes_")
    assert not found.table["failed"].any()
    assert [str(method) for method in studies.read_study(tmp_path).methods] == [first, *further]

    def no_training(*_, **__):
        raise AssertionError

    monkeypatch.setattr("imbaloss.studies.executors.train_together", no_training)
    assert imbaloss.compare(*parts(), **asked, settings=2, out=tmp_path).verdict == found.verdict


def test_one_classifier_is_one_method_although_it_can_be_iterated_over():
    assert len(collect_methods(RandomForestClassifier())) == len(collect_methods("ce + smote")) == 1
    assert collect_methods(name for name in ("ce", "mse")) == ("ce", "mse")
    assert collect_methods(None) is None


def test_methods_decide_as_the_recipe_says():
    asked = ComparisonRequest(target="y", recipe={"threshold": "cost:fn=10", "calibration": "platt"})
    study = plan_study(asked, open_parts())
    assert {method.decision for method in study.methods} == {Decision.read({**asked.recipe, "optimize": "cost"})}
    assert {run.method for run in study.runs()} == set(study.methods)
    assert OwnStudy.from_toml(study.to_toml()) == study


def test_references_are_asked_for_by_name_or_left_out():
    own = open_parts()
    methods = {}
    for losses in (("mse",), ("random_forest", "mse"), None):
        request = ComparisonRequest(target="y", losses=losses, references=False)
        methods[losses] = tuple(map(str, plan_study(request, own).methods))
    assert methods["mse",] == ("mse",)
    assert methods["random_forest", "mse"] == ("mse", "random_forest")
    assert not set(methods[None]) & set(REFERENCES)


@pytest.mark.parametrize(("rare", "other"), [(1, 0), (True, False), ("ja", "nein"), (2.5, 1.0)])
def test_classes_are_what_the_labels_were(rare, other, tmp_path):
    X, y = parts()
    labels = np.where(y == "yes", rare, other)
    found = imbaloss.compare(X, labels, **QUICK | {"losses": "ce"}, repetitions=1, references=False, positive=rare)
    assert set(found.model.predict(X)) <= {rare, other}
    assert found.model.positive == rare
    assert found.model.decide(np.array([0.0, 1.0])).dtype == (labels.dtype if not isinstance(rare, str) else object)
    found.model.save(tmp_path)
    assert OwnModel.load(tmp_path).decide(np.array([0.0, 1.0])).tolist() == [other, rare]


def test_more_repetitions_go_on_from_those_that_are_there(tmp_path):
    imbaloss.compare(*parts(), **QUICK, repetitions=1, out=tmp_path)
    before = Store(tmp_path).hashes()
    imbaloss.compare(*parts(), **QUICK, repetitions=2, out=tmp_path)
    study = studies.read_study(tmp_path)
    assert {run.hash for run in study.runs_of_repetition(0)} <= before
    assert not {run.hash for run in study.runs_of_repetition(1)} & before


def test_what_costs_are_given_is_what_is_compared_and_told():
    found = imbaloss.compare(*parts(), **QUICK, repetitions=3, threshold="cost:fn=10,fp=1")
    costs = found.table.set_index("method")["tuned_cost"]
    assert is_best_or_told(found, costs.idxmin())
    assert f"Use {found.best}. On new rows expect a mean cost at the tuned threshold of about " in found.verdict
    constant = min(10 * 24, 96) / 120
    assert f"to flag all rows costs {constant:.3g}" in found.verdict
    line = found.comparisons[found.comparisons["score"] == "mean cost at the tuned threshold"].iloc[0]
    assert line["difference"] == pytest.approx(costs[line["second"]] - costs[line["first"]])
    assert line["margin"] == pytest.approx(0.01 * constant, rel=0.05)  # the mean over the test parts


RULES = {
    "g_mean": "tuned_g_mean",
    "mcc": "tuned_mcc",
    "f_beta:beta=2": "tuned_f_beta",
    "accuracy": "tuned_accuracy",
    "top_share:share=0.2": "tuned_recall",
    "recall_at_precision:precision=0.1": "tuned_recall",
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_thresholds_is_what_is_compared(rule):
    found = imbaloss.compare(*parts(), **QUICK, repetitions=2, threshold=rule)
    assert RULES[rule] in {score.column for score in found.findings.scored}
    assert found.advice.score.column == "average_precision"
    rows = found.findings.rows
    if rule == "f_beta:beta=2":
        tuned = [row.tuned.scores for row in rows]
        assert [one["f_beta"] for one in tuned] == [
            pytest.approx(5 * one["tp"] / (5 * one["tp"] + 4 * one["fn"] + one["fp"])) for one in tuned
        ]
    demanded = "You asked for a precision of 0.1. On test it was reached in " in found.verdict
    assert demanded == (":precision" in rule)


@pytest.mark.parametrize(
    ("optimized", "column"),
    [
        ("f1", "tuned_f1"),
        ("roc_auc", "roc_auc"),
        ("partial_roc_auc:max_fpr=0.2", "partial_roc_auc"),
        ("precision_at_share:share=0.2", "precision_at_share"),
        ("brier", "brier"),
    ],
)
@pytest.mark.parametrize("test", [None, "own"])
def test_what_is_optimised_chooses_settings_and_method(optimized, column, test):
    options = {"test": parts(seed=5)} if test else {}
    found = imbaloss.compare(*parts(), **QUICK, repetitions=2, optimize=optimized, **options)
    assert found.advice.score.column == column
    assert {row.tuning.by for row in found.findings.rows if row.tuning} == {optimized}
    means = found.table.set_index("method")[column]
    assert means.notna().all()
    best_first = found.summary.index.tolist()
    assert best_first == means.sort_values(ascending=column == "brier", kind="stable").index.tolist()
    assert found.advice.score.label in found.verdict


@pytest.mark.parametrize("test", [None, "own"])
def test_savings_are_the_share_of_the_cost_of_the_best_constant_decision(test):
    options = {"test": parts(seed=5)} if test else {}
    asked = {"threshold": "cost:fn=5,fp=1", "optimize": "savings"}
    found = imbaloss.compare(*parts(), **QUICK, repetitions=2, **asked, **options)
    for row in found.findings.rows:
        scores, (negatives, positives) = row.tuned.scores, row.counts.test
        spent, constant = 5 * scores["fn"] + scores["fp"], min(5 * positives, negatives)
        assert scores["savings"] == pytest.approx(1 - spent / constant)
    assert found.advice.score.column == "tuned_savings"


def test_a_method_without_thresholds_is_not_recommended_by_the_repetitions_that_have_some():
    """No threshold reaches such a precision in each repetition: what has one by luck is not the best."""
    features, labels = parts()
    rule = "recall_at_precision:precision=0.7"
    asked = {**QUICK, "repetitions": 5, "threshold": rule, "optimize": "f1"}
    found = imbaloss.compare(features.drop(columns="day"), labels, **asked)
    over = found.table.set_index("method")["seeds"].to_dict()
    scores = found.findings.scored[found.advice.score][0].scores
    known = {method: int(np.isfinite(some).sum()) for method, some in scores.items()}
    assert known[found.best] == max(known.values())
    assert len(set(known.values())) > 1, over
    reason = "no threshold on the validation part meets recall_at_precision:precision=0.7"
    assert f"Some repetitions give no score, since {reason}: " in found.verdict


@pytest.mark.parametrize("test", [None, "own"])
def test_one_repetition_of_two_methods_names_no_winner(test):
    options = {"test": parts(seed=5)} if test else {}
    found = imbaloss.compare(*parts(), **QUICK, repetitions=1, **options)
    assert "One " in found.advice.recommendation
    assert "cannot tell methods apart" in found.advice.recommendation
    assert found.comparisons["verdict"].eq("undecided").all()
    assert np.isnan(found.expected[1:]).all()
    assert found.expected.estimate == found.summary.loc[found.best, "average precision"]


def test_a_test_of_its_own_is_what_is_judged_by():
    found = imbaloss.compare(*parts(), test=parts(seed=5), **QUICK, repetitions=3)
    assert set(found.table["test_positives"]) == {24}
    assert set(found.table["train_positives"] + found.table["tune_positives"]) == {24}
    assert "The test file is the test part" in "\n".join(found.description)
    assert "This allows for other test rows too, by a bootstrap" in found.verdict
    assert found.findings.rulings == {}  # the seeds alone rule no method out


def test_a_convolutional_network_with_prototypes_compares_images(tmp_path):
    """Its model predicts again after it was saved, and the figure of its prototypes is there."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 5 == 0
    images = generator.integers(0, 120, (60, 8, 8, 3)).astype(np.uint8)
    images[labels, :, :4] += 100
    found = imbaloss.compare(
        images, labels, epochs=20, network="fcn/prototype:per_class=2", channels=(4, 8), lr=0.02, flip=False, shift=1,
        losses=["msfe"], repetitions=2, references=False, out=tmp_path,
    )  # fmt: skip
    assert (found.model.predict(images) == labels).mean() > 0.9
    again = OwnModel.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(images), found.model.predict_proba(images))
    assert (tmp_path / "figures" / "prototypes_data_5_folds_0.2.svg").exists()
    assert not any("perceptron" in note for note in found.description)


def test_columns_are_no_images_and_nothing_is_written(tmp_path):
    X, y = np.random.default_rng(0).random((60, 5)), np.arange(60) % 5 == 0
    for wrong, sentence in (
        ({"network": "cnn"}, r"cnn is for images \(channels, height, width\), and these are rows of 5 columns"),
        ({"shift": 2}, r"flip and shift are for images \(channels, height, width\), and these are rows of columns"),
    ):
        with pytest.raises(ValueError, match=sentence):
            imbaloss.compare(X, y, out=tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_images_are_compared_and_shown(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 4 == 0
    images = generator.integers(0, 120, (60, 8, 8, 3)).astype(np.uint8)
    images[labels, :, :4] += 100
    found = imbaloss.compare(
        images, labels, network="mlp", epochs=20, hidden=(8,), losses=["ce"], repetitions=2, out=tmp_path
    )
    assert found.table.set_index("method")["roc_auc"][["ce", "logistic_regression"]].min() > 0.9
    assert found.model.predict(images).dtype == bool
    assert (found.model.predict(images) == labels).mean() > 0.9
    assert (tmp_path / "figures" / "images_data.svg").exists()
    assert any("The network is a perceptron" in note for note in found.description)


def test_a_reference_that_wins_is_said_to_and_is_the_model(tmp_path):
    """A line is what logistic regression finds and a network of two epochs does not."""
    generator = np.random.default_rng(0)
    X = generator.standard_normal((300, 5))
    y = X[:, 0] + X[:, 1] > 2
    options = {"epochs": 1, "hidden": (2,), "lr": 1e-5, "tune_lr": (), "out": tmp_path}
    found = imbaloss.compare(X, y, methods=["mse", "logistic_regression"], **options, repetitions=3)
    assert found.best == "logistic_regression"
    assert "The only network is mse: logistic_regression is ahead of mse by " in found.verdict
    assert (tmp_path / "model" / "reference.skops").exists()
    assert not (tmp_path / "model" / "model.safetensors").exists()
    assert found.model.facts["method"] == found.best


def test_a_leak_through_encoding_or_resampling_does_not_get_in():
    """The names tell nothing of new rows; encoded, or repeated, before the division, they and the noise tell all."""
    generator = np.random.default_rng(0)
    rows = 500
    y = generator.permutation(np.arange(rows) < 50)
    noise = generator.standard_normal((rows, 5))
    names = np.array([f"name {number}" for number in generator.integers(0, 200, rows)])
    frame = pd.DataFrame(noise, columns=list("abcde")).assign(name=names)

    forest = RandomForestClassifier(20, random_state=0)
    encoded = TargetEncoder(smooth=0.1).fit(names[:, None], y).transform(names[:, None])
    assert cross_val_score(forest, encoded, y, scoring="roc_auc", cv=3).mean() > 0.8
    repeated = RandomOverSampler(random_state=0).fit_resample(noise, y)
    assert cross_val_score(forest, *repeated, scoring="roc_auc", cv=3).mean() > 0.9

    options = {"losses": ["ce"], "samplers": ["none", "random_over"], "tune_lr": (), "lr": 0.01, "epochs": 30}
    found = imbaloss.compare(frame, y, **options, repetitions=3)
    kinds = {column.name: column.kind for column in found.model.kind.columns}
    assert kinds["name"] == "many"
    assert len(found.table) == 4
    assert found.table["roc_auc"].between(0.36, 0.64).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"y": [1, 0]}, "X has 120 rows and y has 2"),
        ({"groups": [1, 2]}, r"groups must be \(120,\), one for each row of X, found shape \(2,\)"),
        (
            {"test": parts(), "times": np.arange(120)},
            "cannot be combined with `test`: the test set already fixes the split",
        ),
        ({"X": parts()[0].assign(y=1)}, "X has a column 'y'"),
        ({"X": np.zeros(120)}, r"X must be a frame or an array \(N, D\)"),
        ({"positive": "maybe"}, "has no class 'maybe'"),
        ({"repetitions": 0}, "repetitions must be 1 to 1000, found 0"),
        ({"budget": "1h", "repetitions": 1}, "`repetitions` and `budget` cannot be combined"),
        ({"loss": "mse"}, r"no option 'loss' \(did you mean 'losses'\?\)"),
        ({"recipe": {}}, r"no option 'recipe'( \(did you mean '(?!recipe)\w+'\?\))?$"),
        ({"out": 3}, "^out must be the path of a folder or None, found 3$"),
        ({"decimal": "x"}, "^`decimal` must be '.' or ',', found 'x'$"),
        ({"threshold": 0.5}, "threshold must be the text of a rule, such as 'f1'"),
        ({"budget": 60, "repetitions": None}, "budget must be a time, such as 90s, 10m or 2h, found 60"),
        ({"test": parts()[0]}, r"test must be a pair \(X, y\), found DataFrame"),
        ({"X": None}, r"X must be a frame or an array \(N, D\), found an array of shape \(\)"),
        ({"X": csr_matrix(np.ones((120, 2)))}, "X is sparse"),
        ({"X": parts()[0].assign(age=[[1, 2]] * 120)}, "column age holds lists"),
        ({"X": pd.concat({"a": parts()[0]}, axis=1)}, "column names in several levels"),
        ({"losses": "mfse"}, "there is no method 'mfse'"),
        ({"losses": None, "methods": "lightgmb"}, r"there is no method 'lightgmb' \(did you mean 'lightgbm'\?\)"),
        ({"methods": "quick"}, "^`methods` and `losses` cannot be combined: name a loss as a method too$"),
        ({"losses": None, "methods": ["quick", "ce"]}, "^the set 'quick' cannot be combined with other methods"),
        ({"losses": None, "methods": "nowhere:Thing"}, "^nowhere:Thing cannot be imported: "),
        ({"losses": None, "methods": "sklearn.linear_model:Ridge"}, "Ridge cannot be used as a classifier"),
        ({"losses": None, "methods": "sklearn.svm:SVC:c=1"}, "has no parameter 'c'"),
        ({"losses": None, "methods": [RandomForestClassifier]}, "RandomForestClassifier"),
        ({"optimize": "cost"}, "^optimize cost needs costs: give them as the threshold"),
        ({"optimize": "auc"}, "there is no score to optimize 'auc'"),
        ({"settings": 7}, "^settings must be 1 to 6, found 7$"),
        ({"settings": 2.0}, "settings must be a whole number, found 2.0"),
        ({"drop": "aeg"}, r"no column 'aeg', which `drop` names \(did you mean 'age'\?\)"),
        ({"losses": [], "references": False}, "there is no method to compare"),
        ({"folds": 2}, "folds"),
        ({"folds": "3"}, "folds must be a whole number, found '3'"),
        ({"repetitions": 2.5}, "repetitions must be a whole number, found 2.5"),
        ({"drop": 0}, "no column '0', which `drop` names"),
        ({"X": pd.DataFrame(np.zeros((120, 2)), columns=["a", "a"])}, "two columns 'a'"),
        ({"X": np.zeros((120, 3, 3), np.uint8), "y": [1, 0]}, "X has 120 rows and y has 2"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(change, sentence, tmp_path):
    X, y = parts()
    asked = {"X": X, "y": y, **QUICK, "repetitions": 1, "out": tmp_path / "out"} | change
    with pytest.raises((ValueError, TypeError), match=sentence):
        imbaloss.compare(asked.pop("X"), asked.pop("y"), **asked)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("rows", "shown"), [(120, False), (4000, True)])
def test_a_difference_beyond_the_highest_area_cannot_be_shown(rows, shown):
    request = ComparisonRequest(target="y", repetitions=40)
    own = open_arrays("data", [parts(rows)], request, {})
    [note] = describe_detectable_difference(plan_study(request, own), own)
    assert (note.startswith("A difference in ROC-AUC of about 0.")) is shown
    assert ("are too few to show a difference in ROC-AUC between 8 methods" in note) is not shown
    assert note.endswith(", and the highest area is 1") is not shown


def test_groups_and_times_are_given_beside():
    found = imbaloss.compare(*parts(), groups=np.arange(120) // 2, **QUICK, repetitions=1)
    assert "The rows of one group stay together (60 groups)" in "\n".join(found.description)
    folder = found.folder
    assert folder.exists()
    del found
    gc.collect()
    assert not folder.exists()
    found = imbaloss.compare(*parts(), times=pd.date_range("2026-01-01", periods=120), **QUICK, repetitions=1)
    assert "The latest fifth of the rows is the test part" in "\n".join(found.description)


def test_a_method_whose_trainings_fail_is_not_recommended():
    options = {**QUICK, "lr": 1e30, "optimizer": "sgd", "losses": ["mse"], "epochs": 2}
    found = imbaloss.compare(*parts(), **options, repetitions=2)
    assert found.best in REFERENCES
    assert found.table.set_index("method").loc["mse", "failed"] == 2
    assert "give no score, since the training failed: mse (2 of 2). " in found.verdict
    assert "mse" not in found.verdict.replace("mse (2 of 2)", "").replace("failed: mse (2)", "")
