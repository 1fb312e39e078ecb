"""FID and other measures: ranks against computations by hand, and samples in the order of FID."""

import json

import numpy as np
import pytest
from PIL import Image

from keras_draw import cli
from keras_draw.data.images import as_uint8
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import settings, write_results
from keras_draw.thesis import judging
from keras_draw.training.loading import load

MEASURED = {"evaluated_on": "mnist:test", "evaluated_images": 100, "extractor": "one"}


@pytest.fixture
def sweep(tmp_path):
    """Make a sweep's folder with a table of given measures, as if its runs were finished."""

    def make(name, *columns, **fields):
        count = len(columns[0][1])
        asked = Sweep(recipe="demo", seeds=tuple(range(count)))
        rows = []
        for i, run in enumerate(asked.runs()):
            measured = {column: values[i] for column, values in columns}
            rows.append({**settings(run), "status": "finished", **MEASURED, **measured, **fields})
        folder = SweepFolder(tmp_path / name)
        folder.create()
        folder.write_spec(asked)
        write_results(folder.results, rows)
        return folder.path

    return make


def by_hand(a, b):
    """Spearman's rho without ties: 1 - 6 sum d^2 / (n (n^2 - 1))."""
    n = len(a)
    rank = [sorted(x).index(v) for x in (a, b) for v in x]
    d = sum((p - q) ** 2 for p, q in zip(rank[:n], rank[n:], strict=True))
    return 1 - 6 * d / (n * (n * n - 1))


def test_rank_correlations_agree_with_the_formula_and_1_means_agreement(sweep):
    random = np.random.default_rng(0)
    fid, coverage, kid = (random.permutation(9).astype(float) for _ in range(3))
    path = sweep("a", ("fid", fid), ("coverage", coverage), ("kid", kid), ("recall", np.ones(9)))
    found = {c.measure: c for c in judging.rank_correlations(judging.runs_with_fid([path]))}
    assert set(found) == {"coverage", "kid"}  # recall is the same for all: no ranks
    assert found["coverage"].agreement == pytest.approx(-by_hand(fid.tolist(), coverage.tolist()))
    assert found["kid"].agreement == pytest.approx(by_hand(fid.tolist(), kid.tolist()))
    assert found["coverage"].runs == 9


def test_only_comparable_fids_are_ranked_together(sweep):
    """For each extractor a better FID means better coverage; for both together it does not."""
    fid = np.arange(5.0)
    a = sweep("a", ("fid", fid), ("coverage", 1 - fid / 10))
    b = sweep("b", ("fid", 100 + fid), ("coverage", 11 - fid / 10), extractor="two")
    found = judging.rank_correlations(judging.runs_with_fid([a, b]))
    assert [c.made_by[-3:] for c in found] == ["one", "two"]
    assert [c.agreement for c in found] == pytest.approx([1, 1])
    three = sweep("c", ("fid", fid[:3]), ("coverage", fid[:3]))
    assert judging.rank_correlations(judging.runs_with_fid([three])) == []


def test_fids_by_different_weights_are_refused(sweep):
    fid = np.arange(5.0)
    a, b = (
        sweep(name, ("fid", k + fid), ("coverage", fid), weights_hash=name)
        for k, name in enumerate("ab")
    )
    with pytest.raises(ValueError, match=r"different weights \(a, b\) and cannot be compared"):
        judging.runs_with_fid([a, b])


def test_bounds_of_different_likelihoods_are_not_ranked_together(sweep):
    """The bound of a density may be above zero; it is not comparable with that of a probability."""
    fid, bounds = np.arange(6.0), [-1, -2, -3, -4, 500, 600.0]
    kinds = ["bernoulli"] * 4 + ["gaussian"] * 2
    path = sweep("a", ("fid", fid), ("elbo_nats_per_image", bounds), ("likelihood", kinds))
    (found,) = judging.rank_correlations(judging.runs_with_fid([path]))
    assert (found.runs, found.agreement) == (4, pytest.approx(1))
    other = sweep("b", ("fid", 10 + fid[:4]), ("elbo_nats_per_image", bounds[:4]))
    runs = judging.runs_with_fid([other])  # the recipe's likelihood, by the SPEC
    assert {run.likelihood for run in runs} == {"gaussian"}


