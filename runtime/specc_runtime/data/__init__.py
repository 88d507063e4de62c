"""Datasets, transforms, loaders."""
