"""Ways to write one value: literals, the environment with its defaults, helpers, derived values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask_code import App, Module

# Of every value this share is written down as it is.
LITERAL = 0.45

VARIABLES = {
    "SESSION_COOKIE_SECURE": ["SESSION_COOKIE_SECURE", "COOKIE_SECURE"],
    "SESSION_COOKIE_HTTPONLY": ["SESSION_COOKIE_HTTPONLY", "COOKIE_HTTPONLY"],
    "SESSION_COOKIE_SAMESITE": ["SESSION_COOKIE_SAMESITE", "COOKIE_SAMESITE"],
    "SESSION_COOKIE_DOMAIN": ["SESSION_COOKIE_DOMAIN", "COOKIE_DOMAIN"],
}


@dataclass
class Place:
    """Where a value is written: the file, and what may be referred to there."""

    app: App
    module: Module
    debug: str = ""  # an expression for the debug flag that has a value by now
    truths: dict[str, bool] = field(default_factory=dict)  # plain names of known booleans

    def chance(self, probability: float) -> bool:
        return self.app.project.chance(probability)

    def pick(self, *options: str) -> str:
        return self.app.rng.choice(options)

    def variable(self, key: str, texts: tuple[str, ...]) -> str:
        return self.app.project.env(VARIABLES.get(key, [key]), texts)

    def getenv(self, name: str, default: str | None = None) -> str:
        """A read of the environment, with the Python expression `default`."""
        arguments = f'"{name}"' if default is None else f'"{name}", {default}'
        spelling = self.pick("os.environ.get", "os.getenv", "environ.get")
        self.module.use("from os import environ" if spelling == "environ.get" else "import os")
        return f"{spelling}({arguments})"


def quoted(value: object) -> str:
    return f'"{value}"'


Spelling = Callable[[Place, str, bool], str]

BOOL_TEXTS = ("true", "false", "True", "1", "0", "no")
DIGIT_TEXTS = ("1", "0")
WORD_TEXTS = ("true", "false")


def env_word(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, WORD_TEXTS)
    default = f'"{value}"' if place.chance(0.5) else f'"{str(value).lower()}"'
    test = place.pick(
        '== "true"', 'in ("true", "1", "yes")', 'in {"1", "true", "on"}', '!= "false"', 'not in ["false", "0", "no"]'
    )
    return f"{place.getenv(name, default)}.lower() {test}"


def env_digit(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, DIGIT_TEXTS)
    return f'{place.getenv(name, quoted(int(value)))} == "1"'


def env_integer(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, DIGIT_TEXTS)
    return f"bool(int({place.getenv(name, quoted(int(value)))}))"


def env_number(place: Place, key: str, value: bool) -> str:
    """A number, which the header shows: `Secure=0` is an attribute all the same."""
    name = place.variable(key, DIGIT_TEXTS)
    return f"int({place.getenv(name, quoted(int(value)))})"


def env_bool_of_text(place: Place, key: str, value: bool) -> str:
    """`bool` of a text: true for "False" as well, false for an empty one."""
    name = place.variable(key, BOOL_TEXTS)
    default = place.pick('"False"', '"True"', '"0"') if value else place.pick('""', "None", "")
    return f"bool({place.getenv(name, default or None)})"


def env_raw(place: Place, key: str, value: bool) -> str:
    """The text itself, or a default that is no text."""
    name = place.variable(key, BOOL_TEXTS)
    if value:
        return place.getenv(name, place.pick("True", '"True"', '"False"', '"0"', "1"))
    return place.getenv(name, place.pick("False", "None", "") or None)


def env_presence(place: Place, key: str, value: bool) -> str:
    """Whether a switch is there at all; nobody sets it unless a deployment file does."""
    stem = "INSECURE_COOKIES" if value else "FORCE_" + key
    name = place.app.project.env([stem], DIGIT_TEXTS)
    place.module.use("import os")
    if value:
        return place.pick(
            f'"{name}" not in os.environ', f'os.environ.get("{name}") is None', f'not os.environ.get("{name}")'
        )
    return place.pick(f'"{name}" in os.environ', f'os.getenv("{name}") is not None', f'bool(os.environ.get("{name}"))')


def env_json(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, WORD_TEXTS)
    place.module.use("import json")
    return f"json.loads({place.getenv(name, quoted(str(value).lower()))})"


HELPERS = [
    """def env_bool(name, default=False):
    value = os.environ.get(name)
    if value is None:
        return default
    return value.strip().lower() in {"1", "true", "yes", "on"}""",
    """TRUTHY = ("1", "true", "yes", "on", "y")


def env_bool(name: str, default: bool = False) -> bool:
    return str(os.environ.get(name, default)).lower() in TRUTHY""",
    """def strtobool(text):
    text = text.lower()
    if text in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if text in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError(f"invalid truth value {text!r}")


