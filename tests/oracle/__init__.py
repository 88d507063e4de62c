"""The differential oracle: every op's rule is held to torch on random configurations."""
