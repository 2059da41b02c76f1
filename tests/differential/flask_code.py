"""The pieces a generated project is made of: files, imports, environment variables, applications.

Nothing here knows what Flask will answer. A project only records how production starts it and
which environments production may have; the answer is taken from Flask itself by ask_flask.py.
"""

from __future__ import annotations

import random
import textwrap
from dataclasses import dataclass, field

STDLIB = {
    "dataclasses",
    "functools",
    "importlib",
    "json",
    "os",
    "pathlib",
    "secrets",
    "sys",
    "tomllib",
    "types",
    "urllib",
}


def indent(lines: list[str], depth: int = 1) -> list[str]:
    """`lines`, which may hold several lines each, moved to the right."""
    return [textwrap.indent(line, "    " * depth) for line in lines]


@dataclass
class Module:
    """One Python file that is being written."""

    path: str
    imports: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its dotted name, seen from the root of the project."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def folder(self) -> str:
        """Its folder, with a slash; empty at the root."""
        head, slash, _ = self.path.rpartition("/")
        return head + slash

    @property
    def package(self) -> str:
        """The package that `from . import x` means here; empty at the root."""
        return self.name if self.path.endswith("__init__.py") else self.name.rpartition(".")[0]

    def use(self, line: str) -> None:
        """Adds an import once."""
        if line not in self.imports:
            self.imports.append(line)

    def add(self, *lines: str) -> None:
        """Adds a block at top level."""
        self.blocks.append("\n".join(lines))

    def text(self) -> str:
        groups: list[list[str]] = [[], [], []]
        for line in self.imports:
            top = line.split()[1].split(".")[0]
            place = 0 if top in STDLIB else 2 if line.startswith("from .") else 1
            groups[place].append(line)
        head = "\n\n".join("\n".join(sorted(group)) for group in groups if group)
        parts = [part for part in [head, *self.blocks] if part]
        text = parts[0] if parts else ""
        for before, part in zip(parts, parts[1:]):
            plain = "\n" not in before + part and before is not head
            definition = any(line.startswith(("def ", "class ", "@")) for line in f"{before}\n{part}".split("\n"))
            text += ("\n\n\n" if definition else "\n" if plain else "\n\n") + part
        return text + "\n"


@dataclass
class World:
    """One environment that production may have.

    `why` is `base` for what the tracked files say, `unknown` for another value of something that
    production must have and that no tracked file tells, and `external` for what an operator may add
    although nothing demands it.
    """

    why: str
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict:
        return {"why": self.why, "env": self.env, "files": self.files}


