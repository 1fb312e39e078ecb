"""The display of a training in a notebook; tests with a kernel are in tests/test_notebook.py."""

import sys
from types import SimpleNamespace

import IPython.display
import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_draw.training import notebook
from keras_draw.training.showing import Standing, in_notebook


class Handle:
    def __init__(self, page):
        self.pages = [page.data]

    def update(self, page):
        self.pages.append(page.data)


@pytest.fixture
def handles(monkeypatch):
    """The displayed objects, with all their updates."""
    found = []

    def display(page, *, display_id):
        assert display_id is True
        found.append(Handle(page))
        return found[-1]

    monkeypatch.setattr(IPython.display, "display", display)
    return found


@pytest.fixture
def clock(monkeypatch):
    """A simulated clock on which drawing takes a tenth of a second."""
    now = [1000.0]
    monkeypatch.setattr(notebook, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def slow(history):
        now[0] += 0.1
        drawn = Figure(figsize=(1, 1))
        drawn.subplots().plot(history["epoch"], history["loss"])
        return drawn

    monkeypatch.setattr(notebook, "training_curves", slow)
    return now


def test_it_changes_in_place_and_spends_a_small_share_of_the_time(handles, clock):
    epochs, samples = 50, 0
    with notebook.Notebook() as display:
        display.phase("reading <digits>")
        display.opening(["images    <b>"])
        history = []
        for epoch in range(1, epochs + 1):
            clock[0] += 0.5
            now = Standing(epoch, epochs, epoch / epochs, 4.0, 5.0, "nats per image", 60.0, 9.0)
            history.append({"epoch": epoch, "loss": 4.0, "reconstruction": 3.0, "kl": 1.0})
            display.moved(now)
            if display.wants_samples:
                samples += 1
                display.drawn(np.zeros((4, 3, 3, 1)), np.array([0, 1, 0, 1]), ["<i>", "b"])
            display.epoch_over(now, history)
    bar, below = (handle.pages for handle in handles)
    assert "reading &lt;digits&gt;" in bar[1]
    assert "&lt;b&gt;" in bar[-1]
    assert "epoch 50 of 50" in bar[-1]
    assert "train 4.00, validation 5.00 nats per image" in bar[-1]
    assert below[-1].count("data:image/png") == 2
    assert "<i>" not in "".join(bar + below)
    # 25 seconds, of which at most a twentieth is spent on pictures of 0.1 seconds each
    assert samples <= 25 / 2 + 2
    assert below[-1] != below[1]


def test_where_there_is_no_page_there_is_no_notebook(monkeypatch):
    assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()
