//! What the loader makes of patterns and predicates.

mod rules_support;

use rules_support::{load, with_match};
use tokscan::rule::RuleSet;
use tokscan::rule::model::{
    At, ClauseWhat, Condition, NamePat, OncePer, Pat, PathKey, PatternKind, Pred, RuleMatch, Scope,
    SqlPart, Subject, TemplatePart, VarId, WhereSubject,
};

/// A pattern spelled out with brackets, so that its structure shows.
struct Show<'r> {
    rules: &'r RuleSet,
    vars: &'r [String],
}

impl Show<'_> {
    fn var(&self, var: VarId) -> String {
        format!("${}", self.vars[usize::from(var)])
    }

    fn name(&self, symbol: tokscan::base::Symbol) -> &str {
        self.rules.names.resolve(symbol)
    }

    fn pat(&self, pat: &Pat) -> String {
        let list =
            |pats: &[Pat]| pats.iter().map(|pat| self.pat(pat)).collect::<Vec<_>>().join(", ");
        match pat {
            Pat::Any => "$_".to_owned(),
            Pat::Var(var) => self.var(*var),
            Pat::Const(value) => format!("{value:?}"),
            Pat::Path(path) => {
                let names: Vec<_> = path.iter().map(|&part| self.name(part)).collect();
                format!("<{}>", names.join("."))
            }
            Pat::Attr(value, name) => format!("{}.{}", self.pat(value), self.name(*name)),
            Pat::AttrVar(value, var) => format!("{}.{}", self.pat(value), self.var(*var)),
            Pat::Item(value, key) => format!("{}[{}]", self.pat(value), self.pat(key)),
            Pat::Call { func, args, open } => {
                let mut shown: Vec<_> = args
                    .iter()
                    .map(|arg| match arg.name {
                        Some(name) => format!("{}={}", self.name(name), self.pat(&arg.value)),
                        None => self.pat(&arg.value),
                    })
                    .collect();
                shown.extend(open.then(|| "...".to_owned()));
                format!("{}({})", self.pat(func), shown.join(", "))
            }
            Pat::Concept { name, roles } => {
                let roles: Vec<_> = roles
                    .iter()
                    .map(|(role, pat)| format!("{}={}", self.name(*role), self.pat(pat)))
                    .collect();
                format!("@{}({})", self.name(*name), roles.join(", "))
            }
            Pat::Dict { entries, open } => {
                let mut shown: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", self.pat(key), self.pat(value)))
                    .collect();
                shown.extend(open.then(|| "...".to_owned()));
                format!("{{{}}}", shown.join(", "))
            }
            Pat::Seq { kind, items } => {
                let items: Vec<_> = items
                    .iter()
                    .map(|item| item.as_ref().map_or("...".to_owned(), |pat| self.pat(pat)))
                    .collect();
                format!("{kind:?}[{}]", items.join(", "))
            }
            Pat::Op(op, operands) => format!("{op:?}({})", list(operands)),
            Pat::Alt(pats) => format!("({})", list(pats)),
        }
    }

    fn kind(&self, kind: &PatternKind) -> String {
        let optional = |pat: &Option<Pat>| pat.as_ref().map_or("-".to_owned(), |pat| self.pat(pat));
        match kind {
            PatternKind::Expr(pat) => self.pat(pat),
            PatternKind::Assign { target, value } => {
                format!("{} = {}", self.pat(target), self.pat(value))
            }
            PatternKind::Delete(pat) => format!("del {}", self.pat(pat)),
            PatternKind::Return(pat) => format!("return {}", optional(pat)),
            PatternKind::Raise(pat) => format!("raise {}", optional(pat)),
            PatternKind::Function { decorators, name } => {
                let decorators: Vec<_> = decorators.iter().map(|pat| self.pat(pat)).collect();
                let name = match name {
                    NamePat::Var(var) => self.var(*var),
                    NamePat::Any => "$_".to_owned(),
                    NamePat::Fixed(name) => self.name(*name).to_owned(),
                };
                format!("[{}] def {name}", decorators.join(", "))
            }
        }
    }
}

fn compiled(body: &str) -> (RuleSet, RuleMatch) {
    let rules = load(&with_match(body)).unwrap_or_else(|errors| {
        panic!("{body}\n{:?}", miette::Report::new(errors));
    });
    let branch = rules.get("a-rule").expect("it was loaded").matches[0].clone();
    (rules, branch)
}

