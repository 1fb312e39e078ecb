"""`keras-draw complete`."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import check_counts, images_of, named, own_name, save_arrays, told
from keras_draw.config import whole_number

if TYPE_CHECKING:
    from keras_draw.evaluation.completion import CompletionReport, Error


@dataclass(frozen=True, kw_only=True)
class Complete:
    """Hide a part of images and draw what could be there."""

    network: WhichNetwork
    dataset: str
    """Images to hide a part of, such as mnist:test[:8]."""
    hide: str = "lower"
    """The half to hide: lower, upper, left or right; or a picture file of the images' size, white
    where pixels are hidden."""
    out: str = ""
    """The output: .png (one row per image: the visible part, the answers, the real image) or .npz
    (x and answers: uint8; hidden). If not given: NAME-complete.png in the current folder."""
    answers: int = 8
    """Answers per image, from independent chains."""
    rounds: int = 100
    """Rounds of each chain. More rounds come closer to the network's distribution."""
    between: Literal["sample", "mean"] = "sample"
    """Values of the hidden pixels between two rounds: drawn, or those of the mean image."""
    count: int = 0
    """Number of images to use, 0 for all: first one of each class, then a second, and so on;
    without labels spread from the beginning to the end."""
    seed: int = 0
    """The same seed gives the same answers."""
    data_dir: DataDir = ""
    offline: Offline = False
    scale: int | None = None
    """Pixels of the picture per pixel of an image; images are never blurred."""
    force: Flag = False
    """Allow a picture of more than 80 million pixels, if memory allows it."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Complete the images, and return the errors of the answers."""
        from keras_draw.files import check_output, expanded

        out = expanded(self.out or own_name(self.network, "complete"))
        check_output(out, (".png", ".npz"), overwrite=self.overwrite)
        check_counts(scale=self.scale)
        whole_number("--answers", self.answers, at_least=1)

        from keras_draw.data.masks import mask_of
        from keras_draw.evaluation.completion import completion
        from keras_draw.figures.completions import check_completions, completion_grid
        from keras_draw.figures.grids import save_image
        from keras_draw.models.completing import start_image
        from keras_draw.pixels import as_uint8
        from keras_draw.training.loading import load

        model = load(self.network)
        config = model.config
        data = images_of(model, self.dataset, self.data_dir, self.count)
        hidden = mask_of(self.hide, config.image_shape)
        if out.suffix.lower() == ".png":
            check_completions(
                len(data), self.answers, data.image_shape, scale=self.scale, force=self.force
            )
        y = data.labels if config.num_classes else None
        with told("Completing", len(data) * self.answers):
            answers = model.complete(
                data.images, hidden, y,
                n=self.answers, rounds=self.rounds, between=self.between, seed=self.seed,
            )  # fmt: skip
        found = completion(data.images, hidden, answers, start_image(model))
        if out.suffix.lower() == ".npz":
            arrays = {"x": as_uint8(data.images), "answers": as_uint8(answers), "hidden": hidden}
            save_arrays(out, arrays)
        else:
            page = completion_grid(data.images, hidden, answers, scale=self.scale, force=self.force)
            save_image(page, out, overwrite=True)
        say(f"Drew {_count(self.answers)} per image for {named(data, self.count)}: {out}.")
        _say_errors(found)
        asked = {name: getattr(self, name) for name in ("hide", "rounds", "between", "seed")}
        return {
            "out": str(out),
            "dataset": data.name,
            "images": found.images,
            "answers": found.answers,
            **asked,
            **_errors("single", found.single),
            **_errors("together", found.together),
            **_errors("start", found.start),
            "units": {
                "squared": "squared pixel value, from 0 to 1, per hidden pixel and channel",
                "cross_entropy": "nats per hidden pixel and channel",
            },
        }


def _count(answers: int) -> str:
    return "1 answer" if answers == 1 else f"{answers} answers"


def _say_errors(found: "CompletionReport") -> None:
    """Print how far the answers are from the hidden pixels, one line each."""
    together = [(f"mean of {found.answers} answers", found.together)] if found.answers > 1 else []
    start = ("image of the empty canvas", found.start)
    for what, error in (("one answer", found.single), *together, start):
        value, standard_error = error.squared
        # One image has no standard error.
        spread = f" ± {standard_error:.4f}" if math.isfinite(standard_error) else ""
        say(
            f"  {what:28} squared error {value:.4f}{spread}, cross-entropy "
            f"{error.cross_entropy.value:.4f} nats, per hidden pixel"
        )


def _errors(name: str, error: "Error") -> dict[str, float]:
    found = {}
    for what, (value, standard_error) in error._asdict().items():
        found[f"{name}_{what}"] = value
        found[f"{name}_{what}_standard_error"] = standard_error
    return found
