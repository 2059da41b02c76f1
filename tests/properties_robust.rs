//! Hostile code goes through the whole engine: no panic, no long wait, and what is found
//! elsewhere in the project is found all the same.

mod harness;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use harness::{analyse, found};

/// Longest that one hostile project may take, without optimisation and on a busy machine.
const LIMIT: Duration = Duration::from_secs(15);

/// A file with one finding.
const WEAK: &str = "import jwt\n\n\ndef read(raw):\n    return jwt.decode(raw, options={\"verify_signature\": False})\n";

/// Analyses hostile files next to a weak one; they must not hide its finding.
fn survives(name: &str, hostile: &[(&str, String)]) {
    let mut files = vec![("shop/weak.py".to_owned(), WEAK.to_owned())];
    files.extend(hostile.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
    let start = Instant::now();
    let outcome = analyse(&files);
    let took = start.elapsed();
    let kept = found(&outcome)
        .iter()
        .any(|f| f.rule == "jwt-signature-not-verified" && f.path == "shop/weak.py");
    assert!(kept, "{name}: the finding of another file is lost");
    let broken = outcome.coverage.cut_short.iter().find(|note| note.reason.contains("internal"));
    assert!(broken.is_none(), "{name}: {broken:?}");
    assert!(took < LIMIT, "{name}: {took:?}");
    #[expect(clippy::print_stderr, reason = "slow cases are worth knowing")]
    {
        eprintln!("{took:>10.1?} {name}");
    }
}

fn one(name: &str, text: impl Into<String>) {
    survives(name, &[("shop/hostile.py", text.into())]);
}

/// `line` for each number below `count`.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut out, i| {
        writeln!(out, "{}", line(i)).expect("writing to a string");
        out
    })
}

#[test]
fn deep_nesting() {
    for depth in [5_000, 100_000] {
        one("parentheses", format!("x = {}1{}\n", "(".repeat(depth), ")".repeat(depth)));
        one(
            "parentheses on lines",
            format!("x = {}1{}\n", "(\n".repeat(depth), ")\n".repeat(depth)),
        );
    }
    one("open parentheses", format!("x = {}\n", "(".repeat(100_000)));
    one("lists", format!("x = {}1{}\n", "[".repeat(5_000), "]".repeat(5_000)));
    one("dicts", format!("x = {}1{}\n", "{1: ".repeat(5_000), "}".repeat(5_000)));
    one("calls", format!("x = {}1{}\n", "f(".repeat(5_000), ")".repeat(5_000)));
    one("lambdas", format!("x = {}1\n", "lambda: ".repeat(5_000)));
    one("not", format!("x = {}1\n", "not ".repeat(20_000)));
    one("conditionals", format!("x = {}1\n", "1 if a else ".repeat(5_000)));
    one(
        "blocks",
        lines(1_000, |i| format!("{}if a:", " ".repeat(i))) + &" ".repeat(1_000) + "x = 1\n",
    );
    one(
        "functions",
        lines(500, |i| format!("{}def f():", " ".repeat(i))) + &" ".repeat(500) + "return 1\n",
    );
    one(
        "classes",
        lines(500, |i| format!("{}class C:", " ".repeat(i))) + &" ".repeat(500) + "x = 1\n",
    );
}

#[test]
fn long_chains() {
    one("sum", format!("x = {}\n", vec!["a"; 20_000].join(" + ")));
    one("sum of constants", format!("x = {}\n", vec!["1"; 20_000].join(" + ")));
    one("concatenation", format!("x = {}\n", vec!["'a'"; 20_000].join(" + ")));
    one("or", format!("x = {}\n", vec!["a"; 20_000].join(" or ")));
    one("comparisons", format!("x = {}\n", vec!["1"; 20_000].join(" < ")));
    one("attributes", format!("x = a{}\n", ".b".repeat(100_000)));
    one("items", format!("x = a{}\n", "[0]".repeat(20_000)));
    one("method calls", format!("x = a{}\n", ".b()".repeat(20_000)));
    one(
        "elif",
        "if a:\n    x = 0\n".to_owned() + &lines(5_000, |i| format!("elif a == {i}:\n    x = {i}")),
    );
    one("arguments", format!("f({})\n", vec!["a=1"; 50_000].join(", ")));
    one("dict", format!("x = {{{}}}\n", vec!["'a': 1"; 20_000].join(", ")));
}