def test_collapsed_networks_are_ranked_separately(sweep):
    """Within each kind a better FID means better coverage; for both together, worse coverage."""
    fid = np.array([10, 11, 12, 13, 1, 2, 3, 4.0])
    coverage = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1])
    kl = np.array([5, 6, 1.0, 7, 0.999, 0.5, 0.1, 0.0])
    path = sweep("a", ("fid", fid), ("coverage", coverage), ("kl_nats_per_image", kl))
    found = {
        (c.networks, c.measure): (c.runs, c.agreement)
        for c in judging.rank_correlations(judging.runs_with_fid([path]))
    }
    assert found["latents in use", "coverage"] == (4, pytest.approx(1))
    assert found["collapsed", "coverage"] == (4, pytest.approx(1))
    assert found["all", "coverage"] == (8, pytest.approx(by_hand(list(-fid), list(coverage))))
    assert found["all", "coverage"][1] < 0
    alike = sweep("b", ("fid", fid), ("coverage", coverage), ("kl_nats_per_image", kl + 1))
    found = judging.rank_correlations(judging.runs_with_fid([alike]))
    assert {c.networks for c in found} == {"all"}


def test_tables_are_enough_and_a_network_in_two_of_them_counts_once(sweep, tmp_path):
    """Without trained networks there are correlations and a figure, but no contact sheet."""
    fid = np.arange(5.0)
    columns = (("fid", fid), ("coverage", 1 - fid / 10))
    found = judging.judge([sweep("a", *columns), sweep("b", *columns)], tmp_path / "out")
    assert found["runs"] == 5
    names = ["rank-correlations.csv", "fid-against-measures-1.png"]
    assert [file.rsplit("/", 1)[1] for file in found["files"]] == names
    heading = (tmp_path / "out" / names[0]).read_text().splitlines()[0]
    assert heading == "made_by,networks,measure,runs,agreement"
    other = sweep("c", ("fid", fid), ("coverage", 0.9 - fid / 10))
    assert len(judging.runs_with_fid([tmp_path / "a", other])) == 10


def test_bad_input_gives_a_one_line_error(sweep, tmp_path, capsys):
    without = sweep("a", ("coverage", np.ones(4)))
    for words, said in (
        ([str(without)], "has an FID"),
        ([str(tmp_path / "none")], "There is no table"),
        ([], "No sweep was given"),
    ):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["experiment", "fid-judged", *words, "--out", str(tmp_path / "o")])
        assert stopped.value.code == 2
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1
        assert not (tmp_path / "o").exists()


@pytest.mark.filterwarnings("ignore:.*fewer than:UserWarning")
def test_the_contact_sheet_has_the_best_fid_first(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), "u1"))
    spec = f"npz:{tmp_path / 'a.npz'}"
    changes = {"dataset": spec, "hidden_dim": 4, "timesteps": 1, "epochs": 1, "sample_every": 0}
    asked = Sweep(recipe="thesis-mnist", changes=changes, seeds=(0, 1),
                  evaluation=SweepEvaluation(dataset=spec))  # fmt: skip
    run_sweep(asked, tmp_path / "s", progress=False)
    out = tmp_path / "judged"
    words = ["experiment", "fid-judged", str(tmp_path / "s"), "--out", str(out), "--json"]
    cli.main(words)
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == 2
    assert {p.name for p in out.iterdir()} == {
        "rank-correlations.csv", "fid-against-measures-1.png", "contact-sheet-1.png",
    }  # fmt: skip
    runs = judging.runs_with_fid([tmp_path / "s", tmp_path / "s"])  # each network once
    assert len(runs) == 2
    assert runs[0].row["fid"] < runs[1].row["fid"]
    with Image.open(out / "contact-sheet-1.png") as picture:
        page = np.asarray(picture)[..., 0]
    drawn = as_uint8(load(runs[0].folder).generate(judging.SAMPLES, seed=0))
    scale, gap = 3, 2  # ten tiles of 28 pixels, enlarged until they are 600 wide
    left = page.shape[1] - judging.SAMPLES * (28 * scale + gap)
    first = page[gap : gap + 28 * scale : scale, left : left + 28 * scale : scale]
    np.testing.assert_array_equal(first, drawn[0, ..., 0])
