//! Random programs: whatever they are, facts keep their promises.

use proptest::prelude::*;

use super::invariants::check;
use crate::facts::facts_of;

/// Writes a program, deciding by a sequence of bytes.
struct Writer<'a> {
    choices: std::slice::Iter<'a, u8>,
    text: String,
    indent: usize,
}

impl Writer<'_> {
    fn choose(&mut self, count: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % count)
    }

    fn name(&mut self) -> &'static str {
        ["a", "b", "c", "self", "d"][usize::from(self.choose(5))]
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&"  ".repeat(self.indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn block(&mut self) {
        self.indent += 1;
        self.stmt();
        for _ in 0..self.choose(3) {
            self.stmt();
        }
        self.indent -= 1;
    }

    fn headed(&mut self, head: &str) {
        self.line(head);
        self.block();
    }

    fn stmt(&mut self) {
        let kinds = if self.indent > 8 { 13 } else { 27 };
        let kind = self.choose(kinds);
        let line = match kind {
            0 => "pass".to_owned(),
            1 => format!("{} = {}", self.name(), self.expr()),
            2 => format!("{} += {}", self.name(), self.expr()),
            3 => format!("{}[{}] = {}", self.name(), self.expr(), self.expr()),
            4 => self.expr(),
            5 => format!("{}, *{} = {}", self.name(), self.name(), self.expr()),
            6 => format!("return {}", self.expr()),
            7 => "break".to_owned(),
            8 => "continue".to_owned(),
            9 => format!("raise {}", self.expr()),
            10 => format!("del {}, {}[{}]", self.name(), self.name(), self.expr()),
            11 => format!("global {}", self.name()),
            12 => format!("assert {}, {}", self.expr(), self.expr()),
            _ => return self.compound(kind),
        };
        self.line(&line);
    }

    fn compound(&mut self, kind: u8) {
        match kind {
            13 | 14 => {
                let test = self.expr();
                self.headed(&format!("if {test}:"));
                if self.choose(2) == 0 {
                    let test = self.expr();
                    self.headed(&format!("elif {test}:"));
                }
                if self.choose(2) == 0 {
                    self.headed("else:");
                }
            }
            15 | 16 => {
                let head = match self.choose(3) {
                    0 => "while True:".to_owned(),
                    1 => format!("while {}:", self.expr()),
                    _ => format!("for {} in {}:", self.name(), self.expr()),
                };
                self.headed(&head);
                if self.choose(3) == 0 {
                    self.headed("else:");
                }
            }
            17..=19 => self.try_stmt(),
            20 => {
                let head = format!("with {} as {}:", self.expr(), self.name());
                self.headed(&head);
            }
            21 | 22 => {
                let head = format!("def {}({}, d={}):", self.name(), self.name(), self.expr());
                self.headed(&head);
            }
            23 => {
                let head = format!("class {}({}):", self.name(), self.expr());
                self.headed(&head);
            }
            24 => {
                let subject = self.expr();
                self.line(&format!("match {subject}:"));
                self.indent += 1;
                self.headed("case 1:");
                let guard = self.expr();
                self.headed(&format!("case [c, d] if {guard}:"));
                if self.choose(2) == 0 {
                    self.headed("case c:");
                }
                self.indent -= 1;
            }
            25 => self.line("import a.b, c as d"),
            _ => self.line("from . import a as b, c"),
        }
    }

    fn try_stmt(&mut self) {
        self.headed("try:");
        let kind = self.choose(4);
        if kind > 0 {
            let head = format!("except {} as {}:", self.name(), self.name());
            self.headed(&head);
        }
        if kind > 1 {
            self.headed("except:");
            self.headed("else:");
        }
        if kind == 0 || kind == 3 {
            self.headed("finally:");
        }
    }

    fn expr(&mut self) -> String {
        match self.choose(22) {
            0 => self.name().to_owned(),
            1 => format!("{}({})", self.name(), self.expr()),
            2 => format!("{}.update({}, k={})", self.name(), self.name(), self.expr()),
            3 => format!("{}.x", self.name()),
            4 => format!("{}[{}]", self.name(), self.expr()),
            5 => format!("({} and {})", self.expr(), self.expr()),
            6 => format!("({} or {})", self.expr(), self.expr()),
            7 => format!("({} if {} else {})", self.expr(), self.expr(), self.expr()),
            8 => format!("(lambda {}: {})", self.name(), self.expr()),
            9 => format!(
                "[{} for {} in {} if {}]",
                self.expr(),
                self.name(),
                self.expr(),
                self.expr()
            ),
            10 => format!("({} := {})", self.name(), self.expr()),
            11 => format!("{{'k': {}, **{}}}", self.expr(), self.name()),
            12 => format!("[{}, *{}]", self.expr(), self.name()),
            13 => format!("f'é{{{}}}'", self.name()),
            14 => format!("({} < {} < {})", self.expr(), self.expr(), self.expr()),
            15 => format!("(yield {})", self.name()),
            16 => format!("(await {})", self.name()),
            17 => "{}".to_owned(),
            18 => format!("-{}", self.choose(9)),
            19 => format!("({} + {})", self.expr(), self.expr()),
            _ => format!("'s{}'", self.choose(3)),
        }
    }
}

fn program(choices: &[u8]) -> String {
    let mut writer = Writer { choices: choices.iter(), text: String::new(), indent: 0 };
    while writer.choices.len() > 0 {
        writer.stmt();
    }
    writer.text
}

proptest! {
    #[test]
    fn generated_programs(choices in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = program(&choices);
        check(&facts_of(&text), &text);
    }

    #[test]
    fn arbitrary_text(text in "[a-c (){}:=,.@*\"'\n\\[\\]]{0,60}|(if|def|try|else|a|:|\n| |\\(|=){0,40}") {
        check(&facts_of(&text), &text);
    }
}
