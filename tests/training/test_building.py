"""The optimizer and callbacks that follow from a configuration."""

from conftest import tiny

from keras_draw.config import TrainConfig
from keras_draw.training.building import build
from keras_draw.training.runs import RunConfig


def test_a_cosine_over_more_steps_than_an_int32_counts():
    training = TrainConfig(epochs=2**31 - 1, learning_rate=0.5)
    model = build(RunConfig(tiny(timesteps=1), training), steps=1000)
    assert float(model.optimizer.learning_rate) == 0.5
    model = build(RunConfig(tiny(timesteps=1), TrainConfig(epochs=3)), steps=5)
    assert model.optimizer._learning_rate.decay_steps == 15
