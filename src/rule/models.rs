//! The other tables of library models: concepts, vocabularies, types, settings, stacks.

use super::constant::toml_value;
use super::context::Cx;
use super::library::{
    ConceptPattern, DefaultValue, EnvModel, ExtensionModel, ExtensionSet, ExtensionValue, KeyModel,
    Library, ParamModel, RoleExpr, SettingsModel, StackModel, TypeModel, Vocabulary,
};
use super::model::{Where, WhereSubject};
use super::pattern::is_anchored;
use super::tree::{Table, Text};
use super::vars::{Mentions, Vars};
use super::words::split_words;
use crate::base::{FxHashMap, Symbol};
use crate::syntax::document::DocumentKind;

/// Ways a configuration object takes keys.
const SETTING_METHODS: [&str; 10] = [
    "namespace",
    "update",
    "mapping",
    "object",
    "setdefault",
    "pop",
    "file",
    "pyfile",
    "envvar",
    "prefixed-env",
];

/// Compiles one table into the library.
type Compile = fn(&mut Cx<'_>, Table<'_>);

/// Compiles every table of library models except `[[call]]`, which patterns are checked against
/// and so come first.
pub(super) fn compile_models(cx: &mut Cx<'_>) {
    let compilers: &[(&str, Compile)] = &[
        ("concept", concept),
        ("name", vocabulary),
        ("type", library_type),
        ("source", super::flows::source),
        ("sanitizer", super::flows::sanitizer),
        ("sink", super::flows::sink),
        ("store", super::flows::store),
        ("error-handler", super::flows::error_handler),
        ("rows", super::flows::rows),
        ("documents", super::flows::documents),
        ("label", super::flows::label),
        ("key", settings_key),
        ("param", param),
        ("stack", stack),
        ("env", environment),
        ("settings", settings),
        ("connection", super::connections::connection),
        ("engine", super::connections::engine),
        ("extension", extension),
        ("deployment", super::deployment::deployment),
        ("model", super::data_model::data_model),
        ("test-code", test_code),
    ];
    for (key, compile) in compilers {
        for table in cx.all_tables(key) {
            compile(cx, table);
        }
    }
    super::routing_tables::compile(cx);
    cx.library.labels = cx.known.labels.iter().map(|label| cx.names.intern(label)).collect();
    concept_roles(cx);
    super::validate::check_concept_circles(cx);
    super::validate::check_vocabularies(cx);
}

fn test_code(cx: &mut Cx<'_>, table: Table<'_>) {
    let paths = table.texts("decorators").into_iter().map(|text| cx.path(text));
    let decorators: Vec<_> = paths.collect();
    cx.library.test_code.decorators.extend(decorators);
    let modules = super::deployment::paths(cx, table, "modules");
    cx.library.test_code.modules.extend(modules);
}

fn concept_roles(cx: &mut Cx<'_>) {
    for (name, roles) in &cx.known.concepts {
        let name = cx.names.intern(name);
        let roles = roles.iter().map(|role| cx.names.intern(role)).collect();
        cx.library.concepts.entry(name).or_default().roles = roles;
    }
}

fn concept(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(name) = table.text("name") else { return };
    let name = cx.names.intern(name.value);
    let mut compiled = Vec::new();
    for text in table.texts("any") {
        let mut vars = Vars::default();
        let mut mentions = Mentions::default();
        if let Some(pattern) = cx.pattern(text, &mut vars, &mut mentions) {
            compiled.push((pattern, vars));
        }
    }
    check_concept_variables(cx, table, &compiled);
    for (pattern, mut vars) in compiled {
        let wheres = concept_wheres(cx, table, &mut vars);
        let roles = concept_role_map(cx, table, &vars);
        if !is_anchored(&pattern.kind) && wheres.is_empty() {
            cx.error(table.key_place("any"), format!("`{}` would match anything", pattern.text));
        }
        let vars = vars.names().to_vec();
        let entry = cx.library.concepts.entry(name).or_default();
        entry.patterns.push(ConceptPattern { vars, pattern, wheres, roles });
    }
}

/// A variable in `where` or `roles` must be in one of the patterns; patterns without it do not
/// have that condition or role.
fn check_concept_variables<P>(cx: &mut Cx<'_>, table: Table<'_>, patterns: &[(P, Vars)]) {
    let known: Vec<&str> = patterns
        .iter()
        .flat_map(|(_, vars)| vars.names())
        .map(String::as_str)
        .filter(|name| *name != "_")
        .collect();
    if patterns.is_empty() {
        return;
    }
    let roles = table.entries_of("roles").into_iter().filter_map(|(_, node)| {
        let text = node.text()?;
        let name = text.value.strip_prefix('$')?;
        Some(Text { value: name.split(['.', ' ']).next()?, place: text.place })
    });
    let wheres = table.entries_of("where").into_iter().map(|(key, _)| key);
    for name in wheres.chain(roles) {
        if !known.contains(&name.value) {
            let message = format!("`${}` is not bound by any of the patterns", name.value);
            cx.unknown(name.place, message, name.value, known.iter().copied());
        }
    }
}

