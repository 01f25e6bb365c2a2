"""Runs a connector's container as an orchestrator does: mounted files, named pipes, signals.

The script inside follows what is known of the platform's own: the entry point comes out of the environment, arguments
are appended to it as text, the working directory is the mount, output goes into files or pipes, a marker file requests
the end, the exit code goes into a file.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCE, DESTINATION = "airbyte/source-acumatica:dev", "airbyte/destination-acumatica:dev"
_SCRIPT = """
eval "$AIRBYTE_ENTRYPOINT {arguments}" < {stdin} > stdout 2> stderr &
CHILD=$!
(while [ ! -f TERMINATED ]; do sleep 0.2; done; kill $CHILD) > /dev/null 2>&1 &
wait $CHILD
printf '%s' $? > exitCode.txt
"""
# The shell that runs the script has the same words in its command line, so the search is for the interpreter.
_FIND = "for p in /proc/[0-9]*; do grep -qa ^/opt/connector/bin/python $p/cmdline && kill -{signal} ${{p#/proc/}}; done"
_numbers = itertools.count(1)


@dataclass
class Container:
    """One command of one image. `folder` is mounted at /job, with `files` in it. `pipes` are made as named pipes."""

    image: str
    folder: Path
    files: Mapping[str, object] = field(default_factory=dict)
    pipes: tuple[str, ...] = ()
    memory: str = "512m"
    name: str = field(default_factory=lambda: f"acumatica-{os.getpid()}-{next(_numbers)}")
    process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> Container:
        """Start the container and return at once; the caller opens the pipes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o777)
        for name, content in self.files.items():
            (self.folder / name).write_text(json.dumps(content), encoding="utf-8")
        for name in self.pipes:
            os.mkfifo(self.folder / name)
            (self.folder / name).chmod(0o666)
        stdin = "stdin" if "stdin" in self.pipes else "/dev/null"
        script = _SCRIPT.format(arguments=" ".join(arguments), stdin=stdin)
        self.process = subprocess.Popen(
            [
                *("docker", "run", "--rm", "--name", self.name, "--network", "host", "--read-only"),
                *("--user", "1000", "--memory", self.memory, "--cap-drop", "ALL"),
                *("--volume", f"{self.folder}:/job", "--workdir", "/job"),
                *("--entrypoint", "sh", self.image, "-c", script),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        return self

    def run(self, *arguments: str, timeout: float = 120) -> list[dict]:
        """Run the command to its end and return its messages."""
        self.start(*arguments).wait(timeout)
        return [json.loads(line) for line in (self.folder / "stdout").read_bytes().splitlines()]

    def wait(self, timeout: float = 120) -> None:
        assert self.process is not None
        _, errors = self.process.communicate(timeout=timeout)
        assert self.process.returncode in (0, 137), errors.decode()  # 137: killed by a test

    @property
    def code(self) -> int:
        return int((self.folder / "exitCode.txt").read_text())

    def kill(self) -> None:
        """As when a node dies: no process inside gets a signal first."""
        subprocess.run(["docker", "kill", self.name], capture_output=True, check=False)

    def signal_connector(self, name: str = "TERM") -> None:
        """Send a signal to the connector itself among the container's processes."""
        argv = ["docker", "exec", self.name, "sh", "-c", _FIND.format(signal=name)]
        subprocess.run(argv, capture_output=True, check=False)


def image_settings(image: str) -> dict:
    done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=True)
    (found,) = json.loads(done.stdout)
    return found


def inside(image: str, script: str) -> str:
    """The output of a shell script in a new container of the image."""
    argv = ["docker", "run", "--rm", "--network", "none", "--read-only", "--entrypoint", "sh", image, "-c", script]
    return subprocess.run(argv, capture_output=True, check=True, text=True).stdout
