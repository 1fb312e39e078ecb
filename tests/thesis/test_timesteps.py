"""Figures 3.3 and 4.1: their sweeps, and drawing them from stored tables."""

import json

import numpy as np
import pytest
from PIL import Image

from keras_draw import cli
from keras_draw.sweeps import sweeping
from keras_draw.sweeps.table import read_results, settings, write_results
from keras_draw.thesis import timesteps as room


@pytest.fixture
def stored(tmp_path):
    """Write a table like that of a sweep with three seeds."""

    def write(name="fig-4.1", **fields):
        random = np.random.default_rng(0)
        rows = []
        for run in room.sweep_of(name, scale="full", seeds=(0, 1, 2)).runs():
            t = run.architecture.timesteps
            measured = {
                "cross_entropy_nats_per_pixel": 0.6 - 0.03 * t**0.5 - 0.01 * run.conditional
                + 0.01 * random.random(),
                "fid": 80 / t**0.5, "inactive_variables": 64 // t, "latent_variables": 128,
                "extractor": "digits-classifier", "evaluated_on": "mnist:test",
                "evaluated_images": 10000,
            }  # fmt: skip
            rows.append({**settings(run), "status": "finished", **measured, **fields})
        rows[-1]["status"] = "failed"
        write_results(tmp_path / "results.csv", rows)
        return tmp_path / "results.csv"

    return write


@pytest.fixture
def drawn(monkeypatch):
    """The arguments (panels, title) of each figure that is drawn."""
    seen, whole = [], room.against_timesteps
    monkeypatch.setattr(room, "against_timesteps", lambda *a: seen.append(a) or whole(*a))
    return seen


@pytest.mark.parametrize("objective", ["elbo", "thesis"])
@pytest.mark.parametrize(("name", "total", "hidden"), [("fig-3.3", 128, 128), ("fig-4.1", 64, 256)])
def test_full_scale_has_the_sizes_of_the_thesis(name, total, hidden, objective):
    runs = room.sweep_of(name, scale="full", objective=objective).runs()
    assert [r.architecture.timesteps for r in runs if not r.conditional] == [1, 2, 4, 8, 16, 32, 64]
    for run in runs:
        assert run.architecture.timesteps * run.architecture.latent_dim == total
        assert run.architecture.hidden_dim == hidden
        assert run.architecture.objective == objective
        assert run.architecture.cell == "cell-gated"
        assert run.training.dataset == {"fig-3.3": "cifar10", "fig-4.1": "mnist"}[name]
    assert {run.conditional for run in runs} == {False} | ({True} if name == "fig-4.1" else set())


def test_a_t_that_does_not_divide_the_total_is_refused():
    with pytest.raises(ValueError, match="the nearest that do: 8 and 16"):
        room.sweep_of("fig-3.3", timesteps=(1, 12))


def test_the_default_extractor_fits_the_images(tmp_path):
    colour, grey = (room.sweep_of(name, scale="full") for name in ("fig-3.3", "fig-4.1"))
    assert room.default_extractor(grey) == "digits-classifier"
    assert room.default_extractor(room.sweep_of("fig-3.3", scale="smoke")) == ""
    assert room.default_extractor(colour) == ""  # no weights here
    with pytest.raises(FileNotFoundError, match="There are no weights"):
        room.default_extractor(colour, tmp_path)
    (tmp_path / "inception-2015-12-05.npz").touch()
    assert room.default_extractor(colour, tmp_path) == "inception-2015:768"


def test_the_figure_is_drawn_from_the_table(stored, drawn, capsys, tmp_path):
    table = stored()
    cli.main(["experiment", "fig-4.1", "--table", str(table), "--json"])
    assert json.loads(capsys.readouterr().out)["figure"] == str(tmp_path / "fig-4.1.png")
    (panels, title), = drawn  # fmt: skip
    assert [panel.title for panel in panels] == ["cross-entropy", "FID of samples"]
    assert panels[1].unit == "squared distance of features\n(digits-classifier,\n10,000 images)"
    assert [curve.label for curve in panels[0].curves] == ["unconditional", "conditional"]
    rows = read_results(table)
    values = [row["cross_entropy_nats_per_pixel"] for row in rows if not row["conditional"]]
    np.testing.assert_array_equal(panels[0].curves[0].values, values)
    assert len(panels[0].curves[1].values) == 20  # the failed one is missing
    assert "T·Z = 64, hidden 256, objective elbo, 60 epochs; mean of 2 to 3 seeds" in title
    with Image.open(tmp_path / "fig-4.1.png") as picture:
        assert picture.width > 900
    first = (tmp_path / "fig-4.1.png").read_bytes()
    room.draw("fig-4.1", [table], tmp_path / "fig-4.1.png")
    assert (tmp_path / "fig-4.1.png").read_bytes() == first


