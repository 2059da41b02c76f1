"""`python -m tokscan`: runs the program in place of the interpreter."""

import os
import subprocess
import sys

from tokscan import find_binary


def main():
    try:
        binary = find_binary()
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    command = [binary, *sys.argv[1:]]
    if os.name != "nt":
        # The process becomes the program: its exit code, its signals.
        os.execv(binary, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