#[test]
fn long_bodies() {
    one(
        "statements",
        "def f():\n".to_owned() + &lines(100_000, |i| format!("    x{} = {i}", i % 100)),
    );
    one("calls", "def f(x):\n".to_owned() + &lines(30_000, |_| "    g(x)".to_owned()));
    one("list that grows", "x = []\n".to_owned() + &lines(5_000, |i| format!("x = x + [{i}]")));
    one("list that appends", "x = []\n".to_owned() + &lines(5_000, |i| format!("x.append({i})")));
    one("text that grows", "x = ''\n".to_owned() + &lines(5_000, |i| format!("x += '{i}'")));
    one("dict that grows", "x = {}\n".to_owned() + &lines(5_000, |i| format!("x['k{i}'] = {i}")));
    one("doubling", "x = 'ab'\n".to_owned() + &lines(200, |_| "x = x + x".to_owned()));
    one("doubling lists", "x = [1]\n".to_owned() + &lines(200, |_| "x = x + x".to_owned()));
    one(
        "doubling dicts",
        "x = {}\n".to_owned() + &lines(200, |i| format!("x = {{'a{i}': x, 'b{i}': x}}")),
    );
    one("doubling tuples", "x = ()\n".to_owned() + &lines(200, |_| "x = (x, x)".to_owned()));
    one("doubling formats", "x = 'a'\n".to_owned() + &lines(200, |_| "x = f'{x}{x}'".to_owned()));
    one(
        "doubling calls",
        lines(200, |i| format!("def f{i}():\n    return f{}() + f{}()", i + 1, i + 1)),
    );
    one(
        "large numbers",
        "x = 10 ** 10 ** 10 ** 10\ny = 1 << 10 ** 9\nz = 'a' * 10 ** 9\nw = [0] * 10 ** 9\n",
    );
    one("dict in a loop", "x = {}\nfor i in range(10000):\n    x.update({i: x})\n    x[i] = x\n");
    one("nested loops", {
        let head = (0..15)
            .fold(String::new(), |out, i| out + &"    ".repeat(i) + &format!("for i{i} in x:\n"));
        head + &"    ".repeat(15) + "y = y + i0\n"
    });
    one(
        "branches",
        "def f(a):\n    x = 0\n".to_owned()
            + &lines(2_000, |i| format!("    if a == {i}:\n        x = x + {i}"))
            + "    return x\n\n\ny = f(1)\n",
    );
    one(
        "exceptions",
        "def f(a):\n".to_owned()
            + &lines(1_000, |i| {
                format!("    try:\n        x = {i}\n    except E{i}:\n        x = g(x)")
            }),
    );
}

#[test]
fn circles_of_functions() {
    one(
        "recursion",
        "def f(x):\n    return f(x)\n\n\ny = f(1)\nimport jwt\njwt.decode('a', options=f(2))\n",
    );
    one(
        "mutual recursion",
        "import jwt\n\n\ndef a(x):\n    return b(x)\n\n\ndef b(x):\n    return c(x) or a(x)\n\n\ndef c(x):\n    return a(x) if x else b(x)\n\n\njwt.decode('t', options=a({'verify_signature': False}))\n",
    );
    one("growing recursion", "def f(x):\n    return f([x, x])\n\n\ny = f(1)\n");
    one(
        "wrappers of each other",
        "import jwt\n\n\ndef a(*args, **kw):\n    return b(*args, **kw)\n\n\ndef b(*args, **kw):\n    jwt.decode(*args, **kw)\n    return a(*args, **kw)\n\n\na('t', options={'verify_signature': False})\n",
    );
    one(
        "many wrappers",
        "import jwt\n\n\ndef f0(**kw):\n    return jwt.decode('t', **kw)\n\n\n".to_owned()
            + &lines(300, |i| {
                format!("def f{}(**kw):\n    f{i}(**kw)\n    return f{i}(**kw)\n", i + 1)
            }),
    );
    one(
        "many callers",
        "import jwt\n\n\ndef f(o):\n    return jwt.decode('t', options=o)\n\n\n".to_owned()
            + &lines(2_000, |i| format!("f({{'x{i}': {i}}})")),
    );
    one("alias loop", "a = b\nb = a\na = b\nx = a.c.d\na()\n");
    one("function of itself", "def f(f=f):\n    return f\n\n\nf = f\nf(f)(f)\n");
    one("decorators", "@d\ndef d(d):\n    return d\n\n\n@d\n@d\nclass D:\n    d = d\n    D = d\n");
    one(
        "properties",
        "class A:\n    @property\n    def x(self):\n        return self.y\n\n    @property\n    def y(self):\n        return self.x\n\n\nz = A().x\n",
    );
    one(
        "attributes of self",
        "class A:\n    def __init__(self):\n        self.a = self.b\n        self.b = self.a\n        self.c = A().c\n\n\nx = A().a.b.c\n",
    );
    one(
        "closures",
        lines(300, |i| format!("{}def f{i}(x{i}):", " ".repeat(i)))
            + &" ".repeat(300)
            + "return x0 + x1\n",
    );
}

