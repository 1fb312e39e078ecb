"""Figures of experiments: the numbers that are drawn."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from keras_draw.figures import curves
from keras_draw.figures.curves import Curve, Panel

RUNS = Curve("a", np.array([4, 1, 4, 1, 64]), np.array([3.0, 8.0, 5.0, 10.0, 1.0]))


def test_the_spread_is_computed_over_the_runs_of_each_t():
    found = curves.spread(RUNS)
    assert found.timesteps.tolist() == [1, 4, 64]
    assert found.mean.tolist() == [9, 4, 1]
    assert found.lowest.tolist() == [8, 3, 1]
    assert found.highest.tolist() == [10, 5, 1]
    assert found.runs.tolist() == [2, 2, 1]


def test_panels_have_units_a_logarithmic_axis_and_a_band():
    panels = [
        Panel("one", "nats per pixel", [RUNS]),
        Panel("two", "", [RUNS, RUNS._replace(label="b")]),
    ]
    figure = curves.against_timesteps(panels, "about")
    first, second = figure.get_axes()
    assert first.get_ylabel() == "nats per pixel"
    assert first.get_xlabel() == "timesteps T"
    assert first.get_xscale() == "log"
    assert [t.get_text() for t in first.get_xticklabels()] == ["1", "4", "64"]
    np.testing.assert_array_equal(first.lines[0].get_xydata(), [[1, 9], [4, 4], [64, 1]])
    assert len(first.collections) == 1  # the band
    assert len(second.lines) == 2
    assert figure.get_suptitle() == "about"
    (legend,) = figure.legends  # one for both panels
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]


def test_one_run_per_t_has_no_band_and_a_distance_begins_at_zero():
    curve = Curve("", np.array([1, 2]), np.array([5.0, 7.0]))
    figure = curves.against_timesteps([Panel("", "", [curve], from_zero=True)])
    (axes,) = figure.get_axes()
    assert not axes.collections
    assert axes.get_ylim()[0] == 0
    assert figure.legends == []


@pytest.mark.parametrize("value", [0.0, 128.0])
def test_equal_values_are_drawn(tmp_path, value):
    curve = Curve("", np.array([1]), np.array([value]))
    figure = curves.against_timesteps([Panel("", "", [curve], from_zero=True)])
    curves.save_figure(figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_curves_can_be_told_apart_without_colour():
    for name in ("marker", "linestyle"):
        assert len({style[name] for style in curves.STYLES}) == len(curves.STYLES)
    luminance = [np.dot(to_rgb(s["color"]), (0.299, 0.587, 0.114)) for s in curves.STYLES[:2]]
    assert abs(luminance[0] - luminance[1]) > 0.15


def test_a_latent_space_labels_each_class_at_its_median():
    labels = np.repeat([3, 7], 50)
    points = np.where(labels[:, None] == 3, [-5.0, 1.0], [4.0, 2.0]) + np.tile(
        [[0.1], [-0.1]], (50, 1)
    )
    figure = curves.latent_space([curves.Cloud("with KL", points, labels)])
    (axes,) = figure.get_axes()
    middles = {text.get_text(): text.get_position() for text in axes.texts}
    assert middles == {"3": pytest.approx((-5, 1)), "7": pytest.approx((4, 2))}
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
    assert axes.patches[0].radius == curves.PRIOR_DEVIATIONS
    with pytest.raises(ValueError, match=r"expected \(N, 2\)"):
        curves.latent_space([curves.Cloud("", points[:, :1], labels)])


def test_rankings_show_each_run_and_one_legend():
    def some(label, x):
        return curves.Points(label, np.array(x, float), np.array(x, float) / 10)

    shown = {"coverage": [some("a", [1, 20]), some("b", [5])], "agreement": [some("b", [5])]}
    figure = curves.rankings(shown, "about")
    first, second = figure.get_axes()
    np.testing.assert_array_equal(first.lines[0].get_xydata(), [[1, 0.1], [20, 2]])
    assert (first.get_ylabel(), first.get_xscale()) == ("coverage", "log")
    assert second.lines[0].get_color() == first.lines[1].get_color()  # b looks the same in both
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
