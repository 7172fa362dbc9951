"""Making exports: a process of its own for each, so that neither rendering nor uploading is felt by money."""
