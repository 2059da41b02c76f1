#!/usr/bin/env python3
"""Makes the virtual environment that `ask_django.py` runs in, and prints its Python.

    environment.py DIR

Keeps an environment that already has what requirements.txt asks for. Exit code 3, with a message,
where no Python that Django's release supports can be found.
"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
OLDEST = (3, 12)
MISSING = 3


def candidates():
    """Python interpreters, the likeliest first: this one, those on the path, those of pyenv."""
    yield sys.executable
    for minor in (13, 12, 14):
        found = shutil.which(f"python3.{minor}")
        if found:
            yield found
    home = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for minor in (13, 12, 14):
        yield from sorted(glob.glob(f"{home}/versions/3.{minor}.*/bin/python"), reverse=True)
    yield from filter(None, [shutil.which("python3")])


def fits(python):
    """Whether it starts (a pyenv shim may not), is new enough, and can make environments."""
    test = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", test], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main():
    [folder] = sys.argv[1:] or ["target/differential-environment"]
    folder = pathlib.Path(folder).resolve()
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and python.exists()):
        base = next(filter(fits, candidates()), None)
        if base is None:
            print(
                f"no Python {OLDEST[0]}.{OLDEST[1]} or newer found: Django cannot be asked",
                file=sys.stderr,
            )
            return MISSING
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([base, "-m", "venv", folder], check=True)
        install = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            REQUIREMENTS,
        ]
        subprocess.run(install, check=True)
        # Last, so that an interrupted installation is made anew.
        stamp.write_text(wanted, encoding="utf-8")
    print(python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
