"""nn~ models, such as RAVE's: what a TorchScript file says of itself that keeps nn~'s contract and has no document.

A method M can be used where the module has a buffer `M_params` of four numbers: channels in, ratio in, channels out,
ratio out. `decode` takes [1, D, T] to [1, channels, T * ratio].

Source: nn~ 1.6 and RAVE 2.3, as they are exported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oscvae.errors import ModelError

RANGE = 3.0
"""Where the latent dimensions of such a model are suggested to lie: they are normal, or nearly."""
_INSIDE = ("", "_rave", "model")  # where combined and wrapped exports have the module that counts
_RATES = ("sr", "sampling_rate", "sample_rate")
_PARAMS = 4
_LABEL_MOST = 64


def decoding_part(module: Any) -> Any:
    """The module in a loaded one that decodes as nn~ asks it to. Raises ModelError if there is none."""
    for part in _parts(module):
        if hasattr(part, "decode") and _params(part) is not None:
            return part
    raise ModelError("holds no oscvae.json, and keeps no contract of nn~'s: no method decode with its decode_params")


def derive(module: Any, name: str, rate: int = 0) -> dict[str, Any]:
    """The document of a loaded nn~ model, as the JSON that `oscvae.model.document` reads.

    rate: Hz, of a model that does not say its own; 0 = none was given. Raises ModelError.
    """
    part = decoding_part(module)
    params = _params(part)
    assert params is not None
    size, ratio_in, channels, ratio_out = params
    if min(params) < 1 or ratio_in % ratio_out:
        raise ModelError(f"its decode_params are {params}: the ratio in must be a multiple of the ratio out")
    rate = _rate(module) or rate
    if not rate:
        raise ModelError("says no sample rate (sr, sampling_rate): give one as model.sample_rate")
    one = [1.0] * size
    return {
        "format": 2,
        "output": "samples",
        "name": name,
        "sample_rate": rate,
        "ratio": ratio_in // ratio_out,
        "channels": channels,
        "latent": {
            "mean": [0.0] * size,
            "std": one,
            "low": [-RANGE] * size,
            "high": [RANGE] * size,
        },
        "labels": _labels(part, size),
        "points": [],
        "licence": "as its maker says",
        "sources": ["an nn~ model without a document"],
        "version": "1",
        "training": {},
    }


def encoder_channels(part: Any, size: int, ratio: int) -> int:
    """Channels that the method encode of a module takes; 0 where it has none, or one of other frames than those of
    decode: `size` dimensions, one for `ratio` samples. Without encode_params it is taken to be of those, and mono."""
    if not hasattr(part, "encode"):
        return 0
    if not hasattr(part, "encode_params"):
        return 1
    params = _params(part, "encode_params")
    if params is None or params[2] != size or params[3] != ratio * params[1]:
        return 0
    return max(1, params[0])


def _parts(module: Any) -> Iterator[Any]:
    for name in _INSIDE:
        part = getattr(module, name, None) if name else module
        if part is not None:
            yield part


def _params(part: Any, name: str = "decode_params") -> tuple[int, int, int, int] | None:
    params = getattr(part, name, None)
    try:
        numbers = [int(number) for number in params.reshape(-1).tolist()]  # type: ignore[union-attr]
    except (AttributeError, TypeError, ValueError):
        return None
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == _PARAMS else None


def _rate(module: Any) -> int:
    """Hz; 0 where it says none. It is an attribute or a buffer."""
    for part in _parts(module):
        for name in _RATES:
            found: Any = getattr(part, name, None)
            try:
                rate = int(found.item() if hasattr(found, "item") else found)
            except (TypeError, ValueError, RuntimeError):
                continue
            if rate > 0:
                return rate
    return 0


def _labels(part: Any, size: int) -> list[str]:
    labels = getattr(part, "decode_input_labels", None)
    if not isinstance(labels, list) or len(labels) != size:
        return []
    shown = ["".join(c for c in str(label) if c.isprintable()).strip()[:_LABEL_MOST] for label in labels]
    return shown if all(shown) else []
