"""Seats shared on one machine: each is a lock on a file, which the kernel drops when its owner dies, however it dies.

    <directory>/<pool>.seat-001     locked by its owner; inside, the size of the pool in the owner's settings
    <directory>/<pool>.waiting      locked, shared, by each member that has no seat
    <directory>/<pool>.guard        locked during each check or change: checks are locks, too, and would block each
                                    other

The files stay; what is left of a crash is an unlocked file, which is a free seat. The lock is on the file and not on a
process, so that it works between threads, processes and containers that mount the directory.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from portalocker import Lock as FileLock
from portalocker import LockFlags, lock
from portalocker.exceptions import AlreadyLocked, LockException

from acumatica_client.errors import LoginLimit, SettingsError
from acumatica_client.session.pool_member import LARGEST

_ALONE = LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING
_TOGETHER = LockFlags.SHARED | LockFlags.NON_BLOCKING
_GUARD_TIMEOUT, _GUARD_INTERVAL = 5.0, 0.02
_EVERYONE = 0o666  # members run as different users


class FileSeatLock:
    """A locked file. Lost when a cleaner of temporary files deletes it: the next member would lock another file."""

    def __init__(self, file: FileIO, path: Path) -> None:
        self._file, self._path = file, path
        self._valid = True

    def keep(self) -> None:
        self._valid = _same(self._file, self._path)

    def valid(self) -> bool:
        return self._valid

    def release(self) -> None:
        self._valid = False
        self._file.close()


class DirectorySeats:
    """The seats of the pool `name` in a directory, which must be there: one that was made here would not be
    shared when the connector runs in a container."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self._waiting: FileIO | None = None

    def take(self, number: int, size: int) -> FileSeatLock | None:
        path = self._path(f"seat-{number:03d}")
        with self._guarded():
            file = _locked(path, _ALONE)
            if file is None:
                return None
            seat = FileSeatLock(file, path)
            try:
                file.write(b"%03d\n" % size)  # as long as what stood there before
                seat.keep()
            except OSError:
                seat.release()
                raise
            return seat if seat.valid() else None

    def sizes(self) -> list[int]:
        with self._guarded():
            found = self._directory.glob(f"{self._name}.seat-*")
            return [_noted(path) for path in found if _is_locked(path)]

    def wait(self) -> None:
        with self._guarded():
            self._waiting = self._waiting or _locked(self._path("waiting"), _TOGETHER)

    def stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None

    def is_awaited(self) -> bool:
        with self._guarded():
            return _is_locked(self._path("waiting"))

    def _path(self, what: str) -> Path:
        return self._directory / f"{self._name}.{what}"

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Exclusive use of the pool, for a few system calls."""
        if not self._directory.is_dir():
            raise SettingsError(f"There is no directory {self._directory} for the session pool.", advice=_MOUNT)
        try:
            _open(self._path("guard")).close()
            with FileLock(self._path("guard"), "r+b", timeout=_GUARD_TIMEOUT, check_interval=_GUARD_INTERVAL):
                yield
        except AlreadyLocked as error:
            raise LoginLimit(f"The session pool in {self._directory} is blocked.", advice=_BLOCKED) from error
        except (OSError, LockException) as error:
            detail = f"{type(error).__name__}: {error}"
            raise SettingsError(_UNUSABLE.format(self._directory), advice=_MODES, detail=detail) from error


def _locked(path: Path, how: LockFlags) -> FileIO | None:
    """The file, locked until it is closed or garbage; None when another lock is in the way."""
    file = _open(path)
    try:
        lock(file, how)
    except AlreadyLocked:
        file.close()
        return None
    except BaseException:
        file.close()
        raise
    return file


def _is_locked(path: Path) -> bool:
    file = _locked(path, _ALONE)
    if file is not None:
        file.close()
    return file is None


def _noted(path: Path) -> int:
    """The size that an owner noted. What is no number does not come from a member: it limits nothing."""
    text = path.read_bytes().strip()
    return int(text) if text.isdigit() else LARGEST


def _same(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (OSError, ValueError):
        return False


def _open(path: Path) -> FileIO:
    """Open for writing (some network file systems lock no other), made first if it is not there.

    Hazard: Linux refuses O_CREAT for a file of another user in a directory like /tmp. So the two are kept apart.
    """
    if not path.exists():
        _make(path)
    return FileIO(path, "r+b", opener=_no_link)


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _make(path: Path) -> None:
    """Every user may use the file from its beginning: the umask is taken back before it gets its name."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, _EVERYONE)
        with suppress(OSError):
            os.chmod(draft, _EVERYONE)
        os.close(file)
        with suppress(FileExistsError):
            _name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links; its modes are those of the mount
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _EVERYONE))


_MOUNT = "Mount one directory of the machine into every connector that shares the pool, and name its path in there."
_UNUSABLE = "The session pool in {} cannot be used: a file there can be neither made, opened nor locked."
_MODES = (
    "Every connector that shares it needs the right to write there, and the file system must support locks (flock)."
)
_BLOCKED = "A process that was suspended in the middle of a change may block it: let it go on, or end it."
