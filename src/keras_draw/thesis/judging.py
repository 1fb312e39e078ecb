"""Is FID a good metric? Compare its ranking of runs with other measures, and by eye."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from PIL import Image
from scipy.stats import spearmanr

from keras_draw.data.images import as_uint8
from keras_draw.evaluation.measures import COLUMNS, NAMED
from keras_draw.figures import curves, grids
from keras_draw.figures.curves import Points, rankings
from keras_draw.files import expanded, write_csv
from keras_draw.sweeps.folder import SweepFolder
from keras_draw.sweeps.panels import in_short
from keras_draw.sweeps.spec import read_sweep
from keras_draw.sweeps.table import SETTINGS, Row, read_results
from keras_draw.training.loading import load

BOUND = NAMED["elbo"].column
"""This column holds a different quantity for each likelihood."""
JUDGED = (
    "kid", "coverage", "recall", "density", "precision", "label_agreement", "elbo",
    "cross_entropy", "kl",
)  # fmt: skip
"""Measures whose ranking is compared with FID's."""
DRAWN = ("coverage", "label_agreement", "elbo")
"""Measures that the figure shows."""
VARIED = ("objective", "share_recurrent", "likelihood", "kl_weight")
"""Fields in a run's label, after T and whether it is conditional, if the table has them."""
FEWEST = 4
"""With fewer runs a rank correlation is meaningless."""
SAMPLES = 10
"""Samples of each run on the contact sheet."""
COLLAPSED_BELOW = 1.0
"""A network with a KL below this, in nats per image, is collapsed. One nat distinguishes fewer than
three images, so such a network paints a single picture (of each class)."""

Networks = Literal["all", "latents in use", "collapsed"]
"""Which networks are ranked. Collapsed networks differ from the others in every measure, so ranking
both kinds together gives the rank correlation of two clusters."""


class Run(NamedTuple):
    """A run of a sweep, with its measurements."""

    folder: Path
    row: Row
    likelihood: str = ""
    """the network's likelihood; empty if neither the table nor the SPEC states it."""

    @property
    def made_by(self) -> str:
        """The images and the extractor of the FID; only FIDs with the same ones are comparable."""
        row = self.row
        return f"{row['evaluated_on']} ({row['evaluated_images']:,} images), {row['extractor']}"

    @property
    def collapsed(self) -> bool:
        """Whether its latents carry almost no information (`COLLAPSED_BELOW`)."""
        kl = self.row["kl_nats_per_image"]
        return kl is not None and kl < COLLAPSED_BELOW


class RankCorrelation(NamedTuple):
    """How well the rankings of runs by FID and by another measure agree."""

    made_by: str
    """the images and the extractor of the FID."""
    networks: Networks
    """which networks are ranked."""
    measure: str
    """the other measure, a column of `results.csv`."""
    runs: int
    """number of runs that have both measures."""
    agreement: float
    """Spearman's rho, signed so that 1 means: a better FID always goes with a better measure."""


def runs_with_fid(sweeps: Sequence[str | Path]) -> list[Run]:
    """Return the finished runs that have an FID, each network only once.

    Args:
        sweeps: folders of sweeps; their `results.csv` and `sweep.json` are read. Several sweeps may
            contain the same network.

    Raises:
        FileNotFoundError: if a folder has no table.
        ValueError: if none of the runs has an FID, or FIDs on the same images were computed with
            different weights of the same extractor.
    """
    found: dict[Any, Run] = {}
    for path in sweeps:
        folder = SweepFolder(path)
        rows, likelihoods = read_results(folder.results), _likelihoods(folder)
        for row in rows:
            likelihood = row.get("likelihood") or likelihoods.get(row["run"], "")
            run = Run(folder.runs / row["run"], row, likelihood)
            if row["status"] == "finished" and row["fid"] is not None:
                found.setdefault((run.made_by, _identity(row)), run)
    if not found:
        raise ValueError(
            "No finished run of these sweeps has an FID; give at least one sweep with FIDs."
        )
    for made_by, group in _groups([*found.values()]).items():
        hashes = sorted({str(run.row.get("weights_hash")) for run in group})
        if len(hashes) > 1:
            raise ValueError(
                f"The FIDs on {made_by} were computed with different weights "
                f"({', '.join(hashes)}) and cannot be compared: judge these sweeps separately."
            )
    return sorted(found.values(), key=lambda run: (run.made_by, run.row["fid"]))


def rank_correlations(runs: Sequence[Run]) -> list[RankCorrelation]:
    """Compute Spearman's rank correlation of FID with each measure in `JUDGED`.

    Measures that fewer than `FEWEST` runs have are left out.

    Args:
        runs: from `runs_with_fid`; only runs with comparable FIDs are ranked together.

    Returns:
        One correlation for each kind of FID and each measure that varies. If some of the networks
        are collapsed and others are not, each group is also ranked separately.
    """
    return [
        RankCorrelation(made_by, networks, column, *agreement)
        for made_by, group in _groups(runs).items()
        for networks, some in _strata(group).items()
        for column in (NAMED[name].column for name in JUDGED)
        if (agreement := _agreement(column, some)) is not None
    ]


