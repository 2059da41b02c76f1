use super::{check_exported, check_returned, code};

#[test]
fn branches() {
    check_exported(&[
        ("x = 1\nif c:\n    x = 2", "phi(2 if c, 1 unless c)"),
        ("if c:\n    x = 1\nelse:\n    x = 2", "phi(1 if c, 2 unless c)"),
        ("if c:\n    x = 1\nelse:\n    x = 1", "1"),
        (
            "x = 0\nif c:\n    x = 1\nelif d:\n    x = 2\nelse:\n    x = 3",
            "phi(1 if c, 2 if d, 3 unless d)",
        ),
        (
            "x = 0\nif c:\n    x = 1\nelif d:\n    pass\nelif e:\n    x = 2",
            "phi(1 if c, 0, 2 if e)",
        ),
        (
            "x = 0\nif c:\n    if d:\n        x = 1\n",
            "phi(phi(1 if d, 0 unless d) if c, 0 unless c)",
        ),
        ("x = 1 if c else 2", "phi(1 if c, 2 unless c)"),
        ("x = 1 if c else 1", "1"),
        ("x = a() if c else b()", "phi(a() if c, b() unless c)"),
        ("x = a or b", "(a or b)"),
        ("if c:\n    x = 1\nelse:\n    raise E", "1"),
        ("x = 1\nif not k:\n    raise E\n", "1"),
    ]);
}

#[test]
fn early_ends_leave_other_values_alone() {
    check_returned(&[
        ("def f(k):\n    if not k:\n        k = 1\n        raise E\n    return k", "k"),
        ("def f(k):\n    if k:\n        return 1\n    return k", "1 | k"),
        (
            "def f(k):\n    for i in k:\n        if i:\n            k = 1\n            continue\n        k = 2\n    return k",
            "phi(k, 1, 2)",
        ),
        (
            "def f(k):\n    for i in k:\n        if i:\n            k = 1\n            break\n    return k",
            "phi(k, 1)",
        ),
        ("def f(k):\n    return k\n    k = 1\n    return k", "k | 1"),
    ]);
}

#[test]
fn loops() {
    check_returned(&[
        ("def f(k):\n    while k:\n        k = g(k)\n    return k", "phi(k, g(<loop>))"),
        (
            "def f(k):\n    for i in k:\n        pass\n    return i",
            "phi(<unknown unbound>, iter(k))",
        ),
        (
            "def f(k):\n    n = 0\n    for i in k:\n        n += i\n    return n",
            "phi(0, (<loop> + iter(k)))",
        ),
        (
            "def f(k):\n    while True:\n        k = g()\n        if k:\n            break\n    return k",
            "g()",
        ),
        ("def f(k):\n    while k:\n        k = 1\n        break\n    return k", "phi(k, 1)"),
        (
            "def f(k):\n    for i in k:\n        x = 1\n        break\n    else:\n        x = 2\n    return x",
            "phi(2, 1)",
        ),
        (
            "def f(k):\n    for i in k:\n        for j in i:\n            k = j\n    return k",
            "phi(k, phi(<loop>, iter(iter(k))))",
        ),
        // Assigned, but never on a way back to the head: no choice at all.
        (
            "def f(k):\n    while a:\n        use(k)\n        if b:\n            k = 1\n            return k\n    return k",
            "k | 1",
        ),
    ]);
    // Terms that used the phi use the value instead.
    let text = code(
        "def f(k):\n    while a:\n        use(k.x)\n        if b:\n            k = 1\n            return k\n",
        "f",
    );
    assert!(text.contains("eval use(k.x)"), "{text}");
    let endless = code("def f():\n    while 1:\n        g()\n    h()\n", "f");
    assert_eq!(
        endless,
        "  b0\n    goto b1\n  b1\n    goto b2\n  b2\n    eval g()\n    goto b1\n  b3\n    eval h()\n    return"
    );
}

#[test]
fn shape_of_branches_and_loops() {
    assert_eq!(
        code("def f(a):\n    if a:\n        g()\n    h()\n", "f"),
        "  b0\n    if a goto b1 else b2\n  b1\n    eval g()\n    goto b2\n  b2\n    eval h()\n    return"
    );
    assert_eq!(
        code("def f(a):\n    for i in a():\n        g(i)\n    h()\n", "f"),
        "  b0\n    eval a()\n    goto b1\n  b1\n    for a() goto b2 else b3\n  b2\n    i = iter(a())\n    \
         eval g(iter(a()))\n    goto b1\n  b3\n    eval h()\n    return"
    );
    assert_eq!(
        code("def f(a):\n    assert a, m()\n    g()\n", "f"),
        "  b0\n    if a goto b1 else b2\n  b1\n    eval g()\n    return\n  b2\n    eval m()\n    \
         eval AssertionError(m())\n    raise AssertionError(m())"
    );
    assert_eq!(
        code("def f(a):\n    a() and b()\n    c()\n", "f"),
        "  b0\n    eval a()\n    if a() goto b1 else b2\n  b1\n    eval b()\n    goto b3\n  b2\n    goto b3\n  \
         b3\n    eval (a() and b())\n    eval c()\n    return"
    );
}

