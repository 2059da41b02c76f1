"""Ways of a project to read the environment: its own helpers and the usual libraries.

A dialect turns (variable, default) into an expression. Every module of a project uses the same
dialect, because a star import brings its helpers along.
"""

BOOLEAN_HELPERS = {
    "helper-none-check": """
def {name}(key, default=False):
    value = os.environ.get(key)
    if value is None:
        return default
    return value.strip().lower() in ("1", "true", "yes", "on")
""",
    "helper-str-default": """
def {name}(key, default=False):
    return os.environ.get(key, str(default)).lower() in {{"true", "1", "yes", "on"}}
""",
    "helper-key-error": """
_WORDS = {{"1": True, "true": True, "yes": True, "on": True,
          "0": False, "false": False, "no": False, "off": False}}


def {name}(key, default=False):
    try:
        return _WORDS[os.environ[key].lower()]
    except KeyError:
        return default
""",
    "helper-lambda": """
{name} = lambda key, default=False: os.getenv(key, "1" if default else "0").lower() in (
    "1", "true", "yes", "on")
""",
    "helper-raises": """
def {name}(key: str, default: bool = False) -> bool:
    raw = os.getenv(key, None)
    if raw in (None, ""):
        return default
    word = raw.lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{{key}} must be a boolean, not {{raw!r}}")
""",
    "helper-loop": """
def {name}(key, default=False):
    value = os.environ.get(key, default)
    if isinstance(value, bool):
        return value
    for word in ("1", "true", "yes", "on"):
        if value.lower() == word:
            return True
    return False
""",
    "helper-match": """
def {name}(key, default=False):
    match os.environ.get(key, "").lower():
        case "":
            return default
        case "1" | "true" | "yes" | "on":
            return True
        case _:
            return False
""",
    "helper-cached": """
@lru_cache(maxsize=None)
def {name}(key, default=False):
    if key not in os.environ:
        return default
    return os.environ[key] in ("1", "true", "True", "yes", "on")
""",
    "helper-any": """
def {name}(key, default=False, *, words=("1", "true", "yes", "on")):
    value = os.environ.get(key)
    return default if value is None else any(value.lower() == word for word in words)
""",
    "helper-two-steps": """
def _read(key, default):
    return os.environ.get(key, default)


def _truthy(value):
    return str(value).lower() in ("1", "true", "yes", "on")


def {name}(key, default=False):
    return _truthy(_read(key, default))
""",
    "helper-nested": """
def _reader(words):
    def read(key, default=False):
        value = os.environ.get(key)
        return default if not value else value.lower() in words

    return read


{name} = _reader(("1", "true", "yes", "on"))
""",
}

LIST_HELPER = """
def {name}(key, default=""):
    value = os.environ.get(key, default)
    return [item.strip() for item in value.split(",") if item.strip()]
"""

CLASS_HELPERS = {
    "class-static": (
        """
class Environment:
    @staticmethod
    def flag(key, default=False):
        value = os.environ.get(key)
        if value is None:
            return default
        return value.lower() in ("1", "true", "yes", "on")

    @staticmethod
    def number(key, default=0):
        return int(os.environ.get(key, default))

    @classmethod
    def items(cls, key, default=""):
        return [part for part in os.environ.get(key, default).split(",") if part]
""",
        "Environment",
        "",
    ),
    "class-instance": (
        """
class _Environment:
    words = ("1", "true", "yes", "on")

    def __init__(self, prefix=""):
        self.prefix = prefix

    def text(self, key, default=None):
        return os.environ.get(self.prefix + key, default)

    def flag(self, key, default=False):
        value = self.text(key)
        return default if value is None else value.lower() in self.words

    def number(self, key, default=0):
        value = self.text(key)
        return int(value) if value else default

    def items(self, key, default=""):
        return [part.strip() for part in self.text(key, default).split(",") if part.strip()]


read = _Environment(prefix="SITE_")
""",
        "read",
        "SITE_",
    ),
}


class Plain:
    """No helper at all: `os.environ` everywhere."""

    name = "plain"

    def __init__(self, project):
        self.project = project

    def boolean(self, module, key, default):
        return None

    def number(self, module, key, default):
        return None

    def items(self, module, key, default):
        return None

    def text(self, module, key, default):
        return None

    def variable(self, key):
        """The name of the variable that is read for a key."""
        return key


