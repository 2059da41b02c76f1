"""What comes from other modules: star imports, optional overrides, constants; and rarities."""

from . import statements, values
from .build import Module, indent


def chosen_settings(project, factor=1.0):
    """The settings that a module binds; DEBUG first, as others are derived from it."""
    picked = [name for name in values.SETTINGS if project.chance(values.COMMON[name] * factor)]
    project.rng.shuffle(picked)
    if "DEBUG" in picked and project.chance(0.85):
        picked.remove("DEBUG")
        picked.insert(0, "DEBUG")
    return picked


def star(module, other, where=None):
    """Takes over all of another module's names; returns the lines, for the caller to place."""
    project = module.project
    package, _, name = other.dotted.rpartition(".")
    same = package == module.package and package
    forms = {
        "absolute": 3 if package else 1,
        "relative": 4 if same else 0,
        "loop": 0.3,
        "update": 0.3,
    }
    if (
        module.package
        and not same
        and other.dotted.startswith(module.package.rpartition(".")[0] + ".")
    ):
        forms["parent"] = 3
    form = project.weighted(forms)
    project.feature(f"star-{form}")
    module.known |= other.known
    if form == "absolute":
        return [f"from {other.dotted} import *"]
    if form == "relative":
        return [f"from .{name} import *"]
    if form == "parent":
        above = module.package.rpartition(".")[0]
        return [f"from ..{other.dotted.removeprefix(above + '.')} import *"]
    module.need("from importlib import import_module")
    head = f'_base = import_module("{other.dotted}")'
    if form == "loop":
        return [
            head,
            "for _name in dir(_base):",
            "    if _name.isupper():",
            "        globals()[_name] = getattr(_base, _name)",
        ]
    return [
        head,
        "globals().update({key: value for key, value in vars(_base).items() if key.isupper()})",
    ]


def optional(module):
    """Takes over a module that may be missing."""
    project = module.project
    package = module.package
    dotted = project.module_name(package, ["local", "local_settings", "private", "overrides"])
    name = dotted.rpartition(".")[2]
    exists = project.chance(0.5)
    line = (
        f"from .{name} import *" if package and project.chance(0.7) else f"from {dotted} import *"
    )
    style = project.weighted(
        {
            "pass": 5,
            "not-found": 1,
            "suppress": 1,
            "exists": 1,
            "spec": 0.4,
            "finally": 0.4,
            "print": 0.6,
        }
    )
    project.feature(f"optional-import-{style}")
    project.feature("optional-module-exists" if exists else "optional-module-missing")
    if style == "suppress":
        module.need("import contextlib")
        lines = ["with contextlib.suppress(ImportError):", "    " + line]
    elif style == "exists":
        module.need("import os")
        lines = [
            f'if os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), "{name}.py")):',
            "    " + line,
        ]
    elif style == "spec":
        module.need("import importlib.util")
        lines = [f'if importlib.util.find_spec("{dotted}"):', "    " + line]
    else:
        caught = (
            "ModuleNotFoundError"
            if style == "not-found"
            else project.pick(
                [
                    "ImportError",
                    "ImportError",
                    "ImportError as error",
                    "(ImportError, AttributeError)",
                ]
            )
        )
        handler = {
            "print": ["    LOCAL_SETTINGS = False"],
            "finally": ["    pass", "finally:", '    SITE_NAME = "site"'],
        }.get(style, ["    pass"])
        lines = ["try:", "    " + line, f"except {caught}:", *handler]
    if exists:
        local = Module(project, dotted)
        local.leading = ['"""Settings of this host."""']
        for setting in chosen_settings(project, 0.3):
            local.emit(*statements.assign(local, setting, project.chance(0.5), statements.INSIDE))
        local.save()
    return lines


