"""The example notebook in a kernel: what shows itself, and how."""

import json
import re

import pytest
from conftest import ROOT

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
import nbformat  # noqa: E402 (comes with nbclient)

pytestmark = pytest.mark.slow
LESS = {
    "timesteps=8, latent_dim=6, hidden_dim=128": "timesteps=2, latent_dim=2, hidden_dim=8",
    "epochs=40": "epochs=3",
    "samples=10": "samples=2",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The notebook's code cells, executed, with less to do."""
    text = (ROOT / "examples" / "in_a_notebook.ipynb").read_text()
    for much, little in LESS.items():
        assert much in text
        text = text.replace(much, little)
    notebook = nbformat.reads(text, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def html_of(cells, word):
    """What the cell with this word in it shows, all of it."""
    (outputs,) = (outputs for source, outputs in cells.items() if word in source)
    return "".join(output["data"].get("text/html", "") for output in outputs if "data" in output)


def test_nothing_but_pages_is_shown_and_nothing_is_fetched(cells):
    shown = json.dumps(list(cells.values()))
    assert "Error" not in shown
    assert "ndarray" not in shown
    assert not re.search(r"(src|href)=.{0,2}(http|//)", shown)


def test_images_are_a_line_and_a_grid(cells):
    said = "1,438 images of 8 x 8 x 1, 10 classes"
    assert said in html_of(cells, "import evaluate")


def test_drawings_can_be_paused(cells):
    names = []
    for word, strokes in (("model.show()", 8), ("trained.show", 2)):
        html = html_of(cells, word)
        assert "pause</button>" in html
        assert html.count("data:image/png") == strokes + 1
        names += re.findall(r'id="(drawing-\w+)"', html)
    assert len(set(names)) == len(names) == 2


def test_a_training_shows_a_bar_curves_and_samples(cells):
    html = html_of(cells, "= train(")
    assert "1,294 of digits:train, 8 x 8 x 1" in html
    assert "epoch 3 of 3" in html
    assert "nats per image" in html
    assert html.count("data:image/png") == 2
    assert 'alt="loss, reconstruction and KL over epochs"' in html
    assert 'alt="samples of this epoch"' in html


def test_an_evaluation_is_a_table(cells):
    html = html_of(cells, "samples=2")
    assert "359 images of digits:test" in html
    assert ">elbo<" in html


def test_a_summary_is_a_table(cells):
    (outputs,) = (outputs for source, outputs in cells.items() if "summary" in source)
    assert "encoder (LSTM)" in json.dumps(outputs)
    assert "2,635,321" in json.dumps(outputs)
