"""Everything that can be said about a trained network, in one plain object."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keras_draw.config.ranges import check_measuring
from keras_draw.data.images import ImageData, as_uint8
from keras_draw.evaluation import bound as bounds
from keras_draw.evaluation import comparison
from keras_draw.evaluation.agreement import label_agreement
from keras_draw.evaluation.bound import binarization
from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.digits import classify_digits
from keras_draw.evaluation.extractors import BATCH, Extractor
from keras_draw.evaluation.latents import latent_use
from keras_draw.models.draw import DRAW
from keras_draw.models.likelihoods import likelihood_of

DIGITS = tuple("0123456789")
Watch = Callable[[str, int], Callable[[], None]]
"""(what is measured, steps) -> a function to be called after each step."""

UNITS = {
    "elbo": "nats per image",
    "reconstruction": "nats per image",
    "kl": "nats per image",
    "kl_per_timestep": "nats per image",
    "bits_per_dim": "bits per pixel and channel",
    "cross_entropy_per_timestep": "nats per pixel and channel",
    "mse_per_timestep": "squared pixel value, from 0 to 1",
    "log_likelihood": "nats per image",
    "variance_law": "no unit, mean over latents; the law says 1",
    "mean_var_per_timestep": "no unit, mean over latents: mean of the posterior's variance",
    "var_mean_per_timestep": "no unit, mean over latents: variance of the posterior's mean",
    "kl_per_latent": "nats per image, a row a timestep",
    "inactive_variables": "latents, of all timesteps",
    "fid": "squared distance of features",
    "kid": "squared distance of features",
    "label_agreement": "share of samples",
}


GREY = (
    "The pixels are grey, of which a Bernoulli network has no likelihood: elbo and log_likelihood "
    "are the cost that was trained, and no bound."
)


def silent(part: str, steps: int) -> Callable[[], None]:
    """A `Watch` that tells nobody."""
    return lambda: None


def evaluate(
    model: DRAW,
    data: ImageData,
    *,
    samples: int = 100,
    threshold: float = 0.9,
    extractor: Extractor | None = None,
    seed: int = 0,
    watch: Watch = silent,
    done: dict[str, Any] | None = None,
    on_part: Callable[[dict[str, Any]], None] | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Measure a network: bound, likelihood, latents, samples.

    Args:
        model: the network.
        data: images it was not trained on, with labels for a conditional network.
        samples: K of the importance-weighted likelihood; 0 leaves it out.
        threshold: variance above which a latent counts as inactive.
        extractor: makes features for Fréchet distance and the like; none leaves them out.
        seed: of all draws.
        watch: hears of every part's progress.
        done: what an earlier call with the same arguments found; not measured again.
        on_part: called with what is known after every part.
        cache: folder in which feature statistics are kept, see `evaluation.cache`.

    Returns:
        Plain values; `units` says their units, `left_out` what was not measured and why.

    Raises:
        ValueError: if the images do not fit the network, or an option is out of range.

    Example:
        >>> evaluate(load("runs/mnist"), load_images("mnist:test"))["elbo"]   # doctest: +SKIP
    """
    check_measuring(samples, threshold, seed)
    x, y = data.images, data.labels if model.config.num_classes else None
    if model.config.num_classes and y is None:
        raise ValueError(f"{data.no_labels}, which a conditional network needs.")
    chunks = math.ceil(len(x) / bounds.CHUNK)
    found: dict[str, Any] = done or {"dataset": data.name, "images": len(x), "seed": seed}
    found["units"] = UNITS
    left_out = found["left_out"] = _left_out(model, data, samples, extractor)
    found["binarization"] = binarization(model, x)
    binary = found["binarization"] != "none"
    cost = likelihood_of(model.config).meaning(binary=binary) == "cost"
    found["note"] = GREY if cost else ""

    def part(name: str, key: str, steps: int, measure: Callable[..., dict[str, Any]]) -> None:
        if key not in found:
            found.update(measure(watch(name, steps)))
            if on_part:
                on_part(found)

    if extractor is not None and not {"fid"} & {*left_out, *found}:
        extractor(as_uint8(x[:BATCH]))  # what it refuses is refused before the work

    part("bound", "elbo", chunks, lambda step: _bound(model, x, y, seed, step))
    part("strokes", "mse_per_timestep", chunks, lambda step: _strokes(model, x, y, seed, step))
    if "variance_law" not in left_out:
        part("latents", "kl_per_latent", chunks,
             lambda step: _latents(model, x, y, threshold, seed, step))  # fmt: skip
    if "log_likelihood" not in left_out:
        part("likelihood", "log_likelihood", chunks * samples,
             lambda step: _likelihood(model, x, y, samples, seed, step))  # fmt: skip
    if extractor is not None and "fid" not in left_out:
        features = extractor
        steps = 2 * math.ceil(len(x) / comparison.CHUNK)
        part(
            "samples", "fid", steps, lambda step: _samples(model, x, y, features, cache, seed, step)
        )
        part("reconstructions", "fid_reconstructions", steps,
             lambda step: _reconstructions(model, x, y, features, cache, seed, step))  # fmt: skip
    if "label_agreement" not in left_out:
        part("labels", "label_agreement", 1, lambda step: _agreement(model, seed, step))
    return found


def _left_out(
    model: DRAW, data: ImageData, samples: int, extractor: Extractor | None
) -> dict[str, str]:
    """What is not measured, and why."""
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
        found["log_likelihood"] = "no samples were asked for"
    if not model.config.num_classes:
        found["label_agreement"] = "an unconditional network is asked for no class"
    elif data.class_names != DIGITS or model.config.image_shape != (28, 28, 1):
        found["label_agreement"] = "the classifier knows digits of 28 x 28 alone"
    return found


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


def _latents(model: DRAW, x: Any, y: Any, threshold: float, seed: int, step: Any) -> dict[str, Any]:
    use = latent_use(model, x, y, threshold=threshold, seed=seed, on_chunk=step)
    return {
        "variance_law": float(use.variance_law.mean()),
        "variance_law_per_timestep": use.variance_law.mean(axis=1).tolist(),
        "mean_var_per_timestep": use.mean_var.mean(axis=1).tolist(),
        "var_mean_per_timestep": use.var_mean.mean(axis=1).tolist(),
        "kl_per_latent": [[float(f"{v:.6g}") for v in row] for row in use.kl],
        "inactive_variables": int(use.inactive.sum()),
        "inactive_variables_per_timestep": use.inactive.tolist(),
        "latent_variables": int(use.mean_var.size),
        "threshold": threshold,
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
    drawn = as_uint8(model.generate(len(x), y, seed=seed))  # classes as often as in the reference
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
        "label_agreement_per_class": found.per_class,
        "label_agreement_samples": count,
        "label_agreement_classifier": "digits-classifier",
    }
