"""What can go wrong with publishing, beside what storages say."""

from __future__ import annotations

from packshot.errors import PackshotError


class InvalidNameError(PackshotError):
    """{name!r} cannot name a {kind}: it is empty or has broken characters. Correct it in the feed."""

    code = "invalid_name"


class MislabelledError(PackshotError):
    """A file was to be published as {stated}, but is {found}. This is a bug in what rendered it."""

    code = "mislabelled"


class TamperedObjectError(PackshotError):
    """{key!r} in {where} is not what was published under that name, and nothing refers to it newly. Find out
    who else writes there, delete it, then publish again."""  # noqa: D205, D209 - a message

    code = "tampered_object"


class UnstatedProvenanceError(PackshotError):
    """{key!r} does not state {missing}, so it was not published. This is a bug in what rendered it."""

    code = "unstated_provenance"


class DamagedManifestError(PackshotError):
    """{key!r} in {where} is no manifest of this version of packshot: {detail}. Nothing was changed. Put back
    the last good one, or update packshot, then try again."""  # noqa: D205, D209 - a message

    code = "damaged_manifest"


class ManifestConflictError(PackshotError):
    """{key!r} in {where} was changed by others {attempts} times in a row. Try again."""

    code = "manifest_conflict"
    retryable = True
