"""The page of an evaluation: one HTML file that holds its pictures and sounds and fetches nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from oscvae.model.document import ModelDocument
from oscvae.training.evaluate.detail import Detail
from oscvae.training.evaluate.fidelity import JUDGED_S, Distance
from oscvae.training.evaluate.gallery import Block, Cell
from oscvae.training.evaluate.levels import Tails
from oscvae.training.evaluate.playing import Playing, Strokes
from oscvae.training.evaluate.realism import FrechetDistance, Realism
from oscvae.training.evaluate.report import DataFacts, Evaluation
from oscvae.training.evaluate.targets import targets

_STYLE = """
:root { --ink: #22262b; --faint: #6b747d; --line: #e3e6e9; --accent: #2f6f8f; --good: #2e7d4f; --fair: #b7791f;
  --bad: #c0492f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 2.5rem 1.5rem 5rem; color: var(--ink); background: #fff;
  font: 15px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .2rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 3.2rem 0 .4rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .3rem; }
p { max-width: 76ch; margin: .4rem 0; }
p.lead, .faint, caption { color: var(--faint); }
p.warning { border-left: 3px solid var(--fair); padding: .4rem .9rem; background: #fdf7ea; }
img { max-width: 100%; height: auto; display: block; margin: .8rem 0; }
table { border-collapse: collapse; margin: .8rem 0 1.2rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .88rem; padding-bottom: .3rem; }
th, td { text-align: right; padding: .28rem 1.3rem .28rem 0; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; font-size: .88rem; color: var(--faint); }
.mark { font-weight: 600; } .mark.g { color: var(--good); } .mark.f { color: var(--fair); }
.mark.b { color: var(--bad); }
.sounds { display: grid; gap: 6px; margin: .8rem 0 1.4rem; align-items: end; }
.sounds .row { font-size: .86rem; color: var(--faint); text-align: right; padding-right: .4rem; align-self: center; }
.sounds .column { font-size: .82rem; color: var(--faint); text-align: center; }
.note { position: relative; padding: 0; border: 2px solid transparent; border-radius: 4px; background: none;
  cursor: pointer; line-height: 0; overflow: hidden; }
.note img { width: 100%; margin: 0; border-radius: 2px; }
.note:hover, .note:focus-visible { border-color: var(--accent); outline: none; }
.note.playing { border-color: var(--bad); }
.note::after { content: "\\25B6"; position: absolute; right: 5px; bottom: 4px; color: #fff; opacity: .75;
  font: 10px/1 sans-serif; }
"""

_SCRIPT = """
let last = null;
document.addEventListener("click", event => {
  const note = event.target.closest(".note");
  if (!note) return;
  if (last) { last.pause(); last.parentElement.classList.remove("playing"); }
  const sound = note.querySelector("audio");
  if (sound === last) { last = null; return; }
  last = sound;
  sound.currentTime = 0;
  note.classList.add("playing");
  sound.onended = () => { note.classList.remove("playing"); if (last === sound) last = null; };
  sound.play();
});
"""


class Page:
    """HTML that is written from top to bottom."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def html(self, title: str) -> str:
        head = (
            f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        )
        body = "\n".join(self._parts)
        return (
            f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n'
            f"<body>\n{body}\n<script>{_SCRIPT}</script></body></html>\n"
        )

    def heading(self, text: str, level: int = 2) -> None:
        self._parts.append(f"<h{level}>{escape(text)}</h{level}>")

    def text(self, text: str, kind: str = "") -> None:
        self._parts.append(f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> None:
        """A cell that begins with < is taken as HTML."""
        told = f"<caption>{escape(caption)}</caption>" if caption else ""
        first = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        rest = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        self._parts.append(f"<table>{told}<thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>")

    def picture(self, data: bytes, said: str, kind: str = "png") -> None:
        self._parts.append(f'<img alt="{escape(said)}" src="{_uri(data, f"image/{kind}")}">')

    def sounds(self, block: Block) -> None:
        """Spectrograms to click and hear."""
        named = any(block.rows)
        cells: list[str] = []
        for name, line in zip(block.rows, block.cells, strict=True):
            if named:
                cells.append(f'<span class="row">{escape(name)}</span>')
            cells.extend(_note(cell, f"{name} {cell.caption}".strip()) for cell in line)
        if named:
            cells.append("<span></span>")
        cells.extend(f'<span class="column">{escape(name)}</span>' for name in block.columns)
        grid = f"{'5.5rem ' if named else ''}repeat({len(block.columns)}, minmax(0, 8rem))"
        self._parts.append(f'<div class="sounds" style="grid-template-columns: {grid}">{"".join(cells)}</div>')


def write_head(page: Page, found: Evaluation, document: ModelDocument) -> None:
    """What was evaluated, and how it stands."""
    data = found.data
    page.heading(f"{found.model}, version {found.version}", 1)
    seconds = (document.n_samples - document.onset_sample) / document.sample_rate
    page.text(
        f"{document.latent_size} latent dimensions, {document.bands.n} {document.bands.kind} bands x {document.frames} "
        f"frames at {document.sample_rate / 1000:g} kHz, {seconds:.2f} s a note, MIDI notes {document.note_min} to "
        f"{document.note_max}. Licence: {document.licence or 'not said'}.",
        "lead",
    )
    parts = ", ".join(f"{count} {name} ({data.recordings[name]} recordings)" for name, count in data.notes.items())
    page.text(
        f"Data set {data.name or 'without a name'}, {data.fingerprint[:12] or 'never stored'}: {parts}. "
        f"Seed {found.seed}."
    )
    if warning := doubt(data):
        page.text(warning, "warning")

    rows, untold = [], []
    for target in targets(document, found):
        told = target.read(found)
        if told is None:
            untold.append(target.what)
            continue
        value, n = told
        kind, word = (("b", "missed"), ("f", "reached"), ("g", "aim"))[target.reached(value)]
        shown = f"{value:.{target.digits}f} {target.unit}".strip()
        bounds = _bounds(target.least, target.aim, target.unit)
        rows.append((target.what, shown, *bounds, f'<span class="mark {kind}">{word}</span>', f"{n:,}"))
    page.table(
        ("figure", "measured", "at least", "aim", "", "n"),
        rows,
        f"these data do not say: {'; '.join(untold)}" if untold else "",
    )


def doubt(data: DataFacts) -> str:
    """What to say where the splits may not be those that the model was trained by; nothing where they are."""
    if data.trained_on is None:
        return "This model file does not say on what data it was trained; the splits are those of the set."
    if data.trained_on:
        return ""
    return (
        "This model was trained on another data set. The splits are those of this one, and do not tell what the model "
        "has already heard."
    )


def write_fidelity(page: Page, found: Evaluation, chart: bytes, pairs: bytes, sounds: Block) -> None:
    page.heading("How near a note comes back")
    page.text(
        "Each note is encoded and decoded again. The log-spectral distance (LSD) is the root mean square over bands of "
        "the difference in dB, averaged over frames; the spectral convergence (SC) is the error's energy against the "
        f"note's on linear magnitudes; both over the first {JUDGED_S:g} s, or all of a note that is held and let go. "
        "From the median z: decoded not from its own "
        "code but from that of its instrument and velocity. Models compare on the first rows; others are notes "
        "that the data set's recipe does not count."
    )
    fidelity = found.fidelity
    rows = []
    for name, told in fidelity.split.items():
        median = fidelity.median_z.get(name, Distance(0, 0.0, 0.0))
        from_median = (f"{median.lsd_db:.2f}", f"{median.sc_db:.1f}", str(median.n)) if median.n else ("", "", "0")
        rows.append((name, f"{told.lsd_db:.2f}", f"{told.sc_db:.1f}", str(told.n), *from_median))
    head = ("notes", "LSD, dB", "SC, dB", "n", "LSD from median z, dB", "SC from median z, dB", "n")
    for name, told in fidelity.others.items():
        rows.append((f"others, {name}", f"{told.lsd_db:.2f}", f"{told.sc_db:.1f}", str(told.n), "", "", ""))
    page.table(head, rows)
    if found.detail is not None:
        write_detail(page, found.detail)
    write_tails(page, found.tails)
    page.picture(chart, "distances by instrument")
    page.picture(pairs, "originals beside reconstructions")
    page.text("Both rows are heard through the same phase reconstruction. Click to listen.", "faint")
    page.sounds(sounds)


def write_detail(page: Page, detail: Detail) -> None:
    """What `/encode` keeps beside the point."""
    page.text(
        "Fine detail: what is left between a recording and its point, an offset and a slope for each band. On the "
        "encoded notes it is judged by what it was fitted to; the nearest other recording of the instrument, decoded "
        "from the same point, was not heard."
    )
    rows = [
        (
            name,
            *(
                f"{number:.{digits}f}"
                for told in (share.without, share.with_detail)
                for number, digits in ((told.lsd_db, 2), (told.sc_db, 1))
            ),
            str(share.without.n),
        )
        for name, share in (("unseen recordings", detail.encoded), ("nearest other recording", detail.elsewhere))
    ]
    page.table(("notes", "LSD, dB", "SC, dB", "LSD with detail, dB", "SC with detail, dB", "n"), rows)


def write_tails(page: Page, tails: Tails) -> None:
    """How far notes have faded, where they are long enough to tell."""
    rows = [
        (f"{at}, {kind}", name, f"{tail.error_db:.1f}" if tail.n else "", str(tail.n))
        for kind, found in (("recording", tails.recorded), ("looped", tails.looped))
        for at, splits in found.items()
        for name, tail in splits.items()
    ]
    if rows:
        page.table(("after the onset", "notes", "level error, dB", "n"), rows)
        page.text(
            "The level of a quarter second, encoded and decoded, against the recording's, absolute, in the mean of the "
            "notes whose recording is less than 60 dB down by then. Looped: the SoundFont repeats a few periods by "
            "then, under an envelope of its own.",
            "faint",
        )


def write_playing(page: Page, playing: Playing, chart: bytes) -> None:
    page.heading("How it plays")
    page.text(
        "Every semitone at random points of the suggested latent range, reconstructed and cut as the daemon plays it. "
        "An octave error is told by the autocorrelation and counted apart; the error in cents is that of the first two "
        "partials. The recordings go through the same bands, phase reconstruction and estimators."
    )
    if playing.strokes is None:
        _write_tuning(page, playing)
    else:
        _write_strokes(page, playing.strokes)
    page.picture(chart, "pitch, harmonics and level over the keyboard")
    harmonic, levels, clicks, grid = playing.harmonicity, playing.levels, playing.clicks, playing.grid
    page.table(
        ("", "median", "p95", "worst", "n", "over the limit"),
        (
            (
                "harmonic-to-noise ratio, random points, dB",
                f"{harmonic.generated.median:.1f}",
                "",
                "",
                str(harmonic.generated.n),
                "",
            ),
            (
                "harmonic-to-noise ratio, recordings, dB",
                f"{harmonic.recorded.median:.1f}",
                "",
                "",
                str(harmonic.recorded.n),
                "",
            ),
            *(
                (
                    f"level step to the next semitone, {name}, dB",
                    f"{steps.median:.2f}",
                    f"{steps.p95:.2f}",
                    f"{steps.worst:.2f}",
                    str(steps.n),
                    f"{jumps} over 3 dB",
                )
                for name, steps, jumps in (
                    ("at one point", levels.played, levels.jumps),
                    ("recordings", levels.recorded, levels.recorded_jumps),
                )
            ),
            (
                "steepest step at the onset against the sound after it, dB",
                f"{clicks.onset.median:.1f}",
                f"{clicks.onset.p95:.1f}",
                f"{clicks.onset.worst:.1f}",
                str(clicks.n),
                f"{clicks.onset_clicks} over 3 dB",
            ),
            (
                "steepest step at the end against the sound before it, dB",
                f"{clicks.end.median:.1f}",
                f"{clicks.end.p95:.1f}",
                f"{clicks.end.worst:.1f}",
                str(clicks.n),
                f"{clicks.end_clicks} over 3 dB",
            ),
        ),
    )
    page.text(f"Recordings against their own reconstructions: {harmonic.reconstructed_difference_db:+.1f} dB (median).")
    page.heading("Corners", 3)
    page.text(
        f"{grid.points} points of a grid over the suggested range, its ends included, at the MIDI notes "
        f"{', '.join(map(str, grid.notes))}: {grid.n} notes, {grid.dead} of them out of tune by more than 10 cents, of "
        f"another pitch, or with a peak outside -18 to +12 dB. Peaks: median {grid.peak_db.median:.1f}, "
        f"{grid.quietest_db:.1f} to {grid.peak_db.worst:+.1f} dB."
    )
    if grid.failures:
        rows = ((", ".join(f"{value:.2f}" for value in it.z), str(it.note), it.why) for it in grid.failures)
        page.table(("z", "note", "what is wrong"), rows, f"the first {len(grid.failures)} of {grid.dead}")


def _write_tuning(page: Page, playing: Playing) -> None:
    tuned = [
        ("random points", playing.tuning),
        ("corners", playing.grid.tuning),
        ("recordings", playing.recorded_tuning),
    ]
    page.table(
        ("pitch", "median, cents", "p95, cents", "worst, cents", "within 10 cents", "octave errors", "n"),
        (
            (
                name,
                f"{told.median_cents:.2f}",
                f"{told.p95_cents:.2f}",
                f"{told.worst_cents:.1f}",
                f"{100.0 * told.within_10_cents:.1f} %",
                str(told.octave_errors),
                str(told.n),
            )
            for name, told in tuned
        ),
    )


def _write_strokes(page: Page, strokes: Strokes) -> None:
    """Sounds without pitch: what a drum is felt by."""
    page.text("Sounds without pitch are all decoded at one key; pitch and harmonics below mean nothing for them.")
    page.table(
        ("off the recordings'", "median, dB", "p95, dB", "worst, dB", "n"),
        (
            (name, f"{told.median:.1f}", f"{told.p95:.1f}", f"{told.worst:.1f}", str(strokes.n))
            for name, told in (("peak", strokes.peak), ("crest factor", strokes.crest))
        ),
    )


def write_realism(page: Page, realism: Realism | None, data: DataFacts) -> None:
    page.heading("Whether it sounds like the data, as a set")
    if realism is None:
        page.text(f"Too few notes are withheld to compare sets: {data.notes}.")
        return
    page.text(
        f"Frechet distances between normal distributions in the embedding {realism.embedding!r}, fitted on the "
        f"training notes, of whose variance it keeps {100.0 * realism.explained:.0f} %. The test set: {realism.test}. "
        "Generated are as many notes as were trained on, at the same pitches. Small sets are far apart by chance "
        "alone: the last row says how far."
    )
    told: list[tuple[str, FrechetDistance]] = [
        ("generated to test", realism.generated_to_test),
        ("training to test", realism.training_to_test),
        ("generated to training", realism.generated_to_training),
        ("test, decoded, to test", realism.reconstructed_to_test),
        *((f"generated {name}, to test", distance) for name, distance in realism.other_draws.items()),
        ("training to training", realism.chance),
    ]
    rows = ((name, f"{it.distance:.2f}", str(it.n), str(it.m)) for name, it in told)
    page.table(("", "distance, dB^2", "n", "of"), rows)
    page.text(f"Generated over training, both to test: {realism.ratio:.2f}.")


def _bounds(least: float, aim: float, unit: str) -> tuple[str, str]:
    return f"{least:g} {unit}".strip(), "" if aim == least else f"{aim:g} {unit}".strip()


def _note(cell: Cell, said: str) -> str:
    picture = f'<img alt="" src="{_uri(cell.picture, "image/png")}">'
    sound = f'<audio preload="none" src="{_uri(cell.sound, "audio/flac")}"></audio>'
    return f'<button class="note" title="{escape(said)}" aria-label="play {escape(said)}">{picture}{sound}</button>'


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _cell(text: str) -> str:
    return text if text.startswith("<") else escape(text)
