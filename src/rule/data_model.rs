//! Compiled `[[model]]` tables: which classes have fields, and how they declare them.

use super::context::Cx;
use super::entity::EntityKind;
use super::library::{ParamDecl, RoleExpr};
use super::tree::{Table, Text};
use super::vars::Vars;
use crate::base::Symbol;
use crate::syntax::ast::ParamKind;

/// What a class with fields is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKind {
    /// Its objects are stored.
    Model,
    /// It turns objects into what clients see, and back.
    Serializer,
    /// It takes input.
    Form,
    /// It shows objects to staff.
    Admin,
    /// Its objects hold how the program is configured.
    Settings,
}

/// A kind of class whose attributes are fields.
#[derive(Debug, Clone)]
pub struct DataModel {
    /// What it is there for.
    pub kind: DataKind,
    /// Base classes that make a class one of this kind.
    pub bases: Vec<Vec<Symbol>>,
    /// Ends of names of library classes that no model describes and that make a class one.
    pub base_suffixes: Vec<String>,
    /// Types of attributes that are fields.
    pub fields: Vec<Vec<Symbol>>,
    /// Ends of names of library classes that are fields although no model describes them.
    pub field_suffixes: Vec<String>,
    /// Calls that declare a field whose type is one of their arguments.
    pub columns: Vec<Vec<Symbol>>,
    /// What those types are below.
    pub column_type: Option<Vec<Symbol>>,
    /// Calls that make a table of columns without a class.
    pub table_calls: Vec<Vec<Symbol>>,
    /// Which annotations make a field without a value.
    pub annotation: Annotation,
    /// Annotated classes (by name) and what such a field holds.
    pub annotated: Vec<(String, String)>,
    /// Methods by which a field class changes what is stored.
    pub converts: Vec<Symbol>,
    /// The attribute of a field class that holds the type it is stored as.
    pub wraps: Option<Symbol>,
    /// Attribute of a field → argument of its declaration.
    pub attributes: Vec<(String, RoleExpr)>,
    /// Where a class says something of itself.
    pub keys: DataKeys,
    /// Keys that hold groups of field names.
    pub groups: Vec<DataGroup>,
    /// Calls and decorators that say which model a class is for.
    pub registers: Vec<Vec<Symbol>>,
    /// How text names a model.
    pub lookup: Lookup,
}

/// Which annotations make a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Annotation {
    /// None.
    None,
    /// Those inside this generic class: `Mapped[str]`.
    Inside(Vec<Symbol>),
    /// All.
    Any,
}

/// A path below a class: its attribute, then an attribute of an inner class or a key of a dict.
pub type KeyPath = Vec<Symbol>;

/// Where a class says something of itself.
#[derive(Debug, Clone, Default)]
pub struct DataKeys {
    /// The table or collection.
    pub table: Vec<KeyPath>,
    /// Whether it only is a base of others; not inherited.
    pub is_abstract: Option<KeyPath>,
    /// The model that is shown or filled.
    pub model: Option<KeyPath>,
    /// Lists of names of fields; the key itself is the field's attribute `via`.
    pub fields: Vec<KeyPath>,
    /// Lists of names that are left out.
    pub exclude: Vec<KeyPath>,
    /// A dict from names to attributes.
    pub options: Option<KeyPath>,
    /// Lists of names that cannot be written.
    pub read_only: Vec<KeyPath>,
    /// Lists of names that are not shown.
    pub write_only: Vec<KeyPath>,
    /// Methods that may take fields out of what is shown.
    pub filters: Vec<Symbol>,
    /// Methods of a class, or of what it is reached by, that store the keywords they are given.
    pub stores: Vec<Symbol>,
    /// The text that means all fields of the model.
    pub all: Option<String>,
    /// Whether all fields of the model are meant where no list says which.
    pub otherwise_all: bool,
}

/// A key that holds groups of field names; a group of one gives its field an attribute.
#[derive(Debug, Clone)]
pub struct DataGroup {
    /// Where the groups are.
    pub key: KeyPath,
    /// The attribute that becomes true.
    pub attribute: String,
    /// Calls whose arguments are a group; none: groups are texts, lists of texts and dicts.
    pub calls: Vec<Vec<Symbol>>,
    /// Texts that stand side by side are one group, not one each.
    pub flat: bool,
    /// The key of a dict that holds the names.
    pub names: Option<String>,
    /// Further attributes from keys of such a dict.
    pub with: Vec<(String, String)>,
}

/// How text and settings name a model.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// The setting that names the model of users.
    pub setting: Option<String>,
    /// The call that returns it.
    pub setting_call: Option<Vec<Symbol>>,
    /// The call that returns a model by its name.
    pub call: Option<Vec<Symbol>>,
    /// Names of models of libraries.
    pub labels: Vec<(String, Vec<Symbol>)>,
}

