"""VQGAN: pixels to image codes and back. The network and its published files."""
