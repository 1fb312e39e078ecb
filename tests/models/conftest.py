"""A trained network shared by the tests of models; none of them changes it."""

import keras
import pytest
from conftest import tiny
from models.pictures import IMAGES, LABELS, K

from keras_draw import DRAW


@pytest.fixture(scope="session")
def conditional():
    model = DRAW(tiny(num_classes=K), seed=3)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(IMAGES, LABELS, epochs=2, batch_size=6, verbose=0)
    return model
