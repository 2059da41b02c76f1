"""Expressions that read the environment, with and without a project's own helpers."""

# name: (expression, word for true, word for false). `{get}` reads a variable, `{k}` is its name,
# `{d}` the default's word. `int()` and the like make the words of one expression unfit for another.
BOOLEANS = {
    "eq-True": ('{get}("{k}", "{d}") == "True"', "True", "False"),
    "eq-1": ('{get}("{k}", "{d}") == "1"', "1", "0"),
    "reversed-eq": ('"1" == {get}("{k}", "{d}")', "1", "0"),
    "lower-eq": ('{get}("{k}", "{d}").lower() == "true"', "True", "False"),
    "lower-in-tuple": ('{get}("{k}", "{d}").lower() in ("1", "true", "yes")', "yes", "no"),
    "in-list": ('{get}("{k}", "{d}") in ["1", "true", "True", "on"]', "on", "off"),
    "strip-lower-in-set": (
        '{get}("{k}", "{d}").strip().lower() in {{"y", "yes", "true"}}',
        "Yes",
        "no",
    ),
    "not-in": ('{get}("{k}", "{d}") not in ("0", "false", "False", "")', "1", "0"),
    "not-in-empty": ('{get}("{k}", "{d}").lower() not in {{"", "0", "no", "false"}}', "true", ""),
    "bool-int": ('bool(int({get}("{k}", "{d}")))', "1", "0"),
    "int-eq": ('int({get}("{k}", "{d}")) == 1', "1", "0"),
    "int-gt": ('int({get}("{k}", "{d}")) > 0', "5", "0"),
    "ne-off": ('{get}("{k}", "{d}") != "off"', "on", "off"),
    "mapping-get": ('{{"1": True, "0": False}}.get({get}("{k}", "{d}"), False)', "1", "0"),
    "mapping-item": ('{{"yes": True, "no": False}}[{get}("{k}", "{d}")]', "yes", "no"),
    "json-loads": ('json.loads({get}("{k}", "{d}"))', "true", "false"),
    "literal-eval": ('ast.literal_eval({get}("{k}", "{d}"))', "True", "False"),
    "ternary": ('True if {get}("{k}", "{d}") == "yes" else False', "yes", "no"),
    "or-default": ('({get}("{k}") or "{d}").lower() == "true"', "true", "false"),
    "setdefault": ('os.environ.setdefault("{k}", "{d}") == "1"', "1", "0"),
    "first-letter": ('{get}("{k}", "{d}")[:1].lower() == "t"', "true", "false"),
    "startswith": ('{get}("{k}", "{d}").startswith(("y", "Y"))', "yes", "no"),
    "any-of": ('any({get}("{k}", "{d}") == word for word in ("1", "true"))', "1", "0"),
    "not-ne": ('not {get}("{k}", "{d}") != "enabled"', "enabled", "disabled"),
    "title-eq": ('{get}("{k}", "{d}").title() == "True"', "TRUE", "FALSE"),
    "casefold": ('{get}("{k}", "{d}").casefold() in "yes true on".split()', "TRUE", "FALSE"),
}

# Reads without a default: false where the variable is unset.
PRESENCE = {
    "get-eq": ('{get}("{k}") == "1"', "1"),
    "in-environ": ('"{k}" in os.environ', "1"),
    "bool-get": ('bool({get}("{k}"))', "on"),
    "is-not-none": ('{get}("{k}") is not None', "1"),
    "get-empty": ('{get}("{k}", "") == "true"', "true"),
    "lower-empty": ('{get}("{k}", "").lower() in ("true", "1")', "True"),
    "double-not": ('not not {get}("{k}")', "yes"),
}


def getter(module):
    """One spelling of `os.environ.get`."""
    project = module.project
    spelling = project.weighted(
        {"os.environ.get": 5, "os.getenv": 4, "getenv": 1, "_environ.get": 1, "_os.environ.get": 1}
    )
    module.need(
        {
            "getenv": "from os import getenv",
            "_environ.get": "from os import environ as _environ",
            "_os.environ.get": "import os as _os",
        }.get(spelling, "import os")
    )
    return spelling


def load_dotenv(module):
    """Lets python-dotenv fill the environment, where the project does that in its settings."""
    project = module.project
    if project.loads_dotenv != "settings":
        return
    module.need("from dotenv import load_dotenv")
    up = ".parent" * (module.depth + 1)
    if "dotenv" not in module.helpers:
        path = f'Path(__file__).resolve(){up} / ".env"'
        call = project.pick(["load_dotenv()", f"load_dotenv({path})"])
        if "Path" in call:
            module.need("from pathlib import Path")
        module.helper("dotenv", call)


