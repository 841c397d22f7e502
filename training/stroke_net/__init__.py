"""The stroke network: which pixels were stamped over a photo."""
