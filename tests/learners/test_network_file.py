"""A model that is saved and loaded again is the same model."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save_file

from imbaloss.evaluation import Calibration
from imbaloss.learners import network_file
from imbaloss.losses import LossSpec
from imbaloss.networks import join_networks
from imbaloss.training import Member, train
from tests.training.examples import RECIPE, split_of

FACTS = {"classes": ["cat", "dog"], "threshold": 0.5}


@pytest.fixture(params=[("float32", "mlp"), ("float64", "mlp"), ("float32", "cnn/prototype:per_class=2")])
def model(request):
    precision, network = request.param
    recipe = replace(RECIPE, precision=precision, outputs=2, test_batch=7, network=network, channels=(4, 6))
    [outcome] = train([Member(split_of(0), LossSpec.parse("mfe"), recipe, 0)])
    return outcome.model


def test_it_predicts_the_same_bits_in_a_fresh_process(model, tmp_path):
    network_file.save(model, tmp_path, FACTS)
    inputs = split_of(0).test.inputs
    np.save(tmp_path / "inputs.npy", inputs)
    code = (
        "import sys, pathlib, numpy as np\n"
        "from imbaloss.learners import network_file\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "model, facts = network_file.load(folder)\n"
        "assert facts == {'classes': ['cat', 'dog'], 'threshold': 0.5}\n"
        "sys.stdout.buffer.write(model.probabilities(np.load(folder / 'inputs.npy')).tobytes())\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True).stdout
    assert found == model.probabilities(inputs).tobytes()


def test_its_recipe_is_the_same(model, tmp_path):
    network_file.save(model, tmp_path, FACTS)
    assert network_file.load(tmp_path)[0].recipe == model.recipe
    assert hash(network_file.load(tmp_path)[0].recipe) == hash(model.recipe)


def test_order_and_batches_do_not_matter_to_predictions(model):
    inputs = split_of(0).test.inputs
    order = np.random.default_rng(0).permutation(len(inputs))
    whole = replace(model, recipe=replace(model.recipe, test_batch=None))
    np.testing.assert_allclose(model.probabilities(inputs, order), whole.probabilities(inputs), rtol=1e-5)


def test_the_file_holds_no_pickle_and_is_whole(model, tmp_path):
    file = network_file.save(model, tmp_path, FACTS)
    assert [path.name for path in tmp_path.iterdir()] == [network_file.NAME]
    size = int.from_bytes(file.read_bytes()[:8], "little")
    header = json.loads(file.read_bytes()[8 : 8 + size])
    assert json.loads(header["__metadata__"]["imbaloss"])["format"] == network_file.FORMAT


def test_another_file_is_refused(model, tmp_path):
    file = network_file.save(model, tmp_path, FACTS)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match="is no model file"):
        network_file.load(tmp_path)
    file.write_bytes(b"not a model")
    with pytest.raises(ValueError, match="is no model file"):
        network_file.load(tmp_path)
    with pytest.raises(ValueError, match=r"nowhere holds no model\.safetensors: no model was saved there"):
        network_file.load(tmp_path / "nowhere")
    save_file(dict(model.network.state_dict()), file)
    with pytest.raises(ValueError, match="is no model file of this imbaloss: its format is None"):
        network_file.load(tmp_path)


def test_calibration_prior_and_all_networks_are_kept(model, tmp_path):
    points = ((0.1, 0.2, 0.7, 1 / 3, 0.5, 0.9),)
    full = replace(
        model,
        network=join_networks([model.network, model.network]),
        prior=(0.0, -1.1),
        calibration=Calibration("isotonic", points),
    )
    network_file.save(full, tmp_path, FACTS)
    found, _ = network_file.load(tmp_path)
    inputs = split_of(0).test.inputs
    assert (found.prior, found.calibration, found.networks) == (full.prior, full.calibration, 2)
    assert found.probabilities(inputs).tobytes() == full.probabilities(inputs).tobytes()


def test_a_file_that_was_changed_is_refused(model, tmp_path):
    """Any byte of it, of weights or of what is said about them."""
    file = network_file.save(model, tmp_path, FACTS)
    whole = file.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    places = [*range(whole.index(b"cat"), whole.index(b"cat") + 3), *range(start, len(whole), 97), len(whole) - 1]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1
        file.write_bytes(changed)
        with pytest.raises(ValueError, match="was changed after it was written, and is not to be trusted"):
            network_file.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.pop("recipe"),
        lambda header: header["recipe"].pop("lr") and header["recipe"].update(rate=1),
        lambda header: header["recipe"].update(hidden=[3], channels=[3]),
        lambda header: header.update(networks=7),
        lambda header: header.update(shape=[1]),
        lambda header: header.update(shape=[10**12]),
        lambda header: header["recipe"].update(hidden=[100_000] * 2, channels=[100_000] * 2),
        lambda header: header.update(networks=10**9),
        lambda header: header["scaling"].update(scale=[1.0], offset=[0.0]),
        lambda header: header["scaling"].update(scale=[0.0, 1.0, 1.0]),
        lambda header: header.update(prior=[0.0, 0.0, 1.0]),
        lambda header: header["calibration"].update(kind="nope"),
        lambda header: header["calibration"].update(kind="temperature"),
    ],
)
def test_a_file_that_says_of_itself_what_is_not_so_is_refused(model, tmp_path, change):
    """As another program might write it, with a right checksum."""
    file = network_file.save(model, tmp_path, FACTS)
    size = int.from_bytes(file.read_bytes()[:8], "little")
    header = json.loads(json.loads(file.read_bytes()[8 : 8 + size])["__metadata__"]["imbaloss"])
    change(header)
    state = dict(model.network.state_dict())
    header["sha256"] = network_file.compute_checksum(
        {key: value for key, value in header.items() if key != "sha256"}, state
    )
    save_file(state, file, {"imbaloss": json.dumps(header)})
    with pytest.raises(ValueError, match="is no model file that imbaloss has written"):
        network_file.load(tmp_path)
