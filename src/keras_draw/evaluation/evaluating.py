"""All measures of a trained network, in one record."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.config import EvaluateConfig
from keras_draw.data.images import ImageData, as_uint8
from keras_draw.data.labels import for_classes
from keras_draw.evaluation import bound as bounds
from keras_draw.evaluation import comparison
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.bound import binarization
from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.digits import classify_digits
from keras_draw.evaluation.extractors import BATCH, Extractor
from keras_draw.evaluation.extractors import DIGITS as DIGITS_CLASSIFIER
from keras_draw.evaluation.latents import latent_use
from keras_draw.evaluation.measures import UNITS, Part
from keras_draw.evaluation.record import Evaluation
from keras_draw.models.draw import DRAW
from keras_draw.models.likelihoods import likelihood_of

DIGITS = tuple("0123456789")
OF_DIGITS = ("digits", "mnist", "binarized_mnist")
"""Data sets that the digits-classifier is meant for."""
Watch = Callable[[str, int], Callable[[], None]]
"""(name of the part, number of steps) -> a function to call after each step."""

GREY = (
    "The pixels are grey, and a Bernoulli network does not define a likelihood for grey pixels: "
    "elbo and log_likelihood are the cost that was trained, not a bound."
)
NOT_DIGITS = (
    "The digits-classifier was trained on handwritten digits: its numbers mean nothing if {} holds "
    "pictures of other things."
)


def silent(part: str, steps: int) -> Callable[[], None]:
    """A `Watch` that shows nothing."""
    return lambda: None


def evaluate(
    model: DRAW,
    data: ImageData,
    *,
    samples: int = EvaluateConfig.samples,
    threshold: float = EvaluateConfig.threshold,
    extractor: Extractor | None = None,
    seed: int = EvaluateConfig.seed,
    watch: Watch = silent,
    done: Evaluation | None = None,
    on_part: Callable[[Evaluation], None] | None = None,
    cache: Path | None = None,
) -> Evaluation:
    """Evaluate a network: bound, likelihood, latents, samples.

    Args:
        model: the network.
        data: images it was not trained on, with labels for a conditional network.
        samples: K of the importance-weighted likelihood (default 100); 0 skips it.
        threshold: a latent counts as inactive if its mean variance exceeds this (default 0.9).
        extractor: computes features for FID, KID and the neighbour measures; None skips them.
        seed: seed of all draws.
        watch: called with the progress of every part.
        done: results of an earlier call with the same arguments; they are not measured again.
        on_part: called after every part with all results so far.
        cache: folder for feature statistics, see `evaluation.cache`.

    Returns:
        Plain values by name. `units` lists their units, and `left_out` what was not measured, and
        why.

    Raises:
        ValueError: if the images do not fit the network, or an option is out of range.

    Example:
        >>> found = evaluate(model, load_images("digits:test[:50]"), samples=2)
        >>> found["images"], found["elbo"] <= found["log_likelihood"] < 0
        (50, True)
    """
    EvaluateConfig(samples=samples, threshold=threshold, seed=seed)  # checks the options
    data = for_classes(data, model.config.classes) if model.config.num_classes else data
    x, y = data.images, data.labels if model.config.num_classes else None
    chunks = math.ceil(len(x) / bounds.CHUNK)
    found: dict[str, Any]
    found = {**(done or {"dataset": data.name, "images": len(x), "seed": seed}), "units": UNITS}
    left_out = found["left_out"] = _left_out(model, data, samples, extractor)
    found["binarization"] = binarization(model, x)
    binary = found["binarization"] != "none"
    cost = likelihood_of(model.config).meaning(binary=binary) == "cost"
    found["note"] = " ".join(_notes(data, extractor, left_out, cost=cost))

    def part(name: Part, steps: int, measure: Callable[..., dict[str, Any]]) -> None:
        if not Evaluation(found).has(name):
            found.update(measure(watch(name, steps)))
            if on_part:
                on_part(Evaluation(found))

    if extractor is not None and "fid" not in left_out and not Evaluation(found).has("samples"):
        extractor(as_uint8(x[:BATCH]))  # if it refuses the images, it does so before the work

    part("bound", chunks, lambda step: _bound(model, x, y, seed, step))
    part("strokes", chunks, lambda step: _strokes(model, x, y, seed, step))
    if "variance_law" not in left_out:
        use = partial(latent_use, model, x, y, threshold=threshold, seed=seed)
        part("latents", chunks, lambda step: use(on_chunk=step).fields())
    if "log_likelihood" not in left_out:
        part("likelihood", chunks * samples,
             lambda step: _likelihood(model, x, y, samples, seed, step))  # fmt: skip
    if extractor is not None and "fid" not in left_out:
        features = extractor
        steps = 2 * math.ceil(len(x) / comparison.CHUNK)
        part("samples", steps,
             lambda step: _samples(model, x, y, features, cache, seed, step))  # fmt: skip
        part("reconstructions", steps,
             lambda step: _reconstructions(model, x, y, features, cache, seed, step))  # fmt: skip
    if "label_agreement" not in left_out:
        part("labels", 1, lambda step: _agreement(model, seed, step))
    return Evaluation(found)


def _left_out(
    model: DRAW, data: ImageData, samples: int, extractor: Extractor | None
) -> dict[str, str]:
    """Measure -> the reason why it is not measured."""
    found = {}
    if len(data) == 1:
        found["variance_law"] = "a single image has no variance over images"
        found["fid"] = "a distance between groups needs 2 images or more"
    elif extractor is None:
        found["fid"] = (
            "no extractor: give one with --extractor; inception-2015 needs its weights (docs/"
            "evaluation.md), digits-classifier is for grey pictures of 28 x 28"
        )
    if not samples:
        found["log_likelihood"] = "samples is 0"
    if not model.config.num_classes:
        found["label_agreement"] = "the network is unconditional"
    elif data.class_names != DIGITS or model.config.image_shape != (28, 28, 1):
        found["label_agreement"] = "the classifier only knows digits of 28 x 28"
    return found


def _notes(
    data: ImageData, extractor: Extractor | None, left_out: dict[str, str], *, cost: bool
) -> Iterator[str]:
    """Caveats for readers of the results."""
    if cost:
        yield GREY
    by_digits = extractor is not None and extractor.name == DIGITS_CLASSIFIER
    is_judged = "label_agreement" not in left_out or (by_digits and "fid" not in left_out)
    if is_judged and data.name.partition(":")[0] not in OF_DIGITS:
        yield NOT_DIGITS.format(data.name)


def _bound(model: DRAW, x: Any, y: Any, seed: int, step: Any) -> dict[str, Any]:
    report = bounds.bound(model, x, y, seed=seed, on_chunk=step)
    return {
        "elbo": report.elbo.value,
        "elbo_standard_error": report.elbo.standard_error,
        "reconstruction": report.reconstruction.value,
        "kl": report.kl.value,
        "kl_per_timestep": report.kl_per_timestep.tolist(),
        "bits_per_dim": report.bits_per_dim,
    }


def _strokes(model: DRAW, x: Any, y: Any, seed: int, step: Any) -> dict[str, Any]:
    report = bounds.reconstruction(model, x, y, seed=seed, on_chunk=step)
    return {
        "cross_entropy_per_timestep": report.cross_entropy.tolist(),
        "mse_per_timestep": report.mse.tolist(),
    }


def _likelihood(model: DRAW, x: Any, y: Any, samples: int, seed: int, step: Any) -> dict[str, Any]:
    report = bounds.log_likelihood(model, x, y, samples=samples, seed=seed, on_chunk=step)
    return {
        "log_likelihood": report.log_likelihood.value,
        "log_likelihood_standard_error": report.log_likelihood.standard_error,
        "log_likelihood_samples": samples,
    }


def _samples(
    model: DRAW, x: Any, y: Any, extractor: Extractor, cache: Path | None, seed: int, step: Any
) -> dict[str, Any]:
    drawn = as_uint8(model.generate(len(x), y, seed=seed))  # the same classes as in the reference
    found = compare(as_uint8(x), drawn, extractor, step, cache=cache).fields()
    return {"fid_note": found.pop("note"), **found}


def _reconstructions(
    model: DRAW, x: Any, y: Any, extractor: Extractor, cache: Path | None, seed: int, step: Any
) -> dict[str, Any]:
    again = as_uint8(model.reconstruct(x, y, seed=seed))
    found = compare(as_uint8(x), again, extractor, step, cache=cache)
    return {"fid_reconstructions": found.fid, "kid_reconstructions": found.kid}


def _agreement(model: DRAW, seed: int, step: Any, count: int = 1000) -> dict[str, Any]:
    asked = np.arange(count) % model.config.num_classes
    drawn = as_uint8(model.generate(count, asked, seed=seed))
    found = label_agreement(drawn, asked, classify_digits)
    step()
    return {
        "label_agreement": found.share,
        "label_agreement_per_class": {DIGITS[k]: share for k, share in found.per_class.items()},
        "label_agreement_samples": count,
        "label_agreement_classifier": "digits-classifier",
    }
