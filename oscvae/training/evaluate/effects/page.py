"""The part of an evaluation's page that is about effects, and the map of where they lie."""

from __future__ import annotations

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from oscvae.training.effects.bank import BANK
from oscvae.training.evaluate.drawing import ACCENT, FAINT, STYLE, new_figure, palette
from oscvae.training.evaluate.effects.measure import Bank, Effects
from oscvae.training.evaluate.fidelity import Distance
from oscvae.training.evaluate.page import Page


def write_effects(page: Page, effects: Effects, chart: bytes) -> None:
    page.heading("What effects do to sounds that were never heard")
    page.text(
        f"{effects.sounds} sounds that were never trained on, each under all {len(BANK)} effects: decoded from the "
        "code of the dry sound and the place of the effect, and compared with the sound as the effect makes it."
    )
    rows: list[tuple[str, Distance]] = [
        ("all effects", effects.all),
        ("all effects, with fine detail of the dry sound", effects.detailed),
        *((f"family {name}", distance) for name, distance in effects.family.items()),
        ("pairs of training that were seen together", effects.seen_pairs),
        ("pairs of training that never were", effects.unseen_pairs),
    ]
    page.table(
        ("", "LSD, dB", "SC, dB", "n"),
        ((name, f"{it.lsd_db:.2f}", f"{it.sc_db:.1f}", f"{it.n:,}") for name, it in rows),
    )
    page.picture(chart, "where the effects lie on the pad")
    page.text(
        f"Moog corner against brightness, rank: {effects.brightness_rank:.3f} decoded, "
        f"{effects.brightness_rank_true:.3f} in the sounds themselves. Distance on the pad "
        f"against dB: {effects.distance_rank:.3f}. Effects fall into "
        f"{effects.groups} groups at 2 dB."
    )
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
    page.table(
        ("effect never trained on", "family of the nearest"),
        tuple(effects.unseen.items()),
    )


def draw_effects(bank: Bank) -> Figure:
    """Where the effects lie: the first two dimensions of their places, the corners of each resonance of the Moog filter
    joined by a line from low to high."""
    families = list(dict.fromkeys(bank.family))
    place = bank.place if bank.place.shape[1] > 1 else np.repeat(bank.place, 2, axis=1)
    with rc_context(STYLE):
        figure = new_figure(height_in=6.5)
        axes = figure.subplots()
        for resonance in sorted({one.parameters["resonance"] for one in BANK if one.family == "moog"}):
            rows = [n for n, one in enumerate(BANK) if one.parameters.get("resonance") == resonance]
            axes.plot(*place[rows, :2].T, color=FAINT, linewidth=0.8, zorder=1)
        for family, colour in zip(families, palette(len(families)), strict=True):
            chosen = np.array(bank.family) == family
            axes.scatter(*place[chosen, :2].T, s=34, color=colour, label=family, zorder=2)
        axes.scatter(
            *place[bank.unseen, :2].T, s=110, facecolors="none", edgecolors=ACCENT, label="never trained on", zorder=3
        )
        for row, one in enumerate(BANK):
            if one.family != "moog" or one.parameters["resonance"] in (0.0, 1.0):
                axes.annotate(one.name, place[row, :2], xytext=(4, 3), textcoords="offset points", fontsize=6.5)
        axes.set_xlabel("first dimension of the effect")
        axes.set_ylabel("second dimension of the effect")
        axes.legend(loc="best")
    return figure
