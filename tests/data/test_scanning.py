"""Which files of a folder are used: random trees against a literal reading of the rules."""

import contextlib
import os
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from data import writers
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_draw.data import load_images
from keras_draw.data.scanning import scan, shortened, some

FOLDERS = ["cats", "dogs", "Dogs 2", "é", ".git", "__MACOSX", "@eaDir", "x.png"]
HIDDEN = {".git", "__MACOSX", "@eaDir"}
TAKEN = {"plain": "{}.png", "capitals": "{}.PNG", "jfif": "{}.jfif", "dots": "a.b.{}.jpeg",
         "other content": "{}.gif", "link": "{}.webp"}  # fmt: skip
SKIPPED = {"heic": "{}.heic", "no ending": "{}", "wrong ending": "{}.jpg_large", "empty": "{}.bmp",
           "text": "{}.tif", "fifo": "{}.ppm", "no target": "{}.tga", "dead": "{}"}  # fmt: skip
PASSED = {"note": "{}.txt", "hidden": "._{}.png", "thumbs": "Thumbs.db", "pipe": "{}.pipe"}
KINDS = TAKEN | SKIPPED | PASSED
entries = st.lists(
    st.tuples(st.lists(st.sampled_from(FOLDERS), max_size=3), st.sampled_from(sorted(KINDS))),
    max_size=12,
)