#[test]
fn circles_of_modules() {
    let file = |path: &'static str, text: &str| (path, text.to_owned());
    survives(
        "imports",
        &[
            file("shop/a.py", "from .b import x\nfrom shop.b import y as z\n"),
            file("shop/b.py", "from .c import x\nfrom .a import z as y\n"),
            file("shop/c.py", "from .a import x\nimport jwt\njwt.decode(x, options=x)\n"),
        ],
    );
    survives(
        "stars",
        &[
            file("shop/__init__.py", "from .a import *\nfrom .b import *\nfrom . import *\n"),
            file("shop/a.py", "from .b import *\nfrom shop import *\nx = y\n"),
            file("shop/b.py", "from .a import *\nfrom .b import *\ny = x\nz(x.y)\n"),
        ],
    );
    survives(
        "packages",
        &[
            file("shop/__init__.py", "from .shop import shop\nfrom shop import shop as s\n"),
            file(
                "shop/shop.py",
                "from . import shop\nfrom .shop import shop\nimport shop.shop.shop\nx = shop.shop.shop.shop\n",
            ),
        ],
    );
    survives(
        "settings",
        &[
            file("shop/settings/base.py", "from .prod import *\nDEBUG = DEBUG or SECRET\n"),
            file(
                "shop/settings/prod.py",
                "from .base import *\nDEBUG = not DEBUG\nROOT_URLCONF = 'x'\nDATABASES = DATABASES | DATABASES\n",
            ),
            file("shop/settings/__init__.py", "from .prod import *\n"),
            file(
                "manage.py",
                "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\n",
            ),
        ],
    );
    let chain: Vec<(String, String)> = (0..300)
        .map(|i| {
            (
                format!("shop/m{i}.py"),
                format!("from .m{} import *\nfrom .m{} import x as x{i}\n", i + 1, i + 1),
            )
        })
        .collect();
    let chain: Vec<(&str, String)> = chain.iter().map(|(p, t)| (p.as_str(), t.clone())).collect();
    survives("a chain of stars", &chain);
    let every = (0..40).map(|i| format!("from .m{i} import *\n")).collect::<String>();
    let all: Vec<(String, String)> = (0..40)
        .map(|i| (format!("shop/m{i}.py"), format!("{every}x{i} = x{}\n", (i + 1) % 40)))
        .collect();
    let all: Vec<(&str, String)> = all.iter().map(|(p, t)| (p.as_str(), t.clone())).collect();
    survives("stars of all in all", &all);
}

#[test]
fn circles_of_classes() {
    one("itself", "class A(A):\n    x = A.x\n\n\nA().x.y()\n");
    one(
        "each other",
        "class A(B):\n    pass\n\n\nclass B(A):\n    x = 1\n\n\nclass C(A, B, C, object):\n    pass\n\n\nC().x\nC.y()\n",
    );
    one(
        "metaclass",
        "class M(type, metaclass=M):\n    pass\n\n\nclass A(M, metaclass=A):\n    pass\n",
    );
    one(
        "a tower",
        lines(2_000, |i| format!("class C{}(C{i}):\n    x{i} = 1\n", i + 1))
            + "y = C2000.x0\nz = C2000().x0()\n",
    );
    one(
        "diamonds",
        "class A0: pass\nclass B0: pass\n".to_owned()
            + &lines(100, |i| {
                format!("class A{}(A{i}, B{i}): pass\nclass B{}(A{i}, B{i}): pass", i + 1, i + 1)
            })
            + "x = A100().y\n",
    );
}

#[test]
fn methods_that_take_nothing() {
    let class = "class Client:\n    def __init__(self, token):\n        self.token = token\n";
    let used = "client = Client(os.environ[\"API_TOKEN\"])\n";
    let shown = "client.show()\nprint(f\"{client}\")\n";
    let bare = "    def show():\n        pass\n\n    def __str__():\n        return \"\"\n";
    one("no self", format!("import os\n\n\n{class}\n{bare}\n\n{used}{shown}"));
    let replace = "def replace(method):\n    def wrapper():\n        pass\n\n    return wrapper\n";
    let wrapped = "    @replace\n    def show(self):\n        pass\n";
    one(
        "a wrapper without self",
        format!("import os\n\n\n{replace}\n\n{class}\n{wrapped}\n\n{used}{shown}"),
    );
}

#[test]
fn garbage() {
    one(
        "bytes",
        (0..50_000_u32).map(|i| char::from_u32(i * 7 % 0xd7ff).unwrap_or(' ')).collect::<String>(),
    );
    one("one long line", format!("x = '{}'\n", "ab ".repeat(500_000)));
    one("many lines", "\n".repeat(200_000));
    one("open text", format!("x = '''{}", "a\n".repeat(50_000)));
    one("carriage returns", "x = 1\ry = 2\rdef f(\r".repeat(2_000));
    one(
        "indentation",
        (0..3_000).map(|i| format!("{}x\n", " \t".repeat(i * 7 % 11))).collect::<String>(),
    );
    one("Python 2", "print 'a'\nexec 'b'\nraise E, 'c'\nx = `y`\nif a <> b: pass\n".repeat(500));
    one(
        "keywords",
        "def class if else return ( [ { lambda : async await match case *\n".repeat(500),
    );
}
