"""Sweeps: the grid, the arithmetic of latents, the SPEC file, and bad SPECs."""

import json
import re

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as some

from keras_draw.config import Architecture, EvaluateConfig
from keras_draw.sweeps.spec import (
    Sweep,
    SweepEvaluation,
    check_same_sweep,
    latents_per_timestep,
    nearest_divisors,
    read_sweep,
)

SPECS = sorted((ROOT / "docs" / "runs").glob("*/sweep.json"))
SIZES = some.integers(1, 2000)


def test_every_combination_is_a_run_with_its_own_name():
    sweep = Sweep(
        recipe="demo",
        changes={"hidden_dim": 4, "epochs": 3},
        vary={"timesteps": [1, 4], "conditional": [False, True]},
        total_latents=8,
        seeds=(0, 5),
    )
    runs = sweep.runs()
    assert [run.name for run in runs][:3] == [
        "conditional-false_timesteps-1_seed-0",
        "conditional-false_timesteps-1_seed-5",
        "conditional-true_timesteps-1_seed-0",
    ]
    assert len({run.name for run in runs}) == len(runs) == 8
    for run in runs:
        assert run.architecture.timesteps * run.architecture.latent_dim == 8
        assert run.architecture.hidden_dim == 4
        assert run.training.epochs == 3
        assert run.architecture.timesteps == run.varied["timesteps"]
        assert run.conditional == run.varied["conditional"]
    assert [run.training.seed for run in runs[:2]] == [0, 5]


