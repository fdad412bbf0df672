"""Zips: equal bytes for equal sources, what stays out, limits, the cache, layers."""

import base64
import hashlib
import os
import random
import shutil
import socket
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.packaging import Target, function_archive, layer_archive
from stepdeploy.packaging import archive as archive_module
from stepdeploy.packaging.files import Entry
from stepdeploy.packaging.requirements import pinned_versions

FILES = {
    "handler.py": b"def lambda_handler(event, context):\n    return {}\n",
    "deep/er/module.py": b"X = 1\n",
    "event.schema.json": b"{}",
    "zz.txt": "größe".encode(),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "charge", FILES)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return tmp_path / "build"


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def names(archive: archive_module.Archive) -> list[str]:
    with zipfile.ZipFile(archive.path) as file:
        return file.namelist()


def test_a_zip_holds_the_files_and_says_what_it_is(folder: Path, build: Path) -> None:
    archive = function_archive(folder, build)
    data = archive.path.read_bytes()
    digest = hashlib.sha256(data)
    assert archive.sha256 == digest.hexdigest()
    assert archive.code_sha256 == base64.b64encode(digest.digest()).decode()
    assert archive.size == len(data)
    assert names(archive) == sorted(FILES) == list(archive.files)
    assert archive.path.parent == build
    assert archive.path.name.startswith("charge-")
    with zipfile.ZipFile(archive.path) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == FILES
        assert {item.date_time for item in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {item.external_attr >> 16 for item in file.infolist()} == {0o100644}


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


def test_equal_sources_give_equal_bytes(folder: Path, build: Path, tmp_path: Path, loose_umask: None) -> None:
    """Written in another order, at another time and place, under another umask."""
    shuffled = list(FILES.items())
    random.Random(7).shuffle(shuffled)
    twin = write(tmp_path / "elsewhere" / "charge", dict(shuffled))
    for number, path in enumerate(twin.rglob("*")):
        os.utime(path, (1_000_000_000 + number, 2_000_000_000 - number))
    (twin / "handler.py").chmod(0o666)
    first = function_archive(folder, build)
    second = function_archive(twin, tmp_path / "other build")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.path.name == second.path.name


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "handler.py").write_bytes(b"x"),
        lambda folder: (folder / "handler.py").rename(folder / "handler2.py"),
        lambda folder: (folder / "new.py").write_bytes(b""),
        lambda folder: (folder / "handler.py").chmod(0o755),
        lambda folder: (folder / "zz.txt").unlink(),
    ],
    ids=["content", "name", "new file", "executable", "gone"],
)
def test_any_change_gives_another_zip(folder: Path, build: Path, change: object) -> None:
    before = function_archive(folder, build)
    assert callable(change)
    change(folder)
    after = function_archive(folder, build)
    assert after.sha256 != before.sha256
    assert after.path != before.path


def test_an_executable_file_stays_one(folder: Path, build: Path) -> None:
    (folder / "deep/er/module.py").chmod(0o700)
    with zipfile.ZipFile(function_archive(folder, build).path) as file:
        assert file.getinfo("deep/er/module.py").external_attr >> 16 == 0o100755
        assert file.getinfo("handler.py").external_attr >> 16 == 0o100644


def test_what_stays_out(folder: Path, build: Path) -> None:
    plain = function_archive(folder, build)
    extra = ("__pycache__/handler.pyc", "deep/old.pyc", ".DS_Store", "deep/.env", ".git/config", "tests/test_x.py")
    write(folder, dict.fromkeys((*extra, "function.json"), b"no"))
    assert function_archive(folder, build).sha256 == plain.sha256
    write(folder, {"deep/tests/data.py": b"yes", "deep/function.json": b"yes"})
    assert names(function_archive(folder, build)) == sorted([*FILES, "deep/function.json", "deep/tests/data.py"])


def test_lambdaignore(folder: Path, build: Path) -> None:
    write(folder, {"notes.md": b"", "deep/notes.md": b"", "drafts/a.py": b"", "drafts.py": b"", "deep/x/y.bin": b""})
    (folder / ".lambdaignore").write_text("# kept out\n\n*.md\ndrafts/\ndeep/x/*\n/zz.txt\n")
    assert names(function_archive(folder, build)) == sorted([*(FILES.keys() - {"zz.txt"}), "drafts.py"])


