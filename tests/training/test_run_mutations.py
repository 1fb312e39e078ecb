"""Randomly damaged files of a run always give a one-line error."""

import random
import resource
import time

import numpy as np
import pytest
from conftest import tiny
from mutations import mutated

from keras_draw import load
from keras_draw.config import TrainConfig
from keras_draw.models.draw import DRAW
from keras_draw.training import checkpoint
from keras_draw.training.building import build
from keras_draw.training.callbacks import save_weights
from keras_draw.training.runs import RunConfig, RunFolder

MUTATIONS = 1000
MEMORY = 1.5 * 2**30
"""Peak memory in bytes that a thousand damaged files of a few kilobytes may add to the process."""
SECONDS = 20
"""Maximum seconds for one damaged file; a good one takes a tenth of a second."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("run") / "run")
    config = RunConfig(tiny(), TrainConfig(ema_momentum=0.9))
    model = build(config, steps=1)
    folder.create(overwrite=False)
    folder.write_config(config)
    save_weights(DRAW(config.model), folder.best)
    DRAW(config.model).save(folder.model)
    checkpoint.save(folder.checkpoint, model, [], checkpoint.Progress(1, [], None, 0, False, "", 0))
    return folder, model


READERS = {
    "config": lambda run, model: load(run.path),
    "best": lambda run, model: load(run.path),
    "model": lambda run, model: load(run.model),
    "checkpoint": lambda run, model: checkpoint.restore(run.checkpoint, model),
}


@pytest.mark.slow
@pytest.mark.parametrize("file", READERS)
def test_a_thousand_mutations_meet_a_sentence_or_are_read(run, file):
    folder, model = run
    path = getattr(folder, file)
    content = path.read_bytes()
    READERS[file](folder, model)
    dice = random.Random(file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    refused, longest = 0, 0.0
    try:
        for _ in range(MUTATIONS):
            path.write_bytes(mutated(content, dice))
            begun = time.perf_counter()
            try:
                READERS[file](folder, model)
            except ValueError as refusal:
                refused += 1
                assert str(refusal).strip()
                assert "\n" not in str(refusal)
            longest = max(longest, time.perf_counter() - begun)
    finally:
        path.write_bytes(content)
    assert refused > 500
    assert longest < SECONDS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert after - before < MEMORY
    assert all(np.isfinite(weight).all() for weight in load(folder.path).get_weights())
