"""Content Credentials (C2PA): a signed history inside the file that any viewer of the standard can read."""

from packshot.edges.credentials.actions import Action, actions_of
from packshot.edges.credentials.certificate import ALGORITHMS
from packshot.edges.credentials.sign import sign

__all__ = ["ALGORITHMS", "Action", "actions_of", "sign"]
