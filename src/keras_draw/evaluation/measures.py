"""The measures of a network, one row each; all tables and panels are built from them."""

from dataclasses import dataclass
from typing import Literal

Part = Literal[
    "bound", "strokes", "latents", "likelihood", "samples", "reconstructions", "labels"
]  # fmt: skip
"""A group of values measured together; `evaluate` measures the parts in this order."""


@dataclass(frozen=True)
class Measure:
    """A measure, and how its values are printed.

    Example:
        >>> NAMED["elbo"].said(-1234.567), NAMED["label_agreement"].said(0.991)
        ('−1,234.57', '99.1%')
    """

    name: str
    """its name in `evaluation.json`; values per timestep are called NAME_per_timestep."""
    part: Part
    """the part that measures it."""
    title: str
    """its name in tables and plots."""
    unit: str
    column: str = ""
    """its column in `results.csv`; empty for none. If there are only values per timestep, the
    column has the last one."""
    decimals: int = 2
    """number of decimals printed."""
    percent: bool = False
    """whether it is printed as a percentage, with one decimal."""
    whole: bool = False
    """whether it is a count."""
    of: str = ""
    """name of another measure, the total of which this one is a part."""
    more_is_better: bool | None = None
    """None if neither more nor less is better."""
    error: bool = False
    """whether there is also a NAME_standard_error."""
    total: bool = True
    """False if there are only values per timestep."""
    per_timestep: bool = False
    """whether there is a value for every timestep."""
    from_zero: bool = False
    """whether its axis in a plot begins at 0."""

    @property
    def by_timestep(self) -> str:
        """Name of its values per timestep; empty if there are none."""
        return f"{self.name}_per_timestep" if self.per_timestep else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its values in `evaluation.json`; the value used for its column comes first."""
        found = (self.name if self.total else "", self.by_timestep)
        return tuple(name for name in found if name)

    def said(self, value: float) -> str:
        """A value as text, without its unit."""
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
"""All measures, in the order of tables and of `results.csv`."""
NAMED = {measure.name: measure for measure in MEASURES}
"""Name -> measure."""
COLUMNS = {measure.column: measure for measure in MEASURES if measure.column}
"""Column of `results.csv` -> measure."""
UNITS = {name: measure.unit for measure in MEASURES for name in measure.names} | {
    "kl_per_latent": f"{_NATS}, one row per timestep"
}
"""Name in `evaluation.json` -> unit."""
