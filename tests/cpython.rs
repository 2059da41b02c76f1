//! `eval` agrees with CPython: what it claims to know of a generated program is what the real
//! interpreter computes.

mod harness;
mod pygen;

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::process::{Command, Stdio};

use harness::{RULES, Rng};
use pygen::Level;
use tokscan::engine;
use tokscan::facts::{Const, SeqKind};
use tokscan::link::{Cx, Frame, Kind, Val};
use tokscan::source::FileTable;

/// Runs each program of a JSON list, and writes the canonical text of its `result` or null.
const INTERPRETER: &str = r#"
import json, signal, struct, sys

def show(v):
    if v is None:
        return "None"
    if isinstance(v, bool):
        return str(v)
    if isinstance(v, int):
        return "i%d" % v if abs(v) < 10 ** 30 else "huge"
    if isinstance(v, float):
        return "f" + struct.pack(">d", v or 0.0).hex()  # The sign of zero decides nothing.
    if isinstance(v, str):
        return "s" + v.encode("utf-8", "surrogatepass").hex()
    if isinstance(v, bytes):
        return "b" + v.hex()
    if isinstance(v, list):
        return "[" + ",".join(map(show, v)) + "]"
    if isinstance(v, tuple):
        return "(" + ",".join(map(show, v)) + ")"
    if isinstance(v, (set, frozenset)):
        return "{" + ",".join(sorted(map(show, v))) + "}"
    if isinstance(v, dict):
        return "{" + ",".join(show(k) + ":" + show(x) for k, x in v.items()) + "}"
    return "?" + type(v).__name__

def run(source):
    scope = {"__name__": "program"}
    signal.alarm(10)  # A program that does not end ends the test.
    try:
        exec(compile(source, "program", "exec"), scope)
        return show(scope["result"])
    except SyntaxError as error:
        return "broken: %s" % error
    except Exception:
        return None

json.dump([run(source) for source in json.load(sys.stdin)], sys.stdout)
"#;

/// What CPython makes of each program: canonical text; `None` for an exception. The outer
/// `None`: there is no `python3`.
fn interpret(programs: &[String]) -> Option<Vec<Option<String>>> {
    let spawned = Command::new("python3")
        .args(["-I", "-W", "ignore", "-c", INTERPRETER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "tells why a test did nothing")]
            {
                eprintln!("skipped: python3 cannot be started: {error}");
            }
            return None;
        }
    };
    let input = serde_json::to_vec(programs).expect("strings to JSON");
    let mut stdin = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let mut output = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut output).expect("python3 writes");
    writer.join().expect("writer").expect("python3 reads");
    assert!(child.wait().expect("python3 ends").success(), "python3 failed");
    Some(serde_json::from_str(&output).expect("JSON from python3"))
}

/// A value as the interpreter's script writes it; `None` when not all of it is known.
fn show(value: &Val) -> Option<String> {
    let list = |items: &[Val]| -> Option<String> {
        Some(items.iter().map(show).collect::<Option<Vec<_>>>()?.join(","))
    };
    Some(match &value.kind {
        Kind::Const(constant) => show_const(constant)?,
        Kind::Seq(seq) if !seq.open => match seq.kind {
            SeqKind::List => format!("[{}]", list(&seq.items)?),
            SeqKind::Tuple => format!("({})", list(&seq.items)?),
            SeqKind::Set => show_set(&seq.items)?,
        },
        Kind::Dict(dict) if !dict.open => {
            let entry =
                |(key, value): &(Val, Val)| Some(format!("{}:{}", show(key)?, show(value)?));
            format!("{{{}}}", dict.entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => return None,
    })
}

/// A set, in the order of its members' texts. Sets keep what was written: equal members count
/// once, the first of them.
fn show_set(items: &[Val]) -> Option<String> {
    let mut seen: Vec<&Val> = Vec::new();
    let mut shown = Vec::new();
    for item in items {
        let text = show(item)?;
        let equal = |other: &&Val| match (item.as_number(), other.as_number()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => show(other).as_ref() == Some(&text),
            _ => false,
        };
        if !seen.iter().any(equal) {
            seen.push(item);
            shown.push(text);
        }
    }
    shown.sort();
    Some(format!("{{{}}}", shown.join(",")))
}

fn show_const(constant: &Const) -> Option<String> {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").expect("writing to a string");
            out
        })
    };
    Some(match constant {
        Const::None => "None".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Int(n) => format!("i{n}"),
        Const::Float(n) => format!("f{:016x}", if *n == 0.0 { 0 } else { n.to_bits() }),
        Const::Str(text) => format!("s{}", hex(text.as_bytes())),
        Const::Bytes(bytes) => format!("b{}", hex(bytes)),
        Const::Ellipsis | Const::BigInt(_) => return None,
    })
}

