"""The progress display of downloads."""

from keras_draw.data import reporting
from keras_draw.data.reporting import Terminal


def test_bars_on_a_terminal_and_lines_elsewhere(capsys, monkeypatch):
    def lines(terminal):
        with terminal.watching() as watch:
            for done in (1, 5_000_000, 9_900_000):
                watch("a.gz", done, 9_900_000)
        return capsys.readouterr().err

    monkeypatch.setattr(reporting, "SECONDS", 1e9)
    assert lines(Terminal()) == "  a.gz: 9.9 MB of 9.9 MB\n"
    monkeypatch.setattr(reporting, "SECONDS", 0)
    assert len(lines(Terminal()).splitlines()) == 3
    terminal = Terminal()
    monkeypatch.setattr(type(terminal._console), "is_terminal", True)
    shown = lines(terminal)
    assert "a.gz" in shown
    assert "9.9/9.9 MB" in shown
