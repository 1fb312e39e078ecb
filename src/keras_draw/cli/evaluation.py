"""`keras-draw evaluate` and `fid`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from keras_draw.cli.common import (
    DataDir,
    Features,
    Flag,
    ImageShape,
    Offline,
    check_weights,
    progress,
    say,
)
from keras_draw.config import EvaluateConfig
from keras_draw.printed import counted

if TYPE_CHECKING:
    from keras_draw.evaluation.record import Evaluation


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained network: bound, likelihood, use of the latents, samples."""

    run_dir: tyro.conf.Positional[str]
    """A run folder, where evaluation.json is written, or the name of a preset. With --dataset also
    a .keras file or an address (hf://USER/NAME, https://HOST/NAME.keras)."""
    # Without a name, a bad value reaches `main` as a plain ValueError.
    asked: Annotated[EvaluateConfig, tyro.conf.arg(name="")] = field(default_factory=EvaluateConfig)
    weights: str = ""
    """File or folder of the extractor's weights, searched before KERAS_DRAW_WEIGHTS."""
    data_dir: DataDir = ""
    offline: Offline = False
    again: Flag = False
    """Measure again. Otherwise the evaluation.json of the run, or the one that ships with the
    preset, is printed if weights, images and options are the same."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Measure the network, and return every measured value."""
        check_weights(self.weights, self.asked.extractor)
        from keras_draw.evaluation.run_evaluation import evaluate_run

        told: list[str] = []
        with progress() as watch:
            found = evaluate_run(
                self.run_dir,
                self.asked,
                weights=Path(self.weights) if self.weights else None,
                data_dir=self.data_dir or None,
                watch=watch,
                again=self.again,
                tell=told.append,
            )
        say(_table(found))
        for sentence in told:
            say(sentence)
        return found.to_json()


@dataclass(frozen=True, kw_only=True)
class Fid(Features):
    """Compare two groups of images: Fréchet distance, KID, precision, recall, density, coverage."""

    a: tyro.conf.Positional[str]
    """The reference group: a network, named as for generate (samples are drawn), folder:PATH,
    npz:PATH or an .npz of images, a data set or slice such as mnist:test[:1000], a file of
    statistics (see --save), or noise (uniform, in the other group's shape)."""
    b: tyro.conf.Positional[str]
    """The group to judge, given in the same ways."""
    count: int = 0
    """Images per group. 0: all of them, or 1000 if they are drawn."""
    image_shape: ImageShape = None
    """Height, width (pixels) and channels that a folder's pictures are cropped and resized to."""
    save: str = ""
    """A new .npz for the statistics of the reference group, for later comparisons."""

    def run(self) -> dict[str, Any]:
        """Compare the groups, and return every measured value."""
        from keras_draw.evaluation.named import compare_groups
        from keras_draw.evaluation.taken import preset_meant

        with progress() as watch:

            def begun(part: str, steps: int) -> Callable[[], None]:
                for sentence in filter(None, map(preset_meant, dict.fromkeys((self.a, self.b)))):
                    say(sentence)
                return watch(part, steps)

            found = compare_groups(
                self.a,
                self.b,
                count=self.count,
                watch=begun,
                save=Path(self.save).expanduser() if self.save else None,
                image_shape=self.image_shape,
                **self.options,
            )
        note = f" {found['note']}" if found["note"] else ""
        say(
            f"FID {found['fid']:.4f}, KID {found['kid']:.5f} between {found['a_is']} "
            f"({found['count_a']}) and {found['b_is']} ({found['count_b']}), by "
            f"{found['extractor']} (weights {found['weights_hash']}).{note}"
        )
        return found


def _table(found: "Evaluation") -> str:
    """The main results as text, one line each."""
    from keras_draw.data.scanning import escaped
    from keras_draw.evaluation.measures import MEASURES

    lines = [f"{found['images']} images of {found['dataset']}"]
    if found["binarization"] != "none":
        lines[0] += f", {found['binarization']} binarization"
    rows = [(name, one.unit) for one in MEASURES for name in one.names]
    for name, unit in rows:
        if (value := found.get(name)) is None:
            continue
        if isinstance(value, list):
            said = " ".join("?" if v is None else f"{v:.4g}" for v in value)  # ?: was not finite
        else:
            said = f"{value:.4f}" if isinstance(value, float) else str(value)
        error = found.get(f"{name}_standard_error")
        said += f" ± {error:.4f}" if error is not None else ""
        lines.append(f"  {name:31} {said}  ({unit})")
    if samples := found.get("log_likelihood_samples"):
        lines.append(f"  log_likelihood from {counted(samples, 'draw')} of the latents per image")
    if by_class := found.get("label_agreement_per_class"):
        said = ", ".join(f"{escaped(name)}: {share:.3f}" for name, share in by_class.items())
        lines.append(f"  label_agreement by class: {said}")
    if "extractor" in found:
        counts = f"{found['count_a']} real and {found['count_b']} drawn images"
        lines.append(f"  fid and kid by {found['extractor']}, from {counts}")
    lines += [found["note"]] if found["note"] else []
    lines += [f"  not measured: {name} ({why})" for name, why in found["left_out"].items()]
    return "\n".join(lines)
