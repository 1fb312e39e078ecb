"""What comes along with Keras where only the command needs it."""

import subprocess
import sys

SCRIPT = """
import sys
from keras_draw import cli
cli.main(["generate", "mnist", "--count", "1", "--out", sys.argv[1]])
unneeded = {"sklearn", "matplotlib.pyplot", "scipy.io"}
assert not unneeded & set(sys.modules), unneeded & set(sys.modules)
import sklearn.svm, matplotlib.pyplot
from keras_draw.backends import keras_alone
before = list(sys.meta_path)
with keras_alone():
    import scipy.io, sklearn.datasets
assert sys.meta_path == before
"""


def test_the_command_imports_keras_without_what_no_command_uses(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path / "a.png")]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "a.png").is_file()
