"""Steering: what moves the cursor by its numbers, one, two or all of them."""

from __future__ import annotations

from collections.abc import Callable

from oscvae.errors import CommandError
from oscvae.model.described import Latent
from oscvae.model.detail import Mix
from oscvae.osc.client import Client
from oscvae.osc.obeying import Handlers
from oscvae.osc.parse import Command
from oscvae.play.cursor import Cursor
from oscvae.play.journey import Point

obeys: Handlers[[Command, Client, int | None]] = Handlers("performer")


class Steering:
    """latent: of the model that is current. place_of: the point that a command names, and the fine detail there; both
    raise CommandError where there is none.
    """

    def __init__(
        self, cursor: Cursor, latent: Callable[[], Latent], place_of: Callable[[Point | str], tuple[Point, Mix]]
    ) -> None:
        self._cursor = cursor
        self._latent = latent
        self._place_of = place_of

    @obeys("/z")
    def _place(self, command: Command, client: Client, due_ns: int | None) -> None:
        z, detail = self._place_of(command.values["z"])
        self._cursor.place(z, due_ns, detail)

    def _replace(self, due_ns: int | None, index: int, *values: float) -> None:
        dims = len(self._latent().low)
        if index + len(values) > dims:
            raise CommandError(f"the model has changed: it has {dims} dimensions")
        self._cursor.replace(index, values, due_ns)

    @obeys("/z/N")
    def _z_n(self, command: Command, client: Client, due_ns: int | None) -> None:
        self._replace(due_ns, command.values["n"] - 1, command.values["value"])

    def _scaled(self, dimension: int, share: float) -> float:
        latent = self._latent()
        if dimension >= len(latent.low):
            raise CommandError(f"the model has changed: it has {len(latent.low)} dimensions")
        return latent.low[dimension] + share * (latent.high[dimension] - latent.low[dimension])

    @obeys("/unit/N")
    def _unit(self, command: Command, client: Client, due_ns: int | None) -> None:
        dimension = command.values["n"] - 1
        self._replace(due_ns, dimension, self._scaled(dimension, command.values["value"]))

    @obeys("/pad/N")
    def _pad(self, command: Command, client: Client, due_ns: int | None) -> None:
        first = 2 * (command.values["n"] - 1)
        x, y = command.values["x"], command.values["y"]
        self._replace(due_ns, first, self._scaled(first, x), self._scaled(first + 1, y))

    @obeys("/glide")
    def _glide(self, command: Command, client: Client, due_ns: int | None) -> None:
        z, detail = self._place_of(command.values["z"])
        self._cursor.travel(command.values["seconds"], z, due_ns, detail)
