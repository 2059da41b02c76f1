use super::*;

/// The document as lines `path = value @ text at its place`.
fn show(format: Format, text: &str) -> String {
    let document = parse(format, text);
    let mut out = Vec::new();
    for root in &document.roots {
        lines(root, text, String::new(), &mut out);
    }
    out.extend(document.problems.iter().map(|p| format!("! {} @ {}", p.message, p.at)));
    out.extend(document.cut.map(|at| format!("cut @ {at}")));
    out.join("\n")
}

fn lines(node: &Node, text: &str, path: String, out: &mut Vec<String>) {
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                lines(item, text, format!("{path}[{index}]"), out);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                let key = entry.key_place.of(text);
                let key =
                    if key == &*entry.key { key.to_owned() } else { format!("{}", entry.key) };
                let dot = if path.is_empty() { "" } else { "." };
                lines(&entry.value, text, format!("{path}{dot}{key}"), out);
            }
        }
        value => {
            let value = match value {
                Value::Text(text) => format!("{text:?}"),
                other => format!("{other:?}"),
            };
            out.push(format!("{path} = {value} @ {:?}", node.place.of(text)));
        }
    }
}

#[track_caller]
fn reads(format: Format, text: &str, expected: &[&str]) {
    let shown = show(format, text);
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn yaml_keeps_places() {
    let text = "services:\n  web:  # c\n    command: start --insecure  # x\n    ports: [\"80:80\", 443]\n    environment:\n      - A=é\n      - B=2\n    on: ~\n";
    reads(
        Format::Yaml,
        text,
        &[
            r#"services.web.command = "start --insecure" @ "start --insecure""#,
            r#"services.web.ports[0] = "80:80" @ "\"80:80\"""#,
            r#"services.web.ports[1] = Int(443) @ "443""#,
            r#"services.web.environment[0] = "A=é" @ "A=é""#,
            r#"services.web.environment[1] = "B=2" @ "B=2""#,
            r#"services.web.on = Null @ "~""#,
        ],
    );
}

#[test]
fn yaml_containers_end_with_their_last_part() {
    let text = "a:\n  b: 1\n  c: [2]\n\n# end\nd: 3\n";
    let document = parse(Format::Yaml, text);
    let a = document.roots[0].get("a").expect("a");
    assert_eq!(a.place.of(text), "b: 1\n  c: [2]");
    assert_eq!(document.roots[0].place.of(text).trim_end(), text.trim_end());
}

#[test]
fn yaml_aliases_merge_and_streams() {
    let text = "x: &env\n  A: 1\n  B: 2\ny:\n  <<: *env\n  B: 3\n---\nz: !secret k\n---\n";
    reads(
        Format::Yaml,
        text,
        &[
            r#"x.A = Int(1) @ "1""#,
            r#"x.B = Int(2) @ "2""#,
            r#"y.B = Int(3) @ "3""#,
            r#"y.A = Int(1) @ "1""#,
            r#"z = Unknown @ "!secret k""#,
            r#" = Null @ """#,
        ],
    );
}

#[test]
fn yaml_scalars() {
    let text = "a: yes\nb: 0x1F\nc: 1.5\nd: |\n  line # no comment\n  two\ne: '1'\nf: \"\\u00e9\\n\"\ng: 1.2.3\nh: -\n";
    reads(
        Format::Yaml,
        text,
        &[
            r#"a = "yes" @ "yes""#,
            r#"b = Int(31) @ "0x1F""#,
            r#"c = Float(1.5) @ "1.5""#,
            r#"d = "line # no comment\ntwo\n" @ "line # no comment\n  two""#,
            r#"e = "1" @ "'1'""#,
            r#"f = "é\n" @ "\"\\u00e9\\n\"""#,
            r#"g = "1.2.3" @ "1.2.3""#,
            "! block sequence entries are not allowed in this context @ 86",
        ],
    );
}

#[test]
fn yaml_recovers_before_an_error_and_reads_templates() {
    reads(
        Format::Yaml,
        "a: 1\nb: [2, {c: 3}\nd: }",
        &[
            r#"a = Int(1) @ "1""#,
            r#"b[0] = Int(2) @ "2""#,
            "! invalid indentation in flow construct @ 19",
        ],
    );
    let helm = "{{- if .Values.é }}\nkind: Deployment\nname: {{ .Release.Name }}-web\nargs: [\"--insecure\", \"{{ x }}\"]\n{{- end }}\n";
    reads(
        Format::Yaml,
        helm,
        &[
            r#"kind = "Deployment" @ "Deployment""#,
            r#"name = Unknown @ "{{ .Release.Name }}-web""#,
            r#"args[0] = "--insecure" @ "\"--insecure\"""#,
            r#"args[1] = Unknown @ "\"{{ x }}\"""#,
        ],
    );
}

#[test]
fn yaml_brackets_may_close_at_the_indentation_of_their_key() {
    let text =
        "a: [\n  \"x # y\",  # c\n  # d é\n]\nb:\n  c: {\n    d: 1\n  }\n  e: [\n    2\n  ]\n";
    reads(
        Format::Yaml,
        text,
        &[r#"a[0] = "x # y" @ "\"x # y\"""#, r#"b.c.d = Int(1) @ "1""#, r#"b.e[0] = Int(2) @ "2""#],
    );
    let document = parse(Format::Yaml, text);
    assert_eq!(document.roots[0].at(&["b", "c"]).expect("c").place.of(text), "{\n    d: 1\n  }");
}

#[test]
fn yaml_is_bounded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        let items = vec![alias; 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(parse(Format::Yaml, &bomb).cut.is_some());
    for deep in ["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(50_000)] {
        let document = parse(Format::Yaml, &deep);
        assert!(document.cut.is_some() || !document.problems.is_empty());
    }
}

#[test]
fn json_with_tabs() {
    reads(
        Format::Json,
        "{\n\t\"a\": {\"b\":\t[1, \"x\\ty\"]},\n\t\"c\": null\n}",
        &[r#"a.b[0] = Int(1) @ "1""#, r#"a.b[1] = "x\ty" @ "\"x\\ty\"""#, r#"c = Null @ "null""#],
    );
}

#[test]
fn toml_keeps_places() {
    reads(
        Format::Toml,
        "z = 'é'\n[a.b]\n\"c d\" = [1, 0x10, true]\nt = 2020-01-01\n[[p]]\nn = 1.5\n",
        &[
            r#"z = "é" @ "'é'""#,
            r#"a.b.c d[0] = Int(1) @ "1""#,
            r#"a.b.c d[1] = Int(16) @ "0x10""#,
            r#"a.b.c d[2] = Bool(true) @ "true""#,
            r#"a.b.t = "2020-01-01" @ "2020-01-01""#,
            r#"p[0].n = Float(1.5) @ "1.5""#,
        ],
    );
    let broken = parse(Format::Toml, "a = 1\nb = \nc = 3\n");
    assert_eq!(broken.problems.len(), 1);
    assert!(broken.roots[0].get("a").is_some());
}

#[test]
fn ini_as_configparser_reads_it() {
    let text = "top = 1\n[app:main]\n# c\nurl = a://b  ; note\nkeys =\n    one\n    two  # c\nflag\n; x\nk: v\n[app:main]\nk = w\n[open\n";
    reads(
        Format::Ini,
        text,
        &[
            r#"top = "1" @ "1""#,
            r#"app:main.url = "a://b" @ "a://b""#,
            r#"app:main.keys = "one\ntwo" @ "one\n    two""#,
            r#"app:main.flag = Null @ """#,
            r#"app:main.k = "w" @ "w""#,
            "! a section without `]` @ 102",
        ],
    );
}

#[test]
fn dotenv_quotes_and_comments() {
    let text = "# c\nexport A=1\nB = \"x # y\\n\" # c\nC='${A}$'\nD=a b # c\nE=\nF=\"open\nK=#x\nA=2\nbad line\nexport G\nM=\"l1\nl2\"\nN=3";
    reads(
        Format::Dotenv,
        text,
        &[
            r#"A = "2" @ "2""#,
            r#"B = "x # y\n" @ "\"x # y\\n\"""#,
            r#"C = "${A}$" @ "'${A}$'""#,
            r#"D = "a b" @ "a b""#,
            r#"E = "" @ """#,
            r#"F = "\"open" @ "\"open""#,
            r#"K = "" @ """#,
            r#"G = Null @ """#,
            r#"M = "l1\nl2" @ "\"l1\nl2\"""#,
            r#"N = "3" @ "3""#,
            "! no `NAME=value` @ 73",
        ],
    );
}

#[test]
fn dockerfile_instructions() {
    let text = "# syntax=docker/dockerfile:1\nFROM python:3.12 AS base\nENV A=1 B=\"x y\" \\\n    # note\n    C=z\\ w\nENV OLD some value\nARG D\nRUN --mount=type=cache,target=/x pip install . && \\\n  echo \"# no\"\nRUN <<EOF\nENV HIDDEN=1\nEOF\nCMD [\"cockroach\", \"start\", \"--insecure\"]\nEXPOSE 80 443/tcp\nUSER app\n12 nope\n";
    reads(
        Format::Dockerfile,
        text,
        &[
            r#"FROM = "python:3.12 AS base" @ "python:3.12 AS base""#,
            r#"ENV.A = "1" @ "1""#,
            r#"ENV.B = "x y" @ "\"x y\"""#,
            r#"ENV.C = "z w" @ "z\\ w""#,
            r#"ENV.OLD = "some value" @ "some value""#,
            r#"ARG.D = Null @ """#,
            r##"RUN = "--mount=type=cache,target=/x pip install . &&   echo \"# no\"" @ "--mount=type=cache,target=/x pip install . && \\\n  echo \"# no\"""##,
            r#"RUN = "<<EOF" @ "<<EOF""#,
            r#"CMD[0] = "cockroach" @ "\"cockroach\"""#,
            r#"CMD[1] = "start" @ "\"start\"""#,
            r#"CMD[2] = "--insecure" @ "\"--insecure\"""#,
            r#"EXPOSE[0] = "80" @ "80""#,
            r#"EXPOSE[1] = "443/tcp" @ "443/tcp""#,
            r#"USER = "app" @ "app""#,
            "! no instruction @ 280",
        ],
    );
}

#[test]
fn the_final_stage_has_its_bases() {
    let text = "FROM a AS base\nENV A=1\nFROM a AS build\nENV B=1\nFROM base\nENV C=1\n";
    let names = |text: &str| {
        let document = parse(Format::Dockerfile, text);
        let entries = final_stage(&document.roots[0], |name| name.contains("test"));
        let names = entries.iter().flat_map(|e| e.value.entries()).map(|e| e.key.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(text), ["A", "C"]);
    // A stage for tests is not what is deployed, unless there is no other.
    let tested = "FROM a AS app\nENV A=1\nFROM app AS tests\nENV B=1\n";
    assert_eq!(names(tested), ["A"]);
    assert_eq!(names("FROM a AS tests\nENV B=1\n"), ["B"]);
}

#[test]
fn sql_statements() {
    let text =
        "-- c\nGRANT ALL ON t TO 'a;b';\n\nCREATE FUNCTION f() AS $$ BEGIN x; END $$;\nSELECT 1";
    reads(
        Format::Sql,
        text,
        &[
            r#"statements[0] = "GRANT ALL ON t TO 'a;b'" @ "GRANT ALL ON t TO 'a;b'""#,
            r#"statements[1] = "CREATE FUNCTION f() AS $$ BEGIN x; END $$" @ "CREATE FUNCTION f() AS $$ BEGIN x; END $$""#,
            r#"statements[2] = "SELECT 1" @ "SELECT 1""#,
        ],
    );
    assert_eq!(parse(Format::Sql, "SELECT 'open").problems.len(), 1);
}

#[test]
fn templates_as_far_as_rules_ask() {
    let text = "<form method=post action=\"{% url 'x' %}\">{% csrf_token %}<input name='t' value=\"{{ user.token|default:'a|b'|safe }}\"></form>\n<script>var t = \"{{ t }}\"; if (a < b) {}</script>{# {{ no }} #}{% comment %}{{ no }}{% endcomment %}<!-- <form> -->";
    let document = parse(Format::Template, text);
    let root = &document.roots[0];
    let names = |key: &str| -> Vec<String> {
        let nodes = root.get(key).expect("list").items();
        nodes
            .iter()
            .map(|n| n.get("name").and_then(Node::as_text).unwrap_or("?").to_owned())
            .collect()
    };
    assert_eq!(names("elements"), ["form", "input", "script"]);
    assert_eq!(names("expressions"), ["user.token", "t"]);
    let form = &root.get("elements").expect("elements").items()[0];
    assert_eq!(form.at(&["attributes", "method"]).and_then(Node::as_text), Some("post"));
    let holds: Vec<_> =
        form.get("holds").expect("holds").items().iter().filter_map(Node::as_text).collect();
    assert_eq!(holds, ["csrf_token", "user.token"]);
    let expressions = root.get("expressions").expect("expressions").items();
    let filters: Vec<_> = expressions[0]
        .get("filters")
        .expect("f")
        .items()
        .iter()
        .filter_map(Node::as_text)
        .collect();
    assert_eq!(filters, ["default", "safe"]);
    assert_eq!(expressions[0].get("attribute").and_then(Node::as_text), Some("value"));
    assert_eq!(expressions[1].get("element").and_then(Node::as_text), Some("script"));
}

#[test]
fn requirements_join_lines() {
    reads(
        Format::Requirements,
        "# c\nDjango==4.2 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n-r base.txt  # x\n",
        &[
            r#"[0] = "Django==4.2 --hash=sha256:ab --hash=sha256:cd" @ "Django==4.2 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd""#,
            r#"[1] = "-r base.txt" @ "-r base.txt""#,
        ],
    );
}

#[test]
fn comments_that_speak_to_tokscan() {
    let comments = |format, text: &str| -> Vec<(String, bool)> {
        let found = parse(format, text).comments;
        found.iter().map(|c| (c.place.of(text).to_owned(), c.own_line)).collect()
    };
    let yaml = "a: 1  # tokscan: ignore[x] y\nb: '# tokscan: ignore[x]'\nc: |\n  # tokscan: ignore[x]\nd: x#tokscan: ignore[x]\n# tokscan: ignore-file[z]\n";
    assert_eq!(
        comments(Format::Yaml, yaml),
        [("# tokscan: ignore[x] y".into(), false), ("# tokscan: ignore-file[z]".into(), true)]
    );
    assert_eq!(
        comments(Format::Sql, "SELECT 1; -- tokscan: ignore[x]\nSELECT '-- tokscan: ignore[x]';"),
        [("-- tokscan: ignore[x]".into(), false)]
    );
    assert_eq!(
        comments(Format::Template, "{# tokscan: ignore[x] r #}<!-- tokscan: ignore[y] -->"),
        [
            ("{# tokscan: ignore[x] r #}".into(), true),
            ("<!-- tokscan: ignore[y] -->".into(), false)
        ]
    );
}

/// Every prefix of every format's text, and the text with signs that open something put into it:
/// parsing ends, and every place lies in the text on character boundaries.
#[test]
fn broken_texts_do_no_harm() {
    let texts = [
        (
            Format::Yaml,
            "a: &x {b: [1, 'é', \"\\u00\"]}\nc: *x\n<<: *x\n--- |\n é\n...\n? [k]\n: {{ v }}\n",
        ),
        (Format::Json, "{\"a\": [1, {\"b\": \"é\\n\"}], \"c\": null}"),
        (Format::Toml, "[a.'é']\nb = [1, {c = '''x'''}]\n[[d]]\ne = 0xF\n"),
        (Format::Ini, "[é]\na = b\n  c\n[d]\ne: f ; g\n"),
        (Format::Dotenv, "export A='é'\nB=\"x\\\"\ny\" # c\nC=`d`\n"),
        (
            Format::Dockerfile,
            "# escape=`\nFROM a AS é\nENV A=\"é\" B=c`\n d\nCMD [\"a\", \"é\"]\nRUN <<X\nX\n",
        ),
        (Format::Sql, "SELECT 'é' FROM \"a\" /* x */; $t$ ; $t$ -- é\n"),
        (
            Format::Template,
            "<form a='é' {{ b|c:'d' }}>{% x é %}</form><script>{{ y }}</script>{# z #}",
        ),
        (Format::Requirements, "é==1 \\\n --hash=x # y\n-r z\n"),
    ];
    for (format, text) in texts {
        for (at, _) in text.char_indices() {
            check(format, &text[..at]);
            check(format, &text[at..]);
            for sign in [
                "\"", "'", "[", "{", "{{", "{%", "<", "\\", "\n", "\t", "\r\n", "&a ", "*a", "#",
                "\u{feff}", "\0", "$$", "|", "---\n",
            ] {
                check(format, &format!("{}{sign}{}", &text[..at], &text[at..]));
            }
        }
    }
}

fn check(format: Format, text: &str) {
    let document = parse(format, text);
    let is_right = |place: Place| {
        let (start, end) = (place.start as usize, place.end as usize);
        start <= end && text.is_char_boundary(start) && text.is_char_boundary(end)
    };
    for root in &document.roots {
        root.walk(&mut |node| {
            assert!(is_right(node.place), "{format:?} {text:?} {node:?}");
            for entry in node.entries() {
                assert!(is_right(entry.key_place), "{format:?} {text:?} {entry:?}");
            }
        });
    }
    assert!(document.comments.iter().all(|c| is_right(c.place)), "{format:?} {text:?}");
}
