use crate::base::{FxHashMap, Span};
use crate::facts::ir::{FileFacts, FnIr, InstrKind, Term, TermId, Terminator};
use crate::facts::terms::each_child;
use crate::facts::{facts_of, print};
use crate::syntax::ast::CutReason;

/// Fails unless facts keep what `ir` promises.
pub(super) fn check(facts: &FileFacts, text: &str) {
    for function in &facts.fns {
        check_terms(function);
        check_blocks(function);
        check_evals(function, text);
        let spans = function.spans.iter().copied();
        let instrs = function.blocks.iter().flat_map(|block| &block.instrs);
        for span in spans.chain(instrs.map(|instr| instr.span)).chain([function.span]) {
            check_span(facts, span, text);
        }
    }
    for class in &facts.classes {
        let terms = facts.fns[class.scope].terms.len();
        let attrs = class.attrs.iter().chain(&class.annotated).map(|&(_, id, _)| id);
        assert!(attrs.chain(class.decorators.iter().copied()).all(|id| usize::from(id) < terms));
    }
    let packed = postcard::to_stdvec(facts).expect("facts serialize");
    let back: FileFacts = postcard::from_bytes(&packed).expect("facts deserialize");
    assert_eq!(&back, facts, "{text}");
    assert_eq!(packed, postcard::to_stdvec(&facts_of(text)).expect("facts serialize"), "{text}");
    assert!(print(facts, &|name| name == "a").ends_with('\n'));
}

fn check_terms(function: &FnIr) {
    assert_eq!(function.terms.len(), function.spans.len());
    for (id, term) in function.terms.iter_enumerated() {
        let mut term = term.clone();
        let phi = matches!(term, Term::Phi(_));
        each_child(&mut term, &mut |child: &mut TermId| {
            assert!(usize::from(*child) < function.terms.len());
            assert!(phi || *child < id, "{id:?} holds {child:?}");
        });
    }
}

fn check_blocks(function: &FnIr) {
    let exists = |node: &crate::facts::ir::NodeId| usize::from(*node) < function.blocks.len();
    for block in &function.blocks {
        assert!(block.handlers.iter().all(exists));
        let targets = match &block.end {
            Terminator::Goto(to) => vec![*to],
            Terminator::Branch { then, orelse, .. } => vec![*then, *orelse],
            Terminator::Loop { body, exit, .. } => vec![*body, *exit],
            Terminator::Return { .. } | Terminator::Raise { .. } => vec![],
        };
        assert!(targets.iter().all(exists));
    }
}

/// Every call is evaluated once: copies of `finally` bodies have calls of their own.
fn check_evals(function: &FnIr, text: &str) {
    let mut evals: FxHashMap<TermId, u32> = FxHashMap::default();
    for instr in function.blocks.iter().flat_map(|block| &block.instrs) {
        if let InstrKind::Eval(term) = instr.kind {
            *evals.entry(term).or_default() += 1;
        }
    }
    for (id, term) in function.terms.iter_enumerated() {
        if matches!(term, Term::Call { .. } | Term::Await(_) | Term::Yield(_) | Term::YieldFrom(_))
        {
            assert_eq!(evals.get(&id), Some(&1), "{id:?} in {text}");
        }
    }
}

fn check_span(facts: &FileFacts, span: Span, text: &str) {
    let start = facts.block_starts[usize::from(span.block)];
    let (from, to) = ((start + span.start) as usize, (start + span.end) as usize);
    assert!(from <= to && text.is_char_boundary(from) && text.is_char_boundary(to), "{span:?}");
}

#[test]
fn small_files() {
    for text in [
        "",
        "\n",
        "# comment",
        "x",
        "x = ",
        "def",
        "(",
        "class A",
        "return 1",
        "break",
        "é = 'ü'\né",
    ] {
        check(&facts_of(text), text);
    }
}

#[test]
fn deep_nesting() {
    let nested = |line: &str| {
        let mut text = String::new();
        for depth in 0..150 {
            text += &format!("{}{line}\n", " ".repeat(depth));
        }
        text + &" ".repeat(150) + "pass\n"
    };
    for line in [
        "if a:",
        "while a:",
        "for i in a:",
        "def f(a):",
        "class C(a):",
        "with a as b:",
        "async def f():",
    ] {
        let text = nested(line);
        check(&facts_of(&text), &text);
    }
    let tries = nested("try:")
        + &(0..150).rev().map(|d| format!("{}finally: a()\n", " ".repeat(d))).collect::<String>();
    check(&facts_of(&tries), &tries);
    let mut inner = String::new();
    for depth in 0..60 {
        inner += &format!("{0}try: a()\n{0}finally:\n", " ".repeat(depth));
    }
    inner += &(" ".repeat(60) + "b()\n");
    check(&facts_of(&inner), &inner);
    for (open, close) in [
        ("f(", ")"),
        ("[", "]"),
        ("-", ""),
        ("a and (", ")"),
        ("lambda: (", ")"),
        ("[a for b in ", "]"),
    ] {
        let text = format!("x = {}a{}", open.repeat(190), close.repeat(190));
        check(&facts_of(&text), &text);
    }
}

