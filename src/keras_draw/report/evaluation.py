"""What a report says of an `evaluation.json`, whose values are checked when they are asked for."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_draw.evaluation.evaluate import UNITS
from keras_draw.files import is_number
from keras_draw.report.page import Column, Fact, Folded, Table
from keras_draw.training.runs import read_json

MINUS = "−"


class Measure(NamedTuple):
    """A row of the table of what was measured."""

    name: str
    """in `evaluation.json`."""
    said: str
    decimals: int = 2
    unit: str = ""
    """that of `evaluate.UNITS` if empty."""
    percent: bool = False


MEASURES = (
    Measure("elbo", "elbo"),
    Measure("reconstruction", "reconstruction, −log p(x | z)"),
    Measure("kl", "KL to the prior"),
    Measure("bits_per_dim", "code length", 4),
    Measure("log_likelihood", "elbo, importance-weighted"),
    Measure("label_agreement", "label agreement", percent=True),
    Measure("variance_law", "variance law", 4),
    Measure("inactive_variables", "inactive variables", 0),
    Measure("fid", "FID of samples"),
    Measure("fid_reconstructions", "FID of reconstructions", unit=UNITS["fid"]),
    Measure("kid", "KID of samples", 3),
    Measure("kid_reconstructions", "KID of reconstructions", 3, UNITS["kid"]),
    Measure("precision", "precision", 3, "share of samples"),
    Measure("density", "density", 3, "real neighbourhoods per sample, about 1 at best"),
    Measure("recall", "recall", 3, "share of real images"),
    Measure("coverage", "coverage", 3, "share of real images"),
)
PER_TIMESTEP = {
    "kl_per_timestep": Column("KL", "nats per image", numeric=True),
    "cross_entropy_per_timestep": Column("cross-entropy", "nats per pixel", numeric=True),
    "mse_per_timestep": Column("squared error", "per pixel", numeric=True),
    "variance_law_per_timestep": Column("variance law", "no unit", numeric=True),
    "inactive_variables_per_timestep": Column("inactive", "latents", numeric=True),
}


class Evaluation:
    """An `evaluation.json`; what it does not hold is None.

    Args:
        path: the file; it may be missing.

    Raises:
        ValueError: here and in every method, if the file or the value asked for is damaged.

    Example:
        >>> Evaluation(Path("runs/mnist/evaluation.json")).number("elbo")   # doctest: +SKIP
        -90.87566525344849
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found = read_json(path) if path.is_file() else {}
        if self._found:
            for name in ("dataset", "images"):
                if name not in self._found:
                    raise self._damaged(name, "a value")

    @property
    def exists(self) -> bool:
        """Whether the run was measured."""
        return bool(self._found)

    def number(self, name: str) -> float | None:
        """A number; None also where it is not finite, such as the error of a single image."""
        value = self._found.get(name)
        if value is None:
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if (found := finite(value)) is None:
            raise self._damaged(name, "a number")
        return found

    def numbers(self, name: str) -> np.ndarray | None:
        """A number for every timestep (T,)."""
        return self._array(name, 1)

    def per_latent(self, name: str) -> np.ndarray | None:
        """A number for every latent of every timestep (T, Z)."""
        return self._array(name, 2)

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        value = self._found.get(name)
        if value is not None and not isinstance(value, str):
            raise self._damaged(name, "text")
        return value or ""

    def texts(self, name: str) -> dict[str, str]:
        """Texts by name."""
        value = self._found.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self._damaged(name, "texts by name")
        return value

    def options(self) -> tuple[int, float, int] | None:
        """K, threshold and seed that it was measured with."""
        value = self._found.get("made_from", {})
        value = value.get("options") if isinstance(value, dict) else None
        if value is None:
            return None
        numbers = [finite(one) for one in value] if isinstance(value, list) else []
        samples, threshold, seed = numbers if len(numbers) == 3 else (None, None, None)
        if samples is None or threshold is None or seed is None:
            raise self._damaged("made_from", "three options")
        return int(samples), threshold, int(seed)

    @property
    def weights_hash(self) -> str:
        """Of the weights that were measured; empty where it is not said."""
        value = self._found.get("made_from", {})
        found = value.get("weights") if isinstance(value, dict) else None
        return found if isinstance(found, str) else ""

    def count(self, name: str) -> str:
        """A whole number as people write it, or `?`."""
        value = self.number(name)
        return "?" if value is None else f"{value:,.0f}"

    @property
    def images(self) -> str:
        """What it was measured on, in words."""
        return f"{self.count('images')} images of {self.text('dataset')}"

    @property
    def made_by(self) -> str:
        """What FID and the like were made with, in words."""
        return (
            f"{self.text('extractor')}, {self.count('count_b')} samples against "
            f"{self.count('count_a')} real images"
        )

    def _array(self, name: str, dimensions: int) -> np.ndarray | None:
        value = self._found.get(name)
        if value is None:
            return None
        try:
            found = np.array(value, float)
        except (OverflowError, TypeError, ValueError):
            found = np.empty(())
        if found.ndim == dimensions and np.isnan(found).any():  # null: it was not finite
            return None
        if found.ndim != dimensions or found.size == 0 or not np.isfinite(found).all():
            raise self._damaged(name, "numbers" if dimensions == 1 else "a table of numbers")
        return found

    def _damaged(self, name: str, expected: str) -> ValueError:
        said = repr(self._found.get(name))
        said = said if len(said) <= 60 else said[:60] + "…"
        return ValueError(
            f"{self._path} is damaged: {name} is {said}, expected {expected}; remove the file and "
            "measure again with `keras-draw evaluate`."
        )


