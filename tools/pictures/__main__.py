"""Makes what the README and the documentation show and let hear: `make pictures`, or python tools/pictures [folder].

The diagrams always; with `--sound` also what comes out of the model (a note on its way, the piece, its spectrogram),
with `--page` the page in the browser.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import diagrams

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DOCS, help="instead of docs")
    parser.add_argument("--sound", action="store_true", help="the note, the piece and its spectrogram as well")
    parser.add_argument("--page", action="store_true", help="the page in the browser as well, by Chromium")
    arguments = parser.parse_args()
    (arguments.folder / "pictures").mkdir(parents=True, exist_ok=True)
    for name, drawing in diagrams.all_of_them().items():
        (arguments.folder / "pictures" / name).write_text(drawing, encoding="utf-8")
    if arguments.sound:
        import heard

        heard.make(arguments.folder)
    if arguments.page:
        import page

        page.make(arguments.folder)


if __name__ == "__main__":
    main()
