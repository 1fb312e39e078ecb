"""What is measured of a network: a row a measure, from which every table and panel is made."""

from dataclasses import dataclass
from typing import Literal

Part = Literal[
    "bound", "strokes", "latents", "likelihood", "samples", "reconstructions", "labels"
]  # fmt: skip
"""What is measured in one go; `evaluate` does them in this order."""


@dataclass(frozen=True)
class Measure:
    """A number that people ask for, and how it is said.

    Example:
        >>> NAMED["elbo"].said(-1234.567), NAMED["label_agreement"].said(0.991)
        ('−1,234.57', '99.1%')
    """

    name: str
    """in `evaluation.json`; of values by timestep NAME_per_timestep."""
    part: Part
    """that gives it."""
    title: str
    """what people call it."""
    unit: str
    column: str = ""
    """of `results.csv`; of a value per timestep alone the last one. Empty: no column."""
    decimals: int = 2
    """with which it is printed."""
    percent: bool = False
    """printed as one, with one decimal."""
    whole: bool = False
    """a count."""
    of: str = ""
    """another measure: the total that this one is a part of."""
    more_is_better: bool | None = None
    """None where neither is."""
    error: bool = False
    """NAME_standard_error stands beside it."""
    total: bool = True
    """False: there are values by timestep alone."""
    per_timestep: bool = False
    """there is a value for every timestep."""
    from_zero: bool = False
    """an axis of it begins at 0."""

    @property
    def by_timestep(self) -> str:
        """The name of its values by timestep; empty where there are none."""
        return f"{self.name}_per_timestep" if self.per_timestep else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Of its own values in `evaluation.json`, the one of its column first."""
        found = (self.name if self.total else "", self.by_timestep)
        return tuple(name for name in found if name)

    def said(self, value: float) -> str:
        """A value as it is printed, without its unit."""
        text = f"{value:.1%}" if self.percent else f"{value:,.{self.decimals}f}"
        return text.replace("-", "−")


_NATS = "nats per image"
_DISTANCE = "squared distance of features"
_MEAN = "no unit, mean over latents"

MEASURES = (
    Measure("elbo", "bound", "elbo", _NATS, "elbo_nats_per_image", more_is_better=True, error=True),
    Measure("reconstruction", "bound", "reconstruction, −log p(x | z)", _NATS,
            "reconstruction_nats_per_image", more_is_better=False),
    Measure("kl", "bound", "KL to the prior", _NATS, "kl_nats_per_image", more_is_better=True,
            per_timestep=True, from_zero=True),
    Measure("bits_per_dim", "bound", "code length", "bits per pixel and channel", "bits_per_dim",
            decimals=4, more_is_better=False),
    Measure("log_likelihood", "likelihood", "elbo, importance-weighted", _NATS,
            "log_likelihood_nats_per_image", more_is_better=True, error=True),
    Measure("cross_entropy", "strokes", "cross-entropy", "nats per pixel and channel",
            "cross_entropy_nats_per_pixel", decimals=4, more_is_better=False, total=False,
            per_timestep=True),
    Measure("mse", "strokes", "squared error", "squared pixel value, from 0 to 1",
            "squared_error_per_pixel", decimals=4, more_is_better=False, total=False,
            per_timestep=True, from_zero=True),
    Measure("inactive_variables", "latents", "inactive variables", "latents", "inactive_variables",
            decimals=0, whole=True, of="latent_variables", per_timestep=True, from_zero=True),
    Measure("active_units", "latents", "active units", "latents", "active_units", decimals=0,
            whole=True, of="latent_variables", per_timestep=True, from_zero=True),
    Measure("latent_variables", "latents", "latent variables", "latents", "latent_variables",
            decimals=0, whole=True),
    Measure("variance_law", "latents", "variance law", f"{_MEAN}; the law says 1", "variance_law",
            decimals=4, per_timestep=True),
    Measure("mean_var", "latents", "mean of the posterior's variance", _MEAN, decimals=4,
            total=False, per_timestep=True),
    Measure("var_mean", "latents", "variance of the posterior's mean", _MEAN, decimals=4,
            total=False, per_timestep=True),
    Measure("fid", "samples", "FID of samples", _DISTANCE, "fid", more_is_better=False,
            from_zero=True),
    Measure("fid_reconstructions", "reconstructions", "FID of reconstructions", _DISTANCE,
            "fid_reconstructions", more_is_better=False, from_zero=True),
    Measure("kid", "samples", "KID of samples", _DISTANCE, "kid", decimals=3, more_is_better=False,
            error=True),
    Measure("kid_reconstructions", "reconstructions", "KID of reconstructions", _DISTANCE,
            decimals=3, more_is_better=False),
    Measure("precision", "samples", "precision", "share of samples", "precision", decimals=3,
            more_is_better=True),
    Measure("recall", "samples", "recall", "share of real images", "recall", decimals=3,
            more_is_better=True),
    Measure("density", "samples", "density", "real neighbourhoods per sample, about 1 at best",
            "density", decimals=3, more_is_better=True),
    Measure("coverage", "samples", "coverage", "share of real images", "coverage", decimals=3,
            more_is_better=True),
    Measure("label_agreement", "labels", "label agreement", "share of samples", "label_agreement",
            percent=True, more_is_better=True),
)  # fmt: skip
"""In the order in which people look at them, which is that of `results.csv`."""
NAMED = {measure.name: measure for measure in MEASURES}
COLUMNS = {measure.column: measure for measure in MEASURES if measure.column}
"""Column of `results.csv` -> what is in it."""
UNITS = {name: measure.unit for measure in MEASURES for name in measure.names} | {
    "kl_per_latent": f"{_NATS}, a row a timestep"
}
"""Name in `evaluation.json` -> unit."""
