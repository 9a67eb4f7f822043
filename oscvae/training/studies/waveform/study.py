"""Can a network be given 30 seconds as one point, and do its Frechet distances say what came of it?

The source trained a variational autoencoder on whole waveforms of classical music at 3 kHz, five times, and compared
the five by a Frechet distance in the codes of its own encoder. Here the same network, layer by layer (`published`),
is trained the same ways (`ways`) on clips of rendered scores (`clips`), judged in that embedding and in a second one
(`measures`), and set beside a model of frames (`frames`); `work` does all of it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile
import torch

from oscvae.arrays import Float32s
from oscvae.sound.files import resample
from oscvae.training.evaluate.drawing import thumbnail
from oscvae.training.evaluate.gallery import Block, Cell
from oscvae.training.studies.outcome import Outcome
from oscvae.training.studies.setting import Setting
from oscvae.training.studies.waveform.claims import judge, len_of, say_last, with_spread
from oscvae.training.studies.waveform.clips import RATE, SAMPLES, SECONDS, SLOW_RATE
from oscvae.training.studies.waveform.drawing import draw_courses, draw_distances, draw_kernels, draw_spectra
from oscvae.training.studies.waveform.keeping import finite
from oscvae.training.studies.waveform.measures import COLUMNS, Judged, log_mel
from oscvae.training.studies.waveform.published import (
    DECODER_WIDTHS,
    ENCODER_WIDTHS,
    PRINTED,
    Network,
    count,
    reached,
)
from oscvae.training.studies.waveform.ways import BATCH, EYE, WAYS, Size
from oscvae.training.studies.waveform.work import (
    BETTER,
    CHUNK_RATE,
    CHUNK_S,
    SHOWN,
    Found,
    Row,
    Start,
    find,
    find_starts,
)

_LATENT = 10
"""Of the printed summary."""
_HEARD_S = 10
_PEAK = 0.9
_SMALLEST = 1e-9


def run(setting: Setting) -> Outcome:
    size = Size.of(setting.small)
    every = find(setting, size)
    start = find_starts(setting, size, every[0].clips)
    outcome = Outcome("Waveform")
    told = " and ".join(f"{len(found.clips)} (seeds: {len(found.rows[BETTER])})" for found in every)
    outcome.say(
        f"A clip of {SECONDS} s at {SLOW_RATE / 1000:g} kHz, {SAMPLES:,} samples, is one input of a variational "
        f"autoencoder. Numbers of clips: {told}; a fifth of them, of other scores, to test; {size.epochs} epochs."
    )
    _network(outcome, every[0])
    for found in every:
        _table(outcome, found, size)
    _courses(outcome, every[0])
    _embeddings(outcome, every)
    _start(outcome, start)
    _better(outcome, every)
    outcome.section("What was published, and what comes out")
    outcome.claims(judge(every, start))
    run_folder = setting.out / "runs" / f"frames-{len(every[0].clips)}-{setting.seed}"
    outcome.section("Hear it")
    outcome.say(
        f"oscvae export {run_folder} --out models/waveform.ts, and then, beside a daemon: oscvae ask /load waveform"
    )
    outcome.figures["tables"] = {str(len(found.clips)): _figures(found) for found in every}
    outcome.figures["start"] = {"few": start.few, "chunks": start.chunks}
    return outcome


def _network(outcome: Outcome, found: Found) -> None:
    outcome.section("The network: dense layers in effect")
    network = Network(SAMPLES, _LATENT)
    counted = count(network.encoder), count(network.decoder)
    outcome.table(
        ("", "layers", "parameters, printed", "parameters, here"),
        [
            (name, ", ".join(f"{one:,}" for one in widths), f"{printed:,}", f"{here:,}")
            for name, widths, printed, here in (
                ("encoder", (SAMPLES, *ENCODER_WIDTHS, 2 * _LATENT), PRINTED[0], counted[0]),
                ("decoder", (_LATENT, *DECODER_WIDTHS, SAMPLES), PRINTED[1], counted[1]),
            )
        ],
    )
    kernels = reached(network, torch.from_numpy(found.clips.x[:BATCH]))
    outcome.draw("kernels", draw_kernels(kernels), "weights of each block's first kernel that learn anything, by tap")
    total = {part: [(int((one > 0).sum()), one.numel()) for name, one in kernels.items() if part in name] for part in
             ("encoder", "decoder")}  # fmt: skip
    learns = {part: (sum(one for one, _ in pairs), sum(one for _, one in pairs)) for part, pairs in total.items()}
    outcome.say(
        f"A clip is one time step of {SAMPLES:,} channels, and the convolutions have a kernel of 1: dense layers. The "
        "block takes (kernel size, filters) and is given (filters, 1), so its first convolution has one filter and a "
        "kernel as long as there are channels, of which one tap meets the only step and all others padding. Drawn: the "
        "channels of each tap that a gradient comes to in the first step. In the decoder it comes to "
        f"{learns['decoder'][0]:,} of {learns['decoder'][1]:,} weights, and what the block adds is one number for all "
        f"channels; in the encoder to {learns['encoder'][0]:,} of {learns['encoder'][1]:,}, because instance "
        "normalisation takes from that one number its own mean. The widest layer keeps 64 numbers of a clip, and the "
        "narrowest that gives it back has 64."
    )
    outcome.figures["network"] = {"printed": PRINTED, "here": counted, "learns": learns}


def _table(outcome: Outcome, found: Found, size: Size) -> None:
    clips = len(found.clips)
    outcome.section(f"The table, {clips} clips")
    rows = []
    for way in WAYS:
        published = f"{way.published[0]:g} / {way.published[1]:g}" if way.published else ""
        rows.append((way.name, published, *_cells(found.rows[way.name])))
    rows.append((BETTER, "", *_cells(found.rows[BETTER])))
    low, middle, high = found.ear.flat
    real = (f"{getattr(found.real, name):.3g}" for name in vars(found.real))
    rows.append(("real clips", "", *real, f"{middle:.3g}", "90", "0", "1"))
    rows.append(("white noise", "", *_cells([found.noise])))
    rows += [(f"the test clips, {name}", "", *_cells([judged])) for name, judged in found.same.items()]
    outcome.table(
        ("way", "published, test / train", "its encoder, test", "its encoder, train", "log-mel, test", "log-mel, train",
         "flatness", "within, %", "level, dB", "variety"),
        rows,
        f"Frechet distances of {size.made} clips from the prior; mean and standard deviation over seeds. Published "
        "figures are of other data and another encoder: not to be compared. Real: training clips from test clips, and "
        "one half of the training clips from the other. Flatness: the data's 5 to 95 % are "
        f"{low:.3g} to {high:.3g}; within: clips inside of that. Level and variety beside the data",
    )  # fmt: skip
    for name, many in found.broken.items():
        if many:
            outcome.say(f"{name}: {many} of {many + len(found.rows[name])} trainings overflowed, and are left out.")
    away = {name: [row.judged.away for row in each] for name, each in found.rows.items()}
    outcome.draw(
        f"distances-{clips}",
        draw_distances(away, found.real, found.noise.away),
        f"the four distances of each training on {clips} clips; dashed: real clips, dotted: white noise",
    )


def _cells(rows: Sequence[Row] | Sequence[Judged]) -> tuple[str, ...]:
    judged = [row if isinstance(row, Judged) else row.judged for row in rows]
    return (
        *(with_spread([getattr(one.away, name) for one in judged]) for name in COLUMNS),
        with_spread([one.flat for one in judged]),
        with_spread([100.0 * one.within for one in judged]),
        with_spread([one.level_db for one in judged]),
        with_spread([one.variety for one in judged], 2),
    )


def _courses(outcome: Outcome, found: Found) -> None:
    outcome.section("While training")
    courses = {way.name: [row.found["course"] for row in found.rows[way.name]] for way in WAYS}
    outcome.draw("courses", draw_courses(courses), "loss, divergence and gradient by epoch, a line for each training")
    rows = []
    for way in WAYS:
        each = [row.found for row in found.rows[way.name]]
        rows.append(
            (
                way.name,
                say_last([one["course"] for one in each]),
                ", ".join(f"{_most(one['course']):.3g}" for one in each),
                with_spread([sum(one["nats"]) for one in each]),
                ", ".join(str(one["active"]) for one in each),
                with_spread([100.0 * one["explained"]["train"] for one in each], 2),
                with_spread([100.0 * one["explained"]["test"] for one in each], 2),
            )
        )  # fmt: skip
    outcome.table(
        ("way", "falls no more after epoch, by seed", "greatest loss over first", "nats, test", "active, by seed",
         "training clips explained, %", "test clips explained, %"),
        rows,
        "falls no more: the last epoch that brings it a hundredth below all before. Explained: share of the energy "
        "that comes back right; below zero silence is nearer",
    )  # fmt: skip


def _most(course: Sequence[dict[str, Any]]) -> float:
    """The largest loss of an epoch, over that of the first."""
    return float(max(epoch["loss"] for epoch in course) / course[0]["loss"])


def _embeddings(outcome: Outcome, every: Sequence[Found]) -> None:
    outcome.section("What such distances say")
    rows = []
    for found in every:
        for way in WAYS:
            own = [row.found["own"] for row in found.rows[way.name]]
            active = ", ".join(str(row.found["active"]) for row in found.rows[way.name])
            real, noise = (with_spread([one[name] for one in own]) for name in ("real", "noise"))
            rows.append((str(len(found.clips)), way.name, active, real, noise))
    outcome.table(
        ("clips", "encoder of", "active", "training clips from test clips", "white noise from test clips"),
        rows,
        "in the codes of each row's own encoder",
    )
    ranks = ", ".join(
        f"{rank} of {of} with {int(found.clips.test.sum())} test clips"
        for found in every
        for rank, of in [found.ear.rank]
    )
    outcome.say(
        f"The covariance of the test clips' codes in {EYE.latent} dimensions has a rank of {ranks}: a set of 20 has 19 "
        "deviations from its mean, and no normal distribution of 20 dimensions can be told from it. A collapsed "
        "encoder sends everything to one place, and every distance in its codes is small. An embedding is good for "
        "what it tells apart: noise must be far from clips, and clips near clips."
    )


def _start(outcome: Outcome, start: Start) -> None:
    outcome.section("Twenty clips, and short chunks")
    rows = []
    for name, told in (
        (f"{len_of(start.few)} clips", start.few),
        (f"chunks of {CHUNK_S} s at {CHUNK_RATE // 1000} kHz", start.chunks),
    ):
        alike = told["alike"]
        shares = (f"{100.0 * told['explained'][part]:.1f}" for part in ("train", "test"))
        rows.append(
            (
                name,
                told["of"]["way"]["name"],
                str(len_of(told)),
                *shares,
                f"{alike['made']:.3f}",
                f"{alike['data']:.3f}",
            )
        )
    outcome.table(
        ("", "way", "examples", "training explained, %", "test explained, %", "two made, alike", "two real, alike"),
        rows,
    )  # fmt: skip


def _better(outcome: Outcome, every: Sequence[Found]) -> None:
    outcome.section("Frames, with phases reconstructed")
    outcome.say(
        "A clip's samples are right only where the phases of all partials are, which nothing in 64 numbers says: the "
        "best answer to that doubt is silence or an average, and its spectrum is as flat as noise. So here the "
        "package's own model learns frames, 128 ms of magnitudes, of which each clip has some 900: not "
        "90,000 numbers from 80 examples, but 256 from 75,000. A new clip is a walk through its codes and levels that "
        "moves as those of the training clips do, with a mean and a spread of its own; phases are reconstructed."
    )
    found = every[0]
    real = found.clips.x[found.clips.test][:SHOWN]
    told = [way for way in WAYS if found.rows[way.name]]
    best = min(told, key=lambda way: np.mean([row.judged.away.mel_test for row in found.rows[way.name]]))
    shown = [("real, to test", real), *((name, rows[0].clips) for name, rows in found.rows.items() if rows)]
    outcome.draw(
        "clips",
        draw_spectra([(name, list(log_mel(clips))) for name, clips in shown]),
        f"log-mel spectra of {SHOWN} clips of each way",
    )
    back = [row.found["back"]["away"] for each in every for row in each.rows[BETTER]]
    outcome.say(
        "The training clips themselves, encoded, decoded and with phases reconstructed, are "
        f"{with_spread([one['mel_train'] for one in back])} from training clips in log-mel: so much is lost. "
        f"Of the rows of the table {best.name} is the nearest to test clips in log-mel."
    )
    outcome.page.sounds(_sounds(shown))


def _sounds(shown: Sequence[tuple[str, Float32s]]) -> Block:
    """The first seconds of each clip, as loud as each other."""
    cells, spectra = [], []
    for _, clips in shown:
        part = clips[:, : _HEARD_S * SLOW_RATE]
        seen = log_mel(part)
        cells.append(
            tuple(Cell(f"{n}", thumbnail(x), _flac(one)) for n, (x, one) in enumerate(zip(seen, part, strict=True), 1))
        )
        spectra.append(tuple(seen))
    columns = tuple(f"clip {n}" for n in range(1, SHOWN + 1))
    return Block(tuple(name for name, _ in shown), columns, tuple(cells), tuple(spectra))


def _flac(x: Float32s) -> bytes:
    """At a rate that every browser plays."""
    loud = resample(x * np.float32(_PEAK / max(float(np.abs(x).max()), _SMALLEST)), SLOW_RATE, RATE)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(loud, -1.0, 1.0), RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def _figures(found: Found) -> dict[str, object]:
    return {
        "clips": len(found.clips),
        "test": int(found.clips.test.sum()),
        "rank": found.ear.rank,
        "flatness": found.ear.flat,
        "level": found.ear.level,
        "real": vars(found.real),
        "noise": _plain(found.noise),
        "broken": found.broken,
        "same": {name: _plain(judged) for name, judged in found.same.items()},
        "ways": {
            name: [{key: finite(value) for key, value in row.found.items() if key != "of"} for row in rows]
            for name, rows in found.rows.items()
        },
    }


def _plain(judged: Judged) -> dict[str, object]:
    return vars(judged) | {"away": vars(judged.away)}