def test_different_values_give_different_names():
    folders = ["folder:a/b", "folder:a-b", "folder:a b", "x" * 60, "x" * 61]
    sweep = Sweep(
        recipe="demo", vary={"dataset": folders}, evaluation=SweepEvaluation(dataset="digits")
    )
    names = {run.name for run in sweep.runs()}
    assert len(names) == 5
    assert not any(set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789._-") for name in names)


@given(SIZES, SIZES)
def test_t_times_z_is_the_total_or_the_error_names_the_nearest_t(total, timesteps):
    divisors = [d for d in range(1, total + 1) if total % d == 0]
    below = max((d for d in divisors if d <= timesteps), default=None)
    above = min((d for d in divisors if d > timesteps), default=None)
    assert nearest_divisors(total, timesteps) == tuple(d for d in (below, above) if d)
    if timesteps in divisors:
        assert latents_per_timestep(total, timesteps) * timesteps == total
        return
    with pytest.raises(ValueError, match="does not divide") as found:
        latents_per_timestep(total, timesteps)
    named = str(found.value).rsplit(": ", 1)[1].strip(".").split(" and ")
    assert [int(n) for n in named] == [d for d in (below, above) if d]


def test_a_sweep_survives_json(tmp_path):
    sweep = Sweep(
        recipe="thesis-mnist",
        name="ours",
        changes={"objective": "thesis"},
        vary={"timesteps": [1, 2], "learning_rate": [1e-3, 2e-3]},
        total_latents=4,
        seeds=(3, 4),
        evaluation=SweepEvaluation(samples=5, dataset="mnist:test[:10]"),
    )
    path = tmp_path / "sweep.json"
    path.write_text(json.dumps(sweep.to_json()))
    assert read_sweep(path) == sweep
    assert sweep.runs()[0].architecture.objective == "thesis"
    path.write_text('{"recipe": "demo"}')
    (run,) = read_sweep(path).runs()
    assert run.name == "seed-0"
    assert run.architecture.timesteps == 8


def test_a_sweep_evaluates_as_the_command_does_but_without_likelihood():
    assert SweepEvaluation() == SweepEvaluation(**EvaluateConfig(samples=0).to_json())
    assert EvaluateConfig().samples == 100
    stored = {"dataset": "a", "samples": 0, "threshold": 0.9, "extractor": "b:768", "seed": 0}
    assert SweepEvaluation.from_json(stored).to_json() == stored


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_stored_specs_are_read(path):
    assert read_sweep(path).to_json() == json.loads(path.read_text())


BAD = {
    '{"recipe": "demo", "vari": {}}': "Sweep has no field 'vari': did you mean 'vary'?",
    '{"recipe": "demo", "vary": {"timestep": [1]}}': "did you mean 'timesteps'?",
    '{"recipe": "demo", "changes": {"hidden": 4}}': "changes has the field 'hidden'",
    '{"recipe": "demo", "evaluation": {"sampels": 1}}': "did you mean 'samples'?",
    '{"recipe": "demo", "evaluation": {"samples": -1}}': "must be 0 or more",
    '{"recipe": "demo", "evaluation": {"threshold": 0}}': "must be above 0",
    '{"recipe": "demo", "total_latents": 1%s}' % ("0" * 30): "total_latents has 31 digits",
    '{"recipe": "demo", "evaluation": 3}': "expected an object of fields",
    '{"recipe": "demmo"}': "did you mean 'demo'?",
    '{"recipe": 3}': "recipe is 3; expected text",
    "{}": "needs the field 'recipe'",
    "[]": "is not a JSON object",
    "{": "is not JSON",
    '{"recipe": "demo", "vary": {"timesteps": []}}': "so the grid has no runs",
    '{"recipe": "demo", "seeds": []}': "so the grid has no runs",
    '{"recipe": "demo", "seeds": 3}': "expected a list of values",
    '{"recipe": "demo", "seeds": ["a"]}': "seed is 'a'; expected a whole number",
    '{"recipe": "demo", "vary": {"seed": [1]}}': "as a list in seeds",
    '{"recipe": "demo", "vary": 3}': "expected an object of fields",
    '{"recipe": "demo", "vary": {"timesteps": 4}}': "expected a list of values",
    '{"recipe": "demo", "vary": {"timesteps": [4, 4]}}': "holds 4 twice",
    '{"recipe": "demo", "vary": {"timesteps": [[4]]}}': "holds [4]; expected numbers",
    '{"recipe": "demo", "vary": {"timesteps": ["4"]}}': "timesteps is '4'; expected a whole",
    '{"recipe": "demo", "vary": {"timesteps": [0]}}': "timesteps is 0; it must be 1 or more",
    '{"recipe": "demo", "vary": {"conditional": [1]}}': "conditional is 1; expected true or false",
    '{"recipe": "demo", "vary": {"cell": ["lsm"]}}': "did you mean 'lstm'?",
    '{"recipe": "demo", "total_latents": 0}': "a whole number of 1 or more",
    '{"recipe": "demo", "total_latents": 128, "vary": {"timesteps": [10]}}':
        "timesteps 10 does not divide total_latents 128; the nearest that do: 8 and 16.",
    '{"recipe": "demo", "total_latents": 8, "changes": {"latent_dim": 2}}': "leave latent_dim or",
    '{"recipe": "demo", "changes": {"epochs": 1}, "vary": {"epochs": [1]}}': "in both changes",
    '{"recipe": "faces"}': "folder:faces, which has no test split",
    json.dumps({"recipe": "demo", "seeds": list(range(200)), "vary": {
        "timesteps": list(range(1, 101))}}): "20000 runs, more than 10000",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_bad_specs_give_a_one_line_error(text, tmp_path):
    path = tmp_path / "sweep.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(BAD[text])) as found:
        read_sweep(path)
    assert "\n" not in str(found.value)


def test_a_missing_spec_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"give the JSON file"):
        read_sweep(tmp_path / "none.json")


def test_values_seeds_and_evaluation_may_change_and_nothing_else():
    base = {"recipe": "demo", "vary": {"timesteps": [1]}, "changes": {"epochs": 2}}
    stored = Sweep.from_json(base)
    for change in (
        {"vary": {"timesteps": [1, 2]}}, {"seeds": [0, 1]}, {"name": "other"},
        {"evaluation": {"samples": 3}},
    ):  # fmt: skip
        check_same_sweep(stored, Sweep.from_json(base | change), "there")
    for change, said in (
        ({"recipe": "laptop-mnist"}, "recipe was 'demo', not 'laptop-mnist'"),
        ({"changes": {"epochs": 3}}, "changes['epochs'] was 2, not 3"),
        ({"changes": {}}, "changes['epochs'] was 2, not None"),
        ({"total_latents": 8}, "total_latents was None, not 8"),
        ({"vary": {"latent_dim": [1]}}, "vary was ['timesteps'], not ['latent_dim']"),
    ):
        sentence = re.escape(f"there holds a different sweep: {said}. ")
        with pytest.raises(ValueError, match=sentence):
            check_same_sweep(stored, Sweep.from_json(base | change), "there")


def test_every_field_of_the_network_can_vary():
    assert Sweep(recipe="demo", vary={"read": [None, 3]}).runs()[0].architecture.read is None
    values = Architecture().to_json()
    assert Sweep(recipe="demo", changes=values).runs()[0].architecture == Architecture()


def test_the_example_in_the_docs_is_valid():
    text = (ROOT / "docs" / "experiments.md").read_text("utf-8")
    spec = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    example = json.loads(spec[spec.index("{") : spec.index("\n    }") + len("\n    }")])
    assert len(Sweep.from_json(example).runs()) == 12
