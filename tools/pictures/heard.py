"""What comes out of the model: a note on its way from packet to sound, the piece of the README, and its spectrogram."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
import soundfile
import torch
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from PIL import Image

from oscvae.model.document import model_path, read_document
from oscvae.model.torchscript import load
from oscvae.settings.sections import load_config

matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parents[2]
NOTE, SECONDS = 57, 1.2
FROM, TO = "harp", "koto"  # the note lies between them
INK, FAINT, LINE, ACCENT = "#e8eaee", "#aab3c0", "#343c48", "#e0814a"
GROUND, RAISED = "#14171c", "#0e1115"  # the page's: readable on a white page and on a dark one
COLOURS = "magma"
FLOOR_DB = -70.0
MARK = 9  # pixels around the note's point


def make(folder: Path) -> None:
    """sounds/drift.mp3, hold.mp3, sweep.mp3 and meet.mp3, pictures/drift.png and pictures/note.png in this folder."""
    (folder / "sounds").mkdir(parents=True, exist_ok=True)
    pyplot.rcParams.update({"font.size": 9, "text.color": INK, "axes.edgecolor": LINE, "axes.labelcolor": FAINT,
                            "xtick.color": FAINT, "ytick.color": FAINT, "figure.facecolor": GROUND,
                            "axes.facecolor": RAISED})  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        sound, rate = _play("drift", Path(place), folder / "sounds")
        _play("hold", Path(place), folder / "sounds", "--set", "model.name=sustained")
        _play("strike", Path(place), folder / "sounds", "--set", "model.name=struck")
        _play("beat", Path(place), folder / "sounds", "--set", "model.name=drums", squeeze=0.75)
        _play("meet", Path(place), folder / "sounds", "--set", "model.name=timbre", squeeze=0.6)
        _play("sweep", Path(place), folder / "sounds", "--set", "model.name=hits")
        _draw_piece(sound.mean(axis=1), rate, folder / "pictures" / "drift.png")
        _draw_note(Path(place), folder / "pictures" / "note.png")


def _play(name: str, place: Path, folder: Path, *options: str, squeeze: float = 0.5) -> tuple[NDArray[np.float64], int]:
    """A piece of docs/sounds, rendered and written as MP3 into a folder: its samples and their rate.

    squeeze: 0 to 1, from most bits to fewest; noise takes many.
    """
    score, piece = place / f"{name}.osc", place / f"{name}.wav"
    _python(str(ROOT / "docs" / "sounds" / f"{name}.py"), str(score))
    _python("-m", "oscvae", "render", *options, "--score", str(score), "--out", str(piece))
    sound, rate = soundfile.read(piece)
    soundfile.write(
        folder / f"{name}.mp3", sound, rate, format="MP3", bitrate_mode="VARIABLE", compression_level=squeeze
    )
    return sound, rate


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def _save(figure: Figure, path: Path) -> None:
    """As a PNG of 200 colours, half of the size."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    pyplot.close(figure)
    Image.open(content).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


