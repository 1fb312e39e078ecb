"""Is FID a good metric? Its order of the runs of sweeps, beside other measures and the eye."""

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
"""The column that is another quantity under another likelihood."""
JUDGED = (
    "kid", "coverage", "recall", "density", "precision", "label_agreement", "elbo",
    "cross_entropy", "kl",
)  # fmt: skip
"""Measures that runs are ranked by."""
DRAWN = ("coverage", "label_agreement", "elbo")
"""Those that the figure shows."""
VARIED = ("objective", "share_recurrent", "likelihood", "kl_weight")
"""What a run's label names besides T and the condition, where the table has it."""
FEWEST = 4
"""Runs below which a rank correlation says nothing."""
SAMPLES = 10
"""Samples of a run on the contact sheet."""
COLLAPSED_BELOW = 1.0
"""KL, nats per image: a network whose latents carry less is collapsed. One nat tells fewer than
three images apart, so that such a network paints one picture (of each class)."""

Networks = Literal["all", "latents in use", "collapsed"]
"""Which networks are ranked: collapsed ones differ from the others in every measure, so that both
kinds together give the rank correlation of two clusters."""


class Run(NamedTuple):
    """A run of a sweep, with what was measured of it."""

    folder: Path
    row: Row
    likelihood: str = ""
    """that was trained; empty where neither table nor SPEC says it."""

    @property
    def made_by(self) -> str:
        """What FIDs can be compared: the same images, extractor and weights."""
        row = self.row
        return f"{row['evaluated_on']} ({row['evaluated_images']:,} images), {row['extractor']}"

    @property
    def collapsed(self) -> bool:
        """Whether its latents carry next to nothing (`COLLAPSED_BELOW`)."""
        kl = self.row["kl_nats_per_image"]
        return kl is not None and kl < COLLAPSED_BELOW


class RankCorrelation(NamedTuple):
    """How alike FID and another measure rank runs."""

    made_by: str
    """what was compared, by which extractor."""
    networks: Networks
    """which of them are ranked."""
    measure: str
    """a column of `results.csv`."""
    runs: int
    """that have both."""
    agreement: float
    """Spearman's rho, signed so that 1 means: the better FID always has the better measure."""


def runs_with_fid(sweeps: Sequence[str | Path]) -> list[Run]:
    """Finished runs that have an FID, each network once.

    Args:
        sweeps: directories of sweeps, of which `results.csv` and `sweep.json` are read; two of them
            may have trained the same network.

    Raises:
        FileNotFoundError: if one is no sweep, or has no table.
        ValueError: if none of the runs has an FID.
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
        raise ValueError("No finished run of these sweeps has an FID; give sweeps that have some.")
    return sorted(found.values(), key=lambda run: (run.made_by, run.row["fid"]))


def rank_correlations(runs: Sequence[Run]) -> list[RankCorrelation]:
    """Spearman's rank correlation of FID with each of `JUDGED`, where enough runs have both.

    Args:
        runs: from `runs_with_fid`; only those whose FIDs can be compared are ranked together.

    Returns:
        One for each kind of FID and measure that varies. Where some networks are collapsed and
        others are not, each kind is also ranked by itself.
    """
    return [
        RankCorrelation(made_by, networks, column, *agreement)
        for made_by, group in _groups(runs).items()
        for networks, some in _strata(group).items()
        for column in (NAMED[name].column for name in JUDGED)
        if (agreement := _agreement(column, some)) is not None
    ]


def _strata(runs: Sequence[Run]) -> dict[Networks, list[Run]]:
    """All runs; and, where there are both kinds, collapsed ones apart from the others."""
    found: dict[Networks, list[Run]] = {"all": list(runs)}
    collapsed = [run for run in runs if run.collapsed]
    if collapsed and len(collapsed) < len(runs):
        found["latents in use"] = [run for run in runs if not run.collapsed]
        found["collapsed"] = collapsed
    return found


def _agreement(column: str, runs: Sequence[Run]) -> tuple[int, float] | None:
    """How many runs have FID and a measure, and their rank correlation; None without ranks."""
    pairs = [(run.row["fid"], run.row[column]) for run in _with(column, runs)]
    fid, other = np.array(pairs, float).reshape(-1, 2).T
    if len(pairs) < FEWEST or np.ptp(fid) == 0 or np.ptp(other) == 0:
        return None
    sign = 1 if COLUMNS[column].more_is_better else -1
    return len(pairs), float(spearmanr(-fid, sign * other).statistic)


def judge(sweeps: Sequence[str | Path], out: str | Path) -> dict[str, Any]:
    """Rank runs by FID and by other measures, and let them be looked at in that order.

    Args:
        sweeps: directories of sweeps.
        out: folder for `rank-correlations.csv` and, for each kind of FID, a figure of it against
            other measures and a contact sheet; older ones are replaced. A sheet needs the trained
            networks: where the sweeps are tables alone it is left out.

    Returns:
        The correlations, and the files.

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
    """Samples of every run in a row of their own, the best FID first, so that eyes can judge.

    Args:
        runs: those of one kind of FID and one image shape.
        count: samples of each; a conditional network is asked for every class in turn.

    Returns:
        FID and what the run is stand at the left.
    """
    ordered = sorted(runs, key=lambda run: run.row["fid"])
    tiles = [as_uint8(load(run.folder).generate(count, seed=0)) for run in ordered]
    return grids.image_grid(np.stack(tiles), row_labels=[_label(run.row) for run in ordered])


def _with(column: str, runs: Sequence[Run]) -> list[Run]:
    """Runs whose values of a column can be ranked; bounds only under the likelihood of most."""
    some = [run for run in runs if run.row[column] is not None]
    if column != BOUND or not some:
        return some
    (most, _), *_ = Counter(run.likelihood for run in some).most_common(1)
    return [run for run in some if run.likelihood == most]


def _likelihoods(folder: SweepFolder) -> dict[str, str]:
    """Name of a run -> its likelihood, as the SPEC beside the table says."""
    if not folder.spec.is_file():
        return {}
    return {run.name: run.architecture.likelihood for run in read_sweep(folder.spec).runs()}


def _identity(row: Row) -> tuple[Any, ...]:
    """The same for the same network: what it was asked to be, and what is judged of it."""
    asked = [name for name in SETTINGS if name not in ("run", "status", "reason")]
    judged = [NAMED[name].column for name in ("fid", *JUDGED)]
    return tuple(row[name] for name in (*asked, *judged))


def _label(row: Row) -> str:
    varied = [field for field in VARIED if row.get(field, "elbo") != "elbo"]  # elbo goes unsaid
    said = [in_short(field, row[field]) for field in ("timesteps", "conditional", *varied)]
    said += [f"seed {row['seed']}"] if row["seed"] else []
    return f"FID {row['fid']:.1f}:  " + ", ".join(said)


def _groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.made_by, []).append(run)
    return found


def _panels(runs: Sequence[Run]) -> dict[str, list[Points]]:
    """What the figure shows: a panel a measure, points by objective, condition and collapse."""
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