def hardening(module):
    """Settings as a constant of another module."""
    project = module.project
    package = module.package
    dotted = project.module_name(package, ["hardening", "security", "secure_defaults"])
    name = dotted.rpartition(".")[2]
    names = project.some(
        [s for s in values.BOOLEAN_SETTINGS if s != "DEBUG"]
        + ["SECURE_HSTS_SECONDS", "X_FRAME_OPTIONS"],
        0.5,
    ) or ["SECURE_SSL_REDIRECT"]
    good = project.chance(0.7)
    other = Module(project, dotted)
    style = project.weighted({"dict": 3, "star": 3, "function": 1, "attributes": 1, "class": 0.7})
    project.feature(f"hardening-{style}")
    pairs = {
        name: values.literal(other, name, good if project.chance(0.85) else not good)
        for name in names
    }
    entries = [f'    "{key}": {value},' for key, value in pairs.items()]
    source = lambda what: (
        f"from .{name} import {what}"
        if package and project.chance(0.6)
        else f"from {dotted} import {what}"
    )
    if style == "dict":
        other.emit("HARDENING = {", *entries, "}")
        taken = project.pick(
            [
                "globals().update(HARDENING)",
                "globals().update(**HARDENING)",
                "vars().update(HARDENING)",
                "for _key, _value in HARDENING.items():\n    globals()[_key] = _value",
                "locals().update(HARDENING)",
                "globals().update({**HARDENING})",
            ]
        )
        lines = [source("HARDENING"), *taken.split("\n")]
    elif style == "star":
        for key, value in pairs.items():
            other.emit(f"{key} = {value}")
        lines = [source("*")]
    elif style == "function":
        other.emit(
            "def hardened(debug=False):",
            "    result = {",
            *indent(entries),
            "    }",
            "    if debug:",
            '        result["SECURE_SSL_REDIRECT"] = False',
            "    return result",
        )
        call = "hardened(DEBUG)" if "DEBUG" in module.known else "hardened()"
        lines = [source("hardened"), f"globals().update({call})"]
    elif style == "class":
        other.emit("class Hardening:", *[f"    {key} = {value}" for key, value in pairs.items()])
        lines = [source("Hardening"), *[f"{key} = Hardening.{key}" for key in pairs]]
    else:
        for key, value in pairs.items():
            other.emit(f"{key} = {value}")
        alias = f"from . import {name} as _secure" if package else f"import {name} as _secure"
        lines = [alias, *[f"{key} = _secure.{key}" for key in pairs]]
    other.save()
    module.known |= set(pairs)
    module.emit(*lines, "")


def special(module):
    """What few projects have: silenced checks, failure views, deletions, leftovers."""
    project = module.project
    if project.chance(0.03):
        project.feature("silenced-checks")
        ids = project.rng.sample(
            [
                "security.W004",
                "security.W008",
                "security.W009",
                "security.W012",
                "security.W018",
                "security.W019",
                "security.W021",
            ],
            2,
        )
        module.emit(f"SILENCED_SYSTEM_CHECKS = {ids!r}", "")
    if project.chance(0.08):
        project.feature("failure-view")
        view = project.pick(
            [
                "accounts.views.csrf_failure",
                "accounts.views.csrf_failure",
                "accounts.views.takes_nothing",
                "csrf_failure",
                "absent_package.views.csrf_failure",
                "django.views.csrf.csrf_failure",
            ]
        )
        module.emit(f'CSRF_FAILURE_VIEW = "{view}"', "")
    if "SECRET_KEY" in module.known and project.chance(0.1):
        project.feature("key-checked")
        fallback = values.literal(module, "SECRET_KEY", project.chance(0.5))
        module.emit(
            project.pick(
                [
                    f"if not SECRET_KEY:\n    SECRET_KEY = {fallback}",
                    f"SECRET_KEY = SECRET_KEY or {fallback}",
                    f"if len(SECRET_KEY or '') < 10:\n    SECRET_KEY = {fallback}",
                ]
            ),
            "",
        )
    if project.chance(0.08):
        project.feature("testing-block")
        module.need("import sys")
        module.emit(
            project.pick(
                [
                    'TESTING = "test" in sys.argv',
                    'TESTING = len(sys.argv) > 1 and sys.argv[1] == "test"',
                    'TESTING = any(arg.startswith("test") for arg in sys.argv)',
                ]
            )
        )
        module.emit(
            "if TESTING:",
            "    DEBUG = True",
            '    SECRET_KEY = "for-tests"',
            "    SECURE_SSL_REDIRECT = False",
            "    MIDDLEWARE = []",
            "",
        )
    deletable = sorted(module.known & set(values.SETTINGS))
    if deletable and project.chance(0.06):
        name = project.pick(deletable)
        project.feature("deleted")
        module.emit(
            project.pick(["del {0}", "del globals()['{0}']", "globals().pop('{0}', None)"]).format(
                name
            ),
            "",
        )
        module.known.discard(name)
