"""No text that goes into a file names a folder of this machine."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from keras_draw.places import placeless, shareable, without_folders
from keras_draw.sweeps.spec import Sweep, SweepEvaluation

NAMES = some.text("abcé._-[]0 ", min_size=1, max_size=8).filter(
    lambda name: name.strip(" .") and not name.endswith("]")
)
FOLDERS = some.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/".join(["", *names]))
KINDS = some.sampled_from(["folder", "npz"])
ROWS = some.sampled_from(["", "[:3]", "[5:]"])
SPECS = some.tuples(KINDS, FOLDERS, ROWS).map(lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}")


@settings(deadline=None)
@given(KINDS, FOLDERS, NAMES, ROWS)
def test_a_specification_keeps_its_last_name_and_its_rows(kind, folder, name, rows):
    spec = f"{kind}:{folder}/{name}{rows}"
    assert placeless(spec) == f"{kind}:{name}{rows}"
    assert shareable([spec]) == [f"{kind}:{name}{rows}"]


@settings(deadline=None)
@given(
    some.lists(some.tuples(KINDS, FOLDERS, ROWS).map(lambda p: f"{p[0]}:{p[1]}{p[2]}"), unique=True)
)
def test_what_differs_goes_on_to_differ(specs):
    short = shareable(specs)
    assert len(set(short)) == len({s.replace("//", "/") for s in specs})
    assert shareable(short) == short
    assert not any(spec.split(":", 1)[1].startswith("/") for spec in short)


@settings(deadline=None)
@given(some.lists(some.text("abc._-", min_size=1, max_size=9), min_size=2, max_size=5))
def test_messages_lose_folders_and_nothing_else(names):
    path = "/" + "/".join(names)
    for before, after in (("There is no file ", ": make one."), ('File "', '", line 3')):
        assert without_folders(f"{before}{path}{after}") == f"{before}{names[-1]}{after}"
    untouched = "and/or, 3 / 4 of it (see https://example.org/a/b): runs/mine is relative"
    assert without_folders(untouched) == untouched


@pytest.mark.parametrize("spec", ["mnist:train[:100]", "folder:here/cats", "npz:x.npz", ""])
def test_what_names_no_place_stays(spec):
    assert shareable([spec]) == [spec]


def test_a_shareable_sweep_has_the_same_runs():
    evaluation = SweepEvaluation(dataset="npz:/secret/test.npz")
    for vary, changes in (
        ({"dataset": ["folder:/secret/a/cats", "folder:/secret/b/cats"]}, {}),
        ({"timesteps": [1, 2]}, {"dataset": "folder:/secret/cats[:5]"}),
    ):
        sweep = Sweep(recipe="demo", changes=changes, vary=vary, evaluation=evaluation)
        shared = sweep.shareable()
        assert [run.name for run in shared.runs()] == [run.name for run in sweep.runs()]
        assert "secret" not in str(shared.to_json()) + str([run.name for run in sweep.runs()])
        assert shared.shareable() == shared
        assert sweep.runs()[0].training.dataset.startswith("folder:/secret/")
