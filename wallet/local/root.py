"""Where the code is."""

from pathlib import Path

import wallet

PROJECT_ROOT = Path(wallet.__file__).resolve().parents[1]
