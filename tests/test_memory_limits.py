"""How much memory a process may have."""

import math
import os
import resource

import pytest

from keras_draw import memory


@pytest.fixture
def no_container(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "GROUPS", (tmp_path / "limit",))
    return tmp_path / "limit"


def test_the_least_of_all_limits_counts(no_container, monkeypatch):
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert memory.memory() == machine
    no_container.write_text("max\n")
    assert memory.memory() == machine
    no_container.write_text("5000\n")
    assert memory.memory() == 5000
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4000, -1))
    assert memory.memory() == 4000


def test_a_system_that_cannot_be_asked_has_no_limit(no_container, monkeypatch):
    def unknown(_):
        raise ValueError

    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory.memory() == math.inf


def test_what_does_not_fit_is_refused_with_what_is_there(no_container):
    no_container.write_text(str(2**30))
    memory.check_fits(2**30, "It", "take less")
    with pytest.raises(
        ValueError, match=r"It would take at least 3\.0 GiB .* has 1\.0; take less\."
    ):
        memory.check_fits(3 * 2**30, "It", "take less")
