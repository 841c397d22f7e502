"""The findings of one photo, from state to state: only what a treatment may have moved is looked at again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from packshot.finding import Finding, Mask
from packshot.inspection import Inspector, View
from packshot.memo import Memo, address
from packshot.photo import Photo
from packshot.trail import Outcome, Step

Inspectors = tuple[tuple[str, Inspector], ...]
"""Inspectors in order, each with the digest of what its findings depend on beside the photo."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one inspector saw on one state of a photo, and the seconds that it took to work that out."""

    findings: tuple[Finding, ...]
    seconds: float
    cpu_seconds: float

    def holds(self) -> Iterator[Mask]:
        """See :class:`packshot.memo.Kept`."""
        return masks_of(self.findings)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a photo at one point.

    Attributes:
        known: findings as last seen, by inspector.
        fresh: inspectors that saw the photo as it is now.
        settled: codes that are not judged anew.
    """

    known: Mapping[str, tuple[Finding, ...]]
    fresh: frozenset[str]
    settled: frozenset[str]


class Examination:
    """Findings of one photo, kept per inspector so that only what a treatment may have moved is redone.

    Attributes:
        photo: as it is now.
        address: of this state of the photo; empty without a memo.
        memo: where inspectors' findings are kept for other recipes; None keeps nothing.
    """

    def __init__(self, photo: Photo, inspectors: Inspectors, memo: Memo | None = None) -> None:
        self.photo = photo
        self.memo = memo
        self.address = "" if memo is None else address("photo", photo)
        self.spared_seconds = 0.0
        self.spared_cpu_seconds = 0.0
        self.computed = 0
        self.reused = 0
        self._inspectors = inspectors
        self._view = View(photo)
        self._known: dict[str, tuple[Finding, ...]] = {}
        self._fresh: set[str] = set()
        self._settled: frozenset[str] = frozenset()

    def findings(self) -> tuple[Finding, ...]:
        """All findings on the photo as it is now."""
        return self._look(lambda _: True)

    def standing(self, codes: frozenset[str]) -> tuple[Finding, ...]:
        """Findings of the inspectors that know ``codes`` as of now; the others' as last seen."""
        return self._look(lambda inspector: bool(inspector.codes & codes))

    def move_to(self, photo: Photo, where: str, settled: frozenset[str] = frozenset()) -> None:
        """Go on with another state of the photo, on which ``settled`` codes are not judged anew.

        ``where`` is that state's address; it says nothing where there is no memo.
        """
        if settled:
            self._look(lambda inspector: bool(inspector.codes & settled))
            self._settled |= settled
            self._known = {name: self._moved(found, photo) for name, found in self._known.items()}
        self.photo, self.address = photo, where
        self._view = View(photo)
        self._fresh.clear()

    def now(self) -> Standing:
        """What is known at this point, to go on from with :meth:`resume`."""
        return Standing(dict(self._known), frozenset(self._fresh), self._settled)

    def resume(self, photo: Photo, where: str, standing: Standing) -> None:
        """Go on from a point that another examination of the same photo had reached."""
        if photo is not self.photo:
            self.photo, self.address = photo, where
            self._view = View(photo)
        self._known = dict(standing.known)
        self._fresh, self._settled = set(standing.fresh), standing.settled

    def fingerprint(self, codes: frozenset[str]) -> str:
        """Digest of all that a treatment may see here, where it calls for inspectors that know ``codes``."""
        called = [mark for mark, inspector in self._inspectors if inspector.codes & codes]
        names = [inspector.name for _, inspector in self._inspectors]
        return address(self.address, self.now(), names, called)

    def _moved(self, found: tuple[Finding, ...], photo: Photo) -> tuple[Finding, ...]:
        """Findings as they stand on ``photo``: on another pixel grid, settled ones have no place."""
        if photo.pixels.shape == self.photo.pixels.shape:
            return found
        return tuple(replace(f, region=None) if f.code in self._settled else f for f in found)

    def _look(self, due: Callable[[Inspector], bool]) -> tuple[Finding, ...]:
        for mark, inspector in self._inspectors:
            if inspector.name not in self._fresh and due(inspector):
                kept = [f for f in self._known.get(inspector.name, ()) if f.code in self._settled]
                if not inspector.codes <= self._settled:
                    seen = self._seen(mark, inspector)
                    kept += [finding for finding in seen if finding.code not in self._settled]
                self._known[inspector.name] = tuple(kept)
                self._fresh.add(inspector.name)
        return tuple(f for _, i in self._inspectors for f in self._known.get(i.name, ()))

    def _seen(self, mark: str, inspector: Inspector) -> Iterable[Finding]:
        """What an inspector sees on the photo as it is now, or saw on it for another recipe."""
        if self.memo is None:
            return inspector.inspect(self._view)
        where = address(self.address, mark)
        looked = self.memo.recall(where, Looked)
        if looked is None:
            wall, cpu = time.perf_counter(), time.thread_time()
            findings = tuple(inspector.inspect(self._view))
            looked = Looked(findings, time.perf_counter() - wall, time.thread_time() - cpu)
            self.memo.keep(where, looked)
            self.computed += 1
        else:
            self.reused += 1
            self.spared_seconds += looked.seconds
            self.spared_cpu_seconds += looked.cpu_seconds
        return looked.findings


class Timer:
    """Wall time, and processor time of the current thread, since it was made.

    What the examination did not have to work out again counts as when it was worked out: the times of two
    recipes stay comparable, whichever came first.
    """

    def __init__(self, examination: Examination) -> None:
        self._examination = examination
        self._wall = time.perf_counter() + examination.spared_seconds
        self._cpu = time.thread_time() + examination.spared_cpu_seconds
        self._computed, self._reused = examination.computed, examination.reused

    def step(
        self,
        stage: str,
        outcome: Outcome,
        *,
        backends: tuple[str, ...] = (),
        changed_pixels: int | None = 0,
        untouched_digest: str | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Step:
        """The step that ends now."""
        wall = time.perf_counter() + self._examination.spared_seconds - self._wall
        cpu = time.thread_time() + self._examination.spared_cpu_seconds - self._cpu
        return Step(stage, outcome, wall, cpu, backends, changed_pixels, untouched_digest, findings)

    def looks(self, name: str) -> Step:
        """The step that ends now and was nothing but looking at the photo."""
        now = self._examination
        reused = now.reused > self._reused and now.computed == self._computed
        return replace(self.step(name, Outcome.UNCHANGED), reused=reused)


def masks_of(findings: Iterable[Finding]) -> Iterator[Mask]:
    """The masks that findings hold."""
    return (f.region.mask for f in findings if f.region is not None and f.region.mask is not None)
