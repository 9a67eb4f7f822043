"""The bank of effects, each kind against a closed form; Moog and cubic against Faust, where it is installed."""

from __future__ import annotations

import math
import subprocess

import numpy as np
import pytest
from numpy.typing import NDArray

from oscvae.arrays import Float32s
from oscvae.training.effects.bank import BANK, BY_NAME, DRY
from parts.programs import skip_without

RATE, SAMPLES = 48_000, 1 << 15
Float64s = NDArray[np.float64]


def impulse(size: float = 1e-3) -> Float32s:
    sound = np.zeros(SAMPLES, np.float32)
    sound[0] = size
    return sound


def response_db(name: str, size: float = 1e-3) -> tuple[Float64s, Float64s]:
    """Frequencies in Hz and gains in dB of an effect, from what it makes of a small impulse."""
    made = np.abs(np.fft.rfft(run(name, impulse(size)).astype(np.float64) / size))
    return np.fft.rfftfreq(SAMPLES, 1.0 / RATE), 20.0 * np.log10(made + 1e-12)


def run(name: str, sound: Float32s) -> Float32s:
    return BANK[BY_NAME[name]](sound, RATE)


def sine(hz: float, size: float) -> Float32s:
    return (size * np.sin(2.0 * np.pi * hz * np.arange(SAMPLES) / RATE)).astype(np.float32)


def test_the_bank_has_72_rows_of_which_the_first_is_no_effect() -> None:
    assert len(BANK) == len(BY_NAME) == 72
    assert BANK[DRY].name == "dry"
    sound = sine(300.0, 0.5)
    assert np.array_equal(run("dry", sound), sound)
    assert {"moog-400", "moog-400-r75", "cubic-50-uneven", "crybaby-25", "autowah-75", "vocoder-8"} <= set(BY_NAME)


def test_every_effect_is_finite_and_leaves_its_input_alone() -> None:
    rng = np.random.default_rng(1)
    sound = (0.3 * rng.standard_normal(4800)).clip(-0.7, 0.7).astype(np.float32)
    before = sound.copy()
    for effect in BANK:
        made = effect(sound, RATE)
        assert made.dtype == np.float32
        assert made.shape == sound.shape
        assert np.isfinite(made).all(), effect.name
        assert np.array_equal(sound, before), effect.name
        assert effect is BANK[DRY] or np.abs(made - sound).max() > 1e-4, f"{effect.name} does nothing"


@pytest.mark.parametrize("octave", [2, 4, 6])
@pytest.mark.parametrize("resonance", [0.0, 0.5, 0.75])
def test_moog_is_four_poles_with_feedback(resonance: float, octave: int) -> None:
    """H(s) = 1 / ((s + 1)^4 + k^4), prewarped: the ladder from its feedback, and not from its sections."""
    hz = 50 << octave
    name = f"moog-{hz}" + (f"-r{100 * resonance:.0f}" if resonance else "")
    freq, found = response_db(name)
    k = math.sqrt(2.0) * 0.99999 * resonance
    warped = np.tan(np.pi * freq / RATE) / math.tan(math.pi * hz / RATE)
    wanted = -20.0 * np.log10(np.abs((1j * warped + 1.0) ** 4 + k**4))
    heard = wanted > -80.0
    np.testing.assert_allclose(found[heard], wanted[heard], atol=0.1)


def test_moog_above_nyquist_stays_what_it_can_be() -> None:
    made = run("moog-25600-r100", sine(1000.0, 0.5))
    assert np.abs(made).max() < 1.0


def test_cubic_makes_the_harmonics_of_a_cube() -> None:
    """Of a sine of amplitude a, x - x^3 / 3 has a - a^3 / 4 at the first harmonic and a^3 / 12 at the third."""
    hz, size = RATE / 256.0, 0.2
    a = size * 10.0**0.5
    spectrum = np.abs(np.fft.rfft(run("cubic-25", sine(hz, size))[-8192:])) / 4096.0
    blocked = abs((1.0 - np.exp(-2j * np.pi / 256.0)) / (1.0 - 0.995 * np.exp(-2j * np.pi / 256.0)))
    assert spectrum[32] == pytest.approx(blocked * (a - a**3 / 4.0), rel=1e-3)
    assert spectrum[96] == pytest.approx(a**3 / 12.0, rel=5e-3)
    assert spectrum[64] < 1e-4, "an even harmonic without an offset"
    uneven = np.abs(np.fft.rfft(run("cubic-25-uneven", sine(hz, size))[-8192:])) / 4096.0
    assert uneven[64] > 0.01
    assert abs(float(run("cubic-100-uneven", sine(hz, size))[-8192:].mean())) < 1e-3


@pytest.mark.parametrize("position", [25, 50, 75, 100])
def test_crybaby_is_a_resonance_that_rises_with_the_pedal(position: int) -> None:
    wah = position / 100.0
    hz, q, gain = 450.0 * 2.0 ** (2.3 * wah), 2.0 ** (3.0 - 2.0 * wah), 0.1 * 4.0**wah
    radius = 1.0 - math.pi * hz / RATE / q
    freq, found = response_db(f"crybaby-{position}")
    z = np.exp(-2j * np.pi * freq / RATE)
    wanted = gain * (1.0 - z) / (1.0 - 2.0 * radius * math.cos(2.0 * math.pi * hz / RATE) * z + radius**2 * z**2)
    np.testing.assert_allclose(found[1:], 20.0 * np.log10(np.abs(wanted[1:])), atol=0.1)
    assert freq[found.argmax()] == pytest.approx(hz, rel=0.15)


