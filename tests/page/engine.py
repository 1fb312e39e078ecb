"""The page's engine in Node, for tests: one process for as many cases as there are."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import keras_draw.page
from keras_draw.page.packing import pack

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not on this machine")
FOLDER = Path(keras_draw.page.__file__).parent


def case(config, weights, kind="float16", **more):
    """A network and what is asked of it, as the driver reads it."""
    packed = pack(config, weights, kind)
    return {
        "config": config.to_json(),
        "weights": packed.header,
        "content": base64.b64encode(packed.content).decode(),
        **more,
    }


def drive(cases, folder):
    """What the engine makes of every case."""
    file = folder / "cases.json"
    file.write_text(json.dumps(cases))
    driver = Path(__file__).with_name("drive.js")
    words = [NODE, str(driver), str(FOLDER), str(file)]
    found = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    return json.loads(found.stdout)
