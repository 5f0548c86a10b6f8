"""Studies of frozen features: the images of a data set pass through a pretrained network once, and heads learn."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from imbaloss import data, studies
from imbaloss.features import open_image_extractor
from imbaloss.studies import Store, Study, check_stored_features, embed_data_sets
from imbaloss.training.recipe import read_entries
from tests import peers


def write_weights(file: Path, seed: int = 0) -> Path:
    """Write random weights of timm's smallest network, and return the file."""
    timm = peers.needed("timm")
    torch.manual_seed(seed)
    save_file(timm.create_model("test_resnet", num_classes=0).state_dict(), file)
    return file


def make_study(weights: Path) -> Study:
    """Return a study of heads on frozen features beside perceptrons on pixels."""
    return Study(
        datasets=("digits_3_8",),
        levels=(0.2,),
        losses=("ce", "mfe"),
        seeds=(0, 1),
        recipe={"epochs": 3, "hidden": ()},
        recipes={"pixels": {}, "frozen": {"features": f"timm:test_resnet:weights={weights}", "scaling": "standard"}},
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The weights of an extractor, whose features the tests share in a folder of their own."""
    folder = tmp_path_factory.mktemp("extractor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMBALOSS_FEATURES", str(folder / "features"))
        yield write_weights(folder / "tiny.safetensors")


def test_samples_are_the_features_of_the_same_images(weights: Path) -> None:
    runs = make_study(weights).runs()
    [frozen] = {run.recipe.features for run in runs if run.recipe.features}
    images = data.load_data_sets(["digits_3_8"])
    sources = embed_data_sets(images, runs)
    assert list(sources) == ["digits_3_8", f"digits_3_8 as {frozen}"]
    pixels, features = sources.values()
    assert pixels.checksum != features.checksum
    drawn, embedded = (source.draw(level=0.2, protocol="table1", seed=3) for source in (pixels, features))
    extractor = open_image_extractor(frozen)
    for part in ("train", "validation", "test"):
        of_pixels, of_features = getattr(drawn, part), getattr(embedded, part)
        assert np.array_equal(of_pixels.labels, of_features.labels)
        assert np.array_equal(of_pixels.images, of_features.images)
        grays = np.rint(of_pixels.inputs[:5, 0] * 255).astype(np.uint8)
        expected = extractor.extract([Image.fromarray(gray).convert("RGB") for gray in grays])
        np.testing.assert_allclose(of_features.inputs[:5], expected, rtol=1e-3, atol=1e-3)


def test_heads_and_networks_on_pixels_are_trained_in_one_study_by_any_executor(weights: Path, tmp_path: Path) -> None:
    runs = make_study(weights).runs()
    sources = embed_data_sets(data.load_data_sets(["digits_3_8"]), runs)
    jobs = studies.cut_into_stacks(runs, sources)
    assert sorted(job.shape for job in jobs) == [(1, 8, 8), (sources[runs[-1].source].shape[0],)]
    here, beside = Store(tmp_path / "here"), Store(tmp_path / "beside")
    studies.execute(jobs, here, sources, "cpu")
    studies.execute(jobs, beside, sources, "cpu", executor=studies.make_executor("processes", workers=1))
    scores = [[row.scores for row in store.rows(runs)] for store in (here, beside)]
    assert len(scores[0]) == len(runs) == 8
    assert scores[0] == scores[1]


def test_results_of_other_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    study = make_study(weights)
    runs, images, store = study.runs(), data.load_data_sets(["digits_3_8"]), Store(tmp_path)
    sources = embed_data_sets(images, runs)
    studies.execute(studies.cut_into_stacks(runs, sources), store, sources, "cpu")
    check_stored_features(store, runs, sources)
    kept = weights.read_bytes()
    write_weights(weights, seed=1)
    with pytest.raises(ValueError, match=r"are of other weights than those of timm:test_resnet:weights=.* now: name"):
        check_stored_features(store, runs, embed_data_sets(images, runs))
    weights.write_bytes(kept)


def test_what_has_no_images_has_no_features(weights: Path) -> None:
    columns = replace(
        data.load_data_sets(["digits_3_8"])["digits_3_8"],
        name="sheet",
        train=data.Pool(np.zeros((9, 4)), np.ones((9, 4))),
        test=data.Pool(np.zeros((9, 4)), np.ones((9, 4))),
    )
    with pytest.raises(ValueError, match="features are for images, and sheet has columns: leave features out"):
        embed_data_sets({"digits_3_8": columns}, make_study(weights).runs())


@pytest.mark.parametrize(
    ("text", "message"),
    [("resnet18", "features are written kind:name"), ("tim:resnet18", "did you mean 'timm'"), (3, "must be a text")],
)
def test_a_text_of_no_extractor_is_refused_before_anything_is_read(text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_entries({"features": text})


def test_a_recipe_without_features_keeps_its_hash() -> None:
    [run, *_] = Study(datasets=("digits_3_8",), levels=(0.1,), losses=("ce",), seeds=(0,)).runs()
    assert run.hash == replace(run, recipe=replace(run.recipe, features="")).hash
    assert run.hash != replace(run, recipe=replace(run.recipe, features="timm:resnet18")).hash


@pytest.mark.parametrize("entries", [{"flip": True}, {"shift": 2}, {"network": "cnn"}])
def test_what_needs_images_is_refused_beside_features(entries: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="features cannot be combined with flip, shift or a convolutional network"):
        read_entries({"features": "timm:resnet18", **entries})
