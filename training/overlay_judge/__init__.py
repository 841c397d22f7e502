"""The overlay judge: was a place laid over the photo, or is it printed on the product?"""
