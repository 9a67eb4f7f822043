"""What a decoder answers that is asked to encode, where its model does not keep its word."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from oscvae.decode.decoder import Decoder
from oscvae.decode.wire import ENCODE, Request
from oscvae.model.document import read_any_document
from parts.models import BadEncoder, write


def test_an_encoder_that_is_wrong_is_told_when_it_is_asked_and_the_model_decodes(tmp_path: Path) -> None:
    write(tmp_path / "bad.ts", BadEncoder())
    document = read_any_document(tmp_path / "bad.ts")
    decoder = Decoder(tmp_path / "bad.ts", document, 4)
    try:
        decoder.spawn("cpu", 1)
        decoder.to_encode[:] = np.float32(-0.5)
        decoder.send(Request(ENCODE, 0, 1, 0, 0, 60, ()))
        notice = decoder.receive(30.0)
        assert notice is not None
        assert notice["encoded"] == 1
        assert "encode's mean" in notice["why"]
        assert decoder.running()
    finally:
        decoder.close()
