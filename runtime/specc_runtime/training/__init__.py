"""The loop and what surrounds it: device, metrics, checkpoints, progress, reports."""
