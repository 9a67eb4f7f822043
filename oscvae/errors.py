"""The tree of exceptions.

OscvaeError
|-- ConfigError         a configuration file, key or command line argument (exit code 2)
|   `-- RuleError       ... one rule of osc.map, midi.map or macros.map
|-- PortTakenError      the OSC port belongs to somebody else (exit code 3)
|-- PacketError         bytes that are not well-formed OSC
|-- CommandError        a well-formed OSC message that cannot be obeyed: answered with /fail
|   |-- UnknownAddressError  ... because there is no such address
|   |-- BusyError       ... because a queue or the voice pool is full right now
|   `-- DiskError       ... because a folder does not answer
|-- ModelError          a model file that is missing, broken, foreign or at odds with its document
|   `-- NoDocumentError ... that has no document, but code that may say what it is
|-- DecoderError        a decoder process that died or answered nonsense
|-- AudioError          an audio server or device that cannot be used
|-- SoundFileError      a sound file that cannot be read or written
`-- DataError           a data set, recipe or training run that cannot be used

Every message says what was wrong, the value, and what would be right.
"""


class OscvaeError(Exception):
    """Base of everything that oscvae raises on purpose."""

    exit_code = 1


class ConfigError(OscvaeError):
    exit_code = 2


class RuleError(ConfigError):
    """A rule that could never work. key: the parts of its key; problem: why, and what would."""

    def __init__(self, key: tuple[str, ...], problem: str) -> None:
        super().__init__(f"{'.'.join(key)}: {problem}")
        self.key, self.problem = key, problem


class PortTakenError(OscvaeError):
    """key: of the configuration, which names the port."""

    exit_code = 3

    def __init__(self, message: str, key: str = "osc.port") -> None:
        super().__init__(message)
        self.key = key


class PacketError(OscvaeError):
    pass


class CommandError(OscvaeError):
    pass


class UnknownAddressError(CommandError):
    pass


class BusyError(CommandError):
    pass


class DiskError(CommandError):
    pass


class ModelError(OscvaeError):
    pass


class NoDocumentError(ModelError):
    pass


class DecoderError(OscvaeError):
    pass


class AudioError(OscvaeError):
    pass


class SoundFileError(OscvaeError):
    pass


class DataError(OscvaeError):
    pass