fn shown(pattern: &str) -> String {
    let (rules, branch) = compiled(&format!("pattern = '''\n{pattern}'''"));
    let Subject::Pattern(subject) = &branch.subject else { panic!("{pattern}") };
    Show { rules: &rules, vars: &branch.vars }.kind(&subject.patterns[0].kind)
}

#[test]
fn patterns_become_values() {
    let cases = [
        ("jwt.decode($T, ...)", "<jwt.decode>($T, ...)"),
        ("jwt.api_jwt.decode($T)", "<jwt.decode>($T)"),
        ("jwt.decode(..., leeway=0)", "<jwt.decode>(leeway=Int(0), ...)"),
        ("print", "<print>"),
        (
            "f($_, None, True, -1, 1.5, 'a' 'b', b'c')",
            "<f>($_, None, Bool(true), Int(-1), Float(1.5), Str(\"ab\"), Bytes([99]))",
        ),
        ("$M.find_one({\"a\": $V, ...})", "$M.find_one({Str(\"a\"): $V, ...})"),
        ("f({...})", "<f>({...})"),
        ("f({})", "<f>({})"),
        (
            "f([$A, ...], (1,), {1, ...})",
            "<f>(None[$A, ...], None[Int(1)], Some(Set)[Int(1), ...])",
        ),
        ("a.b().c", "<a.b>().c"),
        ("a.b[$K].c", "<a.b>[$K].c"),
        ("django.conf.settings.$K", "<django.conf.settings>.$K"),
        ("$X.$_.a", "$X.$_.a"),
        ("@jwt.verify(key=$K, token=$_)", "@jwt.verify(key=$K, token=$_)"),
        ("@jwt.verify(...)", "@jwt.verify()"),
        ("@jwt.verify", "@jwt.verify()"),
        ("@jwt.verify(...)[\"sub\"]", "@jwt.verify()[Str(\"sub\")]"),
        ("f(@jwt.verify(key=$K))", "<f>(@jwt.verify(key=$K))"),
        ("@test($V)", "@test(value=$V)"),
        ("flask.session[$K] = $U", "<flask.session>[$K] = $U"),
        ("$R.count += 1", "$R.count = Binary(Add)($R.count, Int(1))"),
        ("del $X.token", "del $X.token"),
        ("return jwt.decode(...)", "return <jwt.decode>(...)"),
        ("raise jwt.PyJWTError", "raise <jwt.PyJWTError>"),
        ("a.b + $X + 1", "Binary(Add)(<a.b>, $X, Int(1))"),
        ("not a.b", "Unary(Not)(<a.b>)"),
        ("a.b and $X", "Bool(And)(<a.b>, $X)"),
        ("a.b == $X", "Compare(Eq)(<a.b>, $X)"),
        ("a.b < $X < 3", "Bool(And)(Compare(Lt)(<a.b>, $X), Compare(Lt)($X, Int(3)))"),
        ("@$M.loader\ndef $F(...): ...", "[$M.loader] def $F"),
        (
            "@a.b(1)\n@@jwt.verify\nasync def name(...):\n    ...",
            "[<a.b>(Int(1)), @jwt.verify()] def name",
        ),
        ("@a.b\ndef $_(...): ...", "[<a.b>] def $_"),
        ("(a.b(\n  $X,\n))", "<a.b>($X)"),
    ];
    for (pattern, expected) in cases {
        assert_eq!(shown(pattern), expected, "{pattern}");
    }
}

fn predicate(condition: &str) -> Pred {
    let (_, branch) =
        compiled(&format!("pattern = \"jwt.decode($T, $K, ...)\"\nwhere.T = {condition}"));
    branch.wheres.into_iter().next().expect("a condition").pred
}

