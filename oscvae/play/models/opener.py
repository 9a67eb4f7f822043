"""Opening a model: its file is found and read, its decoder started, checked and warmed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from oscvae.decode.confine import OFF
from oscvae.decode.decoder import Decoder
from oscvae.errors import CommandError, DecoderError, ModelError, NoDocumentError
from oscvae.files import why
from oscvae.model.document import SUFFIX, AnyDocument, model_names, model_path, read_any_document
from oscvae.osc.parts import PARTS
from oscvae.play.models.loaded import Loaded
from oscvae.realtime import layout as at
from oscvae.realtime.engine import Engine
from oscvae.settings.disk import Disk
from oscvae.settings.threads import Threads
from oscvae.spectral.context import ModelContext

_SPARE_BLOCKS = 8
_LOADERS = 2 * PARTS + 2  # threads: in each part one loads and one replaces a decoder that died, or waits for its end

log = logging.getLogger(__name__)


class Opener:
    """Opens models from `folder`, for all parts of an engine.

    device: where models decode. streams: the most voices of a model that has memory inside. sample_rate: Hz, of a model
    that has no document and does not say its own; 0 = unknown.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        device: str,
        threads: int,
        look_ahead: int,
        iterations: int,
        confine: bool = True,
        streams: int = 8,
        sample_rate: int = 0,
        in_time: bool = True,
    ) -> None:
        self.engine = engine
        self.folder = folder
        self.disk = Disk("the models folder", folder)
        self.threads = Threads("load", _LOADERS)
        self._device = device
        self._threads = threads
        self._look_ahead = look_ahead
        self._iterations = iterations
        self._confine = confine
        self._streams = streams
        self._sample_rate = sample_rate
        self._in_time = in_time
        self._said: set[str] = set()

    def names(self) -> list[str]:
        """The models that /load takes. Blocks on the disk: for a worker thread."""
        return model_names(self.folder)

    async def list_names(self) -> list[str]:
        """The same beside the event clock. Raises CommandError where the folder cannot be read, or does not answer."""
        try:
            return await self.disk.ask(self.names)
        except OSError as error:
            raise CommandError(f"the models folder cannot be read: {why(error)}") from error

    def open(self, name: str, on_decoder: Callable[[Decoder], None] | None = None, device: str | None = None) -> Loaded:
        """Load, check and warm a model. Blocks for as long as that takes: for a worker thread or the offline engine.

        on_decoder(decoder): called before the process is started, to be able to cancel it. device: another than usual.
        Raises ModelError or DecoderError.
        """
        return self.open_file(name, *self.find(name), on_decoder, device)

    def find(self, name: str) -> tuple[Path, AnyDocument | None]:
        """The file of a model and what it says of itself; None where only its code can say that. Blocks on the disk;
        raises ModelError."""
        path = model_path(self.folder, name)
        try:
            return path, read_any_document(path, self._shown(name))
        except NoDocumentError:
            return path, None

    def _shown(self, name: str) -> str:
        return str(self.folder / (name + SUFFIX))

    def open_file(
        self,
        name: str,
        path: Path,
        document: AnyDocument | None,
        on_decoder: Callable[[Decoder], None] | None = None,
        device: str | None = None,
    ) -> Loaded:
        """The same of a file that `find` has found."""
        n_blocks = at.CHUNKS * self.engine.slots
        if document is not None and not document.is_endless:
            n_blocks += _SPARE_BLOCKS
        try:
            decoder = Decoder(path, document, n_blocks)
        except (OSError, MemoryError) as error:
            raise DecoderError(f"{path.name}: there is no room for its notes: {why(error)}") from error
        if on_decoder is not None:
            on_decoder(decoder)
        try:
            decoder.spawn(
                device or self._device,
                self._threads,
                confine=self._confine,
                streams=self._streams,
                sample_rate=self._sample_rate,
                in_time=self._in_time,
                live_fd=live.descriptor if (live := self.engine.live) else -1,
            )
            context = ModelContext(
                decoder.document,
                slots=self.engine.slots,
                rate=self.engine.rate,
                pool=int(decoder.pool.ctypes.data),
                n_blocks=n_blocks,
                pipe_fd=decoder.pipe_fd,
                credit_fd=decoder.credit_fd,
                look_ahead=self._look_ahead,
                iterations=self._iterations,
            )
        except BaseException as error:
            decoder.close()
            if isinstance(error, ValueError):
                raise ModelError(f"{path.name}: {error}") from error
            if isinstance(error, OSError | MemoryError):
                raise DecoderError(f"{path.name}: there is no room for it: {why(error)}") from error
            if isinstance(error, DecoderError):
                raise DecoderError(str(error).replace(str(path), self._shown(name))) from error
            raise
        if decoder.warning:
            log.warning("%s: %s", name, decoder.warning)
        self._say_how_confined(decoder)
        return Loaded(name, decoder.document, decoder, context, -1)

    def _say_how_confined(self, decoder: Decoder) -> None:
        """Warn once of what a model's code may do here."""
        if decoder.confined == OFF:
            problems = ["model.confine is off: a model's code may do whatever you may"]
        else:
            problems = [f"a model's code is confined, but not by {what}" for what in decoder.lacking]
        for problem in problems:
            if problem not in self._said:
                self._said.add(problem)
                log.warning("%s", problem)