/// What `eval` says of one program: the possible values, each `None` when not fully known.
type Claim = Vec<Option<String>>;

/// What `eval` makes of `result` in each program; each is a module of one project.
fn evaluate(programs: &[String]) -> Vec<Claim> {
    let files = FileTable::in_memory(
        programs.iter().enumerate().map(|(i, text)| (format!("p{i:06}.py"), text.as_str())),
    );
    engine::with_project(&files, &RULES, |target| {
        let project = target.project;
        let result = project.names.get("result").expect("every program sets it");
        let cx = Cx::new(project);
        let claims = project.units.iter_enumerated().map(|(unit, facts)| {
            cx.refuel();
            let Some(term) = facts.exports.get(&result) else { return vec![None] };
            let value = cx.eval(*term, &Frame::open(project.module_fn(unit)));
            value.alternatives().iter().map(show).collect()
        });
        claims.collect()
    })
    .expect("worker threads start")
}

/// Counts of one comparison.
#[derive(Default, Debug)]
struct Tally {
    /// Programs that end without an exception.
    ran: usize,
    /// Of these, those whose value is known.
    known: usize,
    /// Of these, those of which several values are thought possible.
    several: usize,
    /// Programs of which something wrong is claimed.
    wrong: Vec<String>,
}

/// Compares programs; `None` without an interpreter.
fn compare(programs: &[String]) -> Option<Tally> {
    let real = interpret(programs)?;
    let mut tally = Tally::default();
    for ((program, claim), real) in programs.iter().zip(evaluate(programs)).zip(real) {
        let Some(real) = real else { continue };
        assert!(
            !real.starts_with("broken"),
            "the generator made a broken program: {real}\n{program}"
        );
        tally.ran += 1;
        match claim.as_slice() {
            [Some(value)] => {
                tally.known += 1;
                if *value != real {
                    tally.wrong.push(wrong(program, &real, value));
                }
            }
            [None] => {}
            several => {
                tally.several += 1;
                let all: Option<Vec<&str>> = several.iter().map(Option::as_deref).collect();
                if let Some(all) = all.filter(|all| !all.contains(&real.as_str())) {
                    tally.wrong.push(wrong(program, &real, &all.join(" or ")));
                }
            }
        }
    }
    tally.wrong.sort_by_key(String::len);
    Some(tally)
}

fn wrong(program: &str, real: &str, claimed: &str) -> String {
    format!("{program}# CPython: {}\n# claimed: {}\n", readable(real), readable(claimed))
}

/// Canonical text with strings and floats readable again.
fn readable(shown: &str) -> String {
    let is_end = |c: char| !c.is_ascii_hexdigit();
    let (mut out, mut rest) = (String::new(), shown);
    while let Some(tag) = rest.chars().next() {
        let after = &rest[tag.len_utf8()..];
        let boundary = !out.ends_with(|c: char| c.is_alphanumeric());
        let hex = &after[..after.find(is_end).unwrap_or(after.len())];
        match tag {
            's' if boundary => {
                let bytes: Vec<u8> = (0..hex.len() / 2)
                    .filter_map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok())
                    .collect();
                write!(out, "{:?}", String::from_utf8_lossy(&bytes)).expect("string");
                rest = &after[hex.len()..];
            }
            'f' if boundary && hex.len() == 16 => {
                let bits = u64::from_str_radix(hex, 16).unwrap_or(0);
                write!(out, "{:?}", f64::from_bits(bits)).expect("string");
                rest = &after[hex.len()..];
            }
            'i' if boundary => rest = after,
            _ => {
                out.push(tag);
                rest = after;
            }
        }
    }
    out
}

