"""The Hugging Face Hub: upload networks with a model card; errors of downloads."""

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
"""Name of the network's file in its repository."""
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
    """Upload the network to the Hugging Face Hub, with a model card.

    The card describes the network, how to use it, and its evaluation. The repository is created if
    it does not exist; files of an earlier upload are replaced in one commit. Needs
    `pip install 'keras-draw[hub]'` and a Hub token with write access (`hf auth login`).

    Args:
        network: a `DRAW`.
        name: the repository, `user/name`.
        x: images (N, H, W, C). With images, weights are stored as float16 if the bound allows it,
            as in `save_preset`; without, as float32.
        y: labels, for a conditional network.
        evaluation: the result of `keras_draw.evaluation.evaluate`, or the content of an
            `evaluation.json`.
        picture: a PNG file for the card, such as samples drawn by `generate`.
        license: of the weights, as the Hub's identifier, such as `"apache-2.0"`.
        private: make a new repository private.
        token: Hub token; default: the one stored by `hf auth login`.
        message: commit message.
        tolerance: as in `save_preset`.

    Returns:
        The address for `keras_draw.load`, `hf://user/name`.

    Raises:
        ValueError: if huggingface_hub is not installed, or name, images or picture are invalid.
        OSError: if the Hub cannot be reached, or denies write access.

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
    """Import huggingface_hub.

    Returns:
        The module.

    Raises:
        ValueError: if it is not installed, with the command that installs it.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise ValueError(
            "The Hugging Face Hub needs the library huggingface_hub, which is not installed. "
            "Install it with: pip install 'keras-draw[hub]'."
        ) from None
    return huggingface_hub


def check_name(name: str) -> None:
    """Check the name of a repository.

    Raises:
        ValueError: if it is not of the form `user/name`.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a repository name of the Hub; expected user/name.")


@contextlib.contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn the library's errors inside the block into one-line messages about a repository.

    Raises:
        FileNotFoundError: if the Hub has no such repository, revision or file.
        PermissionError: if access needs a token, or this token is not sufficient.
        ConnectionError: if the Hub cannot be reached, or gives an unexpected answer.
        OSError: if the cache cannot be written.
        ValueError: if the name is not valid.
    """
    from huggingface_hub import errors

    no_answer: Any = errors.HTTPError  # type: ignore[attr-defined]
    try:
        yield
    except errors.HFValidationError as error:
        raise ValueError(f"hf://{name}: {_line(error)}") from None
    except (errors.GatedRepoError, errors.LocalTokenNotFoundError) as error:
        raise PermissionError(f"The Hub denies access to hf://{name}: {_line(error)}") from None
    except errors.LocalEntryNotFoundError:
        raise FileNotFoundError(
            f"hf://{name} is not in this machine's cache, and the Hub could not be reached or is "
            "switched off: load it once with network access."
        ) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise FileNotFoundError(
            f"The Hub has no repository hf://{name}, or you may not see it: check the name, or "
            "log in with `hf auth login`."
        ) from None
    except errors.EntryNotFoundError:
        raise FileNotFoundError(
            f"hf://{name} has no {FILE}: it was not uploaded by push_to_hub."
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
            f"hf://{name} cannot be stored in the Hub's cache ({error.strerror}): free some space "
            "there, or choose another folder with HF_HOME."
        ) from None


def _answered(code: int, name: str, error: Exception) -> OSError:
    if code in (401, 403):
        return PermissionError(
            f"You may not write to hf://{name}: log in with `hf auth login`, or pass a token with "
            "write access."
        )
    return ConnectionError(f"The Hub answered {code} for hf://{name}: {_line(error)}")


def _line(error: Exception) -> str:
    """The first line of an error message, shortened to 300 characters."""
    said = str(error).strip()
    return " ".join(said.splitlines()[0].split())[:300] if said else type(error).__name__


def _png(path: Path) -> bytes:
    with os.fdopen(open_plain(path, os.O_RDONLY), "rb") as file:
        content = file.read(MOST_PICTURE_BYTES + 1)
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError(
            f"{path} is not a PNG file; use a picture such as `keras-draw generate` writes."
        )
    if len(content) > MOST_PICTURE_BYTES:
        raise ValueError(
            f"{path} is larger than {MOST_PICTURE_BYTES:,} bytes; use a smaller picture."
        )
    return content
