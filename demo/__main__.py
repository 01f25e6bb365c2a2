"""`python -m demo`: print each step of the main job while it runs, and a table at the end."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Column, Table

from demo.processes import DemoFailed, emulator
from demo.story import Story

# A copy has no override marks to send: the customers' own contacts are written as they are.
_AS_SENT = ("--set", "override_needed=false")
TENANTS = ("--tenant", "Company", "--empty-tenant", "Branch", "--seats", "4", *_AS_SENT)


def main() -> int:
    console = Console()
    console.print("[bold]Acumatica through Airbyte[/bold]: a stand-in instance, one tenant full, one empty\n")
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder, emulator(*TENANTS) as url:
            story = Story(url, Path(folder))
            _show(story, console)
    except DemoFailed as failure:
        console.print(f"\n[red]The demo failed.[/red] {failure}")
        return 1
    console.print(_summary(story))
    console.print(f"Done in {time.monotonic() - began:.0f} s; every license seat was released.")
    return 0


def _show(story: Story, console: Console) -> None:
    took = TextColumn("{task.elapsed:>3.0f} s")
    # What was found may be long: on a narrow terminal it goes on in a second line, or it would squeeze the ticks away.
    shown = TextColumn("{task.description}", table_column=Column(no_wrap=False))
    columns = (SpinnerColumn(finished_text="[green]✓[/green]"), took, shown)
    with Progress(*columns, console=console) as progress:
        for title, step in story.steps():
            task = progress.add_task(title, total=1)
            found = step()
            progress.update(task, completed=1, description=f"{title}: [bold]{found}[/bold]")
            progress.stop_task(task)


def _summary(story: Story) -> Table:
    table = Table(title="\nWhat was moved", title_justify="left")
    for heading in ("Stream", "Endpoint"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Read", "Written", "Equal fields", "2nd sync"):
        table.add_column(heading, justify="right")
    for row in story.summary():
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
