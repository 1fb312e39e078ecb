"""An evaluation that was stored: believed only where it has the form of one that `evaluate` made.

The file may come from anywhere. A value of another type is refused by name; a part that lacks a
value, as an older version leaves it, is measured again.
"""

from collections.abc import Callable
from typing import Any

from keras_draw.files import is_number

PARTS: dict[str, tuple[str, ...]] = {
    "elbo": ("elbo_standard_error", "reconstruction", "kl", "kl_per_timestep", "bits_per_dim"),
    "mse_per_timestep": ("cross_entropy_per_timestep",),
    "kl_per_latent": (
        "variance_law", "variance_law_per_timestep", "mean_var_per_timestep",
        "var_mean_per_timestep", "inactive_variables", "inactive_variables_per_timestep",
        "latent_variables", "threshold",
    ),
    "log_likelihood": ("log_likelihood_standard_error", "log_likelihood_samples"),
    "fid": (
        "kid", "kid_standard_error", "precision", "recall", "density", "coverage", "extractor",
        "weights_hash", "preprocessing", "count_a", "count_b", "fid_note",
    ),
    "fid_reconstructions": ("kid_reconstructions",),
    "label_agreement": (
        "label_agreement_per_class", "label_agreement_samples", "label_agreement_classifier",
    ),
}  # fmt: skip
"""What tells that a part was measured -> what else it gives."""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _may_be_null(value: Any) -> bool:
    return value is None or is_number(value)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_may_be_null, value))


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(map(_are_numbers, value))
        and len({len(row) for row in value}) == 1
    )


def _are_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_number, value.values()))


_NULL = (
    "elbo", "elbo_standard_error", "reconstruction", "kl", "bits_per_dim", "variance_law",
    "log_likelihood", "log_likelihood_standard_error", "fid", "kid", "kid_standard_error",
    "precision", "recall", "density", "coverage", "fid_reconstructions", "kid_reconstructions",
)  # fmt: skip
"""Numbers that are null where there are none, or where they are not finite."""
_FORMS: dict[str, tuple[Callable[[Any], bool], tuple[str, ...]]] = {
    "a number or null": (_may_be_null, _NULL),
    "a number": (is_number, ("threshold", "label_agreement")),
    "a whole number": (
        _is_count,
        ("images", "seed", "inactive_variables", "latent_variables", "log_likelihood_samples",
         "count_a", "count_b", "label_agreement_samples"),
    ),
    "text": (
        _is_text,
        ("dataset", "extractor", "weights_hash", "preprocessing", "fid_note",
         "label_agreement_classifier"),
    ),
    "numbers": (
        _are_numbers,
        ("kl_per_timestep", "cross_entropy_per_timestep", "mse_per_timestep",
         "variance_law_per_timestep", "mean_var_per_timestep", "var_mean_per_timestep",
         "inactive_variables_per_timestep"),
    ),
    "a table of numbers": (_is_table, ("kl_per_latent",)),
    "numbers by name": (_are_by_name, ("label_agreement_per_class",)),
}  # fmt: skip


def believed(found: dict[str, Any], where: str) -> dict[str, Any]:
    """What of a stored evaluation need not be measured again.

    Args:
        found: what the file holds.
        where: its name, for the message.

    Returns:
        Its values, without parts that lack some.

    Raises:
        ValueError: naming the first value of another type.
    """
    for expected, (fits, names) in _FORMS.items():
        for name in names:
            if name in found and not fits(found[name]):
                raise _damaged(where, name, found[name], expected)
    for name in ("dataset", "images", "seed"):
        if name not in found:
            raise _damaged(where, name, None, "a value")
    lacking = {key for key, others in PARTS.items() if not {*others} <= {*found}}
    return {name: value for name, value in found.items() if name not in lacking}


def _damaged(where: str, name: str, value: Any, expected: str) -> ValueError:
    try:
        said = repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        said = "a number of thousands of digits"
    said = said if len(said) <= 60 else said[:60] + "…"
    return ValueError(
        f"{where} is damaged: {name} is {said}, expected {expected}; measure anew with --again, or "
        "remove the file."
    )
