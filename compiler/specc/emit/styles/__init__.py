"""The same network in the other ways PyTorch offers: `nn.Sequential` in order, and a class over containers.

A style is a rewriting of the graph, of which `specc.emit.python` then writes the source. Layers may be called otherwise
in it (`layers.fc1` for `fc1`); `specc.weight_names` says how, so that weights move between the styles.
"""
