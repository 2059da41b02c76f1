//! Hostile and broken input: no panic, no stack overflow, no blow-up, and trees that hold their invariants.

mod support;

use std::fmt::Write;

use proptest::prelude::*;
use support::check;
use tokscan::syntax::ast::{Ast, CutReason, ExprKind, StmtKind};
use tokscan::syntax::{dump, parse};

/// Parses on a stack of 2 MB, as threads have by default, and checks the tree.
fn parse_on_small_stack(text: String) -> Ast {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let handle = thread.spawn(move || {
        let ast = parse(&text);
        check(&text, &ast);
        dump(&ast);
        ast
    });
    handle.expect("a thread starts").join().expect("no panic")
}

fn depth_cuts(ast: &Ast) -> usize {
    ast.cuts.iter().filter(|cut| cut.why == CutReason::Depth).count()
}

/// Deeply nested text is cut, with one note.
fn assert_cut_once(text: String) {
    let head: String = text.chars().take(20).collect();
    assert_eq!(depth_cuts(&parse_on_small_stack(text)), 1, "{head}");
}

// ---- deep ----

#[test]
fn parentheses_of_any_depth_are_looked_through() {
    for depth in [5_000, 100_000] {
        let text = format!("x = {}1{}\n", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(dump(&parse_on_small_stack(text)), "(assign (targets x) 1)");
    }
}

#[test]
fn parentheses_over_several_lines_are_looked_through() {
    let text = format!("x = {}f(1){}\n", "(\n".repeat(100_000), ")\n".repeat(100_000));
    assert_eq!(dump(&parse_on_small_stack(text)), "(assign (targets x) (call f 1))");
}

#[test]
fn chains_of_postfixes_are_cut() {
    assert_cut_once(format!("x = a{}\n", ".b".repeat(100_000)));
    assert_cut_once(format!("x = a{}\n", "()".repeat(100_000)));
    assert_cut_once(format!("x = a{}\n", "[0]".repeat(100_000)));
    assert_cut_once(format!("x = a{}\n", ".b(c)[d]".repeat(30_000)));
}

#[test]
fn nested_brackets_are_cut() {
    for (open, close) in
        [("[", "]"), ("{1: ", "}"), ("f(", ")"), ("a[", "]"), ("(1, ", ")"), ("{", "}")]
    {
        assert_cut_once(format!("x = {}1{}\n", open.repeat(20_000), close.repeat(20_000)));
    }
}

#[test]
fn nested_prefixes_are_cut() {
    for prefix in ["not ", "-", "~", "await ", "lambda: ", "x if y else ", "a := ", "2 ** "] {
        let prefix = if prefix == "a := " { "(a := " } else { prefix };
        let close = if prefix.starts_with('(') { ")" } else { "" };
        assert_cut_once(format!("x = {}1{}\n", prefix.repeat(20_000), close.repeat(20_000)));
    }
}

#[test]
fn nested_comprehensions_and_strings_are_cut() {
    assert_cut_once(format!("x = {}1{}\n", "[".repeat(5_000), " for a in b]".repeat(5_000)));
    assert_cut_once(format!("x = {}1{}\n", "f'{".repeat(220), "}'".repeat(220)));
    assert_cut_once(format!("x = f'{{a:{}1{}'\n", "{a:".repeat(2_000), "}".repeat(2_001)));
    assert_cut_once(format!("x: {}int{} = 1\n", "list[".repeat(5_000), "]".repeat(5_000)));
    let pattern = format!("match a:\n case {}1{}: pass\n", "[".repeat(5_000), "]".repeat(5_000));
    assert_cut_once(pattern);
}

#[test]
fn mixed_operators_are_cut() {
    assert_cut_once(format!("x = 1{}\n", " + 2 - 3".repeat(20_000)));
    assert_cut_once(format!("x = a{}\n", " and (b or c".repeat(5_000)) + &")".repeat(5_000));
}

#[test]
fn nested_blocks_are_cut() {
    for head in ["if a:", "while a:", "def f():", "class A:", "with a:", "for a in b:", "try:"] {
        let mut text = String::new();
        for depth in 0..600 {
            writeln!(text, "{}{head}", " ".repeat(depth)).unwrap();
        }
        writeln!(text, "{}pass", " ".repeat(600)).unwrap();
        let ast = parse_on_small_stack(text);
        assert!(depth_cuts(&ast) >= 1, "{head}");
    }
}

#[test]
fn blocks_and_expressions_share_one_limit() {
    let mut text = String::new();
    for depth in 0..99 {
        writeln!(text, "{}if a:", " ".repeat(depth)).unwrap();
    }
    writeln!(text, "{}x = {}1{}", " ".repeat(99), "[".repeat(500), "]".repeat(500)).unwrap();
    assert_eq!(depth_cuts(&parse_on_small_stack(text)), 1);
}

#[test]
fn more_widths_of_indentation_than_the_scanner_holds() {
    // An odd number of open strings and many widths would overrun a buffer of the grammar's scanner.
    let mut text = String::new();
    for depth in 0..700 {
        writeln!(text, "{}if a:", " ".repeat(depth)).unwrap();
    }
    for quotes in ["f'{'b'}'", "'b'", "f\"{f'{c}'}\"", "'"] {
        let ast = parse_on_small_stack(format!("{text}{}x = {quotes}\n", " ".repeat(700)));
        assert!(depth_cuts(&ast) >= 1);
    }
}

// ---- long ----

#[test]
fn a_long_chain_is_one_node() {
    for op in ["+", "*", "|", "&", "-"] {
        let text = format!("x = a{}\n", format!(" {op} a").repeat(20_000));
        let ast = parse_on_small_stack(text);
        let longest = ast.exprs.iter().filter_map(|expr| match &expr.kind {
            ExprKind::Chain { operands, .. } => Some(operands.len()),
            _ => None,
        });
        assert_eq!(longest.max(), Some(20_001));
        assert_eq!(ast.cuts, []);
    }
}

#[test]
fn a_long_condition_is_one_node() {
    let ast = parse_on_small_stack(format!("x = a{}\n", " or a".repeat(20_000)));
    assert_eq!((ast.exprs.len(), ast.cuts.len()), (20_003, 0));
    let ast = parse_on_small_stack(format!("x = a{}\n", " < a".repeat(20_000)));
    assert_eq!((ast.exprs.len(), ast.cuts.len()), (20_003, 0));
}

#[test]
fn a_long_ladder_is_one_statement() {
    let ladder = "elif a:\n  b\n".repeat(50_000);
    let ast = parse_on_small_stack(format!("if a:\n  b\n{ladder}else:\n  c\n"));
    let StmtKind::If { branches, orelse } = &ast.stmts[ast.body[0]].kind else { panic!("no if") };
    assert_eq!((branches.len(), orelse.len(), ast.cuts.len()), (50_001, 1, 0));
}

#[test]
fn long_flat_text_is_kept_whole() {
    let assignment = parse_on_small_stack(format!("{}1\n", "a = ".repeat(50_000)));
    let StmtKind::Assign { targets, .. } = &assignment.stmts[assignment.body[0]].kind else {
        panic!("no assignment")
    };
    assert_eq!(targets.len(), 50_000);
    let strings = parse_on_small_stack(format!("x = ({})\n", "'a' ".repeat(100_000)));
    assert_eq!(strings.exprs.len(), 2);
    let list = parse_on_small_stack(format!("x = [{}]\n", "1, ".repeat(200_000)));
    assert_eq!((list.exprs.len(), list.cuts.len()), (200_002, 0));
}

#[test]
fn one_line_of_four_megabytes() {
    let ast = parse_on_small_stack(format!("x = [{}]\n", "'abc', ".repeat(600_000)));
    assert_eq!(ast.errors, []);
    let ast = parse_on_small_stack(format!("x = '{}'\n", "abc ".repeat(1_000_000)));
    assert_eq!(ast.exprs.len(), 2);
    let ast = parse_on_small_stack("a=1;".repeat(1_000_000));
    assert_eq!(ast.body.len(), 1_000_000);
}

// ---- broken ----

#[test]
fn unbalanced_brackets_end_in_time() {
    for text in [
        "(", "[", "{", ")", "f(", "a.", "if a:\n", "'", "\"\"\"", "f'{", "@", "\\", "x = (\n",
        "def f(", "class ", "lambda", "[",
    ] {
        parse_on_small_stack(text.repeat(20_000));
    }
}

#[test]
fn what_surrounds_an_error_is_kept() {
    let text = "import a\n\ndef f(x):\n    return g(x)\n\ndef broken(:\n    h(1\n\ndef k():\n    return m()\n\nz = n()\n";
    let ast = parse_on_small_stack(text.to_owned());
    assert!(!ast.errors.is_empty());
    let dump = dump(&ast);
    for kept in
        ["(import a)", "(def f (x)", "(call g x)", "(call m)", "(assign (targets z) (call n))"]
    {
        assert!(dump.contains(kept), "{kept} in\n{dump}");
    }
}

#[test]
fn nul_is_an_error_and_no_end() {
    let ast = parse_on_small_stack("a = 1\n\0b = 2\nc = '\0'\n".to_owned());
    assert_eq!(ast.errors, [(6, 7), (18, 19)]);
    assert!(dump(&ast).contains("(assign (targets c) \"\\x00\")"));
}

#[test]
fn line_ends_of_all_kinds() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!(
            "# c{end}if a:{end}    b = '''x{end}y'''{end}else:{end}    c  # d{end}e = 1{end}"
        );
        let ast = parse_on_small_stack(text.clone());
        let want = "(if\n  (branch a\n    (assign (targets b) \"x\\ny\"))\n  (else\n    (expr c)))\n(assign (targets e) 1)";
        assert!(dump(&ast).starts_with(want), "{}", dump(&ast));
        let comments: Vec<&str> =
            ast.comments.iter().map(|c| &text[c.start as usize..c.end as usize]).collect();
        assert_eq!(comments, ["# c", "# d"]);
        assert_eq!(ast.errors, []);
    }
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let ast = parse_on_small_stack("\u{feff}# c\nx = 1\n".to_owned());
    assert_eq!(dump(&ast), "(assign (targets x) 1)\n(comment 3..6 own)");
}