fn programs(level: Level, seeds: std::ops::Range<u64>) -> Vec<String> {
    seeds.map(|seed| pygen::program(&mut Rng::new(seed), level)).collect()
}

fn check(level: Level, seeds: std::ops::Range<u64>, known_percent: usize) {
    let Some(tally) = compare(&programs(level, seeds)) else { return };
    let share = tally.known * 100 / tally.ran.max(1);
    #[expect(clippy::print_stderr, reason = "the measured share is worth knowing")]
    {
        eprintln!(
            "{level:?}: {} programs ran, {} known ({share} %), {} with several possible values",
            tally.ran, tally.known, tally.several
        );
    }
    assert!(
        tally.wrong.is_empty(),
        "{} programs are computed wrongly; the shortest:\n{}",
        tally.wrong.len(),
        tally.wrong.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
    assert!(share >= known_percent, "only {share} % of the values are known");
}

#[test]
fn plain_programs_are_computed_as_cpython_does() {
    check(Level::Plain, 0..2_500, 85);
}

#[test]
fn hard_programs_are_never_computed_wrongly() {
    check(Level::Hard, 100_000..102_000, 0);
}

#[test]
#[ignore = "a container that changes through one name keeps its old value under the others"]
fn aliases_are_never_computed_wrongly() {
    check(Level::Aliases, 200_000..202_000, 0);
}

#[test]
#[ignore = "functions see globals as they are when the module has run, also in calls before"]
fn globals_that_are_set_again_are_never_computed_wrongly() {
    check(Level::LateGlobals, 300_000..302_000, 0);
}

#[test]
#[ignore = "the conversion and format of an f-string's value are not applied"]
fn formats_are_never_computed_wrongly() {
    check(Level::Formats, 400_000..402_000, 0);
}

/// Corners that random programs reach too seldom.
#[test]
fn corners() {
    let programs = [
        "result = {1: 'a', True: 'b', 1.0: 'c'}",
        "d = {1: 'a'}\nd[True] = 'b'\nd.pop(1.0)\nresult = d",
        "d = {0: 'a', 1: 'b'}\ndel d[False]\nresult = d",
        "result = {2: 'x'}.get(2.0)",
        "x = [1, 2, 3]\nx.insert(-1, 9)\nx.insert(-9, 8)\nx.insert(99, 7)\nresult = x",
        "x = ['a', True, 1.0]\nx.remove(1)\nresult = x",
        "x = {False, True, False}\nx.discard(False)\nresult = x",
        "result = ({1, 2, 1} == {2, 1}, {1, 2} == {1}, {1, True} == {1.0}, {1, 2} != {1, 3})",
        "result = (1.5 // 0.1, 1.5 % 0.1, -1.5 // 0.4, -1.5 % 0.4, 1.5 % -0.4, 1e3 % -1)",
        "result = (0.0 // -3, -0.0 % 2, 5 // 0.3, 5 % 0.3)",
        "result = dict(a=1, **{'not_a_name_elsewhere': 2})",
        "d = {}\nd['key_of_update'] = 3\nresult = dict(**d, b=1)",
        "def f(**kw):\n    return kw\nresult = f(**{'some_other_key': 1}, b=2)",
        "result = -7 // 2, -7 % 3, 7 % -3, 2 ** 10, 1 << 20, -5 >> 1, ~6, 5 ^ 3",
    ];
    let programs = programs.map(str::to_owned);
    let Some(tally) = compare(&programs) else { return };
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert_eq!(tally.known, programs.len(), "all of them are known");
}
