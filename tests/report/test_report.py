"""Reports of runs, presets and sweeps: whole, true to their files, and deaf to what files say."""

import dataclasses
import json
import shlex
import shutil

import pytest
import tyro
from PIL import Image
from report.html_pages import Read, check_alone

from keras_draw import cli
from keras_draw.evaluation.run_evaluation import evaluate_run
from keras_draw.report import report
from keras_draw.sweeps.folder import SweepFolder, failed
from keras_draw.sweeps.spec import Sweep, SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import read_results, write_results
from keras_draw.training.loading import PRESETS
from keras_draw.training.runs import RunFolder
from keras_draw.training.starts import Start

EVIL = "<script>alert('$\\frac{')</script>"
TINY = Sweep(
    recipe="demo",
    name=EVIL,
    changes={
        "dataset": "digits[:100]", "hidden_dim": 4, "epochs": 1, "batch_size": 90,
        "ema_momentum": 0.5, "likelihood": "bernoulli",
    },
    vary={"timesteps": [1, 2]},
    total_latents=8,
    evaluation=SweepEvaluation(dataset="digits:test[:50]"),
)  # fmt: skip
GROWN = dataclasses.replace(TINY, vary={"timesteps": [1, 2, 4, 8]})
"""With a run that failed, and one that waits."""
SECTIONS = {
    "run": ["Drawings", "Use of the latents", "Training", "Evaluation", "Configuration",
            "Reproduce it"],
    "sweep": ["Results", "Runs", "Samples", "Use of the latents", "Configuration",
              "Reproduce it"],
}  # fmt: skip


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of two runs, a third that failed, and a fourth that waits."""
    out = tmp_path_factory.mktemp("report") / "tiny"
    run_sweep(TINY, out, progress=False)
    folder = SweepFolder(out)
    folder.write_spec(GROWN)
    folder.keep(GROWN.runs()[2], failed(ValueError(f"The machine {EVIL} is on fire.")))
    folder.write_results(GROWN)
    return out


@pytest.fixture
def one(swept, tmp_path):
    """The run of two strokes, in a folder of its own."""
    shutil.copytree(swept / "runs" / TINY.runs()[1].name, tmp_path / "one")
    return RunFolder(tmp_path / "one")


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_run_s_page_says_what_its_files_say(one):
    made = report(one.path)
    assert made.out == str(one.report)
    assert (made.kind, made.sections) == ("run", SECTIONS["run"])
    page = Read(one.report)
    check_alone(page)
    assert made.bytes == len(page.html.encode()) < 3e6
    # Moving samples, strokes, reconstructions; two of the latents; three curves.
    assert made.pictures == len(page.pictures) == 8
    assert page.pictures[0]["src"].startswith("data:image/gif;")
    found = json.loads(one.evaluation.read_text())
    said = {name: page.value(name).replace("−", "-") for name in ("elbo", "KL to the prior")}
    assert said["elbo"].startswith(f"{found['elbo']:.2f} ± {found['elbo_standard_error']:.2f}")
    assert said["KL to the prior"] == f"{found['kl']:.2f}"
    assert page.value("variance law") == f"{found['variance_law']:.4f}"
    assert page.value("inactive variables") == str(found["inactive_variables"])
    assert page.value("active units") == str(found["active_units"])
    assert "latents, of 8: those with a posterior variance above 0.9" in page.text
    assert "latents, of 8: those whose posterior mean has a variance above 0.01" in page.text
    assert page.value("timesteps") == "2"
    assert page.value("2") == f"{found['kl_per_timestep'][1]:.4g}"
    assert found["note"] in page.text
    assert "50 images of digits:test[:50]" in page.text
    assert "Images of digits:test[:50], above the network's reconstructions." in page.text
    assert f"latents carry {found['kl']:.2f} nats" in page.text


def test_a_conditional_network_s_bounds_are_said_to_be_given_the_label(one):
    edit(one.evaluation, note="", log_likelihood=-3.5, log_likelihood_samples=7)
    report(one.path)
    page = Read(one.report)
    assert "−log p(x | label), bound" in page.text
    assert "−log p(x | label), tighter bound" in page.text
    assert "−log p(x)," not in page.text


@pytest.mark.slow
def test_a_page_is_the_same_when_it_is_made_again(one):
    report(one.path)
    first = one.report.read_bytes()
    report(one.path)  # in its own folder an older one is replaced
    assert one.report.read_bytes() == first


def test_the_command_for_a_run_means_its_configuration(one):
    one.best.unlink()
    report(one.path)
    line = next(w for w in Read(one.report).words if w.startswith("keras-draw train"))
    words = shlex.split(line.splitlines()[0])[1:]
    command = tyro.cli(
        cli.parser(cli._base(words)), args=words, config=(tyro.conf.OmitArgPrefixes,)
    )
    config = one.read_config()
    assert command.run_dir == "runs/one"
    assert command.conditional
    assert command.training == config.training
    asked = command.architecture.to_json()
    assert asked == {k: v for k, v in config.model.to_json().items() if k in asked}


def test_a_run_that_began_with_a_network_says_so_and_how_again(one):
    one.best.unlink()
    plain = one.read_config()
    for name, means in (("runs/other", False), ("mnist", True)):
        one.write_config(plain._replace(start=Start(name, "ab" * 32)))
        report(one.path)
        page = Read(one.report)
        assert f"the weights of {name}; SHA-256 abababababababab…" in page.text
        line = next(w for w in page.words if w.startswith("keras-draw train")).splitlines()[0]
        words = shlex.split(line)[1:]
        assert words[words.index("--start-from") + 1] == name
        assert means or "--recipe" in words  # what else is its architecture?
        command = tyro.cli(
            cli.parser(cli._base(words)), args=words, config=(tyro.conf.OmitArgPrefixes,)
        )
        config = one.read_config()
        assert command.training == config.training
        assert command.architecture == config.model.architecture
        assert command.conditional


def test_a_run_that_was_not_measured_says_how(one):
    one.evaluation.unlink()
    one.history.unlink()
    report(one.path, dataset="digits:test[:50]")
    page = Read(one.report)
    assert "keras-draw evaluate runs/one" in page.text
    assert "Measured on 50 images of digits:test[:50], for this page" in page.text
    assert "No epoch has finished yet." in page.text
    one.best.unlink()
    report(one.path)
    page = Read(one.report)
    assert "There are no weights yet" in page.text
    assert page.pictures == []


def test_commands_take_a_folder_with_a_space(one):
    """A shell that reads a line of the page gives the folder back."""
    folder = one.path.rename(one.path.with_name("a b"))
    for measured in (True, False):
        report(folder, dataset="digits:test[:50]")
        lines = "\n".join(Read(folder / "report.html").words).splitlines()
        found = [line.strip() for line in lines if line.strip().startswith("keras-draw evaluate")]
        evaluate = [shlex.split(line) for line in found]
        assert len(evaluate) == (1 if measured else 2)
        assert all(words[2] == "runs/a b" for words in evaluate)
        (folder / "evaluation.json").unlink(missing_ok=True)


def test_a_preset_s_page_lies_where_it_was_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cli.main(["report", "mnist", "--json"])
    made = json.loads(capsys.readouterr().out)
    assert (made["out"], made["kind"]) == ("report-mnist.html", "preset")
    page = Read(tmp_path / "report-mnist.html")
    check_alone(page)
    found = json.loads((PRESETS / "mnist" / "evaluation.json").read_text())
    assert page.value("FID of samples") == f"{found['fid']:.2f}"
    assert f"{found['label_agreement']:.1%}" in page.text
    assert "keras-draw train --recipe laptop-conditional --run-dir runs/mnist" in page.text
    assert "mnist:test is not on the machine that made this page." in page.text
    with pytest.raises(SystemExit) as stopped:
        cli.main(["report", "mnist"])
    assert stopped.value.code == 2
    assert "--overwrite to replace it" in capsys.readouterr().err


def test_a_sweep_s_page_shows_all_runs(swept):
    made = report(swept)
    assert made.out == str(swept / "report.html")
    assert (made.kind, made.sections) == ("sweep", SECTIONS["sweep"])
    page = Read(swept / "report.html")
    check_alone(page)
    # Elbo, cross-entropy, inactive variables; two strips; the heat maps.
    assert made.pictures == len(page.pictures) == 6
    assert f"The machine {EVIL} is on fire." in page.text
    assert page.value("T 4") == "failed"
    assert page.value("T 8") == "to do"
    assert "2 of 4" in page.text
    found = json.loads((swept / "runs" / TINY.runs()[1].name / "evaluation.json").read_text())
    (row,) = [row for row in page.rows if row[:2] == ["T 2", "finished"]]
    assert f"{found['elbo']:.2f}".replace("-", "−") in row
    assert f"{found['inactive_variables']} of 8" in row
    assert "keras-draw sweep run sweep.json --out runs/tiny" in page.text
    assert str(swept.parent) not in page.html


def test_what_a_sweep_lacks_is_said(swept, tmp_path):
    """FIDs that cannot be compared, weights and heat maps that are not there."""
    shutil.copytree(swept, tmp_path / "lacking")
    folder = SweepFolder(tmp_path / "lacking")
    rows = read_results(folder.results)
    first, second = rows[:2]
    first |= {"fid": 20.0, "extractor": "a", "label_agreement": 0.5, "evaluated_on": EVIL}
    second |= {"fid": 10.0, "extractor": "b"}
    write_results(folder.results, rows)
    (folder.runs / first["run"] / "best.weights.h5").unlink()
    evaluation = folder.runs / second["run"] / "evaluation.json"
    edit(evaluation, kl_per_latent=None)
    found = json.loads(evaluation.read_text())
    evaluation.write_text(json.dumps({k: v for k, v in found.items() if v is not None}))
    report(folder.path)
    page = Read(folder.report)
    check_alone(page)
    assert "No figure of FID of samples: The table holds FIDs of several kinds" in page.text
    assert "lowest FID of samples 10.00" in page.text
    assert "highest label agreement 50.0%" in page.text
    assert "10 samples of every finished run, the lowest FID first; seed 0." in page.text
    assert "No samples of T 1:" in page.text
    assert "1 run was evaluated before the KL of every latent was stored." in page.text
    assert "keras-draw evaluate runs/lacking/runs/NAME" in page.text
    assert f"Measured on 50 images of {EVIL}, 50 images of digits:test[:50]" in page.text
    assert "FID and KID by a, b" in page.text
    assert "Higher is better: elbo, label agreement. Lower is better: cross-entropy." in page.text


def test_a_run_s_name_in_the_words_for_a_picture_stays_text(swept, monkeypatch):
    report(swept)
    plain = Read(swept / "report.html")
    label = '"><img src=x onerror=1>'
    monkeypatch.setattr("keras_draw.report.sweep.Subject.label", lambda self, row: label)
    report(swept)
    page = Read(swept / "report.html")
    assert page.tags == plain.tags
    assert [p["alt"] for p in page.pictures].count(f"10 samples of the run {label}") == 2


def test_a_sweep_that_has_just_begun_has_a_page(tmp_path):
    folder = SweepFolder(tmp_path / "new")
    folder.create()
    folder.write_spec(TINY)
    report(folder.path)
    page = Read(folder.report)
    check_alone(page)
    assert "0 of 2" in page.text
    assert page.value("T 1") == "to do"
    assert page.pictures == []
    write_results(folder.results, [])
    report(folder.path)


def test_a_figure_of_the_thesis_is_known_by_its_spec(tmp_path):
    from keras_draw.thesis.timesteps import sweep_of

    folder = SweepFolder(tmp_path / "fig")
    folder.create()
    folder.write_spec(sweep_of("fig-4.1", seeds=(0, 1), timesteps=(1, 2)))
    report(folder.path)
    line = "keras-draw experiment fig-4.1 --scale laptop --objective elbo --timesteps 1 2 --seeds"
    assert f"{line} 0 1 --out runs/fig" in Read(folder.report).text


def test_text_of_files_stays_text(one):
    config = json.loads(one.config.read_text())
    config["training"]["dataset"] = f"folder:/home/ada/{EVIL}"
    config["model"] |= {"num_classes": 2, "class_names": [EVIL, "circle"]}
    edit(one.config, training=config["training"], model=config["model"])
    edit(one.provenance, machine=EVIL, versions={EVIL: EVIL}, git_commit=EVIL, seconds=10**400,
         data={EVIL: {"name": f"npz:/home/ada/{EVIL}", "images": EVIL}})  # fmt: skip
    place = f"folder:/home/ada/{EVIL}"
    edit(one.evaluation, note=EVIL, fid_note=EVIL, left_out={EVIL: EVIL}, dataset=place,
         label_agreement_per_class={EVIL: 0.5})  # fmt: skip
    one.best.unlink()  # nothing need be drawn
    evil = one.path.rename(one.path.with_name("<b>$x<b>"))
    report(evil)
    page = Read(evil / "report.html")
    check_alone(page)
    assert "b" not in page.tags[: page.tags.index("dl")]
    assert page.text.count(EVIL) >= 10
    assert f"each of a given class (2 classes: {EVIL}, circle)" in page.text
    assert f"Label agreement by class: {EVIL}: 0.500." in page.text
    assert "/home/ada" not in page.html
    assert "There are no weights yet" in page.text


@pytest.mark.parametrize("value", ["nan", "inf", "-1e300"])
def test_curves_that_went_astray_are_reported(one, value):
    one.best.unlink()
    one.history.write_text(f"epoch,loss,kl\n1,3.5,{value}\n2,{value},4\n")
    edit(one.provenance, seconds=float("nan"), images_per_second="fast")
    report(one.path)
    page = Read(one.report)
    check_alone(page)
    assert "training time" not in page.text


def test_images_that_a_run_names_by_a_path_are_not_opened(one, tmp_path, monkeypatch):
    (tmp_path / "private").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "private" / "a.png")
    config = json.loads(one.config.read_text())
    config["training"]["dataset"] = f"folder:{tmp_path / 'private'}"
    edit(one.config, training=config["training"])
    edit(one.evaluation, dataset=f"folder:{tmp_path / 'private'}")
    report(one.path)
    said = (
        "This report has no reconstructions. The network was trained on folder:private: give images"
    )
    assert said in Read(one.report).text


BAD = {
    "no such thing": (lambda one: "nowhere", "There is no folder or preset 'nowhere'"),
    "neither": (lambda one: one.samples.mkdir() or one.samples, "is neither a run"),
    "not JSON": (lambda one: one.evaluation.write_text("{") and one, "is not JSON"),
    "text for a number": (lambda one: edit(one.evaluation, elbo="x"), "elbo is 'x', expected"),
    "a long number": (lambda one: edit(one.evaluation, kl=10**999), "kl is 1000000"),
    "ragged": (lambda one: edit(one.evaluation, kl_per_latent=[[1, 2], [3]]), "a table of num"),
    "other latents": (lambda one: edit(one.evaluation, kl_per_latent=[[1.0]]), "not belong"),
    "a list of texts": (lambda one: edit(one.evaluation, left_out=[1]), "texts by name"),
    "half an evaluation": (lambda one: one.evaluation.write_text('{"elbo": 1}'), "dataset is"),
    "history": (lambda one: one.history.write_text("epoch,loss\n1,x\n"), "is not a number"),
    "weights": (lambda one: one.best.write_bytes(b"x" * 99), "is damaged"),
    "provenance": (lambda one: one.provenance.write_text("[]"), "is not a JSON object"),
    "ending": (lambda one: [str(one), "--out", "a.pdf"], "choose from .html"),
    "no folder": (lambda one: [str(one), "--out", "no/a.html"], "does not exist"),
    "not found": (lambda one: [str(one), "--dataset", "mnist:test"], "mnist"),
    "misfit": (lambda one: [str(one), "--dataset", "binarized_mnist:test"], "binarized_mnist"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_reported_meets_one_sentence(one, name, capsys):
    spoil, expected = BAD[name]
    words = spoil(one)
    words = words if isinstance(words, list) else [str(words if words is not None else one)]
    words = [str(one)] if words[0].isdigit() else words
    with pytest.raises(SystemExit) as stopped:
        cli.main(["report", *words])
    assert stopped.value.code == 2
    said = capsys.readouterr().err.strip()
    assert expected in said
    assert said.startswith("keras-draw: ")
    assert "\n" not in said
    assert not [p for p in one.path.iterdir() if p.suffix == ".html"]


def test_a_page_elsewhere_is_not_replaced(one, tmp_path, capsys):
    one.best.unlink()
    out = tmp_path / "a.html"
    cli.main(["report", str(one), "--out", str(out)])
    first = out.stat().st_mtime_ns
    with pytest.raises(SystemExit) as stopped:
        cli.main(["report", str(one), "--out", str(out)])
    assert stopped.value.code == 2
    assert out.stat().st_mtime_ns == first
    cli.main(["report", str(one), "--out", str(out), "--overwrite"])


def test_an_evaluation_of_before_is_completed_not_repeated(one, monkeypatch):
    """What the latents' figures need is added to an older evaluation; nothing else is done."""
    old = json.loads(one.evaluation.read_text())
    whole = dict(old)
    for name in ("kl_per_latent", "mean_var_per_timestep", "var_mean_per_timestep"):
        del old[name]
    one.evaluation.write_text(json.dumps(old))
    parts = []
    found = evaluate_run(
        one.path, TINY.evaluation, weights=None, data_dir=None,
        watch=lambda name, steps: parts.append(name) or (lambda: None),
    )  # fmt: skip
    assert parts == ["latents"]
    assert found["measured"]
    assert {**found, "measured": None} == {**whole, "measured": None}


def test_numbers_of_weights_that_are_no_more_are_called_so(one):
    made_from = json.loads(one.evaluation.read_text())["made_from"]
    edit(one.evaluation, made_from={**made_from, "weights": "0" * 64})
    report(one.path)
    assert "These numbers are out of date: the run" in Read(one.report).text
    edit(one.evaluation, made_from=made_from)
    report(one.path)
    assert "other weights" not in Read(one.report).text
