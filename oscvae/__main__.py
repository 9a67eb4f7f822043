"""`python -m oscvae`, the same as `oscvae`."""

from __future__ import annotations

from oscvae.app.cli import main

if __name__ == "__main__":
    main()
