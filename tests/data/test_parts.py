"""What of a folder is held out: the same on every machine, whatever else lies in it."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from keras_draw.data import check, load_images, load_training, sources


def fill(folder, names):
    """Grey pictures, each of another value."""
    for value, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), value + 10).save(folder / name)


def values(data):
    return data.images[:, 0, 0, 0].tolist()


def expected(names):
    """By the documented rule: SHA-256 of seed and name, its first eight bytes, a tenth."""
    digests = [hashlib.sha256(f"0/{name}".encode()).hexdigest() for name in names]
    return [int(digest[:16], 16) < 2**64 / 10 for digest in digests]


@pytest.fixture
def animals(tmp_path):
    names = [f"{kind}/{k}.png" for kind in ("cats", "dogs") for k in range(30)]
    fill(tmp_path, names)
    return tmp_path, names


def test_a_tenth_is_held_out_by_name(animals):
    folder, names = animals
    held = expected(names)
    assert 2 <= sum(held) <= 12
    test, train = (load_images(f"folder:{folder}:{part}") for part in ("test", "train"))
    order = sorted(range(len(names)), key=lambda k: names[k])  # as folders are read
    assert values(test) == [k + 10 for k in order if held[k]]
    assert values(train) == [k + 10 for k in order if not held[k]]
    assert len(load_images(f"folder:{folder}")) == len(names)
    assert (test.name, train.name) == (f"folder:{folder.name}:test", f"folder:{folder.name}:train")


def test_what_is_added_moves_nothing(animals):
    folder, _ = animals
    before = set(values(load_images(f"folder:{folder}:test")))
    fill(folder, [f"eels/{k}.png" for k in range(20)])
    after = load_images(f"folder:{folder}:test")
    eels = after.labels == after.class_names.index("eels")
    assert {v for v, eel in zip(values(after), eels, strict=True) if not eel} == before


def test_both_parts_have_the_classes_of_the_whole(tmp_path):
    """Of few pictures a class may have none in a part; its number stays."""
    names = [f"{kind}/{k}.png" for kind in ("ants", "bees", "cats") for k in range(6)]
    fill(tmp_path, names)
    assert not any(expected(names[-6:]))  # no cat is held out
    for part in ("train", "test"):
        data = load_images(f"folder:{tmp_path}:{part}")
        assert data.class_names == ("ants", "bees", "cats")
    whole, test = load_images(f"folder:{tmp_path}"), load_images(f"folder:{tmp_path}:test")
    label_of = dict(zip(values(whole), whole.labels.tolist(), strict=True))
    assert [label_of[v] for v in values(test)] == test.labels.tolist()


@pytest.fixture
def divided(tmp_path):
    fill(tmp_path, ["train/cats/a.png", "train/dogs/b.png", "train/dogs/c.png", "test/dogs/d.png"])
    return tmp_path


def test_folders_named_train_and_test_are_the_parts(divided):
    test, train = (load_images(f"folder:{divided}:{part}") for part in ("test", "train"))
    assert values(test) == [13]
    assert values(train) == [10, 11, 12]
    assert test.class_names == train.class_names == ("cats", "dogs")
    assert test.labels.tolist() == [1]


def test_of_a_divided_folder_train_is_meant_where_nothing_is_named(divided):
    whole = load_images(f"folder:{divided}[1:]")
    assert values(whole) == [11, 12]
    assert (
        whole.name == f"folder:{divided.name}:train[1:]" == sources.name_of(f"folder:{divided}[1:]")
    )


def test_slices_come_after_parts(animals):
    folder, _ = animals
    test = load_images(f"folder:{folder}:test")
    two = load_images(f"folder:{folder}:test[:2]")
    np.testing.assert_array_equal(two.images, test.images[:2])
    assert two.name == f"folder:{folder.name}:test[:2]"


def test_a_path_that_is_there_is_the_path(tmp_path):
    fill(tmp_path, ["a:test/x.png"])
    assert len(load_images(f"folder:{tmp_path}/a:test")) == 1
    with pytest.raises(ValueError, match="none is in the part test"):
        load_images(f"folder:{tmp_path}/a:test:test")


def test_the_test_part_is_never_trained_on(animals):
    folder, _ = animals
    with pytest.raises(ValueError, match=f"kept for measuring: train on folder:{folder}:train"):
        load_training(f"folder:{folder}:test[:2]", validation=0.1, seed=0)
    held_out = set(values(load_images(f"folder:{folder}:test")))
    given = load_training(f"folder:{folder}:train", validation=0.1, seed=0)
    assert not held_out & {*values(given.train), *values(given.validation)}


def test_what_was_trained_on_says_what_to_measure_on(divided):
    assert sources.test_split_of("folder:a/b:train[:9]") == "folder:a/b:test"
    assert sources.has_test_split("folder:a/b:train[:9]")
    assert not sources.has_test_split("folder:a/b")
    assert sources.has_test_split(f"folder:{divided}")


def test_a_part_that_there_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path, ["x.png"])
    with pytest.raises(ValueError, match="has the parts train and test, and no 'tset'"):
        load_images(f"folder:{tmp_path}:tset")
    with pytest.raises(FileNotFoundError, match=r"'x.png' is a file; .* which may hold this one"):
        load_images("folder:x.png")


def test_a_check_says_how_many_are_held_out(animals):
    folder, names = animals
    said = check(f"folder:{folder}").splits["parts"]
    assert said.startswith(f"folder:PATH:test holds {sum(expected(names))} of them out, about 10%")
