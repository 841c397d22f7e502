"""Put a trained network into the package: ``python -m training.install stroke-net DIR/stroke_net.onnx``.

Copies the file beside the lock and writes its digest and size into the lock.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
from pathlib import Path

from packshot.weights.lock import PACKAGE_FOLDER, entry


def main() -> None:
    """Read the options and install."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the weight in the lock")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    (old,) = entry(options.name).files
    data = options.file.read_bytes()
    shutil.copyfile(options.file, PACKAGE_FOLDER / old.member)
    lock = PACKAGE_FOLDER / "models.lock.yaml"
    pattern = rf"(member: {re.escape(old.member)}\n\s+sha256: )\w+(\n\s+size: )\d+"
    new = rf"\g<1>{hashlib.sha256(data).hexdigest()}\g<2>{len(data)}"
    text, count = re.subn(pattern, new, lock.read_text(encoding="utf-8"))
    if count != 1:
        raise SystemExit(f"{lock} has {count} entries for {old.member}")
    lock.write_text(text, encoding="utf-8")
    print(f"{options.name}: {len(data)} bytes, {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
