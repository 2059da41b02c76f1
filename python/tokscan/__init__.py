"""tokscan, a static analyser for Django and Flask projects: a program, shipped as a package.

There is no interface for Python code but this: `python -m tokscan` runs the program, and
`find_binary` says where it is.
"""

from tokscan._binary import find_binary

__all__ = ["find_binary"]
