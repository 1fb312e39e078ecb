import numpy as np
import pytest
from data import writers

from keras_draw.data import amat
from keras_draw.data.amat import make_binarized_mnist, read_amat


def text(rows):
    return "".join(" ".join(map(str, row)) + "\n" for row in rows).encode()


ROWS = writers.RANDOM.integers(0, 2, (3, 784), dtype=np.uint8)
GOOD = text(ROWS)
BAD = {
    "short": GOOD[:-2],
    "long": GOOD + b"\n",
    "two": GOOD.replace(b"1", b"2"),
    "letter": b"x" + GOOD[1:],
    "below": b"/" + GOOD[1:],
    "one line": GOOD.replace(b"\n", b" "),
    "comma": GOOD.replace(b" ", b","),
    "empty": b"",
}


def test_rows_of_digits_are_read(tmp_path):
    (tmp_path / "a.amat").write_bytes(GOOD)
    found = read_amat(tmp_path / "a.amat", 3)
    np.testing.assert_array_equal(found, ROWS, strict=True)


@pytest.mark.parametrize("case", BAD)
def test_other_content_is_refused(tmp_path, case):
    (tmp_path / "a.amat").write_bytes(BAD[case])
    with pytest.raises(ValueError, match=r"a\.amat (has .* for 3 rows|does not consist of rows)"):
        read_amat(tmp_path / "a.amat", 3)


def test_real_rows_survive_the_way_to_text_and_back(real_data, tmp_path, monkeypatch):
    path = real_data / "binarized_mnist" / "binarized_mnist.npz"
    if not path.is_file():
        pytest.skip("binarized MNIST is not on this machine")
    expected = {split: rows[:50] for split, rows in np.load(path).items()}
    monkeypatch.setattr(amat, "ROWS", dict.fromkeys(expected, 50))
    for split, rows in expected.items():
        (tmp_path / f"binarized_mnist_{split}.amat").write_bytes(text(rows))
    make_binarized_mnist(tmp_path)
    with np.load(tmp_path / "binarized_mnist.npz") as found:
        for split, rows in expected.items():
            np.testing.assert_array_equal(found[split], rows, strict=True)