class Functions(Plain):
    """The project's own functions, in the module itself or in one of their own."""

    name = "own-functions"

    def __init__(self, project):
        super().__init__(project)
        self.flag = project.pick(
            ["env_bool", "get_bool", "env_flag", "bool_from_env", "getenv_bool"]
        )
        self.list = project.pick(["env_list", "get_list", "csv_from_env"])
        self.style = project.pick(list(BOOLEAN_HELPERS))
        self.shared = project.chance(0.5)
        self.module_name = project.pick(["env", "envtools", "helpers", "env_utils"])
        self.how = project.pick(["from-relative", "from-absolute", "module-alias"])
        project.feature(self.style)
        if self.shared:
            project.feature("helper-in-another-module")
            project.feature(f"helper-import-{self.how}")

    def define(self, module, name, text):
        if not self.shared:
            module.need("import os")
            if "lru_cache" in text:
                module.need("from functools import lru_cache")
            module.helper(name, text)
            return name
        package = module.package
        home = f"{package}.{self.module_name}" if package else self.module_name
        path = f"{self.project.root}{home.replace('.', '/')}.py"
        head = self.project.files.get(path, "import os\n")
        if "lru_cache" in text and "import lru_cache" not in head:
            head += "from functools import lru_cache\n"
        if text.strip() not in head:
            self.project.files[path] = f"{head}\n\n{text.strip()}\n"
        if not package:
            module.need(f"from {home} import {name}")
        elif self.how == "from-relative":
            module.need(f"from .{self.module_name} import {name}")
        elif self.how == "from-absolute":
            module.need(f"from {home} import {name}")
        else:
            module.need(f"from . import {self.module_name} as _env")
            return f"_env.{name}"
        return name

    def boolean(self, module, key, default):
        name = self.define(module, self.flag, BOOLEAN_HELPERS[self.style].format(name=self.flag))
        return self.project.pick(
            [f'{name}("{key}", {default})', f'{name}("{key}", default={default})']
        )

    def items(self, module, key, default):
        name = self.define(module, self.list, LIST_HELPER.format(name=self.list))
        return f'{name}("{key}", "{default}")'


class OwnClass(Plain):
    """The project's own class, used by its static methods or as an instance."""

    name = "own-class"

    def __init__(self, project):
        super().__init__(project)
        style = project.pick(list(CLASS_HELPERS))
        self.body, self.receiver, self.prefix = CLASS_HELPERS[style]
        project.feature(style)

    def boolean(self, module, key, default):
        self.define(module)
        return f'{self.receiver}.flag("{key}", {default})'

    def number(self, module, key, default):
        self.define(module)
        return f'{self.receiver}.number("{key}", default={default})'

    def items(self, module, key, default):
        self.define(module)
        return f'{self.receiver}.items("{key}", "{default}")'

    def define(self, module):
        module.need("import os")
        module.helper("Environment", self.body)

    def variable(self, key):
        return self.prefix + key


