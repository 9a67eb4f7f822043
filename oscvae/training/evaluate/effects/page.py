"""The part of an evaluation's page that is about effects, and the map of where they lie."""

from __future__ import annotations

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from oscvae.training.evaluate.drawing import ACCENT, FAINT, STYLE, new_figure, palette
from oscvae.training.evaluate.effects.measure import Effects, Placed
from oscvae.training.evaluate.fidelity import Distance
from oscvae.training.evaluate.page import Page


def write_effects(page: Page, effects: Effects, placed: Placed, chart: bytes) -> None:
    page.heading("What effects do to sounds that were never heard")
    page.text(
        f"{effects.sounds} sounds that were never trained on, each under all {len(placed.name)} effects: decoded from "
        "the code of the dry sound and the place of the effect, and compared with the sound as the effect makes it."
        if placed.has_families
        else f"{effects.sounds} sounds that were never trained on, dry and under those of the {len(placed.name) - 1} "
        "effects that they were recorded with: decoded from the code of the dry sound and the place of the effect, and "
        "compared with the recording."
    )
    rows: list[tuple[str, Distance]] = [
        ("all effects", effects.all),
        ("all effects, with fine detail of the dry sound", effects.detailed),
        *((f"{'family ' if placed.has_families else ''}{name}", distance) for name, distance in effects.family.items()),
        ("pairs of training that were seen together", effects.seen_pairs),
        ("pairs of training that never were", effects.unseen_pairs),
    ]
    page.table(
        ("", "LSD, dB", "SC, dB", "n"),
        ((name, f"{it.lsd_db:.2f}", f"{it.sc_db:.1f}", f"{it.n:,}") for name, it in rows),
    )
    page.picture(chart, "where the effects lie on the pad")
    page.text(_said(effects))
    page.table(
        ("told from a code by the nearest centroid", "right", "by chance", "n"),
        (
            (name, f"{it.right:.3f}", f"{it.chance:.3f}", f"{it.n:,}")
            for name, it in (
                ("group of effects, from the effect's code", effects.group),
                ("effect, from the sound's code", effects.effect_from_sound),
                ("sound, from the effect's code", effects.sound_from_effect),
            )
        ),
    )
    if effects.unseen:
        nearest = "family of the nearest" if placed.has_families else "the nearest"
        page.table(("effect never trained on", nearest), tuple(effects.unseen.items()))


def _said(effects: Effects) -> str:
    said = []
    if effects.brightness_rank is not None:
        said.append(
            f"Moog corner against brightness, rank: {effects.brightness_rank:.3f} decoded, "
            f"{effects.brightness_rank_true:.3f} in the sounds themselves."
        )
    if effects.distance_rank is not None:
        said.append(f"Distance on the pad against dB: {effects.distance_rank:.3f}.")
    said.append(f"Effects fall into {effects.groups} groups at 2 dB.")
    low, high = effects.level_db
    said.append(
        f"Of sounds under one effect each, the level is {low:+.1f} to {high:+.1f} dB off the median (5 to 95 %)."
    )
    if effects.brightness_rank is None:
        said.append("Families, and the rank of the Moog corner against brightness, are known of the bank alone.")
    return " ".join(said)


def draw_effects(bank: Placed) -> Figure:
    """Where the effects lie: the first two dimensions of their places, the corners of each resonance of the Moog filter
    joined by a line from low to high."""
    families = list(dict.fromkeys(bank.family))
    place = bank.place if bank.place.shape[1] > 1 else np.repeat(bank.place, 2, axis=1)
    with rc_context(STYLE):
        figure = new_figure(height_in=6.5)
        axes = figure.subplots()
        for rows in bank.corner.values():
            axes.plot(*place[list(rows), :2].T, color=FAINT, linewidth=0.8, zorder=1)
        for family, colour in zip(families, palette(len(families)), strict=True):
            chosen = np.array(bank.family) == family
            label = family if bank.has_families else None
            axes.scatter(*place[chosen, :2].T, s=34, color=colour, label=label, zorder=2)
        axes.scatter(
            *place[bank.unseen, :2].T, s=110, facecolors="none", edgecolors=ACCENT, label="never trained on", zorder=3
        )
        between = {row for resonance, rows in bank.corner.items() if 0.0 < resonance < 1.0 for row in rows}
        for row, name in enumerate(bank.name):
            if row not in between:
                axes.annotate(name, place[row, :2], xytext=(4, 3), textcoords="offset points", fontsize=6.5)
        axes.set_xlabel("first dimension of the effect")
        axes.set_ylabel("second dimension of the effect")
        if bank.has_families or bank.unseen.any():
            axes.legend(loc="best")
    return figure
