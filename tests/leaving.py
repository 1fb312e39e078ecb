"""Write the files of trained and evaluated runs, without any training or evaluation."""

import dataclasses
import hashlib
import json
import os

from keras_draw.config import DRAWConfig
from keras_draw.data.sources import load_images, name_of, test_split_of
from keras_draw.places import placeless
from keras_draw.sweeps.standing import extractor_name
from keras_draw.training.callbacks import write_history
from keras_draw.training.runs import RunConfig, write_json

SHAPE = (8, 8, 1)


def leave_trained(run, target, *, epochs=None, written=None, seconds=6.0, losses=None):
    """Write the files of a training run, after all or some of its epochs.

    Args:
        run: a run of a sweep.
        target: its folder.
        epochs: epochs in the history; all if None.
        written: epochs in the provenance, which is written when a session ends; as in the history
            if None.
        seconds: training time in the provenance.
        losses: validation losses, one per epoch.
    """
    target.path.mkdir(parents=True, exist_ok=True)
    model = DRAWConfig(**run.architecture.to_json(), image_shape=SHAPE, num_classes=0)
    training = dataclasses.replace(run.training, dataset=placeless(run.training.dataset))
    target.write_config(RunConfig(model, training))
    target.best.write_bytes(b"weights of " + run.name.encode())
    epochs = run.training.epochs if epochs is None else epochs
    losses = losses or [1.0] * epochs
    rows = [{"epoch": i + 1, "loss": 1.0, "val_loss": loss} for i, loss in enumerate(losses)]
    write_history(target.history, rows)
    took = {"epochs": len(rows) if written is None else written, "seconds": seconds}
    write_json(target.provenance, took)


def evaluated(sweep, run, target, **values):
    """An evaluation of the current weights with everything that a sweep asks for."""
    asked = sweep.shareable().evaluation
    by = extractor_name(asked.extractor, SHAPE)
    return {
        "dataset": placeless(name_of(asked.dataset or test_split_of(run.training.dataset))),
        "images": 3,
        "seed": asked.seed,
        "left_out": {"label_agreement": "no classes"},
        "elbo": None,
        "mse_per_timestep": [0.5],
        "kl_per_latent": [[0.5]],
        "log_likelihood": None,
        "fid": None,
        "fid_reconstructions": None,
        "made_from": {
            "images": _checksum(sweep.evaluation.dataset),
            "weights": hashlib.sha256(target.best.read_bytes()).hexdigest(),
            "extractor": [by, "0"] if by else None,
            "options": [asked.samples, asked.threshold, asked.seed],
        },
        **values,
    }  # fmt: skip


def _checksum(spec):
    """The checksum of images in a file, which a sweep compares."""
    return load_images(spec).checksum if spec.startswith("npz:") else "0"


def leave_evaluated(sweep, run, target, **values):
    """Write such an evaluation as `evaluation.json`."""
    target.evaluation.write_text(json.dumps(evaluated(sweep, run, target, **values)))


def at_times(target, *, lock, history):
    """Set the times at which the last session took its lock and finished its last epoch."""
    target.lock.touch()
    os.utime(target.lock, (lock, lock))
    os.utime(target.history, (history, history))
