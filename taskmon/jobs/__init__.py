"""The built-in jobs: plain functions of a `TaskContext`, each with a declaration of what it asks of its user.

`BUILTIN_JOBS` is all that the command line and the window know of them. A new job is a module here and one
entry in that table; its dialog, its ``taskmon start`` command and its row come with it.

Importing this package imports no job. The functions below import theirs when a worker calls them; they are
written as import statements, which a bundler of the program can see.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.translate import in_a_row, mark, tr
from taskmon.jobs.declare import JobType, Parameter, ParameterKind

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

__all__ = ["BUILTIN_JOBS", "JobType", "Parameter", "ParameterKind"]

#: What `--algorithm` says for “sha256, or whatever the manifest to verify was made with”.
AUTOMATIC = mark("automatic")


def _checksum(ctx: TaskContext, **arguments: Any) -> Any:
    from taskmon.jobs.checksum import checksum

    _CHECKSUM.examine(arguments)  # again: much may have changed while the task was queued
    return _told(ctx, checksum(ctx, **arguments))


def _told(ctx: TaskContext, result: object) -> object:
    """Leave what the job has found out with its task, where the window, the history and ``list --json`` read it."""
    words = in_a_row(*str(result).splitlines())
    ctx.progress(message=words)
    ctx.consequence = words
    return result


def _checksum_name(arguments: Mapping[str, Any]) -> str:
    if arguments["verify"]:
        return tr("Verify {name}").format(name=os.path.basename(arguments["verify"]))
    first, *others = arguments["folders"]
    name = os.path.basename(first) or first
    if others:
        return tr("Checksum {name} and {n} more").format(name=name, n=len(others))
    return tr("Checksum {name}").format(name=name)


def _checksum_agree(arguments: Mapping[str, Any]) -> None:
    if arguments["verify"] and arguments["manifest"]:
        problem = tr("A manifest can be written or verified, not both in one job. Leave one of them out.")
        raise TaskmonError(tr("The job was not started"), problem)
    if not arguments["verify"] and not arguments["folders"]:
        problem = tr("Folders: nothing was given. Name at least one folder, or a manifest to verify.")
        raise TaskmonError(tr("The job was not started"), problem)


_CHECKSUM = JobType(
    name="checksum",
    title="Checksum a folder",
    description=(
        "Computes a checksum of every file under the folders. It writes them to a manifest that sha256sum -c"
        " and its like understand, or verifies the files against such a manifest. Symbolic links are not"
        " followed; pipes, sockets and devices are never opened."
    ),
    function=_checksum,
    parameters=(
        Parameter(
            "folders",
            "Folders",
            ParameterKind.FOLDERS,
            help="the folders whose files to read; with --verify, where the files are"
            " (if none is given, the folder of the manifest)",
            metavar="FOLDER",
        ),
        Parameter(
            "algorithm",
            "Algorithm",
            ParameterKind.CHOICE,
            default=AUTOMATIC,
            choices=(
                AUTOMATIC,
                *("sha256", "blake2b", "sha512", "sha1", "md5", "sha224", "sha384"),
                *("sha3_224", "sha3_256", "sha3_384", "sha3_512", "blake2s"),
            ),
            help="automatic means sha256, or with --verify whatever the manifest was made with",
        ),
        Parameter(
            "manifest",
            "Write manifest",
            ParameterKind.FILE_SAVE,
            help="write the checksums to FILE, replacing it only once all of them are known;"
            " names are relative to the folder of FILE, where sha256sum -c finds them",
            metavar="FILE",
        ),
        Parameter(
            "verify",
            "Verify manifest",
            ParameterKind.FILE_OPEN,
            help="read FILE instead, and check the files that it lists",
            metavar="FILE",
        ),
    ),
    task_name=_checksum_name,
    whole=True,
    agree=_checksum_agree,
    epilog="""examples:
  taskmon start checksum ~/Pictures --manifest ~/pictures.sha256
  taskmon start checksum --verify ~/pictures.sha256
  taskmon start checksum --verify ~/pictures.sha256 /media/copy/Pictures
  taskmon start checksum /data --algorithm blake2b --headless

Without --manifest nothing is written. The fingerprint shown at the end is that of
all names and contents: two folders with the same have the same.""",
)

BUILTIN_JOBS: Mapping[str, JobType] = MappingProxyType({job.name: job for job in (_CHECKSUM,)})
