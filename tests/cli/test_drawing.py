"""Which windows `generate` and `reconstruct` can show."""

import pytest
from calling import call, refused
from conftest import tiny
from PIL import Image

from keras_draw import DRAW

DATASET = "--dataset digits:test[:2]"


@pytest.mark.parametrize("fields", [{}, {"read": 2}])
def test_a_network_without_a_window_to_show_says_so(fields, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DRAW(tiny(image_shape=(8, 8, 1), timesteps=1, **fields)).save("network.keras")
    refuse = "no window to show here: it was made with read"
    assert refuse in refused("generate network.keras --count 2 --out a.gif --windows")
    words = f"reconstruct network.keras {DATASET} --out a.gif"
    if not fields:
        assert refuse in refused(f"{words} --windows")
        return
    # Where windows are shown, the last picture is held without them.
    for asked, pages in (("", 1), (" --windows", 2)):
        assert call(f"{words} --overwrite{asked}").code == 0
        with Image.open("a.gif") as gif:
            assert gif.n_frames == pages
