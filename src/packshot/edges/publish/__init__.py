"""Publishing: product photos go to the shop's storage, immutable, with one small manifest a product."""

from packshot.edges.publish.errors import (
    DamagedManifestError,
    InvalidNameError,
    ManifestConflictError,
    MislabelledError,
    TamperedObjectError,
    UnstatedProvenanceError,
)
from packshot.edges.publish.manifest import Entry, Manifest, PublishedFile
from packshot.edges.publish.names import Product
from packshot.edges.publish.objects import ToPublish
from packshot.edges.publish.publisher import Publication, Publisher, Replacement
from packshot.edges.publish.purge import Purge

__all__ = [
    "DamagedManifestError",
    "Entry",
    "InvalidNameError",
    "Manifest",
    "ManifestConflictError",
    "MislabelledError",
    "Product",
    "Publication",
    "PublishedFile",
    "Publisher",
    "Purge",
    "Replacement",
    "TamperedObjectError",
    "ToPublish",
    "UnstatedProvenanceError",
]
