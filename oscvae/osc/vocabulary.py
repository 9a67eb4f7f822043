"""The OSC vocabulary: one table of every address, from which parser, dispatcher, router, /help and docs/osc.md derive.

Why a table: a command that exists in code and not in the documentation, or the other way round, cannot happen. A test
walks every row. `osc.obeying` ties each row to the method that obeys it.
"""

from __future__ import annotations

import difflib
from typing import Any

from oscvae.errors import CommandError, UnknownAddressError
from oscvae.osc.parts import PARTS, bare
from oscvae.osc.rows import REQUIRED, Address, Arg, Reply, Setting

INT32_MAX = 2**31 - 1
_DIGITS = 4  # of the N of a path like /z/N
_SHOWN = 40  # characters of a foreign path in an error
_PREFIXED = 255  # characters of a foreign path in which an address is looked for
SECONDS_MAX = 3600.0  # no note, glide or release date lies further ahead than an hour


def _seconds(name: str, low: float = 0.0, high: float = SECONDS_MAX, *, default: Any = REQUIRED, help: str = "") -> Arg:
    return Arg(name, "float", low, high, "s", clip=True, default=default, help=help)


_NOTE = Arg(
    "note",
    "float",
    0,
    127,
    "MIDI note",
    help="60 = C4; fractions are microtones; an octave beyond the model's range by resampling, then /fail",
)
_Z = Arg(
    "z",
    "latent",
    help="one number per latent dimension, clipped at the mean +- 6 standard deviations; or one string, the handle of "
    "an encoded sound or a preset's name",
)
_VELOCITY = Arg("velocity", "float", 0, 1, clip=True, default=0.8, help="the gain is its square")
_RELEASED_AFTER = _seconds("seconds", default=None, help="when it is released; without it, it rings out")
_ID = Arg("id", "int", 0, INT32_MAX, help="a number of your own choice; other senders' ids are theirs")
_KNOWN_ID = Arg("id", "int", -INT32_MAX, INT32_MAX, help="your own, or a negative one that /voice/on has told")
_NAME = Arg("name", "string")
_GAIN = Arg("gain", "float", -60, 6, "dB", clip=True)
_PAN = Arg("pan", "float", -1, 1, clip=True, help="balance, left to right; 0 is unity on both sides")
_BEND = Arg("bend", "float", -24, 24, "semitones", clip=True)
_NOTE_BEND = Arg("bend", "float", -48, 48, "semitones", clip=True, help="all bends together reach 48 either way")
_RELEASE = _seconds("release", 0.005, 10.0)
_ATTACK = _seconds("attack", 0.0, 10.0)
_RATE = Arg("rate", "float", -4, 4, "ratio", clip=True, help="how fast it is read; 0 freezes, below 0 runs back")
_MIX = Arg("mix", "float", -1, 2, clip=True, help="0 is a, 1 is b, beyond them it is drawn out")
_DETAIL = Arg("detail", "float", 0, 1, clip=True, help="how much of the fine detail of its sound it has")
_KEY_VELOCITY = Arg("velocity", "float", 0, 127, clip=True, help="0 = note off; the gain is the square of v / 127")
_UNIT_VALUE = Arg("value", "float", 0, 1, clip=True, help="over the model's latent range")

SETTINGS: tuple[Setting, ...] = (
    Setting("z", _Z),
    Setting("gain", _GAIN),
    Setting("pan", _PAN),
    Setting("bend", _NOTE_BEND),
    Setting("attack", _ATTACK),
    Setting("rate", _RATE),
    Setting("release", _RELEASE),
    Setting("detail", _DETAIL),
    Setting("mix", _MIX),
    Setting("position", Arg("position", "float", 0, 1, clip=True)),
    Setting("loop", Arg("loop", "float", 0, 1, clip=True)),
)
SETTING_BY_NAME = {setting.name: setting for setting in SETTINGS}

