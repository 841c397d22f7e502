"""Check photos from a script or a hook: ``packshot validate`` with its options and exit codes.

Usage: tools/validate_images.py PATH... [--threshold 0.8] [--channel NAME] [--json | --junit]
"""

import sys

from packshot.cli import main

if __name__ == "__main__":
    main(["validate", *sys.argv[1:]])
