"""The command line. Only light imports here: what a command needs is imported when it runs."""

from packshot.cli.app import app, main

__all__ = ["app", "main"]