TABLE: tuple[Address, ...] = (
    Address(
        "/play",
        "Notes",
        "Starts a voice at that point of the latent space. Of a model that sustains it passes what can be held once, "
        "and ends; with seconds it is held that long. Of a model whose voices are endless it sounds until it is "
        "stopped.",
        (_NOTE, _Z, _VELOCITY, _RELEASED_AFTER),
        note_in_model=True,
        starts=True,
    ),
    Address(
        "/interp",
        "Notes",
        "Starts a voice whose latent moves linearly from a to b in that time and stays at b. Where the time is longer "
        "than the note, stretch is chosen to fit. Of a model that sustains, or whose voices are endless, it lasts that "
        "long.",
        (
            _NOTE,
            _seconds("seconds"),
            Arg("a", "latent", help="where it starts: numbers, or a name, as z of /play"),
            Arg("b", "latent", help="where it arrives"),
            _VELOCITY,
        ),
        note_in_model=True,
        starts=True,
    ),
    Address(
        "/note",
        "Notes",
        "Keyboard style, at the cursor, which the voice follows while it is held or pedalled. Velocity 0 releases the "
        "oldest held voice of that note; until then a model that sustains holds it.",
        (_NOTE, _KEY_VELOCITY),
        note_in_model=True,
        starts=True,
        ends="velocity",
    ),
    Address(
        "/stop",
        "Notes",
        "Releases every voice of that note; without a note, every voice. A 1 or 0 is a button's, not a note: no model "
        "plays so low. A note that has not been started since it was last stopped is a /fail; one that has rung out "
        "by itself is not.",
        (Arg("note", "float", 0, 127, "MIDI note", default=None),),
        ends=True,
    ),
    Address(
        "/panic",
        "Notes",
        "Silence within one block, of all parts; what would be heard later is forgotten, a /load or /preset/save keeps "
        "its moment. Behind the prefix of a part: of that part, within 5 ms.",
        scope="all",
        ends=True,
        delayed=False,
    ),
    Address(
        "/voice/new",
        "Voices",
        "As /play, under an id of your own; a model that sustains holds it until /voice/stop. A sounding voice of that "
        "id is replaced with a fade of 5 ms. Voices that were started otherwise report negative ids.",
        (_ID, _NOTE, _Z, _VELOCITY, _RELEASED_AFTER),
        note_in_model=True,
        starts=True,
        pressed=False,
    ),
    Address(
        "/voice/set",
        "Voices",
        "Moves one voice.",
        (_KNOWN_ID, Arg("name", "setting"), Arg("value", "rest")),
        pressed=False,
    ),
    Address(
        "/blend",
        "Voices",
        "A voice along two recordings at once, frame by frame, under an id of your own: of a model that encodes "
        "recordings, as timbre or a RAVE. Both are handles that /encode gave; b is stretched to the length of a. It "
        "ends with them, or goes round with `/voice/set id loop 1`. `/voice/set` moves its mix, rate, position (0 to "
        "1) and loop; z is added to it.",
        (
            _ID,
            Arg("a", "string", help="a handle"),
            Arg("b", "string", help="a handle"),
            _MIX,
            Arg("rate", "float", -4, 4, "ratio", clip=True, default=1.0, help="0 stands still, below 0 runs back"),
            _VELOCITY,
        ),
        starts=True,
        pressed=False,
    ),
    Address(
        "/listen",
        "Voices",
        "A voice along the live input, frame by frame as it comes, under an id of your own: what is heard becomes the "
        "model's timbre, a tenth of a second later. Of a model that encodes recordings, through JACK, with audio.input "
        "in config.yaml. `/voice/set id z` is added to it; note, bend and rate are the input's own.",
        (_ID, _VELOCITY),
        starts=True,
        pressed=False,
    ),
    Address(
        "/curve",
        "Voices",
        "The mix of a blend over its position, linear between the points. A mix that is set later goes before it.",
        (_KNOWN_ID, Arg("mix", "curve", -1, 2, clip=True)),
        pressed=False,
    ),
    Address("/voice/stop", "Voices", "Releases that voice.", (_KNOWN_ID,), ends=True, pressed=False),
    Address(
        "/voices",
        "Voices",
        "Where each sounding voice is in the latent space.",
        (),
        ("/voices.reply",),
        by="services",
        in_score="ignored",
    ),
    Address(
        "/z", "Cursor", "Moves the cursor, and the /note voices that follow it.", (_Z,), told=True, moves_cursor=True
    ),
    Address(
        "/z/N",
        "Cursor",
        "Moves one dimension of the cursor, counted from 1.",
        (Arg("value", "dimension", help="clipped like z"),),
        index="dimension",
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/unit/N",
        "Cursor",
        "As /z/N, scaled from 0..1 to the model's latent range.",
        (_UNIT_VALUE,),
        index="dimension",
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/pad/N",
        "Cursor",
        "Two dimensions of the cursor from an x/y pad: pad 1 is dimensions 1 and 2, pad 2 is 3 and 4, and so on.",
        (Arg("x", "float", 0, 1, clip=True), Arg("y", "float", 0, 1, clip=True)),
        index="pad",
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/glide",
        "Cursor",
        "The cursor travels there linearly from where it is; a new target replaces this one.",
        (_seconds("seconds"), _Z),
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/preset/save",
        "Presets",
        "Keeps the cursor under that name, per model, on disk at once; what cannot be written is not kept. With `all`, "
        "attack, release, stretch, mode, portamento and the macros as well.",
        (_NAME, Arg("what", "string", default="cursor", choices=("cursor", "all"))),
        ("/done /preset/save name",),
        awaited=True,
        by="services",
        delayed=True,
        pressed=True,
    ),
    Address(
        "/preset/recall",
        "Presets",
        "Moves the cursor to a preset, in that time: your own, or one that comes along with the model, by name or "
        "number. What else it holds is set at once, and told at its own addresses: its macros, which move all but the "
        "cursor, and then attack, release, stretch, mode and portamento.",
        (_NAME, _seconds("seconds", default=0.0, help="glide")),
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/preset/morph",
        "Presets",
        "Moves the cursor to a point between two presets, and what both of them hold besides. A fader, MIDI controller "
        "or macro may move the share: `/preset/morph dark bright` is then its address.",
        (
            Arg("a", "string", help="where share is 0, as in /preset/recall"),
            Arg("b", "string", help="where it is 1"),
            Arg("share", "float", 0, 1, clip=True),
            _seconds("seconds", default=0.0, help="glide"),
        ),
        told=True,
        moves_cursor=True,
    ),
    Address(
        "/preset/delete",
        "Presets",
        "Forgets a preset.",
        (_NAME,),
        ("/done /preset/delete name",),
        awaited=True,
        by="services",
        delayed=True,
    ),
    Address(
        "/presets",
        "Presets",
        "The presets of the model that plays: your own, then those that come along with it, by instrument.",
        (),
        ("/presets.reply",),
        by="services",
        delayed=True,
    ),
    Address(
        "/places",
        "Presets",
        "Where those presets lie, for a map of the latent space; of very many the first. Too long for UDP beyond this "
        "machine: use TCP or a WebSocket.",
        (),
        ("/places.reply",),
        by="services",
        in_score="ignored",
    ),
    Address("/gain", "Sound", "Gain of the part, sounding voices too.", (_GAIN,), told=True, stands_at=(0.0,)),
    Address("/pan", "Sound", "Balance, sounding voices too.", (_PAN,), told=True, stands_at=(0.0,)),
    Address("/bend", "Sound", "Pitch bend, sounding voices too.", (_BEND,), told=True, stands_at=(0.0,)),
    Address(
        "/release",
        "Sound",
        "Release time to -60 dB, exponential, sounding voices too. Until one is set, held notes may have one of their "
        "model's.",
        (_RELEASE,),
        told=True,
        stands_at=(0.15,),
    ),
    Address(
        "/attack",
        "Sound",
        "Linear attack of the next notes.",
        (_ATTACK,),
        told=True,
        stands_at=(0.0,),
    ),
    Address(
        "/stretch",
        "Sound",
        "Time stretch of the next notes, from two frames after the onset on.",
        (Arg("stretch", "float", 0.25, 4, "ratio", clip=True),),
        told=True,
        stands_at=(1.0,),
    ),
    Address(
        "/detail",
        "Sound",
        "How much of its fine detail a sound that was encoded has, sounding voices too. A point that is given by its "
        "numbers has none.",
        (Arg("share", "float", 0, 1, clip=True),),
        told=True,
        stands_at=(1.0,),
    ),
    Address(
        "/freeze",
        "Sound",
        "While it is on, all that sounds stays in its note where it is. It has no end then but its release; from its "
        "recorded end on nothing is frozen. Endless voices go on: a blend stands by its own rate, 0.",
        (Arg("on", "bool"),),
        told=True,
        stands_at=(False,),
    ),
    Address(
        "/mode",
        "Sound",
        "How keys play. `poly`: each key has a note of its own. `mono`: one note at a time, a new key ends the note "
        "before with a fade of 5 ms and begins anew. `legato`: likewise, but while a key is down the next one moves "
        "the note that sounds to its pitch, without a new attack, as loud as it was. When a key is let go, the "
        "newest that is still down has the note. It is about keys, of all channels together: /note, /note/N, MIDI and "
        "the page; /play, /interp and /voice/new begin notes of their own. Keys that are down when it changes are let "
        "go.",
        (Arg("mode", "string", choices=("poly", "mono", "legato")),),
        told=True,
        stands_at=("poly",),
    ),
    Address(
        "/portamento",
        "Sound",
        "The time in which the next key's note glides from the pitch of the last key's note to its own; 0 = at once. "
        "In legato a note glides only if it is moved. A glide begins four octaves away at most.",
        (_seconds("seconds", 0.0, 10.0),),
        told=True,
        stands_at=(0.0,),
    ),
    Address(
        "/sustain",
        "Sound",
        "The pedal: while it is down, note offs wait.",
        (Arg("down", "bool"),),
        told=True,
        stands_at=(False,),
        ends="down",
    ),
    Address(
        "/macro",
        "Macros",
        "Moves macro n of macros.map in config.yaml: several parameters at once, each through its own range. Those are "
        "told to every subscriber at their own addresses, the macro to others at /macro/N. It stays where it is when a "
        "preset, or somebody else, moves one of them.",
        (
            Arg("n", "int", help="the first is 1; /macros says how many there are"),
            Arg("value", "float", 0, 1, clip=True),
        ),
    ),
    Address(
        "/macro/N",
        "Macros",
        "The same: a fader at an address of its own.",
        (Arg("value", "float", 0, 1, clip=True),),
        index="macro",
        told=True,
    ),
    Address(
        "/macros", "Macros", "What the macros are called.", (), ("/macros.reply",), by="services", in_score="ignored"
    ),
    Address(
        "/note/N",
        "Channels",
        "As /note, for a key of channel N, 1 to 16, as those of a MIDI keyboard are. Velocity 0 releases the oldest "
        "held voice of that note on that channel.",
        (_NOTE, _KEY_VELOCITY),
        index="channel",
        note_in_model=True,
        starts=True,
        ends="velocity",
    ),
    Address(
        "/off/N",
        "Channels",
        "Lets go of all keys of channel N; what a pedal holds rings on until it is up.",
        index="channel",
        ends=True,
    ),
    Address(
        "/panic/N",
        "Channels",
        "Silences the keys of channel N within 5 ms, pedal or not; those that would begin later are forgotten.",
        index="channel",
        ends=True,
        delayed=False,
    ),
    Address(
        "/sustain/N",
        "Channels",
        "The pedal of channel N. A key is held while this one or /sustain is down.",
        (Arg("down", "bool"),),
        index="channel",
        told=True,
        ends="down",
    ),
    Address(
        "/bend/N",
        "Channels",
        "Pitch bend of the keys of channel N, besides /bend. Subscribers are told of this, /gain/N and /pan/N, but not "
        "of the single fingers of an MPE zone.",
        (_NOTE_BEND,),
        index="channel",
    ),
    Address("/gain/N", "Channels", "Gain of the keys of channel N, besides /gain.", (_GAIN,), index="channel"),
    Address("/pan/N", "Channels", "Balance of the keys of channel N, besides /pan.", (_PAN,), index="channel"),
    Address(
        "/shift/N",
        "Channels",
        "Shifts the keys of channel N away from the cursor, in one dimension of the latent space.",
        (
            Arg("dimension", "int", 1, 256, help="the first is 1"),
            Arg("share", "float", -1, 1, clip=True, help="of the model's latent range; 0 is where the cursor is"),
        ),
        index="channel",
    ),
    Address(
        "/mpe",
        "Channels",
        "Makes an MPE zone: each member channel carries one finger, and what is said to the master channel holds for "
        "all of them. Channels that come or go begin anew, and their notes are released.",
        (
            Arg("master", "int", 1, 16, help="1: the members are channel 2 and up; 16: channel 15 and down"),
            Arg("members", "int", 0, 15, help="how many; 0 ends the zone"),
        ),
    ),
    Address(
        "/midi/learn",
        "MIDI",
        "Binds the MIDI controller that is moved next to that address, over all that it takes, and keeps it on disk. "
        "For a button or footswitch: an address with all its arguments is obeyed whenever the controller sends 64 or "
        "more. Without an address, or after 30 s, nothing is waited for any more.",
        (
            Arg(
                "address",
                "string",
                default=None,
                help="one that takes one number, like /unit/3 or /gain; or one with all its arguments, in one string, "
                "like /preset/recall dark",
            ),
        ),
        ("/done /midi/learn", "/done /midi/learn address controller", "/fail /midi/learn why"),
        by="services",
        scope="daemon",
    ),
    Address(
        "/midi/forget",
        "MIDI",
        "Forgets what /midi/learn has bound to an address or a controller; without one, all of it. midi.map in "
        "config.yaml stays.",
        (Arg("what", "string", default=None, help="an address, or the number of a controller", identity=True),),
        ("/done /midi/forget",),
        awaited=True,
        by="services",
        scope="daemon",
    ),
    Address(
        "/load",
        "Models and files",
        "Plays another model from the models folder, by its stem. What sounds goes on; a model that cannot be played "
        "changes nothing. A newer /load answers the older with /fail superseded.",
        (_NAME,),
        ("/done /load name D rate frames", "/fail /load why"),
        awaited=True,
        by="services",
        delayed=True,
        pressed=True,
        in_score="obeyed",
    ),
    Address(
        "/models",
        "Models and files",
        "The models in the models folder.",
        (),
        ("/models.reply",),
        awaited=True,
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/model",
        "Models and files",
        "The model that plays.",
        (),
        ("/model .. /labels .. /pads .. /blends on",),
        by="services",
        in_score="ignored",
    ),
    Address(
        "/points",
        "Models and files",
        "Training notes of the model that plays, evenly chosen, for a map of its latent space. Too long for UDP "
        "beyond this machine: use TCP or a WebSocket.",
        (),
        ("/points.reply",),
        by="services",
        in_score="ignored",
    ),
    Address(
        "/sounds",
        "Models and files",
        "The sound files in the sounds folder, at most 250, and how long each is that the model that plays has encoded "
        "as a recording, for `/blend`.",
        (),
        ("/sounds.reply",),
        awaited=True,
        by="services",
    ),
    Address(
        "/encode",
        "Models and files",
        "The latent point and the note of a file in the sounds folder, and a handle, the file's stem: wherever a point "
        "may stand, the handle stands for this point and the fine detail of the recording. distance is how far what "
        "the model plays there, without detail, is from the recording: log-spectral, in dB. A sound that may be no "
        "note, or is unlike what the model knows, is encoded all the same: doubt, and a `/warn` before the answer, say "
        "why, else doubt is empty. The last 64 handles that were asked for are kept, until `/load`. A model of single "
        "frames encodes a whole recording of up to ten minutes, along which `/blend` goes: z is the mean of its loud "
        "frames.",
        (
            Arg("file", "string"),
            Arg("note", "int", 0, 127, "MIDI note", default=None, help="which it is; without it, as it sounds"),
        ),
        ("/done /encode file note z1..zD handle distance doubt", "/fail /encode why", "/warn /encode why"),
        awaited=True,
        by="services",
    ),
    Address(
        "/record",
        "Models and files",
        "Records the output to a float WAV in the recordings folder, never over an old one; without a name, stops. "
        "A button's 1 stops too: a name that is 1 or 0 has to be sent as a string.",
        (Arg("name", "string", default=None),),
        ("/done /record file", "/done /record file seconds"),
        awaited=True,
        by="services",
        scope="daemon",
        delayed=True,
        pressed=True,
    ),
    Address(
        "/monitor",
        "Models and files",
        "Sends you what is played, over a WebSocket: `/sound`, 20 ms at a time, until 0 ends it or the socket closes. "
        "Where more than 200 ms of it wait to be taken in, some is left out.",
        (Arg("on", "bool"),),
        ("/done /monitor on",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/scope",
        "Models and files",
        "Sends you pictures of what is played, over a WebSocket: `/scope.reply`, 20 a second while there is sound, "
        "until 0 ends it or the socket closes.",
        (Arg("on", "bool"),),
        ("/done /scope on",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/out",
        "Parts",
        "The outputs that the part goes to: this one and the next, both limited together. What sounds goes there "
        "within 50 ms, through silence. audio.outputs in config.yaml says how many there are.",
        (Arg("first", "int", 1, 2 * PARTS - 1, help="1, 3, 5 .."),),
        told=True,
        stands_at=(1,),
        in_score="ignored",
    ),
    Address(
        "/parts",
        "Parts",
        "What the parts play, and where.",
        (),
        ("/parts.reply",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/status", "The daemon", "How it is.", (), ("/status.reply",), by="services", scope="daemon", in_score="ignored"
    ),
    Address(
        "/version",
        "The daemon",
        "What it is.",
        (),
        ("/version.reply",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/help",
        "The daemon",
        "All addresses, or what one does.",
        (Arg("address", "string", default=None),),
        ("/help.reply",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/get",
        "The daemon",
        "Where something stands, answered at its own address: whatever subscribers are told, and /model.",
        (Arg("address", "string", help="like /gain, /z, /unit/2 or /macro/1"),),
        ("address value..",),
        by="services",
        in_score="ignored",
    ),
    Address(
        "/ping", "The daemon", "Whether it is there.", (), ("/pong",), by="services", scope="daemon", in_score="ignored"
    ),
    Address(
        "/notify",
        "The daemon",
        "Subscribes you to events and to what others change, until 60 s without any packet from you; 0 ends it. "
        "Whoever is new is told at once how things stand: /model, /macros.reply, and /z, /gain and the others at their "
        "own addresses.",
        (
            Arg("on", "bool"),
            Arg(
                "port",
                "int",
                1,
                65535,
                default=None,
                help="on your own host, instead of the sending port",
            ),
        ),
        ("/done /notify 1",),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/sync",
        "The daemon",
        "Answers once all earlier asynchronous commands are finished.",
        (Arg("id", "int", -INT32_MAX - 1, INT32_MAX),),
        ("/synced",),
        by="services",
        scope="daemon",
        delayed=True,
        in_score="ignored",
    ),
    Address(
        "/dumpOSC",
        "The daemon",
        "Logs every message that arrives.",
        (Arg("on", "bool"),),
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/clearSched",
        "The daemon",
        "Forgets all bundles that wait for their time; what was to be answered in them is /fail.",
        by="services",
        scope="daemon",
        in_score="ignored",
    ),
    Address(
        "/quit",
        "The daemon",
        "Fades out and leaves; from this machine only, unless osc.quit_from says otherwise.",
        (),
        ("/done /quit",),
        by="services",
        scope="daemon",
    ),
)

REPLIES: tuple[Reply, ...] = (
    Reply("/done", "A command is finished.", (Arg("command", "string"), Arg("result", "rest"))),
    Reply("/fail", "A command cannot be obeyed, and why.", (Arg("command", "string"), Arg("why", "string"))),
    Reply(
        "/warn",
        "A command is obeyed, but why its result may not be what was meant.",
        (Arg("command", "string"), Arg("why", "string")),
    ),
    Reply(
        "/status.reply",
        "How the daemon is.",
        (
            Arg("voices", "int", help="that sound"),
            Arg("cpu_avg", "float", unit="%", help="of one core, by the audio clock"),
            Arg("cpu_peak", "float", unit="%"),
            Arg("underruns", "int", help="voices that ran empty, and frames held because the next was late"),
            Arg("late", "int", help="bundles, chord notes and MIDI notes after their time"),
            Arg("xruns", "int", help="counted by the audio server"),
            Arg("busy", "int", help="commands and MIDI messages refused because a queue was full"),
            Arg("sample_rate", "float", unit="Hz", help="of the audio server"),
            Arg("model_rate", "float", unit="Hz", help="of the model"),
            Arg("block_size", "int", unit="frames"),
            Arg("backend", "string", help="jack, portaudio or silent"),
            Arg("model", "string"),
            Arg("dims", "int", help="D, the model's latent dimension"),
            Arg("uptime", "float", unit="s"),
            Arg("confined", "string", help="how far the model's code is: full, off, or what this system lacks for it"),
        ),
    ),
    Reply("/version.reply", "What the daemon is.", (Arg("program", "string"), Arg("version", "string"))),
    Reply("/help.reply", "What an address does.", (Arg("address", "string"), Arg("text", "string"))),
    Reply("/pong", "It is there. Those in osc.feedback are sent it now and then before a change."),
    Reply(
        "/presets.reply",
        "The presets of a model; subscribers are told after one was saved or deleted, at most four times a second, and "
        "where the names fit what their transport carries.",
        (Arg("model", "string"), Arg("names", "rest")),
    ),
    Reply(
        "/places.reply",
        "Where the presets of a model lie.",
        (
            Arg("model", "string"),
            Arg("dims", "int", help="D"),
            Arg("places", "rest", help="name z1..zD of each"),
        ),
    ),
    Reply("/macros.reply", "The macros; the first is /macro/1.", (Arg("names", "rest"),)),
    Reply("/models.reply", "The models that /load takes.", (Arg("names", "rest"),)),
    Reply(
        "/sounds.reply",
        "The sound files that there are.",
        (Arg("sounds", "rest", help="of each its name, and its seconds if it is encoded, else 0"),),
    ),
    Reply(
        "/sound",
        "20 ms of the output, to whoever has asked by /monitor.",
        (
            Arg("rate", "int", unit="Hz"),
            Arg(
                "frame", "int", help="of its first sample, from any start, modulo 2^31: where it jumps some is missing"
            ),
            Arg("pcm", "blob", help="left, right, left ..: signed 16 bits, the low byte first"),
        ),
    ),
    Reply(
        "/scope.reply",
        "A picture of the output, its mean of left and right, to whoever has asked by /scope.",
        (
            Arg("rate", "float", unit="Hz", help="of the wave"),
            Arg("peak", "float", help="of the wave; 1 is full scale"),
            Arg("wave", "blob", help="512 signed bytes, from a rising zero crossing on: 127 is the peak"),
            Arg(
                "bands",
                "blob",
                help="96 bytes from 40 Hz to 16 kHz, evenly apart in pitch: 255 is a sine of full scale, each below it "
                "is 0.5 dB less",
            ),
        ),
    ),
    Reply(
        "/parts.reply",
        "The parts that play a model.",
        (Arg("parts", "rest", help="of each its number, its model and the first of its outputs"),),
    ),
    Reply("/synced", "All earlier asynchronous commands are finished.", (Arg("id", "int"),)),
    Reply(
        "/model",
        "The model that plays; also sent when it changes.",
        (
            Arg("name", "string"),
            Arg("dims", "int", help="D"),
            Arg("rate", "float", unit="Hz"),
            Arg("note_min", "int", unit="MIDI note"),
            Arg("note_max", "int", unit="MIDI note"),
            Arg("ranges", "rest", help="low and high of each dimension, 2 D floats: what /unit and /pad span"),
        ),
        event=True,
    ),
    Reply(
        "/loading",
        "Another model is being loaded; `/model` follows, or an empty name where it cannot be played.",
        (Arg("name", "string"),),
        event=True,
    ),
    Reply(
        "/labels",
        "What the dimensions of that model are called, after each `/model`: one name for each, or none.",
        (Arg("names", "rest"),),
        event=True,
    ),
    Reply(
        "/pads",
        "What its pads are called, after `/labels`: one name for each, or none.",
        (Arg("names", "rest"),),
        event=True,
    ),
    Reply(
        "/blends",
        "Whether it blends recordings, after `/pads`: a model that encodes such, as timbre or a RAVE.",
        (Arg("on", "int", help="1 or 0"),),
        event=True,
    ),
    Reply(
        "/points.reply",
        "Training notes: what they are called, their note and their latent point.",
        (
            Arg("model", "string"),
            Arg("dims", "int", help="D"),
            Arg("points", "rest", help="label note z1..zD of each"),
        ),
    ),
    Reply(
        "/voices.reply",
        "The voices that sound.",
        (Arg("dims", "int", help="D"), Arg("voices", "rest", help="id note z1..zD of each")),
    ),
    Reply(
        "/midi/program",
        "A program change came by MIDI, and there is no preset for it.",
        (Arg("program", "int", help="the first is 1"), Arg("why", "string")),
        event=True,
    ),
    Reply("/voice/on", "A voice started.", (Arg("id", "int"), Arg("note", "float")), event=True),
    Reply("/voice/off", "A voice ended.", (Arg("id", "int"), Arg("note", "float")), event=True),
    Reply("/xrun", "The audio server missed its time.", (Arg("count", "int", help="since the start"),), event=True),
    Reply(
        "/level",
        "The outputs' peaks since the last one.",
        (
            Arg("left", "float", unit="dB"),
            Arg("right", "float", unit="dB"),
            Arg("others", "rest", help="of the third output and so on, in dB, where there are more than two"),
        ),
        event=True,
    ),
)

BY_PATH = {row.path: row for row in TABLE if not row.index}
BY_PREFIX = {row.path.removesuffix("/N"): row for row in TABLE if row.index}
REPLY_BY_PATH = {reply.path: reply for reply in REPLIES}


def find(path: str, dims: int | None = None) -> tuple[Address, int]:
    """The row of an address as it is sent, and the N of a path like /z/N (else 0).

    dims: D of the model, beyond which N is wrong; None = any N will do. Raises UnknownAddressError, or
    CommandError for a wrong N.
    """
    row = BY_PATH.get(path)
    if row is not None:
        return row, 0
    prefix, _, text = path.rpartition("/")
    row = BY_PREFIX.get(prefix)
    if row is None or not text:
        raise UnknownAddressError("unknown address")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and text[0] != "0" else 0
    most = row.count(dims)
    if not number or (most is not None and number > most):
        raise CommandError(_wrong_index(row, prefix, text if number or text == "0" else repr(text[:_SHOWN]), dims))
    return row, number


def _wrong_index(row: Address, prefix: str, number: str, dims: int | None) -> str:
    n = row.count(dims)
    if n is None:
        return f"no {row.index} {number}: they count from 1, like {prefix}/1"
    if row.index == "channel":
        return f"no channel {number}: there are {n}, {prefix}/1 to {prefix}/{n}"
    model = f"the model has {dims} dimension{'' if dims == 1 else 's'}"
    if n < 2:
        right = f"only {prefix}/1" if n else f"and a {row.index} moves two"
        return f"no {row.index} {number}: {model}, {right}"
    return f"no {row.index} {number}: {model}, {prefix}/1 to {prefix}/{n}"


def nearest(path: str) -> str:
    """The address that an unknown one was probably meant to be, for an error message; "" if none is near."""
    known = [row.path for row in TABLE]
    return next(iter(difflib.get_close_matches(path[:64].lower(), known, n=1)), "")


def prefix_of(path: str) -> str:
    """What stands before an address of the table, as in /oscvae/play; "" if the end of `path` is none."""
    path = path[:_PREFIXED]
    cut = path.find("/", 1)
    while cut > 0:
        try:
            find(bare(path[cut:]))
        except UnknownAddressError:
            cut = path.find("/", cut + 1)
        except CommandError:
            return ""
        else:
            return path[:cut]
    return ""


def suggestion(path: str, otherwise: str) -> str:
    """`did you mean /play?`, or `otherwise` where no address is near an unknown one."""
    prefix = prefix_of(path)
    near = path[len(prefix) :] if prefix else nearest(path)
    return f"did you mean {near}?" if near else otherwise


def is_reply(path: str) -> bool:
    """Whether only daemons send this address; it is never answered, so that two of them cannot talk in circles."""
    path = bare(path)
    return path in REPLY_BY_PATH and path not in BY_PATH


def reply_args(path: str, **values: Any) -> tuple[Any, ...]:
    """The arguments of a reply in the table's order and types; `rest` takes a sequence. A missing one is KeyError."""
    result: list[Any] = []
    for arg in REPLY_BY_PATH[path].args:
        value = values.pop(arg.name)
        if arg.kind == "rest":
            result.extend(value)
        else:
            result.append({"float": float, "int": int, "bool": int, "string": str, "blob": bytes}[arg.kind](value))
    if values:
        raise TypeError(f"{path} has no argument {', '.join(values)}")
    return tuple(result)
