"""How large a network may be; architecture.md, limits that protect the user."""

from typing import Final

NODE_LIMIT: Final = 20_000
REPEAT_LIMIT: Final = 10_000
NESTING_LIMIT: Final = 32