class Environ(Plain):
    """django-environ."""

    name = "django-environ"

    def __init__(self, project):
        super().__init__(project)
        self.scheme = project.chance(0.4)
        self.file = project.chance(0.4)
        self.declared = {}
        self.names = {}
        project.reads_dotenv = self.file
        if self.file:
            project.feature("environ-read-env")

    def instance(self, module):
        """Defines the module's reader. Only the first is public, so that no star import
        replaces another module's reader, which declares other variables."""
        module.need("import environ")
        name = self.names.setdefault(module.dotted, "_env" if self.names else "env")
        scheme = self.declared.get(module.dotted)
        if scheme:
            text = (
                f"{name} = environ.Env(\n"
                + "".join(f"    {item},\n" for item in scheme.values())
                + ")"
            )
        else:
            text = f"{name} = environ.Env()"
        if self.file:
            module.need("from pathlib import Path")
            up = ".parent" * (module.depth + 1)
            text += f'\nenviron.Env.read_env(Path(__file__).resolve(){up} / ".env")'
        module.helpers["env"] = text
        return name

    def declare(self, module, key, cast, default):
        """Puts a variable into the scheme: `environ.Env(KEY=(bool, False))`."""
        self.declared.setdefault(module.dotted, {})[key] = f"{key}=({cast}, {default})"
        self.project.feature("environ-scheme")
        return self.instance(module)

    def boolean(self, module, key, default):
        if self.scheme and self.project.chance(0.6):
            env = self.declare(module, key, "bool", default)
            return self.project.pick([f'{env}("{key}")', f'{env}.bool("{key}")'])
        env = self.instance(module)
        return self.project.pick(
            [
                f'{env}.bool("{key}", default={default})',
                f'{env}.bool("{key}", {default})',
                f'{env}("{key}", cast=bool, default={default})',
            ]
        )

    def number(self, module, key, default):
        if self.scheme and self.project.chance(0.5):
            return f'{self.declare(module, key, "int", default)}("{key}")'
        return f'{self.instance(module)}.int("{key}", default={default})'

    def items(self, module, key, default):
        parts = [part for part in default.split(",") if part]
        return f'{self.instance(module)}.list("{key}", default={parts!r})'

    def text(self, module, key, default):
        env = self.instance(module)
        return self.project.pick(
            [f'{env}("{key}", default="{default}")', f'{env}.str("{key}", "{default}")']
        )


class Decouple(Plain):
    """python-decouple."""

    name = "python-decouple"

    def __init__(self, project):
        super().__init__(project)
        project.reads_dotenv = project.chance(0.4)

    def boolean(self, module, key, default):
        module.need("from decouple import config")
        if self.project.chance(0.2):
            self.project.feature("decouple-lambda-cast")
            return f'config("{key}", default="{str(default).lower()}", cast=lambda v: str(v).lower() in ("true", "1", "yes", "on"))'
        return self.project.pick(
            [
                f'config("{key}", default={default}, cast=bool)',
                f'config("{key}", cast=bool, default="{default}")',
            ]
        )

    def number(self, module, key, default):
        module.need("from decouple import config")
        return f'config("{key}", default={default}, cast=int)'

    def items(self, module, key, default):
        module.need("from decouple import config, Csv")
        return f'config("{key}", default="{default}", cast=Csv())'

    def text(self, module, key, default):
        module.need("from decouple import config")
        return f'config("{key}", default="{default}")'


class Pydantic(Plain):
    """pydantic-settings: one class of fields, each with its default."""

    name = "pydantic-settings"

    def __init__(self, project):
        super().__init__(project)
        self.prefix = project.pick(["", "WEB_", "SVC_"])
        self.fields = {}

    def field(self, module, key, kind, default):
        module.need("from pydantic_settings import BaseSettings, SettingsConfigDict")
        fields = self.fields.setdefault(module.dotted, {})
        fields[key.lower()] = f"    {key.lower()}: {kind} = {default}"
        config = (
            f'    model_config = SettingsConfigDict(env_prefix="{self.prefix}", extra="ignore")\n\n'
        )
        module.helpers["pydantic"] = (
            "class _AppSettings(BaseSettings):\n"
            + config
            + "\n".join(fields.values())
            + "\n\n\n_app = _AppSettings()"
        )
        return f"_app.{key.lower()}"

    def boolean(self, module, key, default):
        return self.field(module, key, "bool", default)

    def number(self, module, key, default):
        return self.field(module, key, "int", default)

    def text(self, module, key, default):
        return self.field(module, key, "str", f'"{default}"')

    def variable(self, key):
        return self.prefix + key


DIALECTS = {Plain: 3, Functions: 5, OwnClass: 2, Environ: 4, Decouple: 4, Pydantic: 2}


def choose(project):
    """Gives the project its dialect; tells which in the features."""
    project.dialect = project.weighted(DIALECTS)(project)
    project.feature(f"environment-{project.dialect.name}")
    if isinstance(project.dialect, (Functions, OwnClass)) or type(project.dialect) is Plain:
        if project.chance(0.2):
            project.reads_dotenv = True
            project.loads_dotenv = project.pick(["settings", "entry"])
            project.feature(f"dotenv-loaded-in-{project.loads_dotenv}")
