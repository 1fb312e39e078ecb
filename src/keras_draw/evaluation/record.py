"""The results of an evaluation as one record, checked when it is read from a file."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self, get_args

import numpy as np

from keras_draw.config import EvaluateConfig
from keras_draw.evaluation.measures import MEASURES, Part
from keras_draw.evaluation.tables import html, rows
from keras_draw.files import is_number
from keras_draw.printed import command
from keras_draw.training.runs import read_json


class _Form(NamedTuple):
    """The required form of a value in a file."""

    expected: str
    """description for the message."""
    fits: Callable[[Any], bool]
    """whether a value has this form."""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def _may_be_null(value: Any) -> bool:
    """Whether it is a number, null, or NaN or infinity, which older versions wrote for null."""
    return value is None or is_number(value) or _is_not_finite(value)


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_may_be_null, value))


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(map(_are_numbers, value))
        and len({len(row) for row in value}) == 1
    )


def _are_by_name(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_made_from(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("weights", ""), str):
        return False
    try:
        if (options := value.get("options")) is not None:
            _config(options)
    except (TypeError, ValueError):
        return False
    return True


def _config(options: list[Any]) -> EvaluateConfig:
    return EvaluateConfig(**dict(zip(OPTIONS, options, strict=True)))


_NULL = _Form("a number or null", _may_be_null)
_NUMBER = _Form("a number", is_number)
_COUNT = _Form("a whole number", _is_count)
_TEXT = _Form("text", _is_text)
_NUMBERS = _Form("numbers", _are_numbers)
_TABLE = _Form("a table of numbers", _is_table)
_TEXTS = _Form("texts by name", _are_by_name(_is_text))

OPTIONS = ("samples", "threshold", "seed")
"""The options of an `EvaluateConfig` that `made_from` stores, in this order."""
NEEDED = ("dataset", "images", "seed")
"""Values that every file must have."""
_GENERAL = {
    "dataset": _TEXT, "images": _COUNT, "seed": _COUNT, "units": _TEXTS, "left_out": _TEXTS,
    "binarization": _TEXT, "note": _TEXT,
    "made_from": _Form("weights and three options", _is_made_from),
}  # fmt: skip
_BESIDE: dict[Part, dict[str, _Form]] = {
    "latents": {"kl_per_latent": _TABLE, "threshold": _NUMBER},
    "likelihood": {"log_likelihood_samples": _COUNT},
    "samples": {
        "extractor": _TEXT, "weights_hash": _TEXT, "preprocessing": _TEXT, "count_a": _COUNT,
        "count_b": _COUNT, "fid_note": _TEXT,
    },
    "labels": {
        "label_agreement_per_class": _Form("numbers by name", _are_by_name(is_number)),
        "label_agreement_samples": _COUNT, "label_agreement_classifier": _TEXT,
    },
}  # fmt: skip
"""Further values of a part, apart from its measures."""


def _forms(part: Part) -> dict[str, _Form]:
    found = dict(_BESIDE.get(part, {}))
    for one in MEASURES:
        if one.part == part:
            found |= {one.name: _COUNT if one.whole else _NULL} if one.total else {}
            found |= {one.by_timestep: _NUMBERS} if one.per_timestep else {}
            found |= {f"{one.name}_standard_error": _NULL} if one.error else {}
    return found


PARTS: dict[Part, dict[str, _Form]] = {part: _forms(part) for part in get_args(Part)}
"""The values of each part, with their required form."""


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Mapping[str, Any]):
    """The results of an evaluation: plain values by their names in `evaluation.json`.

    Args:
        found: values from `evaluate`. Use `from_json` for the content of a file.
        where: the file, for messages.

    Example:
        >>> Evaluation.read(Path("runs/mnist/evaluation.json"))["elbo"]     # doctest: +SKIP
        -90.87566525344849
    """

    found: Mapping[str, Any] = field(default_factory=dict)
    where: str = "evaluation.json"

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", MappingProxyType(dict(self.found)))

    @classmethod
    def from_json(cls, values: dict[str, Any], where: str = "evaluation.json") -> Self:
        """Build a record from the result of `to_json`, or from an untrusted file.

        Args:
            values: values by name; parts may be missing.
            where: the file, for messages.

        Raises:
            ValueError: if a value has the wrong form; the message names the first one.
        """
        for forms in (_GENERAL, *PARTS.values()):
            for name, (expected, fits) in forms.items():
                if name in values and not fits(values[name]):
                    raise _damaged(where, name, values[name], expected)
        for name in NEEDED:
            if name not in values:
                raise _damaged(where, name, None, "a value")
        return cls(values, where)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; if there is none, the record is empty.

        Raises:
            ValueError: if the file is damaged.
        """
        return cls.from_json(read_json(path), str(path)) if path.is_file() else cls({}, str(path))

    def to_json(self) -> dict[str, Any]:
        """A new dict of the values, by name."""
        return dict(self.found)

    def __getitem__(self, name: str) -> Any:
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def has(self, part: Part) -> bool:
        """Whether all values of a part, as of this version, were measured."""
        return PARTS[part].keys() <= self.found.keys()

    def number(self, name: str) -> float | None:
        """A number; None if it is missing or not finite, such as the error of a single image."""
        value: Any = self.get(name)
        return float(value) if is_number(value) else None

    def numbers(self, name: str) -> np.ndarray | None:
        """Numbers per timestep (T,) or per latent (T, Z); None if one is missing."""
        if (value := self.get(name)) is None:
            return None
        found = np.array(value, float)  # null becomes nan
        return found if np.isfinite(found).all() else None

    def text(self, name: str) -> str:
        """A text; empty if missing."""
        return self.get(name) or ""

    def count(self, name: str) -> str:
        """A whole number with thousands separators; `?` if missing."""
        value = self.number(name)
        return "?" if value is None else f"{value:,.0f}"

    def __repr__(self) -> str:
        known = [f"{name} {value}" for name, _, value in rows(self)[:3]]
        return f"Evaluation({'; '.join([self.measured_on, *known])})"

    def _repr_html_(self) -> str:
        """A table, for a notebook."""
        return html(self, self.measured_on)

    @property
    def made_from(self) -> dict[str, Any]:
        """The images, weights and options that were measured; empty if not recorded."""
        return self.get("made_from") or {}

    @property
    def asked(self) -> EvaluateConfig:
        """The options of this evaluation; those not recorded have their default."""
        options = self.made_from.get("options")
        config = _config(options) if options else EvaluateConfig()
        return dataclasses.replace(
            config, dataset=self.text("dataset"), extractor=self.text("extractor")
        )

    @property
    def measured_on(self) -> str:
        """Number of images and data set, in words."""
        return f"{self.count('images')} images of {self.text('dataset')}"

    @property
    def made_by(self) -> str:
        """Extractor and numbers of images behind FID and KID, in words."""
        return (
            f"{self.text('extractor')}, {self.count('count_b')} samples against "
            f"{self.count('count_a')} real images"
        )


def _damaged(where: str, name: str, value: Any, expected: str) -> ValueError:
    try:
        said = repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        said = "a number with thousands of digits"
    said = said if len(said) <= 60 else said[:60] + "…"
    return ValueError(
        f"{where} is damaged: {name} is {said}, expected {expected}; remove the file, or measure "
        f"again with `{command('evaluate', Path(where).parent, '--again')}`."
    )
