"""Shapes of a project: which settings modules there are and how they build on each other."""

from . import classes, containers, extras, statements, values
from .build import Module

BASES = ["base", "common", "defaults", "shared"]
MIDDLES = ["server", "hosting", "intermediate", "secure_base"]
PRODUCTIONS = ["production", "prod", "live", "prd"]
DEVELOPMENTS = ["development", "dev", "local"]
TESTS = ["test", "testing", "ci"]


class Layout:
    """What the deployment files need: the production module, and other leaves by their role."""

    def __init__(self, production, development=None, test=None, configuration=None):
        self.production = production
        self.development = development
        self.test = test
        self.configuration = configuration


def safety(project):
    """How probable it is that a module binds a setting well."""
    return project.pick([0.15, 0.5, 0.8, 0.95])


def export(module):
    """`__all__`, which keeps some names from a star import."""
    project = module.project
    kept = {"MIDDLEWARE", "INSTALLED_APPS"} & module.bound
    if project.chance(0.3):
        module.emit("__all__ = [name for name in dir() if name.isupper()]")
    else:
        names = sorted(kept) + ["BASE_DIR", "ROOT_URLCONF", "TEMPLATES"]
        listed = project.some(sorted(module.known), 0.75)
        module.known = set(listed)
        module.emit(f"__all__ = {sorted({*names, *listed})!r}")
    project.feature("dunder-all")


def fill(module, factor, probability, layered=False):
    """The body of one module: statements in a random order of kinds."""
    project = module.project
    parts = [lambda: statements.write(module, extras.chosen_settings(project, factor), probability)]
    if project.chance(0.12):
        parts.append(lambda: extras.hardening(module))
    if layered and "MIDDLEWARE" in module.bound:
        if project.chance(0.5):
            parts.append(lambda: containers.edit_middleware(module, probability))
        if project.chance(0.25):
            parts.append(lambda: containers.edit_applications(module))
    if project.chance(0.6):
        parts = parts[:1] + project.shuffled(parts[1:])
    else:
        parts = project.shuffled(parts)
    for part in parts:
        part()
    extras.special(module)


def base(project, dotted, factor=1.0, is_package=False):
    """A module that stands alone: lists, noise and settings."""
    module = Module(project, dotted, is_package)
    module.leading = [f'"""Django settings of {project.package}."""']
    probability = safety(project)
    containers.noise(module)
    if project.chance(0.5):
        containers.stack(module, probability)
        module.bound = bound_lists(module)
        fill(module, factor, probability, layered=project.chance(0.4))
    else:
        fill(module, factor, probability)
        containers.stack(module, probability)
        module.bound = bound_lists(module)
        if "MIDDLEWARE" in module.bound and project.chance(0.3):
            containers.edit_middleware(module, probability)
    if project.policy and project.chance(0.9):
        containers.policy(module)
    return module


def bound_lists(module):
    text = "\n".join(module.body)
    return {name for name in ("MIDDLEWARE", "INSTALLED_APPS") if f"{name} = " in text}


def layer(project, dotted, below, factor=0.7):
    """A module on top of another."""
    module = Module(project, dotted)
    probability = safety(project)
    place = project.weighted({"top": 7, "middle": 1.5, "bottom": 1, "explicit": 0.4})
    project.feature(f"layer-import-{place}")
    if place == "explicit":
        names = sorted(below.known & set(values.SETTINGS))
        taken = project.some(names, 0.6) + sorted(below.bound) + ["BASE_DIR", "ROOT_URLCONF"]
        module.need(f"from {below.dotted} import {', '.join(taken)}")
        module.known = set(names) & set(taken)
        module.bound = set(below.bound)
        fill(module, factor, probability, layered=True)
    elif place == "top":
        lines = extras.star(module, below)
        if lines[0].startswith("from"):
            module.stars.extend(lines)
        else:
            module.emit(*lines, "")
        module.bound = set(below.bound)
        fill(module, factor, probability, layered=True)
    elif place == "middle":
        fill(module, factor / 2, probability)
        module.emit(*extras.star(module, below), "")
        module.bound = set(below.bound)
        fill(module, factor / 2, probability, layered=True)
    else:
        fill(module, factor, probability)
        module.emit(*extras.star(module, below), "")
        module.bound = set(below.bound)
    return module


def finish(module):
    """Optional overrides at the end, and the file."""
    if module.project.chance(0.15):
        module.emit(*extras.optional(module))
    module.save()


def weak_leaf(project, dotted, below, doc):
    """A development or test module: production must not see it."""
    module = Module(project, dotted)
    module.leading = [f'"""{doc}"""']
    module.stars.append(f"from {below.dotted} import *")
    module.emit(
        "DEBUG = True",
        "ALLOWED_HOSTS = []",
        'SECRET_KEY = "for-tests"',
        "SESSION_COOKIE_SECURE = False",
        "CSRF_COOKIE_SECURE = False",
        "SECURE_SSL_REDIRECT = False",
        "SECURE_HSTS_SECONDS = 0",
    )
    module.save()
    return dotted


