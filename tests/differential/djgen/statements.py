"""Ways to bind a setting, alone or in groups, and blocks to put bindings into."""

import ast

from . import environment, values
from .build import indent

SINGLE = {
    "plain": 30,
    "annotated": 2.5,
    "globals-item": 1.2,
    "globals-update": 1,
    "globals-update-keyword": 0.7,
    "vars-item": 0.6,
    "locals-item": 0.5,
    "module-setattr": 0.7,
    "through-temporary": 1.5,
    "through-private": 1.2,
    "through-function": 1.2,
    "through-lambda": 0.5,
    "through-class": 1,
    "through-dict": 1.2,
    "through-namespace": 0.6,
    "through-dataclass": 0.6,
    "reassigned": 2.5,
    "augmented": 1,
    "deleted-then-set": 0.7,
    "try-except": 1,
    "try-finally": 0.7,
    "for-loop": 0.6,
    "while-loop": 0.5,
    "with-block": 0.6,
    "walrus": 1,
    "match-on-value": 0.7,
    "for-else": 0.3,
    "nonstandard-quotes": 0.3,
    "semicolon": 0.3,
}


def opposite(module, setting, safe):
    return values.literal(module, setting, not safe)


def assign(module, setting, safe, styles=SINGLE):
    """The lines that bind one setting."""
    project = module.project
    style = project.weighted(styles)
    value = values.expression(module, setting, safe)
    private = setting.lower()
    if style != "plain":
        project.feature(f"bind-{style}")
    match style:
        case "annotated":
            return [f"{setting}: {values.annotation(setting)} = {value}"]
        case "globals-item":
            return [f'globals()["{setting}"] = {value}']
        case "globals-update":
            return [f'globals().update({{"{setting}": {value}}})']
        case "globals-update-keyword":
            return [f"globals().update({setting}={value})"]
        case "vars-item":
            return [f'vars()["{setting}"] = {value}']
        case "locals-item":
            return [f'locals()["{setting}"] = {value}']
        case "module-setattr":
            module.need("import sys")
            return [f'setattr(sys.modules[__name__], "{setting}", {value})']
        case "through-temporary":
            return [f"{private} = {value}", f"{setting} = {private}"]
        case "through-private":
            return [f"_{private} = {value}", f"{setting} = _{private}"]
        case "through-function":
            # What the value needs is in the module's globals when the function is called.
            return [
                f"def _{private}():",
                f"    return {value}",
                "",
                "",
                f"{setting} = _{private}()",
            ]
        case "through-lambda":
            return [f"{setting} = (lambda: {value})()"]
        case "through-class":
            return [
                "class _Security:",
                f"    {private} = {value}",
                "",
                "",
                f"{setting} = _Security.{private}",
            ]
        case "through-dict":
            read = project.pick(
                [
                    f'_options["{private}"]',
                    f'_options.get("{private}")',
                    f'_options.get("{private}", None)',
                    f'_options.pop("{private}")',
                ]
            )
            return [f'_options = {{"{private}": {value}, "other": None}}', f"{setting} = {read}"]
        case "through-namespace":
            module.need("from types import SimpleNamespace")
            return [f"_site = SimpleNamespace({private}={value})", f"{setting} = _site.{private}"]
        case "through-dataclass":
            module.need("from dataclasses import dataclass")
            return [
                "@dataclass",
                "class _Policy:",
                f"    {private}: object = None",
                "",
                "",
                f"{setting} = _Policy({private}={value}).{private}",
            ]
        case "reassigned":
            return [f"{setting} = {opposite(module, setting, safe)}", f"{setting} = {value}"]
        case "augmented":
            return augmented(module, setting, safe)
        case "deleted-then-set":
            return [
                f"{setting} = {opposite(module, setting, safe)}",
                f"del {setting}",
                f"{setting} = {value}",
            ]
        case "try-except":
            error = project.pick(["KeyError", "ValueError", "Exception", "(KeyError, TypeError)"])
            return [
                "try:",
                f"    {setting} = {value}",
                f"except {error}:",
                f"    {setting} = {opposite(module, setting, safe)}",
            ]
        case "try-finally":
            return [
                "try:",
                f"    {setting} = {opposite(module, setting, safe)}",
                "finally:",
                f"    {setting} = {value}",
            ]
        case "for-loop":
            return [
                f"for _value in [{opposite(module, setting, safe)}, {value}]:",
                f"    {setting} = _value",
            ]
        case "while-loop":
            return ["while True:", f"    {setting} = {value}", "    break"]
        case "with-block":
            module.need("import contextlib")
            return ["with contextlib.suppress(KeyError):", f"    {setting} = {value}"]
        case "walrus":
            if setting in values.BOOLEAN_SETTINGS:
                return [
                    f"if (_{private} := {value}):",
                    f"    {setting} = _{private}",
                    "else:",
                    f"    {setting} = _{private}",
                ]
            return [f"print(end=str(({setting} := {value}))[:0])"]
        case "match-on-value":
            return [f"match {value}:", "    case _value:", f"        {setting} = _value"]
        case "for-else":
            return [
                "for _ in ():",
                f"    {setting} = {opposite(module, setting, safe)}",
                "else:",
                f"    {setting} = {value}",
            ]
        case "nonstandard-quotes":
            return [f"{setting} = (\n    # see the deployment notes\n    {value}\n)"]
        case "semicolon":
            return [f"_unused = None; {setting} = {value}"]
    return [f"{setting} = {value}"]


