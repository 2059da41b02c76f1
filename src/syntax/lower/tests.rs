use crate::base::Span;
use crate::syntax::ast::{Ast, ExprKind, MAX_DEPTH, StmtKind};
use crate::syntax::{dump, parse};

/// The dump without the notes after it.
fn tree(text: &str) -> String {
    let dump = dump(&parse(text));
    let is_note = |line: &&str| line.starts_with("(comment") || line.starts_with("(error");
    dump.lines().filter(|line| !is_note(line)).collect::<Vec<_>>().join("\n")
}

fn source<'t>(text: &'t str, ast: &Ast, span: Span) -> &'t str {
    let start = ast.block_starts[span.block.0 as usize];
    &text[(start + span.start) as usize..(start + span.end) as usize]
}

/// The source of all expressions, children first.
fn sources(text: &str) -> Vec<&str> {
    let ast = parse(text);
    ast.exprs.iter().map(|expr| source(text, &ast, expr.span)).collect()
}

// ---- where the grammar and Python disagree ----

#[test]
fn precedence_is_that_of_python() {
    for (text, want) in [
        ("a & b ^ c", "(^ (& a b) c)"),
        ("a ^ b & c ^ d", "(^ a (& b c) d)"),
        ("(a ^ b) & c", "(& (^ a b) c)"),
        ("await a ** b", "(** (await a) b)"),
        ("await a ** b ** c", "(** (await a) (** b c))"),
        ("(a := b if c else d)", "(:= a (if c b d))"),
        ("f'{a:=5}'", "(f {a : \"=5\"})"),
        ("f'{(a:=5)}'", "(f {(:= a 5)})"),
    ] {
        assert_eq!(tree(text), format!("(expr {want})"), "{text}");
    }
}

#[test]
fn a_star_applies_to_all_that_follows() {
    let want = "(assign (targets x) (tuple (* (. a b)) (* ([] c 0)) (* (+ d e))))";
    assert_eq!(tree("x = *a.b, *c[0], * d + e"), want);
    let want = ["x", "a", "a.b", "c", "a.b(c)", "* a.b(c)", "d", "* a.b(c), d"];
    assert_eq!(sources("x = * a.b(c), d"), want);
}

#[test]
fn the_word_type_may_be_a_name() {
    assert_eq!(tree("type(a).b = c"), "(assign (targets (. (call type a) b)) c)");
    assert_eq!(tree("type[a] = b"), "(assign (targets ([] type a)) b)");
    assert_eq!(tree("type X = a"), "(type X a)");
    let want = ["é", "1", "type", "a", "type(a)", "type(a).b", "c"];
    assert_eq!(sources("é = 1; type(a).b = c"), want);
}

#[test]
fn annotations_are_ordinary_expressions() {
    let want = "(annotate a (| ([] A int) (. b B) None) c)";
    assert_eq!(tree("a: A[int] | b.B | None = c"), want);
    let want = "(annotate a ([] tuple (tuple (* A) (slice 1 2 _) ...)))";
    assert_eq!(tree("a: tuple[*A, 1:2, ...]"), want);
}

// ---- today's grammar ----

#[test]
fn type_parameters_may_have_defaults() {
    for text in ["def f[T = int](): pass", "class A[*Ts = *X]: pass", "type X[T = int] = list[T]"] {
        assert_eq!(parse(text).errors, [], "{text}");
    }
}

#[test]
fn handlers_need_no_parentheses() {
    let text = "try: a\nexcept B, C.D: e\n";
    let want = "(try\n  (expr a)\n  (except (tuple B (. C D))\n    (expr e)))";
    assert_eq!(tree(text), want);
    assert_eq!(parse(text).errors, []);
}

