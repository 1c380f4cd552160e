"""An ordinary IPython kernel of this very interpreter, on a connection of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync


class OwnKernelSpecs(KernelSpecManager):
    """Kernel specifications that know one kernel: this interpreter's."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of this interpreter's kernel, whatever is installed."""
        return KernelSpec(**get_kernel_dict())


@contextmanager
def private_kernel(folder: Path) -> Iterator[AsyncKernelManager]:
    """Give the manager of a kernel with its connection in `folder`, and end it after use.

    On Linux and macOS the connection is a socket in the file system: parallel kernels on a
    shared path hang, and TCP could be listened to.
    """
    transport = {} if sys.platform == "win32" else {"transport": "ipc", "ip": str(folder / "k")}
    manager = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=OwnKernelSpecs(),
        connection_file=str(folder / "kernel.json"),
        **transport,
    )
    try:
        yield manager
    finally:
        if manager.has_kernel:
            run_sync(manager.shutdown_kernel)(now=True)