pub(super) fn concept_wheres(cx: &mut Cx<'_>, table: Table<'_>, vars: &mut Vars) -> Vec<Where> {
    let mut wheres = Vec::new();
    for (name, node) in table.entries_of("where") {
        let Some(var) = vars.get(name.value) else { continue };
        let mut mentions = Mentions::default();
        if let Some(pred) = cx.predicate(node, vars, &mut mentions) {
            wheres.push(Where { subject: WhereSubject::Var(var), pred });
        }
    }
    wheres
}

fn concept_role_map(cx: &mut Cx<'_>, table: Table<'_>, vars: &Vars) -> FxHashMap<Symbol, RoleExpr> {
    let mut roles = FxHashMap::default();
    for (name, node) in table.entries_of("roles") {
        let Some(text) = node.text() else { continue };
        let var = text.value.strip_prefix('$').and_then(|name| name.split(['.', ' ']).next());
        if var.is_some_and(|name| vars.get(name).is_none()) {
            continue;
        }
        if let Some(role) = cx.role(text, None, vars) {
            roles.insert(cx.names.intern(name.value), role);
        }
    }
    roles
}

/// Several tables with one id add up, so that a pack can widen a vocabulary.
fn vocabulary(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(id) = table.text("id") else { return };
    let entries = |cx: &mut Cx<'_>, key: &str| -> Vec<Vec<String>> {
        let mut read = Vec::new();
        for text in table.texts(key) {
            let words = split_words(text.value);
            if words.is_empty() {
                cx.error(text.place, format!("`{}` has no words", text.value));
            } else {
                read.push(words);
            }
        }
        read
    };
    let added = Vocabulary {
        words: entries(cx, "words"),
        whole: entries(cx, "whole"),
        except: entries(cx, "except"),
        except_suffix: entries(cx, "except-suffix"),
        except_prefix: entries(cx, "except-prefix"),
        includes: cx.vocabularies(table.texts("includes")),
    };
    let name = cx.names.intern(id.value);
    let entry = cx.library.words.entry(name).or_default();
    entry.words.extend(added.words);
    entry.whole.extend(added.whole);
    entry.except.extend(added.except);
    entry.except_suffix.extend(added.except_suffix);
    entry.except_prefix.extend(added.except_prefix);
    entry.includes.extend(added.includes);
}

/// Several tables with one path add up, so that a pack can say more of a type; one table may
/// speak of several types.
fn library_type(cx: &mut Cx<'_>, table: Table<'_>) {
    let paths: Vec<_> = table.texts("path").into_iter().map(|text| cx.path(text)).collect();
    let read = |cx: &mut Cx<'_>, key: &str| table.text(key).map(|text| cx.path(text));
    let mut added = TypeModel {
        bases: table.texts("bases").into_iter().map(|text| cx.path(text)).collect(),
        any_attr: read(cx, "any-attr"),
        item: read(cx, "item"),
        iter: read(cx, "iter"),
        enter: read(cx, "enter"),
        call: read(cx, "call"),
        exports: read(cx, "exports"),
        holds: table.text("holds").map(|text| text.value.to_owned()),
        environment: table.flag("environment"),
        shows_fields: table.flag("shows-fields"),
        ..TypeModel::default()
    };
    for (name, node) in table.entries_of("attrs") {
        let Some(text) = node.text() else { continue };
        let (name, path) = (cx.names.intern(name.value), cx.path(text));
        added.attrs.insert(name, path);
    }
    for (name, node) in table.entries_of("fields") {
        let Some(text) = node.text() else { continue };
        let (name, path) = (cx.names.intern(name.value), cx.path(text));
        added.fields.push((name, path));
    }
    for (name, node) in table.entries_of("values") {
        let Some(value) = node.text().and_then(|text| cx.python(text)) else { continue };
        added.values.insert(cx.names.intern(name.value), value);
    }
    for (name, node) in table.entries_of("labels") {
        let labels = cx.labels(node.texts());
        added.labels.insert(cx.names.intern(name.value), labels);
    }
    for path in paths {
        merge_type(&mut cx.library, path, added.clone());
    }
}

