"""The quantile transformation of numbers as a module of PyTorch, which an ONNX file can hold."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from imbaloss.comparison.wide_quantiles import MARGIN

MIDDLE = 0.425  # the distance of a share from 1/2 at which the two formulas of the normal quantile meet
SHIFT = 1.6  # of the variable of the second formula
CENTRAL = (
    (3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
     39307.895800092710610, 28729.085735721942674, 5226.4952788528545610),
)  # fmt: skip
OUTER = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550, 0.148103976427480074590,
     0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip


class NormalQuantiles(nn.Module):
    """The fitted step "numbers" of a preparation: numbers (B, C) -> normal quantiles and indicators of missing ones.

    It gives what the scikit-learn pipeline of `make_steps` gives, up to rounding.
    """

    def __init__(self, step: Any) -> None:
        """Copy the fitted pipeline of quantiles, scaler and imputer into tensors."""
        super().__init__()
        quantiles, scaler, imputer = step["quantiles"], step["scale"], step["missing"]
        self.ordered = torch.from_numpy(np.ascontiguousarray(np.nan_to_num(quantiles.quantiles_.T)))  # (C, Q)
        self.shares = torch.from_numpy(quantiles.references_.copy())
        self.mean, self.scale = (torch.from_numpy(np.nan_to_num(each)) for each in (scaler.mean_, scaler.scale_))
        self.medians = torch.from_numpy(np.nan_to_num(imputer.statistics_))
        self.indicated = torch.from_numpy(imputer.indicator_.features_.astype(np.int64))
        self.empty = torch.from_numpy(np.isnan(quantiles.quantiles_).all(axis=0))

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the inputs for numbers (B, C) in float64, NaN for missing ones."""
        is_nan = numbers.isnan() | self.empty
        filled = torch.where(is_nan, self.ordered[:, 0], numbers)
        mirrored = interpolate(-filled, -self.ordered.flip(1), -self.shares.flip(0))
        shares = 0.5 * (interpolate(filled, self.ordered, self.shares) - mirrored)
        margin = torch.tensor(MARGIN, dtype=torch.float64)
        shares = torch.where(filled + margin > self.ordered[:, -1], torch.ones_like(shares), shares)
        shares = torch.where(filled - margin < self.ordered[:, 0], torch.zeros_like(shares), shares)
        lowest = torch.tensor(MARGIN - np.spacing(1), dtype=torch.float64)
        inside = torch.minimum(torch.maximum(shares, lowest), 1 - lowest)
        scaled = (compute_normal_quantile(inside) - self.mean) / self.scale
        imputed = torch.where(is_nan, self.medians, scaled)
        return torch.cat([imputed, is_nan[:, self.indicated].double()], dim=1)


def interpolate(values: Tensor, ordered: Tensor, shares: Tensor) -> Tensor:
    """Interpolate shares linearly as `np.interp` does, for each column by itself.

    Args:
        values: (B, C).
        ordered: (C, Q), ascending in each column; of equal ones the last counts.
        shares: (Q,), the shares that belong to them.

    Returns:
        (B, C); the first or last share beyond both ends.
    """
    columns, number = ordered.shape
    starts, flat = torch.arange(columns) * number, ordered.flatten()
    below = torch.zeros_like(values, dtype=torch.int64)  # how many are not above the value, by halving
    for power in reversed(range(number.bit_length())):
        further = below + 2**power
        fits = (further <= number) & (flat[starts + (further - 1).clamp(max=number - 1)] <= values)
        below = torch.where(fits, further, below)
    left = (below - 1).clamp(0, max(number - 2, 0))
    right = (left + 1).clamp(max=number - 1)
    low, width = flat[starts + left], flat[starts + right] - flat[starts + left]
    slope = (shares[right] - shares[left]) / torch.where(width > 0, width, torch.ones_like(width))
    inside = shares[left] + slope * (values - low)
    return torch.where(below == 0, shares[0], torch.where(below >= number, shares[-1], inside))


def compute_normal_quantile(shares: Tensor) -> Tensor:
    """Compute the quantile of the normal distribution for shares from 1e-7 to 1 - 1e-7, to 16 digits.

    Source: Wichura 1988, algorithm AS 241, Applied Statistics 37; without its third formula for smaller shares.
    """
    middle, shift = torch.tensor([MIDDLE, SHIFT], dtype=torch.float64)
    distance = shares - 0.5
    central = distance * divide_polynomials(middle**2 - distance**2, CENTRAL)
    tail = torch.minimum(shares, 1 - shares).log().neg().sqrt()
    outer = divide_polynomials(tail - shift, OUTER)
    signed = torch.where(distance < 0, -outer, outer)
    return torch.where(distance.abs() <= middle, central, signed)


def divide_polynomials(values: Tensor, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Tensor:
    """Return the ratio of two polynomials. coefficients: of each, that of the lowest power first."""
    above, below = (evaluate_polynomial(values, each) for each in coefficients)
    return above / below


def evaluate_polynomial(values: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    """Evaluate a polynomial by Horner's scheme. coefficients: that of the lowest power first."""
    exact = torch.tensor(coefficients, dtype=torch.float64)  # the exporter rounds numbers of Python to float32
    result = exact[-1].expand_as(values)
    for place in reversed(range(len(coefficients) - 1)):
        result = result * values + exact[place]
    return result