def _strata(runs: Sequence[Run]) -> dict[Networks, list[Run]]:
    """Group the runs: all of them and, if there are both kinds, collapsed ones and the others."""
    found: dict[Networks, list[Run]] = {"all": list(runs)}
    collapsed = [run for run in runs if run.collapsed]
    if collapsed and len(collapsed) < len(runs):
        found["latents in use"] = [run for run in runs if not run.collapsed]
        found["collapsed"] = collapsed
    return found


def _agreement(column: str, runs: Sequence[Run]) -> tuple[int, float] | None:
    """Number of runs with both measures and their rank correlation; None if it is undefined."""
    pairs = [(run.row["fid"], run.row[column]) for run in _with(column, runs)]
    fid, other = np.array(pairs, float).reshape(-1, 2).T
    if len(pairs) < FEWEST or np.ptp(fid) == 0 or np.ptp(other) == 0:
        return None
    sign = 1 if COLUMNS[column].more_is_better else -1
    return len(pairs), float(spearmanr(-fid, sign * other).statistic)


def judge(sweeps: Sequence[str | Path], out: str | Path) -> dict[str, Any]:
    """Rank runs by FID and by other measures, and draw figures of the rankings.

    Args:
        sweeps: folders of sweeps.
        out: folder for `rank-correlations.csv` and, for each kind of FID, a figure of other
            measures against it and a contact sheet; older files are replaced. The contact sheet
            needs the trained networks; it is left out if a sweep has only its table.

    Returns:
        The number of runs, the correlations, and the paths of the files.

    Raises:
        ValueError, FileNotFoundError: as in `runs_with_fid`.
    """
    runs, out = runs_with_fid(sweeps), expanded(out)
    found = rank_correlations(runs)
    out.mkdir(parents=True, exist_ok=True)
    table = out / "rank-correlations.csv"
    write_csv(table, [RankCorrelation._fields, *found])
    files = [table]
    for i, (made_by, group) in enumerate(_groups(runs).items(), start=1):
        picture = out / f"fid-against-measures-{i}.png"
        curves.save_figure(rankings(_panels(group), f"FID on {made_by}"), picture, overwrite=True)
        files.append(picture)
        if all(run.folder.is_dir() for run in group):
            sheet = out / f"contact-sheet-{i}.png"
            grids.save_image(contact_sheet(group), sheet, overwrite=True)
            files.append(sheet)
    return {
        "runs": len(runs),
        "correlations": [one._asdict() for one in found],
        "files": [str(file) for file in files],
    }


def contact_sheet(runs: Sequence[Run], count: int = SAMPLES) -> Image.Image:
    """Draw samples of every run, one row per run with the best FID first, for judging by eye.

    Args:
        runs: runs with comparable FIDs and the same image shape.
        count: samples per run; a conditional network draws each class in turn.

    Returns:
        A grid; its row labels state the FID and the settings of each run.
    """
    ordered = sorted(runs, key=lambda run: run.row["fid"])
    tiles = [as_uint8(load(run.folder).generate(count, seed=0)) for run in ordered]
    return grids.image_grid(np.stack(tiles), row_labels=[_label(run.row) for run in ordered])


def _with(column: str, runs: Sequence[Run]) -> list[Run]:
    """Runs with comparable values in a column; bounds only for the most frequent likelihood."""
    some = [run for run in runs if run.row[column] is not None]
    if column != BOUND or not some:
        return some
    (most, _), *_ = Counter(run.likelihood for run in some).most_common(1)
    return [run for run in some if run.likelihood == most]


def _likelihoods(folder: SweepFolder) -> dict[str, str]:
    """Name of a run -> its likelihood, from the SPEC in the same folder as the table."""
    if not folder.spec.is_file():
        return {}
    return {run.name: run.architecture.likelihood for run in read_sweep(folder.spec).runs()}


def _identity(row: Row) -> tuple[Any, ...]:
    """A key that is equal for the same network: its settings and its measurements."""
    asked = [name for name in SETTINGS if name not in ("run", "status", "reason")]
    judged = [NAMED[name].column for name in ("fid", *JUDGED)]
    return tuple(row[name] for name in (*asked, *judged))


def _label(row: Row) -> str:
    varied = [field for field in VARIED if row.get(field, "elbo") != "elbo"]  # elbo is the default
    said = [in_short(field, row[field]) for field in ("timesteps", "conditional", *varied)]
    said += [f"seed {row['seed']}"] if row["seed"] else []
    return f"FID {row['fid']:.1f}:  " + ", ".join(said)


def _groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.made_by, []).append(run)
    return found


def _panels(runs: Sequence[Run]) -> dict[str, list[Points]]:
    """The figure's panels, one per measure; points are grouped by objective and kind of network."""
    panels: dict[str, list[Points]] = {}
    ordered = sorted(runs, key=lambda run: (run.row["objective"], run.row["conditional"]))
    for name in DRAWN:
        column = NAMED[name].column
        kinds: dict[str, list[tuple[float, float]]] = {}
        for run in _with(column, ordered):
            said = [in_short(field, run.row[field]) for field in ("objective", "conditional")]
            said += ["collapsed"] if run.collapsed else []
            kinds.setdefault(", ".join(said), []).append((run.row["fid"], run.row[column]))
        if kinds:
            panels[f"{NAMED[name].title}, {NAMED[name].unit}"] = [
                Points(kind, *np.array(pairs, float).T) for kind, pairs in kinds.items()
            ]
    return panels
