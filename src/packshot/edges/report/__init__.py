"""The report of a batch: one HTML page that needs nothing but itself."""

from packshot.edges.report.page import Totals, write_report

__all__ = ["Totals", "write_report"]
