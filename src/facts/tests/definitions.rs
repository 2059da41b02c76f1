use super::{facts_of, function, print};
use crate::facts::ir::{FileFacts, ImportedName};

fn imports(source: &str) -> Vec<String> {
    let facts = facts_of(source);
    let path = |path: &[crate::base::Symbol]| {
        path.iter().map(|&name| facts.names.resolve(name)).collect::<Vec<_>>().join(".")
    };
    facts
        .imports
        .iter()
        .map(|import| {
            let name = match import.name {
                ImportedName::Module => "module",
                ImportedName::One(name) => facts.names.resolve(name),
                ImportedName::Star => "*",
            };
            let guarded = if import.guarded { " guarded" } else { "" };
            format!("{} {} {name} f{}{guarded}", import.level, path(&import.module), import.scope.0)
        })
        .collect()
}

#[test]
fn imports_of_every_form() {
    let cases: [(&str, &[&str]); 9] = [
        ("import a", &["0 a module f0"]),
        ("import a.b", &["0 a module f0", "0 a.b module f0"]),
        ("import a.b as c, d", &["0 a.b module f0", "0 d module f0"]),
        ("from a.b import c as d, e", &["0 a.b c f0", "0 a.b e f0"]),
        ("from . import a", &["1  a f0"]),
        ("from ..a import *", &["2 a * f0"]),
        (
            "try:\n    import a\nexcept ImportError:\n    import b",
            &["0 a module f0 guarded", "0 b module f0 guarded"],
        ),
        ("if x:\n    def f():\n        import a", &["0 a module f1"]),
        ("with x:\n    import a", &["0 a module f0"]),
    ];
    for (source, expected) in cases {
        assert_eq!(imports(source), expected, "{source}");
    }
}

#[test]
fn dunder_all() {
    let cases: [(&str, Option<&[&str]>); 10] = [
        ("a = 1", None),
        ("__all__ = ['a', 'b']", Some(&["a", "b"])),
        ("__all__ = ('a',)", Some(&["a"])),
        (
            "__all__ = ['a']\n__all__ += ['b']\n__all__.extend(('c',))\n__all__.append('d')",
            Some(&["a", "b", "c", "d"]),
        ),
        ("__all__ = ['a']\n__all__ += other.__all__", None),
        ("__all__ = ['a', b]", None),
        ("__all__ = ['a']\n__all__.remove('a')", None),
        ("__all__ = ['a'] + ['b']", Some(&["a", "b"])),
        ("def f():\n    __all__ = ['a']", None),
        ("__all__: list = ['a']", Some(&["a"])),
    ];
    for (source, expected) in cases {
        let facts = facts_of(source);
        let names = facts
            .dunder_all
            .as_ref()
            .map(|names| names.iter().map(|&name| facts.names.resolve(name)).collect::<Vec<_>>());
        assert_eq!(names.as_deref(), expected, "{source}");
    }
}

fn class_text(facts: &FileFacts) -> String {
    let text = print(facts, &|_| false);
    text.lines()
        .skip_while(|line| !line.starts_with("class") && !line.starts_with('@'))
        .take_while(|line| !line.starts_with("module"))
        .map(|line| line.split(" @").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn classes() {
    let facts = facts_of(
        "class A(B, metaclass=M):\n    a = 1\n    b: int = 2\n    c: str\n    if x:\n        a = 3\n    \
         def m(self): pass\n    @property\n    def m(self): pass\n    class Meta:\n        d = a\n    del b\n",
    );
    assert_eq!(
        class_text(&facts),
        "class c0 A(B, metaclass=M) in f0\n  a = phi(3 if x, 1 unless x)\n  m = f2:m\n  Meta = c1:Meta\n  b: int\n  \
         c: str\n  def m f1\n  def m f2\nclass c1 Meta() in f0 of c0\n  d = a"
    );
    let (_, method) = function(&facts, "m");
    assert_eq!(method.class.map(|class| class.0), Some(0));
}

#[test]
fn functions() {
    let facts = facts_of(
        "@d(1)\nasync def f(a, /, b: int = 1, *c, e=2, **g) -> str:\n    global z\n    yield\nx = lambda q: q\n",
    );
    let text = print(&facts, &|_| false);
    assert!(
        text.contains(
            "@d(1)\nasync def f1 f(a (positional), b: int = 1, *c, e = 2 (keyword), **g) -> str in f0 generator @0..80\n  global z\n"
        ),
        "{text}"
    );
    assert!(text.contains("lambda f2 <lambda>(q) in f0 @"), "{text}");
}

#[test]
fn functions_are_numbered_in_source_order() {
    let facts = facts_of("def a():\n    def b(): pass\n    lambda: 1\ndef c(): pass\n");
    let names: Vec<_> = facts.fns.iter().map(|f| facts.names.resolve(f.name)).collect();
    assert_eq!(names, ["<module>", "a", "b", "<lambda>", "c"]);
    assert!(facts.fns.iter().skip(1).all(|f| f.parent.is_some()));
}

#[test]
fn suppressions() {
    let cases = [
        ("# tokscan: ignore[a-b] why not", true, false, "a-b", "why not"),
        ("x = 1  # tokscan: ignore[a, b2]", true, false, "a b2", ""),
        ("#tokscan:ignore-file[a] because", true, true, "a", "because"),
        ("# tokscan: ignore", false, false, "", ""),
        ("# tokscan: ignore[]", false, false, "", ""),
        ("# tokscan: ignore[A]", false, false, "", ""),
        ("# tokscan: ignore[a]why", false, false, "", ""),
        ("# tokscan: disable[a]", false, false, "", ""),
    ];
    for (source, well_formed, whole_file, rules, reason) in cases {
        let facts = facts_of(source);
        let [found] = facts.suppressions.as_slice() else { panic!("{source}") };
        assert_eq!(
            (
                found.well_formed,
                found.whole_file,
                found.rules.join(" ").as_str(),
                found.reason.as_str()
            ),
            (well_formed, whole_file, rules, reason),
            "{source}"
        );
        assert_eq!(found.own_line, source.starts_with('#'));
    }
    for source in ["x = '# tokscan: ignore[a]'", "# see tokscan: x", "# noqa"] {
        assert!(facts_of(source).suppressions.is_empty(), "{source}");
    }
}
