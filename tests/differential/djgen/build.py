"""The project and the Python modules under construction."""

import random


class Project:
    """Files of one project, and what a test must know to run it as production does."""

    def __init__(self, seed, index):
        # A string seeds by its digest, so the same seed gives the same project anywhere.
        self.rng = random.Random(f"{seed}/{index}")
        self.name = f"p{index:04d}"
        self.files = {}
        self.features = set()
        # Environment that tracked deployment files set, and required variables they do not.
        self.env = {}
        self.given = {}
        # Variables that a tracked .env file sets for a library that reads it at run time.
        self.dotenv = {}
        self.keys = set()
        # Filled in by the layout.
        self.root = ""
        self.package = "config"
        self.deployment = None
        self.dialect = None
        self.reads_dotenv = False
        # Where python-dotenv puts the `.env` into the environment: "settings", "entry" or nowhere.
        self.loads_dotenv = None
        # Settings that are tuples at the present end, and applications that some layer has.
        self.tuples = set()
        # How many items a list has at least, for edits by position.
        self.lengths = {}
        self.applications = set()
        # Modules that are there, or that the settings say may be there.
        self.modules = set()
        self.policy = False
        self.layered = False

    # Drawing.

    def chance(self, probability):
        return self.rng.random() < probability

    def pick(self, choices):
        return self.rng.choice(choices)

    def weighted(self, table):
        """One key of {key: weight}."""
        return self.rng.choices(list(table), list(table.values()))[0]

    def some(self, choices, probability):
        """A sublist in the same order; each item stays with this probability."""
        return [item for item in choices if self.chance(probability)]

    def shuffled(self, items):
        items = list(items)
        self.rng.shuffle(items)
        return items

    # Recording.

    def feature(self, name):
        self.features.add(name)

    def write(self, path, text):
        """A file relative to the project's directory."""
        if not text.endswith("\n"):
            text += "\n"
        self.files[path] = text

    def source(self, path, text):
        """A file relative to the directory that is on Python's path."""
        self.write(f"{self.root}{path}", text)

    def require_package(self, dotted):
        """Gives every package on the way to this one an `__init__.py`."""
        path = ""
        for part in dotted.split("."):
            path += part + "/"
            if f"{self.root}{path}__init__.py" not in self.files:
                self.source(f"{path}__init__.py", "")

    def can_deploy(self, through_library=False):
        """Whether some tracked file sets environment variables of production."""
        through_library = through_library or self.loads_dotenv
        return bool(self.deployment) or bool(through_library and self.reads_dotenv)

    def module_name(self, package, names):
        """A name for a module of the package that nothing else uses yet."""
        full = [f"{package}.{name}" if package else name for name in names]
        free = [dotted for dotted in full if dotted not in self.modules]
        dotted = self.pick(free) if free else f"{full[0]}_{len(self.modules)}"
        self.modules.add(dotted)
        return dotted

    def key(self, setting, deployed):
        """A fresh name of an environment variable for a setting.

        A variable that production sets is read in one place alone, so that no two places ask
        for differently spelled values of it.
        """
        stem = setting.removeprefix("SECURE_") if self.chance(0.3) else setting
        options = [stem, f"DJANGO_{stem}", f"APP_{stem}", f"{self.package.upper()}_{stem}"]
        taken = self.keys if deployed else {*self.env, *self.dotenv, *self.given}
        free = [option for option in self.shuffled(options) if option not in taken]
        key = free[0] if free else f"{stem}_{len(self.keys)}"
        self.keys.add(key)
        return key

    def deploy(self, key, value, through_library=False):
        """Sets a variable as production's own tracked files do.

        A `.env` file that a library reads only counts for what is read through that library.
        """
        through_library = through_library or self.loads_dotenv
        if through_library and self.reads_dotenv and (not self.deployment or self.chance(0.5)):
            self.dotenv[key] = value
        else:
            self.env[key] = value


class Module:
    """One Python file: imports and helpers rise to the top, statements keep their order."""

    def __init__(self, project, dotted, is_package=False):
        self.project = project
        self.dotted = dotted
        self.is_package = is_package
        self.imports = []
        # Star imports that stand above the helpers, so that these win over what they bring.
        self.stars = []
        self.helpers = {}
        self.body = []
        self.leading = []
        # Upper-case names certainly bound at the present end of the body.
        self.known = set()
        # Which of MIDDLEWARE and INSTALLED_APPS are there to edit.
        self.bound = set()
        # The name of the variable that holds the stage, and its word in production.
        self.stage = None

    @property
    def package(self):
        """The package that a relative import starts from."""
        return self.dotted if self.is_package else self.dotted.rpartition(".")[0]

    @property
    def depth(self):
        """How many folders lie between the file and the folder on Python's path."""
        return self.dotted.count(".") + self.is_package

    def need(self, line):
        if line not in self.imports:
            self.imports.append(line)

    def helper(self, name, text):
        """Defines a helper once, above all statements."""
        self.helpers.setdefault(name, text.strip("\n"))

    def emit(self, *lines):
        self.body.extend(lines)

    def path(self):
        stem = self.dotted.replace(".", "/")
        return f"{stem}/__init__.py" if self.is_package else f"{stem}.py"

    def render(self):
        """The text: docstring and `__future__`, imports, helpers, statements."""
        standard = sorted(
            (line for line in self.imports if not line.startswith("from .")),
            key=lambda line: (line.startswith("from "), line),
        )
        relative = sorted(line for line in self.imports if line.startswith("from ."))
        parts = [
            "\n".join(self.leading),
            "\n".join(standard + relative),
            "\n".join(self.stars),
            *self.helpers.values(),
            "\n".join(self.body),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def save(self):
        if self.package:
            self.project.require_package(self.package)
        self.project.source(self.path(), self.render())


def indent(lines, by="    "):
    return [by + line if line else line for line in lines]