def boolean(module, setting, value):
    """An expression that is `value` in production: by its default, or because a file says so."""
    load_dotenv(module)
    project = module.project
    deployed = project.can_deploy(True) and project.chance(0.4)
    default = project.chance(0.5) if deployed else value
    key = project.key(setting, deployed)
    if project.chance(0.55):
        expression = project.dialect.boolean(module, key, default)
        if expression:
            if deployed:
                word = project.pick(
                    ["1", "true", "yes", "on"] if value else ["0", "false", "no", "off"]
                )
                if "decouple-lambda" in project.features and not value:
                    word = "false"
                project.deploy(project.dialect.variable(key), word, through_library=True)
                project.feature("variable-set-by-file")
            return expression
    return plain_boolean(module, key, value, default, deployed and project.can_deploy())


def plain_boolean(module, key, value, default, deployed):
    project = module.project
    if not deployed:
        default = value
    if not default and project.chance(0.3):
        name = project.pick(list(PRESENCE))
        expression, word = PRESENCE[name]
        if deployed and value:
            project.deploy(key, word)
        if "os.environ" in expression:
            module.need("import os")
        project.feature(f"env-{name}")
        return expression.format(get=getter(module), k=key)
    name = project.pick(list(BOOLEANS))
    if name == "setdefault" and not deployed:
        # It changes the environment, so nothing else may read this variable.
        key = project.key(f"{key}_DEFAULT", True)
    expression, true, false = BOOLEANS[name]
    if "json." in expression:
        module.need("import json")
    if "ast." in expression:
        module.need("import ast")
    if "os.environ" in expression:
        module.need("import os")
    if deployed:
        project.deploy(key, true if value else false)
        project.feature("variable-set-by-file")
    project.feature(f"env-{name}")
    return expression.format(get=getter(module), k=key, d=true if default else false)


def number(module, setting, value):
    load_dotenv(module)
    project = module.project
    deployed = project.can_deploy() and project.chance(0.3)
    default = project.pick([0, 3600]) if deployed else value
    key = project.key(setting, deployed)
    if deployed:
        project.deploy(key, str(value))
        project.feature("variable-set-by-file")
    elif project.chance(0.6):
        expression = project.dialect.number(module, key, default)
        if expression:
            return expression
    get = getter(module)
    form = project.pick(
        [
            'int({get}("{k}", "{d}"))',
            'int({get}("{k}", {d}))',
            'int({get}("{k}") or {d})',
            'int(float({get}("{k}", "{d}")))',
        ]
    )
    project.feature("env-number")
    return form.format(get=get, k=key, d=default)


def text(module, setting, value):
    """A string setting with a default in code."""
    load_dotenv(module)
    project = module.project
    deployed = project.can_deploy() and project.chance(0.3)
    key = project.key(setting, deployed)
    default = project.pick([value, "unset"]) if deployed else value
    if deployed:
        project.deploy(key, value)
        project.feature("variable-set-by-file")
    elif project.chance(0.5) and value and '"' not in value:
        expression = project.dialect.text(module, key, value)
        if expression:
            return expression
    project.feature("env-text")
    form = project.pick(
        ['{get}("{k}", {d!r})', '{get}("{k}") or {d!r}', 'str({get}("{k}", {d!r}))']
    )
    return form.format(get=getter(module), k=key, d=default)


def items(module, setting, value):
    """A list of strings; `value` joins them with commas."""
    load_dotenv(module)
    project = module.project
    deployed = project.can_deploy() and project.chance(0.3)
    key = project.key(setting, deployed)
    default = project.pick(["", value]) if deployed else value
    if deployed:
        project.deploy(key, value)
        project.feature("variable-set-by-file")
    elif project.chance(0.5):
        expression = project.dialect.items(module, key, default)
        if expression:
            return expression
    get = getter(module)
    forms = {
        "split": '{get}("{k}", "{d}").split(",")',
        "split-stripped": '[part.strip() for part in {get}("{k}", "{d}").split(",")]',
        "split-filtered": '[part for part in {get}("{k}", "{d}").split(",") if part]',
        "split-filter-none": 'list(filter(None, {get}("{k}", "{d}").split(",")))',
        "split-whitespace": '{get}("{k}", "{d}").replace(",", " ").split()',
        "map-strip": 'list(map(str.strip, {get}("{k}", "{d}").split(",")))',
        "split-if-set": '{get}("{k}", "{d}").split(",") if {get}("{k}", "{d}") else []',
        "or-empty": '({get}("{k}") or "{d}").split()',
    }
    name = project.pick(list(forms))
    project.feature(f"env-{name}")
    return forms[name].format(get=get, k=key, d=default)
