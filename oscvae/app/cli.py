"""The command line: `oscvae serve | ask | render | dataset | train | listen | evaluate | export | study | patches |
doctor`.

Every command imports what it needs when it runs, so that `serve` can install its signal handlers before the heavy
imports, and `--help` is there at once.

Exit codes: 0 clean, 1 fault, 2 usage or configuration, 3 port taken.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from oscvae.app.options import Configurable
from oscvae.errors import OscvaeError

if TYPE_CHECKING:
    from oscvae.settings.sections import Config

P = ParamSpec("P")

app = typer.Typer(
    name="oscvae",
    help="A headless latent-space synthesiser: OSC in, JACK out.",
    epilog="Exit codes: 0 clean, 1 fault, 2 usage or configuration, 3 OSC port taken.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="PATH", help="Configuration; without it, the one that oscvae carries."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one key, like osc.port=9001. May be repeated."),
]


def _reporting(command: Callable[P, int]) -> Callable[P, None]:
    """A command that returns its exit code, as typer wants it; what oscvae raises on purpose becomes one line."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except OscvaeError as error:
            _report(error)
            code = error.exit_code
        raise typer.Exit(code)

    return run


def _report(error: OscvaeError) -> None:
    from oscvae.app import logs

    logs.flush()
    if logging.getLogger("oscvae").isEnabledFor(logging.DEBUG):
        traceback.print_exception(error)
    print(f"oscvae: {error}", file=sys.stderr)


def _configure(config: Path | None, overrides: list[str]) -> Config:
    from oscvae.app import logs, rules

    loaded = rules.load(config, overrides)
    logs.set_up(loaded.log.level)
    return loaded


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"oscvae {version('oscvae')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """The options before a command."""


@app.command(cls=Configurable)
@_reporting
def serve(config: ConfigOption = None, overrides: SetOption = None) -> int:
    """Play: the daemon, until SIGINT, SIGTERM or /quit.

    Starts on any machine: into JACK where a server answers, else into a sound device, else silently.
    """
    from oscvae.app import serve as daemon

    return daemon.serve(config, overrides or [])


def _latent(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} must be numbers like 0.1,-0.2,0.3,0.4", param_hint="--z") from None


@app.command(cls=Configurable)
@_reporting
def render(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The WAV file to write, float, stereo.")],
    note: Annotated[float | None, typer.Option(min=0, max=127, help="MIDI note; fractions are microtones.")] = None,
    z: Annotated[
        str | None,
        typer.Option("--z", metavar="A,B,..", help="Latent point; without it, the mean of the model."),
    ] = None,
    velocity: Annotated[float, typer.Option(min=0, max=1, help="The gain is its square.")] = 0.8,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="When the note is released; without it, it rings to its end, an endless one for 4 s."),
    ] = None,
    score: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Play a binary OSC score, as scsynth -N takes it, instead of a note."),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="A model of the model folder.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> int:
    """Write a note or a score to a sound file, by the daemon's own engine, faster than real time."""
    if (note is None) == (score is None):
        raise typer.BadParameter("give either --note or --score")
    latent = _latent(z)
    chosen = [f"model.name={json.dumps(model)}"] if model is not None else []
    loaded = _configure(config, [*(overrides or []), *chosen])

    from oscvae.app import render as renderer

    return renderer.main(
        loaded,
        note=note,
        z=latent,
        velocity=velocity,
        seconds=seconds,
        score=score,
        out=out,
        progress=sys.stderr.isatty(),
    )


@app.command(cls=Configurable)
@_reporting
def blend(
    a: Annotated[Path, typer.Argument(metavar="A", help="A recording of at most ten minutes.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another, which is stretched to the length of A.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The WAV file to write, float, stereo.")],
    mix: Annotated[float, typer.Option(min=-1, max=2, help="0 is A, 1 is B; beyond them it is drawn out.")] = 0.5,
    curve: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The mix over the position: a text file, `place mix` a line.")
    ] = None,
    rate: Annotated[float, typer.Option(min=-4, max=4, help="How fast they are read; below 0 backwards.")] = 1.0,
    model: Annotated[str, typer.Option(metavar="NAME", help="A model of single frames.")] = "timbre",
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> int:
    """Blend two recordings into a sound file, frame by frame, at the level at which they were recorded."""
    chosen = ["engine.gain_db=0", *(overrides or []), f"model.name={json.dumps(model)}"]
    loaded = _configure(config, chosen)

    from oscvae.app import blend as blender

    return blender.main(loaded, a, b, mix=mix, curve=curve, rate=rate, out=out, progress=sys.stderr.isatty())


