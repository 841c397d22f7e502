"""Text and marks laid over a photo: found, told from text printed on the product, and named by kind."""
