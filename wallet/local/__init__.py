"""All of Dompet on one machine: what `dompet up` starts, in the foreground and for development."""
