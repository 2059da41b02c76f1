"""Asks Flask which cookies each generated project sets: `ask_flask.py --projects DIR --out FILE`.

Every project is imported and asked for `/login` in a fresh process, once for each environment that
production may have. Out of the `Set-Cookie` headers comes one answer per application, cookie and
flag:

  weak      the flag is missing (for SameSite: it is `None`)
  safe      it is there
  absent    SameSite alone: the attribute is not sent, and browsers do what they like
  unknown   production must be given a value that decides, and no tracked file tells it
  open      so it is by what the tracked files say, but an operator may well decide otherwise; or the
            header says `Secure=0`, which browsers take for Secure and its author did not mean
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

# A cookie's role, and the settings its name and its domain come from.
COOKIES = {
    "session": ("SESSION_COOKIE_NAME", "session", "SESSION_COOKIE_DOMAIN"),
    "remember": ("REMEMBER_COOKIE_NAME", "remember_token", "REMEMBER_COOKIE_DOMAIN"),
    "jwt": ("JWT_ACCESS_COOKIE_NAME", "access_token_cookie", "JWT_COOKIE_DOMAIN"),
    "jwt-csrf": ("JWT_ACCESS_CSRF_COOKIE_NAME", "csrf_access_token", "JWT_COOKIE_DOMAIN"),
}
PRELOADED = [
    "flask",
    "flask_login",
    "flask_jwt_extended",
    "flask_session",
    "flask_session.filesystem",
    "flask_talisman",
    "environs",
    "decouple",
    "pydantic_settings",
    "yaml",
]


def parse_cookie(header: str) -> tuple[str, dict]:
    """A `Set-Cookie` header as a browser reads it: an attribute counts by its name, whatever its value."""
    first, *rest = header.split("; ")
    attributes = {}
    for part in rest:
        name, equals, value = part.partition("=")
        attributes[name.lower()] = value if name.lower() not in ("secure", "httponly") else equals + value
    return first.partition("=")[0], {
        "secure": "secure" in attributes,
        # `Secure=0` and `Secure=`: on for a browser, off in the mind of its author.
        "doubtful": [name for name in ("secure", "httponly") if attributes.get(name) in ("=", "=0")],
        "httponly": "httponly" in attributes,
        "samesite": attributes.get("samesite"),
        "domain": attributes.get("domain"),
        "path": attributes.get("path"),
        "expires": attributes.get("expires"),
        "max_age": attributes.get("max-age"),
    }


def ask(entry: dict) -> dict:
    """The cookies that one application sets, by role, in the environment of this process."""
    module = importlib.import_module(entry["import"])
    app = eval(entry["expression"], vars(module))  # written by flask_projects.py
    response = app.test_client().get("/login", base_url="https://app.example.com")
    if response.status_code >= 400:
        raise RuntimeError(f"/login answers {response.status_code}")
    found = dict(parse_cookie(header) for header in response.headers.getlist("Set-Cookie"))
    cookies = {}
    for role, (name_key, default, domain_key) in COOKIES.items():
        name = app.config.get(name_key, default)
        if name in found:
            domain = app.config.get(domain_key)
            cookies[role] = found[name] | {"name": name, "domain_setting": domain}
    if "session" not in cookies:
        raise RuntimeError("/login sets no session cookie")
    key = app.secret_key
    uses = {"session": True, "remember": hasattr(app, "login_manager"), "jwt": "flask-jwt-extended" in app.extensions}
    return {
        "cookies": cookies,
        "uses": [role for role, used in uses.items() if used],
        "secret_key_length": len(key) if key else 0,
        "debug": bool(app.debug),
    }


def child(project: Path, world: dict, source: str, entries: list[dict], scratch: str) -> list[dict]:
    """Runs in the forked process."""
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "HOME": scratch} | world["env"])
    if world["files"]:
        # The project with files that only the machine has, which tokscan never sees.
        copy = Path(scratch) / project.name
        shutil.copytree(project, copy)
        for path, text in world["files"].items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text)
        project = copy
    os.chdir(project)
    sys.path.insert(0, str(project / source))
    return [ask(entry) for entry in entries]


def in_fresh_process(project: Path, world: dict, source: str, entries: list[dict]) -> tuple[list[dict] | None, str]:
    """What the applications answer in `world`, or None and what went wrong."""
    scratch = tempfile.mkdtemp(prefix="ask-flask-")
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        status = 0
        try:
            text = json.dumps(child(project, world, source, entries, scratch))
        except BaseException as error:  # whatever a project does, the parent must hear of it
            text, status = f"{type(error).__name__}: {error}", 1
        with os.fdopen(writer, "w") as pipe:
            pipe.write(text)
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    shutil.rmtree(scratch, ignore_errors=True)
    return (json.loads(text), "") if status == 0 else (None, text or f"status {status}")


def judge(role: str, answer: dict) -> dict[str, str]:
    """Flag to answer for one cookie in one world."""
    cookies = answer["cookies"]
    cookie = cookies.get(role)
    if role not in answer["uses"]:
        return {}
    if cookie is None:
        # The extension is there and its cookie never set: nothing that could be weak.
        return dict.fromkeys(["secure", "csrf" if role == "jwt" else "httponly", "samesite", "domain"], "safe")
    answers = {"secure": "safe" if cookie["secure"] else "weak"}
    # The access cookie of Flask-JWT-Extended is HttpOnly always; what is to see is its second cookie.
    if role == "jwt":
        answers["csrf"] = "safe" if "jwt-csrf" in cookies else "weak"
    else:
        answers["httponly"] = "safe" if cookie["httponly"] else "weak"
    for flag in cookie["doubtful"]:
        if flag in answers:
            answers[flag] = "open"
    samesite = cookie["samesite"]
    answers["samesite"] = "absent" if samesite is None else "weak" if samesite == "None" else "safe"
    # `example.com` and `.example.com` give the same header; which names are a whole site only people know.
    setting = cookie["domain_setting"]
    answers["domain"] = "safe" if not cookie["domain"] else "weak" if setting.startswith(".") else "safe"
    return answers


def verdicts(worlds: list[dict], answers: list[list[dict]], entries: list[dict]) -> list[dict]:
    """One answer per scope, cookie and flag; applications of one scope are taken together."""
    rows: dict[tuple[str, str, str], str] = {}
    for index, entry in enumerate(entries):
        for role in ("session", "remember", "jwt"):
            by_world = [judge(role, answer[index]) for answer in answers]
            for flag, base in by_world[0].items():
                answer = base
                for world, other in zip(worlds, by_world):
                    if other.get(flag) != base and answer != "unknown":
                        answer = "unknown" if world["why"] == "unknown" else "open"
                key = (entry["scope"], role, flag)
                order = ["weak", "unknown", "open", "absent", "safe"]
                rows[key] = min(rows.get(key, "safe"), answer, key=order.index)
    return [
        {"scope": scope, "cookie": role, "flag": flag, "answer": answer}
        for (scope, role, flag), answer in sorted(rows.items())
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=Path, required=True, help="folder that flask_projects.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="file for the answers, outside of every project")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    projects = options.projects.resolve()
    out = options.out.resolve()
    os.chdir(tempfile.gettempdir())
    for name in PRELOADED:
        importlib.import_module(name)
    manifest = json.loads((projects / "manifest.json").read_text())
    truth, failures, asked = {}, [], 0
    for name, project in manifest.items():
        answers = []
        for world in project["worlds"]:
            answer, error = in_fresh_process(projects / name, world, project["source"], project["entries"])
            asked += 1
            if answer is None:
                failures.append(f"{name} ({world['why']} {world['env']}): {error}")
                break
            answers.append(answer)
        else:
            truth[name] = {
                "tags": project["tags"],
                "verdicts": verdicts(project["worlds"], answers, project["entries"]),
                "answers": answers,
            }
    out.write_text(json.dumps(truth, indent=1) + "\n")
    print(f"{len(truth)} of {len(manifest)} projects answered, {asked} processes")
    for line in failures:
        print(f"does not run: {line}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
