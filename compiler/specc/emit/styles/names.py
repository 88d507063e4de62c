"""The styles by name. Light to import: the command line offers them."""

from __future__ import annotations

from typing import Final

STYLES: Final = (
    "module", "sequential", "sequential:plain", "sequential:add_module", "sequential:OrderedDict",
    "containers", "containers:Sequential", "containers:ModuleList", "containers:ModuleDict",
)  # fmt: skip
"""What `--style` takes. Without its second half, `sequential` is plain where a spec numbers its layers and an
`OrderedDict` where it names them; `containers` is `containers:Sequential`.
"""
