"""``packshot profile``: what fails and why, what it costs, whom it hurts, and what another recipe changes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli.console import Meter, note, print_json
from packshot.cli.interrupt import INTERRUPTED, stoppable
from packshot.cli.options import AttestedBy, Json, Manifest, RecipeFile, SomePaths, Workers
from packshot.cli.serve import Home
from packshot.errors import UsageError

if TYPE_CHECKING:
    from packshot.executors.profile import Profile
    from packshot.executors.side_by_side import Beside

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def profile(
    paths: SomePaths = None,
    *,
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            metavar="TIME",
            show_default=False,
            help="Look at what the service treated in the last 90m, 48h or 7d.",
        ),
    ] = None,
    home: Home = None,
    recipe: RecipeFile = None,
    candidate: Annotated[
        Path | None,
        typer.Option(
            "--candidate",
            metavar="FILE",
            show_default=False,
            help="Another recipe in YAML that sees the same photos.",
        ),
    ] = None,
    manifest: Manifest = None,
    attested_by: AttestedBy = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE.html",
            show_default=False,
            help="Write it as one page, too, with the worst differences as pictures.",
        ),
    ] = None,
    json: Json = False,
    workers: Workers = None,
) -> None:
    """Say what fails and why, which stage costs what, and which categories and merchants hurt.

    Of photos that it treats without writing any, or, with --window, of those that the service treated. Two
    recipes are shown side by side: --candidate, or those of the newest rollout.
    """
    given: dict[str, object] = {"PATH": paths, "--recipe": recipe, "--candidate": candidate}
    given |= {"--manifest": manifest, "--workers": workers}
    photos = paths or manifest
    if window is not None and (wrong := [name for name, value in given.items() if value]):
        raise UsageError(detail=f"--window looks at what was treated before: leave {wrong[0]} out.")
    if window is None and home is not None:
        raise UsageError(detail="--home belongs to --window: say how far to look back, as --window 48h.")
    if window is None and not photos:
        raise UsageError(detail="Name photos or folders, or look into the service's ledger: --window 48h.")
    if report is not None:
        _check_place(report)
    if window is not None:
        found = _in_ledger(window, home, pictures=report is not None)
    else:
        asked = _Asked(paths or (), recipe, candidate, manifest, attested_by, workers)
        found = _in_folder(asked, pictures=report is not None)
    told = found.told()
    if json:
        print_json(told)
    else:
        from packshot.cli.profile_tables import show  # noqa: PLC0415 - see packshot.cli

        show(told, found.facts)
    if report is not None:
        _write(report, told, found)
    if found.missing:
        note(f"Interrupted: {found.missing} photos were not profiled.")
        raise typer.Exit(INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says about photos to treat."""

    paths: Sequence[Path]
    recipe: Path | None
    candidate: Path | None
    manifest: Path | None
    attested_by: str | None
    workers: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to tell.

    ``facts`` are names and values for the head, ``untreated`` photos without a trail, by state, ``missing``
    photos that were left when somebody interrupted.
    """

    profile: Profile
    beside: Beside | None
    facts: Mapping[str, str]
    untreated: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0

    def told(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        from packshot.cli.profile_tables import judged  # noqa: PLC0415 - see packshot.cli

        beside = self.beside.as_dict() if self.beside is not None else None
        if beside is not None:
            beside["metrics"] = judged(beside["metrics"])
        facts = {name.lower().replace(" ", "_"): value for name, value in self.facts.items()}
        return {**facts, **self.profile.as_dict(), "untreated": dict(self.untreated), "beside": beside}


def _in_folder(asked: _Asked, *, pictures: bool) -> _Found:
    from packshot.cli.prepare import gather, pipeline_of, recipe_from  # noqa: PLC0415 - see packshot.cli
    from packshot.executors.local import Crew, cores  # noqa: PLC0415
    from packshot.executors.outputs import Outputs  # noqa: PLC0415
    from packshot.executors.side_by_side import try_folder  # noqa: PLC0415
    from packshot.executors.treatment import Treatment  # noqa: PLC0415
    from packshot.service.figures import edges_of, figures_of  # noqa: PLC0415 - it loads no service

    files = [asked.recipe, *([asked.candidate] if asked.candidate else [])]
    recipes = [recipe_from(file, channels=None, as_of=None) for file in files]  # both are checked first
    items = gather(asked.paths, manifest=asked.manifest)
    treatments = []
    for recipe in recipes:
        pipeline = pipeline_of(recipe)
        outputs = Outputs(Path(), by_verdict=True, channels=pipeline.rules)  # encoded, never written
        treatments.append(Treatment(pipeline, outputs))
    facts = {"Source": ", ".join(str(path) for path in asked.paths) or str(asked.manifest)}
    for title, file, treatment in zip(("Live", "Candidate"), files, treatments, strict=False):
        facts[title] = f"{file or 'built-in recipe'}, {treatment.pipeline.digest[:12]}"
    with stoppable() as stop, Meter(outcomes=True) as meter:
        tried = try_folder(
            treatments[0],
            treatments[1] if asked.candidate else None,
            items,
            Crew(asked.workers or cores(), stop, meter),
            figures=lambda treated: figures_of(treated, edges_of(treated), None),
            attested_by=asked.attested_by,
            pictures=pictures,
        )
    missing = len(items) - tried.profile.whole.photos
    return _Found(tried.profile, tried.beside, facts, missing=missing)


def _in_ledger(window: str, home: Path | None, *, pictures: bool) -> _Found:
    from packshot.cli.ledger import opened_ledger  # noqa: PLC0415 - see packshot.cli
    from packshot.edges.artefacts import Artefacts  # noqa: PLC0415
    from packshot.edges.storage import open_storage  # noqa: PLC0415
    from packshot.service import profiling  # noqa: PLC0415
    from packshot.service.settings import Settings  # noqa: PLC0415

    until = time.time()
    since = until - _seconds(window)
    settings = Settings.from_environment(home=home)
    file = settings.home / "ledger.db"
    if settings.database_url == f"sqlite:///{file}" and not file.is_file():  # looking makes none
        raise UsageError(detail=f"There is no ledger in {settings.home}. Name the service's folder: --home.")
    artefacts = Artefacts(open_storage(settings.artefacts_url)) if pictures else None
    with opened_ledger(home) as ledger, ledger.reading() as session, Meter() as meter:
        profile = profiling.profile(session, since, until, meter)
        untreated = profiling.untreated(session, since, until)
        compared = profiling.compared(session, since, until, artefacts)
    if not profile.whole.photos and not untreated and compared is None:
        raise UsageError(detail=f"No photo was treated in the last {window}. Choose a longer --window.")
    facts = {"Source": f"ledger of {settings.home}, the last {window}"}
    if compared is not None:
        facts |= {
            "Rollout": compared.rollout,
            "Live": compared.live[:12],
            "Candidate": compared.candidate[:12],
        }
    return _Found(profile, compared.beside if compared else None, facts, untreated)


def _seconds(window: str) -> float:
    found = re.fullmatch("([1-9][0-9]{0,5})([mhd])", window)
    if found is None:
        raise UsageError(detail=f"--window {window!r} is no length of time. Write 90m, 48h or 7d.")
    return int(found[1]) * _SECONDS[found[2]]


def _check_place(report: Path) -> None:
    """Refuse a page that could not be written, or would take the place of something else, before the work."""
    if report.suffix.lower() not in {".html", ".htm"} or report.is_dir():
        raise UsageError(detail=f"--report {report} must name a file that ends in .html.")
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(detail=f"Cannot make the folder of --report {report}: {error.strerror}.") from error


def _write(report: Path, told: Mapping[str, Any], found: _Found) -> None:
    from packshot.cli.profile_tables import counted  # noqa: PLC0415 - see packshot.cli
    from packshot.edges.report.profile_page import write_profile  # noqa: PLC0415

    exhibits = [difference.exhibit for difference in found.beside.worst] if found.beside else []
    facts = {**found.facts, "packshot": version("packshot")}
    if found.untreated:
        facts["Without a trail"] = counted(found.untreated)
    try:
        write_profile(told, facts, exhibits, report)
    except OSError as error:
        raise UsageError(detail=f"Cannot write --report {report}: {error.strerror}.") from error
    note(f"Report: {report}")
