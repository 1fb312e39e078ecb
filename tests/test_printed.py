"""What is printed is read again as it was meant."""

import json
import math
import os
import shlex

from hypothesis import given
from hypothesis import strategies as st

from keras_draw.printed import as_json, quoted

texts = st.text() | st.binary().map(os.fsdecode)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def finite(value):
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return {k: finite(v) for k, v in value.items()} if isinstance(value, dict) else value


@given(values, st.booleans())
def test_json_is_json(value, ascii_only):
    text = as_json(value, ascii_only=ascii_only)
    text.encode("ascii" if ascii_only else "utf-8")
    assert json.loads(text, parse_constant=no_constant) == finite(value)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_quoted_path_is_one_word_and_no_option(path):
    (word,) = shlex.split(quoted(path))
    assert not word.startswith("-")
    assert os.path.normpath(word) == os.path.normpath(path)
