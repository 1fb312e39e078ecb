"""`keras-draw generate` and `reconstruct`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from keras_draw.cli.common import DataDir, Flag, Offline, say

PICTURES = (".png", ".gif", ".npz")


@dataclass(frozen=True)
class Generate:
    """Draw new images with a trained network."""

    network: tyro.conf.Positional[str]
    """A run folder, a .keras file, or the name of a preset."""
    out: str = ""
    """Where to: .png (a grid), .gif (the drawing, stroke by stroke) or .npz (x: uint8 images, y:
    labels); NAME.png or NAME-LABEL.png in this folder if not given."""
    label: int | None = None
    """The class to draw, for a conditional network; all classes in turn if not given."""
    count: int = 64
    """Number of images."""
    windows: Flag = False
    """In a .gif: a rectangle where the network writes, its line as wide as the stroke."""
    seed: int = 0
    """Same seed, same pictures."""
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Draw."""
        out = Path(self.out).expanduser() if self.out else self._own_name()
        kind = _checked(out, overwrite=self.overwrite, windows=self.windows)

        import numpy as np

        from keras_draw.data.images import as_uint8
        from keras_draw.figures import grids
        from keras_draw.figures.sizes import check_grid, grid_of, scale_of
        from keras_draw.figures.strokes import with_frames
        from keras_draw.training.loading import load

        model = load(self.network)
        _check_windows(model.config, model.config.write, asked=self.windows)
        moves = kind == ".gif"
        k = model.config.num_classes
        in_turn = self.label is None and k > 0 and self.count % k == 0
        if kind != ".npz":
            size = model.config.image_shape
            check_grid(
                *((k, self.count // k) if in_turn else grid_of(max(self.count, 1))),
                size,
                pages=model.config.timesteps if moves else 1,
                scale=scale_of(*size[:2], windows=self.windows),
            )
        if moves:
            strokes = model.generate_strokes(self.count, self.label, seed=self.seed)
            images, frames = with_frames(strokes, read=None, write=model.config.write)
        else:
            images = model.generate(self.count, self.label, seed=self.seed)
        y = None
        if k:
            y = np.arange(self.count) % k if self.label is None else np.full(self.count, self.label)
        if kind == ".npz":
            _save_arrays(out, {"x": as_uint8(images)} | ({} if y is None else {"y": y}))
        elif moves:
            frames = frames if self.windows else []
            grids.drawing_gif(images, out, columns=k if in_turn else None, frames=frames)
        elif in_turn and y is not None:
            names = [str(label) for label in range(k)]
            grids.save_image(grids.class_grid(images, y, names), out, overwrite=True)
        else:
            grids.save_image(grids.square_grid(images), out, overwrite=True)
        say(f"Drew {self.count} images into {out}.")
        return {"out": str(out), "count": self.count, "label": self.label, "seed": self.seed}

    def _own_name(self) -> Path:
        """NAME.png or NAME-LABEL.png; another run has another NAME, also where there are dots."""
        network = Path(self.network).expanduser()
        name = network.name if network.name not in ("", "..") else network.resolve().name
        name = name[: -len(".keras")] if name.lower().endswith(".keras") else name
        return Path(f"{name}{'' if self.label is None else f'-{self.label}'}.png")


def _checked(out: Path, *, overwrite: bool, windows: bool) -> str:
    """The ending of an output that can be written: one of `PICTURES`."""
    from keras_draw.files import check_output

    check_output(out, PICTURES, overwrite=overwrite)
    kind = out.suffix.lower()
    if windows and kind != ".gif":
        raise ValueError(f"Windows are shown in a .gif, and --out is {out}: give a .gif.")
    return kind


def _check_windows(config: Any, n: int | None, *, asked: bool) -> None:
    """Refuse to show windows, N x N filters, of a network that has none."""
    if asked and n is None:
        raise ValueError(
            f"This network has no window to show here: it was made with read {config.read} and "
            f"write {config.write} (None is the whole image; generation only writes)."
        )


def _save_arrays(out: Path, arrays: dict[str, Any]) -> None:
    import numpy as np

    from keras_draw.files import replacing

    # Given a name, NumPy would add .npz to one that ends in .NPZ.
    with replacing(out) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


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
    windows: Flag = False
    """In a .gif: rectangles where the network looks (green) and writes (orange), their lines as
    wide as the stroke."""
    seed: int = 0
    """Seed of the latents' noise."""
    data_dir: DataDir = ""
    offline: Offline = False
    overwrite: Flag = False
    """Replace the output if it exists."""
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Reconstruct."""
        out = Path(self.out).expanduser()
        kind = _checked(out, overwrite=self.overwrite, windows=self.windows)

        from keras_draw.data import load_images
        from keras_draw.data.images import as_uint8
        from keras_draw.figures import grids
        from keras_draw.figures.sizes import check_grid, grid_of, scale_of
        from keras_draw.figures.strokes import with_frames
        from keras_draw.training.loading import load

        model = load(self.network)
        _check_windows(model.config, model.config.read or model.config.write, asked=self.windows)
        is_folder = self.dataset.startswith("folder:")
        shape = model.config.image_shape if is_folder else None
        data = load_images(self.dataset, data_dir=self.data_dir or None, image_shape=shape)
        y = data.labels if model.config.num_classes else None
        timesteps = model.config.timesteps
        if kind == ".gif":
            size = data.image_shape
            scale = scale_of(*size[:2], windows=self.windows)
            check_grid(*grid_of(len(data)), size, pages=timesteps, scale=scale)
        elif kind == ".png":
            check_grid(len(data), timesteps + 1, data.image_shape)
        strokes = model.reconstruct_strokes(data.images, y, seed=self.seed)
        steps, frames = with_frames(strokes, read=model.config.read, write=model.config.write)
        bound = model.elbo(data.images, y, seed=self.seed)
        if kind == ".npz":
            pixels = {"x": data.images, "reconstruction": steps[:, -1]}
            _save_arrays(out, {name: as_uint8(value) for name, value in pixels.items()})
        elif kind == ".gif":
            grids.drawing_gif(steps, out, frames=frames if self.windows else [])
        else:
            grid = grids.reconstruction_grid(data.images, steps)
            grids.save_image(grid, out, overwrite=True)
        say(f"Reconstructed {len(data)} images of {data.name} into {out}.")
        return {
            "out": str(out),
            "dataset": data.name,
            "count": len(data),
            "reconstruction": float(bound.reconstruction.mean()),
            "kl": float(bound.kl.sum(axis=1).mean()),
            "units": {"reconstruction": "nats per image", "kl": "nats per image"},
        }
