"""The reader of skops files gives what skops gives, and leaves to skops whatever it does not know."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbaloss.comparison.own_model import TRUSTED
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.data import InputForm
from imbaloss.learners.skops_file import load
from imbaloss.learners.skops_reader import SCHEMA, UnknownContentError, read_known
from tests.comparison.examples import mixed, open_source, write_csv


def rewrite(content: bytes, change) -> bytes:
    """A skops file whose schema is changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files[SCHEMA])
    change(schema)
    files[SCHEMA] = json.dumps(schema).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return written.getvalue()


def describe(value: object) -> str:
    """All that an object holds, at any depth, with the types and bytes of arrays."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{value.tolist() if value.dtype == object else value.tobytes()}"
    if isinstance(value, dict):
        return f"{type(value)}{[(key, describe(item)) for key, item in value.items()]}"
    if isinstance(value, list | tuple):
        return f"{type(value)}{[describe(item) for item in value]}"
    return (
        f"{type(value)}{describe(vars(value)) if hasattr(value, '__dict__') and not isinstance(value, type) else value}"
    )


@pytest.mark.parametrize("form", [InputForm.PREPARED, InputForm.COLUMNS])
def test_the_preparation_of_each_kind_of_column_is_read_as_skops_reads_it(form, tmp_path):
    own = open_source(write_csv(tmp_path, mixed()), "fraud")
    fitted, _ = TablePreparation.fit(own.kind, own.features, own.labels, form)
    content = skops.io.dumps(dict(fitted.steps))
    assert describe(read_known(content)) == describe(skops.io.loads(content, trusted=list(TRUSTED)))
    again = TablePreparation(fitted.schema, read_known(content), form)
    assert again(own.features).tobytes() == fitted(own.features).tobytes()


def test_a_logistic_regression_predicts_the_same():
    X = np.random.default_rng(0).normal(size=(60, 3))
    fitted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")).fit(X, X[:, 0] > 0)
    read = read_known(skops.io.dumps(fitted))
    assert read.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()
    assert describe(read) == describe(fitted)


def test_an_object_that_occurs_twice_is_made_once():
    scaler = StandardScaler()
    first, second = read_known(skops.io.dumps([scaler, scaler]))
    assert first is second


def test_trees_are_left_to_skops(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 2))
    content = skops.io.dumps(RandomForestClassifier(3, random_state=0).fit(X, X[:, 0] > 0))
    with pytest.raises(UnknownContentError):
        read_known(content)
    assert load(tmp_path / "a.skops", content, ["sklearn.tree._tree.Tree", "numpy.dtype"]).n_estimators == 3


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("os.system", {"__module__": "os", "__class__": "system"}),
        ("another loader", {"__loader__": "FunctionNode"}),
        ("another protocol", {"protocol": 99}),
    ],
)
def test_nothing_else_is_made_of_a_file(name, change):  # noqa: ARG001
    content = rewrite(skops.io.dumps(StandardScaler()), lambda schema: schema.update(change))
    with pytest.raises(UnknownContentError):
        read_known(content)


def test_a_type_within_a_list_is_no_way_around():
    def hide(schema):
        schema["content"][0] |= {"__module__": "subprocess", "__class__": "Popen", "__loader__": "ObjectNode"}

    content = rewrite(skops.io.dumps([StandardScaler()]), hide)
    with pytest.raises(UnknownContentError, match=r"subprocess\.Popen"):
        read_known(content)


def test_arrays_of_objects_keep_their_shape():
    for array in (np.array(["a", None], dtype=object), np.array([["a", 1], ["b", 2]], dtype=object)):
        read = read_known(skops.io.dumps({"names": array}))["names"]
        assert read.shape == array.shape
        assert read.tolist() == array.tolist()
    assert pd.isna(read_known(skops.io.dumps({"value": np.float64("nan")}))["value"])
