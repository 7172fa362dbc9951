"""``python -m wallet.cli`` is the command ``dompet``."""

from wallet.cli import main

main(prog_name="dompet")