#[test]
fn empty_and_blank_files_have_no_body() {
    for text in ["", "\n", "   ", "\t\n\r\n", "\u{feff}", "\\\n", "#", "\x0c", ";"] {
        let ast = parse_on_small_stack(text.to_owned());
        assert!(
            ast.body.iter().all(|&stmt| matches!(ast.stmts[stmt].kind, StmtKind::Error(_))),
            "{text:?}"
        );
    }
}

#[test]
fn python_2_is_read_with_errors() {
    let text = "print 'a' % b, c\nprint >>f, d\nexec code in ns\nraise E, 'm'\ntry:\n    g()\nexcept A, e:\n    h(e)\nx = `i`\nj = 0777L\nk <> l\ndef m(a, (b, c)): n(a)\n";
    let ast = parse_on_small_stack(text.to_owned());
    assert!(ast.errors.len() >= 6, "{:?}", ast.errors);
    let dump = dump(&ast);
    for kept in [
        "(call print (% \"a\" b) c)",
        "(call print file=f d)",
        "(call g)",
        "(call h e)",
        "(call n a)",
        "(targets j) 511",
    ] {
        assert!(dump.contains(kept), "{kept} in\n{dump}");
    }
}

// ---- anything ----

/// Python with something of everything, to be cut and spliced.
const SAMPLE: &str = include_str!("support/snippets.txt");