def _spectrum_db(sound: NDArray[np.float64], n_fft: int, hop: int) -> NDArray[np.float64]:
    """[frames, bins], 0 dB the loudest."""
    padded = np.pad(sound, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * np.hanning(n_fft)
    magnitudes = np.abs(np.fft.rfft(frames))
    return 20.0 * np.log10(np.maximum(magnitudes / magnitudes.max(), 1e-9))


def _draw_piece(sound: NDArray[np.float64], rate: int, path: Path) -> None:
    n_fft, hop = 8192, 512
    levels = _spectrum_db(sound, n_fft, hop)
    seconds = np.arange(len(levels)) * hop / rate
    freqs_hz = np.arange(1, levels.shape[1]) * rate / n_fft
    figure, axes = pyplot.subplots(figsize=(9, 3), dpi=110, layout="constrained")
    axes.pcolormesh(seconds, freqs_hz, levels[:, 1:].T, cmap=COLOURS, vmin=FLOOR_DB, vmax=0.0, rasterized=True)
    axes.set(yscale="log", ylim=(60, 12_000), xlabel="seconds", ylabel="Hz")
    axes.set_yticks([100, 300, 1000, 3000, 10_000], ["100", "300", "1 k", "3 k", "10 k"])
    axes.minorticks_off()
    _save(figure, path)


def _draw_note(place: Path, path: Path) -> None:
    config = load_config()
    file = model_path(config.model.folder, config.model.name)
    document = read_document(file)
    names = [point.label.rstrip(" 0123456789") for point in document.points]
    codes = np.array([point.z for point in document.points])
    middles = {name: np.median(codes[[n == name for n in names]], axis=0) for name in sorted(set(names))}
    z = np.round(0.5 * (middles[FROM] + middles[TO]), 1) + 0.0  # no -0

    sound_file = place / "note.wav"
    point = ",".join(f"{value:g}" for value in z)
    _python(
        "-m",
        "oscvae",
        "render",
        "--note",
        str(NOTE),
        f"--z={point}",
        "--seconds",
        str(SECONDS),
        "--out",
        str(sound_file),
    )
    sound, rate = soundfile.read(sound_file)
    with torch.no_grad():
        octave, semitone = torch.zeros(1, 7), torch.zeros(1, 12)
        octave[0, NOTE // 12 - document.first_octave] = 1.0
        semitone[0, NOTE % 12] = 1.0
        bands = load(file)[0](torch.tensor(z[None], dtype=torch.float32), octave, semitone)[0].numpy()

    figure, (packet, latent, spectrum, wave) = pyplot.subplots(
        1, 4, figsize=(10, 3.0), dpi=110, layout="constrained", width_ratios=(0.75, 1.7, 1.1, 1.1)
    )
    _write_packet(packet, z)
    colours = pyplot.get_cmap("hsv")(np.arange(len(middles)) / len(middles))
    for name, colour in zip(middles, 0.35 + 0.65 * colours, strict=True):
        own = codes[[n == name for n in names]]
        latent.plot(own[:, 0], own[:, 1], ".", markersize=2.5, color=np.minimum(colour, 1.0))
    latent.plot(z[0], z[1], "o", color=ACCENT, markersize=8, markeredgecolor="white")
    latent.margins(0.15, 0.12)
    latent.set(title="a point of the latent space", xticks=[], yticks=[])
    spectrum.imshow(bands, origin="lower", aspect="auto", cmap=COLOURS, vmin=-1.0, vmax=1.0, interpolation="nearest")
    spectrum.set(
        title="magnitudes, decoded",
        xticks=[],
        yticks=[],
        xlabel=f"{bands.shape[1]} {'frames' if bands.shape[1] == document.frames else 'knots'}",
        ylabel=f"{bands.shape[0]} bands",
    )
    wave.plot(np.arange(len(sound)) / rate, sound[:, 0], color=ACCENT, linewidth=0.4)
    wave.set(title="phases found: sound", yticks=[], xlabel="seconds", xlim=(0, len(sound) / rate))
    for axes in (packet, latent, spectrum, wave):
        axes.title.set_fontsize(9)
    figure.draw_without_rendering()  # the panels have their places
    figure.set_layout_engine("none")
    _name(latent, middles, codes[:, :2], z[:2])
    _save(figure, path)


def _name(
    axes: Axes, middles: dict[str, NDArray[np.float64]], dots: NDArray[np.float64], marked: NDArray[np.float64]
) -> None:
    """Write each name near its middle, where it lies on no other name, not on what is marked, and on few dots."""
    places = axes.transData.transform(dots)
    frame = axes.get_window_extent()
    x, y = axes.transData.transform(marked)
    taken = [Bbox.from_extents(x - MARK, y - MARK, x + MARK, y + MARK)]
    for name, middle in sorted(middles.items(), key=lambda item: len(item[0]), reverse=True):
        found = []
        for distance in range(8, 60, 6):
            for turn in np.arange(12) * np.pi / 6:
                away = distance * np.array([1.6 * np.cos(turn), np.sin(turn)])
                text = axes.annotate(
                    name, middle[:2], away, textcoords="offset points", fontsize=7.5, ha="center", va="center"
                )
                box = text.get_window_extent().padded(1.5)
                text.remove()
                is_inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
                if is_inside and not any(box.overlaps(other) for other in taken):
                    found.append((2.0 * box.count_contains(places) + 0.4 * distance, tuple(away), box))
        if not found:
            raise ValueError(f"there is no room for {name!r}")
        _, away, box = min(found, key=lambda place: place[0])
        taken.append(box)
        axes.annotate(
            name, middle[:2], away, textcoords="offset points", fontsize=7.5, ha="center", va="center",
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip


def _write_packet(axes: Axes, z: NDArray[np.float64]) -> None:
    axes.set(title="an OSC packet", xticks=[], yticks=[])
    axes.axis("off")
    lines = ["/play", f"  {NOTE}      note", *(f"  {value:<7g} z{k + 1}" for k, value in enumerate(z))]
    axes.text(
        0.08,
        0.5,
        "\n".join(lines),
        family="monospace",
        fontsize=9,
        va="center",
        transform=axes.transAxes,
        linespacing=1.5,
    )
