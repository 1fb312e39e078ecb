"""The files of a sweep can be shared: none of them names a folder of this machine."""

import dataclasses

import numpy as np
import pytest
from PIL import Image
from sweeps.test_sweeping import SMALL, pretended  # noqa: F401

from keras_draw.report import report
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import SweepEvaluation
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.thesis import timesteps


@pytest.fixture
def pictures(tmp_path):
    """Two folders with the same name, and a file to measure on."""
    for where in ("one", "two"):
        folder = tmp_path / "secret" / where / "cats"
        folder.mkdir(parents=True)
        for i in range(3):
            Image.fromarray(np.full((8, 8), 40 * i, np.uint8)).save(folder / f"{i}.png")
    np.savez(tmp_path / "secret" / "own.npz", x=np.zeros((4, 8, 8, 1), np.uint8))
    return tmp_path / "secret"


def sweep_over(pictures):
    changes = {name: value for name, value in SMALL.changes.items() if name != "dataset"}
    return dataclasses.replace(
        SMALL,
        changes=changes,
        vary={"dataset": [f"folder:{pictures / name / 'cats'}" for name in ("one", "two")],
              "timesteps": [1, 7]},
        total_latents=7,
        evaluation=SweepEvaluation(dataset=f"npz:{pictures / 'own.npz'}"),
    )  # fmt: skip


def test_no_file_of_a_sweep_names_a_folder(tmp_path, pictures, pretended):  # noqa: F811
    sweep, out = sweep_over(pictures), tmp_path / "secret" / "sweep"
    result = run_sweep(sweep, out, progress=False)
    assert (result.finished, len(result.failed)) == (2, 2)
    run_sweep(sweep, out, progress=False)  # the same sweep, although sweep.json has no paths
    assert len(pretended) == 2
    report(out)
    timesteps.draw("fig-4.1", [out / "results.csv"], out / "fig-4.1.png")
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {"sweep.json", "results.csv", "report.html"} <= {path.name for path in files}
    for path in files:
        assert b"secret" not in path.read_bytes(), path
        assert str(tmp_path).encode() not in path.read_bytes(), path
        assert "secret" not in str(path.relative_to(out))
    status = SweepFolder(out).status()
    assert status.of_files
    assert len(status.finished) == 2
