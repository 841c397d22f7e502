"""Training of the networks that packshot ships; needs PyTorch, which nothing under ``src/`` does."""