fn near_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn mutated_python() -> impl Strategy<Value = String> {
    let edit = (
        0..SAMPLE.len(),
        0..40_usize,
        "[-(){}\\[\\]:;,.=*@'\"#\\\\ \tfbr\nA-z0-9\u{e9}\u{0}\r]{0,6}",
    );
    let window = (0..SAMPLE.len(), 1..2_000_usize);
    (window, proptest::collection::vec(edit, 0..12)).prop_map(|((from, length), edits)| {
        let (start, end) = (near_boundary(SAMPLE, from), near_boundary(SAMPLE, from + length));
        let mut text = SAMPLE[start..end].replace("\n----\n", "\n");
        for (at, removed, inserted) in edits {
            let at = near_boundary(&text, at % (text.len() + 1));
            let end = near_boundary(&text, at + removed);
            text.replace_range(at..end.max(at), &inserted);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        check(&text, &parse(&text));
    }

    #[test]
    fn arbitrary_tokens(text in "([a-c(){}\\[\\]:;,.=*@'\"#\\\\+&^ \t\n\r0-9]|if |def |class |lambda |match |case |type |print |not |f'|\n    |async |await |for |in |with |as |import |from ){0,60}") {
        check(&text, &parse(&text));
    }

    #[test]
    fn broken_python(text in mutated_python()) {
        let ast = parse(&text);
        check(&text, &ast);
        dump(&ast);
    }
}
