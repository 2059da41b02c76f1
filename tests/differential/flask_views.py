"""Views and extensions: a login that puts something into the session, and the cookies around it."""

from __future__ import annotations

from flask_code import App, Module, indent

PINS = {
    "login": "Flask-Login==0.6.3",
    "jwt": "Flask-JWT-Extended==4.7.4",
    "session": "Flask-Session==0.8.0",
    "talisman": "flask-talisman==1.1.0",
}

USER = """class User(UserMixin):
    def __init__(self, key):
        self.id = key"""


def extension_steps(app: App) -> list[list[str]]:
    """The statements that initialise each extension; each goes somewhere among the layers."""
    app.project.requirements += [PINS[name] for name in sorted(app.extensions)]
    makers = {"login": login_manager, "jwt": jwt_manager, "session": server_session, "talisman": talisman}
    return [makers[name](app) for name in sorted(app.extensions)]


def deferred(app: App, extension: str, created: str, line: str) -> str:
    """Creates an extension in a file of its own; the name to initialise it by."""
    owner = app.project.module(f"{app.folder}extensions.py")
    owner.use(line)
    owner.add(f"{extension} = {created}")
    app.bring(app.module, owner, extension)
    return extension


def login_manager(app: App) -> list[str]:
    line = "from flask_login import LoginManager"
    app.users = app.support("accounts", "users")
    app.users.use("from flask_login import UserMixin")
    app.users.add(USER)
    app.bring(app.module, app.users, "User")
    if app.project.chance(0.5):
        name = deferred(app, "login_manager", "LoginManager()", line)
        steps = [f"{name}.init_app({app.var})"]
    else:
        app.module.use(line)
        name = "manager"
        steps = [f"manager = LoginManager({app.var})"]
    return [*steps, f"@{name}.user_loader\ndef load_user(key):\n    return User(key)"]


def jwt_manager(app: App) -> list[str]:
    line = "from flask_jwt_extended import JWTManager"
    if app.project.chance(0.5):
        return [f"{deferred(app, 'jwt', 'JWTManager()', line)}.init_app({app.var})"]
    app.module.use(line)
    return [f"JWTManager({app.var})" if app.project.chance(0.5) else f"jwt = JWTManager({app.var})"]


def server_session(app: App) -> list[str]:
    line = "from flask_session import Session"
    if app.project.chance(0.4):
        return [f"{deferred(app, 'server_session', 'Session()', line)}.init_app({app.var})"]
    app.module.use(line)
    return [f"Session({app.var})"]


def talisman(app: App) -> list[str]:
    line = "from flask_talisman import Talisman"
    options = app.rng.choice(
        [
            "",
            "",
            "",
            "content_security_policy=None",
            "force_https=False",
            "session_cookie_secure=False",
            'session_cookie_samesite="Strict"',
            "session_cookie_http_only=False",
            "session_cookie_samesite=None",
        ]
    )
    if options and app.project.chance(0.3):
        name = app.constant("TALISMAN_OPTIONS")
        app.module.add(f"{name} = dict({options})")
        options = f"**{name}"
    if app.project.chance(0.3):
        return [
            f"{deferred(app, 'talisman', 'Talisman()', line)}.init_app({app.var}{', ' if options else ''}{options})"
        ]
    app.module.use(line)
    made = f"Talisman({app.var}{', ' if options else ''}{options})"
    return [f"if not {app.var}.debug:\n    {made}"] if app.project.chance(0.2) else [made]


def login_body(app: App, module: Module) -> list[str]:
    """The body of the login view."""
    lines, rng = [], app.rng
    key = rng.choice(["user_id", "uid", "account_id"])
    stored = "login" not in app.extensions or app.project.chance(0.4)
    if stored:
        module.use("from flask import session")
        if app.project.chance(0.3):
            lines.append("session.clear()")
        lines.append(f'session["{key}"] = 7')
        if app.project.chance(0.15):
            lines.append("session.permanent = True")
    if "login" in app.extensions:
        module.use("from flask_login import login_user")
        app.bring(module, app.users, "User")
        lines.append(rng.choice(['login_user(User("7"), remember=True)'] * 3 + ['login_user(User("7"))']))
    if "jwt" in app.extensions and app.headers_only:
        module.use("from flask_jwt_extended import create_access_token")
        lines.append('return {"token": create_access_token(identity="7")}')
    elif "jwt" in app.extensions:
        module.use("from flask import jsonify")
        module.use("from flask_jwt_extended import create_access_token, set_access_cookies")
        lines += [
            "response = jsonify(ok=True)",
            'set_access_cookies(response, create_access_token(identity="7"))',
            "return response",
        ]
    else:
        lines.append(rng.choice(['return "welcome"', 'return {"ok": True}', 'return "", 204']))
    return lines


def reader(module: Module) -> list[str]:
    """A function of a blueprint that looks at the configuration and changes none of the flags."""
    module.use("from flask import current_app")
    return [
        "def cookie_report():",
        '    secure = current_app.config["SESSION_COOKIE_SECURE"]',
        '    name = current_app.config.get("SESSION_COOKIE_NAME", "session")',
        '    current_app.config["REPORTS"] = current_app.config.get("REPORTS", 0) + 1',
        '    return {"name": name, "secure": bool(secure)}',
    ]


def views(app: App) -> list[str]:
    """The statements that give the application its views, one of them `/login`."""
    if app.project.chance(0.5):
        module = app.project.free_module(app.folder, "auth", "login_views", "routes")
        blueprint = app.rng.choice(["bp", "login_bp", "blueprint"])
        module.use("from flask import Blueprint")
        module.add(f'{blueprint} = Blueprint("{blueprint}", __name__)')
        route = app.rng.choice(
            [f'@{blueprint}.route("/login", methods=["GET", "POST"])', f'@{blueprint}.get("/login")']
        )
        module.add(route, "def login():", *indent(login_body(app, module)))
        if app.project.chance(0.4):
            module.add(f'@{blueprint}.get("/cookies")', *reader(module))
        if blueprint == "bp" and app.project.chance(0.5):
            stem = app.bring_module(app.module, module)
            return [f"{app.var}.register_blueprint({stem}.bp)"]
        app.bring(app.module, module, blueprint)
        return [f"{app.var}.register_blueprint({blueprint})"]
    name = f"login_{app.var}" if app.var == "internal" else "login"
    body = "\n".join([f"def {name}():", *indent(login_body(app, app.module))])
    if app.project.chance(0.2):
        return [body, f'{app.var}.add_url_rule("/login", view_func={name}, methods=["GET", "POST"])']
    route = app.rng.choice(
        [
            f'@{app.var}.route("/login")',
            f'@{app.var}.get("/login")',
            f'@{app.var}.route("/login", methods=["GET", "POST"])',
        ]
    )
    return [f"{route}\n{body}"]