def env_bool(name, default=False):
    try:
        return bool(strtobool(os.environ[name]))
    except KeyError:
        return default""",
    '''def env_bool(name, default=False):
    """Reads a switch from the environment."""
    if name not in os.environ:
        return default
    return os.environ[name].lower() not in ("0", "false", "no", "off", "")''',
    '''def env_bool(key, default=False):
    raw = os.getenv(key)
    return default if raw is None or raw == "" else raw.lower()[0] in "1ty"''',
]


def defines(module: Module, name: str) -> bool:
    return any(f"def {name}(" in block for block in module.blocks)


def env_helper(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, BOOL_TEXTS)
    app = place.app
    path = f"{place.module.folder}env.py"
    shared = app.project.modules.get(path)
    owner = place.module
    if not defines(owner, "env_bool") and (shared or place.chance(0.7)):
        owner = shared or app.project.module(path)
    if not defines(owner, "env_bool"):
        owner.use("import os")
        owner.add(app.rng.choice(HELPERS))
    app.bring(place.module, owner, "env_bool")
    default = f"default={value}" if place.chance(0.3) else str(value)
    return f'env_bool("{name}", {default})' if value or place.chance(0.6) else f'env_bool("{name}")'


def env_lambda(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, DIGIT_TEXTS)
    line = 'flag = lambda name, default="0": os.environ.get(name, default) == "1"  # noqa: E731'
    if line not in place.module.blocks:
        place.module.use("import os")
        place.module.add(line)
    return f'flag("{name}", "{int(value)}")' if value else f'flag("{name}")'


def from_environs(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, BOOL_TEXTS)
    place.app.project.requirements.append("environs==15.2.0")
    place.module.use("from environs import Env")
    if "env = Env()" not in place.module.blocks:
        place.module.add("env = Env()")
    return place.pick(
        f'env.bool("{name}", {value})',
        f'env.bool("{name}", default={value})',
        f'env("{name}", {value})' if value else f'env.bool("{name}", False)',
    )


def from_decouple(place: Place, key: str, value: bool) -> str:
    name = place.variable(key, BOOL_TEXTS)
    place.app.project.requirements.append("python-decouple==3.8")
    place.module.use("from decouple import config as setting")
    return f'setting("{name}", default={value}, cast=bool)'


def not_debug(place: Place, key: str, value: bool) -> str:
    """Derived from the debug flag, whatever that is by now."""
    if not place.debug:
        return literal(place, key, value)
    return f"not {place.debug}" if value or place.chance(0.5) else f"bool({place.debug})"


def production(place: Place, key: str, value: bool) -> str:
    name = place.app.project.env(["APP_ENV", "DEPLOYMENT"], ("production", "staging"))
    read = place.getenv(name, '"production"')
    if value:
        return place.pick(
            f'{read} == "production"', f'{read} != "development"', f'{read} not in ("development", "testing")'
        )
    return place.pick(f'{read} == "development"', f'{read} in ("development", "testing")')


def https(place: Place, key: str, value: bool) -> str:
    name = place.app.project.env(["BASE_URL"], ("https://shop.example.com", "http://localhost:5000"))
    read = place.getenv(name, '"https://shop.example.com"' if value else '"http://shop.example.com"')
    return f'{read}.startswith("https{place.pick("", "://")}")'


def named(place: Place, key: str, value: bool) -> str:
    """A constant of the same file, of another one, or of a class."""
    name = {"SECURE": "HTTPS_ONLY", "HTTPONLY": "HIDE_FROM_SCRIPTS"}.get(key.rpartition("_")[2], key + "_ON")
    owner = place.module if place.chance(0.5) else place.app.project.module(f"{place.module.folder}constants.py")
    line = f"{name} = {value}"
    existing = [block for block in owner.blocks if block.startswith(f"{name} = ")]
    if not existing:
        owner.add(line)
    elif existing != [line]:
        return literal(place, key, value)
    place.app.bring(place.module, owner, name)
    return name


def conditional(place: Place, key: str, value: bool) -> str:
    inner = not_debug(place, key, value) if place.debug else production(place, key, value)
    return place.pick(
        f"True if {inner} else False",
        f"({inner}) and True",
        f"bool({inner})",
        f"not ({inner}) is True" if not value else f"({inner}) or False",
    )


def literal(place: Place, key: str, value: bool) -> str:
    return str(value)


BOOLS: list[Spelling] = [
    env_word,
    env_word,
    env_digit,
    env_integer,
    env_number,
    env_bool_of_text,
    env_raw,
    env_presence,
    env_json,
    env_helper,
    env_helper,
    env_helper,
    env_lambda,
    from_environs,
    from_decouple,
    not_debug,
    not_debug,
    production,
    production,
    https,
    named,
    named,
    conditional,
]


def spell_bool(place: Place, key: str, value: bool) -> str:
    if place.chance(LITERAL):
        return literal(place, key, value)
    spelling = place.app.rng.choice(BOOLS)
    place.app.project.tag(f"value:{spelling.__name__}")
    return spelling(place, key, value)


def spell_text(place: Place, key: str, value: str | None) -> str:
    shown = "None" if value is None else f'"{value}"'
    if value is None or place.chance(LITERAL + 0.2):
        return shown
    texts = ("Lax", "None", "Strict") if key.endswith("SAMESITE") else (value,)
    return place.getenv(place.variable(key, texts), shown)


def spell_secret(place: Place, key: str, value: str) -> str:
    project = place.app.project
    kind = place.pick("literal", "required", "default", "random")
    if kind == "literal":
        return f'"{value}"'
    name = project.env([key], (value,))
    if kind == "required":
        project.require(name, (value,))
        place.module.use("import os")
        return f'os.environ["{name}"]'
    if kind == "default":
        return place.getenv(name, f'"{value}"')
    place.module.use("import secrets")
    return f"{place.getenv(name)} or secrets.token_hex(32)"


def spell(place: Place, key: str, value: object) -> str:
    """A Python expression that is meant to be `value` in production; Flask decides whether it is."""
    if key.endswith("SECRET_KEY"):
        return spell_secret(place, key, str(value))
    if isinstance(value, bool):
        return spell_bool(place, key, value)
    if value is None or isinstance(value, str):
        return spell_text(place, key, value)
    return repr(value).replace("'", '"')
