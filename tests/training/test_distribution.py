"""One training on several devices and by several processes equals one on one device."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from calling import call

from keras_draw.config import Devices
from keras_draw.training import distribution
from keras_draw.training.distribution import together

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from keras_draw.cli import main; main()", "train"]
OPTIONS = shlex.split(
    "--dataset digits:train[:75] --validation 0 --timesteps 2 --latent-dim 2 --hidden-dim 8 "
    "--batch-size 8 --ema-momentum 0.9 --schedule constant --run-dir run"
)
LIMIT = 240
"""Seconds after which a test's process is killed in any case."""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"devices": -1}, "devices is -1"),
        ({"process": 0}, "need a coordinator"),
        ({"coordinator": "here"}, "expected HOST:PORT"),
        ({"coordinator": "here:0", "processes": 2, "process": 0}, "expected HOST:PORT"),
        ({"coordinator": "here:99999", "processes": 2, "process": 0}, "expected HOST:PORT"),
        ({"coordinator": "here:1", "processes": 1, "process": 0}, "2 or more"),
        ({"coordinator": "here:1", "processes": 2}, "from 0 to 1"),
        ({"coordinator": "here:1", "processes": 2, "process": 2}, "from 0 to 1"),
        ({"coordinator": "here:1", "distributed": True}, "leave one of them out"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        Devices(**fields)


def test_addresses_may_be_of_version_6():
    assert Devices(coordinator="[::1]:80", processes=2, process=1).address == ("::1", 80)


def test_one_device_needs_nothing():
    with together(Devices(), 7, {}) as crew:
        assert (crew.count, crew.is_first, crew.described()) == (1, True, {})


def test_more_devices_than_there_are_are_refused():
    asked = together(Devices(devices=3), 6, {})
    with pytest.raises(ValueError, match="devices is 3, but this machine has 1 device"), asked:
        pass


def test_an_environment_that_names_nobody_is_said_so(monkeypatch):
    for name in ("SLURM_JOB_ID", "OMPI_MCA_orte_hnp_uri", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    asked = together(Devices(distributed=True), 8, {})
    with pytest.raises(ValueError, match="no scheduler was detected"), asked:
        pass


def test_what_slurm_says_is_taken(monkeypatch):
    said = {
        "SLURM_JOB_ID": "4096",
        "SLURM_STEP_NODELIST": "node[003-004]",
        "SLURM_NTASKS": "2",
        "SLURM_PROCID": "1",
        "SLURM_LOCALID": "0",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("JAX_COORDINATOR_ADDRESS", raising=False)
    found = distribution._found_by_environment(Devices(devices=4, distributed=True))
    assert found == Devices(devices=4, coordinator="node003:61440", processes=2, process=1)
    monkeypatch.setenv("SLURM_NTASKS", "1")
    assert distribution._found_by_environment(Devices(distributed=True)) == Devices()


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Processes that all compile the same program once."""
    cache = str(tmp_path_factory.mktemp("compiled"))
    seconds = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    return os.environ | {"JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_DIR": cache} | seconds


@pytest.fixture(scope="module")
def four(tmp_path_factory, environment):
    """The results of the script on four devices."""
    ended = subprocess.run(
        [sys.executable, str(HERE / "on_four_devices.py")],
        cwd=tmp_path_factory.mktemp("four"),
        env=environment | {"JAX_NUM_CPU_DEVICES": "4"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.slow
def test_four_devices_train_as_one_and_one_goes_on(four):
    assert four["noise"]
    assert four["weights"] < 1e-5  # 51 steps on four, 17 on one
    assert four["shifted"] < 1e-5  # 17 steps on each
    assert four["history"] < 1e-4  # nats, of about 45
    assert four["changed"] > 1e-3  # what an epoch changes, for comparison
    assert four["provenance"] == {"count": 4, "kind": "cpu", "processes": 1}


@pytest.mark.slow
def test_four_devices_draw_and_measure_as_one(four):
    assert four["elbo"] < 1e-4
    assert four["drawn"] < 1e-6
    assert four["shares"] == [2]


@pytest.mark.slow
def test_shared_weights_gradients_are_summed_over_devices_after_the_scan(four):
    assert four["sums"]["in loops"] == 0
    assert four["sums"]["outside"] >= 1


@pytest.mark.slow
def test_what_devices_cannot_share_is_refused(four):
    assert four["uneven"] == (
        "batch_size is 6, which cannot be split evenly over 4 devices: choose 4 or 8, or another "
        "number of devices."
    )
    assert four["too many"].startswith("devices is 5, but this machine has 4 devices (cpu)")


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def start(tmp_path, port, environment):
    """Start processes of one training; none of them outlives the test."""
    started = []

    def start(process, *words):
        where = ["--coordinator", f"127.0.0.1:{port}", "--processes", "2"]
        started.append(
            subprocess.Popen(
                [*COMMAND, *words, *where, "--process", str(process)],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def weights(run):
    with np.load(run / "checkpoint.npz") as found:
        return [found[name] for name in found.files if name.startswith("weights/")]


@pytest.mark.slow
def test_two_processes_train_as_one_and_one_goes_on_when_the_other_dies(
    start, tmp_path, monkeypatch
):
    many = [*OPTIONS, "--epochs", "5000"]
    first, other = start(0, *many), start(1, *many)
    until = time.monotonic() + LIMIT
    while not (tmp_path / "run" / "checkpoint.npz").exists():
        assert first.poll() is None, first.communicate()
        assert other.poll() is None, other.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    other.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    _, said = first.communicate(timeout=60)
    assert time.monotonic() - killed < 60
    assert first.returncode == 1, said
    assert "Process 1 ended or cannot be reached any more" in said
    assert "resume from the last finished epoch with --resume run." in said

    done = (tmp_path / "run" / "history.csv").read_text().count("\n") - 1
    more = str(done + 1)
    config = tmp_path / "run" / "config.json"
    config.write_text(config.read_text().replace('"epochs": 5000', f'"epochs": {done}'))
    monkeypatch.chdir(tmp_path)
    assert call(["train", "--resume", "run", "--epochs", more]).code == 0
    assert call(["train", *OPTIONS[:-1], "undisturbed", "--epochs", more]).code == 0
    both = zip(weights(tmp_path / "run"), weights(tmp_path / "undisturbed"), strict=True)
    assert max(float(np.abs(a - b).max()) for a, b in both) < 1e-5


@pytest.mark.slow
def test_two_processes_that_differ_are_refused_and_a_refusal_of_one_ends_both(start, tmp_path):
    short = [*OPTIONS, "--epochs", "1"]
    first, other = start(0, *short), start(1, *short, "--hidden-dim", "16")
    for process in (first, other):
        out, said = process.communicate(timeout=LIMIT)
        assert (process.returncode, out) == (2, "")
        assert "hidden_dim is 8 in process 0 and 16 in process 1" in said
    assert not (tmp_path / "run").exists()

    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").touch()
    first, other = start(0, *short), start(1, *short)
    out, said = first.communicate(timeout=LIMIT)
    assert (first.returncode, out) == (2, "")
    assert "run contains other files (mine.txt, ...) but no run" in said
    out, said = other.communicate(timeout=LIMIT)
    assert (other.returncode, out) == (1, "")
    assert "keras-draw: Process 0 stopped: run contains other files" in said
