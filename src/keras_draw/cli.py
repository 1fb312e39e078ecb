"""The command `keras-draw`: arguments in, calls out.

Nothing heavier than the argument parser is imported before it is known what to do, so that help
answers at once.
"""

import dataclasses
import json as json_module
import sys
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol

import tyro

from keras_draw import __version__
from keras_draw.config import Architecture, TrainConfig
from keras_draw.training import recipes

PICTURES = (".png", ".gif", ".npz")

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
"""On or not given."""


class Command(Protocol):
    """What every subcommand can do."""

    json: bool

    def run(self) -> dict[str, Any]:
        """Do it; the values that `--json` prints."""


def say(text: str) -> None:
    """Tell a person something, on stderr, so that stdout stays for `--json`."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Train:
    """Train a network and keep everything about it in a run folder."""

    recipe: str = ""
    """A named configuration to start from; options given beside it win. (demo, thesis-mnist,
    thesis-cifar10, thesis-conditional; nothing: the defaults below)"""
    conditional: bool = False
    """Give the network the labels, so that it can be asked for a class."""
    run_dir: str = ""
    """Folder for the run; runs/NAME-DATE-TIME if not given."""
    resume: str = ""
    """Go on with the run in this folder, where it stood; only --epochs may be raised beside it."""
    overwrite: Flag = False
    """Replace a run that is in the folder."""
    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    image_shape: tuple[int, int, int] | None = None
    """Height, width (pixels) and channels that a folder's pictures are cropped and resized to."""
    strict: Flag = False
    """Refuse a folder with a picture that cannot be read, instead of skipping it."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""
    # Without a name, a bad combination of values reaches `main` as the ValueError that it is.
    architecture: Annotated[Architecture, tyro.conf.arg(name="")] = field(
        default_factory=Architecture
    )
    training: Annotated[TrainConfig, tyro.conf.arg(name="")] = field(default_factory=TrainConfig)

    def run(self) -> dict[str, Any]:
        """Train, or go on training."""
        from keras_draw.training import train
        from keras_draw.training.runs import RunConfig, RunFolder

        if self.resume:
            stored = RunFolder(self.resume).read_config()
            model = dataclasses.replace(stored.model, **self.architecture.to_json())
            result = train.resume(
                self.resume,
                config=RunConfig(model, self.training),
                data_dir=self.data_dir or None,
            )
        else:
            self._announce()
            result = train.train(
                self.architecture,
                self.training,
                conditional=self.conditional,
                run_dir=self.run_dir or _fresh_folder(self.recipe or self.training.dataset),
                image_shape=self.image_shape,
                data_dir=self.data_dir or None,
                strict=self.strict,
                overwrite=self.overwrite,
            )
        say(
            f"Trained for {result.epochs} epochs; the network of epoch {result.best_epoch} is kept "
            f"in {result.run_dir}. Draw with it: keras-draw generate {result.run_dir} --out "
            "samples.png"
        )
        return train.fields(result)

    def _announce(self) -> None:
        if self.recipe and recipes.get(self.recipe).assumed:
            assumed = ", ".join(recipes.get(self.recipe).assumed)
            say(f"Recipe {self.recipe}; assumed, since the thesis does not say: {assumed}.")


@dataclass(frozen=True)
class Generate:
    """Draw new images with a trained network."""

    network: tyro.conf.Positional[str]
    """A run folder, a .keras file, or the name of a preset."""
    out: str
    """Where to: .png (a grid), .gif (the drawing, stroke by stroke) or .npz (x: uint8 images, y:
    labels)."""
    label: int | None = None
    """The class to draw, for a conditional network; all classes in turn if not given."""
    count: int = 64
    """Number of images."""
    seed: int = 0
    """Same seed, same pictures."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Draw."""
        from keras_draw.files import check_output, replacing

        out = Path(self.out)
        check_output(out, PICTURES, overwrite=self.overwrite)

        import numpy as np

        from keras_draw import plots
        from keras_draw.training.loading import load

        model = load(self.network)
        steps = out.suffix == ".gif"
        images = model.generate(self.count, self.label, seed=self.seed, steps=steps)
        k = model.config.num_classes
        y = None
        if k:
            y = np.arange(self.count) % k if self.label is None else np.full(self.count, self.label)
        in_turn = self.label is None and k > 0 and self.count % k == 0
        if out.suffix == ".npz":
            arrays: dict[str, Any] = {"x": plots.as_uint8(images)} | ({} if y is None else {"y": y})
            with replacing(out) as temporary:
                np.savez_compressed(temporary, **arrays)
        elif steps:
            plots.drawing_gif(images, out, columns=k if in_turn else None)
        elif in_turn and y is not None:
            names = [str(label) for label in range(k)]
            plots.save_image(plots.class_grid(images, y, names), out, overwrite=True)
        else:
            plots.save_image(plots.square_grid(images), out, overwrite=True)
        say(f"Drew {self.count} images into {out}.")
        return {"out": str(out), "count": self.count, "label": self.label, "seed": self.seed}


