"""Starting, finding and stopping the embedded AWS of a workspace."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stepdeploy.errors import LocalAwsError
from stepdeploy.local import manager, paths

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    manager.down(tmp_path)


def state_of(workspace: Path) -> Path:
    return paths.state_directory(workspace)


def test_life_of_a_server(workspace: Path) -> None:
    assert manager.status(workspace) is None
    assert manager.down(workspace) is False
    first = manager.ensure(workspace)
    again = manager.ensure(workspace)
    assert (first.started_by_us, again.started_by_us) == (True, False)
    assert (again.pid, again.endpoint) == (first.pid, first.endpoint)
    status = manager.status(workspace)
    assert status is not None
    assert status.pid == first.pid
    assert abs(status.started.timestamp() - time.time()) < 60
    assert manager.log_tail(workspace)
    assert manager.down(workspace) is True
    assert manager.status(workspace) is None
    assert not paths.server_file(state_of(workspace)).exists()


def test_two_processes_at_once_get_one_server(workspace: Path) -> None:
    program = (
        "import sys, pathlib; from stepdeploy.local import manager\n"
        "r = manager.ensure(pathlib.Path(sys.argv[1])); print(r.pid, r.started_by_us)"
    )

    def run(_: int) -> list[str]:
        command = [sys.executable, "-c", program, str(workspace)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(run, range(3)))
    assert len({pid for pid, _ in answers}) == 1
    assert sorted(started for _, started in answers) == ["False", "False", "True"]


def test_only_the_owner_can_read_the_files(workspace: Path) -> None:
    manager.ensure(workspace)
    directory = state_of(workspace)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_server_listens_on_loopback_only(workspace: Path) -> None:
    running = manager.ensure(workspace)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", running.port), 2):
        pass


def test_dead_server_is_replaced(workspace: Path) -> None:
    first = manager.ensure(workspace)
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert manager.status(workspace) is None
    second = manager.ensure(workspace)
    assert second.started_by_us
    assert second.port == first.port


def test_pid_of_another_program_is_left_alone(workspace: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        directory = state_of(workspace)
        manager.ensure(workspace)
        manager.down(workspace)
        found = {"pid": other.pid, "port": 9, "token": "t", "started": 0}
        paths.write_private(paths.server_file(directory), json.dumps(found))
        assert manager.status(workspace) is None
        assert manager.down(workspace) is False
        assert manager.ensure(workspace).started_by_us
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


class Impostor(BaseHTTPRequestHandler):
    """Another program on the port; it even has a /_health."""

    def do_GET(self) -> None:
        body = b'{"token": "another", "pid": 1}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_another_program_on_the_port(workspace: Path) -> None:
    first = manager.ensure(workspace)
    remembered = paths.server_file(state_of(workspace)).read_text(encoding="utf-8")
    manager.down(workspace)
    impostor = HTTPServer(("127.0.0.1", first.port), Impostor)
    thread = threading.Thread(target=impostor.serve_forever)
    thread.start()
    try:
        paths.write_private(paths.server_file(state_of(workspace)), remembered)
        assert manager.status(workspace) is None
        second = manager.ensure(workspace)
        assert second.port != first.port
    finally:
        impostor.shutdown()
        impostor.server_close()
        thread.join()


def test_hung_server_is_ended_by_down(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = manager.ensure(workspace)
    monkeypatch.setattr(manager, "STOP_SECONDS", 0.3)
    get = manager.ask_health
    monkeypatch.setattr(manager, "ask_health", lambda port: get(port, 0.3))
    os.kill(running.pid, signal.SIGSTOP)
    assert manager.down(workspace) is True
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)


def test_second_server_in_the_same_folder_refuses(workspace: Path) -> None:
    manager.ensure(workspace)
    command = [sys.executable, "-m", "stepdeploy.local", "--directory", str(state_of(workspace))]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert "Another embedded AWS works in" in second.stderr


def test_server_ends_when_idle(workspace: Path) -> None:
    running = manager.ensure(workspace, idle_minutes=0.01)
    pid, status = os.waitpid(running.pid, 0)
    assert (pid, status) == (running.pid, 0)
    assert not paths.server_file(state_of(workspace)).exists()


def test_failure_to_start_shows_the_log(workspace: Path) -> None:
    directory = state_of(workspace)
    manager.ensure(workspace)
    manager.down(workspace)
    paths.journal_file(directory).write_bytes(b"no database at all" * 1000)
    with pytest.raises(LocalAwsError, match="file is not a database"):
        manager.ensure(workspace)


def test_reset_deletes_all_state(workspace: Path) -> None:
    manager.ensure(workspace)
    manager.reset(workspace)
    assert manager.status(workspace) is None
    assert [path.name for path in state_of(workspace).iterdir()] == ["lock"]
    assert manager.ensure(workspace).started_by_us
    status = manager.status(workspace)
    assert status is not None
    assert status.replayed == 0


def test_folder_with_other_things_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "home" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("x", encoding="utf-8")
    monkeypatch.setenv(paths.DIRECTORY_VARIABLE, str(precious.parent))
    for act in (manager.ensure, manager.reset):
        with pytest.raises(LocalAwsError, match="holds other files"):
            act(tmp_path)
    assert precious.exists()


def test_directory_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.DIRECTORY_VARIABLE, str(tmp_path / "elsewhere"))
    running = manager.ensure(tmp_path / "not-made")
    try:
        assert (tmp_path / "elsewhere" / "server.json").exists()
        assert manager.ensure(tmp_path).pid == running.pid
    finally:
        manager.down(tmp_path)


def test_other_samples_restart_the_server(workspace: Path, tmp_path: Path) -> None:
    first = manager.ensure(workspace)
    (tmp_path / "s").mkdir()
    second = manager.ensure(workspace, samples=tmp_path / "s")
    assert second.pid != first.pid
    assert manager.ensure(workspace, samples=tmp_path / "s").pid == second.pid
    assert manager.ensure(workspace).pid == second.pid


def test_server_of_another_version_is_replaced(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = manager.ensure(workspace)
    monkeypatch.setattr(manager, "__version__", "0.0.0")
    assert manager.ensure(workspace).pid != first.pid


def test_credentials_do_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("KEPT", "yes")
    environment = manager._environment()
    assert "real" not in environment.values()
    assert environment["KEPT"] == "yes"
    assert environment["AWS_CONFIG_FILE"] == os.devnull


def test_manager_loads_nothing_heavy() -> None:
    program = (
        "import sys; import stepdeploy.local.manager\n"
        "print([m for m in ('boto3', 'botocore', 'moto', 'http.client', 'sqlite3', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
