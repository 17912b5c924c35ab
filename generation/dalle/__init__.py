"""DALL-E Mini: text to image codes. The network, its published files, its text and its sampling."""