def write(path, kind, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        if kind in ("fifo", "pipe"):
            os.mkfifo(path)
        elif kind in ("no target", "dead"):
            path.symlink_to("nowhere")
        elif kind == "link":
            pool = path.parents[len(path.parts) - 1 - path.parts.index("tree")] / "pool"
            pool.mkdir(exist_ok=True)
            write(pool / path.name, "plain", shade)
            path.symlink_to(pool / path.name)
        elif kind in ("empty", "text", "note", "thumbs"):
            path.write_text("" if kind == "empty" else "no picture")
        else:
            Image.new("L", (2, 2), shade).save(path, format="PNG")


@settings(max_examples=40)
@given(entries)
def test_pictures_are_used_and_other_files_are_reported(tmp_path_factory, drawn):
    root = tmp_path_factory.mktemp("here") / "tree"
    root.mkdir()
    taken, skipped = [], 0
    for number, (folders, kind) in enumerate(drawn):
        parts = (*folders, KINDS[kind].format(number))
        write(root.joinpath(*parts), kind, 20 * number)
        if HIDDEN & set(folders):
            continue
        skipped += kind in SKIPPED
        if kind in TAKEN:
            order = (*((1, name) for name in folders), (0, parts[-1]))
            taken.append((order, parts, 20 * number))
    taken.sort()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            data = load_images(f"folder:{root}")
        except ValueError as refused:
            assert not taken
            assert "contains no picture" in str(refused)
            return
    assert data.images.max(axis=(1, 2, 3)).tolist() == [shade for *_, shade in taken]
    text = " ".join(str(warning.message) for warning in said)
    assert (f"{skipped} of {skipped + len(taken)} pictures were skipped" in text) == (skipped > 0)
    in_root = [parts for _, parts, _ in taken if len(parts) == 1]
    if in_root:
        assert data.labels is None
        assert all(parts[0] in text for parts in in_root[:1]) == (len(in_root) < len(taken))
    else:
        names = sorted({parts[0] for _, parts, _ in taken})
        assert data.class_names == tuple(names)
        assert [names[k] for k in data.labels] == [parts[0] for _, parts, _ in taken]
    if skipped:
        with pytest.raises(ValueError, match="strict is on"):
            load_images(f"folder:{root}", strict=True)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(load_images(f"folder:{root}", strict=True)) == len(taken)


places = st.sampled_from(["in", "in/a", "in/a/b", "in/c", "out", "out/d", "."])


@settings(max_examples=40)
@given(st.lists(st.tuples(places, places), max_size=6))
def test_linked_folders_are_followed_once(tmp_path_factory, links):
    base = tmp_path_factory.mktemp("links")
    for folder in ("in/a/b", "in/c", "out/d"):
        (base / folder).mkdir(parents=True)
    for folder in ("in", "in/a", "in/a/b", "in/c", "out", "out/d"):
        (base / folder / "one.png").touch()
    for number, (at, to) in enumerate(links):
        (base / at / f"z{number}").symlink_to(base / to, target_is_directory=True)
    reached, todo = set(), [base / "in"]
    while todo:
        folder = todo.pop().resolve()
        if folder in reached:
            continue
        reached.add(folder)
        for inside in folder.iterdir():
            back = inside.is_symlink() and folder.is_relative_to(inside.resolve())
            if inside.is_dir() and not back:
                todo.append(inside)
    found = scan(base / "in")
    expected = sorted(folder / "one.png" for folder in reached if (folder / "one.png").exists())
    assert sorted(one.path.resolve() for one in found.pictures) == expected
    for folder in ("in", "in/a", "in/a/b", "in/c"):  # real folders come before links to them
        assert base / folder / "one.png" in [one.path for one in found.pictures]
    assert not found.left_out


def test_a_linked_folder_has_the_name_of_its_link(tmp_path):
    writers.picture(tmp_path / "pool" / "a.png")
    root = tmp_path / "set"
    root.mkdir()
    (root / "cats").symlink_to(tmp_path / "pool", target_is_directory=True)
    (root / "up").symlink_to(root, target_is_directory=True)
    (root / "beyond").symlink_to(tmp_path, target_is_directory=True)
    (root / "again").symlink_to(tmp_path / "pool", target_is_directory=True)
    with pytest.warns(UserWarning, match="3 folders not followed") as said:
        data = load_images(f"folder:{root}")
    assert data.class_names == ("again",)
    text = str(said[0].message)
    assert "cats (the same folder as again)" in text
    assert "up (it leads to a folder that contains it)" in text
    assert "beyond (it leads to a folder that contains it)" in text
    assert "without a picture" not in text


def test_the_folder_itself_may_be_hidden_or_a_link(tmp_path):
    writers.picture(tmp_path / ".cache" / "photos" / "a.png")
    assert len(load_images(f"folder:{tmp_path / '.cache' / 'photos'}")) == 1
    (tmp_path / "link").symlink_to(tmp_path / ".cache" / "photos", target_is_directory=True)
    assert len(load_images(f"folder:{tmp_path / 'link'}")) == 1
    (tmp_path / "link").unlink()
    with pytest.raises(ValueError, match=r"ignored as hidden: \.cache"):
        load_images(f"folder:{tmp_path}")


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path, monkeypatch):
    writers.picture(tmp_path / "open" / "a.png")
    writers.picture(tmp_path / "closed" / "b.png")
    plain = os.scandir

    def guarded(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return plain(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.warns(UserWarning, match=r"closed \(cannot be listed: Permission denied\)"):
        assert load_images(f"folder:{tmp_path}").class_names == ("open",)
    with pytest.raises(ValueError, match="strict is on"):
        load_images(f"folder:{tmp_path}", strict=True)
    with pytest.raises(PermissionError):
        load_images(f"folder:{tmp_path / 'closed'}")


@pytest.mark.parametrize("depth", [1500, 3000])
def test_thousands_of_nested_folders(tmp_path, depth):
    writers.picture(tmp_path / "top" / "a.png", size=(2, 2))
    content = (tmp_path / "top" / "a.png").read_bytes()
    here = os.getcwd()
    try:
        os.chdir(tmp_path / "top")
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        Path("b.png").write_bytes(content)
        os.chdir(here)
        if depth == 1500:
            assert len(load_images(f"folder:{tmp_path}")) == 2
        else:  # the path becomes too long
            with pytest.warns(UserWarning, match="File name too long") as said:
                assert len(load_images(f"folder:{tmp_path}")) == 1
            assert len(str(said[0].message)) < 500
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", tmp_path / "top"], check=True)  # Python's own would recurse


def test_names_in_messages_are_printable_and_short():
    assert shortened("a\x1b[2J\nb.png") == r"a\x1b[2J\nb.png"
    assert shortened(os.fsdecode(b"caf\xe9")) == r"caf\xe9"
    assert len(shortened("x" * 4000)) == 101
    assert some(list("abcdefg")) == "a, b, c, d, e, and 2 more"


def test_two_names_that_are_not_utf_8_are_two_classes(tmp_path):
    writers.picture(tmp_path / "a.png", size=(2, 2))
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").unlink()
    for name in (b"caf\xe9", b"caf\xe8"):
        folder = os.fsencode(tmp_path) + b"/" + name
        os.mkdir(folder)
        Path(os.fsdecode(folder + b"/a.png")).write_bytes(content)
    data = load_images(f"folder:{tmp_path}")
    assert data.class_names == (r"caf\xe8", r"caf\xe9")
    assert data.labels.tolist() == [0, 1]
    np.testing.assert_array_equal(data.images[0], data.images[1])
