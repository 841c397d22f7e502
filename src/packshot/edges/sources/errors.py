"""What a source answers when it cannot give a photo."""

from __future__ import annotations

from packshot.errors import PackshotError


class FeedError(PackshotError):
    """{name} is no product feed that packshot reads: {detail}. It reads Google Merchant Center feeds as
    tab- or comma-separated text (with the columns id and image_link), RSS 2.0 or Atom, and Shopify's product
    CSV (with the columns Handle and Image Src). Export it as one of these.
    """  # noqa: D205 - a template, not a summary

    code = "bad_feed"


class FeedTooLargeError(PackshotError):
    """{name} has more than {limit} {unit}. Split it into several feeds."""

    code = "too_large"


class UrlRefusedError(PackshotError):
    """{url} is refused: {detail}."""

    code = "url_refused"


class FetchFailedError(PackshotError):
    """{url} cannot be fetched: {detail}."""

    code = "fetch_failed"


class FetchInterruptedError(PackshotError):
    """{url} could not be fetched: {detail}. Try again later."""

    code = "fetch_interrupted"
    retryable = True


class FetchTooLargeError(PackshotError):
    """{url} has more than {limit} bytes, the limit. Offer a smaller file there."""

    code = "too_large"


class NotWatchedError(PackshotError):
    """{location} is not in a watched place ({detail}). Give it from one of them: {choices}."""

    code = "not_watched"


class GoneError(PackshotError):
    """{location} is not there any more, or is another file by now. Put it there again to offer it anew."""

    code = "gone"


class BadKeyError(PackshotError):
    """{place} cannot be listed: {detail}. Rename or remove that object; until then nothing is taken."""

    code = "bad_key"
