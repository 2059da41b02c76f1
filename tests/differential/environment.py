#!/usr/bin/env python3
"""Makes the virtual environment that a framework is asked in, and prints its Python.

    environment.py DIR [REQUIREMENTS]

Keeps an environment that already has what the requirements (by default requirements.txt beside this
script) ask for. Exit code 3, with a message, where no Python that all of them support can be found.
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
    given = sys.argv[1:]
    folder = pathlib.Path(given[0] if given else "target/differential-environment").resolve()
    requirements = pathlib.Path(given[1]) if given[1:] else REQUIREMENTS
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and python.exists()):
        base = next(filter(fits, candidates()), None)
        if base is None:
            print(
                f"no Python {OLDEST[0]}.{OLDEST[1]} or newer found: the framework cannot be asked",
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
            requirements,
        ]
        subprocess.run(install, check=True)
        # Last, so that an interrupted installation is made anew.
        stamp.write_text(wanted, encoding="utf-8")
    print(python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