fn merge_type(library: &mut Library, path: Vec<Symbol>, added: TypeModel) {
    let entry = library.types.entry(path).or_default();
    entry.bases.extend(added.bases);
    entry.attrs.extend(added.attrs);
    entry.values.extend(added.values);
    entry.labels.extend(added.labels);
    entry.any_attr = added.any_attr.or(entry.any_attr.take());
    entry.item = added.item.or(entry.item.take());
    entry.iter = added.iter.or(entry.iter.take());
    entry.enter = added.enter.or(entry.enter.take());
    entry.call = added.call.or(entry.call.take());
    entry.environment |= added.environment;
    entry.shows_fields |= added.shows_fields;
    entry.exports = added.exports.or(entry.exports.take());
    entry.holds = added.holds.or(entry.holds.take());
    entry.fields.extend(added.fields);
}

impl Cx<'_> {
    /// Records that `text` names no stack (of `kind`).
    pub fn stack_name(&mut self, text: Text<'_>, kind: Option<&str>) -> String {
        let fits = |found: &str| kind.is_none_or(|kind| kind == found);
        if !self.known.stacks.get(text.value).is_some_and(|found| fits(found)) {
            let names: Vec<&str> = self
                .known
                .stacks
                .iter()
                .filter(|(_, found)| fits(found))
                .map(|(name, _)| *name)
                .collect();
            let message = format!("unknown {} `{}`", kind.unwrap_or("stack"), text.value);
            self.unknown(text.place, message, text.value, names);
        }
        text.value.to_owned()
    }

    /// `default = …` as TOML, or `python = "…"`.
    fn default_of(&mut self, table: Table<'_>) -> Option<DefaultValue> {
        if let (Some(_), Some(python)) = (table.get("default"), table.text("python")) {
            self.error(python.place, "there is a `default` already");
        }
        match table.text("python") {
            Some(text) => self.python(text),
            None => table.get("default").and_then(toml_value),
        }
    }

    fn symbol(&mut self, text: Text<'_>) -> Symbol {
        self.names.intern(text.value)
    }
}

fn settings_key(cx: &mut Cx<'_>, table: Table<'_>) {
    let (Some(framework), Some(path)) = (table.text("framework"), table.text("path")) else {
        return;
    };
    let framework = cx.stack_name(framework, Some("framework"));
    if path.value.split('.').any(str::is_empty) {
        cx.error(path.place, format!("`{}` is not a path of keys", path.value));
    }
    let mut older = Vec::new();
    for entry in table.tables("older") {
        let package = entry.text("package").map(|text| cx.requirement(text));
        if let (Some(package), Some(value)) = (package, cx.default_of(entry)) {
            older.push((package, value));
        }
    }
    let model = KeyModel {
        framework,
        path: path.value.split('.').map(str::to_owned).collect(),
        default: cx.default_of(table),
        older,
        renamed_from: table.strings("renamed-from"),
        near: table.strings("near"),
        attribute: table.text("attribute").map(|text| cx.symbol(text)),
        package: table.text("package").map(|text| super::version::normalise(text.value)),
        set_by: table.text("set-by").map(|text| cx.path(text)),
    };
    cx.library.keys.push(model);
}

fn param(cx: &mut Cx<'_>, table: Table<'_>) {
    let (Some(name), Some(ty)) = (table.text("name"), table.text("type")) else { return };
    let stack = table.text("stack").map(|text| cx.stack_name(text, None));
    let (name, ty) = (cx.symbol(name), cx.path(ty));
    cx.library.params.push(ParamModel { stack, name, ty });
}

fn stack(cx: &mut Cx<'_>, table: Table<'_>) {
    let (Some(name), Some(kind)) = (table.text("name"), table.text("kind")) else { return };
    let strings = table.texts("strings").into_iter().filter_map(|text| cx.regex(text)).collect();
    let mut patterns = Vec::new();
    let mut vars = Vars::default();
    for text in table.texts("patterns") {
        patterns.extend(cx.pattern(text, &mut vars, &mut Mentions::default()));
    }
    let requirements = table.texts("requirements");
    let kinds = table.texts("file-kinds").into_iter();
    let model = StackModel {
        name: name.value.to_owned(),
        title: table.text("title").unwrap_or(name).value.to_owned(),
        kind: kind.value.to_owned(),
        imports: table.texts("imports").into_iter().map(|text| cx.path(text)).collect(),
        requirements: requirements
            .iter()
            .map(|text| super::version::normalise(text.value))
            .collect(),
        strings,
        vars: vars.names().to_vec(),
        patterns,
        file_kinds: kinds.filter_map(|kind| DocumentKind::named(kind.value)).collect(),
        files: table.texts("files").into_iter().filter_map(|text| cx.regex(text)).collect(),
    };
    cx.library.stacks.push(model);
}