@dataclass(frozen=True)
class Reconstruct:
    """Show real images beside what the network makes of them, timestep by timestep."""

    network: tyro.conf.Positional[str]
    """A run folder, a .keras file, or the name of a preset."""
    dataset: str
    """Images to look at, such as mnist:test[:8]."""
    out: str
    """Where to: .png (real image, then the reconstruction after every timestep), .gif (the
    reconstructions being drawn) or .npz (x, reconstruction: uint8)."""
    seed: int = 0
    """Seed of the latents' noise."""
    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Reconstruct."""
        from keras_draw.files import check_output, replacing

        out = Path(self.out)
        check_output(out, PICTURES, overwrite=self.overwrite)

        import numpy as np

        from keras_draw import plots
        from keras_draw.data import load as load_data
        from keras_draw.training.loading import load

        model = load(self.network)
        is_folder = self.dataset.startswith("folder:")
        shape = model.config.image_shape if is_folder else None
        data = load_data(self.dataset, data_dir=self.data_dir or None, image_shape=shape)
        y = data.labels if model.config.num_classes else None
        steps = model.reconstruct(data.images, y, steps=True, seed=self.seed)
        bound = model.elbo(data.images, y, seed=self.seed)
        if out.suffix == ".npz":
            pixels = plots.as_uint8(steps[:, -1])
            with replacing(out) as temporary:
                np.savez_compressed(temporary, x=plots.as_uint8(data.images), reconstruction=pixels)
        elif out.suffix == ".gif":
            plots.drawing_gif(steps, out)
        else:
            grid = plots.reconstruction_grid(data.images, steps)
            plots.save_image(grid, out, overwrite=True)
        say(f"Reconstructed {len(data)} images of {data.name} into {out}.")
        return {
            "out": str(out),
            "dataset": data.name,
            "count": len(data),
            "reconstruction": float(bound.reconstruction.mean()),
            "kl": float(bound.kl.sum(axis=1).mean()),
            "units": {"reconstruction": "nats per image", "kl": "nats per image"},
        }


@dataclass(frozen=True)
class DataList:
    """The data sets that are known by name, and whether they are on this machine."""

    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """List them."""
        from keras_draw.data.named import SETS
        from keras_draw.data.sources import is_here

        found = {}
        for name, known in SETS.items():
            here = is_here(name, data_dir=self.data_dir or None)
            h, w, c = known.image_shape
            splits = ", ".join(f"{split} {count:,}" for split, count in known.splits.items())
            status = f"here ({here})" if here else "not on this machine"
            say(f"{name:16} {f'{h}x{w}x{c}':9} {status:32} {splits}\n{'':16} {known.summary}")
            found[name] = {"image_shape": [h, w, c], "splits": known.splits, "found": here}
        say("Also folder:PATH (a folder of pictures) and npz:PATH (x, and y if there are labels).")
        return {"data": found}


@dataclass(frozen=True)
class DataCheck:
    """Read a named data set and say what was found where, and whether it is whole."""

    name: tyro.conf.Positional[str]
    """Of the set; see `keras-draw data list`."""
    data_dir: str = ""
    """Folder of data sets, looked in before KERAS_DRAW_DATA and Keras's download cache."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Check it."""
        from keras_draw.data import check

        report = check(self.name, data_dir=self.data_dir or None)
        say(f"{report.name}: {report.summary}")
        for split, found in report.splits.items():
            say(f"  {split}: {found}")
        say("It is whole." if report.whole else "It is not whole.")
        return {**report._asdict(), "image_shape": list(report.image_shape)}