def test_without_fid_the_panel_is_left_out_and_this_is_reported(stored, capsys):
    cli.main(["experiment", "fig-3.3", "--table", str(stored("fig-3.3", fid=None))])
    assert "FID is left out: there is no extractor" in capsys.readouterr().err


def test_tables_that_cannot_be_drawn_are_refused(stored, tmp_path, capsys):
    table = stored()
    lines = table.read_text().splitlines()
    for text, said in (
        (lines[0], "holds no finished run"),
        ("\n".join([*lines[:3], lines[3].replace("digits-classifier", "inception-2015:768")]),
         "FIDs of several kinds (digits-classifier (weights unknown), 10,000 images of mnist:test"),
        ("\n".join([*lines[:3], lines[3][:30]]), "line 4: "),
    ):  # fmt: skip
        table.write_text(text + "\n")
        with pytest.raises(SystemExit) as stopped:
            cli.main(["experiment", "fig-4.1", "--table", str(table)])
        assert stopped.value.code == 2
        found = capsys.readouterr().err
        assert said in found
        assert found.count("\n") == 1
        assert not (tmp_path / "fig-4.1.png").exists()


def test_smoke_from_training_to_figure(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["experiment", "fig-3.3", "--scale", "smoke", "--timesteps", "2", "--out", str(out)]
    cli.main([*words, "--objective", "thesis", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["finished"], found["failed"]) == (1, {})
    assert "FID is left out" in found["note"]
    (row,) = read_results(found["results"])
    assert (row["timesteps"], row["latent_dim"], row["objective"]) == (2, 64, "thesis")
    assert (out / "fig-3.3.png").stat().st_size > 5000


@pytest.mark.filterwarnings("ignore:.*fewer than:UserWarning")
def test_fid_of_grey_pictures_of_28_by_28_is_in_the_table(tmp_path):
    """`digits-classifier` is made for such images; here they are random."""
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), np.uint8)
    np.savez(tmp_path / "a.npz", x=images)
    spec = f"npz:{tmp_path / 'a.npz'}"
    sweep = room.Sweep(
        recipe="thesis-mnist",
        changes={"dataset": spec, "hidden_dim": 4, "timesteps": 1, "epochs": 1, "sample_every": 0},
        evaluation=room.SweepEvaluation(dataset=spec),
    )
    result = sweeping.run_sweep(sweep, tmp_path / "out", progress=False)
    assert result.failed == {}
    (row,) = read_results(result.results)
    assert row["fid"] > 0
    assert row["fid_reconstructions"] > 0
    assert row["extractor"] == "digits-classifier"
    assert len(row["weights_hash"]) == 16


def test_tables_of_both_objectives_in_one_figure(stored, drawn, tmp_path, capsys):
    tables = []
    for objective in ("elbo", "thesis"):
        tables.append(tmp_path / f"{objective}.csv")
        tables[-1].write_bytes(stored("fig-3.3", objective=objective).read_bytes())
    words = ["experiment", "fig-3.3", "--table", *map(str, tables)]
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "give the folder for their figure" in capsys.readouterr().err
    cli.main([*words, "--out", str(tmp_path)])
    assert (tmp_path / "fig-3.3.png").is_file()
    assert [[curve.label for curve in panel.curves] for panel in drawn[0][0]] == [
        ["objective elbo", "objective thesis"]
    ] * 3


def test_a_comparison_is_drawn_only_from_its_own_table(stored, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["experiment", "kl", "--table", str(stored()), "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "has no column 'kl_weight', which this figure compares" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [("sharing", "share_recurrent", [True, False]), ("kl", "kl_weight", [1.0, 0.0]),
     ("likelihoods", "likelihood", ["bernoulli", "gaussian"])],
)  # fmt: skip
def test_a_comparison_varies_one_field(name, field, values):
    runs = room.sweep_of(name).runs()
    assert len(runs) == 6
    plain = {r.architecture.timesteps: r.architecture.to_json()
             for r in room.sweep_of("fig-4.1").runs() if not r.conditional}  # fmt: skip
    for run in runs:
        found = run.architecture.to_json()
        assert found.pop(field) == run.varied[field] in values
        expected = plain[run.architecture.timesteps] | {field: None}
        expected.pop(field)
        assert found == expected
        assert not run.conditional