def test_autowah_opens_with_the_level() -> None:
    def centre(size: float) -> float:
        noise = (size * np.random.default_rng(1).uniform(-1.0, 1.0, SAMPLES)).astype(np.float32)
        power = np.abs(np.fft.rfft(run("autowah-100", noise).astype(np.float64))) ** 2
        freq = np.fft.rfftfreq(SAMPLES, 1.0 / RATE)
        return float(freq[np.convolve(power, np.ones(200), "same").argmax()])

    assert centre(0.02) == pytest.approx(450.0, rel=0.2)
    assert centre(0.7) > 2.0 * centre(0.02)


def test_a_vocoder_lets_its_bands_through_and_answers_with_their_level() -> None:
    loud, soft = (np.abs(run("vocoder-4", sine(566.0, size))[SAMPLES // 2 :]).max() for size in (0.4, 0.2))
    assert loud / soft == pytest.approx(4.0, rel=0.1), "twice the level, times twice the envelope"
    between = np.abs(run("vocoder-8", sine(60.0, 0.4))[SAMPLES // 2 :]).max()
    assert between > 0.0


def test_the_flanger_delays_by_one_to_eleven_milliseconds() -> None:
    for at_s in (0.02, 0.25, 0.5):
        sound = np.zeros(SAMPLES, np.float32)
        at = round(at_s * RATE)
        sound[at] = 1.0
        made = run("flanger", sound)
        assert made[at] == pytest.approx(0.5)
        late = np.flatnonzero(np.abs(made) > 0.01)[1:]
        arrived = float((late * np.abs(made[late])).sum() / np.abs(made[late]).sum()) / RATE
        delay_s = 0.001 + 0.005 * (1.0 + math.sin(math.pi * arrived))
        assert arrived - at_s == pytest.approx(delay_s, abs=5e-5)


def test_the_phaser_passes_what_it_shifts_by_whole_turns() -> None:
    """Half the sound and half of it through all-passes: never louder than it was, with notches."""
    freq, found = response_db("phaser")
    assert found.max() < 0.1
    inside = (freq > 100.0) & (freq < 6000.0)
    assert found[inside].min() < -20.0
    assert found[freq > 15_000.0].min() > -1.0


def test_freeverb_comes_back_after_its_shortest_comb() -> None:
    made = run("freeverb", impulse(1.0)).astype(np.float64)
    assert made[0] == pytest.approx(1.0 - 0.3333, abs=1e-6)
    shortest = int(1116 * RATE / 44100)
    assert np.abs(made[1:shortest]).max() == 0.0
    assert made[shortest] != 0.0
    early, late = (float((made[begin : begin + 4000] ** 2).sum()) for begin in (4000, 28_000))
    assert late < 0.1 * early, "it does not die away"


FAUST = """import("stdfaust.lib"); process = _ <: {};"""
ORACLES = {
    "moog-400": "ve.moog_vcf_2bn(0, 400)",
    "moog-1600-r75": "ve.moog_vcf_2bn(0.75, 1600)",
    "cubic-50": "ef.cubicnl_nodc(0.5, 0)",
    "cubic-100-uneven": "ef.cubicnl_nodc(1, 0.5)",
}
MAIN = """
#include <cstdio>
#include <vector>
struct Meta { void declare(const char*, const char*) {} };
struct UI { template <class... A> void openVerticalBox(A...) {} template <class... A> void closeBox(A...) {}
  template <class... A> void declare(A...) {} };
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
int main() {
  std::vector<FAUSTFLOAT> x(SIZE), y(COUNT * SIZE);
  if (fread(x.data(), sizeof(FAUSTFLOAT), SIZE, stdin) != SIZE) return 1;
  static mydsp effect; effect.init(48000);
  FAUSTFLOAT *in[] = {x.data()}, *out[COUNT];
  for (int k = 0; k < COUNT; ++k) out[k] = y.data() + k * SIZE;
  effect.compute(SIZE, in, out);
  return fwrite(y.data(), sizeof(FAUSTFLOAT), y.size(), stdout) != y.size();
}
"""


@pytest.fixture(scope="module")
def dry() -> Float32s:
    sound = (0.3 * np.random.default_rng(1).standard_normal(SAMPLES)).clip(-0.7, 0.7).astype(np.float32)
    sound[:2400] = 0.0  # what Faust's blocker makes of an offset that begins is over by then
    return sound


@pytest.fixture(scope="module")
def told(dry: Float32s, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Float32s]:
    """What Faust makes of it, by effect."""
    skip_without("faust", "c++")
    place = tmp_path_factory.mktemp("faust")
    (place / "effects.dsp").write_text(FAUST.format(", ".join(ORACLES.values())))
    (place / "main.cpp").write_text(MAIN.replace("SIZE", str(SAMPLES)).replace("COUNT", str(len(ORACLES))))
    made = ("faust", "-double", "-a", str(place / "main.cpp"), "-o", "made.cpp", "effects.dsp")
    subprocess.run(made, cwd=place, check=True, timeout=120)
    compiled = ("c++", "-DFAUSTFLOAT=float", "-O1", "-o", "made", "made.cpp")
    subprocess.run(compiled, cwd=place, check=True, timeout=300)
    out = subprocess.run([place / "made"], input=dry.tobytes(), capture_output=True, check=True, timeout=60).stdout
    return dict(zip(ORACLES, np.frombuffer(out, np.float32).reshape(len(ORACLES), SAMPLES), strict=True))


@pytest.mark.parametrize("name", ORACLES)
def test_faust_makes_the_same_to_60_db(name: str, dry: Float32s, told: dict[str, Float32s]) -> None:
    wanted = told[name][2400:].astype(np.float64)
    off = run(name, dry)[2400:] - wanted
    assert (off**2).sum() < 1e-6 * (wanted**2).sum()
