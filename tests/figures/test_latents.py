"""Figures of latents: the numbers that are drawn."""

import numpy as np
import pytest
from matplotlib import colormaps

from keras_draw.figures import curves, latents
from keras_draw.figures.latents import HeatMap, kl_heat_map, kl_heat_maps, variance_law

KL = np.array([[0.5, 0.0], [0.25, 2.0], [0.0, 0.1]])  # three timesteps, two latents


@pytest.mark.parametrize("over_latents", [False, True])
def test_the_parts_of_the_variance_law_are_stacked(over_latents):
    mean_var, var_mean = np.array([0.2, 0.5, 0.9]), np.array([0.7, 0.5, 0.3])
    if over_latents:  # with the same means over two latents
        mean_var, var_mean = (v[:, None] + [[-0.1, 0.1]] for v in (mean_var, var_mean))
    (axes,) = variance_law(mean_var, var_mean).get_axes()
    lower, upper = axes.patches[:3], axes.patches[3:]
    assert [bar.get_height() for bar in lower] == pytest.approx([0.7, 0.5, 0.3])
    assert [bar.get_height() for bar in upper] == pytest.approx([0.2, 0.5, 0.9])
    assert [bar.get_y() for bar in upper] == pytest.approx([0.7, 0.5, 0.3])
    middles = [bar.get_x() + bar.get_width() / 2 for bar in lower]
    assert middles == pytest.approx([1, 2, 3])
    assert set(axes.lines[0].get_ydata()) == {1}
    assert axes.get_ylim()[1] > 1.2


def test_a_heat_map_has_timesteps_across_and_latents_up():
    axes, bar = kl_heat_map(KL).get_axes()
    image = axes.images[0]
    np.testing.assert_array_equal(image.get_array(), KL.T)
    assert image.get_extent() == [0.5, 3.5, 0.5, 2.5]
    assert image.origin == "lower"
    assert image.get_clim() == (0, 2.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("timestep", "latent")
    assert bar.get_ylabel() == "KL, nats per image"


def test_several_heat_maps_share_one_colour_scale():
    maps = [HeatMap(f"run {i}", KL[: i % 3 + 1] * (i + 1)) for i in range(5)]
    *places, _ = kl_heat_maps(maps).get_axes()
    shown = [axes for axes in places if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == [one.title for one in maps]
    assert {axes.images[0].get_clim() for axes in shown} == {(0, 10.0)}


@pytest.mark.parametrize("shape", [(1, 64), (64, 1), (64, 200), (1, 1)])
@pytest.mark.parametrize("value", [0.0, 3.0])
def test_all_sizes_are_drawn(tmp_path, shape, value):
    curves.save_figure(kl_heat_map(np.full(shape, value)), tmp_path / "a.png")
    curves.save_figure(kl_heat_maps([HeatMap("", np.full(shape, value))]), tmp_path / "b.png")
    curves.save_figure(variance_law(np.full(shape, value), np.ones(shape)), tmp_path / "c.png")
    assert all((tmp_path / f"{n}.png").stat().st_size > 1000 for n in "abc")


def test_brightness_increases_with_kl_in_grey_too():
    colours = colormaps[latents.COLOUR_MAP](np.linspace(0, 1, 32))[:, :3]
    assert (np.diff(colours @ (0.299, 0.587, 0.114)) > 0).all()


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"expected \(T, Z\)"):
        kl_heat_map(np.ones(3))
    with pytest.raises(ValueError, match="the same for both"):
        variance_law(np.ones(3), np.ones((3, 2)))
