"""What the figure of prototypes shows."""

import numpy as np
import pytest

from imbaloss.report import figures
from imbaloss.report.figures.style import TIP
from imbaloss.studies import PrototypeMap

NAMES = ("oak", "palm")


def example(per_class: int, channels: int | None) -> PrototypeMap:
    generator = np.random.default_rng(0)
    number = 2 * per_class
    size = (number, 0) if channels is None else (number, 6, channels, 8, 8)
    return PrototypeMap(
        points=generator.normal(size=(50, 2)).astype(np.float32),
        classes=(np.arange(50) % 2).astype(np.uint8),
        prototypes=generator.normal(size=(number, 2)).astype(np.float32),
        own=np.repeat([0, 1], per_class).astype(np.uint8),
        counts=np.arange(number) * 10,
        shares=np.array([0.9, 0.05]),
        images=generator.integers(0, 255, size).astype(np.uint8),
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_stand_beside_the_map(channels):
    figure = figures.prototypes({"ce + cnn/prototype": example(1, channels)}, NAMES)
    panels = figure.get_axes()
    assert sum(bool(panel.images) for panel in panels) == 12
    assert [text.get_text() for panel in panels for text in panel.texts] == ["★ oak", "★ palm"]
    figure.canvas.draw()


def test_columns_have_the_map_alone():
    figure = figures.prototypes({"ce": example(2, None), "msfe": example(1, None)}, NAMES)
    assert len(figure.get_axes()) == 2
    told = [line.get_gid().removeprefix(TIP) for line in figure.get_axes()[0].lines if line.get_gid()]
    assert told == [
        "oak 1: nearest to 0",
        "oak 2: nearest to 10",
        "palm 1: nearest to 20",
        "palm 2: nearest to 30",
    ]
    assert figure.get_axes()[0].get_xlabel() == "90% of the variance"


def test_of_many_prototypes_those_with_the_most_samples_show_images():
    figure = figures.prototypes({"ce": example(5, 1)}, NAMES)
    titles = [text.get_text() for panel in figure.get_axes() for text in panel.texts]
    assert [title.split(":")[0] for title in titles] == [f"★ {name} {number}" for name in NAMES for number in (3, 4, 5)]
