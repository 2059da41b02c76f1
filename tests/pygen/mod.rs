//! Random Python programs without side effects, mostly free of exceptions, with small values.

use crate::harness::Rng;

/// What kind of value an expression has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ty {
    Int,
    Float,
    Bool,
    Str,
    List,
    Tuple,
    Dict,
    Set,
}

impl Ty {
    const ALL: [Ty; 8] =
        [Ty::Int, Ty::Float, Ty::Bool, Ty::Str, Ty::List, Ty::Tuple, Ty::Dict, Ty::Set];
    /// Kinds that may be members of sets and keys of dicts.
    const PLAIN: [Ty; 4] = [Ty::Int, Ty::Str, Ty::Bool, Ty::Float];
}

/// How much of Python a program uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// What settings modules and helpers are made of: `eval` should know most of it.
    Plain,
    /// Also loops, exceptions, deletion, closures, classes, comprehensions, slices: `eval` may
    /// not know, and must not be wrong.
    Hard,
    /// Hard, and containers that have two names, lie in another container or are passed to a
    /// function change.
    Aliases,
    /// Hard, and globals that a function reads are set again after it was called.
    LateGlobals,
    /// Hard, and f-strings convert and pad.
    Formats,
}

/// A program that leaves a value in the global `result`.
pub fn program(rng: &mut Rng, level: Level) -> String {
    let mut it = Gen {
        rng,
        level,
        vars: Vec::new(),
        shared: Vec::new(),
        mentioned: Vec::new(),
        out: String::new(),
        next: 0,
        indent: 0,
    };
    let lines = match level {
        Level::Plain => it.rng.below(7),
        _ => 2 + it.rng.below(8),
    };
    for _ in 0..lines {
        it.statement(2);
    }
    let ty = it.any();
    let result = match it.var(ty) {
        Some(name) if it.rng.below(3) > 0 => name,
        _ => it.expr(ty, 3),
    };
    it.line(&format!("result = {result}"));
    it.out
}

struct Gen<'r> {
    rng: &'r mut Rng,
    level: Level,
    vars: Vec<(String, Ty)>,
    /// Containers that may have another name or lie in another container.
    shared: Vec<String>,
    /// Containers named since this was last cleared.
    mentioned: Vec<String>,
    out: String,
    next: usize,
    indent: usize,
}

const WORDS: [&str; 12] = [
    "''", "'a'", "'ab'", "'b c'", "'12'", "'x,y'", "'Tab'", "\"it's\"", "' pad '", "'é'", "'{}'",
    "'50%'",
];
const KEYS: [&str; 8] = ["'a'", "'b'", "'key'", "1", "2", "0", "True", "'x y'"];

