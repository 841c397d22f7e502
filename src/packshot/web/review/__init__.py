"""The pages on which people look at photos and decide."""
