"""What the figure of prototypes shows."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from imbaloss.report import figures
from imbaloss.report.figures.style import TIP
from imbaloss.studies import PrototypeMap

NAMES = ("oak", "palm")


def example(per_class: int, channels: int | None) -> PrototypeMap:
    generator = np.random.default_rng(0)
    number = 2 * per_class
    pictured = np.arange(number)[-4:]
    size = (len(pictured), 0) if channels is None else (len(pictured), 6, channels, 8, 8)
    return PrototypeMap(
        points=generator.normal(size=(50, 2)).astype(np.float32),
        classes=(np.arange(50) % 2).astype(np.uint8),
        prototypes=generator.normal(size=(number, 2)).astype(np.float32),
        own=np.repeat([0, 1], per_class).astype(np.uint8),
        counts=np.arange(number) * 10,
        shares=np.array([0.9, 0.05]),
        pictured=pictured,
        nearest=generator.integers(0, 2, (len(pictured), 6)).astype(np.uint8),
        images=generator.integers(0, 255, size).astype(np.uint8),
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_stand_beside_the_map(channels):
    figure = figures.plot_prototypes({"ce + cnn/prototype": example(1, channels)}, NAMES)
    panels = figure.get_axes()
    assert sum(bool(panel.images) for panel in panels) == 12
    assert [text.get_text() for panel in panels for text in panel.texts] == ["★ oak", "★ palm"]
    figure.canvas.draw()


def test_columns_have_the_map_alone():
    figure = figures.plot_prototypes({"ce": example(2, None), "msfe": example(1, None)}, NAMES)
    assert len(figure.get_axes()) == 2
    told = [line.get_gid().removeprefix(TIP) for line in figure.get_axes()[0].lines if line.get_gid()]
    assert told == [
        "oak, prototype 1: nearest to 0",
        "oak, prototype 2: nearest to 10",
        "palm, prototype 1: nearest to 20",
        "palm, prototype 2: nearest to 30",
    ]
    assert figure.get_axes()[0].get_xlabel() == "90% of the variance"


def test_the_pictured_prototypes_show_images_in_frames_of_their_class():
    one = example(5, 1)
    panels = [panel for panel in figures.plot_prototypes({"ce": one}, NAMES).get_axes() if panel.images]
    titles = [text.get_text().split(":")[0] for panel in panels for text in panel.texts]
    assert titles == [f"★ palm, prototype {number}" for number in (2, 3, 4, 5)]
    frames = [to_hex(panel.spines["left"].get_edgecolor()).upper() for panel in panels]
    assert frames == [figures.COLOURS[label] for label in one.nearest.ravel()]


def test_of_many_prototypes_those_of_no_sample_are_left_out():
    [panel] = figures.plot_prototypes({"ce": example(11, None)}, NAMES).get_axes()
    stars = [line for line in panel.lines if line.get_marker() == "*"]
    assert len(stars) == 21  # the first of the 22 has none
