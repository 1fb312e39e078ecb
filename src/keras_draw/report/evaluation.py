"""What a report says of what was measured."""

from typing import Any

from keras_draw.evaluation.measures import MEASURES, NAMED, UNITS
from keras_draw.evaluation.record import Evaluation
from keras_draw.files import is_number
from keras_draw.report.page import Column, Fact, Folded, Table

MINUS = "−"


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
        some.append(Fact("code length", said(bits, 3), UNITS["bits_per_dim"], found.measured_on))
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
        return Fact("cost that was trained", said(-elbo), UNITS["elbo"], spread + found.measured_on)
    return Fact(f"{bounded}, bound", f"≤ {said(-elbo)}", UNITS["elbo"], spread + found.measured_on)


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
        spread = f" ± {measure.said(error)}" if error is not None else ""
        unit = measure.unit + _from(measure.name, found)
        rows.append((measure.title, measure.said(value) + spread, unit))
    columns = [Column("measure"), Column("value", numeric=True), Column("unit")]
    by = f"; FID and all below it by {found.made_by}" if found.text("extractor") else ""
    return Table(f"Measured on {found.measured_on}; ± is a standard error{by}", columns, rows)


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
    values = {
        one.name: v
        for one in MEASURES
        if one.per_timestep and (v := found.numbers(one.by_timestep)) is not None
    }
    counts = {len(v) for v in values.values()}
    if len(counts) != 1:
        return None
    columns = [Column("timestep", numeric=True)]
    columns += [Column(NAMED[name].title, NAMED[name].unit, numeric=True) for name in values]
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
