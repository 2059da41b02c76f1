use super::{check_exported, check_returned, code};

#[test]
fn mutations_make_versions() {
    check_exported(&[
        ("x = {}\nx['a'] = 1", "update({}, [\"a\"] = 1)"),
        ("x = {}\nx['a']['b'] = 1", "update({}, [\"a\"][\"b\"] = 1)"),
        ("x = {'a': 1}\ndel x['a']", "update({\"a\": 1}, del [\"a\"])"),
        ("x = []\nx.append(1)\nx += [2]", "(update([], .append(1)) + [2])"),
        ("x = {}\nx['a']['b'].update(c=1)", "update({}, [\"a\"][\"b\"].update(c=1))"),
        ("x = {'n': 1}\nx['n'] += 2", "update({\"n\": 1}, [\"n\"] = ({\"n\": 1}[\"n\"] + 2))"),
        ("x = []\nif c:\n    x.append(1)", "phi(update([], .append(1)) if c, [] unless c)"),
        ("x = []\nfor i in y:\n    x.append(i)", "phi([], update(<loop>, .append(iter(y))))"),
        ("x = {}\nx.get('a')", "{}"),
        ("x = y\nx.a.append(1)", "y"),
    ]);
    check_returned(&[
        ("def f(d):\n    d['a'] = 1\n    return d", "update(d, [\"a\"] = 1)"),
        ("def f():\n    d['a'] = 1\n    return d", "d"),
        ("def f(d):\n    return [d.append(i) for d in d]", "[iter(d).append(i) for d]"),
    ]);
    let class = code("class C:\n    a = {}\n    a['b'] = 1\n    d = a\n", "<module>");
    assert!(class.contains("c0.d = update({}, [\"b\"] = 1)"), "{class}");
}

#[test]
fn stores_and_calls_use_the_value_before() {
    assert_eq!(
        code("def f():\n    d = {}\n    d['a'] = g()\n    d.update(h(d))\n    return d\n", "f"),
        "  b0\n    d = {}\n    eval g()\n    store {}[\"a\"] = g()\n    eval h(update({}, [\"a\"] = g()))\n    \
         eval update({}, [\"a\"] = g()).update(h(update({}, [\"a\"] = g())))\n    \
         return update(escaped(update({}, [\"a\"] = g()) by h), .update(h(update({}, [\"a\"] = g()))))"
    );
}

#[test]
fn containers_escape() {
    check_returned(&[
        ("def f():\n    d = {}\n    g(d)\n    return d", "escaped({} by g)"),
        ("def f():\n    d = {}\n    g(a=d)\n    return d", "escaped({} by g)"),
        ("def f():\n    d = {}\n    g(**d)\n    return d", "{}"),
        ("def f():\n    d = []\n    g(*d)\n    return d", "[]"),
        ("def f():\n    d = dict(a=1)\n    g(d)\n    return d", "escaped(dict(a=1) by g)"),
        ("def f(s):\n    d = s.copy()\n    g(d)\n    return d", "escaped(s.copy() by g)"),
        ("def f(d):\n    g(d)\n    return d", "d"),
        ("def f():\n    d = (1, 2)\n    g(d)\n    return d", "(1, 2)"),
        ("def f():\n    d = 'a'\n    g(d)\n    return d", "\"a\""),
        ("def f():\n    d = {}\n    g(d, d)\n    return d", "escaped({} by g)"),
        (
            "def f():\n    d = {}\n    d['a'] = 1\n    g(d)\n    d['b'] = 2\n    return d",
            "update(escaped(update({}, [\"a\"] = 1) by g), [\"b\"] = 2)",
        ),
        (
            "def f(c):\n    d = [] if c else None\n    g(d)\n    return d",
            "escaped(phi([] if c, None unless c) by g)",
        ),
        (
            "def f(c):\n    d = []\n    for i in c:\n        g(d)\n    return d",
            "phi([], escaped(<loop> by g))",
        ),
        ("def f(c):\n    d = []\n    for i in c:\n        len(c)\n    return d", "[]"),
    ]);
}
