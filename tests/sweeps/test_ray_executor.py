"""Sweeps with Ray: the same table, failing and lost runs, and which runs are repeated."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from keras_draw.sweeps.executors import RayOptions
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.spec import Sweep
from keras_draw.sweeps.sweeping import run_sweep
from keras_draw.sweeps.table import TIMING, read_results
from keras_draw.thesis import timesteps as room
from keras_draw.training.runs import RunFolder, read_json

ray = pytest.importorskip("ray", reason="ray is not installed")

from keras_draw.sweeps import ray_executor  # noqa: E402

ONE = {"scale": "smoke", "timesteps": (1,)}
SMOKE = room.sweep_of("fig-3.3", **ONE, seeds=(0, 1))
"""Two networks of one shape, which XLA compiles once."""
TOLERANCE = 1e-5
"""Relative. A different number of threads sums in a different order, so a float32 sum may differ by
its rounding, 6e-8; a run of smoke size has ten steps."""


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster with two workers for all tests in this file."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RAY_ADDRESS", "KERAS_DRAW_DATA", "KERAS_DRAW_WEIGHTS"):
            patch.delenv(name, raising=False)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_TOKEN", "f" * 64)  # no file in the home folder
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=ray_executor.OBJECT_STORE,
        )
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The table of the local executor."""
    return table(run_sweep(SMOKE, tmp_path_factory.mktemp("local"), progress=False).results)


@pytest.fixture(scope="module")
def done(cluster, tmp_path_factory):
    """The folder of the same sweep, executed with Ray."""
    out = tmp_path_factory.mktemp("ray") / "out"
    result = run_sweep(SMOKE, out, executor="ray", progress=False)
    assert (result.finished, result.failed) == (2, {})
    return out


def table(path):
    """The rows without timing."""
    return [{k: v for k, v in row.items() if k not in TIMING} for row in read_results(path)]


