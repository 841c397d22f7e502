"""XMP packets: read what they say about source and rights, and add to it without losing the rest.

Parsed with the standard library after a first pass that refuses every document type declaration: without one,
XML has no entities to expand and nothing external to fetch. Prefixes and unknown properties stay as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.dom import minidom
from xml.parsers import expat

from packshot.errors import DamagedMetadataError

DIGITAL_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC's vocabulary; a term's URI is this and its name."""
ENHANCED = DIGITAL_SOURCE_TYPES + "algorithmicallyEnhanced"
COMPOSITE_WITH_TRAINED = DIGITAL_SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_NAMESPACES = {"dc": _DC, "photoshop": _PHOTOSHOP, "Iptc4xmpExt": _IPTC_EXT}
# These describe the file that was read, and would be false in the file that is written.
_STALE = (
    ("http://ns.adobe.com/tiff/1.0/", "Orientation"),
    ("http://ns.adobe.com/exif/1.0/", "ColorSpace"),
    (_PHOTOSHOP, "ICCProfile"),
    ("http://ns.adobe.com/xap/1.0/", "Thumbnails"),
)
_DEEPEST = 64  # levels: the XMP data model needs about ten; a writer that recurses must not overflow
_CAPTURED = frozenset(
    {
        *("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print"),
        *("humanEdits", "minorHumanEdits", "algorithmicallyEnhanced"),
    }
)
_EMPTY = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + _RDF.encode() + b'">'
    b'<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a file says about where its picture comes from and whose it is.

    Attributes:
        digital_source_type: URI of IPTC's vocabulary.
        creators: names, in order (XMP ``dc:creator``, EXIF Artist, IIM By-line).
        rights: copyright notice (XMP ``dc:rights``, EXIF Copyright, IIM Copyright Notice).
        credit: credit line (XMP ``photoshop:Credit``, IIM Credit).
    """

    digital_source_type: str | None = None
    creators: tuple[str, ...] = ()
    rights: str | None = None
    credit: str | None = None

    def or_else(self, other: Provenance) -> Provenance:
        """This one, with what it leaves open taken from ``other``."""
        return Provenance(
            self.digital_source_type or other.digital_source_type,
            self.creators or other.creators,
            self.rights or other.rights,
            self.credit or other.credit,
        )


def read_xmp(packet: bytes) -> Provenance:
    """What an XMP packet says.

    Raises:
        DamagedMetadataError: it is no well-formed XMP, or carries a document type declaration.
    """
    document = _parse(packet)
    return Provenance(
        _source_type(document),
        tuple(_values(document, _DC, "creator")),
        next(_values(document, _DC, "rights"), None),
        next(_values(document, _PHOTOSHOP, "Credit"), None),
    )


def merge_xmp(existing: bytes | None, statement: Provenance) -> bytes:
    """``existing`` with ``statement`` added, as a packet.

    Creators, rights and credit that are there already are kept; the digital source type is replaced only
    where the new one says more (see :func:`stronger_source_type`). Properties that describe the file instead
    of the picture (orientation, thumbnails, colour space) are dropped.

    Raises:
        DamagedMetadataError: ``existing`` is no well-formed XMP, or carries a document type declaration.
    """
    document = _parse(existing or _EMPTY)
    known = read_xmp(existing) if existing else Provenance()
    for namespace, name in _STALE:
        _remove(document, namespace, name)
    source_type = stronger_source_type(known.digital_source_type, statement.digital_source_type)
    if source_type is not None and source_type != known.digital_source_type:
        _remove(document, _IPTC_EXT, "DigitalSourceType")
        _add(document, "Iptc4xmpExt:DigitalSourceType", (source_type,))
    if statement.creators and not known.creators:
        _add(document, "dc:creator", statement.creators, container="Seq")
    if statement.rights and not known.rights:
        _add(document, "dc:rights", (statement.rights,), container="Alt")
    if statement.credit and not known.credit:
        _add(document, "photoshop:Credit", (statement.credit,))
    body = _root(document).toxml().encode()
    return b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>' + body + b'<?xpacket end="w"?>'


def stronger_source_type(existing: str | None, new: str | None) -> str | None:
    """Which of two digital source types is the truth about a photo that said ``existing`` and became ``new``.

    An enhancement replaces only what says 'captured from life' or 'edited by hand': an enhanced drawing stays
    a drawing, a composite stays a composite. A fill by a trained model replaces everything except
    ``trainedAlgorithmicMedia``: a picture that is wholly generated does not become less so.
    """
    if existing is None or new is None:
        return existing or new
    term = existing.rstrip("/").rsplit("/", 1)[-1]
    if new == COMPOSITE_WITH_TRAINED:
        return existing if term == "trainedAlgorithmicMedia" else new
    return new if term in _CAPTURED else existing


def _parse(packet: bytes) -> minidom.Document:
    text = packet.strip(b"\0 \r\n\t")
    depth = 0

    def refuse(*_: object) -> None:
        raise DamagedMetadataError(kind="XMP", detail="unsafe (it declares a document type)")

    def enter(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise DamagedMetadataError(kind="XMP", detail="unsafe (nested too deeply)")

    def leave(_: str) -> None:
        nonlocal depth
        depth -= 1

    scanner = expat.ParserCreate()
    scanner.StartDoctypeDeclHandler = refuse
    scanner.StartElementHandler = enter
    scanner.EndElementHandler = leave
    try:
        scanner.Parse(text, True)
        document = minidom.parseString(text)  # noqa: S318 - no document type, hence no entities: see above
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise DamagedMetadataError(kind="XMP", detail="not well-formed") from error
    if not document.getElementsByTagNameNS(_RDF, "RDF"):
        raise DamagedMetadataError(kind="XMP", detail="without RDF")
    return document


def _root(document: minidom.Document) -> minidom.Element:
    assert document.documentElement is not None  # the parser refuses a document without one
    return document.documentElement


def _descriptions(document: minidom.Document) -> list[minidom.Element]:
    """The top-level descriptions: those that speak of the picture, not of a part or an ingredient."""
    found = document.getElementsByTagNameNS(_RDF, "RDF")[0].childNodes
    return [node for node in found if isinstance(node, minidom.Element) and node.localName == "Description"]


def _source_type(document: minidom.Document) -> str | None:
    value = next(_values(document, _IPTC_EXT, "DigitalSourceType"), None)
    return value.replace("https://cv.iptc.org/", "http://cv.iptc.org/") if value else None


def _properties(description: minidom.Element, namespace: str, name: str) -> list[minidom.Element]:
    """The property's elements in one description."""
    nodes = [node for node in description.childNodes if isinstance(node, minidom.Element)]
    return [node for node in nodes if (node.namespaceURI, node.localName) == (namespace, name)]