#[test]
fn predicates_are_read() {
    let cases = [
        ("\"a\"", "Eq(Str(\"a\"))"),
        ("1", "Eq(Int(1))"),
        ("false", "Eq(Bool(false))"),
        ("{ eq = 1.5 }", "Eq(Float(1.5))"),
        ("{ in = [\"a\", 2, true] }", "In([Str(\"a\"), Int(2), Bool(true)])"),
        ("{ prefix = \"a\" }", "Prefix(\"a\")"),
        ("{ lt = 3, gt = 1 }", "All([Lt(3.0), Gt(1.0)])"),
        ("{ length = { lt = 32 } }", "Length(Lt(32.0))"),
        ("{ bytes = 32 }", "Bytes(Eq(Int(32)))"),
        ("{ is = \"none\" }", "Is([None])"),
        (
            "{ is = [\"env\", \"param\", \"literal\", \"absent\", \"setting\"] }",
            "Is([Env, Param, Literal, Absent, Setting])",
        ),
        ("{ secret = \"placeholder\" }", "Secret(Placeholder)"),
        (
            "{ item = \"a\", lacks-item = \"b\", all-items = { prefix = \"c\" } }",
            "All([Item(Eq(Str(\"a\"))), LacksItem(Eq(Str(\"b\"))), AllItems(Prefix(\"c\"))])",
        ),
        (
            "{ key = \"a\", lacks-key = \"b\", value = 1, lacks-value = 2 }",
            "All([Key(Eq(Str(\"a\"))), LacksKey(Eq(Str(\"b\"))), Value(Eq(Int(1))), LacksValue(Eq(Int(2)))])",
        ),
        ("{ attr.key = \"a\" }", "Attr(\"key\", Eq(Str(\"a\")))"),
        (
            "{ url.scheme = \"http\", url.query.ssl = false }",
            "All([Url(Scheme, Eq(Str(\"http\"))), Url(Query(\"ssl\"), Eq(Bool(false)))])",
        ),
        (
            "{ url.user = 1, url.password = 2, url.host = 3, url.port = 4, url.path = 5 }",
            "All([Url(User, Eq(Int(1))), Url(Password, Eq(Int(2))), Url(Host, Eq(Int(3))), Url(Port, Eq(Int(4))), Url(Path, Eq(Int(5)))])",
        ),
        ("{ returns = { not.eq = false } }", "Returns(Not(Eq(Bool(false))))"),
        ("{ same = \"$K\" }", "Same(VarId(1))"),
        (
            "{ any = [\"a\", { prefix = \"b\" }], all = [1] }",
            "All([Any([Eq(Str(\"a\")), Prefix(\"b\")]), All([Eq(Int(1))])])",
        ),
    ];
    for (condition, expected) in cases {
        assert_eq!(format!("{:?}", predicate(condition)), expected, "{condition}");
    }
    assert!(
        matches!(predicate("{ regex = '^HS' }"), Pred::Regex(regex) if regex.is_match("HS256"))
    );
    assert!(matches!(predicate("{ origin = \"@jwt.verify(...)\" }"), Pred::Origin(_)));
    assert!(matches!(predicate("{ executes = \"a.b(...)\" }"), Pred::Executes(_)));
    assert!(
        matches!(predicate("{ type = [\"str\", \"flask.Flask\"] }"), Pred::Type(types) if types.len() == 2)
    );
    assert!(
        matches!(predicate("{ import = \"a.b.C\" }"), Pred::Import(paths) if paths[0].len() == 3)
    );
    assert!(
        matches!(predicate("{ name = [\"identity\"] }"), Pred::Name(names) if names.len() == 1)
    );
    let Pred::Label { labels, at } = predicate("{ label = \"request\", at = \"exp\" }") else {
        panic!("a label")
    };
    assert_eq!((labels.len(), at), (1, vec![PathKey::Name("exp".to_owned())]));
}

#[test]
fn sql_binds_what_a_later_condition_tests() {
    let (_, branch) = compiled(
        "pattern = \"jwt.decode($Q, ...)\"\n\
         where.Q = { sql = \"... from $T ... AS OF SYSTEM TIME ...\" }\n\
         where.T = { name = \"identity\" }",
    );
    // The condition on `$T` comes second although `T` may sort first.
    let subjects: Vec<_> = branch.wheres.iter().map(|w| w.subject.clone()).collect();
    assert_eq!(subjects, [WhereSubject::Var(VarId(0)), WhereSubject::Var(VarId(1))]);
    let Pred::Sql(sql) = &branch.wheres[0].pred else { panic!("sql") };
    let token = |text: &str| SqlPart::Token(text.to_owned());
    assert_eq!(
        sql.parts,
        [
            SqlPart::Skip,
            token("FROM"),
            SqlPart::Var(VarId(1)),
            SqlPart::Skip,
            token("AS"),
            token("OF"),
            token("SYSTEM"),
            token("TIME"),
            SqlPart::Skip
        ]
    );
}