def assert_same(rows, expected):
    assert [row["run"] for row in rows] == [row["run"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        for name, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(other[name], rel=TOLERANCE), name
            else:
                assert value == other[name], name


def test_rays_options_for_a_run(monkeypatch):
    monkeypatch.setenv("KERAS_DRAW_DATA", "/data")
    monkeypatch.setenv("UNRELATED", "1")
    told = ray_executor.requirements(RayOptions(cpus_per_run=3))
    assert (told["num_cpus"], told["num_gpus"], told["max_calls"]) == (3, 0, 1)
    variables = told["runtime_env"]["env_vars"]
    assert variables["KERAS_DRAW_DATA"] == "/data"
    assert variables["KERAS_BACKEND"] == "jax"
    assert "UNRELATED" not in variables
    assert (variables["NPROC"], variables["OMP_NUM_THREADS"]) == ("3", "3")
    assert variables["JAX_PLATFORMS"] == "cpu"
    half = ray_executor.requirements(RayOptions(gpus_per_run=0.5))["runtime_env"]["env_vars"]
    assert half["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.375"
    assert "JAX_PLATFORMS" not in half


def test_nothing_is_written_if_ray_does_not_answer(tmp_path):
    options = RayOptions(address="127.0.0.1:1")
    with pytest.raises(ConnectionError, match=r"Ray does not answer at 127.0.0.1:1 \(.*refused"):
        run_sweep(SMOKE, tmp_path / "out", executor="ray", ray=options)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_table_is_the_same_as_with_the_local_executor(done, undisturbed):
    assert_same(table(done / "results.csv"), undisturbed)
    assert sorted(p.name for p in done.iterdir()) == [
        "lock", "results.csv", "runs", "sweep.json",
    ]  # fmt: skip
    provenance = read_json(RunFolder(done / "runs" / "timesteps-1_seed-0").provenance)
    assert "node-ip-address" not in str(
        provenance["command"]
    )  # that would be the command of Ray's worker


@pytest.mark.slow
def test_only_new_runs_are_executed(done, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(done, out)
    before = {path: path.read_bytes() for path in out.rglob("*.json") if "runs" in path.parts}
    with monkeypatch.context() as patch:
        patch.setattr(ray_executor, "over_ray", None)
        assert run_sweep(SMOKE, out, executor="ray", progress=False).finished == 2
    more = room.sweep_of("fig-3.3", **ONE, seeds=(0, 1, 2))
    assert run_sweep(more, out, executor="ray", progress=False).finished == 3
    assert {path: path.read_bytes() for path in before} == before
    assert [row["seed"] for row in table(out / "results.csv")] == [0, 1, 2]


@pytest.mark.slow
def test_a_run_that_fails_in_a_worker_does_not_stop_others(cluster, tmp_path, monkeypatch):
    """The paths are relative to the caller's working directory."""
    monkeypatch.chdir(tmp_path)
    datasets = ["digits[:9999]", "digits[:100]"]
    changes = {"epochs": 1, "hidden_dim": 4, "timesteps": 1, "sample_every": 0}
    sweep = Sweep(recipe="demo", changes=changes, vary={"dataset": datasets})
    result = run_sweep(sweep, "out", executor="ray", progress=False)
    assert result.finished == 1
    (reason,) = result.failed.values()
    assert "goes beyond the end" in reason
    rows = read_results(tmp_path / "out" / "results.csv")
    assert [row["status"] for row in rows] == ["failed", "finished"]
    (failed,) = [p for p in (tmp_path / "out" / "outcomes").iterdir() if "9999" in p.name]
    assert "in load" in json.loads(failed.read_text())["traceback"]


@pytest.mark.slow
def test_a_run_whose_worker_is_killed_is_resumed(cluster, tmp_path, capsys):
    sweep = Sweep(
        recipe="demo",
        changes={
            "dataset": "digits[:200]", "hidden_dim": 4, "timesteps": 1, "epochs": 30,
            "batch_size": 8, "sample_every": 0,
        },
    )  # fmt: skip
    (run,) = sweep.runs()
    folder = SweepFolder(tmp_path / "out")
    target = folder.run(run)
    killed = []

    def kill():
        until = time.monotonic() + 300
        while not target.history.exists() and time.monotonic() < until:
            time.sleep(0.02)
        process = int(target.lock.read_text())
        os.kill(process, signal.SIGKILL)
        killed.extend([process, read_json(target.provenance)["started"]])
        while (said := target.lock.read_text()) in ("", str(process)) and time.monotonic() < until:
            time.sleep(0.02)
        killed.append(int(said))

    killer = threading.Thread(target=kill)
    killer.start()
    result = run_sweep(sweep, folder.path, executor="ray")
    killer.join()
    assert f"{run.name}: its worker was lost; another one continues" in capsys.readouterr().err
    assert (result.finished, result.failed) == (1, {})
    process, started, another = killed
    assert another not in (process, os.getpid())
    assert read_json(target.provenance)["started"] == started  # it did not start over
    here = run_sweep(sweep, tmp_path / "here", progress=False)
    assert_same(table(folder.results), table(here.results))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_run_has_as_many_threads_as_cpus(cluster):
    def threads():  # called in a worker: the size of XLA's thread pool, and OpenMP's setting
        from pathlib import Path

        import jax.numpy as jnp

        jnp.ones((300, 300)).dot(jnp.ones((300, 300))).block_until_ready()
        names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
        return sum("XLAEigen" in name for name in names), os.environ["OMP_NUM_THREADS"]

    for cpus in (1, 2):
        told = ray_executor.requirements(RayOptions(cpus_per_run=cpus))
        assert ray.get(ray.remote(**told)(threads).remote()) == (cpus, str(cpus))


@pytest.mark.slow
def test_a_worker_that_does_not_see_the_folder_reports_this(cluster, tmp_path):
    job = ray_executor.Job(SMOKE, str(tmp_path / "elsewhere"), None, None)
    task = ray_executor._Task(job, str(tmp_path), ["keras-draw"])
    work = ray.remote(**ray_executor.requirements(RayOptions()))(ray_executor._work)
    outcome = ray_executor._outcome(work.remote(task, SMOKE.runs()[0]))
    assert outcome["status"] == "failed"
    assert "give --out a folder that every machine of the cluster sees" in outcome["reason"]
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.slow
def test_the_command_starts_its_own_ray_and_stops_gently(undisturbed, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "e" * 64)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    out = tmp_path / "out"
    words = [
        "experiment", "fig-3.3", "--scale", "smoke", "--timesteps", "1", "--seeds", "0", "1",
        "--out", str(out), "--executor", "ray",
    ]  # fmt: skip
    script = f"from keras_draw import cli; cli.main({words!r})"
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    folder, now = SweepFolder(out), None
    while process.poll() is None and not (now and now.at_work):
        time.sleep(0.2)
        now = folder.status().now if folder.spec.exists() else None
    assert set(now.at_work) <= {run.name for run in SMOKE.runs()}
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "each with 1 CPU and 0 GPUs." in said
    assert f"Continue with: keras-draw sweep run {folder.spec} --out {out} --executor ray" in said
    assert sorted(p.name for p in out.iterdir()) == ["lock", "results.csv", "runs", "sweep.json"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "Warning" not in found.stderr
    assert_same(table(folder.results), undisturbed)
