"""A home in which changes were tried: rollouts that ended, one under way, an experiment, and their photos."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from review_service import RECIPE

from packshot.ledger.queue import Lease
from packshot.ledger.rollout_tables import Rollout
from packshot.rollout.plan import Plan
from packshot.rollout.progress import OPEN, Action
from packshot.rollout.trial import Trial
from packshot.service import comparing, experiments, rollouts
from packshot.service.context import Context, opened
from packshot.service.options import Offered
from packshot.service.settings import Settings
from packshot.service.submit import Submission, keep, submit
from packshot.service.work import Workers

NEVER = 86_400.0
"""Seconds between two judgements: the service itself makes none while a test looks."""
CATEGORIES = ("knit", "lamps", "shoes")
LANCZOS = {"upscaler_x4": "lanczos-x4", "upscaler_x4_degraded": "lanczos-x4"}
NET = {"upscaler_x4": "upscale-net-x4", "upscaler_x4_degraded": "upscale-net-x4-degraded"}


def drawn(seed: int, side: int = 160) -> bytes:
    """A product on white, as a small JPEG: a vase with stripes and a grain, each seed another one."""
    chance = np.random.default_rng(seed)
    big = side * 4
    image = Image.new("RGB", (big, big), "white")
    pen = ImageDraw.Draw(image)
    colour = tuple(int(value) for value in chance.integers(50, 190, 3))
    across = big * chance.uniform(0.2, 0.32)
    pen.ellipse((big / 2 - across, big * 0.22, big / 2 + across, big * 0.94), fill=colour)
    pen.rectangle((big / 2 - across / 2, big * 0.08, big / 2 + across / 2, big * 0.4), fill=colour)
    light = tuple(min(255, value + 60) for value in colour)
    for number in range(int(chance.integers(6, 14))):
        x = big / 2 - across + 2 * across * number / 12
        pen.line((x, big * 0.42, x + across * 0.2, big * 0.8), fill=light, width=6)
    pen.line((big / 2 - across / 2, big * 0.12, big / 2 + across / 2, big * 0.12), fill=light, width=10)
    pixels = np.asarray(
        image.filter(ImageFilter.GaussianBlur(2)).resize((side, side), Image.Resampling.LANCZOS)
    )
    inside = (pixels.min(2) < 250)[..., None]
    grain = chance.normal(0, 6, (side, side, 1))
    buffer = BytesIO()
    noisy = np.where(inside, pixels + grain, pixels).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


@contextmanager
def furnished(folder: Path) -> Iterator[Context]:
    """The parts of a service in ``folder/home``, where :func:`review_service.serving` looks for it."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE)
    with opened(Settings.from_environment({}, home=folder / "home", recipe=recipe)) as context:
        yield context


class Shop:
    """Sends photos and moves on what can be moved on, by hand."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.sent = 0

    def send(self, photos: int, name: str = "vase-{}.jpg") -> None:
        """Products of one photo each, treated."""
        for _ in range(photos):
            self.sent += 1
            digest = keep(self.context, drawn(self.sent), "image/jpeg")
            offered = Offered(name=name.format(self.sent), digest=digest, product=f"sku-{self.sent}")
            category = CATEGORIES[self.sent % len(CATEGORIES)]
            submit(self.context, Submission("shop", "api", [offered], merchant="north", category=category))
        workers = Workers(self.context)
        while workers.move_one(Lease("worker", 60.0)):
            pass

    def compare(self, most: int = 1_000) -> None:
        """Do what waits to be compared."""
        while most and comparing.compare_one(self.context):
            most -= 1

    def begin(self, name: str, candidate: dict, *phases: dict, **said: object) -> str:
        plan = {"rollout": name, "candidate": candidate, "phases": list(phases), "interval": NEVER, **said}
        return rollouts.apply(self.context, Plan.from_dict(plan, name), "maria")

    def judge(self, rollout: str) -> Rollout:
        rollouts.judge_now(self.context, rollout)
        with self.context.ledger.reading() as session:
            return rollouts.find(session, rollout)

    def settle(self, rollout: str, photos: int = 4, most: int = 60) -> Rollout:
        """Send and judge until its gate has ended it, or ``most`` photos were sent."""
        row = self.judge(rollout)
        while row.status in OPEN and most > 0:
            self.send(photos)
            self.compare()
            row, most = self.judge(rollout), most - photos
        return row


def kind(name: str, least: int = 8, **said: object) -> dict:
    return {"kind": name, "least": least, **said}


def live_upscaler(shop: Shop) -> str:
    """Has small photos enlarged by interpolation: a rollout that a person promoted."""
    changed = {"stages": [{"upscale": {"min_side": 600}}], "backends": LANCZOS}
    made = shop.begin("upscale-small-photos", changed, kind("shadow"))
    rollouts.act(
        shop.context, made, Action.PROMOTE, "maria", "Small photos went to review. <b>All</b> of them."
    )
    return made


def bad_change(shop: Shop) -> str:
    """Without the upscaler nothing passes: a rollout that its gate rolls back."""
    made = shop.begin("no-upscaler", {"stages": ["inpaint"]}, kind("shadow"), kind("canary", weight=0.25))
    shop.settle(made)
    return made


def experiment(shop: Shop, photos: int = 24) -> str:
    """Two upscalers on different products, with two looks of which one was reached."""
    trial = Trial.from_dict(
        {
            "experiment": "two-upscalers",
            "arms": {"interpolated": {}, "network": {"backends": NET}},
            "control": "interpolated",
            "shares": {"interpolated": 0.5, "network": 0.5},
        },
        "experiment",
    )
    made = experiments.start(shop.context, trial, "maria")
    shop.send(photos)
    return made


def under_way(shop: Shop, photos: int = 12, name: str = "sharper-upscaler") -> str:
    """A rollout that came through replay and shadow and is in its canary, judged a few times."""
    made = shop.begin(
        name,
        {"backends": NET},
        kind("replay", most=16),
        kind("shadow"),
        *(kind("canary", weight=weight, least=60) for weight in (0.5, 1.0)),
        guardrails={
            "failure_rate": 0.25,
            "pass_rate": 0.2,
            "edge_fidelity": 0.1,
            "harm_rate": 0.2,
            "cpu": 5.0,
        },
        goals={"edge_fidelity": 0.0},
    )
    for _ in range(4):
        shop.compare(4)
        shop.judge(made)
    for words in ("The replay looked fine.", "So did the shadow."):
        rollouts.act(shop.context, made, Action.ADVANCE, "maria", words)
        for _ in range(3):
            shop.send(photos // 3)
            shop.compare()
            shop.judge(made)
    return made
