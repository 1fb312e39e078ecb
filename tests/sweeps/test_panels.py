"""Panels from a sweep's table: their curves and labels."""

import numpy as np
import pytest

from keras_draw.evaluation.measures import NAMED
from keras_draw.figures.curves import STYLES, against_timesteps
from keras_draw.sweeps import panels


def row(t, conditional, **measured):
    found = {"timesteps": t, "conditional": conditional, "hidden_dim": 4 * t}
    found |= {"elbo_nats_per_image": -100.0 / t, "label_agreement": None, "fid": 5.0}
    found |= {"extractor": "a", "evaluated_images": 1000, "latent_variables": 64}
    return found | measured


ROWS = [row(2, True, label_agreement=0.5), row(1, True, label_agreement=0.25), row(1, False)]


def test_each_kind_is_a_labelled_curve():
    found = panels.panel(NAMED["elbo"], ROWS)
    assert [curve.label for curve in found.curves] == ["unconditional", "conditional"]
    np.testing.assert_array_equal(found.curves[1].timesteps, [2, 1])
    np.testing.assert_array_equal(found.curves[1].values, [-50, -100])
    (alone,) = panels.panel(NAMED["elbo"], ROWS[:2], across="hidden_dim").curves
    assert alone.label == ""
    assert alone.timesteps.tolist() == [8, 4]


def test_a_kind_has_the_same_look_in_all_panels():
    """Label agreement is measured only for conditional networks."""
    found = [panels.panel(shown, ROWS) for shown in (NAMED["elbo"], NAMED["label_agreement"])]
    looks = []
    for axes in against_timesteps(found, xlabel="T").get_axes():
        lines = {line.get_label(): line.get_color() for line in axes.lines}
        looks.append(lines["conditional"])
    assert looks == [STYLES[1]["color"]] * 2
    assert axes.get_xlabel() == "T"


def test_kinds_are_in_numerical_order():
    rows = [row(1, True, read=n) for n in (10, 9, None)]
    found = panels.panel(NAMED["elbo"], rows, apart=("conditional", "read"))
    assert [curve.label for curve in found.curves] == ["read 9", "read 10", "read none"]


def test_units_name_the_extractor_and_kinds_of_fid_are_not_mixed():
    unit = panels.panel(NAMED["fid"], ROWS).unit
    assert unit == f"{NAMED['fid'].unit}\n(a,\n1,000 images)"
    mixed = [*ROWS, row(4, True, extractor="b")]
    with pytest.raises(ValueError, match="FIDs of several kinds"):
        panels.panel(NAMED["fid"], mixed)
    for other in ({"weights_hash": "b"}, {"evaluated_on": "cifar10:test"}):
        with pytest.raises(ValueError, match="FIDs of several kinds"):
            panels.panel(NAMED["fid"], [*ROWS, row(4, True, **other)])
