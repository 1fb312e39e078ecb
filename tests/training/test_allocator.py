"""Memory that a process frees stays with it, if requested."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
from keras_draw.training.allocator import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(3)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.full(2**23, 1.0)      # 64 MB: allocated, written, freed
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def page_faults(word):
    found = subprocess.run([sys.executable, "-c", SCRIPT, word], capture_output=True, text=True)
    if found.returncode == 3:
        pytest.skip("the C library of this machine has no mallopt")
    return int(found.stdout)


def test_a_block_taken_again_is_not_cleared_again():
    kept, given_back = page_faults("keep"), page_faults("give back")
    assert kept < 50
    assert given_back > 10 * kept