@dataclass(frozen=True)
class Demo:
    """Train on scikit-learn's digits and draw: no data needed, about a minute."""

    run_dir: str = "runs/demo"
    """Folder for the run and its pictures; an earlier demo in it is replaced."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Run it."""
        from keras_draw.experiments.demo import demo

        result = demo(self.run_dir)
        say(result.story)
        return result.fields()


def parser(train: Train) -> Any:
    """The subcommands as tyro reads them.

    Args:
        train: what `train` starts from, a recipe or a run.
    """
    sub = tyro.conf.subcommand
    data = (
        Annotated[DataList, sub("list", description=_first_line(DataList))]
        | Annotated[DataCheck, sub("check", description=_first_line(DataCheck))]
    )
    return typing.Union[  # noqa: UP007
        Annotated[Train, sub("train", default=train)],
        Annotated[Generate, sub("generate")],
        Annotated[Reconstruct, sub("reconstruct")],
        Annotated[
            data, sub("data", description="What data sets there are, and if they are whole.")
        ],
        Annotated[Demo, sub("demo")],
    ]


def _first_line(command: type) -> str:
    return (command.__doc__ or "").splitlines()[0]


def main(argv: list[str] | None = None) -> None:
    """Run the command line.

    Args:
        argv: arguments; the process's own if not given.

    Raises:
        SystemExit: with 2 after bad input, 130 after an interruption, 1 if training diverged.
    """
    argv = sys.argv[1:] if argv is None else argv
    if argv == ["--version"]:
        print(f"keras-draw {__version__}")
        return
    try:
        command: Command = tyro.cli(
            parser(_base(argv)),
            prog="keras-draw",
            description="DRAW for Keras 3: a network that paints an image in T strokes.",
            args=argv,
            config=(tyro.conf.OmitArgPrefixes,),
        )
        result = command.run()
        if command.json:
            print(json_module.dumps(result, ensure_ascii=False))
    except KeyboardInterrupt as stopped:
        say(str(stopped) or "Stopped.")
        sys.exit(130)
    except ArithmeticError as error:
        say(f"keras-draw: {error}")
        sys.exit(1)
    except (ValueError, OSError, MemoryError) as error:
        say(f"keras-draw: {_sentence(error)}")
        sys.exit(2)


def _base(argv: list[str]) -> Train:
    """What `train` starts from: the run that is resumed, or the recipe, or the defaults."""
    if argv[:1] != ["train"]:
        return Train()
    given = _option(argv, "--resume")
    if given and Path(given).is_dir():
        from keras_draw.training.runs import RunFolder

        stored = RunFolder(given).read_config()
        names = {f.name for f in dataclasses.fields(Architecture)}
        values = {k: v for k, v in stored.model.to_json().items() if k in names}
        return Train(architecture=Architecture.from_json(values), training=stored.training)
    given = _option(argv, "--recipe")
    if given is None:
        return Train()
    recipe = recipes.get(given)
    return Train(
        recipe=recipe.name,
        conditional=recipe.conditional,
        architecture=recipe.architecture,
        training=recipe.training,
    )


def _option(argv: list[str], name: str) -> str | None:
    for i, word in enumerate(argv):
        if word == name and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def _fresh_folder(name: str) -> str:
    from datetime import datetime

    plain = "".join(c if c.isalnum() or c == "-" else "-" for c in Path(name).name)
    return f"runs/{plain}-{datetime.now():%Y%m%d-%H%M%S}"


def _sentence(error: Exception) -> str:
    """The error in one line; system errors get their file's name."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return " ".join(str(error).split())
