"""The processes of a demo: a server and clients, each a program of its own, ended by their own ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from gridapp.demo.layout import PASSWORD
from gridapp.errors import Problem

_MODULE = [sys.executable, "-m"]


class ServerProcess:
    """``gridapp server run`` on loopback. ``port`` 0: any free one, kept for the next start."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self._data, self._port = data, port
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> str:
        """Start and wait until it says that it is ready; its address."""
        command = [*_MODULE, "gridapp", "server", "run", "--data", str(self._data)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert self._process.stdout
        assert self._process.stderr
        line = self._process.stdout.readline()
        if "http" not in line:
            raise Problem(
                "no_server_process",
                "演示服务器没有启动：{why}",
                why=self._process.stderr.read().strip() or line.strip(),
            )
        self.url = line[line.index("http") :].split()[0].rstrip("。.")
        self._port = int(self.url.rsplit(":", 1)[1])
        return self.url

    def stop(self) -> None:
        """End it and wait."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None


class ClientProcess:
    """A client of the demo. Every call is one command and its answer."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._process = self._spawn()

    def ask(self, act: str, **options: Any) -> dict[str, Any]:
        """Send a command and wait for its answer. Raises ``Problem`` ``client_died`` where none comes."""
        self._send({"do": act} | options)
        return self._receive()

    def kill(self) -> None:
        """SIGKILL: what a laptop does whose battery falls out. A new process follows on the same data."""
        self._process.kill()
        self._process.communicate()
        self._process = self._spawn()

    def end(self) -> None:
        """Close the store and end the process."""
        self._process.communicate(json.dumps({"do": "close"}) + "\n")

    def _spawn(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*_MODULE, "gridapp.demo.client_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._write(process, {"data": str(self._data), "password": PASSWORD})
        return process

    def _send(self, command: dict[str, Any]) -> None:
        self._write(self._process, command)

    def _write(self, process: subprocess.Popen[str], document: dict[str, Any]) -> None:
        assert process.stdin
        process.stdin.write(json.dumps(document, ensure_ascii=False) + "\n")
        process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout
        assert self._process.stderr
        line = self._process.stdout.readline()
        if not line:
            last = self._process.stderr.read().strip().splitlines()[-1:]
            raise Problem("client_died", "演示的客户端意外结束：{why}", why="".join(last))
        answer: dict[str, Any] = json.loads(line)
        return answer
