"""Fine-tuning: a plan in TOML, the parts and layers it names trained on one's own pictures, and a bundle at the end."""