def test_lambdaignore_does_not_take_back(folder: Path, build: Path) -> None:
    (folder / ".lambdaignore").write_text("*.md\n!keep.md\n")
    with pytest.raises(InvalidProject, match="cannot take files back in") as caught:
        function_archive(folder, build)
    assert str(caught.value.where).endswith(".lambdaignore:2:1")


def test_a_link_inside_is_a_copy(folder: Path, build: Path) -> None:
    (folder / "again.py").symlink_to("handler.py")
    (folder / "deeper").symlink_to("deep", target_is_directory=True)
    with zipfile.ZipFile(function_archive(folder, build).path) as file:
        assert file.read("again.py") == FILES["handler.py"]
        assert file.read("deeper/er/module.py") == FILES["deep/er/module.py"]
        assert all(item.external_attr >> 16 == 0o100644 for item in file.infolist())


@pytest.mark.parametrize("target", ["../secret", "../outside", "/etc/hostname"])
def test_a_link_out_is_refused(folder: Path, build: Path, target: str) -> None:
    (folder.parent / "secret").write_text("s")
    (folder.parent / "outside").mkdir()
    (folder / "deep" / "link").symlink_to(folder / target)
    with pytest.raises(InvalidProject, match="link out of its folder") as caught:
        function_archive(folder, build)
    assert str(caught.value.where).endswith("deep/link")


def test_a_link_in_a_circle_is_refused(folder: Path, build: Path) -> None:
    (folder / "deep" / "up").symlink_to("..", target_is_directory=True)
    with pytest.raises(InvalidProject, match="link to a folder that holds it"):
        function_archive(folder, build)


def test_a_link_to_nothing_and_a_socket_are_refused(folder: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "gone").symlink_to("nowhere")
    with pytest.raises(InvalidProject, match="cannot be read"):
        function_archive(folder, build)
    (folder / "gone").unlink()
    monkeypatch.chdir(folder)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(InvalidProject, match="neither a file nor a folder"):
            function_archive(folder, build)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_named(folder: Path, build: Path) -> None:
    (folder / "handler.py").chmod(0)
    with pytest.raises(InvalidProject, match="cannot be read: Permission denied") as caught:
        function_archive(folder, build)
    assert str(caught.value.where).endswith("handler.py")


def test_a_file_that_is_gone_when_it_is_read_is_named(tmp_path: Path, build: Path) -> None:
    entry = Entry("handler.py", tmp_path / "handler.py", 0o644, 10)
    with pytest.raises(InvalidProject, match="cannot be read: No such file") as caught:
        archive_module.archive([entry], "charge", build, "charge")
    assert str(caught.value.where).endswith("handler.py")


def test_nothing_to_package(tmp_path: Path, build: Path) -> None:
    with pytest.raises(InvalidProject, match="no file to package"):
        function_archive(write(tmp_path / "empty", {"function.json": b"{}"}), build)
    with pytest.raises(InvalidProject, match="is no folder"):
        function_archive(tmp_path / "none", build)


def test_too_large_unzipped(folder: Path, build: Path) -> None:
    with (folder / "model.bin").open("wb") as file:
        file.truncate(250 * 1024 * 1024)  # sparse: takes no room on disk
    with pytest.raises(InvalidProject, match=r"is 250\.0 MB unzipped; Lambda takes less than 250\.0 MB") as caught:
        function_archive(folder, build)
    assert "model.bin (250.0 MB)" in str(caught.value.hint)
    assert not build.exists()


