"""A model of one's own data: what is saved is what is loaded, bit for bit, and nothing that was changed is."""

import hashlib
import json
import shutil
import subprocess
import sys
import warnings
from importlib import import_module
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import skops.io

import imbaloss
from imbaloss import studies
from imbaloss.comparison import OwnModel
from imbaloss.comparison.comparing import train_final_model
from imbaloss.comparison.from_python import open_arrays
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import CHECKSUM, FORMAT_1, NAME, PREPARATION, hash_header
from imbaloss.comparison.place import Place
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.learners.sklearn_predictor import SklearnPredictor
from tests.comparison.examples import mixed, write_csv
from tests.comparison.plain import column_transformer

IMBALOSS = Path(sys.executable).with_name("imbaloss")
FRAME = mixed(200)
QUICK = {"epochs": 3, "hidden": (4,), "repetitions": 1, "threshold": "g_mean"}


@pytest.fixture(scope="module")
def own() -> Own:
    pairs = [(FRAME.drop(columns="fraud"), FRAME["fraud"])]
    return open_arrays("data", pairs, ComparisonRequest(target="y"), {})


@pytest.fixture(scope="module", params=["mse", "logistic_regression"])
def folder(request, own, tmp_path_factory) -> Path:
    """With the model of each kind: trained where it is the only one to have a score that counts."""
    out = tmp_path_factory.mktemp("own")
    found = imbaloss.compare(FRAME.drop(columns="fraud"), FRAME["fraud"], losses=["mse"], out=out, **QUICK)
    place = Place(own, out, studies.Store(out), "cpu")
    study = studies.read_study(found.folder)
    [method] = [each for each in study.methods if str(each) == request.param]
    train_final_model(study, method, "fraud", place)
    return out / "model"


def test_a_fresh_process_predicts_the_same_bits(folder, tmp_path):
    model = OwnModel.load(folder)
    file, out = write_csv(tmp_path, FRAME), tmp_path / "out.parquet"
    subprocess.run([IMBALOSS, "predict", folder, file, "--out", out, "--keep", "shop"], check=True)
    found = pd.read_parquet(out)
    assert found[model.column].to_numpy().tobytes() == model.predict_proba(FRAME)[:, 1].tobytes()
    assert found["decision"].tolist() == model.predict(FRAME).tolist()
    assert found["shop"].tolist() == FRAME["shop"].tolist()


def test_it_knows_what_it_was_made_of(folder):
    model = OwnModel.load(folder)
    assert (model.classes, model.target) == (("no", "yes"), "fraud")
    assert model.facts["rule"] == "g_mean"
    assert model.facts["counts"]["train"][1] + model.facts["counts"]["validation"][1] == 40
    assert {"torch", "scikit-learn"} <= set(model.facts["versions"])
    assert 0 <= model.threshold.low <= model.threshold.value <= model.threshold.high <= 1


def test_the_threshold_decides(folder):
    model = OwnModel.load(folder)
    probabilities = model.predict_proba(FRAME)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert ((model.predict(FRAME) == "yes") == (probabilities[:, 1] >= model.threshold.value)).all()


def test_every_changed_file_is_refused(folder, tmp_path):
    for file in folder.iterdir():
        copy = tmp_path / file.name
        shutil.copytree(folder, copy)
        content = bytearray((copy / file.name).read_bytes())
        for place in np.linspace(0, len(content) - 1, 25).astype(int):
            changed = content.copy()
            changed[place] ^= 1
            (copy / file.name).write_bytes(changed)
            with pytest.raises(ValueError, match=r"own\.json|skops|safetensors"):
                OwnModel.load(copy)


def test_a_missing_file_is_named(folder, tmp_path):
    for file in folder.iterdir():
        copy = tmp_path / file.name
        shutil.copytree(folder, copy)
        (copy / file.name).unlink()
        with pytest.raises(ValueError, match=file.name):
            OwnModel.load(copy)