class Project:
    """A folder of files, and how production runs what is in it."""

    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng = rng
        self.name = name
        self.modules: dict[str, Module] = {}
        self.files: dict[str, str] = {}  # at the root: deployment, requirements
        self.data: dict[str, str] = {}  # configuration files that code reads
        self.source = ""  # folder that the import path starts at: the root, or "src/"
        self.alone = True  # one application only
        self.tags: list[str] = []
        self.entries: list[dict] = []
        self.requirements = ["Flask==3.1.3"]
        # Variables the code reads, with the texts that make sense for each.
        self.reads: dict[str, tuple[str, ...]] = {}
        # Variables without which the code does not start.
        self.required: dict[str, tuple[str, ...]] = {}
        # What a tracked deployment file sets, whatever the code reads.
        self.deployed: dict[str, str] = {}
        self.worlds: list[World] = []

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def tag(self, style: str) -> None:
        if style not in self.tags:
            self.tags.append(style)

    def module(self, path: str) -> Module:
        return self.modules.setdefault(path, Module(path))

    def free_module(self, folder: str, *stems: str) -> Module:
        """A new file in `folder` under the first of `stems` that is not taken."""
        numbered = [f"{stems[0]}{number}" for number in range(2, 9)]
        taken = self.modules.keys() | self.data.keys()
        # Of one application no two files have the same name, so that each can be imported by it.
        names = {path.rpartition("/")[2] for path in taken} if self.alone else set()
        for stem in [*stems, *numbered]:
            path = f"{folder}{stem}.py"
            if path not in taken and f"{stem}.py" not in names:
                return self.module(path)
        raise AssertionError(f"no name left for {stems[0]} in {folder!r}")

    def env(self, names: list[str], texts: tuple[str, ...]) -> str:
        """The variable, of `names`, that code reads as one of `texts`."""
        for name in [
            *names,
            *(f"{self.name.upper()}_{name}" for name in names),
            *(f"{name}_SETTING" for name in names),
        ]:
            if self.reads.setdefault(name, texts) == texts:
                return name
        raise AssertionError(f"no variable left for {names}")

    def require(self, name: str, texts: tuple[str, ...]) -> str:
        """A variable that production must have; each of `texts` is possible."""
        self.required[name] = texts
        return name

    def external(
        self, env: dict[str, str] | None = None, files: dict[str, str] | None = None, why: str = "external"
    ) -> None:
        """Another environment that production may well have."""
        self.worlds.append(World(why, env or {}, files or {}))

    def all_worlds(self) -> list[World]:
        """What the tracked files say first, then each deviation from it alone."""
        base = {name: texts[0] for name, texts in self.required.items()} | self.deployed
        worlds = [World("base", base)]
        for name, texts in self.required.items():
            if name not in self.deployed:
                worlds += [World("unknown", base | {name: text}) for text in texts[1:]]
        for world in self.worlds:
            files = {self.source + path: text for path, text in world.files.items()}
            worlds.append(World(world.why, base | world.env, files))
        return worlds

    def manifest(self) -> dict:
        return {
            "tags": sorted(self.tags),
            "source": self.source,
            "entries": [entry | {"scope": entry["scope"] and self.source + entry["scope"]} for entry in self.entries],
            "worlds": [world.as_json() for world in self.all_worlds()],
        }

    def contents(self) -> dict[str, str]:
        """Path to text of every file."""
        texts = {path: module.text() for path, module in self.modules.items()}
        for path in list(texts):
            folder = path.rpartition("/")[0]
            if folder and f"{folder}/__init__.py" not in texts and folder != "tests":
                texts[f"{folder}/__init__.py"] = ""
        texts |= self.data
        placed = {(path if path.startswith("tests/") else self.source + path): text for path, text in texts.items()}
        return placed | self.files


@dataclass
class App:
    """One application that is being written."""

    project: Project
    folder: str  # "" or "shop/": where its files are
    module: Module  # where it is created
    var: str = "app"
    factory: str = ""  # name of the factory, empty for a module-level application
    extensions: set[str] = field(default_factory=set)
    params: list[str] = field(default_factory=list)  # of the factory
    args: list[str] = field(default_factory=list)  # with which production calls it …
    arg_imports: list[tuple[Module, str]] = field(default_factory=list)  # … and the names they use
    test_args: list[str] = field(default_factory=list)  # with which tests call it
    flask_args: list[str] = field(default_factory=lambda: ["__name__"])
    base: str = "Flask"  # class of the application
    headers_only: bool = False  # tokens never travel in cookies
    instance: bool = False  # configuration files are relative to instance/
    users: Module | None = None  # where its class of users is
    constants: int = 0

    @property
    def rng(self) -> random.Random:
        return self.project.rng

    @property
    def config(self) -> str:
        return f"{self.var}.config"

    def testing_flag(self) -> str:
        return self.rng.choice([f"{self.var}.testing", f'{self.config}["TESTING"]'])

    def support(self, *stems: str) -> Module:
        """A new file beside the application, or above its package."""
        above = self.project.alone and self.project.chance(0.2)
        return self.project.free_module("" if above else self.folder, *stems)

    def bring(self, user: Module, owner: Module, name: str) -> None:
        """Makes `name` of `owner` available in `user`."""
        if user is not owner:
            self._import(user, owner, f"from {owner.name} import {name}", name)

    def bring_module(self, user: Module, owner: Module) -> str:
        """Imports `owner` into `user`; the name it has there."""
        package, _, stem = owner.name.rpartition(".")
        parent = Module(f"{package.replace('.', '/')}/__init__.py")
        self._import(user, parent, f"from {package} import {stem}" if package else f"import {stem}", stem)
        return stem

    def _import(self, user: Module, owner: Module, absolute: str, name: str) -> None:
        """Adds the absolute import or its relative form, unless one of them is there already."""
        forms = [absolute]
        if owner.package and user.package == owner.package:
            forms.append(f"from .{owner.name.removeprefix(owner.package).lstrip('.')} import {name}")
        if not any(form in user.imports for form in forms):
            user.use(self.rng.choice(forms))

    def constant(self, stem: str) -> str:
        """A new name for a constant."""
        self.constants += 1
        return stem if self.constants == 1 else f"{stem}_{self.constants}"