def test_too_large_zipped(folder: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_ZIPPED", 64 * 1024)
    write(folder, {"noise.bin": random.Random(1).randbytes(64 * 1024)})
    with pytest.raises(InvalidProject, match=r"0\.1 MB zipped"):
        function_archive(folder, build)


def test_the_zip_is_kept_and_not_written_again(folder: Path, build: Path) -> None:
    first = function_archive(folder, build)
    os.utime(first.path, (1, 1))
    assert function_archive(folder, build) == first
    assert first.path.stat().st_mtime == 1
    assert sorted(path.suffix for path in build.iterdir()) == [".sha256", ".zip"]


@pytest.mark.parametrize("damage", ["cut", "note gone", "note is garbage", "zip gone"])
def test_a_damaged_zip_is_built_again(folder: Path, build: Path, damage: str) -> None:
    first = function_archive(folder, build)
    note = first.path.with_suffix(".sha256")
    data = first.path.read_bytes()
    match damage:
        case "cut":
            first.path.write_bytes(data[:-5])
        case "note gone":
            note.unlink()
        case "note is garbage":
            note.write_bytes(b"\xff\xfe")
        case _:
            first.path.unlink()
    assert function_archive(folder, build) == first
    assert first.path.read_bytes() == data


def test_a_file_that_changes_meanwhile_is_noticed(folder: Path, build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = archive_module._intact

    def change(path: Path) -> str | None:
        (folder / "handler.py").write_bytes(b"changed after hashing")
        return real(path)

    monkeypatch.setattr(archive_module, "_intact", change)
    with pytest.raises(InvalidProject, match="was changed while it was packaged"):
        function_archive(folder, build)
    assert list(build.iterdir()) == []


def test_unchanged_sources_cost_little(tmp_path: Path, build: Path) -> None:
    folder = write(tmp_path / "many", {f"m{number}.py": b"x = 1\n" * 200 for number in range(100)})
    function_archive(folder, build)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        function_archive(folder, build)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05


# Layers


def wheel(folder: Path, name: str, version: str, needs: str = "", tag: str = "py3-none-any") -> Path:
    """A small wheel (https://packaging.python.org/en/latest/specifications/binary-distribution-format/)."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (
        f"Requires-Dist: {needs}\n" if needs else ""
    )
    entry_points = f"[console_scripts]\n{name} = {name}:main\n"
    files = {
        f"{name}/__init__.py": f"VERSION = '{version}'\n",
        f"{name}/tests/__init__.py": "",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": entry_points,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as file:
        for entry, text in files.items():
            file.writestr(entry, text)
        file.writestr(f"{info}/RECORD", "".join(f"{entry},,\n" for entry in [*files, f"{info}/RECORD"]))
    return path


HOST = Target.of("python3.13", "arm64", local=True)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels in place of a package index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return tmp_path / "wheels"


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("# what we need\nalpha==1.0\n")
    return path


def test_a_layer_holds_requirements_and_folders(index: Path, requirements: Path, folder: Path, build: Path) -> None:
    wheel(index, "alpha", "1.0")
    write(folder, {"__pycache__/x.pyc": b"", "function.json": b""})
    archive = layer_archive("deps", requirements, [folder], HOST, build)
    packaged = {
        "python/alpha/__init__.py",
        "python/alpha/tests/__init__.py",
        "python/alpha-1.0.dist-info/METADATA",
        "python/alpha-1.0.dist-info/WHEEL",
        "python/alpha-1.0.dist-info/entry_points.txt",
    }
    assert set(archive.files) == packaged | {f"python/charge/{name}" for name in FILES}
    assert archive.path.name.startswith("deps-")


def test_equal_layers_are_equal_bytes_from_two_installations(
    index: Path, requirements: Path, folder: Path, build: Path, tmp_path: Path
) -> None:
    wheel(index, "alpha", "1.0")
    first = layer_archive("deps", requirements, [folder], HOST, build)
    second = layer_archive("deps", requirements, [folder], HOST, tmp_path / "other")
    assert first.path.read_bytes() == second.path.read_bytes()


def test_pip_runs_once(index: Path, requirements: Path, build: Path) -> None:
    wheel(index, "alpha", "1.0")
    first = layer_archive("deps", requirements, [], HOST, build)
    shutil.rmtree(index)
    start = time.perf_counter()
    assert layer_archive("deps", requirements, [], HOST, build) == first
    assert time.perf_counter() - start < 0.2
    assert [path.name.startswith(".") for path in (build / "pip").iterdir()] == [False]


def test_other_requirements_are_another_layer(index: Path, requirements: Path, build: Path) -> None:
    wheel(index, "alpha", "1.0")
    wheel(index, "alpha", "2.0")
    first = layer_archive("deps", requirements, [], HOST, build)
    requirements.write_text("alpha==2.0\n")
    assert layer_archive("deps", requirements, [], HOST, build).sha256 != first.sha256


def test_a_layer_takes_the_wheels_of_its_target(index: Path, requirements: Path, build: Path) -> None:
    wheel(index, "alpha", "1.0", tag="cp313-cp313-manylinux_2_28_aarch64")
    archive = layer_archive("deps", requirements, [], Target.of("python3.13", "arm64", local=False), build)
    assert "python/alpha/__init__.py" in archive.files
    for other in (("python3.13", "x86_64"), ("python3.11", "arm64")):
        with pytest.raises(StepdeployError, match="pip could not install"):
            layer_archive("deps", requirements, [], Target.of(*other, local=False), build)


def test_pip_failing_shows_its_last_lines_and_leaves_nothing(index: Path, requirements: Path, build: Path) -> None:
    index.mkdir()
    with pytest.raises(StepdeployError, match=r"No matching distribution found for alpha==1\.0") as caught:
        layer_archive("deps", requirements, [], HOST, build)
    assert caught.value.where == str(requirements)
    assert list((build / "pip").iterdir()) == []


def test_a_package_that_comes_along_must_be_pinned_too(index: Path, requirements: Path, build: Path) -> None:
    wheel(index, "alpha", "1.0", needs="Beta_Two>=1")
    wheel(index, "beta_two", "1.5")
    with pytest.raises(InvalidProject, match="1 packages that these need are not pinned") as caught:
        layer_archive("deps", requirements, [], HOST, build)
    assert caught.value.hint == "Add the lines: beta-two==1.5."
    requirements.write_text("alpha==1.0\nbeta.two==1.5\n")
    assert "python/beta_two/__init__.py" in layer_archive("deps", requirements, [], HOST, build).files


@pytest.mark.parametrize(
    "line", ["alpha", "alpha>=1", "alpha==1.*", "alpha~=1.0", "-r more.txt", "--pre", "./alpha.whl", "a @ file:///x", "alpha==1,<2"]
)  # fmt: skip
def test_lines_that_pin_nothing_are_refused(line: str) -> None:
    with pytest.raises(InvalidProject, match="is not pinned") as caught:
        pinned_versions(f"# first\nok==1\n{line}\n", "r.txt")
    assert [problem.where for problem in caught.value.problems] == ["r.txt:3:1"]


def test_lines_that_pin() -> None:
    text = """
    alpha==1.0  # why
    Beta_Two[extra,more] == 2.0.post1 ; python_version >= "3.8" and sys_platform != 'win32'
    gamma==3 \\
        --hash=sha256:00ff \\
        --hash=sha256:11ee
    delta==1.0+cu118
    """
    assert pinned_versions(text, "r") == {"alpha": "1.0", "beta-two": "2.0.post1", "gamma": "3", "delta": "1.0+cu118"}


def test_two_folders_of_one_name_are_refused(
    index: Path, requirements: Path, folder: Path, build: Path, tmp_path: Path
) -> None:
    wheel(index, "alpha", "1.0")
    twin = write(tmp_path / "elsewhere" / "charge", FILES)
    with pytest.raises(InvalidProject, match="already holds another 'charge'"):
        layer_archive("deps", None, [folder, twin], HOST, build)
    with pytest.raises(InvalidProject, match="already holds another 'alpha'"):
        layer_archive("deps", requirements, [write(tmp_path / "alpha", FILES)], HOST, build)


def test_targets() -> None:
    assert Target(f"{sys.version_info.major}.{sys.version_info.minor}", None) == HOST
    assert Target.of("python3.13", "x86_64", local=False) == Target("3.13", "manylinux2014_x86_64")
    assert Target("3.11", "manylinux2014_x86_64").pip_options()[:2] == ["--platform", "manylinux2014_x86_64"]
    assert "manylinux_2_28_x86_64" not in Target("3.11", "manylinux2014_x86_64").pip_options()
    assert "manylinux_2_28_x86_64" in Target("3.13", "manylinux2014_x86_64").pip_options()
    assert HOST.pip_options() == []
