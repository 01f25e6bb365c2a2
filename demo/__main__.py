"""`python -m demo`: tells the story step by step while it happens, and ends with a table."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo.processes import DemoFailed, emulator
from demo.story import Story

TENANTS = ("--tenant", "Company", "--empty-tenant", "Branch", "--seats", "4")


def main() -> int:
    console = Console()
    console.print("[bold]Acumatica through Airbyte[/bold]: two tenants of a stand-in instance, one full, one empty\n")
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder, emulator(*TENANTS) as url:
            story = Story(url, Path(folder))
            _tell(story, console)
    except DemoFailed as failure:
        console.print(f"\n[red]The demo failed.[/red] {failure}")
        return 1
    console.print(_summary(story))
    console.print(f"Done in {time.monotonic() - began:.0f} s; every license seat was given back.")
    return 0


def _tell(story: Story, console: Console) -> None:
    columns = (SpinnerColumn(finished_text="[green]✓[/green]"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for title, step in story.steps():
            task = progress.add_task(title, total=1)
            found = step()
            progress.update(task, completed=1, description=f"{title}: [bold]{found}[/bold]")


def _summary(story: Story) -> Table:
    table = Table(title="What was moved", title_justify="left")
    for heading in ("Stream", "Endpoint", "Read", "Written", "Compared fields", "Second sync"):
        table.add_column(heading, justify="left" if heading in ("Stream", "Endpoint") else "right")
    for row in story.summary():
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
