"""Names, splits, slices and checks: a specification loads the right images."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from data import writers
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import keras_draw.data
from keras_draw.data import check, load_images, load_training, names
from keras_draw.data.images import ImageData
from keras_draw.data.sources import was_trained_on


def test_the_old_name_is_kept_for_one_release():
    assert keras_draw.data.load is load_images


def test_digits_come_from_scikit_learn():
    train, test = load_images("digits"), load_images("digits:test")
    bunch = load_digits()
    assert (len(train), len(test)) == (1438, 359)
    np.testing.assert_array_equal(test.labels, bunch.target[4::5])
    expected = bunch.images[4::5] * 255 / 16
    assert np.abs(test.images[..., 0] - expected).max() <= 0.5
    assert train.class_names == tuple("0123456789")


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 10**18 - 1) | st.integers(1, 400))
def test_slices_work_as_in_python_or_are_refused(start, stop, step):
    spec = f"digits:test[{start}:{stop}:{step}]"
    if start < stop <= 359:
        found = load_images(spec)
        assert found.name == spec.replace("[0:", "[:").replace(":1]", "]")
        expected = load_images("digits:test").images[start:stop:step]
        np.testing.assert_array_equal(found.images, expected)
    else:
        with pytest.raises(ValueError, match=r"beyond the end|START must be below STOP"):
            load_images(spec)


def test_open_slices():
    assert len(load_images("digits[:7]")) == 7
    assert len(load_images("digits:test[350:]")) == 9
    assert len(load_images("digits[:]")) == 1438
    assert len(load_images("digits[::]")) == 1438
    assert len(load_images("digits[::5]")) == 288


BAD_SPECS = {
    "digit": "did you mean 'digits'?",
    "nothing like it": "choose from binarized_mnist, cifar10, digits, fashion_mnist, mnist, ",
    "digits:valid": "has no split 'valid'; it has train, test",
    "digits[5:5]": "START must be below STOP",
    "digits[9:3]": "START must be below STOP",
    "digits[:9999]": "holds 1438 images",
    "digits[2000:]": "goes beyond the end",
    "digits[-3:]": "write [START:STOP]",
    "digits[a:b]": "write [START:STOP]",
    "digits[3]": "write [START:STOP]",
    "digits[::0]": "or [START:STOP:STEP]",
    "digits[::-1]": "or [START:STOP:STEP]",
    "digits[:::]": "or [START:STOP:STEP]",
    "": "There is no data set ''",
}


@pytest.mark.parametrize("spec", BAD_SPECS)
def test_bad_specifications_are_refused(spec):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        load_images(spec)
    assert BAD_SPECS[spec] in str(refused.value)


def test_the_error_about_a_missing_set_says_where_it_looked_and_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError) as refused:
        load_images("mnist", data_dir=tmp_path)
    message = str(refused.value)
    assert "the data folder; keras-draw's cache; Keras's download cache" in message
    assert "Without that, keras-draw data get mnist downloads it" in message


def test_places_are_tried_in_order(tmp_path, monkeypatch):
    given_dir, environment, cache = (tmp_path / n for n in ("given", "env", "keras-home"))
    monkeypatch.setenv("KERAS_DRAW_DATA", str(environment))
    (cache / "datasets").mkdir(parents=True)
    images, labels = np.zeros((3, 28, 28), np.uint8), np.arange(3, dtype=np.uint8)
    writers.npz(
        cache / "datasets" / "mnist.npz",
        x_train=images, y_train=labels, x_test=images, y_test=labels,
    )  # fmt: skip

    def source():
        report = check("mnist", data_dir=given_dir)
        return report, " ".join(report.splits.values())

    assert "holds 3 images, not 60000" in source()[1]
    writers.mnist(environment / "mnist", count=4)
    assert "holds 4 images" in source()[1]
    writers.mnist(given_dir / "mnist", count=5, zipped=False)
    report, text = source()
    assert "holds 5 images" in text
    assert not report.whole


def test_the_content_of_named_sets_is_verified(tmp_path, monkeypatch):
    from keras_draw.data import named

    folder = tmp_path / "mnist"
    writers.mnist(folder, count=6)
    small = named.SETS["mnist"].__class__(
        **(vars(named.SETS["mnist"]) | {"splits": {"train": 6, "test": 6}})
    )
    monkeypatch.setitem(named.SETS, "mnist", small)
    with pytest.raises(ValueError, match="its content is not the published one"):
        load_images("mnist", data_dir=tmp_path)


def test_missing_and_inconsistent_files_are_refused(tmp_path):
    folder = tmp_path / "mnist"
    writers.mnist(folder)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(writers.idx(np.zeros(5, np.uint8)))
    with pytest.raises(ValueError, match="the labels"):
        load_images("mnist", data_dir=tmp_path)
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="train-labels-idx1-ubyte"):
        load_images("mnist", data_dir=tmp_path)


def test_a_cifar_file_with_too_few_images_is_refused(tmp_path):
    folder = tmp_path / "cifar10" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    writers.cifar_batch(folder / "test_batch", count=5)
    with pytest.raises(ValueError, match="cifar10:test holds 5 images, not 10000"):
        load_images("cifar10:test[:3]", data_dir=tmp_path)
    with pytest.raises(FileNotFoundError, match="data_batch_1"):
        load_images("cifar10", data_dir=tmp_path)
    assert not check("cifar10", data_dir=tmp_path).whole


def test_svhn_is_found_and_its_extra_split_is_optional(tmp_path, monkeypatch):
    from keras_draw.data import named

    sizes = {"train": 5, "test": 3, "extra": 6}
    known = named.SETS["svhn"]
    monkeypatch.setitem(named.SETS, "svhn", dataclasses.replace(known, splits=sizes))
    folder = tmp_path / "svhn"
    train = writers.published_svhn(monkeypatch, folder / "train_32x32.mat", count=5)
    assert not check("svhn", data_dir=tmp_path).whole
    writers.published_svhn(monkeypatch, folder / "test_32x32.mat", count=3)
    report = check("svhn", data_dir=tmp_path)
    assert report.whole
    assert "content verified" in report.splits["train"]
    assert "other files of SVHN. (It is optional.)" in report.splits["extra"]
    with pytest.raises(FileNotFoundError, match=r"extra_32x32\.mat is missing; svhn:extra needs"):
        load_images("svhn:extra", data_dir=tmp_path)
    data = load_images("svhn[1:4]", data_dir=tmp_path)
    assert (data.name, data.class_names) == ("svhn:train[1:4]", tuple("0123456789"))
    np.testing.assert_array_equal(data.images[2], train["X"][..., 3])
    with pytest.raises(ValueError, match="reserved for evaluation"):
        load_training("svhn:test", validation=0.1, seed=0, data_dir=tmp_path)
    writers.svhn(folder / "extra_32x32.mat", count=6)
    assert not check("svhn", data_dir=tmp_path).whole
    with pytest.raises(ValueError, match=r"extra_32x32\.mat is not the file .* npz:PATH"):
        load_images("svhn:extra", data_dir=tmp_path)


def test_binarized_mnist_has_its_own_validation_split(tmp_path, monkeypatch):
    from keras_draw.data import named

    known = named.SETS["binarized_mnist"]
    sizes = {"train": 5, "valid": 3, "test": 2}
    monkeypatch.setitem(
        named.SETS,
        "binarized_mnist",
        known.__class__(**(vars(known) | {"splits": sizes, "digests": {}})),
    )
    folder = tmp_path / "binarized_mnist"
    folder.mkdir()
    rows = {s: writers.RANDOM.integers(0, 2, (n, 784), dtype=np.uint8) for s, n in sizes.items()}
    writers.npz(folder / "binarized_mnist.npz", **rows)
    data = load_training("binarized_mnist", validation=0.4, seed=0, data_dir=tmp_path)
    assert set(np.unique(data.train.images)) == {0, 255}
    np.testing.assert_array_equal(data.validation.images.reshape(3, -1), rows["valid"] * 255)
    assert len(data.train) == 5
    few = load_training("binarized_mnist:valid", validation=0.4, seed=0, data_dir=tmp_path)
    assert (len(few.train), len(few.validation)) == (2, 1)  # not validated on what is trained on


@pytest.mark.parametrize(
    ("measured", "trained_on", "expected"),
    [
        ("mnist:test", "mnist", False),
        ("mnist", "mnist:train[:5000]", True),
        ("mnist:train[5000:]", "mnist:train[:5000]", False),
        ("mnist:train[4999:]", "mnist[:5000]", True),
        ("mnist", "digits", False),
        ("npz:a/b.npz[:10]", "npz:a/b.npz", True),
        ("npz:a/b.npz[:10]", "npz:a/b.npz[10:]", False),
        ("npz:a/c.npz", "npz:a/b.npz", False),
        ("folder:a:test", "folder:a:train", False),
        ("folder:a:test", "folder:a", True),
        ("folder:a", "folder:a:train", True),
        ("folder:a:train[10:]", "folder:a:train[:10]", False),
        ("folder:b:test", "folder:a", False),
    ],
)
def test_images_that_were_trained_on_are_recognised(measured, trained_on, expected):
    assert was_trained_on(measured, trained_on) == expected


ROWS = st.tuples(st.integers(0, 30), st.integers(0, 60), st.integers(1, 12))


@given(ROWS, ROWS)
def test_slices_overlap_if_they_share_an_image(one, other):
    specs = ("mnist[{}:{}:{}]".format(*rows) for rows in (one, other))
    assert was_trained_on(*specs) == bool({*range(*one)} & {*range(*other)})


def test_the_parts_of_a_divided_folder_are_apart(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
    whole, train, test = (f"folder:{tmp_path}{part}" for part in ("", ":train", ":test"))
    assert not was_trained_on(test, whole)
    assert was_trained_on(train, whole)
    assert was_trained_on(whole, train)


def test_validation_images_come_from_the_training_images_and_depend_on_the_seed():
    data = load_training("digits[:100]", validation=0.2, seed=1)
    assert (len(data.train), len(data.validation)) == (80, 20)
    everything = {image.tobytes() for image in load_images("digits[:100]").images}
    parts = [{i.tobytes() for i in part.images} for part in data]
    assert parts[0] | parts[1] == everything
    again = load_training("digits[:100]", validation=0.2, seed=1)
    assert again.train.checksum == data.train.checksum
    other = load_training("digits[:100]", validation=0.2, seed=2)
    assert other.train.checksum != data.train.checksum
    assert load_training("digits", validation=0, seed=0).validation is None


def test_the_test_split_is_never_trained_on():
    with pytest.raises(ValueError, match="reserved for evaluation"):
        load_training("digits:test[:50]", validation=0.1, seed=0)
    with pytest.raises(ValueError, match="none are left"):
        load_training("digits[:1]", validation=0.1, seed=0)


def test_npz_files(tmp_path):
    path = tmp_path / "mine.npz"
    x, y = writers.RANDOM.random((6, 5, 4)), np.arange(6) % 3
    writers.npz(path, x=x, y=y)
    data = load_images(f"npz:{path}[1:4]")
    assert data.images.shape == (3, 5, 4, 1)
    assert data.images.dtype == np.float32
    assert data.labels.tolist() == [1, 2, 0]
    assert data.class_names == ("0", "1", "2")
    assert str(tmp_path) not in data.name + data.source
    writers.npz(path, x=x > 0.5)
    assert set(np.unique(load_images(f"npz:{path}").images)) == {0, 255}


BAD_ARRAYS = {
    "range": ({"x": np.full((2, 3, 3, 1), 7.0)}, "run from 7 to 7"),
    "NaN": ({"x": np.full((2, 3, 3, 1), np.nan)}, "hold NaN"),
    "type": ({"x": np.zeros((2, 3, 3, 1), "int32")}, "type int32"),
    "text": ({"x": np.full((2, 3, 3, 1), "a")}, "type <U1"),
    "shape": ({"x": np.zeros((2, 3))}, "expected (N, H, W, C)"),
    "empty": ({"x": np.zeros((0, 3, 3, 1))}, "expected (N, H, W, C)"),
    "count": ({"x": np.zeros((2, 3, 3, 1)), "y": [1]}, "labels for 2 images"),
    "negative": ({"x": np.zeros((2, 3, 3, 1)), "y": [-1, 0]}, "expected 0 to K-1"),
    "huge": ({"x": np.zeros((2, 3, 3, 1)), "y": [0, 10**9]}, "expected 0 to K-1"),
    "floats": ({"x": np.zeros((2, 3, 3, 1)), "y": [0.5, 1.0]}, "expected whole numbers"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_in_npz_are_refused(tmp_path, case):
    arrays, sentence = BAD_ARRAYS[case]
    writers.npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        load_images(f"npz:{tmp_path / 'a.npz'}")
    assert sentence in str(refused.value)


def test_missing_files_and_folders_are_refused():
    for spec in ("npz:", "npz:nowhere.npz", "folder:", "folder:nowhere"):
        with pytest.raises(FileNotFoundError, match="There is no"):
            load_images(spec)


def test_an_image_shape_that_the_set_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"have shape \(8, 8, 1\), not \(28, 28, 1\)"):
        load_images("digits", image_shape=(28, 28, 1))


def test_the_checksum_depends_on_images_and_labels():
    images, labels = np.zeros((2, 3, 3, 1), np.uint8), np.array([0, 1])
    base = ImageData(images, labels, ("a", "b"))
    assert base.checksum == ImageData(images.copy(), labels.copy(), ("a", "b")).checksum
    assert base.checksum != ImageData(images + np.uint8(1), labels, ("a", "b")).checksum
    assert base.checksum != ImageData(images, labels[::-1], ("a", "b")).checksum
    assert base.checksum != ImageData(images, None).checksum


def test_the_real_sets_are_complete(real_data):
    for name in names():
        if not (real_data / name).exists():
            continue
        report = check(name, data_dir=real_data)
        for split, text in report.splits.items():
            expected = ("verified", "holds 1000 images, not 10000", "optional")
            assert any(words in text for words in expected), (name, split, text)
    assert Path(os.fspath(real_data)).is_dir()


def test_images_have_a_repr_and_html():
    digits = load_images("digits[:30]")
    assert repr(digits) == "ImageData(digits:train[:30]: 30 images of 8 x 8 x 1, 10 classes)"
    hostile = dataclasses.replace(digits, name="<b>", class_names=("<i>", *digits.class_names[1:]))
    html = hostile._repr_html_()
    assert "ImageData(&lt;b&gt;: 30 images" in html
    assert "<b>" not in html
    assert "<i>" not in html
    many = dataclasses.replace(digits, class_names=(*digits.class_names, *map(str, range(10, 99))))
    for images in (many, dataclasses.replace(digits, labels=None, class_names=())):
        assert images._repr_html_().count("data:image/png") == 1
