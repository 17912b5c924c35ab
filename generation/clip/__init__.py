"""CLIP: how well a picture fits its text. The network and its published files."""
