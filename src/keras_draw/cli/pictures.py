"""`keras-draw experiment`: figures of the thesis that show pictures of one network."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from keras_draw.cli.common import DataDir, Flag, Offline, say
from keras_draw.cli.sweep import say_result
from keras_draw.config import Objective


@dataclass(frozen=True, kw_only=True)
class _Picture:
    """Options of a picture for which one network is trained."""

    name: ClassVar[str]
    """the figure's name, for its file and as a subcommand of `experiment`."""

    scale: Literal["smoke", "laptop", "full"] = "laptop"
    """smoke: seconds, on digits of 8 x 8; laptop: minutes on two cores; full: the thesis's own
    size. docs/experiments.md lists images and epochs."""
    objective: Objective = "elbo"
    """The training objective."""
    out: str = ""
    """Folder for runs, results.csv and the picture. If not given: runs/NETWORK-SCALE-OBJECTIVE,
    which all figures of the same network share."""
    data_dir: DataDir = ""
    offline: Offline = False
    json: Flag = False
    """Print the result as one JSON object on stdout."""

    def run(self) -> dict[str, Any]:
        """Train the network if necessary, and draw the picture."""
        from keras_draw.thesis import pictures as room

        sweep = room.sweep_of(self.name, scale=self.scale, objective=self.objective)
        out = self.out or f"runs/{room.PICTURES[self.name].network}-{self.scale}-{self.objective}"
        result, picture = room.make_picture(self.name, sweep, out, data_dir=self.data_dir or None)
        say_result(result)
        if picture:
            say(f"The picture is {picture}.")
        told = {"figure": str(picture) if picture else None}
        return {**result._asdict(), **told, "exit_code": int(bool(result.failed))}


class Figure22(_Picture):
    """Figure 2.2: MNIST's classes in a space of two latents, without and with the KL."""

    name = "fig-2.2"


class Figure31(_Picture):
    """Figure 3.1: a real digit, and its reconstruction after every timestep."""

    name = "fig-3.1"


class Figure34(_Picture):
    """Figure 3.4: CIFAR-10, real images above their reconstructions."""

    name = "fig-3.4"


class Figure35(_Picture):
    """Figure 3.5: MNIST, real images above their reconstructions."""

    name = "fig-3.5"


class Figure42(_Picture):
    """Figure 4.2: samples of class 9 from a conditional network."""

    name = "fig-4.2"


class VarianceLaw(_Picture):
    """The variance law over timesteps, for the network of Figure 3.5."""

    name = "variance-law"


class KLMap(_Picture):
    """The KL of every latent at every timestep, for the network of Figure 3.5."""

    name = "kl-map"


PICTURES = (Figure22, Figure31, Figure34, Figure35, Figure42, VarianceLaw, KLMap)
