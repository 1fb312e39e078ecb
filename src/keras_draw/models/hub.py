"""The Hugging Face Hub: networks go there with a card, and come from there."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keras_draw.files import expanded, open_plain
from keras_draw.models.card import PICTURE, model_card
from keras_draw.models.presets import TOLERANCE, packed, plain
from keras_draw.models.saving import network_bytes

FILE = "model.keras"
"""What a network is called in its repository."""
MOST_PICTURE_BYTES = 16 * 2**20
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def push_to_hub(
    network: Any,
    name: str,
    x: Any = None,
    y: Any = None,
    *,
    evaluation: Mapping[str, Any] | None = None,
    picture: str | Path | None = None,
    license: str = "",
    private: bool = False,
    token: str | None = None,
    message: str = "Add a network",
    tolerance: float = TOLERANCE,
) -> str:
    """Send the network to the Hugging Face Hub, with a model card.

    The card says what the network is, how it is used, and what was measured. The repository is
    made if there is none; of an older network there the files are replaced in one commit. Needs
    `pip install 'keras-draw[hub]'` and a token of the Hub's that may write (`hf auth login`).

    Args:
        network: a `DRAW`.
        name: of the repository, `user/name`.
        x: images (N, H, W, C). With them, weights are stored as float16 where the bound allows it,
            as in `save_preset`; without, as float32.
        y: labels, for a conditional network.
        evaluation: what `keras_draw.evaluation.evaluate` returned, or what an `evaluation.json`
            holds.
        picture: a .png for the card, such as samples that `generate` drew.
        license: of the weights, by the Hub's short names, such as `"apache-2.0"`.
        private: whether a new repository is visible to nobody else.
        token: of the Hub; the one that `hf auth login` keeps if not given.
        message: of the commit.
        tolerance: as in `save_preset`.

    Returns:
        The address by which `keras_draw.load` finds it, `hf://user/name`.

    Raises:
        ValueError: if huggingface_hub is not installed, or name, images or picture do not fit.
        OSError: if the Hub cannot be reached, or does not let you write.

    Example:
        >>> model.push_to_hub("ada/digits", test.images, test.labels)       # doctest: +SKIP
        'hf://ada/digits'
    """
    hub = library()
    check_name(name)
    png = None if picture is None else _png(expanded(picture))
    card = model_card(
        network.config, name, evaluation=evaluation, picture=png is not None, license=license
    )
    if x is None:
        content = network_bytes(plain(network))
    else:
        content, _ = packed(network, x, y, tolerance=tolerance)
    files = {"README.md": card.encode(), FILE: content} | ({} if png is None else {PICTURE: png})
    with explained(name):
        api = hub.HfApi(token=token, library_name="keras-draw")
        api.create_repo(name, private=private or None, exist_ok=True)
        api.create_commit(
            name,
            [hub.CommitOperationAdd(path, content) for path, content in files.items()],
            commit_message=message,
        )
    return f"hf://{name}"


def library() -> Any:
    """The library huggingface_hub.

    Raises:
        ValueError: if it is not installed; says how it is.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise ValueError(
            "The Hugging Face Hub needs the library huggingface_hub, which is not installed: "
            "pip install 'keras-draw[hub]'."
        ) from None
    return huggingface_hub


def check_name(name: str) -> None:
    """Refuse what names no repository.

    Raises:
        ValueError: if it is not `user/name`.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no repository of the Hub; expected user/name.")


@contextlib.contextmanager
def explained(name: str) -> Iterator[None]:
    """Within the block the library's errors become one sentence about a repository.

    Raises:
        FileNotFoundError: if the Hub has no such repository, revision or file.
        PermissionError: if it lets nobody in without a token, or not with this one.
        ConnectionError: if it cannot be reached, or answers something else.
        OSError: if its cache cannot be written.
        ValueError: if the name is none.
    """
    from huggingface_hub import errors

    no_answer: Any = errors.HTTPError  # type: ignore[attr-defined]
    try:
        yield
    except errors.HFValidationError as error:
        raise ValueError(f"hf://{name}: {_line(error)}") from None
    except (errors.GatedRepoError, errors.LocalTokenNotFoundError) as error:
        raise PermissionError(f"The Hub does not open hf://{name} to you: {_line(error)}") from None
    except errors.LocalEntryNotFoundError:
        raise FileNotFoundError(
            f"hf://{name} is not in the cache of this machine, and the Hub was not asked or could "
            "not be reached: download it once with a network."
        ) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise FileNotFoundError(
            f"The Hub has no hf://{name}, or shows it to others alone: look at the name, or log "
            "in with `hf auth login`."
        ) from None
    except errors.EntryNotFoundError:
        raise FileNotFoundError(
            f"hf://{name} holds no {FILE}: it is no network that push_to_hub sent."
        ) from None
    except errors.HfHubHTTPError as error:
        raise _answered(error.response.status_code, name, error) from None
    except (no_answer, ConnectionError) as error:
        raise ConnectionError(
            f"The Hub cannot be reached for hf://{name}: {_line(error)}"
        ) from None
    except OSError as error:
        if not error.strerror:
            raise
        raise OSError(
            f"hf://{name} cannot be kept in the Hub's cache ({error.strerror}): make room there, "
            "or name another folder with HF_HOME."
        ) from None


def _answered(code: int, name: str, error: Exception) -> OSError:
    if code in (401, 403):
        return PermissionError(
            f"The Hub does not let you write to hf://{name}: log in with `hf auth login`, or give "
            "a token that may write."
        )
    return ConnectionError(f"The Hub answered {code} about hf://{name}: {_line(error)}")


def _line(error: Exception) -> str:
    """What an error says first."""
    said = str(error).strip()
    return " ".join(said.splitlines()[0].split())[:300] if said else type(error).__name__


def _png(path: Path) -> bytes:
    with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
        content = file.read(MOST_PICTURE_BYTES + 1)
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError(f"{path} is no PNG; give a picture as `keras-draw generate` writes it.")
    if len(content) > MOST_PICTURE_BYTES:
        raise ValueError(f"{path} has more than {MOST_PICTURE_BYTES:,} bytes; give a smaller one.")
    return content
