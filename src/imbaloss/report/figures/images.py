"""Figure of images of both classes of a data set."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imbaloss.report.figures.style import STYLE


def plot_images(images: Mapping[str, NDArray[np.uint8]]) -> Figure:
    """Plot the images of each class in a row, titled with the name of the class.

    Args:
        images: By class (n, channels, height, width), 0 to 255; at least one image. Rows may differ in n.
    """
    most = max(map(len, images.values()))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(0.85 * most, 1.1 * len(images)))
        places = {"left": 0.01, "right": 0.99, "bottom": 0.02, "top": 0.88, "wspace": 0.08, "hspace": 0.3}
        panels = figure.subplots(len(images), most, squeeze=False, gridspec_kw=places)
        for line, (name, of_class) in zip(panels, images.items(), strict=True):
            for panel, image in zip(line, of_class, strict=False):
                show_image(panel, image)
            for panel in line:
                panel.set_axis_off()
            line[0].set_title(name, loc="left")
    return figure


def show_image(panel: Axes, image: NDArray[np.uint8]) -> None:
    """Show an image without axes: grey for one or two channels, and otherwise the first three channels as colours.

    Of two channels only the first is shown.

    Args:
        panel: The axes to draw on.
        image: (channels, height, width), 0 to 255.
    """
    shown = image[0] if len(image) < 3 else image[:3].transpose(1, 2, 0)
    panel.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    panel.set_axis_off()
