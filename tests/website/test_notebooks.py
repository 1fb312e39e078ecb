"""A notebook becomes a page and a file for Colab; none is run here."""

import base64

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("jupytext")
notebooks = pytest.importorskip("website.notebooks")


def notebook(*outputs):
    cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        nbformat.v4.new_code_cell("f()", outputs=list(outputs)),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_page(tmp_path):
    shown = notebook(
        nbformat.v4.new_output("stream", text="\x1b[31m3.5 nats\x1b[0m\n"),
        nbformat.v4.new_output(
            "display_data",
            data={"image/png": base64.b64encode(b"picture").decode(), "text/plain": "<Figure>"},
        ),
    )
    page = notebooks.page(shown, "one", tmp_path, "https://colab.example/gh-pages")
    assert page.startswith(
        "# Title\n\n[Open in Colab](https://colab.example/gh-pages/notebooks/one.ipynb)"
    )
    assert "```python\nf()\n```" in page
    assert "``` { .text .output }\n3.5 nats\n```" in page
    assert "![Title: output](one-1-1.png)" in page
    assert "<Figure>" not in page
    assert (tmp_path / "one-1-1.png").read_bytes() == b"picture"


def test_a_page_without_a_repository_does_not_offer_colab(tmp_path):
    page = notebooks.page(notebook(), "one", tmp_path, "")
    assert page.startswith("# Title\n\n[Download the notebook](one.ipynb){ .md-button }")
    assert "Colab" not in page


@pytest.mark.parametrize(
    ("link", "known", "unknown"),
    [
        ("[a](2.py)", "[a](C/notebooks/2.ipynb)", "[a](2.ipynb)"),
        ("[b](../results.md#c)", "[b](F/docs/results.md#c)", "b"),
        ("[d](https://example.org)", "[d](https://example.org)", "[d](https://example.org)"),
    ],
)
def test_links_of_a_file_for_colab(link, known, unknown):
    for files, colab, expected in (("F", "C", known), ("", "", unknown)):
        found = notebooks.LINK.sub(lambda m, f=files, c=colab: notebooks.outside(m, f, c), link)
        assert found == expected


def test_what_was_run_is_kept_until_its_code_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "EXECUTED", tmp_path / "kept")
    runs = []

    class Client:
        def __init__(self, notebook, **options):
            self.notebook = notebook

        def execute(self):
            runs.append(len(self.notebook.cells))
            self.notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]

    monkeypatch.setattr(notebooks, "NotebookClient", Client)
    source = tmp_path / "one.py"
    source.write_text("# %% [markdown]\n# # Title\n\n# %%\n1 + 1\n")
    notebooks._executed(source)
    notebooks._executed(source)
    assert runs == [2]
    source.write_text("# %% [markdown]\n# # Another title\n\n# %%\n1 + 1\n")
    found = notebooks._executed(source)
    assert runs == [2]
    assert found.cells[0].source == "# Another title"
    assert found.cells[1].outputs[0].text == "2"
    source.write_text("# %% [markdown]\n# # Title\n\n# %%\n1 + 2\n")
    notebooks._executed(source)
    assert runs == [2, 2]


def test_words_on_stderr_are_refused():
    loud = notebook(nbformat.v4.new_output("stream", name="stderr", text="a warning"))
    with pytest.raises(RuntimeError, match=r"one\.py wrote to stderr.*\n.*a warning"):
        notebooks._check_quiet(loud, "one.py")
