"""What the commands for a single treatment share. Heavy: imported only when one of them runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from packshot.cli.console import Meter, note, print_json
from packshot.cli.interrupt import INTERRUPTED, stoppable
from packshot.cli.prepare import gather, pipeline_of
from packshot.edges.report.wording import sentence
from packshot.executors.batch import run_batch
from packshot.executors.door import Door
from packshot.executors.local import Crew, cores
from packshot.executors.outputs import Outputs
from packshot.executors.record import Record
from packshot.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line, beside the treatment itself."""

    paths: Sequence[Path]
    out: Path
    json: bool
    format: str | None = None
    category: str | None = None
    attested_by: str | None = None
    workers: int | None = None
    channels: tuple[str, ...] = ()


def treat(stage: str, options: Mapping[str, Any], request: Request) -> None:
    """Apply one stage to the photos, print what became of them, and exit.

    Only what the stage answers or is steered by is inspected. The verdict is no judgement of the whole
    photo: it says whether what the stage answers is gone and the stage itself left nothing undone.

    Raises:
        PackshotError: the request cannot be carried out.
        typer.Exit: 0 when the treatment did its work on all photos, 1 when not.
    """
    door = Door(stage, options, request.channels)
    items = gather(request.paths, out=request.out, category=request.category)
    outputs = Outputs(request.out, request.format)
    pipeline = pipeline_of(door.recipe)
    with stoppable(request.out) as stop, Meter() as meter:
        result = run_batch(
            pipeline,
            items,
            outputs,
            crew=Crew(request.workers or cores(), stop, meter),
            attested_by=request.attested_by,
            keep=False,
        )
    lines = [_line(record, request.out, door) for record in result.records]
    failed = sum(line["verdict"] != Verdict.PUBLISH for line in lines)
    if request.json:
        print_json(lines)
    else:
        for line in lines:
            typer.echo(f"{line['verdict']:8} {line['path']} -> {line['output'] or 'nothing'}")
            for finding in line["findings"]:
                typer.echo(f"         {finding['severity']:7}  {finding['code']}: {sentence(finding)}")
        typer.echo(f"{len(lines) - failed} of {len(lines)} photos are done, {failed} need a look.")
    if result.interrupted:
        note(f"Interrupted after {len(lines)} of {len(items)} photos. The others were not begun.")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(1 if failed else 0)


def _line(record: Record, out: Path, door: Door) -> dict[str, Any]:
    return {
        "path": record.path,
        "output": str(out / record.output) if record.output else None,
        "verdict": door.verdict(record.trail).value,
        "findings": record.trail["findings_after"],
    }
