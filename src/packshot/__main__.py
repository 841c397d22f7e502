"""``python -m packshot`` is the ``packshot`` command."""

from packshot.cli import main

if __name__ == "__main__":
    main()
