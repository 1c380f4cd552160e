"""Tasks run side by side in forked children, or one after another where forking is not safe."""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analysis.errors import AnalysisError

PR_SET_PDEATHSIG = 1
Task = Callable[[], None]


@dataclass
class Child:
    """A forked process and what it has said so far."""

    name: str
    pid: int
    began: float
    said: bytearray = field(default_factory=bytearray)


def run_side_by_side(
    tasks: Mapping[str, Task], jobs: int, on_done: Callable[[str, float], None]
) -> None:
    """Run every task and call `on_done` with its name and seconds as it finishes.

    On Linux each task has a forked child, at most `jobs` at a time, which dies with this
    process. Elsewhere tasks run here, one after another.

    Raises
    ------
    AnalysisError
        If tasks failed; each different message once, in the order of `tasks`.
    RuntimeError
        If a task failed by a fault of the software, with its traceback.
    """
    run = _forked if sys.platform == "linux" else _in_turn
    failures = run(tasks, jobs, on_done)
    said = list(dict.fromkeys(failures[name]["message"] for name in tasks if name in failures))
    if not said:
        return
    if all(failure["mendable"] for failure in failures.values()):
        raise AnalysisError("\n".join(said))
    raise RuntimeError("\n".join(said))


def _in_turn(
    tasks: Mapping[str, Task], jobs: int, on_done: Callable[[str, float], None]
) -> dict[str, dict[str, str]]:
    failures = {}
    for name, task in tasks.items():
        began = time.monotonic()
        failure = _attempt(name, task)
        if failure:
            failures[name] = failure
        else:
            on_done(name, time.monotonic() - began)
    return failures


def _forked(
    tasks: Mapping[str, Task], jobs: int, on_done: Callable[[str, float], None]
) -> dict[str, dict[str, str]]:
    failures: dict[str, dict[str, str]] = {}
    waiting = list(tasks)
    with selectors.DefaultSelector() as running:
        try:
            while waiting or running.get_map():
                while waiting and len(running.get_map()) < jobs:
                    name = waiting.pop(0)
                    pipe, child = _fork(name, tasks[name])
                    running.register(pipe, selectors.EVENT_READ, child)
                for key, _ in running.select():
                    heard = os.read(key.fd, 65536)
                    key.data.said += heard
                    if not heard:
                        running.unregister(key.fd)
                        os.close(key.fd)
                        _finish(key.data, failures, on_done)
        finally:
            for key in list(running.get_map().values()):
                os.kill(key.data.pid, signal.SIGKILL)
                os.waitpid(key.data.pid, 0)
                os.close(key.fd)
    return failures


def _finish(
    child: Child,
    failures: dict[str, dict[str, str]],
    on_done: Callable[[str, float], None],
) -> None:
    _, status = os.waitpid(child.pid, 0)
    if status or not child.said:
        code = os.waitstatus_to_exitcode(status)
        why = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        message = f"{child.name}: its process {why}; is there enough memory?"
        failures[child.name] = {"message": message, "mendable": "yes"}
        return
    failure = json.loads(child.said)
    if failure:
        failures[child.name] = failure
    else:
        on_done(child.name, time.monotonic() - child.began)


def _fork(name: str, task: Task) -> tuple[int, Child]:
    """Start a child for `task`, and return the reading end of its pipe and the child."""
    reading, writing = os.pipe()
    parent = os.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12: threads may be running
        pid = os.fork()
    if pid:
        os.close(writing)
        return reading, Child(name, pid, time.monotonic())
    code = 1
    try:
        os.close(reading)
        die_with_parent(parent)
        said = json.dumps(_attempt(name, task)).encode()
        while said:
            said = said[os.write(writing, said) :]
        code = 0
    finally:
        os._exit(code)


def die_with_parent(parent: int) -> None:
    """On Linux, have this process killed when `parent`, which started it, ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _attempt(name: str, task: Task) -> dict[str, str]:
    """Run `task`, and return what went wrong: an empty mapping, or message and whose fault."""
    try:
        task()
    except AnalysisError as error:
        return {"message": str(error), "mendable": "yes"}
    except Exception:
        return {"message": f"{name}: {traceback.format_exc()}", "mendable": ""}
    return {}