dataset = typer.Typer(
    help="Data sets: build one from recordings or SoundFonts, see what is in it, hear it.", no_args_is_help=True
)
app.add_typer(dataset, name="dataset")

SetFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A data set.")]


@dataset.command("build")
@_reporting
def dataset_build(
    source: Annotated[
        str,
        typer.Argument(help="A folder of sound files, a SoundFont, a recipe in YAML, or plucked, which ships."),
    ],
    out: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Where the set goes; without it, data/ and its name.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-j", min=0, help="Processes; without it, one for each core.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build over another set or table that is there.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what each recording is taken for, as CSV where it is piped.")
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="What --preview writes; without it, a corrected one to build by."),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(metavar="ignore|read", help="Whether file names say notes; without it, where the sound agrees."),
    ] = None,
    effects: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Instead of the recipe's sounds: A3.wav, A3__fuzz.wav .. to be learnt."),
    ] = None,
    presets: Annotated[
        list[str] | None,
        typer.Option("--preset", metavar="[BANK:]PROGRAM", help="Of a SoundFont; without it all. May be repeated."),
    ] = None,
    middle_c: Annotated[
        int | None, typer.Option(min=-1, max=6, help="The octave that file names give MIDI note 60; some say 3.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="notes|frames", help="Of a folder: notes, or single frames of whatever sounds."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one key, like analysis.frames=200. May be repeated."),
    ] = None,
) -> int:
    """Build a data set, or go on with one that was stopped. The same recipe gives the same bytes.

    A note is named by its file (C#4, Bb3, 61), else by its sound; an instrument is a folder.
    """
    from oscvae.training.data import command
    from oscvae.training.data.recipes import Reading

    if names not in (None, "ignore", "read"):
        raise typer.BadParameter(f"{names!r}: ignore or read", param_hint="--names")
    if kind not in (None, "notes", "frames"):
        raise typer.BadParameter(f"{kind!r}: notes or frames", param_hint="--kind")
    reading = Reading(middle_c, names, table)  # type: ignore[arg-type]
    if preview:
        return command.run_preview(source, out, workers, force, reading, overrides or [], effects, kind)
    return command.run_build(source, out, workers, force, reading, overrides or [], presets or [], effects, kind)


@dataset.command("info")
@_reporting
def dataset_info(
    path: SetFolder,
    pictures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the pictures go; without it, into the set.")
    ] = None,
    draw: Annotated[bool, typer.Option("--draw/--no-draw", help="Histograms and spectra as PNG files.")] = True,
    check: Annotated[bool, typer.Option("--check", help="Read it all, and compare its fingerprint.")] = False,
) -> int:
    """Say what is in a data set: instruments, ranges, levels, what is withheld, what was left out; and draw it."""
    from oscvae.training.data import command

    return command.run_info(path, pictures, draw, check)


@dataset.command("listen")
@_reporting
def dataset_listen(
    path: SetFolder,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="The WAV file; without it, listen.wav in the set."),
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many notes.")] = 12,
    instrument: Annotated[str | None, typer.Option(metavar="NAME", help="Only of this instrument.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Choose at random; without it, evenly over the set.")] = None,
    aloud: Annotated[bool, typer.Option("--play", help="And play it.")] = False,
) -> int:
    """Write notes of a data set as a WAV file, through the phase reconstruction that plays the models."""
    from oscvae.training.data import command

    return command.run_listen(path, out, count, instrument, seed, aloud)


@app.command()
@_reporting
def train(
    config: Annotated[
        str | None,
        typer.Option("--config", "-c", metavar="FILE", help="A YAML file, or plucked (the default), own or published."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The data set, as `oscvae dataset build` leaves it.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Begin at a model (plucked, FILE.ts, a run), or at nothing."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="The run; without it, runs/ and its name.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the run in --out was stopped, as if it had not been.")
    ] = False,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one key, like fit.steps=2000. May be repeated."),
    ] = None,
) -> int:
    """Train a model on a data set, into a run folder that `oscvae evaluate` and `oscvae export` take.

    A set of few notes begins at the model that ships and takes the configuration own, unless --config or --from say
    otherwise.

    Arguments of Lightning's Trainer go into the section trainer, like --set trainer.devices=2.
    """
    from oscvae.training.fit import command

    return command.train(config, data, out, resume, overrides or [], start)


