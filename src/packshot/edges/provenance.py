"""What a published file must truthfully say about how its picture came to be."""

from __future__ import annotations

from collections.abc import Iterable

from packshot.backend import Backend, Filler, load_backend
from packshot.edges.exif import ARTIST, COPYRIGHT, Exif
from packshot.edges.formats import open_header
from packshot.edges.metadata import embedded_metadata, iim_credits
from packshot.edges.xmp import COMPOSITE_WITH_TRAINED, ENHANCED, Provenance, merge_xmp, read_xmp
from packshot.errors import PackshotError, UndecodableError
from packshot.photo import Metadata
from packshot.trail import Outcome, Step

__all__ = ["Provenance", "digital_source_type", "merge_xmp", "provenance_of", "read_provenance"]


def digital_source_type(stages: Iterable[str], backends: Iterable[Backend]) -> str | None:
    """The IPTC digital source type of a photo on which ``stages`` did something, using ``backends``.

    - Nothing was done: None. What the file says about itself stays.
    - A filler with trained weights was at hand: ``compositeWithTrainedAlgorithmicMedia``, IPTC's term for a
      photo with parts made by a trained model.
    - Anything else: ``algorithmicallyEnhanced``, IPTC's 'modification or correction by algorithm', with a
      denoised photo as its example. Classical inpainting of a stamp belongs here: it continues pixels of the
      same photo. It is no ``compositeCapture`` (there is one source), no ``humanEdits`` (nobody drew), and
      nothing of it is trained. A super-resolution model is trained, but adds no element: it is an enhancement
      too, and the no-harm checks hold it to that.

    ``stages`` are the names of stages that changed pixels; detectors and maskers among ``backends`` do not
    count, only what paints does.
    """
    if not list(stages):
        return None
    trained = any(isinstance(backend, Filler) and backend.card.weights for backend in backends)
    return COMPOSITE_WITH_TRAINED if trained else ENHANCED


def provenance_of(steps: Iterable[Step]) -> Provenance:
    """What the steps of a trail add to a photo's provenance."""
    applied = [step for step in steps if step.outcome in (Outcome.APPLIED, Outcome.PARTLY_UNDONE)]
    names = {used.split("@", 1)[0] for step in applied for used in step.backends}
    stages = [step.stage for step in applied]
    return Provenance(digital_source_type(stages, [load_backend(name) for name in sorted(names)]))


def stated_provenance(metadata: Metadata) -> Provenance:
    """What a photo's metadata says: XMP first, then EXIF, then IPTC-IIM."""
    stated = read_xmp(metadata.xmp) if metadata.xmp else Provenance()
    if metadata.exif:
        exif = Exif(metadata.exif)
        artist = exif.text(ARTIST)
        # EXIF separates several artists by semicolons (Exif 3.0, 4.6.6.6).
        artists = tuple(name.strip() for name in artist.split(";")) if artist else ()
        stated = stated.or_else(Provenance(creators=artists, rights=exif.text(COPYRIGHT)))
    return stated.or_else(iim_credits(metadata.iptc)) if metadata.iptc else stated


def read_provenance(data: bytes) -> Provenance:
    """What a file says about source and rights: to check a published file by reading it again.

    Raises:
        UndecodableError, UnsupportedFormatError: it is no readable picture.
    """
    try:
        _, image = open_header(data, "file")
        image.load()
        metadata, _ = embedded_metadata(image)
    except PackshotError:
        raise
    except Exception as error:  # a decoder raises anything on broken bytes
        raise UndecodableError(name="file", detail=str(error)) from error
    return stated_provenance(metadata)
