"""Options that no command has and somebody expects: `oscvae serve --port 9501` means a key of the configuration."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from oscvae.settings.sections import Config

_LIKELY = 0.7  # how alike an option and a key must be to be taken for each other


class Configurable(typer.core.TyperCommand):
    """A command that takes --set, and says which key an unknown option was meant to set."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:  # click's NoSuchOption, which some versions of typer carry under a private name
            option = getattr(error, "option_name", None)
            if option is not None and hasattr(error, "possibilities"):
                from oscvae.settings.sections import Config

                meant = suggestion(Config, option, _value_of(given, option))
                error.possibilities = error.possibilities if meant is None else [meant]
            raise


def suggestion(config: type[Config], option: str, value: str | None) -> str | None:
    """`--set osc.port=9501` for `--port 9501`; None where no key is like it."""
    keys = _keys(config)
    wanted = option.lstrip("-").replace("-", "_")
    names = [key.rpartition(".")[2] for key in keys]
    near = [wanted] if wanted in names else difflib.get_close_matches(wanted, names, n=1, cutoff=_LIKELY)
    meant = [key for key, name in zip(keys, names, strict=True) if near and name == near[0]]
    if wanted in config.model_fields and f"{wanted}.name" in keys:
        meant = [f"{wanted}.name"]
    shown = "VALUE" if value is None else value
    return " or ".join(f"--set {key}={shown}" for key in meant) or None


def _value_of(args: list[str], option: str) -> str | None:
    """What was given for an option, as `--port 9501` or `--port=9501`."""
    for arg, following in zip(args, [*args[1:], None], strict=True):
        name, equals, value = arg.partition("=")
        if name == option:
            if equals:
                return value
            return None if following is None or following.startswith("--") else following
    return None


def _keys(config: type[Any]) -> list[str]:
    """Every key of the configuration, `section.key`."""
    return [
        f"{section}.{key}" for section, field in config.model_fields.items() for key in field.annotation.model_fields
    ]
