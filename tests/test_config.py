"""Configurations: refused when wrong, the same after a trip through JSON."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_draw.config import Architecture, DRAWConfig, EvaluateConfig, TrainConfig, suggest

NUMBERS = [np.int8, np.uint64, np.float16, np.float64, np.array]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_numpy_are_numbers(number):
    made = {"kl_weight": number(2), "image_shape": (8, np.int64(8), np.uint8(1))}
    config = DRAWConfig(timesteps=np.int16(3), share_heads=np.bool_(False), **made)
    assert config == DRAWConfig(
        timesteps=3, share_heads=False, kl_weight=2.0, image_shape=(8, 8, 1)
    )
    assert {type(v) for v in config.to_json().values()} <= {int, float, bool, str, list, type(None)}
    for bad in (np.float32(3), np.bool_(True), np.array([3]), np.complex64(3), np.str_("3")):
        with pytest.raises(ValueError, match=r"timesteps is .*; expected a whole number"):
            Architecture(timesteps=bad)
    with pytest.raises(ValueError, match="kl_weight is inf; expected a finite number"):
        Architecture(kl_weight=10**5000)


CHOICES = {
    "cell": ["lstm", "cell-gated", "gru"],
    "likelihood": ["bernoulli", "gaussian"],
    "initial_canvas": ["zero", "mean", "learned"],
    "share_recurrent": [True, False],
    "share_heads": [True, False],
    "latent_dense": [True, False],
    "learned_initial_state": [True, False],
    "objective": ["elbo", "thesis"],
}
configs = st.builds(
    DRAWConfig,
    image_shape=st.tuples(*[st.integers(1, 99)] * 3),
    num_classes=st.sampled_from([0, 2, 10]),
    timesteps=st.integers(1, 64),
    latent_dim=st.integers(1, 200),
    hidden_dim=st.integers(1, 2000),
    kl_weight=st.floats(0, 100),
    sigma=st.floats(1e-3, 10),
    forget_bias=st.floats(-3, 3),
    **{name: st.sampled_from(values) for name, values in CHOICES.items()},
)


coded = st.builds(
    DRAWConfig,
    image_shape=st.just((8, 8, 3)),
    likelihood=st.sampled_from(["discretized-logistic", "logistic-mixture"]),
    mixture_components=st.integers(1, 20),
)


named = st.builds(
    DRAWConfig,
    image_shape=st.just((8, 8, 3)),
    num_classes=st.just(3),
    class_names=st.just(("circle", "caf\u00e9", "a, b")),
)


@given(configs | coded | named)
def test_json_and_back(config):
    assert DRAWConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_training_json_and_back():
    config = TrainConfig(dataset="mnist", ema_momentum=0.9, patience=3)
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


BAD = [
    ({"timesteps": 0}, "timesteps is 0; it must be 1 or more"),
    ({"timesteps": 2.5}, "timesteps is 2.5; expected a whole number"),
    ({"timesteps": True}, "expected a whole number"),
    ({"timesteps": "8"}, "expected a whole number"),
    ({"latent_dim": -1}, "latent_dim is -1"),
    ({"hidden_dim": 0}, "hidden_dim is 0"),
    ({"cell": "lsm"}, "did you mean 'lstm'?"),
    ({"objective": "x"}, "choose from elbo, thesis"),
    ({"share_heads": 1}, "expected true or false"),
    ({"sigma": 0.0}, "must be above 0"),
    ({"sigma": float("nan")}, "finite"),
    ({"kl_weight": -1.0}, "kl_weight is -1.0"),
    ({"kl_weight": "1"}, "expected a number"),
    ({"kl_reduction": "mean"}, "does not give a bound"),
    ({"dynamic_binarization": True, "likelihood": "gaussian"}, "needs likelihood 'bernoulli'"),
    ({"dynamic_binarization": True, "likelihood": "discretized-logistic"}, "needs likelihood"),
    ({"objective": "thesis", "likelihood": "discretized-logistic"}, "use objective 'elbo'"),
    (
        {"objective": "thesis", "likelihood": "logistic-mixture"},
        "mixture' does not define",
    ),
    ({"mixture_components": 0}, "mixture_components is 0; it must be 1 or more"),
    ({"timesteps": 8, "remat_segment": 3}, "choose from 1, 2, 4, 8"),
    ({"timesteps": 10**12, "remat_segment": 7}, "choose fewer timesteps"),
    ({"latent_dim": 2**63}, "latent_dim has 19 digits"),
    ({"image_shape": (8, 8, 10**400)}, "image_shape has 401 digits"),
    ({"kl_warmup_steps": 2**31}, "2147483647 or less"),
    ({"kl_weight": 10**400}, "kl_weight is inf; expected a finite number."),
    ({"kl_weight": 1e39}, "up to 3.4e38"),
    ({"forget_bias": -(10**400)}, "forget_bias is -inf"),
    ({"sigma": 1e-19}, "too small for a float32"),
    ({"initial_window": 5e-324}, "too small for a float32"),
    ({"image_shape": (0, 4, 1)}, "1 or more"),
    ({"image_shape": (4, 4)}, "expected 3 whole numbers"),
    ({"image_shape": 28}, "expected 3 whole numbers"),
    ({"num_classes": 1}, "2 classes or more"),
    ({"num_classes": -2}, "num_classes is -2"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD, ids=str)
def test_what_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        DRAWConfig(**({"image_shape": (8, 8, 1)} | fields))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


BAD_TRAINING = [
    ({"epochs": 0}, "epochs is 0"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"learning_rate": 0.0}, "must be above 0"),
    ({"validation": 1.0}, "share from 0 to below 1"),
    ({"validation": -0.1}, "share from 0 to below 1"),
    ({"validation": 0.0, "patience": 3}, "watch the validation loss"),
    ({"validation": 0.0, "schedule": "plateau"}, "watch the validation loss"),
    ({"ema_momentum": 1.0}, "0 to below 1"),
    ({"schedule": "cosin"}, "did you mean 'cosine'?"),
    ({"precision": "float16"}, "float"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": 2**31}, "below 2**31"),
    ({"dataset": 3}, "expected text"),
    ({"epochs": 2**31}, "2147483647 or less"),
    ({"epochs": 10**400}, "epochs has 401 digits"),
    ({"learning_rate": math.inf}, "expected a finite number"),
    ({"learning_rate": 1e-300}, "too small for a float32"),
    ({"clip_norm": 10**39}, "up to 3.4e38"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD_TRAINING, ids=str)
def test_training_that_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        TrainConfig(**fields)
    assert sentence in str(refused.value)


BAD_EVALUATING = [
    ({"samples": -1}, "samples is -1; it must be 0 or more"),
    ({"samples": 10**7}, "samples is 10000000; it must be 1000000 or less"),
    ({"samples": True}, "samples is True; expected a whole number"),
    ({"threshold": 0.0}, "threshold is 0.0; it must be above 0"),
    ({"threshold": math.nan}, "expected a finite number"),
    ({"seed": -1}, "seed is -1; it must be 0 or more"),
    ({"extractor": 3}, "extractor is 3; expected text"),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD_EVALUATING, ids=str)
def test_measuring_that_makes_no_sense_is_refused(fields, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        EvaluateConfig(**fields)
    assert sentence in str(refused.value)


NUMERIC = [
    (config, field.name)
    for config in (Architecture, EvaluateConfig, TrainConfig)
    for field in dataclasses.fields(config)
    if field.type in (int, float, int | None)
]
beyond = st.integers(2**130, 2**20000) | st.sampled_from([math.nan, math.inf]) | st.floats(1e39)


@given(st.sampled_from(NUMERIC), beyond, st.booleans())
def test_numbers_beyond_the_machine_are_refused(field, value, negative):
    config, name = field
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        config.from_json({name: -value if negative else value})
    assert str(refused.value).startswith(f"{name} ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_json_with_unknown_missing_or_foreign_content():
    with pytest.raises(ValueError, match="no field 'timestep': did you mean 'timesteps'"):
        DRAWConfig.from_json({"image_shape": [8, 8, 1], "timestep": 3})
    with pytest.raises(ValueError, match="needs the field 'image_shape'"):
        DRAWConfig.from_json({"timesteps": 3})
    with pytest.raises(ValueError, match="must be a JSON object"):
        DRAWConfig.from_json([1, 2])


def test_configurations_cannot_be_changed_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Architecture().timesteps = 3


def test_suggestions():
    assert suggest("mnits", ["mnist", "digits"]) == "did you mean 'mnist'?"
    assert suggest("zzz", ["b", "a"]) == "choose from a, b."


def test_every_field_is_explained():
    import inspect

    for config in (Architecture, DRAWConfig, EvaluateConfig, TrainConfig):
        lines = inspect.getsource(config).splitlines()
        for field in dataclasses.fields(config):
            places = [
                i for i, line in enumerate(lines) if line.strip().startswith(f"{field.name}:")
            ]
            for i in places:
                assert lines[i + 1].strip().startswith('"""'), field.name