def _values(document: minidom.Document, namespace: str, name: str) -> Iterator[str]:
    """The property's values, in any of RDF's spellings: attribute, text, ``rdf:resource`` or a list."""
    for description in _descriptions(document):
        if value := description.getAttributeNS(namespace, name).strip():
            yield value
        for element in _properties(description, namespace, name):
            for item in element.getElementsByTagNameNS(_RDF, "li") or [element]:
                text = "".join(
                    node.data for node in item.childNodes if isinstance(node, minidom.Text)
                ).strip()
                if value := text or item.getAttributeNS(_RDF, "resource").strip():
                    yield value


def _remove(document: minidom.Document, namespace: str, name: str) -> None:
    for description in _descriptions(document):
        for element in _properties(description, namespace, name):
            description.removeChild(element)
        if description.hasAttributeNS(namespace, name):
            description.removeAttributeNS(namespace, name)


def _add(
    document: minidom.Document, qualified: str, values: tuple[str, ...], container: str | None = None
) -> None:
    """A new description with one property: it declares its own prefixes, so it cannot clash with others."""
    prefix = qualified.split(":", 1)[0]
    namespace = _NAMESPACES[prefix]
    rdf = document.getElementsByTagNameNS(_RDF, "RDF")[0]
    description = document.createElementNS(_RDF, "rdf:Description")
    description.setAttributeNS(_XMLNS, "xmlns:rdf", _RDF)
    description.setAttributeNS(_XMLNS, f"xmlns:{prefix}", namespace)
    description.setAttributeNS(_RDF, "rdf:about", _about(document))
    element = document.createElementNS(namespace, qualified)
    if container is None:
        element.appendChild(document.createTextNode(values[0]))
    else:
        listed = document.createElementNS(_RDF, f"rdf:{container}")
        for value in values:
            item = document.createElementNS(_RDF, "rdf:li")
            if container == "Alt":
                item.setAttribute("xml:lang", "x-default")
            item.appendChild(document.createTextNode(value))
            listed.appendChild(item)
        element.appendChild(listed)
    description.appendChild(element)
    rdf.appendChild(description)


def _about(document: minidom.Document) -> str:
    """All descriptions of a packet must name the same subject (ISO 16684-1, 7.4)."""
    return next((d.getAttributeNS(_RDF, "about") for d in _descriptions(document)), "")
