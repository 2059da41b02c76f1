"""Compares tokscan with Flask: `compare_flask.py --tokscan BIN --projects DIR --truth FILE`.

For every project, application, cookie and flag: does tokscan report the flag if and only if the
real cookie lacks it? What Flask cannot decide (`unknown`) must not be reported. What an operator may
decide otherwise (`open`) is counted apart, as either answer is right. A finding of severity `info`
says that a weakness is development's alone, so it does not count as one of production.

Exit code 0 from 99 % agreement on, 1 below.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).resolve().parents[2] / "rules"
WANTED = 99.0


@dataclass(frozen=True)
class Flag:
    """What a rule says about one flag of one cookie."""

    rule: str
    key: str  # the setting, which the message names …
    cwe: int  # … or else the weakness tells the flags of a rule apart


FLAGS = {
    ("session", "secure"): Flag("flask-session-cookie-insecure", "SESSION_COOKIE_SECURE", 614),
    ("session", "httponly"): Flag("flask-session-cookie-insecure", "SESSION_COOKIE_HTTPONLY", 1004),
    ("session", "samesite"): Flag("flask-session-cookie-insecure", "SESSION_COOKIE_SAMESITE", 1275),
    ("session", "domain"): Flag("session-cookie-domain-wide", "SESSION_COOKIE_DOMAIN", 668),
    ("remember", "secure"): Flag("flask-login-remember-cookie", "REMEMBER_COOKIE_SECURE", 614),
    ("remember", "httponly"): Flag("flask-login-remember-cookie", "REMEMBER_COOKIE_HTTPONLY", 1004),
    ("remember", "samesite"): Flag("flask-login-remember-cookie", "REMEMBER_COOKIE_SAMESITE", 1275),
    ("jwt", "secure"): Flag("fje-cookie-flags", "JWT_COOKIE_SECURE", 614),
    ("jwt", "csrf"): Flag("fje-cookie-flags", "JWT_COOKIE_CSRF_PROTECT", 352),
    ("jwt", "samesite"): Flag("fje-cookie-flags", "JWT_COOKIE_SAMESITE", 1275),
}


@dataclass(frozen=True)
class Pair:
    """One answer of Flask beside tokscan's."""

    project: str
    scope: str
    cookie: str
    flag: str
    answer: str
    found: tuple[str, ...]  # where, and what it says
    beside: bool  # whether the rule reports another flag of this cookie

    @property
    def subject(self) -> str:
        return f"{self.cookie}.{self.flag}"


def covered(rules: Path) -> set[tuple[str, str]]:
    """The flags that the present rules have a branch for."""
    matches = defaultdict(str)
    for pack in sorted(rules.glob("*.toml")):
        for rule in tomllib.loads(pack.read_text()).get("rule", []):
            matches[rule["id"]] += json.dumps(rule.get("match", []))
    return {pair for pair, flag in FLAGS.items() if f'"{flag.key}"' in matches[flag.rule].replace("setting:", "")}


def scan(tokscan: str, project: Path) -> list[dict]:
    command = [
        tokscan,
        str(project),
        "--format",
        "json",
        "--min-severity",
        "info",
        "--min-confidence",
        "low",
        "--fail-on",
        "never",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)["findings"]


def is_about(finding: dict, pair: tuple[str, str]) -> bool:
    """Whether the finding is about this flag: by the setting its message names, else by the weakness."""
    flag = FLAGS[pair]
    if finding["rule"] != flag.rule:
        return False
    named = [other for other in FLAGS.values() if other.rule == flag.rule and other.key in finding["message"]]
    return flag in named if named else finding["cwe"][:1] == [flag.cwe]


def pairs_of(name: str, verdicts: list[dict], findings: list[dict]) -> list[Pair]:
    """Findings outside of every application's folder, in a Dockerfile say, count for each application."""
    scopes = {verdict["scope"] for verdict in verdicts}
    homes = {
        id(finding): {scope for scope in scopes if finding["path"].startswith(scope)} or scopes for finding in findings
    }
    pairs = []
    for verdict in verdicts:
        subject = (verdict["cookie"], verdict["flag"])
        if subject not in FLAGS:
            continue
        own = [f for f in findings if f["severity"] != "info" and verdict["scope"] in homes[id(f)]]
        about = [f for f in own if is_about(f, subject)]
        found = tuple(f"{f['path']}:{f['start']['line']} {f['message']}" for f in about)
        beside = any(f["rule"] == FLAGS[subject].rule for f in own)
        pairs.append(Pair(name, verdict["scope"], *subject, verdict["answer"], found, beside))
    return pairs