def replace_file(folder: Path, name: str, content: bytes, **header_entries) -> None:
    """Write another content, and all checksums as they are right for it."""
    (folder / name).write_bytes(content)
    header = json.loads((folder / NAME).read_text()) | header_entries
    header.pop(CHECKSUM)
    header["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / NAME).write_text(json.dumps(header | {CHECKSUM: hash_header(header)}))


def test_a_model_of_format_1_predicts_the_same_bits(folder, own, tmp_path):
    """Its preparation is a ColumnTransformer that was fitted on a frame."""
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    model = OwnModel.load(folder)
    train = own.without_test.find_rows(model.facts["seed"], None)["train"]
    preparation = column_transformer(model.kind, int(own.labels[train].sum()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fewer rows than quantiles
        preparation.fit(own.features.iloc[train], own.labels[train])
    replace_file(copy, PREPARATION, skops.io.dumps(preparation), format=FORMAT_1)
    assert OwnModel.load(copy).predict_proba(FRAME).tobytes() == model.predict_proba(FRAME).tobytes()


def name_module(content: bytes, old: str, new: str, name: str = "WideQuantileTransformer") -> bytes:
    """Change the address of a class in a skops file, which is an archive of stored files."""
    renamed = BytesIO()
    with ZipFile(BytesIO(content)) as archive, ZipFile(renamed, "w") as copy:
        for file in archive.namelist():
            schema = archive.read(file)
            if file == "schema.json":
                assert f'"{old}"'.encode() in schema
                schema = schema.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
                schema = schema.replace(b'"WideQuantileTransformer"', f'"{name}"'.encode())
            copy.writestr(file, schema)
    return renamed.getvalue()


OLD, NEW = "imbaloss.data.own.quantiles", "imbaloss.comparison.wide_quantiles"


def test_a_model_that_names_the_old_address_of_the_quantiles_predicts_the_same_bits(folder, tmp_path):
    """As models of format 2 do that were written before the class moved; there is no module at that address."""
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    replace_file(copy, PREPARATION, name_module((copy / PREPARATION).read_bytes(), NEW, OLD))
    with pytest.raises(ModuleNotFoundError):
        import_module(OLD)
    found = OwnModel.load(copy)
    assert found.predict_proba(FRAME).tobytes() == OwnModel.load(folder).predict_proba(FRAME).tobytes()
    found.save(copy)
    assert f"{NEW}.WideQuantileTransformer" in skops.io.get_untrusted_types(file=copy / PREPARATION)


@pytest.mark.parametrize("module", [OLD, NEW, "imbaloss.data.own"])
def test_at_neither_address_another_class_is_trusted(module, folder, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    content = name_module((copy / PREPARATION).read_bytes(), NEW, module, "QuantileTransformer")
    replace_file(copy, PREPARATION, content)
    with pytest.raises(ValueError, match=f"{PREPARATION} holds types that imbaloss does not load by itself: "):
        OwnModel.load(copy)


def test_a_kind_of_column_that_is_unknown_is_named_with_the_file(folder, tmp_path):
    """As a later version may write it."""
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    kind = json.loads((copy / NAME).read_text())["kind"]
    kind["columns"][0][1] = "colour"
    replace_file(copy, PREPARATION, (copy / PREPARATION).read_bytes(), kind=kind)
    with pytest.raises(ValueError, match=r"own\.json: column amount: .* does not know kind 'colour'"):
        OwnModel.load(copy)


def test_the_columns_of_a_model_that_was_loaded_are_saved_as_they_were(folder, tmp_path):
    OwnModel.load(folder).save(tmp_path / "model")
    saved, first = (json.loads((place / NAME).read_text())["kind"] for place in (tmp_path / "model", folder))
    assert saved == first


def test_types_that_imbaloss_does_not_write_are_not_loaded(folder, tmp_path):
    """Even where all checksums are right."""
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    name = SklearnPredictor.file if (copy / SklearnPredictor.file).exists() else PREPARATION
    replace_file(copy, name, skops.io.dumps(Path("a")))
    with pytest.raises(ValueError, match=f"{name} holds types .*PosixPath.* by --trust pathlib.PosixPath "):
        OwnModel.load(copy)


def test_no_file_is_pickle(folder):
    for file in folder.iterdir():
        assert file.suffix in {".json", ".safetensors", ".skops"}
