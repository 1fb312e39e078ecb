"""Shared by all tests: backend, threads, and the location of real data."""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["COLUMNS"] = "100"
os.environ["KERAS_DRAW_OFFLINE"] = "1"  # neither tests nor processes they start may download
# Programs compiled by XLA are cached for all processes and later runs of the tests.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "xla")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import hypothesis
import jax
import pytest

from keras_draw import DRAWConfig

ROOT = Path(__file__).parent.parent

# No deadlines: compilation, or other programs on the same core, may slow a test down.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")


@pytest.fixture
def float64():
    """JAX in double precision, for one test."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(autouse=True)
def no_data_of_this_machine(monkeypatch, tmp_path):
    """Named data sets are found only where a test puts them."""
    monkeypatch.delenv("KERAS_DRAW_DATA", raising=False)
    monkeypatch.delenv("KERAS_DRAW_WEIGHTS", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras-home"))
    monkeypatch.setenv("KERAS_DRAW_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def server(monkeypatch):
    """A local server; no other host can be reached."""
    from serving import serving

    with serving(monkeypatch) as running:
        yield running


@pytest.fixture(scope="session")
def real_data():
    """The folder with real data; skips the test if there is none."""
    folder = Path(REAL_DATA) if REAL_DATA else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data sets are not on this machine")
    return folder


REAL_DATA = os.environ.get("KERAS_DRAW_DATA")


def tiny(**fields) -> DRAWConfig:
    """The configuration of a network that compiles quickly: 5 x 4 pixels."""
    values = {"image_shape": (5, 4, 1), "timesteps": 3, "latent_dim": 2, "hidden_dim": 6}
    return DRAWConfig(**(values | fields))
