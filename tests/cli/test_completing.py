"""`keras-draw complete` and `classify`, as a stranger uses them."""

import json

import numpy as np
import pytest
from calling import call, refused
from conftest import tiny
from PIL import Image

from keras_draw import DRAW
from keras_draw.models.saving import save_network

X = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 1), dtype=np.uint8)
Y = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Networks and images."""
    path = tmp_path_factory.mktemp("networks")
    save_network(DRAW(tiny(num_classes=3), seed=1), path / "classes.keras")
    save_network(DRAW(tiny(), seed=1), path / "none.keras")
    np.savez(path / "labelled.npz", x=X, y=Y)
    np.savez(path / "bare.npz", x=X)
    return path


@pytest.fixture(autouse=True)
def here(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


QUICK = "--answers 2 --rounds 2"


def test_complete_draws_a_picture_and_says_how_far_off_it_is(here):
    found = call(f"complete classes.keras --dataset npz:labelled.npz {QUICK} --json")
    assert found.code == 0, found.err
    with Image.open(here / "classes-complete.png") as page:
        assert page.width > 100
    said = json.loads(found.out)
    assert (said["images"], said["answers"], said["rounds"]) == (6, 2, 2)
    assert said["start_squared"] == pytest.approx(((X[:, 3:] / 255 - 0.5) ** 2).mean(), rel=1e-5)
    assert said["together_squared"] <= said["single_squared"]
    assert "one answer" in found.err
    assert "per hidden pixel" in found.err


def test_complete_writes_arrays_by_a_mask_of_ones_own(here):
    mask = np.zeros((5, 4), np.uint8)
    mask[1, 1:] = 255
    Image.fromarray(mask).save("mask.png")
    found = call(
        f"complete none.keras --dataset npz:bare.npz --hide mask.png {QUICK} --out a.npz --count 3"
    )
    assert found.code == 0, found.err
    with np.load("a.npz") as arrays:
        np.testing.assert_array_equal(arrays["hidden"], mask > 0)
        assert arrays["answers"].shape == (3, 2, 5, 4, 1)
        seen = ~arrays["hidden"]
        np.testing.assert_array_equal(arrays["answers"][:, 0][:, seen], arrays["x"][:, seen])


def test_the_error_of_one_image_is_without_a_standard_error(here):
    found = call(f"complete none.keras --dataset npz:bare.npz --count 1 {QUICK} --json")
    assert found.code == 0, found.err
    assert "squared error" in found.err
    assert "nan" not in found.err
    assert "±" not in found.err
    assert json.loads(found.out)["single_squared_standard_error"] is None
    found = call(f"complete none.keras --dataset npz:bare.npz --count 2 {QUICK} --overwrite")
    assert found.err.count("±") == 3


def test_classify_counts_what_is_told_rightly(here):
    found = call("classify classes.keras --dataset npz:labelled.npz --out a.npz --json")
    assert found.code == 0, found.err
    said = json.loads(found.out)
    with np.load("a.npz") as arrays:
        right = arrays["probabilities"].argmax(axis=1) == Y
        np.testing.assert_array_equal(arrays["y"], Y)
        assert arrays["bounds"].shape == (6, 3)
    assert said["accuracy"] == pytest.approx(right.mean())
    assert np.array(said["confusion"]).sum() == 6
    assert "equally likely" in found.err


def test_classes_of_one_name_are_the_same_class(here):
    names = ("a", "b", "c")
    save_network(DRAW(tiny(num_classes=3, class_names=names), seed=1), here / "named.keras")
    np.savez("named.npz", x=X, y=Y, class_names=np.array(["c", "a", "b"]))
    found = call("classify named.keras --dataset npz:named.npz --out a.npz --json")
    assert found.code == 0, found.err
    with np.load("a.npz") as arrays:
        np.testing.assert_array_equal(arrays["y"], np.array([2, 0, 1])[Y])
    assert json.loads(found.out)["classes"] == list(names)
    np.savez("others.npz", x=X, y=Y, class_names=np.array(["a", "b", "d"]))
    assert "and the network have different classes" in refused(
        "classify named.keras --dataset npz:others.npz"
    )


def test_classify_of_images_without_labels_writes_what_it_finds(here):
    sentence = refused("classify classes.keras --dataset npz:bare.npz")
    assert "has no labels" in sentence
    assert "give --out" in sentence
    assert call("classify classes.keras --dataset npz:bare.npz --out a.npz").code == 0
    with np.load("a.npz") as arrays:
        assert sorted(arrays.files) == ["bounds", "probabilities"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("classify none.keras --dataset npz:labelled.npz", "has no classes"),
        ("classify classes.keras --dataset npz:labelled.npz --draws 0", "draws is 0"),
        ("classify classes.keras --dataset npz:labelled.npz --out a.csv", "the extension '.csv'"),
        ("classify mnist --dataset npz:labelled.npz", "this network takes"),
        ("complete classes.keras --dataset npz:bare.npz", "has no labels"),
        (
            "complete none.keras --dataset npz:bare.npz --hide top",
            "no half, and no mask picture, named 'top'",
        ),
        ("complete none.keras --dataset npz:bare.npz --answers 0", "answers is 0"),
        ("complete none.keras --dataset npz:bare.npz --rounds 0", "rounds is 0"),
        ("complete none.keras --dataset npz:bare.npz --scale -1", "--scale is -1; give 1 or more"),
        ("complete none.keras --dataset npz:bare.npz --scale 0", "--scale is 0; give 1 or more"),
        ("complete none.keras --dataset npz:bare.npz --out a.gif", "the extension '.gif'"),
        ("complete mnist --dataset npz:labelled.npz", "this network takes"),
    ],
)
def test_bad_input_meets_one_sentence_and_leaves_nothing(here, words, sentence):
    before = sorted(p.name for p in here.iterdir())
    assert sentence in refused(words)
    assert sorted(p.name for p in here.iterdir()) == before


def test_images_of_another_size_are_refused_by_name(here):
    np.savez("small.npz", x=X[:, :4])
    Image.fromarray(np.zeros((4, 4), np.uint8)).save("mask.png")
    for words in (
        f"complete none.keras --dataset npz:small.npz {QUICK}",
        f"complete none.keras --dataset npz:small.npz {QUICK} --hide mask.png",
        "classify classes.keras --dataset npz:small.npz --out a.npz",
        "reconstruct none.keras --dataset npz:small.npz --out a.png",
    ):
        said = refused(words)
        assert "Images of npz:small.npz are 4 x 4 x 1, and this network takes 5 x 4 x 1" in said
    assert not list(here.glob("a.*"))


@pytest.mark.filterwarnings("default")
def test_what_is_skipped_is_said_in_a_sentence(here):
    (here / "photos").mkdir()
    Image.fromarray(X[0, ..., 0]).save(here / "photos" / "good.png")
    (here / "photos" / "broken.png").write_bytes(b"no")
    found = call(f"complete none.keras --dataset folder:photos {QUICK}")
    assert found.code == 0, found.err
    (line,) = (line for line in found.err.splitlines() if "broken.png" in line)
    assert "UserWarning" not in found.err
    assert ".py:" not in found.err
    assert line[0].isdigit() or line[0].isupper(), line