#[test]
fn many_names_and_branches_stay_linear() {
    let mut text: String = (0..5_000).map(|i| format!("n{i} = {i}\n")).collect();
    text += &(0..500).map(|i| format!("if c:\n    n{i} = 0\n")).collect::<String>();
    let facts = facts_of(&text);
    let module = &facts.fns[crate::facts::FnId(0)];
    assert!(module.terms.len() < 12_000, "{}", module.terms.len());
    check(&facts, &text);
}

#[test]
fn many_jumps_are_bounded() {
    let body: String = (0..3_000).map(|i| format!("    n{i} = {i}\n    if c: break\n")).collect();
    let text = format!("while a:\n{body}");
    let facts = facts_of(&text);
    let module = &facts.fns[crate::facts::FnId(0)];
    let operands: usize = module
        .terms
        .iter()
        .map(|term| if let Term::Phi(operands) = term { operands.len() } else { 0 })
        .sum();
    assert!(operands < 100_000, "{operands}");
}

#[test]
fn limits_are_noted() {
    let body: String = (0..20_000).map(|i| format!("    g({i})\n")).collect();
    let text = format!("def f():\n{body}");
    let facts = facts_of(&text);
    assert_eq!(facts.cuts.len(), 1);
    assert_eq!(facts.cuts[0].why, CutReason::Terms);
    assert!(facts.fns[crate::facts::FnId(1)].terms.len() <= 16_385);
    let params: Vec<String> = (0..70).map(|i| format!("p{i}")).collect();
    let text = format!("def f({}):\n    return p1, p69\n", params.join(", "));
    let facts = facts_of(&text);
    assert_eq!(facts.fns[crate::facts::FnId(1)].params.len(), 64);
    assert_eq!(facts.cuts.len(), 1);
    assert_eq!(super::returned(&text, "f"), ["(p1, <unknown limit>)"]);
}

#[test]
fn secrets_are_masked_in_print() {
    let secret = |name: &str| name.contains("password");
    let sources = [
        "password = 'hunter2'\nlogin(password)",
        "login(password='hunter2')",
        "x = {'password': 'hunter2'}",
        "x['password'] = 'hunter2'",
        "x.password = 'hunter2'",
        "password = get('X', 'hunter2') or 'hunter2'",
        "def f(password='hunter2'): pass",
        "x = password == 'hunter2'",
        "class A:\n    password = b'hunter2'",
        "password = f'hunter2{x}'",
    ];
    for source in sources {
        let text = print(&facts_of(source), &secret);
        assert!(!text.contains("hunter2") && text.contains(" 7>"), "{source}: {text}");
        assert!(print(&facts_of(source), &|_| false).contains("hunter2"), "{source}");
    }
}

#[test]
fn long_ladders_lose_names_not_time() {
    let elifs: String = (0..3_000).map(|i| format!("elif (y{i} := g()): x{i} = 1\n")).collect();
    let handlers: String = (0..2_000).map(|i| format!("except E{i}: x = {i}\n")).collect();
    let names: String = (0..2_000).map(|i| format!("  n{i} = g()\n")).collect();
    let operands: Vec<String> = (0..3_000).map(|i| format!("(y{i} := g())")).collect();
    let texts = [
        format!("x0 = 0\nif a: x = 1\n{elifs}"),
        format!("n1 = 0\ntry:\n{names}{handlers}"),
        format!("x = {}\n", operands.join(" or ")),
    ];
    for text in texts {
        check(&facts_of(&text), &text);
        assert!(text.len() < 100_000);
    }
    assert_eq!(super::exported(&format!("x0 = 0\nif a: x = 1\n{elifs}"), "x0"), "<unknown limit>");
    assert_eq!(super::exported(&format!("x = 0\nif a: x = 1\n{elifs}"), "z"), "nothing");
}

#[test]
fn nested_statements_with_nested_expressions() {
    let mut text = String::new();
    for depth in 0..95 {
        text += &format!("{0}try:\n{0} with a:\n", " ".repeat(2 * depth));
    }
    let call = format!("{}a{}", "f(".repeat(190), ")".repeat(190));
    text += &format!("{}x = {call}\n", " ".repeat(190));
    text += &(0..95)
        .rev()
        .map(|d| format!("{}except E: x = {call}\n", " ".repeat(2 * d)))
        .collect::<String>();
    let facts = facts_of(&text);
    assert!(facts.fns[crate::facts::FnId(0)].blocks.len() > 100);
    check(&facts, &text);
}