def finite(value: Any) -> float | None:
    """A number of a file, or None where it is something else, or no finite one.

    Example:
        >>> finite(3), finite("3"), finite(float("nan"))
        (3.0, None, None)
    """
    return float(value) if is_number(value) else None


def facts(found: Evaluation, *, conditional: bool = False) -> list[Fact]:
    """The numbers that are looked for first.

    Args:
        found: what was measured.
        conditional: whether the network was given the labels, which its bounds are then given too.
    """
    bounded = f"{MINUS}log p(x | label)" if conditional else f"{MINUS}log p(x)"
    some = [_bound(found, bounded)]
    if (bits := found.number("bits_per_dim")) is not None:
        some.append(Fact("code length", said(bits, 3), UNITS["bits_per_dim"], found.images))
    if (likelihood := found.number("log_likelihood")) is not None:
        k = found.count("log_likelihood_samples")
        detail = f"importance-weighted, K = {k} draws"
        grey = found.text("note") != ""
        what = "cost, tighter" if grey else f"{bounded}, tighter bound"
        some.append(Fact(what, f"≤ {said(-likelihood)}", UNITS["log_likelihood"], detail))
    if (kl := found.number("kl")) is not None:
        some.append(Fact("KL to the prior", said(kl), UNITS["kl"], "what the latents carry"))
    if (fid := found.number("fid")) is not None:
        some.append(Fact("FID of samples", said(fid), UNITS["fid"], found.made_by))
    if (share := found.number("label_agreement")) is not None:
        some.append(
            Fact(
                "label agreement", f"{share:.1%}", UNITS["label_agreement"],
                f"{found.count('label_agreement_samples')} samples, judged by "
                f"{found.text('label_agreement_classifier')}",
            )
        )  # fmt: skip
    if (inactive := found.number("inactive_variables")) is not None:
        some.append(
            Fact(
                "inactive variables", f"{inactive:.0f} of {found.count('latent_variables')}",
                "latents, of all timesteps", f"posterior variance above {_threshold(found)}",
            )
        )  # fmt: skip
    return [fact for fact in some if fact is not None]


def _bound(found: Evaluation, bounded: str) -> Fact | None:
    elbo = found.number("elbo")
    if elbo is None:
        return None
    error = found.number("elbo_standard_error")
    spread = f"± {said(error)}, " if error is not None else ""
    if found.text("note"):  # grey pixels: nothing is bounded
        return Fact("cost that was trained", said(-elbo), UNITS["elbo"], spread + found.images)
    return Fact(f"{bounded}, bound", f"≤ {said(-elbo)}", UNITS["elbo"], spread + found.images)


def table(found: Evaluation) -> Table:
    """Everything that was measured, a row each.

    Args:
        found: what was measured.
    """
    rows = []
    for measure in MEASURES:
        value = found.number(measure.name)
        if value is None:
            continue
        error = found.number(f"{measure.name}_standard_error")
        spread = f" ± {said(error, measure.decimals)}" if error is not None else ""
        number = f"{value:.1%}" if measure.percent else said(value, measure.decimals)
        unit = (measure.unit or UNITS[measure.name]) + _from(measure.name, found)
        rows.append((measure.said, number + spread, unit))
    columns = [Column("measure"), Column("value", numeric=True), Column("unit")]
    by = f"; FID and all below it by {found.made_by}" if found.text("extractor") else ""
    return Table(f"Measured on {found.images}; ± is a standard error{by}", columns, rows)


def _from(name: str, found: Evaluation) -> str:
    """What a number was made from, to be said after its unit."""
    if name == "label_agreement":
        count = found.count("label_agreement_samples")
        return f": {count} samples, judged by {found.text('label_agreement_classifier')}"
    if name == "log_likelihood":
        return f", K = {found.count('log_likelihood_samples')} draws"
    if name == "inactive_variables":
        of = found.count("latent_variables")
        return f": of {of}, those with a posterior variance above {_threshold(found)}"
    return ""


def per_timestep(found: Evaluation) -> Folded | None:
    """What is known of every timestep, folded.

    Args:
        found: what was measured.
    """
    values = {name: v for name in PER_TIMESTEP if (v := found.numbers(name)) is not None}
    counts = {len(v) for v in values.values()}
    if len(counts) != 1:
        return None
    columns = [Column("timestep", numeric=True), *(PER_TIMESTEP[name] for name in values)]
    rows = [
        (str(t + 1), *(f"{v[t]:.4g}" for v in values.values())) for t in range(min(counts))
    ]  # fmt: skip
    return Folded("Every timestep", Table("Means over images, by timestep", columns, rows))


def said(value: float, decimals: int = 2) -> str:
    """A number as it is printed.

    Example:
        >>> said(-1234.567)
        '−1,234.57'
    """
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def _threshold(found: Evaluation) -> str:
    value = found.number("threshold")
    return "?" if value is None else f"{value:g}"
