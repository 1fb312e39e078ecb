"""Measure a network: bound, likelihood, use of the latents, samples compared with real images.

    python examples/evaluate_network.py [OUT]

docs/evaluation.md explains what each number means and when it is misleading. `keras-draw evaluate
RUN` does the same for a run folder.

It writes to OUT (runs/examples/evaluate-network if not given):

    digits.keras     the network that was measured
    evaluation.json  all measurements, with units
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from keras_draw import DRAW, DRAWConfig
from keras_draw.data import ImageData, load_images
from keras_draw.evaluation import evaluate
from keras_draw.evaluation.agreement import label_agreement, plain_classifier
from keras_draw.evaluation.comparison import compare
from keras_draw.evaluation.extractors import Extractor, from_callable


def main(
    out: Path = Path("runs/examples/evaluate-network"), *, epochs: int = 60, samples: int = 20
) -> None:
    """Train on scikit-learn's digits, and measure on test images, with `samples` = K."""
    out.mkdir(parents=True, exist_ok=True)
    digits, test = load_images("digits"), load_images("digits:test")
    # A discretized logistic gives every grey level a probability, so the bound is on a likelihood.
    config = DRAWConfig(
        image_shape=digits.image_shape, num_classes=digits.num_classes, timesteps=8, latent_dim=6,
        hidden_dim=128, likelihood="discretized-logistic", initial_canvas="mean",
    )  # fmt: skip
    model = DRAW(config)
    model.compile("adam")
    model.fit(digits.images, digits.labels, batch_size=32, epochs=epochs, verbose=2)
    model.save(out / "digits.keras")

    features = features_of(digits)
    found = evaluate(model, test, samples=samples, extractor=features).to_json()

    # A distance means little on its own: compare it with that of as many real training images.
    real = compare(test.images, digits.images[::4][: len(test)], features)
    found["fid_of_real_images"] = real.fid

    # Do the samples show the class that was asked for? A classifier trained on real images decides.
    classify = plain_classifier(digits.images / 255, digits.labels)
    asked = np.arange(500) % digits.num_classes
    agreement = label_agreement(model.generate(len(asked), asked, seed=1), asked, classify)
    found["samples_taken_for_what_was_asked"] = agreement.share

    (out / "evaluation.json").write_text(json.dumps(found, indent=2), "utf-8")
    print(
        f"{len(test)} test images, each given its label:\n"
        f"  log p(x | label) >= {found['elbo']:.2f} nats ({found['bits_per_dim']:.3f} bits/dim)\n"
        f"  log p(x | label) >= {found['log_likelihood']:.2f} nats with {samples} draws\n"
        f"  {found['inactive_variables']} of {found['latent_variables']} latents carry nothing\n"
        f"FID by {features.name}: {found['fid']:.3f}; of real images: {real.fid:.3f}\n"
        f"{agreement.share:.1%} of {agreement.images} samples are classified as the requested digit"
    )


def features_of(data: ImageData) -> Extractor:
    """Sixteen principal components of the pixels. Any function of images can serve as features.

    (For grey images of 28 x 28, `extractors.extractor("digits-classifier")` is better.)
    """

    def flat(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1) / 255

    components = PCA(16, random_state=0).fit(flat(data.images))
    return from_callable(lambda images: components.transform(flat(images)), "digits-pca-16")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
