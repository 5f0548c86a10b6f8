"""Convolutional networks for images of any size and number of channels: (B, channels, height, width) -> (B, outputs).

Each is an ordinary module for one network; `Mapped` makes a stack of it. Normalisation is by groups of maps within an
image (Wu and He 2018, arXiv 1803.08494), so that a result does not depend on the other images of a batch.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, gcd

from torch import Tensor, nn

GROUPS = 4  # of maps, which are normalised separately
Function = Callable[[Tensor], Tensor]


class CNN(nn.Module):
    """A residual network with its activations before its convolutions, one block a stage.

    3 x 3 convolution -> blocks, each but the first at half the resolution -> mean over positions -> linear layer.
    With channels (16, 32, 64) the depth is that of a wide residual network WRN-10-1.
    Source: He et al. 2016 (arXiv 1603.05027); Zagoruyko and Komodakis 2016 (arXiv 1605.07146).
    """

    def __init__(self, inputs: int, channels: Sequence[int], outputs: int, activation: Function) -> None:
        """Build the layers for images with `inputs` channels.

        Args:
            inputs: The channels of an image.
            channels: The number of maps in each stage; each stage but the first halves the resolution.
            outputs: The number of logits.
            activation: The function after each normalisation.
        """
        super().__init__()
        self.activation = activation
        self.first = convolution(inputs, channels[0])
        pairs = pairwise((channels[0], *channels))
        self.blocks = nn.Sequential(
            *(Block(*pair, stride=1 if stage == 0 else 2, activation=activation) for stage, pair in enumerate(pairs))
        )
        self.norm = normalisation(channels[-1])
        self.last = nn.Linear(channels[-1], outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, (B, outputs), of images (B, channels, height, width) of any size."""
        maps = self.activation(self.norm(self.blocks(self.first(images))))
        logits: Tensor = self.last(maps.mean((2, 3)))
        return logits


class Block(nn.Module):
    """A residual block, x + f(x), where f is twice: normalisation -> activation -> convolution.

    If f changes the resolution or the channels, x passes through a 1 x 1 convolution.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int, activation: Function) -> None:
        """Build the layers from `inputs` to `outputs` maps; a stride of 2 halves the resolution, rounded up."""
        super().__init__()
        self.activation = activation
        self.norm_1, self.convolution_1 = normalisation(inputs), convolution(inputs, outputs, stride)
        self.norm_2, self.convolution_2 = normalisation(outputs), convolution(outputs, outputs)
        changes = stride > 1 or inputs != outputs
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if changes else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return x + f(x) of maps (B, inputs, height, width).

        The result is (B, outputs, height / stride, width / stride), rounded up.
        """
        before = self.activation(self.norm_1(maps))
        change: Tensor = self.convolution_2(self.activation(self.norm_2(self.convolution_1(before))))
        return change + (maps if self.shortcut is None else self.shortcut(before))


class FCN(nn.Module):
    """A network of convolutions without a dense layer: the logit is the mean of a map of logits.

    3 x 3 convolution -> normalisation -> activation for each number of channels, each but the first at half the
    resolution -> 1 x 1 convolution -> mean over positions.
    Source: Springenberg et al. 2015 (arXiv 1412.6806); the mean: Lin et al. 2014 (arXiv 1312.4400), section 3.2.
    """

    def __init__(self, inputs: int, channels: Sequence[int], outputs: int, activation: Function) -> None:
        """Build the layers for images with `inputs` channels.

        Args:
            inputs: The channels of an image.
            channels: The number of maps in each layer; each layer but the first halves the resolution.
            outputs: The number of logits.
            activation: The function after each normalisation.
        """
        super().__init__()
        self.activation = activation
        pairs = pairwise((inputs, *channels))
        self.convolutions = nn.ModuleList(
            convolution(*pair, stride=1 if stage == 0 else 2) for stage, pair in enumerate(pairs)
        )
        self.norms = nn.ModuleList(normalisation(maps) for maps in channels)
        self.last = nn.Conv2d(channels[-1], outputs, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, (B, outputs), of images (B, channels, height, width) of any size."""
        maps = images
        for layer, norm in zip(self.convolutions, self.norms, strict=True):
            maps = self.activation(norm(layer(maps)))
        logits: Tensor = self.last(maps).mean((2, 3))
        return logits


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    """Build a 3 x 3 convolution from `inputs` to `outputs` maps with zero padding and without bias.

    The normalisation that follows would remove a bias. A stride of 2 halves the resolution.
    """
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


def normalisation(channels: int) -> nn.GroupNorm:
    """Build a group normalisation of that many maps, in at most 4 groups of equal size."""
    return nn.GroupNorm(count_groups(channels), channels)


def count_groups(channels: int) -> int:
    """Return the number of groups in which a layer with that many maps normalises them.

    It is 4, or fewer if 4 does not divide the channels or a group would be one map.
    """
    return min(gcd(channels, GROUPS), max(channels // 2, 1))


def smallest_group(shape: Sequence[int], channels: Sequence[int]) -> int:
    """Return the smallest number of values that any layer of a CNN or FCN normalises together.

    Args:
        shape: The shape of an image: (channels, height, width).
        channels: The number of maps in each stage; the resolution halves from stage to stage.
    """
    _, height, width = shape
    halvings = (2.0**stage for stage in range(len(channels)))
    positions = [ceil(height / factor) * ceil(width / factor) for factor in halvings]
    return min(maps // count_groups(maps) * size for maps, size in zip(channels, positions, strict=True))
