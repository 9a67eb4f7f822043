"""osc.map: foreign addresses become ours."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from oscvae.errors import CommandError, ConfigError
from oscvae.osc.mapping import AddressMap, read_map
from oscvae.osc.packets import Message
from oscvae.settings.sections import Config


def address_map(text: str) -> AddressMap:
    return read_map(Config.model_validate({"osc": {"map": yaml.safe_load(text)}}).osc.map)


def rewritten(text: str, path: str, *args: Any) -> tuple[str, tuple[Any, ...]] | None:
    message = address_map(text).rewrite(Message(path, args))
    return None if message is None else (message.address, message.args)


@pytest.mark.parametrize(
    ("rule", "sent", "became"),
    [
        ("/x: /unit/1", (0.25,), ("/unit/1", (0.25,))),
        ("/x: {to: /gain, range: [-60, 6]}", (0.5,), ("/gain", (-27.0,))),
        ("/x: {to: /gain, from: [0, 127], range: [-60, 6]}", (127,), ("/gain", (6.0,))),
        ("/x: {to: /pad/1, range: [[0, 1], [1, 0]]}", (0.25, 0.25), ("/pad/1", (0.25, 0.75))),
        ("/x: {to: /pad/2, args: [$2, $1]}", (0.1, 0.2), ("/pad/2", (0.2, 0.1))),
        ("/x: {to: /play, args: [60, 0, 0, 0, 0, $1], press: true}", (0.5,), ("/play", (60, 0, 0, 0, 0, 0.5))),
        ("/x: {to: /play, args: [60, 0, 0, 0, 0, $1], press: true}", (0.0,), None),
        ("/x: {to: /load, args: [plucked]}", (1,), ("/load", ("plucked",))),
        ("/x: {to: /preset/recall, range: [0, 2]}", ("dark", 0.5), ("/preset/recall", ("dark", 1.0))),
        ("/y: /z/1", (1,), ("/x", (1,))),
    ],
)
def test_a_message_is_rewritten_as_its_rule_says(
    rule: str, sent: tuple[Any, ...], became: tuple[str, tuple[Any, ...]] | None
) -> None:
    assert rewritten(rule, "/x", *sent) == became


def test_a_mapped_address_may_look_like_a_pattern() -> None:
    message = address_map("'/x[1]': /z/1").rewrite(Message("/x[1]", (1,), "i", True))
    assert message == Message("/z/1", (1,))


def test_a_missing_argument_is_told() -> None:
    with pytest.raises(CommandError, match=r"wants argument 2 of /x, got 1"):
        rewritten("/x: {to: /z/1, args: [$2]}", "/x", 1)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("/x: /paly", r"osc\.map\./x\.to: /paly is no address of oscvae, did you mean /play\?"),
        ("x: /play", "begins with a slash"),
        ("/x: /z/0", r"osc\.map\./x\.to: no dimension 0: they count from 1, like /z/1$"),
        ("/x: {to: /play, args: [$0]}", r"\$0 is no argument"),
        ("/x: {to: /play, args: [$a]}", r"\$a is no argument"),
    ],
)
def test_a_rule_that_could_never_work_is_refused(rule: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        address_map(rule)
