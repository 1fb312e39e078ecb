"""`keras-draw train` and `demo`."""

import dataclasses
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Given, ImageShape, Offline, say
from keras_draw.config import Architecture, Devices, TrainConfig
from keras_draw.training import recipes

if TYPE_CHECKING:
    from keras_draw.training.runs import RunConfig


@dataclass(frozen=True)
class Train:
    """Train a network and save everything about it in a run folder."""

    recipe: str = ""
    """A named configuration to start from. Other options override it (if empty: the defaults
    below). demo, faces; thesis-mnist, thesis-cifar10, thesis-conditional; paper-mnist,
    paper-mnist-full, paper-cifar10, paper-svhn; laptop-mnist, laptop-mnist-attention,
    laptop-conditional, laptop-cifar10."""
    conditional: bool = False
    """Train with labels, so that the network can draw a given class."""
    run_dir: str = ""
    """Folder for the run; if not given, a new one named runs/NAME-DATE-TIME-..."""
    start_from: str = ""
    """Start from the weights of a trained network instead of random ones: a run folder, a .keras
    file, a preset or an address. Its architecture is the default; options and --recipe may change
    it as long as the weights fit."""
    resume: str = ""
    """Continue the run in this folder from where it stopped, with the same settings; only --epochs
    may be raised."""
    overwrite: Flag = False
    """Replace an existing run in the folder."""
    data_dir: DataDir = ""
    offline: Offline = False
    image_shape: ImageShape = None
    """Height, width (pixels) and channels that a folder's pictures are cropped and resized to."""
    strict: Flag = False
    """Refuse a folder with an unreadable picture instead of skipping the picture."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""
    # Without a name, a bad combination of values reaches `main` as a plain ValueError.
    architecture: Annotated[Architecture, tyro.conf.arg(name="")] = field(
        default_factory=Architecture
    )
    training: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(default_factory=TrainConfig)
    where: Annotated[Devices, tyro.conf.arg(name="")] = field(default_factory=Devices)

    given: Given = frozenset()

    def run(self) -> dict[str, Any]:
        """Train, or continue a run."""
        from keras_draw.training.showing import display_of

        with display_of(True) as display:
            display.phase("loading Keras")
            from keras_draw.training import train
            from keras_draw.training.words import closing

            if self.resume:
                from keras_draw.training.runs import RunFolder

                result = train.resume(
                    self.resume,
                    config=self._gone_on(RunFolder(self.resume).read_config()),
                    data_dir=self.data_dir or None,
                    progress=display,
                    devices=self.where,
                )
            else:
                self._announce()
                result = train.train(
                    self.architecture,
                    self.training,
                    conditional=self.conditional,
                    start_from=self.start_from or None,
                    run_dir=self.run_dir or _fresh_folder(self.recipe or self.training.dataset),
                    image_shape=self.image_shape,
                    data_dir=self.data_dir or None,
                    strict=self.strict,
                    overwrite=self.overwrite,
                    progress=display,
                    devices=self.where,
                )
        if not self.where.process:  # only the first process reports
            for line in closing(result):
                say(line)
        return train.fields(result)

    def _gone_on(self, stored: "RunConfig") -> "RunConfig":
        """The configuration of a resumed run: the stored one, changed by the given options.

        Raises:
            ValueError: if an option was given that a resumed run would ignore.
        """
        agrees = {
            "recipe": False,
            "start_from": False,
            "overwrite": False,
            "strict": False,
            "run_dir": _same_folder(self.run_dir, self.resume),
            "conditional": self.conditional == (stored.model.num_classes > 0),
            "image_shape": self.image_shape == stored.model.image_shape,
        }
        for name in sorted(self.given & agrees.keys()):
            if not agrees[name]:
                raise ValueError(
                    f"--{name.replace('_', '-')} is for a new run, and the one in {self.resume} "
                    "continues unchanged: leave out this option or --resume."
                )
        model = {k: v for k, v in self.architecture.to_json().items() if k in self.given}
        training = {k: v for k, v in self.training.to_json().items() if k in self.given}
        return stored._replace(
            model=dataclasses.replace(stored.model, **model),
            training=dataclasses.replace(stored.training, **training),
        )

    def _announce(self) -> None:
        if self.recipe and recipes.get(self.recipe).assumed:
            assumed = ", ".join(recipes.get(self.recipe).assumed)
            say(f"Recipe {self.recipe}; assumed because its source does not say: {assumed}.")


def _same_folder(a: str, b: str) -> bool:
    return Path(a).expanduser().resolve() == Path(b).expanduser().resolve()


def _fresh_folder(name: str) -> str:
    """A folder that no other training uses, not even one that starts in the same second."""
    from datetime import datetime

    plain = "".join(c if c.isalnum() or c == "-" else "-" for c in Path(name).name)[:60]
    return f"runs/{plain}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@dataclass(frozen=True)
class Demo:
    """Train on scikit-learn's digits and draw: no data needed, about a minute."""

    run_dir: str = "runs/demo"
    """Folder for the run and its pictures. An earlier demo there is replaced."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Run the demo, and return what it measured."""
        from keras_draw.training.showing import display_of

        with display_of(True) as display:
            display.phase("loading Keras")
            from keras_draw.thesis.demo import demo

            result = demo(self.run_dir, progress=display)
        say(result.story)
        return result.fields()