def read_absence(pairs: list[Pair]) -> dict[str, str]:
    """Whether a SameSite that is not sent is weak, by cookie: what tokscan says in most projects is its rule."""
    votes = defaultdict(Counter)
    for pair in pairs:
        if pair.answer == "absent" and (pair.found or not pair.beside):
            votes[pair.subject][bool(pair.found)] += 1
    return {subject: "weak" if vote[True] > vote[False] else "safe" for subject, vote in votes.items()}


def disagreement(pair: Pair, absence: dict[str, str]) -> str:
    """What is wrong, or nothing."""
    answer = absence.get(pair.subject, "safe") if pair.answer == "absent" else pair.answer
    if pair.answer == "absent" and answer == "weak" and pair.beside:
        # One place has one finding, so what is not set at all may be told for several flags by one.
        return ""
    if answer == "weak" and not pair.found:
        return "missed"
    if answer == "safe" and pair.found:
        return "false alarm"
    if answer == "unknown" and pair.found:
        return "reported although unknown"
    return ""


def print_styles(truth: dict, counted: list[Pair], wrong: dict[tuple[str, str], list[Pair]]) -> None:
    """The styles in whose projects most goes wrong, worst first."""
    total, bad = Counter(), Counter()
    for pair in counted:
        total.update(truth[pair.project]["tags"])
    for pairs in wrong.values():
        for pair in pairs:
            bad.update(truth[pair.project]["tags"])
    print("\nStyles by share of disagreement:")
    for tag, _ in sorted(bad.items(), key=lambda item: (-item[1] / total[item[0]], item[0]))[:20]:
        print(f"  {100 * bad[tag] / total[tag]:5.1f} %  {bad[tag]:4} of {total[tag]:4}  {tag}")


def report(truth: dict, pairs: list[Pair], rules: Path) -> float:
    """Prints the comparison; the agreement in per cent."""
    known = covered(rules)
    without = Counter(pair.subject for pair in pairs if (pair.cookie, pair.flag) not in known)
    pairs = [pair for pair in pairs if (pair.cookie, pair.flag) in known]
    absence = read_absence(pairs)
    counted = [pair for pair in pairs if pair.answer != "open"]
    wrong: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in counted:
        if kind := disagreement(pair, absence):
            wrong[kind, pair.subject].append(pair)
    bad = sum(map(len, wrong.values()))
    agreement = 100 * (len(counted) - bad) / len(counted) if counted else 0.0

    print(f"{'cookie.flag':20} {'pairs':>6} {'weak':>6} {'unknown':>8} {'wrong':>6}")
    for subject in sorted({pair.subject for pair in counted}):
        own = [pair for pair in counted if pair.subject == subject]
        answers = Counter(absence.get(subject, "safe") if pair.answer == "absent" else pair.answer for pair in own)
        number = sum(len(found) for (_, other), found in wrong.items() if other == subject)
        print(f"{subject:20} {len(own):6} {answers['weak']:6} {answers['unknown']:8} {number:6}")
    for subject, meaning in sorted(absence.items()):
        print(f"{subject} not sent: taken as {meaning}")
    if without:
        print(
            "no rule has a branch for: "
            + ", ".join(f"{subject} ({number})" for subject, number in sorted(without.items()))
        )
    either = [pair for pair in pairs if pair.answer == "open"]
    reported = sum(bool(pair.found) for pair in either)
    print(f"open, either answer is right: {len(either)}, of which reported: {reported}")
    if wrong:
        print_styles(truth, counted, wrong)
    for (kind, subject), found in sorted(wrong.items()):
        print(f"\n{kind}: {subject} ({len(found)})")
        for pair in found:
            tags = ", ".join(tag for tag in truth[pair.project]["tags"] if not tag.startswith("deploy:"))
            print(f"  {pair.project}/{pair.scope}  [{tags}]")
            for place in pair.found:
                print(f"      {place}")
    print(f"\nagreement: {len(counted) - bad} of {len(counted)} pairs in {len(truth)} projects, {agreement:.2f} %")
    return agreement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokscan", required=True, help="the binary")
    parser.add_argument("--projects", type=Path, required=True, help="folder that flask_projects.py wrote")
    parser.add_argument("--truth", type=Path, required=True, help="file that ask_flask.py wrote")
    parser.add_argument("--rules", type=Path, default=RULES, help="the rule packs of the binary")
    options = parser.parse_args()
    truth = json.loads(options.truth.read_text())
    with ThreadPoolExecutor(2) as pool:
        scans = list(pool.map(lambda name: scan(options.tokscan, options.projects / name), truth))
    pairs = [pair for name, findings in zip(truth, scans) for pair in pairs_of(name, truth[name]["verdicts"], findings)]
    sys.exit(0 if report(truth, pairs, options.rules) >= WANTED else 1)


if __name__ == "__main__":
    main()
