"""A model of data-parallel training: the time to exchange gradients compared with a step's time.

Nothing is measured.

    python benchmarks/devices_on_paper.py
    python benchmarks/devices_on_paper.py --rate 200 --json      # other assumptions

Every assumption is an option. A step on N GPUs with b images each takes

    compute  = max(b x operations / rate, timesteps x kernels x launch)
    sums     = 2 (N - 1) / N x bytes / bandwidth + 2 log2(N) x latency     once, all gradients
    in loop  = timesteps x 2 log2(N) x latency          where timesteps have weights of their own

with bandwidth and latency of the slowest link: inside a machine for up to 8 GPUs, between machines
for more.
"""

import argparse
import json
import math

from common import training_operations

from keras_draw.config import DRAWConfig
from keras_draw.models.weights import specs
from keras_draw.training import recipes

SHAPES = {
    "paper-mnist": (28, 28, 1),
    "thesis-conditional": (28, 28, 1),
    "thesis-cifar10": (32, 32, 3),
}
MACHINE = 8
"""GPUs per machine."""


def row(name: str, count: int, asked: argparse.Namespace) -> dict[str, float]:
    """Times in milliseconds for a recipe on `count` GPUs, each with the recipe's batch size."""
    recipe = recipes.get(name)
    classes = 10 if recipe.conditional else 0
    config = DRAWConfig(
        **recipe.architecture.to_json(), image_shape=SHAPES[name], num_classes=classes
    )
    size = 4 * sum(math.prod(spec.shape) for spec in specs(config))
    images = recipe.training.batch_size
    compute = images * training_operations(config) / (asked.rate * 1e12)
    launches = config.timesteps * asked.kernels * asked.launch * 1e-6
    inside = count <= MACHINE
    bandwidth = (asked.nvlink if inside else asked.network) * 1e9
    latency = (asked.latency_inside if inside else asked.latency_between) * 1e-6
    hops = 2 * math.log2(count)
    sums = 2 * (count - 1) / count * size / bandwidth + hops * latency
    in_loop = hops * latency * config.timesteps * any(spec.stacked for spec in specs(config))
    alone = max(compute, launches)
    return {
        "megabytes": size / 1e6,
        "compute": alone * 1e3,
        "sums": sums * 1e3,
        "in_loop": in_loop * 1e3,
        "efficiency": alone / (alone + sums + in_loop),
        "without_in_loop": alone / (alone + sums),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default, what in (
        ("rate", 20, "TFLOP/s of matrix products"),
        ("kernels", 60, "kernels per timestep, forward and backward"),
        ("launch", 3, "shortest time of a kernel in microseconds"),
        ("nvlink", 300, "GB/s per GPU inside a machine"),
        ("network", 25, "GB/s per GPU between machines"),
        ("latency-inside", 5, "microseconds per hop inside a machine"),
        ("latency-between", 15, "microseconds per hop between machines"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, help=what)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {name: {n: row(name, n, asked) for n in (8, 64, 512)} for name in SHAPES}
    if asked.json:
        print(json.dumps(found))
        return
    print("| recipe | GPUs | MB | compute ms | sums ms | in loop ms | efficiency | without loop |")
    print("|---|---|---|---|---|---|---|---|")
    for name, rows in found.items():
        for count, r in rows.items():
            print(
                f"| {name} | {count} | {r['megabytes']:.1f} | {r['compute']:.1f} | {r['sums']:.2f} "
                f"| {r['in_loop']:.2f} | {r['efficiency']:.2f} | {r['without_in_loop']:.2f} |"
            )


if __name__ == "__main__":
    main()
