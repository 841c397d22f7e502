"""The report of a batch: one HTML page that needs nothing but itself."""

from packshot.edges.report.page import Run, write_report

__all__ = ["Run", "write_report"]