@app.command()
@_reporting
def listen(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run of `oscvae train`.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="A WAV file to write, instead of playing.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many notes.")] = 8,
    seed: Annotated[int | None, typer.Option(min=0, help="Choose at random; without it, evenly.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FOLDER", help="The run's data set, where it has moved.")
    ] = None,
) -> int:
    """Play withheld notes of a run, each as it was recorded and then as the model makes it again."""
    from oscvae.training.fit import listen as listening

    return listening.main(run, data, out, count, seed)


@app.command()
@_reporting
def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL.ts|RUN", help="A model file, or the folder of a run.")],
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FOLDER", help="The data set; a run knows its own.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="Where the page goes; without it, evaluations/ and the name."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all random points.")] = 1,
) -> int:
    """Judge a model: every figure of its card, pictures and sounds on one HTML page, the figures as JSON.

    Takes some minutes. A run is exported into the folder first: what is judged is what would be played.
    """
    from oscvae.training.evaluate import command

    return command.main(model, data, out if out is not None else Path("evaluations") / model.resolve().stem, seed)


@app.command()
@_reporting
def export(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|MODEL.ts", help="The folder of a run of `oscvae train`, or a model file.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The model file, such as models/mine.ts.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a model that is there.")] = False,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FOLDER", help="The run's data set, where it has moved.")
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--model-version", metavar="TEXT", help="What the file says; without it 1, or MODEL.ts's and .1."),
    ] = None,
    licence: Annotated[str | None, typer.Option(metavar="TEXT", help="Instead of the data's.")] = None,
    checkpoint: Annotated[
        str | None, typer.Option(metavar="best|last", help="Without it, what the run's configuration keeps.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="float32|float16", help="How the file holds its weights; without it float32.")
    ] = None,
) -> int:
    """Make a model file of a run: opened again, compared with the trained network, and timed before it is there.

    Every model gets the same loudness. MODEL.ts instead of a run brings one that is there to it, its network unchanged.
    """
    from oscvae.training.export import command as exporting
    from oscvae.training.export.wish import Wish

    return exporting.main(source, out, force, data, Wish(version, licence, checkpoint, weights))


@app.command()
@_reporting
def study(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="As --list names it.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Where the page goes; without it, studies/NAME."),
    ] = None,
    small: Annotated[bool, typer.Option("--small", help="A first look, in under a minute.")] = False,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FOLDER", help="Data of one's own, where a study takes them.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn.")] = 1,
    listed: Annotated[bool, typer.Option("--list", help="Say which there are.")] = False,
) -> int:
    """Run again an experiment that the project started from: one page with pictures, the figures as JSON."""
    from oscvae.training.studies import command

    if listed:
        return command.show_list()
    if name is None:
        raise typer.BadParameter("which study? --list names them", param_hint="NAME")
    return command.run(name, out if out is not None else Path("studies") / name, small, data, seed)


@app.command(context_settings={"ignore_unknown_options": True})
@_reporting
def ask(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Like /status; docs/osc.md has all.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[ARGUMENT]..", help="Numbers and strings.")] = None,
    host: Annotated[str, typer.Option(metavar="HOST", help="Where the daemon runs.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its osc.port, else the configuration's.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long a command may take.")] = 90.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each answer.")] = False,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> int:
    """Send one command to a running daemon, and print what it answers.

    Waits until the command is finished, as /sync does. Exit code 1 if the answer is /fail, or if there is no daemon.
    """
    from oscvae.app import ask as asking
    from oscvae.app import rules

    port = port or rules.load(config, overrides or []).osc.port
    return asking.main(host, port, address, arguments or [], timeout_s=timeout, as_json=as_json)


@app.command()
@_reporting
def patches(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Where they go; without it, oscvae-patches.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there and differ.")] = False,
    part: Annotated[
        int | None, typer.Option("--part", help="Layouts for that part of the daemon too, 1 to 8.", metavar="N")
    ] = None,
) -> int:
    """Copy the patches for Pd, Max, SuperCollider, TouchOSC and others to where they can be opened."""
    from oscvae.app import patches as carried

    return carried.main(folder or Path(carried.DEFAULT_FOLDER), force=force, part=part)


@app.command(cls=Configurable)
@_reporting
def doctor(config: ConfigOption = None, overrides: SetOption = None) -> int:
    """Say what is there, what is missing, and the one command that mends it.

    Exit code 1 if `oscvae serve` with the same options would fail. A daemon that runs already is asked how it is.
    """
    loaded = _configure(config, overrides or [])

    from oscvae.app.doctor import command as checks

    return checks.run(loaded)


def main() -> None:
    """The entry point `oscvae`."""
    app()
