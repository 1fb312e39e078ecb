"""The live page takes the place of the front page's animation."""

import pytest
from conftest import ROOT
from website import live_page


@pytest.fixture
def front(tmp_path, monkeypatch):
    monkeypatch.setattr(live_page, "STAGED", tmp_path)
    front = tmp_path / "index.md"
    front.write_text((ROOT / "docs" / "index.md").read_text("utf-8"), "utf-8")
    return front


def test_it_takes_the_animations_place(front, monkeypatch):
    commands = []
    monkeypatch.setattr(
        live_page.subprocess, "run", lambda command, check: commands.append(command)
    )
    before = front.read_text("utf-8")
    live_page.write_live_page()
    after = front.read_text("utf-8")
    assert 'src="live.html"' in after
    assert "drawing.gif" in before
    assert "drawing.gif" not in after
    assert after.count("```") == before.count("```")
    (command,) = commands
    assert command[command.index("page") :] == [
        "page", "mnist", "binarized-mnist-attention", "--weights", "int8",
        "--out", front.parent / "live.html",
    ]  # fmt: skip
