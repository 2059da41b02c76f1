"""Deployment files: what production starts, and the variables it is given."""

from __future__ import annotations

from flask_code import Project

DEV_TEXT = {
    "true": "false",
    "false": "true",
    "1": "0",
    "0": "1",
    "True": "False",
    "no": "1",
    "production": "development",
}


def chosen_variables(project: Project) -> dict[str, str]:
    """What the deployment files set: all that must be, and some of what the code reads."""
    rng = project.rng
    env = dict(project.deployed)
    for name, texts in sorted(project.reads.items()):
        if name not in env and rng.random() < 0.3:
            env[name] = rng.choice(texts)
    for name, texts in sorted(project.required.items()):
        if name not in env and len(texts) > 1 and rng.random() < 0.25 and "=" not in texts[0] and ":" not in texts[0]:
            env[name] = rng.choice(texts)
    return env


def deploy(project: Project, command: str) -> None:
    """Writes deployment files, and records their variables as production's."""
    rng = project.rng
    env = chosen_variables(project)
    kinds = ["dockerfile", "dockerfile", "compose", "compose", "kubernetes"]
    kind = rng.choice(kinds if project.deployed else ["none", "none", *kinds])
    project.tag(f"deploy:{kind}")
    if kind == "none":
        project.files["Procfile"] = f"web: {command}\n"
        return
    project.deployed = env
    if kind == "dockerfile":
        project.files["Dockerfile"] = dockerfile(project, command, env)
        if project.chance(0.25):
            project.files[rng.choice(["compose.dev.yaml", "docker-compose.dev.yml"])] = compose(
                project,
                "flask run --debug",
                {name: DEV_TEXT.get(text, text) for name, text in env.items()} | {"FLASK_DEBUG": "1"},
            )
    elif kind == "compose":
        split = {name: text for name, text in env.items() if rng.random() < 0.3}
        # The service's environment goes over the image's.
        image = split | {
            name: DEV_TEXT.get(text, text) for name, text in env.items() if name not in split and rng.random() < 0.3
        }
        project.files["Dockerfile"] = dockerfile(project, command, image)
        project.files[rng.choice(["docker-compose.yml", "compose.yaml", "docker-compose.prod.yml"])] = compose(
            project, command, {name: text for name, text in env.items() if name not in split}
        )
    else:
        project.files["Dockerfile"] = dockerfile(project, command, {})
        project.files[rng.choice(["k8s/deployment.yaml", "deploy/web.yaml"])] = kubernetes(project, env)


def dockerfile(project: Project, command: str, env: dict[str, str]) -> str:
    rng = project.rng
    lines = ["FROM python:3.12-slim", "WORKDIR /app", "ENV PYTHONUNBUFFERED=1"]
    if project.source:
        lines.append(f"ENV PYTHONPATH=/app/{project.source.rstrip('/')}")
    if command.startswith("flask --app ") and rng.random() < 0.5:
        _, _, target, *rest = command.split(" ")
        lines.append(f"ENV FLASK_APP={target}")
        command = " ".join(["flask", *rest])
    form = rng.choice(["each", "each", "one", "old"])
    if form == "one" and env:
        lines.append("ENV " + " \\\n    ".join(f"{name}={text}" for name, text in env.items()))
    for name, text in env.items() if form != "one" else ():
        shown = f'{name}="{text}"' if rng.random() < 0.4 else f"{name}={text}"
        lines.append(f"ENV {name} {text}" if form == "old" else f"ENV {shown}")
    lines += ["COPY requirements.txt .", "RUN pip install -r requirements.txt", "COPY . .", "EXPOSE 8000"]
    words = ", ".join('"' + word.strip("'\"") + '"' for word in command.split(" "))
    lines.append(f"CMD {command}" if "(" in command or rng.random() < 0.4 else f"CMD [{words}]")
    return "\n".join(lines) + "\n"


def compose(project: Project, command: str, env: dict[str, str]) -> str:
    rng = project.rng
    lines = ["services:", "  web:", "    build: .", "    ports:", '      - "8000:8000"']
    if rng.random() < 0.4 and "(" not in command:
        lines.append(f"    command: {command}")
    if env:
        lines.append("    environment:")
        mapping = rng.random() < 0.5
        for name, text in env.items():
            quote = "" if text.isdigit() and rng.random() < 0.5 else '"'
            lines.append(f"      {name}: {quote}{text}{quote}" if mapping else f"      - {name}={text}")
    lines += ["  cache:", "    image: redis:7", "    environment:", "      - MAXMEMORY=64mb"]
    return "\n".join(lines) + "\n"


def kubernetes(project: Project, env: dict[str, str]) -> str:
    name = project.name
    lines = [
        "apiVersion: apps/v1",
        "kind: Deployment",
        "metadata:",
        f"  name: {name}",
        "spec:",
        "  replicas: 2",
        "  selector:",
        f"    matchLabels: {{app: {name}}}",
        "  template:",
        "    metadata:",
        f"      labels: {{app: {name}}}",
        "    spec:",
        "      containers:",
        f"        - name: {name}",
        f"          image: registry.example.com/{name}:1.4",
        "          ports:",
        "            - containerPort: 8000",
    ]
    if env:
        lines.append("          env:")
        for key, text in env.items():
            lines += [f"            - name: {key}", f'              value: "{text}"']
    return "\n".join(lines) + "\n"
