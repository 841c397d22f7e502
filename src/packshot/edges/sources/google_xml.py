"""Google Merchant Center feeds as RSS 2.0 or Atom.

They are read as a stream: no tree is built, so none can be too big. A document type declaration is refused;
without one there are no entities to expand and nothing to fetch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.sax import make_parser

from packshot.edges.sources.errors import FeedError, FeedTooLargeError
from packshot.edges.sources.feed_rows import Problem, Row
from packshot.edges.sources.google import ATTRIBUTES, google_row

_G = "http://base.google.com/ns/1.0"
_ATOM = "http://www.w3.org/2005/Atom"
_ROOTS = ((None, "rss"), (_ATOM, "feed"))
_ITEMS = ((None, "item"), (_ATOM, "entry"))
_PIECE = 2**20  # bytes
_LONGEST_TEXT = 8192  # characters of an attribute
_MOST_VALUES = 1000  # attributes of a product
_DEEPEST = 100  # elements; a feed has about six

_Name = tuple[str | None, str]


def google_xml_rows(data: bytes, name: str, max_rows: int) -> Iterator[Row | Problem]:
    """The products of an XML feed.

    Raises:
        FeedError: it is not well-formed, declares a document type, or is neither RSS nor Atom.
        FeedTooLargeError: it has more than ``max_rows`` products.
    """
    # Some shop systems put an empty line before the declaration, which XML forbids.
    body = data if b"\0" in data[:4] else data.lstrip(b"\xef\xbb\xbf \t\r\n")
    before = data[: len(data) - len(body)].count(b"\n")
    items = _Items(name, max_rows, before)
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(items)
    items.locate = parser.getLineNumber
    try:
        heard = True
        for at in range(0, len(body), _PIECE):
            parser.feed(body[at : at + _PIECE])
            # The parser keeps a tag until it ends: one with millions of attributes would fill the memory.
            if not (heard or items.heard):
                raise FeedError(name=name, detail=f"it holds a tag or comment of more than {_PIECE} bytes")
            heard, items.heard = items.heard, False
            yield from items.take()
        parser.close()
    except (SAXException, LookupError, ValueError) as error:
        line = (parser.getLineNumber() or 0) + before
        message = error.getMessage() if isinstance(error, SAXException) else str(error)
        detail = f"it is not safe or well-formed XML, line {line}: {message[:200]}"
        raise FeedError(name=name, detail=detail) from error
    yield from items.take()


class _Items(ContentHandler):
    """Collects the attributes of each item; everything else goes by."""

    locate: Callable[[], int | None]

    def __init__(self, name: str, max_rows: int, before: int) -> None:
        super().__init__()
        self._name, self._max_rows, self._before = name, max_rows, before
        self._found: list[Row | Problem] = []
        self.heard = False
        self._count = self._depth = self._line = 0
        self._item_depth: int | None = None
        self._values: dict[str, list[str]] = {}
        self._problem = ""
        self._attribute: str | None = None
        self._text: list[str] = []
        self._size = 0

    def take(self) -> list[Row | Problem]:
        """What was found since the last call."""
        found, self._found = self._found, []
        return found

    def startElementNS(self, name: _Name, qname: str | None, attrs: object) -> None:  # noqa: ARG002, N802 - SAX
        self.heard = True
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FeedError(name=self._name, detail=f"its elements are nested more than {_DEEPEST} deep")
        if self._depth == 1 and name not in _ROOTS:
            detail = f"its root is <{name[1][:40]}>, not <rss> or Atom's <feed>"
            raise FeedError(name=self._name, detail=detail)
        if self._item_depth is None:
            if name in _ITEMS:
                self._begin()
        elif self._depth == self._item_depth + 1 and name[0] == _G:
            attribute = name[1].lower().replace("_", " ")
            self._attribute = attribute if attribute in ATTRIBUTES else None
            self._text, self._size = [], 0

    def characters(self, content: str) -> None:
        self.heard = True
        if self._attribute is not None:
            self._size += len(content)
            if self._size > _LONGEST_TEXT:
                self._problem = f"Its {self._attribute} has more than {_LONGEST_TEXT} characters. Shorten it."
            else:
                self._text.append(content)

    def endElementNS(self, name: _Name, qname: str | None) -> None:  # noqa: ARG002, N802 - SAX
        self.heard = True
        if self._depth == self._item_depth:
            self._end()
        elif self._item_depth is not None and self._depth == self._item_depth + 1 and self._attribute:
            values = self._values.setdefault(self._attribute, [])
            if len(values) < _MOST_VALUES:
                values.append("".join(self._text))
            else:
                self._problem = f"It has more than {_MOST_VALUES} of {self._attribute}. Leave some out."
            self._attribute = None
        self._depth -= 1

    def _begin(self) -> None:
        self._count += 1
        if self._count > self._max_rows:
            raise FeedTooLargeError(name=self._name, limit=self._max_rows, unit="products")
        self._item_depth, self._line = self._depth, (self.locate() or 0) + self._before
        self._values, self._problem = {}, ""

    def _end(self) -> None:
        row = google_row(self._line, self._values)
        self._found.append(Problem(self._line, self._problem) if self._problem else row)
        self._item_depth = None