#[test]
fn strings_of_all_prefixes() {
    for (text, want) in [
        (r#"'a' "b" r'\c' u'd'"#, r#""ab\\cd""#),
        (r"b'a' rb'\b' B'c'", r#"b"a\\bc""#),
        (r"f'a{b}' 'c' rf'{d}\e'", r#"(f "a" {b} "c" {d} "\\e")"#),
        ("f'{a!r:>{b}.{c}} {{}}'", r#"(f {a !r : ">" {b} "." {c}} " {}")"#),
        ("f'{d=} {e = !s:x}'", r#"(f {d =} " " {e = !s : "x"})"#),
        (r#"f'{f"{f'''{a}'''}"}'"#, "(f {(f {(f {a})})})"),
        ("f'{a:{b:{c}}}'", "(f {a : {b : {c}}})"),
        ("f'{a,} {*d, e} {yield}'", r#"(f {(tuple a)} " " {(tuple (* d) e)} " " {(yield)})"#),
        ("t'a{b}'", r#"(f "a" {b})"#),
    ] {
        assert_eq!(tree(text), format!("(expr {want})"), "{text}");
        assert_eq!(parse(text).errors, [], "{text}");
    }
}

#[test]
fn bytes_and_text_do_not_mix() {
    assert_eq!(parse("'a' b'b'").errors, [(0, 8)]);
}

#[test]
fn decorators_belong_to_the_statement() {
    let text = "a\n@b\n# c\n@d(e)\nasync def f(): g\n";
    let ast = parse(text);
    let stmt = &ast.stmts[ast.body[1]];
    assert_eq!(source(text, &ast, stmt.span), "@b\n# c\n@d(e)\nasync def f(): g");
    let StmtKind::Function(function) = &stmt.kind else { panic!("no function") };
    assert_eq!(function.decorators.len(), 2);
    assert_eq!(source(text, &ast, function.name.span), "f");
}

// ---- places and notes ----

#[test]
fn spans_are_relative_to_their_block() {
    let text = "é = 'ü'\n\n\ndef f(ä):\n    return ä.ö('日本', k=1)\n";
    let ast = parse(text);
    assert_eq!(ast.block_starts, [0, 12]);
    assert_eq!(sources(text), ["é", "'ü'", "ä", "ä.ö", "'日本'", "1", "ä.ö('日本', k=1)"]);
    let moved = parse(&format!("# more\n\n{text}"));
    let spans = |ast: &Ast| ast.exprs.iter().map(|expr| expr.span).collect::<Vec<_>>();
    assert_eq!(spans(&moved), spans(&ast));
}

#[test]
fn argument_spans_hold_the_name() {
    let text = "f(a, *b, c=d, **e, (g))";
    let ast = parse(text);
    let ExprKind::Call { args, .. } = &ast.exprs.last().unwrap().kind else { panic!("no call") };
    let written: Vec<&str> = args.iter().map(|arg| source(text, &ast, arg.span)).collect();
    assert_eq!(written, ["a", "*b", "c=d", "**e", "(g)"]);
}

#[test]
fn comments_are_found_anywhere() {
    let text = "\
# 0
x = f(  # 1
  # 2
  a,  # 3
  b=[  # 4
    1, # 5
  ],
  c={ # 6
   2: # 7
 3, # 8
}) # 9
if (a # 10
  ): # 11
  pass # 12
 # 13
@d # 14
# 15
def e(f, # 16
  g): # 17
  return ( # 18
  h) # 19
from i import ( # 20
  j, # 21
)
f'''{k # 22
}'''
l[m # 23
: # 24
 n]
(o # 25
 .p # 26
 + q) # 27";
    let ast = parse(text);
    let found = ast.comments.iter().map(|c| &text[c.start as usize..c.end as usize]);
    let all: Vec<String> = (0..28).map(|number| format!("# {number}")).collect();
    assert_eq!(found.collect::<Vec<_>>(), all);
    let own: Vec<usize> = (0..28).filter(|&index| ast.comments[index].own_line).collect();
    assert_eq!(own, [0, 2, 13, 15]);
}

#[test]
fn what_can_be_read_inside_an_error_is_kept() {
    for (text, kept) in [
        ("for x y:\n    b = f(c)\nd = 2\n", vec!["(call f c)"]),
        (
            "class A:\n    def f(self):\n        x = g(\n    def h(self):\n        return k(1)\n",
            vec!["(class A", "(def f (self)", "(call k 1)"],
        ),
        ("x = {'a': g(1), 'b' h(2)}\ny = 3\n", vec!["(call g 1)", "(assign (targets y) 3)"]),
        (
            "def f():\n    x = g(a b(c), d)\n    return e\n",
            vec!["(call g ", "(call b c)", "(return e)"],
        ),
        ("if a:\n    b(\nelse:\n    c()\nd = e()\n", vec!["(call c)", "(call e)"]),
    ] {
        let ast = parse(text);
        let dump = dump(&ast);
        assert!(!ast.errors.is_empty(), "{text}");
        for kept in kept {
            assert!(dump.contains(kept), "{kept} of\n{text}in\n{dump}");
        }
    }
}

#[test]
fn the_limit_is_exact() {
    let nested = |depth: u32| "[".repeat(depth as usize) + "1" + &"]".repeat(depth as usize);
    assert_eq!(parse(&nested(MAX_DEPTH - 1)).cuts, []);
    let cuts = parse(&nested(MAX_DEPTH)).cuts;
    assert_eq!(cuts.iter().map(|cut| cut.at).collect::<Vec<_>>(), [MAX_DEPTH]);
}

#[test]
fn each_statement_has_its_own_note() {
    let deep = "[".repeat(500) + "1" + &"]".repeat(500) + "\n";
    assert_eq!(parse(&deep.repeat(3)).cuts.len(), 3);
}