#[test]
fn a_match_carries_all_of_its_parts() {
    let (rules, branch) = compiled(
        r#"
setting = ["CACHES[$A].BACKEND", "OLD[$A]"]
where.value = "x"
let.B = "setting:NAMES[$A]"
present = [{ pattern = "f($A, $C)", where.C = { is = "none" } }]
missing = [{ setting = "OTHER[$B]", where.value = { gt = 1 } }, { pattern = "g($LOCAL)", where.LOCAL = "y" }]
when = [{ framework = "flask" }, { database = ["cockroachdb"] }, { package = "pyjwt<2" }, { profile = "production" }]
unless = [{ where.A = "default" }, { pattern = "h($B)" }]
at = "$A"
once-per = "project"
message = "{{{$A}}} has {$C}"
fix = "Set {$B}."
severity = "low"
confidence = "high"
cwe = [1]
where.C = { type = "str" }
"#,
    );
    let Subject::Setting(paths) = &branch.subject else { panic!("a setting") };
    assert_eq!(paths.len(), 2);
    assert_eq!(
        paths[0].0,
        [
            PathKey::Name("CACHES".to_owned()),
            PathKey::Var(VarId(0)),
            PathKey::Name("BACKEND".to_owned())
        ]
    );
    assert_eq!(branch.wheres.len(), 1, "the condition on `$C` goes to the clause that binds it");
    assert_eq!(branch.present[0].wheres.len(), 2);
    assert_eq!(branch.lets.len(), 1);
    assert!(matches!(branch.missing[0].what, ClauseWhat::Setting(_)));
    assert_eq!(branch.missing[1].scope, Scope::Project);
    assert!(matches!(
        branch.when[..],
        [
            Condition::Framework(_),
            Condition::Database(_),
            Condition::Package(_),
            Condition::Profile(_)
        ]
    ));
    assert!(matches!(branch.unless[..], [Condition::Where(_), Condition::Clause(_)]));
    assert!(matches!(branch.at, At::Var(_)));
    assert_eq!(branch.once_per, Some(OncePer::Project));
    let text = |text: &str| TemplatePart::Text(text.to_owned());
    assert_eq!(branch.message.parts[0], text("{"));
    assert_eq!(branch.message.parts[2], text("} has "));
    assert_eq!(branch.cwe, [1]);
    assert_eq!(rules.get("a-rule").expect("loaded").meta.cwe, [347]);
}

#[test]
fn branches_and_adjustments_share_variables() {
    let text = format!(
        "{}{}
[[rule.match]]
pattern = \"a.b($X)\"
[[rule.match]]
class = \"flask.views.View\"
where.attr.decorators = {{ length = 0 }}
where.meta.abstract = true
present = [{{ pattern = \"f($Y)\", scope = \"class\" }}]
[[rule.adjust]]
where.Y = {{ same = \"$X\" }}
when = [{{ pattern = \"g($X, $Z)\", where.Z = 1 }}]
severity = \"low\"
because = \"it is small\"
{}",
        rules_support::LIBRARY,
        rules_support::HEAD,
        rules_support::EXAMPLES
    );
    let rules = load(&text).unwrap_or_else(|errors| panic!("{:?}", miette::Report::new(errors)));
    let rule = &rules.rules[0];
    assert_eq!(rule.matches[0].vars, ["X", "CLASS", "Y", "Z"]);
    assert_eq!(rule.matches[0].vars, rule.matches[1].vars);
    let subjects: Vec<_> = rule.matches[1].wheres.iter().map(|w| w.subject.clone()).collect();
    assert_eq!(
        subjects,
        [
            WhereSubject::Attr("attr.decorators".to_owned()),
            WhereSubject::Attr("meta.abstract".to_owned())
        ]
    );
    assert_eq!(rule.adjusts[0].wheres[0].0, "Y");
}

#[test]
fn text_in_braces_that_captures_nothing_stays() {
    let (_, branch) =
        compiled("pattern = \"a.b($X)\"\nfix = 'Use options={\"require\": [\"exp\"]}, {}.'");
    assert_eq!(branch.fix.parts.len(), 1);
}
