"""The treatments, by name. Their order is that of the built-in recipe: text first, then enlargement."""

from __future__ import annotations

from packshot.stage import Stage
from packshot.stages.crop import Crop
from packshot.stages.erase_text import EraseText
from packshot.stages.inpaint import Inpaint
from packshot.stages.upscale import Upscale

STAGES: dict[str, type[Stage]] = {
    Inpaint.name: Inpaint,
    EraseText.name: EraseText,
    Upscale.name: Upscale,
    Crop.name: Crop,
}
