"""The op reference, read from the declarations: as a manual page for a terminal, and as the pages of docs/ops/."""