fn environment(cx: &mut Cx<'_>, table: Table<'_>) {
    let default = cx.default_of(table);
    let cast = table.text("cast").map(|text| text.value.to_owned());
    for text in table.texts("pattern") {
        let mut vars = Vars::default();
        let Some(pattern) = cx.expression_pattern(text, &mut vars, &mut Mentions::default()) else {
            continue;
        };
        if let Some(name) = cast.as_deref().and_then(|cast| cast.strip_prefix('$'))
            && vars.get(name).is_none()
        {
            cx.error(table.key_place("cast"), format!("`${name}` is not in the pattern"));
        }
        let casts = table
            .entries_of("casts")
            .into_iter()
            .filter_map(|(class, node)| Some((cx.path(class), node.text()?.value.to_owned())));
        let casts = casts.collect();
        let model = EnvModel {
            vars: vars.names().to_vec(),
            pattern,
            cast: cast.clone(),
            default: default.clone(),
            prefix: table.text("prefix").map(|text| text.value.to_owned()),
            scheme: table.flag("scheme"),
            casts,
        };
        cx.library.environment.push(model);
    }
}

fn settings(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(framework) = table.text("framework") else { return };
    let framework = cx.stack_name(framework, Some("framework"));
    let mut reads = Vec::new();
    for text in table.texts("reads") {
        let mut vars = Vars::default();
        let pat = cx.expression_pattern(text, &mut vars, &mut Mentions::default());
        if let Some(pat) = pat {
            if vars.get("K").is_none() {
                cx.error(text.place, "this read has no `$K`, the key that is read");
            }
            reads.push((vars.names().to_vec(), pat));
        }
    }
    let mut methods = FxHashMap::default();
    for (name, node) in table.entries_of("methods") {
        let Some(how) = node.text() else { continue };
        if !SETTING_METHODS.contains(&how.value) {
            let message = format!("`{}` is none of {}", how.value, SETTING_METHODS.join(", "));
            cx.unknown(how.place, message, how.value, SETTING_METHODS);
        }
        methods.insert(cx.symbol(name), how.value.to_owned());
    }
    let model = SettingsModel {
        framework,
        reads,
        module_marks: table.strings("module-marks"),
        complete_marks: table.strings("complete-marks"),
        module_words: table.strings("module-words"),
        module_variable: table.text("module-variable").map(|text| text.value.to_owned()),
        servers: table.strings("servers"),
        classes: table.texts("classes").into_iter().map(|text| cx.path(text)).collect(),
        class_variable: table.text("class-variable").map(|text| text.value.to_owned()),
        includes: table.texts("includes").into_iter().map(|text| cx.path(text)).collect(),
        app: table.text("app").map(|text| cx.path(text)),
        attribute: table.text("attribute").map(|text| cx.symbol(text)),
        methods,
        silent: table.text("silent").map(|text| cx.symbol(text)),
        prefix: table.text("prefix").map(|text| text.value.to_owned()),
        initial: table.text("initial").map(|text| cx.symbol(text)),
        instance_param: table.text("instance-param").map(|text| cx.symbol(text)),
        instance_folder: table.text("instance-folder").map(|text| text.value.to_owned()),
        served: table.text("served").and_then(|text| cx.regex(text)),
        loaders: table.texts("loaders").into_iter().map(|text| cx.path(text)).collect(),
        start_words: table.strings("start-words"),
    };
    cx.library.settings.push(model);
}

fn extension(cx: &mut Cx<'_>, table: Table<'_>) {
    let (Some(framework), Some(app)) = (table.text("framework"), table.text("app")) else {
        return;
    };
    let framework = cx.stack_name(framework, Some("framework"));
    let calls: Vec<Vec<Symbol>> =
        table.texts("calls").into_iter().map(|text| cx.path(text)).collect();
    let mut sets = Vec::new();
    for entry in table.tables("sets") {
        let Some(key) = entry.text("key") else { continue };
        let param = entry.text("param").map(|text| ExtensionValue::Param(cx.symbol(text)));
        let constant = cx.default_of(entry).map(ExtensionValue::Const);
        let Some(value) = param.or(constant) else {
            let message = format!("nothing says what `{}` is set to", key.value);
            cx.error_help(key.place, message, "add `param`, `default` or `python`".to_owned());
            continue;
        };
        sets.push(ExtensionSet {
            key: key.value.to_owned(),
            value,
            given: entry.text("given").map(|text| cx.symbol(text)),
            unless: entry.text("unless").map(|text| text.value.to_owned()),
            at_request: entry.text("at").is_some_and(|text| text.value == "request"),
        });
    }
    let app = cx.symbol(app);
    cx.library.extensions.push(ExtensionModel { framework, calls, app, sets });
}
