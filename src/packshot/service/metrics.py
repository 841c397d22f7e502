"""What Prometheus is told. Names as docs/metrics.md explains them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300)
_UNTIL_PUBLISHED = (1, 3, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400)


class Metrics:
    """The service's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.images = Counter(
            "images_total",
            "Stages on photos by outcome; stage 'verdict' counts decisions.",
            ("stage", "outcome", "category", "lane"),
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "stage_duration_seconds",
            "Wall time of a stage.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.time_to_publish = Histogram(
            "time_to_publish_seconds",
            "From acceptance to publication.",
            buckets=_UNTIL_PUBLISHED,
            registry=self.registry,
        )
        self.shadow_divergence = Histogram(
            "shadow_divergence",
            "Difference of two recipes' results of the same photo, 0 to 1; 1 where verdicts differ.",
            buckets=(0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            registry=self.registry,
        )
        self.requests = Histogram(
            "http_request_duration_seconds",
            "Wall time of a request.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.canary_weight = self._gauge("canary_weight", "Share of products that a candidate recipe treats.")
        self.queue_depth = self._gauge("queue_depth", "Photos that wait or are being treated.")
        self.queue_age = self._gauge(
            "queue_oldest_age_seconds", "Age of the oldest photo that nobody has begun."
        )
        self.validation_fail_ratio = self._gauge(
            "validation_fail_ratio", "Share of photos that failed their checks as they came, last 24 hours."
        )
        self.auto_publish_ratio = self._gauge(
            "auto_publish_ratio", "Share of photos that needed no person, last 24 hours."
        )
        self.manual_edits = self._gauge(
            "manual_edits_per_1k", "Edits by hand per 1,000 photos, last 24 hours."
        )
        self.edge_fidelity = self._gauge(
            "edge_fidelity", "Mean edge fidelity of changed photos, last 24 hours."
        )
        self.artifact_rate = self._gauge(
            "artifact_rate", "Share of treated photos with artefacts, last 24 hours."
        )
        self.text_residue = self._gauge(
            "text_residue_ratio", "Share of erasures that left residue, last 24 hours."
        )
        self.cpu_seconds = self._gauge("cpu_seconds_per_image", "Mean processor time a photo, last 24 hours.")

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)