/// Compiles one `[[model]]` into the library.
pub(super) fn data_model(cx: &mut Cx<'_>, table: Table<'_>) {
    let kind = match table.text("kind").map(|text| text.value) {
        Some("model") => DataKind::Model,
        Some("serializer") => DataKind::Serializer,
        Some("form") => DataKind::Form,
        Some("admin") => DataKind::Admin,
        Some("settings") => DataKind::Settings,
        _ => return,
    };
    let annotation = match table.text("annotation") {
        None => Annotation::None,
        Some(text) if text.value == "any" => Annotation::Any,
        Some(text) => Annotation::Inside(cx.path(text)),
    };
    let model = DataModel {
        kind,
        bases: paths(cx, table, "base"),
        base_suffixes: table.strings("base-suffix"),
        fields: paths(cx, table, "field"),
        field_suffixes: table.strings("field-suffix"),
        columns: paths(cx, table, "column"),
        column_type: table.text("column-type").map(|text| cx.path(text)),
        table_calls: paths(cx, table, "table-call"),
        annotation,
        annotated: text_map(table, "annotated"),
        converts: symbols(cx, &table.texts("converts")),
        wraps: table.text("wraps").map(|text| cx.names.intern(text.value)),
        attributes: attributes(cx, table),
        keys: table.table("keys").map(|keys| data_keys(cx, keys)).unwrap_or_default(),
        groups: table
            .tables("group")
            .into_iter()
            .filter_map(|group| data_group(cx, group))
            .collect(),
        registers: paths(cx, table, "register"),
        lookup: table.table("lookup").map(|lookup| data_lookup(cx, lookup)).unwrap_or_default(),
    };
    if !model.columns.is_empty() && model.column_type.is_none() {
        cx.error(table.key_place("column"), "a `column` needs a `column-type`");
    }
    cx.library.data_models.push(model);
}

fn paths(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<Vec<Symbol>> {
    table.texts(key).into_iter().map(|text| cx.path(text)).collect()
}

fn symbols(cx: &mut Cx<'_>, texts: &[Text<'_>]) -> Vec<Symbol> {
    texts.iter().map(|text| cx.names.intern(text.value)).collect()
}

fn text_map(table: Table<'_>, key: &str) -> Vec<(String, String)> {
    let entries = table.entries_of(key).into_iter();
    entries.filter_map(|(k, v)| Some((k.value.to_owned(), v.text()?.value.to_owned()))).collect()
}

fn key_path(cx: &mut Cx<'_>, text: Text<'_>) -> KeyPath {
    text.value.split('.').map(|part| cx.names.intern(part)).collect()
}

fn key_paths(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<KeyPath> {
    table.texts(key).into_iter().map(|text| key_path(cx, text)).collect()
}

/// Attributes speak of arguments of any declaration, so any name is allowed.
fn attributes(cx: &mut Cx<'_>, table: Table<'_>) -> Vec<(String, RoleExpr)> {
    let any = ParamDecl { name: cx.names.intern("kwargs"), kind: ParamKind::KwArgs, default: None };
    let mut compiled = Vec::new();
    for (name, node) in table.entries_of("attributes") {
        let Some(text) = node.text() else { continue };
        check_attribute(cx, name);
        let role = cx.role(text, Some(std::slice::from_ref(&any)), &Vars::default());
        compiled.extend(role.map(|role| (name.value.to_owned(), role)));
    }
    compiled
}

/// Records an attribute that fields do not have.
fn check_attribute(cx: &mut Cx<'_>, name: Text<'_>) {
    let known = EntityKind::Field.attributes();
    if !known.contains(&name.value) {
        let message = format!("fields have no attribute `{}`", name.value);
        cx.unknown(name.place, message, name.value, known.iter().copied());
    }
}

fn data_keys(cx: &mut Cx<'_>, table: Table<'_>) -> DataKeys {
    let one = |cx: &mut Cx<'_>, key: &str| table.text(key).map(|text| key_path(cx, text));
    DataKeys {
        table: key_paths(cx, table, "table"),
        is_abstract: one(cx, "abstract"),
        model: one(cx, "model"),
        fields: key_paths(cx, table, "fields"),
        exclude: key_paths(cx, table, "exclude"),
        options: one(cx, "options"),
        read_only: key_paths(cx, table, "read-only"),
        write_only: key_paths(cx, table, "write-only"),
        filters: symbols(cx, &table.texts("filters")),
        stores: symbols(cx, &table.texts("stores")),
        all: table.text("all").map(|text| text.value.to_owned()),
        otherwise_all: table.flag("otherwise-all"),
    }
}

fn data_group(cx: &mut Cx<'_>, table: Table<'_>) -> Option<DataGroup> {
    let attribute = table.text("attribute")?;
    check_attribute(cx, attribute);
    for (name, _) in table.entries_of("with") {
        check_attribute(cx, name);
    }
    Some(DataGroup {
        key: key_path(cx, table.text("key")?),
        attribute: attribute.value.to_owned(),
        calls: paths(cx, table, "call"),
        flat: table.flag("flat"),
        names: table.text("names").map(|text| text.value.to_owned()),
        with: text_map(table, "with"),
    })
}

fn data_lookup(cx: &mut Cx<'_>, table: Table<'_>) -> Lookup {
    let labels = table.entries_of("labels").into_iter();
    Lookup {
        setting: table.text("setting").map(|text| text.value.to_owned()),
        setting_call: table.text("setting-call").map(|text| cx.path(text)),
        call: table.text("call").map(|text| cx.path(text)),
        labels: labels
            .filter_map(|(name, node)| Some((name.value.to_owned(), cx.path(node.text()?))))
            .collect(),
    }
}
