"""An evaluation as a line and as a table."""

from keras_draw.evaluation.record import Evaluation
from keras_draw.evaluation.tables import rows

FOUND = {
    "dataset": "folder:<b>", "images": 1294, "elbo": -86.4321, "elbo_standard_error": 0.25,
    "kl": 20.0, "kl_per_timestep": [10.0, 10.0], "active_units": 7, "kid": None,
    "left_out": {"fid": "no <extractor>"}, "note": "grey & more",
}  # fmt: skip


def test_rows_have_titles_units_and_decimals():
    assert rows(FOUND) == [
        ("elbo", "nats per image", "−86.43 ± 0.25"),
        ("KL to the prior", "nats per image", "20.00"),
        ("active units", "latents", "7"),
    ]


def test_a_record_shows_itself_and_escapes_its_texts():
    found = Evaluation(FOUND)
    line = "1,294 images of folder:<b>"
    assert repr(found).startswith(f"Evaluation({line}; elbo −86.43 ± 0.25")
    html = found._repr_html_()
    assert "1,294 images of folder:&lt;b&gt;" in html
    assert "not measured: fid (no &lt;extractor&gt;)" in html
    assert "grey &amp; more" in html
    assert "<b>1,294" in html
