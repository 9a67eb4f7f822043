"""Where every shared word lies: the engine's own, a voice's, a model context's, and the records of the rings.

A word has one writer, and words of different writers never share a cache line (8 words): `ENGINE_GROUPS`,
`PART_GROUPS` and `VOICE_GROUPS` say which lines are whose. Floats travel as the bits of a float64. A *frame* is a
sample of the audio server's clock (64 bits), a *sample* one of a voice's own stream. The arrays whose addresses the
engine holds stand in `realtime/arrays.py`.

The life of a voice, with the clock that makes each transition:

    FREE -control-> ARMED -renderer-> READY -callback-> PLAYING -callback-> RELEASING -callback-> DONE
         <-control- IDLE  <-renderer- (its last touch; straight from ARMED or READY when it was stopped unheard)
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

LINE_WORDS = 8  # int64 words of a cache line


class Writer(Enum):
    """Who writes a word while the clocks run. Before they run, and between two servers, control may write any."""

    NOBODY = "nobody after the start"
    CONTROL = "control"
    HOLDER = "the clock that holds the slot, which hands it on by this very write"
    RENDERER = "the render loop"
    CALLBACK = "the audio callback"
    SERVER = "the audio server's other threads"
    DISK = "the thread that reads the recording"
    EACH = "each word's own writer: an array of words that have groups"


class Group(NamedTuple):
    """Whole cache lines of words: those from `first` to before `end` are written by `writer` alone."""

    writer: Writer
    first: int
    end: int


# -- states of a voice slot ------------------------------------------------------------------------------------------
FREE, ARMED, READY, PLAYING, RELEASING, DONE, IDLE = range(7)

# -- words of a voice slot -------------------------------------------------------------------------------------------
VOICE_WORDS = 64
VOICE_GROUPS = (
    Group(Writer.CONTROL, 0, 16),  # while the slot is FREE: constant until it is FREE again
    Group(Writer.CONTROL, 16, 24),  # at any time
    Group(Writer.HOLDER, 24, 32),
    Group(Writer.RENDERER, 32, 40),
    Group(Writer.CALLBACK, 40, 48),
    Group(Writer.CONTROL, 48, 56),  # as the first
)
# control, while FREE
V_GENERATION = 0
V_EPOCH = 1  # panic epoch in which the note was played
V_CONTEXT = 2
V_GROUP = 3  # notes of one bundle start together; 0 = alone
V_GROUP_SIZE = 4
V_START_FRAME = 5  # -1: as soon as ready
V_STOP_SAMPLE = 6  # sample of the voice at which it releases by itself; -1 never
V_STRETCH = 7  # float
V_PITCH = 8  # float: ratio from the note that is decoded to the one that is played
V_VELOCITY = 9  # float: gain that the velocity gives
V_HOLD = 10  # one of the HOLD_ values
V_TAKES = 11  # slot + 1 of the voice that ends where this one begins; 0 = none
V_TAKEN = 12  # generation of that voice
V_MOVED = 13  # 1: this one goes on in its note where that one has come to, without an attack of its own
V_GLIDE = 14  # samples in which its pitch glides to its own; 0 = it begins there
V_GLIDE_FROM = 15  # float: natural logarithm of the ratio at which the glide begins
V_PART = 48  # that plays it, counted from 0
V_LIVE = 49  # 1: it goes along the live input, at the speed of which it is read and not far ahead
# control, at any time
V_STOP = 16  # one of the STOP_ values
V_STOP_FRAME = 17  # frame from which STOP_RELEASE counts; 0 = now
V_GAIN = 18  # float
V_PAN = 19  # float, -1..1
V_BEND = 20  # float: ratio
V_ATTACK = 21  # samples, whole; does nothing once the attack is over
V_RELEASE = 22  # float: factor per sample of the exponential release; 0 = P_RELEASE
V_RATE = 23  # float: speed of the read position; 0 stands still, below 0 runs back
# the holder of the slot
V_STATE = 24
# the renderer
V_HEAD = 32  # samples written to the voice's ring
V_END = 33  # length of the voice in samples once it is known; -1 before
V_RELEASE_AT = 34  # sample at which the recorded end of a voice that is held begins, and with it its release; -1 before
# the callback
V_TAIL = 40  # samples read from the voice's ring
V_ONSET_FRAME = 41  # frame at which the first sample was played; -1 before
V_LEVEL = 42  # float: peak of the last block, after its envelope

HOLD_NONE, HOLD_PASS, HOLD_WALK = range(3)  # through the note, through the held region once, or in it until a stop
STOP_NONE, STOP_RELEASE, STOP_FADE = range(3)  # FADE: 5 ms, for stealing and replacing

# -- the callback's private floats, per voice -------------------------------------------------------------------------
CALLBACK_FLOATS = 16
C_LEFT, C_RIGHT = 0, 1  # smoothed gains
C_RELEASE = 2  # running product of the release, 1 before
C_FADE = 3  # 5 ms fade of a stolen voice, 1 before
C_RELEASING = 4  # 1 once the release has begun
C_STARVED = 5  # 1 after an underrun, until samples are back
C_HELD = 6  # last sample heard, which an underrun lets decay
C_RETURN = 7  # 0..1 ramp on which samples come back after an underrun
C_TAIL = 8  # what of an earlier underrun still decays while samples come back
C_ATTACK = 9  # V_ATTACK as it was obeyed last
C_RAMP = 10  # samples of a whole attack, 0 to 1, at its present slope; 0 once it is over
C_RAMP_FROM = 11  # where the present slope began: the attack's value ...
C_RAMP_AGE = 12  # ... and the samples of the voice that had been heard
C_TAKEN = 13  # 1 + the frame from which it fades, because another takes over; 0 = none does
C_CROSS = 14  # samples of that fade
C_ENTRY = 15  # 0..1 ramp on which a voice enters that takes over in the middle of its note

# -- the renderer's private words, per voice ---------------------------------------------------------------------------
R_WORDS = 24
R_GENERATION = 0
R_PHASE = 1  # one of the PHASE_ values
R_BLOCK = 2  # index into the context's pool, -1 none
R_PUSHES = 3  # frames pushed into the phase reconstruction
R_LAST = 4  # pushes after which the voice is complete; -1 while frames are left
R_FILLED = 5  # input samples in the resampler's history
R_SERVED = 6  # pass at which it was served last
R_ARM_FRAME = 7  # frame at which the note was armed
R_CLOSED = 8  # 1 once silence follows the last sample in the history
R_GROUP = 9
R_ENDING = 10  # 1 once a voice that was held reads its recorded end
R_BLEND = 11  # frames over which the difference to that still fades
R_RANDOM = 12  # state of the walk's random numbers, 0 before the first
R_TURN = 13  # frames until the walk may turn
R_DIRECTION = 14  # 1 or -1; 0 before the walk
R_SKIP = 15  # samples before the first that is heard
# of a voice whose model streams
R_NEXT = 16  # the chunk that is read after R_BLOCK, -1 while it is not there
R_ROW = 17  # of R_BLOCK, read next; below 0 the first is repeated
R_WANTED = 18  # bit 0 and 1: the voice's chunks that are read through and not asked for yet
R_OWED = 19  # the same bits: those that are asked for and not there yet
R_HELD = 20  # 1 while the last frame is repeated, because a chunk is late
R_ENDS = 21  # 1 + the chunk after which the stream is over; 0 while none is known
R_ROWS = 22  # of each of the CHUNKS, how many rows it has
R_FLOATS = 4
RF_POSITION = 0  # read position in frames of the block
RF_INPUT = 1  # read position of the resampler in its history

PHASE_NONE, PHASE_WAITING, PHASE_BURST, PHASE_READY, PHASE_STREAM, PHASE_COMPLETE = range(6)

# -- words of a part: a bus of the mix, and what all of its voices have ------------------------------------------------
PARTS = 8
PART_WORDS = 16
PART_GROUPS = (
    Group(Writer.CONTROL, 0, 8),
    Group(Writer.CALLBACK, 8, 16),
)
# control
P_GAIN = 0  # float: of the bus
P_PAN = 1  # float: its balance
P_BEND = 2  # float: ratio
P_RELEASE = 3  # float: factor per sample of the exponential release, of voices that have none of their own
P_FREEZE = 4  # 1: read positions stand still
P_PAIR = 5  # of outputs into which it goes, counted from 0
# the callback
P_LEFT = 8  # float: smoothed gains, below 0 before the first block
P_RIGHT = 9
P_AT = 10  # the pair into which it goes now: the way to another leads through silence
P_HEARD = 11  # 1 once a voice was mixed into the bus in this chunk

# -- words of a pair of outputs ----------------------------------------------------------------------------------------
PAIRS = 8
PAIR_WORDS = 8  # all the callback's
Q_LIMIT = 0  # float: the limiter's gain
Q_LEFT = 1  # float: decaying peak
Q_RIGHT = 2

# -- words of the engine -----------------------------------------------------------------------------------------------
ENGINE_WORDS = 128
ENGINE_GROUPS = (
    Group(Writer.NOBODY, 0, 40),
    Group(Writer.CONTROL, 40, 64),
    Group(Writer.CALLBACK, 64, 96),
    Group(Writer.SERVER, 96, 104),
    Group(Writer.DISK, 104, 112),
    Group(Writer.RENDERER, 112, 128),
)
ADDRESSES = range(29)  # the words that hold the address of an array; `realtime/arrays.py` has a row for each
E_VOICES = 0
E_RINGS = 1
E_CALLBACK = 2
E_ACTIVE = 3
E_MIX = 4
E_RECORDING = 5
E_RECORD = 6
E_CLOCK = 7
E_TIMES = 8
E_RENDER = 9
E_RENDER_FLOATS = 10
E_SCRATCH = 11
E_RENDER_RECORD = 12
E_ANSWER = 13
E_RENDER_CLOCK = 14
E_CONTEXTS = 15
E_UNHEARD = 16
E_CONTROL_RENDER = 17
E_RENDER_CONTROL = 18
E_RENDER_AUDIO = 19
E_AUDIO_CONTROL = 20
E_MIDI = 21
E_SINC = 22
E_WAITS = 23
E_ONE = 24
E_MONITOR = 25
E_PARTS = 26
E_PAIRS = 27
E_SUM = 28
# what else is constant
E_SLOTS = 29
E_SCRATCH_SIZE = 30
E_SINC_SIZE = 31
E_RENDER_FD = 32  # descriptor that wakes the renderer
E_EVENT_FD = 33  # descriptor that wakes control
E_OUTPUTS = 34  # pairs of them
E_LIVE = 35  # address of the live input (`realtime.live`), 0 = none

# control
E_RUN = 40  # the render loop returns when 0
E_EPOCH = 41  # panic epoch: older voices are silenced within a block
E_RATE = 42  # frames per second of the server
E_CLOSING = 43  # 1: fade the mix out and stay silent
E_RECORD_ON = 44
E_BUFFER = 45  # samples that a voice's ring is kept filled to, beyond a period
E_GROUP_COMPLETE = 46  # newest group whose bundle was obeyed to its end: no group up to it grows any more
E_MEASURE = 47  # 1: keep what a benchmark asks for (E_TIMES, E_MAX_STEP), from before anything sounds
E_MONITOR_ON = 48

# the callback
E_FRAME = 64  # frame of the next block's start, 64 bits
E_FRAME_32 = 65  # the server's own 32-bit count that it was extended from; -1 before the first block
E_PERIOD = 66
E_BLOCKS = 67  # blocks served
E_SEQUENCE = 68  # odd while the clock pair is being written
E_CLOCK_FRAME = 69  # the clock pair: this frame ...
E_CLOCK_WALL = 70  # ... began at this wall time, ns
E_UNDERRUNS = 71
E_LATE = 72
E_BUSY_NS = 73  # time spent in the callback, summed
E_SILENT = 74  # 1 once the closing fade has ended
E_RECORD_HEAD = 75  # frames written to the recording
E_RECORD_LOST = 76  # frames lost to a full recording buffer
E_SOUNDING = 77  # voices that sound
E_CLOSE_GAIN = 78  # float: the closing fade
E_EPOCH_SEEN = 79
E_MIDI_LOST = 80  # MIDI messages that found the ring full
E_MAX_STEP = (
    81  # float: largest sample-to-sample step of the first two outputs, while E_MEASURE is 1; and the last samples
)
E_LAST_LEFT = 82
E_LAST_RIGHT = 83
E_MONITOR_HEAD = 84  # frames written to the monitor's ring

# the server's other threads
E_XRUNS = 96
E_SERVER_DOWN = 97
E_FREEWHEEL = 98
E_SERVER_RATE = 99
E_SERVER_PERIOD = 100

# the thread that reads the recording
E_RECORD_TAIL = 104

# the renderer
E_PASSES = 112  # passes of the render loop
E_HOPS = 113  # hops rendered
E_RENDER_NS = 114  # time spent rendering, summed
E_STALE = 115  # commands dropped because their voice had moved on
E_ALIVE = 116  # 1 while the loop runs
E_EVENTS_LOST = 117
E_CHUNKS_LATE = 118  # chunks of streams for which the frame before was held

# -- a model's context: written by control before the renderer is given it, constant while a voice uses it ------------
CONTEXTS = 24
CONTEXT_WORDS = 64
X_N_FFT = 0
X_HOP = 1
X_LOOK_AHEAD = 2
X_BANDS = 3
X_FRAMES = 4  # of a whole note
X_SKIP = 5  # samples of silent lead that are dropped
X_ONSET_FRAME = 6  # frames before this are never stretched
X_STEP = 7  # float: model rate / server rate
X_PIPE = 8  # descriptor that the decoder's answers come from
X_POOL = 9  # address of float32 [blocks, rows, bands]
X_BLOCKS = 10
X_PHASE_PARAMS = 11  # the tables of phase.py and expand.py, each with its size in the word behind it
X_PHASE_PARAMS_SIZE = 12
X_PHASE_TABLES = 13
X_PHASE_TABLES_SIZE = 14
X_EXPAND_PARAMS = 15
X_EXPAND_PARAMS_SIZE = 16
X_EXPAND_TABLES = 17
X_EXPAND_TABLES_SIZE = 18
X_STATE = 19  # the arrays that context.py lays out, and the floats of one voice in them
X_STATE_SIZE = 20
X_HISTORY = 21
X_HISTORY_SIZE = 22
X_ROW = 23
X_BINS = 24
X_OUT = 25
X_FADE = 26  # samples over which the cut at the onset fades in
X_ASKED = 27
X_ANSWERED = 28
X_HEARD = 29
X_ROWS = 30  # of a block: as many as frames, or as the model has knots, and those of its texture
X_FRAME_ROW = 31  # addresses of, for each frame, the row at or before it and the weight of the next
X_FRAME_WEIGHT = 32
X_HELD_FIRST = 33  # frames of the region in which a held note walks
X_HELD_LAST = 34
X_TURN_LEAST = 35  # frames between two turns of the walk: this and up to X_TURN_CHOICE - 1 more
X_TURN_CHOICE = 36
X_BLEND = 37  # frames over which the difference between the region and the recorded end fades
X_DIFFERENCE = 38  # of each voice: that difference
X_DIFFERENCE_SIZE = 39
X_TEXTURE = 40  # the row of a block at which its texture begins, one row for each frame of the region; 0 = none
X_SOURCE = 41  # one of the SOURCE_ values
X_CREDIT = 42  # descriptor in which a stream's chunks are asked for
X_LEAD = 43  # times that a stream's first frame is repeated ahead of it, so that it begins with whole windows

SOURCE_NOTE, SOURCE_FRAMES, SOURCE_SAMPLES = range(3)  # a block is a whole note, or a chunk of an endless voice
CHUNKS = 2  # blocks of a voice that streams: slot s has 2 s and 2 s + 1

# -- a request to a decoder, by block ----------------------------------------------------------------------------------
ASKED_WORDS = 4
A_NUMBER = 0  # of the request, from 1 on; 0 = none
A_SLOT = 1
A_GENERATION = 2
A_ALL = 3  # in the first row: how many streams were begun

# -- what the renderer has heard of a decoder --------------------------------------------------------------------------
HEARD_WORDS = 8
H_REFUSED = 0  # records, or scraps of them, that answer no request: it runs foreign code
H_ENDED = 1  # 1 once it is not listened to any more: after the first of these, or when its process has ended
H_BEGUN = 2  # answers to the beginnings of streams
H_OWED = 3  # chunks of streams that it was asked for besides, and has not answered
H_CHUNKS = 4  # those that it has answered

# -- records: [kind, ...] ----------------------------------------------------------------------------------------------
# control > render
ARM = 1  # slot, generation, 1 for the first of its group
ADD_CONTEXT = 2  # index, address
DROP_CONTEXT = 3  # index
# decode > render, through a pipe
DECODED = 1  # slot, generation, block, status (0 = good), nanoseconds; of a stream besides
# ... 1 for a chunk that the renderer asked for; 1 for one behind which nothing follows, and twice how many rows of it
# count, 0 = all
# render > decode, through another pipe: slot, generation, block, monotonic ns by which it is needed
# render > audio
START = 1  # slot, generation, start frame or -1
# render > control
VOICE_IDLE = 1  # slot, generation
BLOCK_FREE = 2  # context, block
DECODE_SEEN = 3  # slot, generation, status, nanoseconds, context; not of chunks that a stream goes on with
CONTEXT_DROPPED = 4  # index
CHUNK_FAILED = 5  # slot, generation, status
# audio > control
VOICE_ON = 1  # slot, generation, frame
VOICE_OFF = 2  # slot, generation, frame
# audio > control, on the ring for MIDI, without a kind
MIDI_FRAME = 0
MIDI_BYTES = 1  # status, data, data, from the lowest byte up
MIDI_SIZE = 2  # 2 or 3

# -- lengths of arrays -------------------------------------------------------------------------------------------------
CHUNK = 128  # samples that the callback works in: bounds its scratch whatever the period
RING_SAMPLES = 16384  # a voice's ring: twice the largest hop at a downward bend of an octave
RECORD_FRAMES = 1 << 17  # 2.7 s at 48 kHz between the callback and a slow disk
MONITOR_FRAMES = 1 << 16  # 1.4 s at 48 kHz, of which the oldest are overwritten
MIDI_RECORDS = 1024  # a second of a keyboard's cable at its fullest
GROUPS = 256  # groups of notes that may be on their way at once
TIME_BUCKETS = 512
TIME_BUCKET_NS = 10_000
