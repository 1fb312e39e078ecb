"""Links to GitHub and Colab: right where the repository is known, and left out elsewhere."""

import importlib

import pytest
from website import places


@pytest.fixture
def addresses(monkeypatch):
    """A function: what `places` is with this GITHUB_REPOSITORY."""

    def found(repository):
        monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
        if repository is not None:
            monkeypatch.setenv("GITHUB_REPOSITORY", repository)
        return importlib.reload(places)

    yield found
    monkeypatch.undo()
    importlib.reload(places)


def test_in_a_workflow(addresses):
    found = addresses("ada/keras-draw")
    assert found.GITHUB == "https://github.com/ada/keras-draw"
    assert found.FILES == "https://github.com/ada/keras-draw/blob/main"
    assert found.COLAB == "https://colab.research.google.com/github/ada/keras-draw/blob/gh-pages"


@pytest.mark.parametrize("repository", [None, ""])
def test_elsewhere(addresses, repository):
    found = addresses(repository)
    assert (found.GITHUB, found.FILES, found.COLAB) == ("", "", "")
