"""The files of a run that are the same to the byte however it was trained, read for comparison."""

EXACT = ("best.weights.h5", "checkpoint.npz", "history.csv")


def content(run, names=EXACT):
    """Name -> bytes, of files in a run's folder."""
    return {name: (run / name).read_bytes() for name in names}