def augmented(module, setting, safe):
    """A first value, then an operator with `=`."""
    if setting in values.BOOLEAN_SETTINGS:
        if values.BOOLEAN_SETTINGS[setting] == safe:
            return [f"{setting} = False", f"{setting} |= True"]
        return [f"{setting} = True", f"{setting} &= {setting} is None"]
    if setting == "SECURE_HSTS_SECONDS":
        return [f"{setting} = 3600", f"{setting} *= {24 if safe else 0}"]
    value = values.literal(module, setting, safe)
    if setting in ("ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS"):
        return [f"{setting} = []", f"{setting} += {value}"]
    text = ast.literal_eval(value)
    half = len(text) // 2
    return [f"{setting} = {text[:half]!r}", f"{setting} += {text[half:]!r}"]


def group(module, settings, safe):
    """The lines that bind several boolean settings at once to the value wanted of them."""
    project = module.project
    value = str(bool(safe))
    names = ", ".join(f'"{name}"' for name in settings)
    style = project.pick(
        [
            "chained",
            "unpacked",
            "for-globals",
            "update-comprehension",
            "update-kwargs",
            "zip",
            "fromkeys",
            "starred",
            "list-unpacked",
            "dict-items",
        ]
    )
    project.feature(f"group-{style}")
    match style:
        case "chained":
            right = project.pick([value, "not DEBUG"]) if "DEBUG" in module.known else value
            return [" = ".join([*settings, right])]
        case "unpacked":
            return [f"{', '.join(settings)} = {', '.join([value] * len(settings))}"]
        case "list-unpacked":
            return [f"[{', '.join(settings)}] = [{value}] * {len(settings)}"]
        case "starred":
            return [
                f"{settings[0]}, *_rest = ({', '.join([value] * 3)})",
                *[f"{name} = {value}" for name in settings[1:]],
            ]
        case "for-globals":
            return [f"for _name in ({names},):", f"    globals()[_name] = {value}"]
        case "update-comprehension":
            return [f"globals().update({{name: {value} for name in ({names},)}})"]
        case "update-kwargs":
            inner = ", ".join(f"{name}={value}" for name in settings)
            return [
                f"globals().update({project.pick(['dict({})', '**dict({})', '{}']).format(inner)})"
            ]
        case "zip":
            return [f"globals().update(zip([{names}], [{', '.join([value] * len(settings))}]))"]
        case "fromkeys":
            return [f"globals().update(dict.fromkeys([{names}], {value}))"]
        case "dict-items":
            entries = ", ".join(f'"{name}": {value}' for name in settings)
            return [
                f"_hardening = {{{entries}}}",
                "for _key, _value in _hardening.items():",
                "    globals()[_key] = _value",
            ]
    raise AssertionError(style)


def environment_name(module):
    """Binds a word for the kind of deployment; returns its name and the word it has."""
    project = module.project
    if module.stage:
        return module.stage
    environment.load_dotenv(module)
    name = project.pick(["ENVIRONMENT", "ENV", "STAGE", "_stage", "DJANGO_ENV", "deployment"])
    word = project.pick(["production", "production", "prod", "live", "development"])
    deployed = project.can_deploy() and project.chance(0.5)
    key = project.key(name.strip("_").upper(), deployed)
    default = word
    if deployed:
        default, word = word, project.pick(["production", "prod"])
        project.deploy(key, word)
        project.feature("stage-set-by-file")
    get = environment.getter(module)
    form = project.pick(
        ['{get}("{k}", "{d}")', '{get}("{k}", "{d}").lower()', '{get}("{k}") or "{d}"']
    )
    module.emit(f"{name} = {form.format(get=get, k=key, d=default)}")
    module.stage = (name, word)
    return module.stage


def condition(module, holds=None):
    """A condition; `holds` asks for one that certainly does, or does not, in production."""
    project = module.project
    choices = []
    if holds is None and "DEBUG" in module.known:
        choices += ["DEBUG", "not DEBUG", "DEBUG is True", "not (DEBUG or False)", "DEBUG and True"]
    if "DEBUG" not in module.known or holds is not None or project.chance(0.5):
        name, word = environment_name(module)
        yes = [
            f'{name} == "{word}"',
            f'{name} in ("{word}", "ci")',
            f'{name}.startswith("{word[:3]}")',
            f'not {name} == "local"',
            f'{name} != "test"',
        ]
        no = [
            f'{name} != "{word}"',
            f'{name} not in ["{word}", "ci"]',
            f'{name} == "staging"',
            f'"{word}" not in {name}',
        ]
        choices += yes * (holds is not False) + no * (holds is not True)
        if holds is not True:
            module.need("import sys")
            choices += ['"test" in sys.argv', 'len(sys.argv) > 1 and sys.argv[1] == "test"']
    if holds is None and project.chance(0.2):
        project.feature("condition-on-variable")
        return environment.boolean(module, "PRODUCTION", project.chance(0.5))
    picked = project.pick(choices)
    if "sys.argv" in picked:
        project.feature("condition-on-argv")
    elif "DEBUG" in picked:
        project.feature("condition-on-debug")
    else:
        project.feature("condition-on-stage")
    return picked


