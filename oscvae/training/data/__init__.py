"""Makes data sets: from recordings or SoundFonts to a folder that training opens."""
