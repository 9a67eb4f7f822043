"""A model file under another document: everything else in the archive stays as it is, byte for byte.

Written as a zip and without torch, so that code and weights are the ones that were there, whichever version of torch
saved them.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from pathlib import Path

from oscvae.errors import ModelError
from oscvae.model.document import ModelDocument, is_document

_ALIGNMENT = 64  # TorchScript begins every file of its archive at such an address
_LOCAL_HEADER = 30  # bytes before the name and the extra field
_EXTRA_HEADER = struct.Struct("<HH")
_PADDING = 0x4246  # "FB", as TorchScript names it
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def replace_document(source: Path, out: Path, document: ModelDocument) -> None:
    """Writes to `out` the model file `source` with `document` instead of its own.

    Raises ModelError where either cannot be read or written; what was written of `out` by then stays.
    """
    try:
        with zipfile.ZipFile(source) as old, out.open("wb") as file:
            with zipfile.ZipFile(file, "w") as new:
                for entry in old.infolist():
                    content = old.read(entry)
                    if is_document(entry.filename):
                        content = document.model_dump_json().encode()
                    new.writestr(_aligned(entry, file.tell()), content)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{source} cannot be copied to {out}: {error}") from error


def _aligned(entry: zipfile.ZipInfo, begin: int) -> zipfile.ZipInfo:
    """The entry of a copy whose header will stand at `begin`, padded so that its content is aligned."""
    copy = zipfile.ZipInfo(entry.filename, _NO_DATE)
    copy.compress_type = entry.compress_type
    content = begin + _LOCAL_HEADER + len(entry.filename.encode()) + _EXTRA_HEADER.size
    padding = -content % _ALIGNMENT
    copy.extra = _EXTRA_HEADER.pack(_PADDING, padding) + b"Z" * padding
    return copy