def single(project):
    """One settings module, perhaps with optional overrides of the host."""
    place = project.weighted({"package": 5, "top": 1, "nested": 1})
    dotted = {
        "package": f"{project.package}.settings",
        "top": "settings",
        "nested": f"{project.package}.conf.settings",
    }[place]
    project.feature(f"settings-{place}")
    module = base(project, dotted)
    if project.chance(0.3):
        module.emit(*extras.optional(module))
    module.save()
    return Layout(dotted)


def layers(project, package=None):
    """A package of layers: two or three deep, with leaves for development and tests."""
    package = package or project.pick(
        [
            f"{project.package}.settings",
            f"{project.package}.settings",
            f"{project.package}.conf.settings",
            "settings",
        ]
    )
    bottom = base(project, project.module_name(package, BASES), 0.7)
    if project.chance(0.08):
        export(bottom)
    finish(bottom)
    below, tuples = bottom, set(project.tuples)
    if project.chance(0.35):
        project.feature("three-layers")
        below = layer(project, project.module_name(package, MIDDLES), bottom, 0.5)
        finish(below)
        tuples = set(project.tuples)
    layout = Layout(None)
    if project.chance(0.8):
        layout.development = weak_leaf(
            project,
            project.module_name(package, DEVELOPMENTS),
            bottom,
            "Settings for work on a developer's machine.",
        )
    if project.chance(0.4):
        layout.test = weak_leaf(
            project, project.module_name(package, TESTS), bottom, "Settings of the test suite."
        )
    project.tuples = tuples
    top = layer(project, project.module_name(package, PRODUCTIONS), below)
    finish(top)
    layout.production = top.dotted
    return layout


def flat(project):
    """Layers without a package of their own: `settings.py` and `settings_production.py`."""
    bottom = base(project, f"{project.package}.settings", 0.7)
    bottom.save()
    name = project.pick(["settings_production", "production_settings", "settings_prod", "prod"])
    top = layer(project, f"{project.package}.{name}", bottom)
    finish(top)
    development = None
    if project.chance(0.5):
        development = weak_leaf(project, f"{project.package}.settings_dev", bottom, "Development.")
    return Layout(top.dotted, development)


def chooser(project):
    """A package whose `__init__` takes one layer by the environment."""
    package = f"{project.package}.settings"
    bottom = base(project, f"{package}.base", 0.7)
    bottom.save()
    tuples = set(project.tuples)
    weak_leaf(project, f"{package}.development", bottom, "Development.")
    project.tuples = tuples
    top = layer(project, f"{package}.production", bottom)
    top.save()
    init = Module(project, package, is_package=True)
    name, word = statements.environment_name(init)
    other = "development"
    style = project.pick(["if", "if-not", "match", "import-module", "elif"])
    project.feature(f"chooser-{style}")
    good, bad = "from .production import *", "from .development import *"
    if style == "if":
        init.emit(f'if {name} == "{word}":', "    " + good, "else:", "    " + bad)
    elif style == "if-not":
        init.emit(
            f'if {name} in ("{other}-machine", "laptop"):', "    " + bad, "else:", "    " + good
        )
    elif style == "match":
        init.emit(
            f"match {name}:",
            f'    case "{word}":',
            "        " + good,
            "    case _:",
            "        " + bad,
        )
    elif style == "elif":
        init.emit(
            f'if {name} == "laptop":',
            "    " + bad,
            f'elif {name} == "{word}":',
            "    " + good,
            "else:",
            f'    raise RuntimeError(f"unknown stage {{{name}}}")',
        )
    else:
        init.need("from importlib import import_module")
        init.emit(
            f'_modules = {{"{word}": "{package}.production", "laptop": "{package}.development"}}',
            f"_chosen = import_module(_modules[{name}])",
            "globals().update({key: value for key, value in vars(_chosen).items() if key.isupper()})",
        )
    init.save()
    return Layout(package)


def components(project):
    """A settings package whose `__init__` gathers modules by theme."""
    package = f"{project.package}.settings"
    init = Module(project, package, is_package=True)
    core = base(project, f"{package}.core", 0.4)
    core.save()
    parts = [core]
    for name in project.some(["cookies", "transport", "secrets_", "sites"], 0.6):
        part = Module(project, f"{package}.{name}")
        statements.write(part, extras.chosen_settings(project, 0.4), safety(project))
        part.save()
        parts.append(part)
    for part in project.shuffled(parts):
        init.emit(*extras.star(init, part))
    init.bound = set(core.bound)
    if project.chance(0.5):
        fill(init, 0.3, safety(project), layered=True)
    init.save()
    return Layout(package)


LAYOUTS = {single: 4, layers: 6, flat: 1.2, chooser: 1.2, components: 1, classes.configurations: 1}


def choose(project):
    layout = project.weighted(LAYOUTS)
    project.layered = layout is not single
    project.feature(f"layout-{layout.__name__}")
    result = layout(project)
    return result if isinstance(result, Layout) else Layout(*result)
