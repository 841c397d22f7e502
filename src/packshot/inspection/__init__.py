"""What is wrong with a photo: one file a defect family, found by name here."""

from __future__ import annotations

from packshot.inspection.aspect import OddAspectRatio
from packshot.inspection.background import Border, NotWhiteBackground
from packshot.inspection.compression import Compression
from packshot.inspection.content import Content
from packshot.inspection.exposure import Exposure
from packshot.inspection.file import DamagedMetadata, FileSize, Format
from packshot.inspection.framing import FrameFill
from packshot.inspection.inspector import Inspector, Setup
from packshot.inspection.noise import Noise
from packshot.inspection.overlay_text import OverlayText
from packshot.inspection.resolution import Resolution
from packshot.inspection.rules import load_rules
from packshot.inspection.sharpness import Sharpness
from packshot.inspection.size import LowResolution, OddSize
from packshot.inspection.view import View

INSPECTORS: dict[str, type[Inspector]] = {
    Format.name: Format,
    FileSize.name: FileSize,
    DamagedMetadata.name: DamagedMetadata,
    LowResolution.name: LowResolution,
    OddSize.name: OddSize,
    OddAspectRatio.name: OddAspectRatio,
    Border.name: Border,
    NotWhiteBackground.name: NotWhiteBackground,
    FrameFill.name: FrameFill,
    Content.name: Content,
    Exposure.name: Exposure,
    Noise.name: Noise,
    Compression.name: Compression,
    Resolution.name: Resolution,
    Sharpness.name: Sharpness,
    OverlayText.name: OverlayText,
}

__all__ = ["INSPECTORS", "Inspector", "Setup", "View", "load_rules"]
