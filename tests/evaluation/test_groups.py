"""How names on the command line are resolved."""

import json

import numpy as np
import pytest
from calling import call, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_draw.data import names
from keras_draw.evaluation.taken import taken_for
from keras_draw.training.loading import presets
from keras_draw.training.runs import RunFolder

JUDGE = ["--extractor", "digits-classifier", "--force", "--json"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path, height, width, channels=1):
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, channels), np.uint8)
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(path)


@pytest.mark.parametrize(
    ("spec", "kind", "words"),
    [
        ("noise", "noise", "noise"),
        ("mnist", "network", "samples of the preset mnist"),
        ("mnist:train", "images", "images of the data set mnist:train"),
        ("digits[:5]", "images", "images of the data set digits[:5]"),
        ("folder:photos", "images", "images of folder:photos"),
        ("npz:a.npz", "images", "images of npz:a.npz"),
    ],
)
def test_names_alone(spec, kind, words):
    assert taken_for(spec)[1:] == (kind, words)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(sorted({*names(), *presets()})),
    st.sampled_from(["", ":test", "[:9]", ":test[:9]"]),
    st.sampled_from(["folder", "full folder", "file"]),
)
def test_folders_and_files_of_a_sets_name_do_not_hide_it(tmp_path_factory, name, part, made):
    where = tmp_path_factory.mktemp("hidden")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        before = taken_for(name + part) if name in names() or not part else None
        if made == "file":
            (where / name).write_text("")
        else:
            (where / name).mkdir()
        if made == "full folder":
            (where / name / "train-images-idx3-ubyte").write_text("")
        if before:
            assert taken_for(name + part) == before


def test_a_run_of_a_sets_name_is_a_run_and_said_to_be(here):
    for name in ("cifar10", "mnist"):
        (here / name).mkdir()
        RunFolder(here / name).config.write_text("{}")
        assert taken_for(name) == (name, "network", f"samples of the run {name}")


def test_files_by_what_they_hold(here):
    np.savez(here / "images.NPZ.npz", x=np.zeros((3, 8, 8, 1), np.uint8), y=np.zeros(3, int))
    np.savez(here / "others.npz", images=np.zeros((3, 8, 8, 1), np.uint8))
    np.savez(here / "kept.npz", count=2, mean=0, scatter=0, sample=0, made_by="")
    (here / "net.KERAS").write_text("")
    (here / "notes.txt").write_text("")
    (here / "photos").mkdir()
    assert taken_for("images.NPZ.npz").spec == "npz:images.NPZ.npz"
    assert taken_for("kept.npz").kind == "statistics"
    assert taken_for("net.KERAS").kind == "network"
    for spec, said in (
        ("others.npz", "contains images: neither statistics"),
        ("others.npz", "npz:PATH"),
        ("notes.txt", "not a supported file"),
        ("photos", "write folder:photos"),
        ("digitz", "did you mean 'digits'"),
    ):
        with pytest.raises(ValueError, match=said):
            taken_for(spec)


def test_what_generate_wrote_is_compared_and_named(here):
    call("generate mnist --count 12 --seed 3 --out g.NPZ")
    found = call(["fid", "g.NPZ", "mnist", "--count", "12", "--seed", "3", *JUDGE])
    result = json.loads(found.out)
    assert result["fid"] < 1e-3  # the same images
    assert result["a_is"] == "images of npz:g.NPZ (its array x)"
    assert result["b_is"] == "samples of the preset mnist"
    assert f"between {result['a_is']} (12) and {result['b_is']} (12)" in found.err
    said = "mnist means images drawn by the preset; for those of the data set give mnist:test."
    assert found.err.count(said) == 1
    named = json.loads(call(["fid", "npz:g.NPZ", "g.NPZ", *JUDGE]).out)
    assert named["fid"] < 1e-3
    saved = call(["fid", "g.NPZ", "noise", "--save", "kept.NPZ", *JUDGE])
    again = call(["fid", "kept.NPZ", "g.NPZ", *JUDGE])
    assert json.loads(saved.out)["count_a"] == json.loads(again.out)["count_a"] == 12
    assert sorted(p.name for p in here.iterdir() if p.is_file()) == ["g.NPZ", "kept.NPZ"]
    assert "choose another name" in refused(["fid", "g.NPZ", "noise", "--save", "kept.NPZ", *JUDGE])


def test_pictures_of_several_sizes_and_kinds_are_brought_to_one(here):
    (here / "a").mkdir()
    for i in range(4):
        picture(here / "a" / f"{i}.png", 16 + i % 2, 16, 1 + 2 * (i % 2))
    said = refused(["fid", "folder:a", "folder:a", *JUDGE])
    advice = said.partition("(--")[2].partition(")")[0]
    assert advice.startswith("image-shape ")
    shape = ["--image-shape", "28", "28", "1"]
    found = json.loads(call(["fid", "folder:a", "folder:a", *shape, *JUDGE]).out)
    assert (found["count_a"], found["fid"] < 1e-3) == (4, True)
    assert call(["fid", "folder:a", "folder:a", f"--{advice}".split()[0], *advice.split()[1:],
                 *JUDGE]).code == 0  # fmt: skip
    said = refused(["fid", "mnist", "noise", *shape, *JUDGE])
    assert "--image-shape is only for folder:PATH" in said


def test_a_folder_is_brought_to_the_size_of_the_other_group(here):
    (here / "a").mkdir()
    for i in range(4):
        picture(here / "a" / f"{i}.png", 20, 16)
    said = refused(["fid", "folder:a", "mnist", "--count", "4", *JUDGE])
    words = said.partition("one size: ")[2].split()[:4]
    assert words == ["--image-shape", "28", "28", "1"]
    assert call(["fid", "folder:a", "mnist", "--count", "4", *words, *JUDGE]).code == 0
