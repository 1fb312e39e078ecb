"""The display of a training on a terminal and in a log file."""

import io
import subprocess
import sys

from rich.console import Console

from keras_draw.training.showing import Bar, Display, Lines, Standing, display_of


def standing(epoch, epochs, **fields):
    values = {"share": epoch / epochs, "train": 41.234, "validation": 43.1, "left": 700.0}
    return Standing(epoch, epochs, **values | {"unit": "nats per image", "speed": 4800.0} | fields)


def shown(width, act):
    """What a display printed on a terminal of the given width, before it closed."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    with Bar(console) as bar:
        act(bar)
        bar.live.refresh()
        text = console.file.getvalue()
    return [line.rstrip() for line in text.rpartition("\x1b[2K")[2].splitlines()]


def test_the_bar_says_both_losses_their_unit_and_the_time_left():
    for width in (80, 120):
        bar, below = shown(width, lambda bar: bar.moved(standing(12, 100)))
        assert bar.startswith("epoch 12 of 100 ")
        assert bar.endswith(" 12 min left")
        assert len(bar) == width
        said = "train 41.23, validation 43.10 nats per image; 4,800 images per second"
        assert below == said


def test_a_narrow_terminal_has_one_line_for_each():
    lines = shown(40, lambda bar: bar.moved(standing(12, 100)))
    assert len(lines) == 2
    assert max(map(len, lines)) <= 40


def test_what_comes_before_the_first_step_is_said_beside_a_bar():
    (line,) = shown(80, lambda bar: bar.phase("compiling"))
    assert line.startswith("compiling ━")


def test_a_log_has_about_twenty_lines_and_the_last_epoch():
    console = Console(file=io.StringIO(), width=40)
    lines = Lines(console)
    with lines:
        lines.opening(["images    [bold]1,294 of digits"])
        lines.phase("compiling")
        for epoch in range(1, 252):
            now = standing(epoch, 251, left=None if epoch < 3 else 60.0 * (251 - epoch))
            lines.moved(now)
            lines.epoch_over(now, [])
    said = console.file.getvalue().splitlines()
    assert said[0] == "images    [bold]1,294 of digits"
    assert 20 <= len(said) <= 24
    losses = "train 41.23, validation 43.10 nats per image"
    assert said[1] == f"epoch 12 of 251: {losses}; 3 h 59 min left"
    assert said[-1] == f"epoch 251 of 251: {losses}"


def test_nothing_is_shown_unasked():
    assert type(display_of(False)) is Display
    mine = Lines(Console(file=io.StringIO()))
    assert display_of(mine) is mine


def test_a_bar_is_there_before_keras_is():
    script = (
        "import sys; from keras_draw.training.showing import display_of\n"
        "with display_of(True) as display: display.phase('loading Keras')\n"
        "loaded = {'jax', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