#[test]
fn handlers_see_every_value_of_the_body() {
    check_returned(&[
        (
            "def f(a):\n    try:\n        a = g()\n        a = h(a)\n    except E:\n        return a",
            "phi(a, g(), h(g()))",
        ),
        (
            "def f(a):\n    try:\n        a = g()\n    except E:\n        a = 1\n    return a",
            "phi(g(), 1)",
        ),
        ("def f(a):\n    try:\n        a = g()\n    except E:\n        raise\n    return a", "g()"),
        (
            "def f(a):\n    try:\n        g()\n    except E:\n        a = 1\n    else:\n        a = 2\n    return a",
            "phi(2, 1)",
        ),
        (
            "def f():\n    try:\n        g()\n    except (A, B) as e:\n        return str(e)",
            "str(caught((A, B)))",
        ),
        (
            "def f():\n    try:\n        g()\n    except E as e:\n        pass\n    return e",
            "<unknown unbound>",
        ),
        (
            "def f(a):\n    try:\n        try:\n            a = 1\n        except A:\n            a = 2\n    except B:\n        return a",
            "phi(a, 1, 2)",
        ),
    ]);
}

#[test]
fn exception_edges() {
    assert_eq!(
        code(
            "def f():\n    a()\n    try:\n        b()\n    except E:\n        c()\n    d()\n",
            "f"
        ),
        "  b0\n    eval a()\n    goto b2\n  b1\n    eval c()\n    goto b3\n  b2 (raises to b1)\n    eval b()\n    \
         goto b3\n  b3\n    eval d()\n    return"
    );
    let nested = code(
        "def f():\n    try:\n        try:\n            b()\n        except E:\n            c()\n    except:\n        d()\n",
        "f",
    );
    assert!(nested.contains("(raises to b3, b1)\n    eval b()"), "{nested}");
    assert!(nested.contains("(raises to b1)\n    eval c()"), "{nested}");
    let bare = code(
        "def f():\n    try:\n        try:\n            b()\n        except:\n            c()\n    except:\n        d()\n",
        "f",
    );
    assert!(bare.contains("(raises to b3)\n    eval b()"), "{bare}");
}

#[test]
fn finally_runs_on_every_exit() {
    assert_eq!(
        code("def f():\n    try:\n        b()\n    finally:\n        c()\n    d()\n", "f"),
        "  b0\n    goto b2\n  b1\n    eval c()\n    raise\n  b2 (raises to b1)\n    eval b()\n    goto b3\n  \
         b3\n    eval c()\n    eval d()\n    return"
    );
    let early = code("def f():\n    try:\n        return b()\n    finally:\n        c()\n", "f");
    assert!(early.contains("eval c()\n    return b()"), "{early}");
    assert_eq!(early.matches("eval c()").count(), 2, "{early}");
    let jumps = code(
        "def f(a):\n    for i in a:\n        try:\n            if i:\n                break\n            if a:\n                continue\n            g()\n        finally:\n            c()\n    h()\n",
        "f",
    );
    assert_eq!(jumps.matches("eval c()").count(), 4, "{jumps}");
    let long = "        c()\n".repeat(13);
    let shared = code(
        &format!(
            "def f(a):\n    try:\n        if a:\n            return b()\n    finally:\n{long}    d()\n"
        ),
        "f",
    );
    assert_eq!(shared.matches("eval c()").count(), 13, "{shared}");
    assert!(
        shared.contains("return b()") && shared.contains("raise") && shared.contains("eval d()"),
        "{shared}"
    );
    check_returned(&[
        ("def f(a):\n    try:\n        a = 1\n    finally:\n        g(a)\n    return a", "1"),
        (
            "def f(a):\n    try:\n        if a:\n            return 1\n        return 2\n    finally:\n        g(a)",
            "phi(1, 2)",
        ),
        ("def f(a):\n    try:\n        return 1\n    finally:\n        return 2", "2 | 2"),
        (
            "def f(a):\n    try:\n        try:\n            return 1\n        finally:\n            a = 1\n    finally:\n        a = 2",
            "1",
        ),
    ]);
}

#[test]
fn matching() {
    assert_eq!(
        code(
            "def f(a):\n    match a:\n        case 1:\n            b()\n        case c:\n            d(c)\n    e()\n",
            "f"
        ),
        "  b0\n    if case(a, 1) goto b1 else b2\n  b1\n    eval b()\n    goto b3\n  b2\n    c = a\n    \
         eval d(a)\n    goto b3\n  b3\n    eval e()\n    return"
    );
    check_returned(&[
        (
            "def f(a):\n    match a:\n        case 1:\n            x = 1\n        case _:\n            x = 2\n    return x",
            "phi(1 if case(a, 1), 2 unless case(a, 1))",
        ),
        (
            "def f(a):\n    x = 0\n    match a:\n        case 1 if g:\n            x = 1\n    return x",
            "phi(1 if g, 0 unless g)",
        ),
        ("def f(a):\n    match a:\n        case [b, c]:\n            return c\n", "rest(a)"),
    ]);
}
