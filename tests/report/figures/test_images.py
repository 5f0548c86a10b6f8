"""Images of the classes are drawn as they are."""

import numpy as np

from imbaloss.report import figures

GENERATOR = np.random.default_rng(0)


def images(number: int, channels: int) -> np.ndarray:
    return GENERATOR.integers(0, 256, (number, channels, 4, 5), dtype=np.uint8)


def test_grey_pixels_are_those_given_from_black_to_white():
    given = images(2, channels=1)
    panels = figures.plot_images({"cat": given}).axes
    for panel, image in zip(panels, given, strict=True):
        [drawn] = panel.get_images()
        assert (drawn.get_array() == image[0]).all()
        assert drawn.get_interpolation() == "nearest"
        shades = drawn.to_rgba(np.array([[0, 51, 255]], np.uint8), bytes=True)[0]
        assert shades.tolist() == [[0, 0, 0, 255], [51, 51, 51, 255], [255, 255, 255, 255]]


def test_the_pixels_of_colours_are_those_given():
    given = images(2, channels=3)
    for panel, image in zip(figures.plot_images({"cat": given}).axes, given, strict=True):
        [drawn] = panel.get_images()
        assert drawn.get_array().shape == (4, 5, 3)
        for channel in range(3):
            assert (drawn.get_array()[:, :, channel] == image[channel]).all()


def test_each_class_has_its_line_and_name_whatever_number_of_images_it_has():
    figure = figures.plot_images({"cat": images(3, channels=1), "dog": images(2, channels=1)})
    places = [panel.get_subplotspec() for panel in figure.axes]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
    ]
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["cat", "", "", "dog", "", ""]
    assert [len(panel.get_images()) for panel in figure.axes] == [1, 1, 1, 1, 1, 0]
    assert not any(panel.axison for panel in figure.axes)