# Inside blocks the plain spellings, now and then another.
INSIDE = {
    "plain": 12,
    "globals-item": 1,
    "globals-update": 0.5,
    "annotated": 0.7,
    "reassigned": 0.5,
}


def bindings(module, settings, probability):
    """Lines that bind each setting; the module does not yet count them as known."""
    lines = []
    for setting in settings:
        lines += assign(module, setting, module.project.chance(probability), INSIDE)
    return lines or ["pass"]


def block(module, settings, probability):
    """A block that binds the settings in one or several branches."""
    project = module.project
    style = project.weighted(
        {
            "if": 4,
            "if-else": 3,
            "elif": 2,
            "nested": 2,
            "match": 1,
            "function": 0.8,
            "lookup": 0.8,
            "try": 0.7,
            "for": 0.4,
        }
    )
    project.feature(f"block-{style}")
    first = bindings(module, settings, probability)
    second = bindings(module, project.some(settings, 0.7), 1 - probability / 2)
    if style == "if":
        return [f"if {condition(module)}:", *indent(first)]
    if style == "if-else":
        return [f"if {condition(module)}:", *indent(first), "else:", *indent(second)]
    if style == "nested":
        inner = [f"if {condition(module)}:", *indent(first), "else:", *indent(second)]
        return [f"if {condition(module)}:", *indent(inner)]
    if style == "try":
        return [
            "try:",
            *indent(first),
            "except ImportError:",
            *indent(second),
            "else:",
            "    _loaded = True",
        ]
    if style == "for":
        return ["for _ in range(2):", *indent(first)]
    name, word = environment_name(module)
    if style == "elif":
        third = bindings(module, project.some(settings, 0.5), 0.5)
        words = project.shuffled([word, "staging", "local"])
        return [
            f'if {name} == "{words[0]}":',
            *indent(first),
            f'elif {name} == "{words[1]}":',
            *indent(second),
            f'{project.pick(["else", f"elif {name} == {words[2]!r}"])}:',
            *indent(third),
        ]
    if style == "match":
        return [
            f"match {name}:",
            f'    case "{word}" | "ci":',
            *indent(first, " " * 8),
            "    case _:",
            *indent(second, " " * 8),
        ]
    if style == "function":
        body = [
            line
            for setting in settings
            for line in function_binding(module, setting, project.chance(probability))
        ]
        return ["def _configure(namespace):", *indent(body), "", "", "_configure(globals())"]
    # A table of settings per stage.
    entries = (
        lambda good: "{"
        + ", ".join(f'"{s}": {values.literal(module, s, good)}' for s in settings)
        + "}"
    )
    good = project.chance(probability)
    return [
        "_stages = {",
        f'    "{word}": {entries(good)},',
        f'    "local": {entries(not good)},',
        "}",
        project.pick(
            [
                f"globals().update(_stages.get({name}, {{}}))",
                f"globals().update(_stages[{name}])",
                f"globals().update(**_stages[{name}])",
            ]
        ),
    ]


def function_binding(module, setting, safe):
    value = values.expression(module, setting, safe)
    return [
        module.project.pick(
            [
                f'namespace["{setting}"] = {value}',
                f'namespace.update({{"{setting}": {value}}})',
                f"namespace.update({setting}={value})",
            ]
        )
    ]


def write(module, settings, probability):
    """Binds the settings in the module's body, in singles, groups and blocks."""
    project = module.project
    pending = list(settings)
    while pending:
        chunk = pending[: project.rng.randint(1, 4)]
        booleans = [s for s in chunk if s in values.BOOLEAN_SETTINGS and s != "DEBUG"]
        shape = project.weighted({"single": 6, "group": 2, "block": 2.5, "default-then-block": 1.5})
        if shape == "group" and len(booleans) >= 2:
            lines = group(module, booleans, project.chance(probability))
            bound = booleans
        elif shape == "block" and chunk[0] != "DEBUG":
            bound, lines = chunk, block(module, chunk, probability)
            module.emit(*lines, "")
            pending = [s for s in pending if s not in bound]
            continue
        elif shape == "default-then-block" and chunk[0] != "DEBUG":
            bound = chunk
            for setting in bound:
                module.emit(*assign(module, setting, project.chance(probability), INSIDE))
            lines = block(module, bound, probability)
        else:
            bound = chunk[:1]
            lines = assign(module, bound[0], project.chance(probability))
        module.emit(*lines, "")
        module.known.update(bound)
        pending = [s for s in pending if s not in bound]
