"""Where the program of this package is."""

import os
import site
import sys
import sysconfig

NAME = "tokscan"


def find_binary():
    """The path of the program that was installed with this package.

    Nothing is looked for on PATH: what lies there may belong to another version.
    """
    name = NAME + (sysconfig.get_config_var("EXE") or "")
    folders = list(_folders())
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    searched = "".join("\n  " + folder for folder in folders)
    raise FileNotFoundError(
        f"there is no {name} in any of these folders, please install tokscan again:{searched}"
    )


def _folders():
    """Where installers put programs, the likeliest first, each once."""
    package = os.path.dirname(os.path.abspath(__file__))
    seen = set()
    for folder in (
        # This environment.
        sysconfig.get_path("scripts"),
        # `pip install --user`.
        sysconfig.get_path("scripts", scheme=_user_scheme()) if site.ENABLE_USER_SITE else None,
        # `pip install --target DIR`: beside the package.
        os.path.join(os.path.dirname(package), "bin"),
        # `pip install --prefix DIR`, or an environment whose packages another one uses:
        # DIR/lib/python3.X/site-packages/tokscan, on Windows DIR/Lib/site-packages/tokscan.
        _above(package, 4, "bin"),
        _above(package, 3, "Scripts"),
    ):
        if folder and folder not in seen:
            seen.add(folder)
            yield folder


def _above(path, levels, name):
    for _ in range(levels):
        path = os.path.dirname(path)
    return os.path.join(path, name)


def _user_scheme():
    if sys.version_info >= (3, 10):
        return sysconfig.get_preferred_scheme("user")
    if os.name == "nt":
        return "nt_user"
    if sys.platform == "darwin" and sys._framework:
        return "osx_framework_user"
    return "posix_user"
