"""The page's part on the latent space: its figures, its maps, and what can be played in it."""

from __future__ import annotations

from dataclasses import dataclass

from oscvae.training.evaluate.gallery import Block
from oscvae.training.evaluate.latent import HEARD_DB, LatentSpace
from oscvae.training.evaluate.page import Page
from oscvae.training.fit.regularisers import say_dimensions


@dataclass(frozen=True, eq=False)
class SpacePictures:
    """PNGs, and what can be heard."""

    unfolded: bytes
    plane: bytes
    pads: bytes
    correlations: bytes
    traversals: Block
    traversal_note: str
    grids: tuple[tuple[str, Block], ...]
    way: Block
    way_note: str
    animation: bytes
    """GIF."""


def write_space(page: Page, latent: LatentSpace, pictures: SpacePictures) -> None:
    page.heading("The latent space")
    said = f"; {say_dimensions(latent.dead)} nothing" if latent.dead else ""
    numbers = range(1, latent.dimensions + 1)
    rows = [("variance of the codes", *[f"{value:.3f}" for value in latent.variance])]
    if latent.nats:
        rows.append(("divergence from N(0, 1), nats", *[f"{value:.2f}" for value in latent.nats]))
    rows.append(("two standard deviations change, dB", *[f"{value:.2f}" for value in latent.change_db]))
    page.table(
        ("dimension", *[f"z{number}" for number in numbers]),
        rows,
        f"{latent.active} of {latent.dimensions} dimensions are active: their codes vary by more than 0.01, and they "
        f"change the sound by {HEARD_DB} dB or more{said}",
    )
    gap = latent.discrepancy
    page.table(
        ("squared maximum mean discrepancy to N(0, 1)", "codes", "95 % of as many normal points"),
        (
            (f"Gaussian kernel, width {gap.rbf_width:.3g}", f"{gap.rbf:.2e}", f"{gap.rbf_chance:.2e}"),
            (f"inverse multiquadratic kernel, width {gap.imq_width:.3g}", f"{gap.imq:.2e}", f"{gap.imq_chance:.2e}"),
        ),
        f"{gap.n} codes, drawn from the encoder, against as many points of the prior",
    )
    places = latent.places
    page.table(
        ("instrument from z, by the nearest centroid", "right", "n"),
        ((name, f"{100.0 * places.accuracy[name]:.1f} %", str(places.n[name])) for name in places.n),
        f"chance is {100.0 * places.chance:.0f} %",
    )
    smooth = latent.smoothness
    page.text(
        f"{smooth.n} straight ways between instruments at MIDI note {smooth.note}, {smooth.steps} steps each: the "
        f"largest step is {smooth.unevenness.median:.2f} times the mean one (median; p95 {smooth.unevenness.p95:.2f}; "
        f"1 is perfectly even); a step changes {smooth.step_db.median:.2f} dB (median), at most "
        f"{smooth.step_db.worst:.1f}."
    )
    page.heading("What each dimension does", 3)
    page.text(
        "Spearman's rank correlation. Left: of points drawn from the suggested range, at one note at a time. Right: of "
        "recordings and their codes, the pitch taken out."
    )
    page.picture(pictures.correlations, "correlation of dimensions with brightness, damping, attack and inharmonicity")
    page.heading("Maps", 3)
    page.text("The codes of the training notes, unfolded by t-SNE: near in z is near here, far away says nothing.")
    page.picture(pictures.unfolded, "t-SNE of the codes")
    page.text("The first two dimensions as they are.")
    page.picture(pictures.plane, "the first two dimensions")
    page.text("Two by two, as the XY pads have them; the suggested range is dashed.")
    page.picture(pictures.pads, "dimensions two by two")

    page.heading("Traversals")
    page.text(
        f"{pictures.traversal_note}, one dimension from the low to the high end of its range, the others at the mean "
        "of the codes. Click to listen."
    )
    page.sounds(pictures.traversals)
    page.heading("From one instrument to another")
    page.text(
        f"{pictures.way_note}, from the median point of the one that lies farthest from the other. Click to listen."
    )
    page.sounds(pictures.way)
    page.picture(pictures.animation, "the same way, there and back", "gif")
    page.heading("Pads")
    page.text(f"{pictures.traversal_note} over two dimensions, the others at the mean.")
    for name, grid in pictures.grids:
        page.heading(name, 3)
        page.sounds(grid)
