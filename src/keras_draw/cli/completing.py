"""`keras-draw complete`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from keras_draw.cli.common import DataDir, Flag, Offline, WhichNetwork, say
from keras_draw.cli.pictured import images_of, own_name, save_arrays, told
from keras_draw.config import whole_number

if TYPE_CHECKING:
    from keras_draw.evaluation.completion import CompletionReport, Error


@dataclass(frozen=True, kw_only=True)
class Complete:
    """Hide a part of images, and draw what could have been there."""

    network: WhichNetwork
    dataset: str
    """Images to hide a part of, such as mnist:test[:8]."""
    hide: str = "lower"
    """lower, upper, left or right: that half; or a picture's file of the images' own size, white
    where they are hidden."""
    out: str = ""
    """Where to: .png (a row an image: what is seen, the answers, the real image) or .npz (x and
    answers: uint8; hidden); NAME-complete.png here if not given."""
    answers: int = 8
    """To each image, chains that know nothing of one another."""
    rounds: int = 100
    """Of each chain: more of them come nearer to what the network believes."""
    between: Literal["sample", "mean"] = "sample"
    """What hidden pixels are between two rounds: drawn, or the mean image's."""
    count: int = 0
    """Images of the data set to look at: of each class first one, then a second; without labels
    from its beginning to its end. 0: all."""
    seed: int = 0
    """Same seed, same answers."""
    data_dir: DataDir = ""
    offline: Offline = False
    scale: int | None = None
    """Pixels of the picture per pixel of an image, which is never blurred."""
    force: Flag = False
    """Draw a picture of more than 80 million pixels nevertheless, if memory allows it."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Complete."""
        from keras_draw.files import check_output, expanded

        out = expanded(self.out or own_name(self.network, "complete"))
        check_output(out, (".png", ".npz"), overwrite=self.overwrite)
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
        say(f"Gave {_count(self.answers)} to {len(data)} images of {data.name}, in {out}.")
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
    """How far the guesses are from what was hidden, a line each."""
    together = [(f"the mean of {found.answers}", found.together)] if found.answers > 1 else []
    start = ("what the canvas starts from", found.start)
    for what, error in (("one answer", found.single), *together, start):
        value, standard_error = error.squared
        say(
            f"  {what:28} squared error {value:.4f} ± {standard_error:.4f}, cross-entropy "
            f"{error.cross_entropy.value:.4f} nats, of a hidden pixel"
        )


def _errors(name: str, error: "Error") -> dict[str, float]:
    found = {}
    for what, (value, standard_error) in error._asdict().items():
        found[f"{name}_{what}"] = value
        found[f"{name}_{what}_standard_error"] = standard_error
    return found