impl Gen<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn any(&mut self) -> Ty {
        *self.rng.pick(&Ty::ALL)
    }

    fn plain(&mut self) -> Ty {
        *self.rng.pick(&Ty::PLAIN)
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn var(&mut self, ty: Ty) -> Option<String> {
        let name = self.name_of(ty)?;
        if matches!(ty, Ty::List | Ty::Tuple | Ty::Dict | Ty::Set) {
            self.mentioned.push(name.clone());
        }
        Some(name)
    }

    fn name_of(&mut self, ty: Ty) -> Option<String> {
        let known: Vec<&String> =
            self.vars.iter().filter(|(_, t)| *t == ty).map(|(name, _)| name).collect();
        if known.is_empty() { None } else { Some((*self.rng.pick(&known)).clone()) }
    }

    /// A container that may be changed in place.
    fn changeable(&mut self, ty: Ty) -> Option<String> {
        let name = self.name_of(ty)?;
        (self.level == Level::Aliases || !self.shared.contains(&name)).then_some(name)
    }

    /// Forgets which containers were named.
    fn start(&mut self) {
        self.mentioned.clear();
    }

    /// What was named since [`Self::start`] lies in another container now.
    fn share_items(&mut self) {
        self.shared.append(&mut self.mentioned);
    }

    /// What was named since [`Self::start`] is shared with `target` now.
    fn share(&mut self, target: &str) {
        self.shared.retain(|name| name != target);
        if !self.mentioned.is_empty() {
            self.shared.append(&mut self.mentioned);
            self.shared.push(target.to_owned());
        }
    }

    fn define(&mut self, ty: Ty) -> String {
        match self.name_of(ty) {
            Some(name) if self.rng.one_in(3) => name,
            _ => {
                let name = self.fresh("v");
                self.vars.push((name.clone(), ty));
                name
            }
        }
    }

    fn hard(&self) -> bool {
        self.level != Level::Plain
    }

    fn block(&mut self, depth: usize, count: usize) {
        self.indent += 1;
        let known = self.vars.len();
        for _ in 0..=self.rng.below(count) {
            self.statement(depth.saturating_sub(1));
        }
        // What only this side defines may be unbound afterwards.
        self.vars.truncate(known);
        self.indent -= 1;
    }

    fn statement(&mut self, depth: usize) {
        match self.rng.below(if self.hard() { 20 } else { 11 }) {
            0..=3 => self.assignment(),
            4 => self.augmented(),
            5..=6 => self.mutation(),
            7 => self.unpacking(),
            8 if depth > 0 => self.branch(depth),
            9 if depth > 1 && self.indent == 0 => self.helper(),
            10 => self.updates(),
            11 if depth > 0 => self.for_loop(depth),
            12 if depth > 0 => self.while_loop(depth),
            13 if self.level == Level::Aliases => self.alias(),
            14 if self.level == Level::Aliases => self.nested(),
            15 if depth > 0 => self.exception(depth),
            16 => self.deletion(),
            17 if self.indent == 0 => self.class(),
            18 if self.level == Level::Aliases && self.indent == 0 => self.mutating_helper(),
            19 if self.indent == 0 => self.closure(),
            _ => self.assignment(),
        }
    }

    fn assignment(&mut self) {
        let ty = self.any();
        self.start();
        let value = self.expr(ty, 3);
        let name = self.define(ty);
        self.share(&name);
        self.line(&format!("{name} = {value}"));
    }

    fn augmented(&mut self) {
        let ty = *self.rng.pick(&[Ty::Int, Ty::Str, Ty::List, Ty::Dict, Ty::Set, Ty::Tuple]);
        let Some(name) = self.changeable(ty) else { return self.assignment() };
        self.start();
        let value = self.expr(ty, 1);
        self.share_items();
        let op = match ty {
            Ty::Int => *self.rng.pick(&["+=", "-=", "*=", "//=", "%=", "|=", "&=", "^="]),
            Ty::Dict | Ty::Set => "|=",
            _ => "+=",
        };
        self.line(&format!("{name} {op} {value}"));
    }

    fn mutation(&mut self) {
        let ty = *self.rng.pick(&[Ty::List, Ty::Dict, Ty::Dict, Ty::Set]);
        let Some(name) = self.changeable(ty) else { return self.assignment() };
        self.start();
        let text = match ty {
            Ty::List => {
                let item = self.item(1);
                match self.rng.below(9) {
                    0..=2 => format!("{name}.append({item})"),
                    3 => format!("{name}.extend({})", self.expr(Ty::List, 1)),
                    4 => format!("{name}.extend({})", self.expr(Ty::Tuple, 1)),
                    5 => format!("{name}.insert({}, {item})", self.rng.range(-3, 4)),
                    6 => format!("{name}.remove({name}[{}])", self.rng.range(-1, 1)),
                    7 => format!("{name}.pop({})", self.rng.pick(&["", "0", "-1", "1"])),
                    _ => format!("{name}[{}] = {item}", self.rng.range(-2, 2)),
                }
            }
            Ty::Dict => {
                let (key, item) = (self.key(), self.item(1));
                match self.rng.below(9) {
                    0..=2 => format!("{name}[{key}] = {item}"),
                    3 => format!("{name}.update({})", self.expr(Ty::Dict, 1)),
                    4 => format!("{name}.update(a={item}, z=1)"),
                    5 => format!("{name}.setdefault({key}, {item})"),
                    6 => format!("{name}.pop({key}, None)"),
                    7 => format!("{name}.update([({key}, {item})])"),
                    _ => format!("{name}.clear()"),
                }
            }
            _ => {
                let plain = self.plain();
                let item = self.expr(plain, 1);
                match self.rng.below(4) {
                    0 => format!("{name}.discard({item})"),
                    1 => format!("{name}.update({})", self.expr(Ty::Set, 1)),
                    _ => format!("{name}.add({item})"),
                }
            }
        };
        self.share_items();
        self.line(&text);
    }

    /// A dict that grows over several statements, as settings do.
    fn updates(&mut self) {
        let name = self.fresh("v");
        self.line(&format!("{name} = {{}}"));
        self.vars.push((name.clone(), Ty::Dict));
        for _ in 0..=self.rng.below(3) {
            self.start();
            let (key, item) = (self.key(), self.item(1));
            self.share_items();
            self.line(&format!("{name}[{key}] = {item}"));
        }
    }

    fn unpacking(&mut self) {
        let (a, b) = (self.any(), self.any());
        self.start();
        let (x, y) = (self.expr(a, 2), self.expr(b, 2));
        let (m, n) = (self.fresh("v"), self.fresh("v"));
        if !self.mentioned.is_empty() {
            self.shared.extend([m.clone(), n.clone()]);
            self.share_items();
        }
        let text = match self.rng.below(if self.hard() { 5 } else { 4 }) {
            0 => format!("{m}, {n} = {x}, {y}"),
            1 => format!("({m}, {n}) = ({x}, {y})"),
            // Not `[{m}, {n}] = …`: after a line that ends in a list the grammar takes a line
            // that starts with one for a subscript.
            2 => format!("({m}), {n} = [{x}, {y}]"),
            3 => format!("({m}, _), {n} = ({x}, 1), {y}"),
            _ => format!("{m}, *_, {n} = [{x}, 1, 2, {y}]"),
        };
        self.line(&text);
        self.vars.push((m, a));
        self.vars.push((n, b));
    }

    fn branch(&mut self, depth: usize) {
        let test = self.expr(Ty::Bool, 2);
        self.line(&format!("if {test}:"));
        self.block(depth, 2);
        if self.rng.one_in(3) {
            let test = self.expr(Ty::Bool, 1);
            self.line(&format!("elif {test}:"));
            self.block(depth, 2);
        }
        if self.rng.one_in(2) {
            self.line("else:");
            self.block(depth, 2);
        }
    }

    /// `def f(p, q=…)` with branches and early returns, and a call of it.
    fn helper(&mut self) {
        let name = self.fresh("f");
        let (a, b, result) = (self.any(), self.plain(), self.any());
        let (p, q) = (self.fresh("p"), self.fresh("p"));
        let default = self.expr(b, 0);
        self.line(&format!("def {name}({p}, {q}={default}):"));
        let outer = self.vars.clone();
        // Globals are read as they are when the function runs, which may be later: leave them.
        self.vars = vec![(p.clone(), a), (q.clone(), b)];
        self.shared.extend([p.clone(), q.clone()]);
        self.indent += 1;
        for _ in 0..self.rng.below(3) {
            if self.rng.one_in(2) {
                let (test, value) = (self.expr(Ty::Bool, 2), self.expr(result, 2));
                self.line(&format!("if {test}:"));
                self.indent += 1;
                self.line(&format!("return {value}"));
                self.indent -= 1;
            } else {
                self.statement(1);
            }
        }
        let value = self.expr(result, 2);
        self.line(&format!("return {value}"));
        self.indent -= 1;
        self.vars = outer;
        self.start();
        let (x, y) = (self.expr(a, 2), self.expr(b, 1));
        let call = match self.rng.below(4) {
            0 => format!("{name}({x})"),
            1 => format!("{name}({x}, {q}={y})"),
            2 => format!("{name}(**{{'{p}': {x}, '{q}': {y}}})"),
            _ => format!("{name}({x}, {y})"),
        };
        let target = self.define(result);
        self.share(&target);
        self.line(&format!("{target} = {call}"));
    }

    fn for_loop(&mut self, depth: usize) {
        let over = match self.rng.below(4) {
            // Of a copy: the body may make the list longer and never end.
            0 => format!("list({})", self.expr(Ty::List, 1)),
            1 => self.expr(Ty::Tuple, 1),
            2 => format!("list({})", self.expr(Ty::Dict, 1)),
            _ => format!("range({})", self.rng.below(4)),
        };
        let name = self.fresh("i");
        self.line(&format!("for {name} in {over}:"));
        self.loop_body(depth);
        if self.rng.one_in(4) {
            self.line("else:");
            self.block(depth, 1);
        }
    }

    fn while_loop(&mut self, depth: usize) {
        let counter = self.fresh("n");
        let times = self.rng.below(4);
        self.line(&format!("{counter} = {times}"));
        self.line(&format!("while {counter}:"));
        self.indent += 1;
        self.line(&format!("{counter} -= 1"));
        self.indent -= 1;
        self.loop_body(depth);
    }

    fn loop_body(&mut self, depth: usize) {
        self.block(depth, 3);
        if self.rng.one_in(3) {
            let test = self.expr(Ty::Bool, 1);
            self.indent += 1;
            self.line(&format!("if {test}:"));
            self.indent += 1;
            let end = *self.rng.pick(&["break", "continue"]);
            self.line(end);
            self.indent -= 2;
            self.indent += 1;
            self.statement(0);
            self.indent -= 1;
        }
    }

    /// Two names of one container, and a change through one of them.
    fn alias(&mut self) {
        let ty = *self.rng.pick(&[Ty::List, Ty::Dict]);
        let Some(old) = self.var(ty) else { return self.assignment() };
        let name = self.fresh("v");
        self.line(&format!("{name} = {old}"));
        self.vars.push((name.clone(), ty));
        let (key, item) = (self.key(), self.item(1));
        let changed = if self.rng.one_in(2) { name } else { old };
        match ty {
            Ty::List => self.line(&format!("{changed}.append({item})")),
            _ => self.line(&format!("{changed}[{key}] = {item}")),
        }
    }

    /// A container within a container, and a change through either.
    fn nested(&mut self) {
        let (inner, outer) = (self.fresh("v"), self.fresh("v"));
        let (first, second) = (self.item(1), self.item(1));
        self.line(&format!("{inner} = [{first}]"));
        self.line(&format!("{outer} = {{'in': {inner}, 'b': {{'c': {second}}}}}"));
        self.vars.push((inner.clone(), Ty::List));
        self.vars.push((outer.clone(), Ty::Dict));
        let change = match self.rng.below(5) {
            0 => format!("{inner}.append(1)"),
            1 => format!("{outer}['in'].append(1)"),
            2 => format!("{outer}['b']['c'] = 3"),
            3 => format!("{outer}['b'].update(d=4)"),
            _ => format!("{outer}['b'] = {inner}"),
        };
        self.line(&change);
    }

    fn exception(&mut self, depth: usize) {
        self.line("try:");
        self.block(depth, 2);
        if self.rng.one_in(2) {
            self.indent += 1;
            let text =
                *self.rng.pick(&["raise ValueError(1)", "[][1]", "{}['no']", "int('x')", "1 / 0"]);
            self.line(text);
            self.indent -= 1;
        }
        self.line("except Exception:");
        self.block(depth, 2);
        if self.rng.one_in(2) {
            self.line("else:");
            self.block(depth, 1);
        }
        if self.rng.one_in(2) {
            self.line("finally:");
            self.block(depth, 1);
        }
    }

    fn deletion(&mut self) {
        let ty = *self.rng.pick(&[Ty::List, Ty::Dict]);
        let Some(name) = self.changeable(ty) else { return self.assignment() };
        let key = match ty {
            Ty::List => self.rng.range(-1, 1).to_string(),
            _ => self.key(),
        };
        self.line(&format!("if {name}:"));
        self.indent += 1;
        match ty {
            Ty::Dict => self.line(&format!("{name}[{key}] = 1")),
            _ => self.line(&format!("{name}.append(1)")),
        }
        let key = if ty == Ty::List { "0".to_owned() } else { key };
        self.line(&format!("del {name}[{key}]"));
        self.indent -= 1;
    }

    fn class(&mut self) {
        let (base, derived) = (self.fresh("C"), self.fresh("C"));
        let (a, b) = (self.any(), self.any());
        self.start();
        let (x, y) = (self.expr(a, 1), self.expr(b, 1));
        self.share_items();
        self.line(&format!("class {base}:"));
        self.line(&format!("    x = {x}"));
        self.line(&format!("    y = {y}"));
        self.line(&format!("class {derived}({base}):"));
        self.line(&format!("    y = {base}.y"));
        let name = self.fresh("v");
        let (attribute, ty) = if self.rng.one_in(2) { ("x", a) } else { ("y", b) };
        self.line(&format!("{name} = {derived}.{attribute}"));
        self.shared.push(name.clone());
        self.vars.push((name, ty));
    }

    /// A helper that changes the list or dict it is given.
    fn mutating_helper(&mut self) {
        let Some(list) = self.changeable(Ty::List) else { return self.assignment() };
        let (name, result) = (self.fresh("f"), self.fresh("v"));
        let item = self.expr(Ty::Int, 0);
        self.line(&format!("def {name}(items):"));
        let change = match self.rng.below(4) {
            0 => "items.append(7)",
            1 => "items[0:1] = [8]",
            2 => "other = items; other.append(9)",
            _ => "items = items + [6]",
        };
        self.line(&format!("    {change}"));
        self.line(&format!("    return {item} if items else 0"));
        self.line(&format!("{result} = {name}({list})"));
        self.vars.push((result, Ty::Int));
    }

    /// A function that reads a global which is set again before and after the call.
    fn closure(&mut self) {
        let (name, global, result) = (self.fresh("f"), self.fresh("g"), self.fresh("v"));
        let ty = self.any();
        self.start();
        let (x, y, z) = (self.expr(ty, 1), self.expr(ty, 1), self.expr(ty, 1));
        self.share_items();
        self.line(&format!("{global} = {x}"));
        self.line(&format!("def {name}():"));
        self.line(&format!("    return {global}"));
        if self.rng.one_in(2) {
            self.line(&format!("{global} = {y}"));
        }
        self.line(&format!("{result} = {name}()"));
        if self.level == Level::LateGlobals {
            self.line(&format!("{global} = {z}"));
        }
        self.shared.push(result.clone());
        self.vars.push((result, ty));
    }

    fn key(&mut self) -> String {
        (*self.rng.pick(&KEYS)).to_owned()
    }

    fn item(&mut self, depth: usize) -> String {
        let ty = if self.rng.one_in(5) { self.any() } else { self.plain() };
        self.expr(ty, depth)
    }

    fn items(&mut self, depth: usize) -> String {
        let items: Vec<String> =
            (0..self.rng.below(4)).map(|_| self.item(depth.saturating_sub(1))).collect();
        items.join(", ")
    }

    fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if depth == 0 || self.rng.one_in(5) {
            if self.rng.one_in(2)
                && let Some(name) = self.var(ty)
            {
                return name;
            }
            return self.literal(ty, depth);
        }
        let d = depth - 1;
        if self.rng.one_in(9) {
            let (test, x, y) = (self.expr(Ty::Bool, d), self.expr(ty, d), self.expr(ty, d));
            return match self.rng.below(4) {
                0 => format!("({x} or {y})"),
                1 => format!("({x} and {y})"),
                _ => format!("({x} if {test} else {y})"),
            };
        }
        if self.rng.one_in(12) {
            let x = self.expr(ty, d);
            return match self.rng.below(4) {
                0 => format!("[{x}, 0][0]"),
                1 => format!("(0, {x})[-1]"),
                2 => format!("{{'k': {x}}}['k']"),
                _ => format!("{{'k': {x}}}.get('k', 5)"),
            };
        }
        if self.hard() && self.rng.one_in(14) {
            return self.hard_expr(ty, d);
        }
        match ty {
            Ty::Int => self.int(d),
            Ty::Float => self.float(d),
            Ty::Bool => self.bool(d),
            Ty::Str => self.text(d),
            Ty::List => self.list(d),
            Ty::Tuple => self.tuple(d),
            Ty::Dict => self.dict(d),
            Ty::Set => self.set(d),
        }
    }

    fn literal(&mut self, ty: Ty, depth: usize) -> String {
        match ty {
            Ty::Int if self.rng.one_in(8) => {
                (*self.rng.pick(&["0x1f", "1_000", "0b101", "0o17"])).to_owned()
            }
            Ty::Int => self.rng.range(-3, 12).to_string(),
            Ty::Float => {
                (*self.rng.pick(&["0.0", "1.5", "-2.25", "1e3", "0.1", "3.0", "-0.0"])).to_owned()
            }
            Ty::Bool => (*self.rng.pick(&["True", "False"])).to_owned(),
            Ty::Str => (*self.rng.pick(&WORDS)).to_owned(),
            Ty::List => format!("[{}]", self.items(depth)),
            Ty::Tuple => match self.items(depth) {
                items if items.is_empty() => "()".to_owned(),
                items => format!("({items},)"),
            },
            Ty::Dict => {
                let entries: Vec<String> = (0..self.rng.below(4))
                    .map(|_| format!("{}: {}", self.key(), self.item(depth.saturating_sub(1))))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            Ty::Set => {
                let ty = self.plain();
                let items: Vec<String> =
                    (0..=self.rng.below(3)).map(|_| self.expr(ty, 0)).collect();
                format!("{{{}}}", items.join(", "))
            }
        }
    }

    fn number(&mut self, d: usize) -> String {
        let ty = *self.rng.pick(&[Ty::Int, Ty::Int, Ty::Float, Ty::Bool]);
        self.expr(ty, d)
    }

    fn int(&mut self, d: usize) -> String {
        let (x, y) = (self.expr(Ty::Int, d), self.expr(Ty::Int, d));
        match self.rng.below(20) {
            0..=2 => format!("({x} + {y})"),
            3 => format!("({x} - {y})"),
            4..=5 => format!("({x} * {y})"),
            6 => format!("({x} // {y})"),
            7 => format!("({x} % {y})"),
            8 => format!("({x} ** {})", self.rng.below(4)),
            9 => format!("({x} << {})", self.rng.below(6)),
            10 => format!("({x} >> {})", self.rng.below(6)),
            11 => format!("({x} {} {y})", self.rng.pick(&["&", "|", "^"])),
            12 => format!("({}{x})", self.rng.pick(&["-", "+", "~"])),
            13 => {
                let ty = *self.rng.pick(&[Ty::Str, Ty::List, Ty::Tuple, Ty::Dict, Ty::Set]);
                format!("len({})", self.expr(ty, d))
            }
            14 => format!("int({})", self.rng.pick(&["'12'", "' 7 '", "'-3'", "'1_0'"])),
            15 => format!("int({})", self.expr(Ty::Float, d)),
            16 => format!("int({})", self.expr(Ty::Bool, d)),
            17 => format!("(60 * {x} + {y})"),
            18 => format!("int(str({x}))"),
            _ => format!("({x} + {})", self.expr(Ty::Bool, d)),
        }
    }

    fn float(&mut self, d: usize) -> String {
        let (x, y) = (self.number(d), self.expr(Ty::Float, d));
        match self.rng.below(9) {
            0 => format!("({x} + {y})"),
            1 => format!("({y} - {x})"),
            2 => format!("({x} * {y})"),
            3 => format!("({y} / {x})"),
            4 => format!("({} / {})", self.expr(Ty::Int, d), self.rng.range(1, 7)),
            5 => format!("({y} // {x})"),
            6 => format!("({y} % {x})"),
            7 => format!("float({x})"),
            _ => format!("float({})", self.rng.pick(&["'1.5'", "' 2 '", "'1e2'", "'-.5'"])),
        }
    }

    fn bool(&mut self, d: usize) -> String {
        match self.rng.below(16) {
            0..=2 => {
                let op = *self.rng.pick(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {op} {})", self.number(d), self.number(d))
            }
            3 => {
                let (a, b) =
                    (*self.rng.pick(&["<", "<=", "=="]), *self.rng.pick(&["<", ">", "!="]));
                format!("({} {a} {} {b} {})", self.number(d), self.number(d), self.number(d))
            }
            4 => {
                let op = *self.rng.pick(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {op} {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d))
            }
            5 => {
                let (ty, other) = (self.any(), self.any());
                let op = *self.rng.pick(&["==", "!="]);
                format!("({} {op} {})", self.expr(ty, d), self.expr(other, d))
            }
            6 => {
                let ty = self.any();
                let op = *self.rng.pick(&["==", "!="]);
                format!("({} {op} {})", self.expr(ty, d), self.expr(ty, d))
            }
            7 => format!("(not {})", self.expr(Ty::Bool, d)),
            8 => {
                let ty = self.any();
                format!("bool({})", self.expr(ty, d))
            }
            9 | 10 => {
                let ty = *self.rng.pick(&[Ty::List, Ty::Tuple, Ty::Dict, Ty::Set]);
                let op = *self.rng.pick(&["in", "not in"]);
                let item = self.plain();
                format!("({} {op} {})", self.expr(item, d), self.expr(ty, d))
            }
            11 => {
                format!("({} in {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d))
            }
            12 => {
                let ty = self.any();
                let op = *self.rng.pick(&["is", "is not"]);
                format!("({} {op} None)", self.expr(ty, d))
            }
            13 => {
                let method = *self.rng.pick(&["startswith", "endswith"]);
                format!("{}.{method}({})", self.expr(Ty::Str, d), self.rng.pick(&WORDS))
            }
            14 => format!("({} is True)", self.expr(Ty::Bool, d)),
            _ => {
                let ty = self.any();
                format!("(not {})", self.expr(ty, d))
            }
        }
    }

    fn text(&mut self, d: usize) -> String {
        let (x, y) = (self.expr(Ty::Str, d), self.expr(Ty::Str, d));
        let n = self.expr(Ty::Int, d);
        let plain = self.plain();
        match self.rng.below(19) {
            0..=2 => format!("({x} + {y})"),
            3 => format!("({x} * {})", self.rng.range(-1, 3)),
            4 => format!("('%s-%s' % ({x}, {n}))"),
            5 => format!("('%d%%' % {n})"),
            6 => format!("('<%s>' % {x})"),
            7 => format!("'{{}}/{{}}'.format({x}, {n})"),
            8 => format!("'{{1}}{{0}}{{{{}}}}'.format({x}, {y})"),
            9 => format!("'{{a}}:{{b}}'.format(a={x}, b={n})"),
            10 => {
                // An f-string of Python 3.11 cannot hold its own quotes.
                let name = self.var(Ty::Str).unwrap_or_else(|| "1".to_owned());
                let number = self.var(Ty::Int).unwrap_or_else(|| "2 + 3".to_owned());
                format!("f'a{{{name}}}b{{{number}}}{{{{}}}}'")
            }
            11 => format!("str({})", self.expr(plain, d)),
            12 => {
                format!("{x}.{}()", self.rng.pick(&["lower", "upper", "strip", "lstrip", "rstrip"]))
            }
            13 => format!("{x}.replace({}, {y})", self.rng.pick(&["'a'", "'b'", "' '"])),
            14 => format!(
                "{x}.{}({})",
                self.rng.pick(&["removeprefix", "removesuffix", "strip"]),
                self.rng.pick(&WORDS)
            ),
            15 => format!("{x}.join([{y}, 'm', {y}])"),
            16 => format!("({x} + 'z')[{}]", self.rng.range(-1, 0)),
            17 => format!("({x} {y})", x = self.rng.pick(&WORDS), y = self.rng.pick(&WORDS)),
            _ => format!("{x}.{}()", self.rng.pick(&["lower", "upper"])),
        }
    }

    fn list(&mut self, d: usize) -> String {
        let x = self.expr(Ty::List, d);
        match self.rng.below(10) {
            0..=1 => format!("({x} + {})", self.expr(Ty::List, d)),
            2 => format!("({x} * {})", self.rng.range(-1, 2)),
            3 => format!("list({})", self.expr(Ty::Tuple, d)),
            4 => format!("list({x})"),
            5 => format!("list({})", self.expr(Ty::Dict, d)),
            6 => format!("{}.split({})", self.expr(Ty::Str, d), self.rng.pick(&["", "','", "' '"])),
            7 => format!("[*{x}, {}]", self.item(d)),
            8 => format!(
                "list({}.{}())",
                self.expr(Ty::Dict, d),
                self.rng.pick(&["keys", "values", "items"])
            ),
            _ => format!("[{}]", self.items(d)),
        }
    }

    fn tuple(&mut self, d: usize) -> String {
        let x = self.expr(Ty::Tuple, d);
        match self.rng.below(6) {
            0 => format!("({x} + {})", self.expr(Ty::Tuple, d)),
            1 => format!("({x} * {})", self.rng.range(-1, 2)),
            2 => format!("tuple({})", self.expr(Ty::List, d)),
            3 => format!("(*{x}, {})", self.item(d)),
            4 => "tuple()".to_owned(),
            _ => self.literal(Ty::Tuple, d),
        }
    }

    fn dict(&mut self, d: usize) -> String {
        let (x, y) = (self.expr(Ty::Dict, d), self.expr(Ty::Dict, d));
        let item = self.item(d);
        match self.rng.below(9) {
            0 | 1 => format!("({x} | {y})"),
            2 => format!("dict(a={item}, b=2)"),
            3 => format!("dict({x}, k={item})"),
            4 => format!("dict([({}, {item}), ('t', 1)])", self.key()),
            5 => format!("{{**{x}, {}: {item}}}", self.key()),
            6 => format!("{{{}: {item}, **{x}}}", self.key()),
            7 => format!("{x}.copy()"),
            _ => format!("dict(a=1, **{{'q': {item}}})"),
        }
    }

    fn set(&mut self, d: usize) -> String {
        let x = self.expr(Ty::Set, d);
        let ty = self.plain();
        match self.rng.below(8) {
            0 | 1 => format!("({x} | {})", self.expr(Ty::Set, d)),
            2 => format!("({x} {} {})", self.rng.pick(&["&", "-", "^"]), self.expr(Ty::Set, d)),
            3 => format!("set([{}, {}])", self.expr(ty, d), self.expr(ty, d)),
            4 => format!("set({x})"),
            5 => "set()".to_owned(),
            6 => format!("{{*{x}, {}}}", self.expr(ty, d)),
            _ => self.literal(Ty::Set, d),
        }
    }

    /// Forms whose value need not be known.
    fn hard_expr(&mut self, ty: Ty, d: usize) -> String {
        let name = self.fresh("w");
        match ty {
            Ty::Int => match self.rng.below(6) {
                0 => format!("max({}, {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
                1 => format!("abs({})", self.expr(Ty::Int, d)),
                2 => format!("({name} := {})", self.expr(Ty::Int, d)),
                3 => format!("(lambda q: q + 1)({})", self.expr(Ty::Int, d)),
                4 => format!("{}.count('a')", self.expr(Ty::Str, d)),
                _ => format!("round({})", self.expr(Ty::Float, d)),
            },
            Ty::Str => match self.rng.below(8) {
                0 => format!("{}[1:]", self.expr(Ty::Str, d)),
                1 => format!("{}[::-1]", self.expr(Ty::Str, d)),
                2 => format!("repr({})", self.expr(Ty::Str, d)),
                3 => format!("'%5s|%-4d|%.1f|%r' % ({}, 3, 2.55, 'x')", self.rng.pick(&WORDS)),
                4 => format!("'{{:>5}}{{!r}}'.format({}, 'x')", self.rng.pick(&WORDS)),
                5 if self.level == Level::Formats => {
                    format!("f'{{{}!r:>6}}'", self.rng.range(0, 9))
                }
                6 => format!("str({})", self.expr(Ty::List, d)),
                _ => format!("{}.title()", self.expr(Ty::Str, d)),
            },
            Ty::List => match self.rng.below(6) {
                0 => format!("[{name} for {name} in {}]", self.expr(Ty::List, d)),
                1 => format!("{}[1:]", self.expr(Ty::List, d)),
                2 => format!("{}[::-1]", self.expr(Ty::List, d)),
                3 => format!("sorted([{}, {}])", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
                4 => format!("list({})", self.expr(Ty::Str, d)),
                _ => format!("[{name} for {name} in {} if {name}]", self.expr(Ty::Tuple, d)),
            },
            Ty::Dict => format!("{{{name}: 1 for {name} in {}}}", self.expr(Ty::Set, d)),
            Ty::Tuple => format!("tuple({name} for {name} in {})", self.expr(Ty::List, d)),
            Ty::Set => format!("{{{name} for {name} in {}}}", self.expr(Ty::Set, d)),
            Ty::Bool => match self.rng.below(3) {
                0 => format!("any({})", self.expr(Ty::List, d)),
                1 => format!("all({})", self.expr(Ty::Tuple, d)),
                _ => format!("isinstance({}, int)", self.expr(Ty::Bool, d)),
            },
            Ty::Float => format!("({} ** {})", self.expr(Ty::Float, d), self.rng.range(-2, 3)),
        }
    }
}
