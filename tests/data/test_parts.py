"""Which pictures of a folder are held out: the same on every machine, whatever else it holds."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from keras_draw.data import check, load_images, load_training, sources


def fill(folder, names):
    """Write grey pictures, each with a different value."""
    for value, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), value + 10).save(folder / name)


def values(data):
    return data.images[:, 0, 0, 0].tolist()


def expected(names):
    """Who is held out by the documented rule: a tenth, by the first eight bytes of SHA-256."""
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


def test_added_pictures_do_not_move_others(animals):
    folder, _ = animals
    before = set(values(load_images(f"folder:{folder}:test")))
    fill(folder, [f"eels/{k}.png" for k in range(20)])
    after = load_images(f"folder:{folder}:test")
    eels = after.labels == after.class_names.index("eels")
    assert {v for v, eel in zip(values(after), eels, strict=True) if not eel} == before


def test_both_parts_have_the_classes_of_the_whole(tmp_path):
    """If a class has no picture in one part, the class numbers stay the same."""
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


def test_a_divided_folder_means_its_train_part_by_default(divided):
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


def test_an_existing_path_wins_over_a_part(tmp_path):
    fill(tmp_path, ["a:test/x.png"])
    assert len(load_images(f"folder:{tmp_path}/a:test")) == 1
    with pytest.raises(ValueError, match=r"None of the 1 pictures .* is in the part test"):
        load_images(f"folder:{tmp_path}/a:test:test")


def test_the_test_part_is_never_trained_on(animals):
    folder, _ = animals
    with pytest.raises(ValueError, match=f"for evaluation: train on folder:{folder}:train"):
        load_training(f"folder:{folder}:test[:2]", validation=0.1, seed=0)
    held_out = set(values(load_images(f"folder:{folder}:test")))
    given = load_training(f"folder:{folder}:train", validation=0.1, seed=0)
    assert not held_out & {*values(given.train), *values(given.validation)}


def test_training_images_determine_the_test_split(divided):
    assert sources.test_split_of("folder:a/b:train[:9]") == "folder:a/b:test"
    assert sources.has_test_split("folder:a/b:train[:9]")
    assert not sources.has_test_split("folder:a/b")
    assert sources.has_test_split(f"folder:{divided}")


def test_unknown_parts_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path, ["x.png"])
    with pytest.raises(ValueError, match="has the parts train and test, but no 'tset'"):
        load_images(f"folder:{tmp_path}:tset")
    with pytest.raises(FileNotFoundError, match=r"'x.png' is a file; .* the one that contains it"):
        load_images("folder:x.png")


def test_a_check_reports_how_many_are_held_out(animals):
    folder, names = animals
    said = check(f"folder:{folder}").splits["parts"]
    assert said.startswith(f"folder:PATH:test holds out {sum(expected(names))} of them, about 10%")


def test_what_lies_next_to_the_parts_and_classes_of_only_one_part_are_reported(divided, recwarn):
    load_images(f"folder:{divided}")
    load_images(f"folder:{divided}:train")
    assert not recwarn.list
    fill(divided, ["valid/cats/e.png", "test/Dogs/f.png", "extra.png", ".hidden/g.png"])
    (divided / "README.md").write_text("Pictures of animals.")
    said = r"Only the folders train and test are used; next to them: extra\.png, valid\."
    with pytest.warns(UserWarning, match=said):
        assert len(load_images(f"folder:{divided}")) == 3
    found = sources.check(f"folder:{divided}").splits["warning"]
    assert "extra.png, valid." in found
    assert "1 class without a picture in train: Dogs." in found
