use super::{check_exported, check_returned, code, exported, returned};

#[test]
fn locals_and_globals() {
    check_returned(&[
        ("def f(a):\n    return a", "a"),
        ("def f():\n    return a", "a"),
        ("def f(a):\n    a = 1\n    return a", "1"),
        ("a = 2\ndef f():\n    b = a\n    return b", "a"),
        ("def f():\n    return a\n    a = 1", "<unknown unbound>"),
        ("def f():\n    global a\n    a = 1\n    return a", "a"),
        ("def f(a):\n    del a\n    return a", "<unknown unbound>"),
        ("def f(a):\n    a += 1\n    return a", "(a + 1)"),
        ("def f(t):\n    a, b = t\n    return b", "unpack(t, 1)"),
        (
            "def f(t):\n    a, *b, c = t\n    return [a, b, c]",
            "[unpack(t, 0), rest(t), unpack(t, -1)]",
        ),
        ("def f(t, u):\n    a, b = u, t\n    return a", "u"),
        ("def f(t):\n    (a, [b, c]) = t\n    return c", "unpack(unpack(t, 1), 1)"),
        ("def f(o):\n    with o.open() as h:\n        return h", "enter(o.open())"),
        ("def f(a: int):\n    b: str\n    return b", "<unknown unbound>"),
    ]);
}

#[test]
fn closures() {
    check_returned(&[
        ("def g(a):\n    def f():\n        return a\n    return f", "f1:a"),
        ("def g(a):\n    def h():\n        def f():\n            return a\n", "f1:a"),
        ("def g(a):\n    def f():\n        nonlocal a\n        a = 1\n        return a\n", "f1:a"),
        ("def g():\n    global a\n    def f():\n        return a\n", "a"),
        ("def g(a):\n    def f(a):\n        return a\n", "a"),
        (
            "def g(self):\n    class C:\n        a = 1\n        def f(self):\n            return a\n",
            "a",
        ),
    ]);
    assert_eq!(returned("def g(a):\n    return lambda b: a + b", "<lambda>"), ["(f1:a + b)"]);
    let stored = code("def g(a):\n    def f():\n        nonlocal a\n        a = 1\n", "f");
    assert_eq!(stored, "  b0\n    store outer a = 1\n    return");
}

#[test]
fn a_function_exports_what_its_inner_functions_read() {
    let source =
        "def g(a, b):\n    if b:\n        a = 1\n    def f():\n        return a\n    return f";
    assert!(
        code(source, "g").ends_with("return f2:f\n    a = phi(1 if b, a unless b)"),
        "{}",
        code(source, "g")
    );
    let endless = "def g(a):\n    def f():\n        return a\n    raise E(f)";
    assert!(code(endless, "g").ends_with("    a = a"), "{}", code(endless, "g"));
    let early = "def g(a):\n    if a:\n        return 1\n    a = 2\n    def f():\n        return a\n    return f";
    assert!(code(early, "g").ends_with("a = phi(a, 2)"), "{}", code(early, "g"));
}

#[test]
fn class_bodies() {
    check_exported(&[
        ("a = 1\nclass C:\n    a = a\n    x = a\nx = C", "c0:C"),
        ("class C:\n    x = 1\nx = x", "x"),
    ]);
    let module = code(
        "a = 1\nclass C:\n    a = a\n    b = [a for i in a]\n    c = [i for i in [a]]\n",
        "<module>",
    );
    assert!(module.contains("c0.a = 1"), "{module}");
    assert!(module.contains("c0.b = [1 for 1]"), "{module}");
    let own = code("class C:\n    a = 1\n    b = a\n    c = [a for i in a]\n", "<module>");
    assert!(own.contains("c0.b = 1"), "{own}");
    // The first iterable sees the class, the element does not.
    assert!(own.contains("c0.c = [a for 1]"), "{own}");
    let nested = code("def f(a):\n    class C:\n        b = a\n        a = a\n", "f");
    // A name bound in a class body is looked up there, then in the module.
    assert!(nested.contains("c0.b = a\n    c0.a = a"), "{nested}");
    let free = code("def f(a):\n    class C:\n        b = a + 1\n", "f");
    assert!(free.contains("c0.b = (a + 1)"), "{free}");
}

#[test]
fn comprehensions_have_their_own_names() {
    check_returned(&[
        ("def f(i, y):\n    z = [i for i in y]\n    return i", "i"),
        ("def f(y):\n    return [k.a for k in y if k.b]", "[iter(y).a for y if iter(y).b]"),
        (
            "def f(y):\n    return {k: v for k, v in y}",
            "{unpack(iter(y), 0): unpack(iter(y), 1) for y}",
        ),
        ("def f(y):\n    return [b for a in y for b in a]", "[iter(iter(y)) for y for iter(y)]"),
        ("def f(y):\n    [z := k for k in y]\n    return z", "iter(y)"),
        ("def f(i):\n    return {i for i in i}", "{iter(i) for i}"),
    ]);
    assert_eq!(
        returned("def g(y):\n    return [lambda: i for i in y]", "<lambda>"),
        ["<unknown construct>"]
    );
    assert_eq!(exported("x = 1\ny = (x for x in [2])\n", "x"), "1");
}

#[test]
fn walrus() {
    check_returned(&[
        ("def f(a):\n    if (n := len(a)) > 1:\n        return n", "len(a)"),
        ("def f(a):\n    a and (n := a)\n    return n", "phi(<unknown unbound> unless a, a if a)"),
    ]);
}

#[test]
fn names_before_the_module_binds_them() {
    check_exported(&[
        ("from base import *\nx += ['a']", "(x + [\"a\"])"),
        ("from base import *\nx['a'] = 1", "update(x, [\"a\"] = 1)"),
        ("from base import *\nif c:\n    x = 1", "phi(1 if c, x unless c)"),
        ("x['a'] = 1", "nothing"),
        ("try:\n    x = unicode\nexcept NameError:\n    x = str", "phi(unicode, str)"),
        ("try:\n    x\nexcept NameError:\n    x = str", "phi(x, str)"),
        ("x = 1\ndel x", "nothing"),
    ]);
}
