use super::{code, evals};

#[test]
fn calls_are_evaluated_in_order() {
    let cases = [
        ("a(b(), c())", "b() c() a(b(), c())"),
        ("a().b(c())", "a() c() a().b(c())"),
        ("x = y[a()] = b()", "b() a()"),
        ("y[a()] += b()", "a() b()"),
        ("{a(): b(), **c()}", "a() b() c() {a(): b(), **c()}"),
        ("[a() for i in b() if c()]", "b() c() a() [a() for b() if c()]"),
        ("f'{a()}{b():{c()}}'", "a() b() c() concat(a(), format(b(), concat(c())))"),
        ("@a()\ndef f(x: b() = c()) -> d(): pass", "a() c() b() d()"),
        ("@a()\nclass C(b(), m=c()):\n    x = d()", "a() b() c() d()"),
        ("(x := a())", "a()"),
        ("a() if b() else c()", "b() a() c() phi(a() if b(), c() unless b())"),
        ("a() < b() < c()", "a() b() c() ((a() < b()) and (b() < c()))"),
        ("with a() as b, c():\n    d()", "a() c() d()"),
        ("lambda x=a(): b()", "a() f1:<lambda>"),
        ("del a()[b()]", "a() b()"),
        ("'docstring'", ""),
        ("...", ""),
        ("x = a()\nx", "a()"),
        ("x.y", "x.y"),
    ];
    for (source, expected) in cases {
        assert_eq!(evals(source, "<module>").join(" "), expected, "{source}");
    }
}

#[test]
fn awaits_and_yields() {
    assert_eq!(
        code("async def f(a):\n    x = await a()\n    yield x\n", "f"),
        "  b0\n    eval a()\n    eval await(a())\n    x = await(a())\n    eval yield(await(a()))\n    return"
    );
    assert_eq!(
        evals("def f(a):\n    yield from a()\n    b = yield\n", "f"),
        ["a()", "yield_from(a())", "yield()"]
    );
}

#[test]
fn bindings_and_stores() {
    assert_eq!(
        code(
            "import a.b, c as d\nfrom . import e\nx.y = 1\ndel x.y, x['z']\nfor i, j in k: pass\n",
            "<module>"
        )
        .lines()
        .take(13)
        .collect::<Vec<_>>()
        .join("\n"),
        "  b0\n    import i0\n    import i1\n    a = i0:a\n    import i2\n    d = i2:c\n    import i3\n    e = i3:e\n    \
         store x.y = 1\n    del x.y\n    del x[\"z\"]\n    goto b1\n  b1"
    );
}

#[test]
fn constants() {
    let cases = [
        ("-1", "-1"),
        ("-1.5", "-1.5"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("- -1", "1"),
        ("-x", "-x"),
        ("not x", "not x"),
        ("a + b + c", "(a + b + c)"),
        ("'a' 'b'", "\"ab\""),
        ("f'a{b!r:>{c}}d'", "concat(\"a\", format!r(b, concat(\">\", c)), \"d\")"),
        ("x[1:2]", "x[1:2:]"),
        ("2j", "<unknown construct>"),
    ];
    for (source, expected) in cases {
        assert_eq!(super::exported(&format!("x = {source}"), "x"), expected, "{source}");
    }
}
