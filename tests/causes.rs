//! One cause, one finding: places of one store speak as one, and no others.

use tokscan::engine::{Outcome, ScanOptions, analyse};
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

const SCHEMA: (&str, &str) = ("schema.sql", "CREATE TABLE invites (mail TEXT, token TEXT);\n");

const MODELS: (&str, &str) = (
    "club/models.py",
    r#"
from django.db import models


class Invite(models.Model):
    token = models.CharField(max_length=64)

    class Meta:
        db_table = "invites"
"#,
);

/// A module that writes a fresh token into a column of a table.
fn writes(table: &str) -> String {
    format!(
        r#"
import secrets

from django.db import connection


def invite():
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO {table} (token) VALUES (%s)", [token])
"#
    )
}

fn outcome(files: &[(&str, &str)]) -> Outcome {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    analyse(table, &rules, &ScanOptions::default()).expect("it is analysed")
}

/// The rules that report something stored, and how many further places each finding names.
fn stored(files: &[(&str, &str)]) -> Vec<(String, usize)> {
    let outcome = outcome(files);
    let stored = outcome.findings.iter().filter(|f| f.rule.starts_with("token-stored-plaintext"));
    stored.map(|f| (f.rule.to_string(), f.related.len())).collect()
}

#[test]
fn what_writes_a_table_speaks_for_what_declares_it() {
    let files = [SCHEMA, MODELS, ("club/invite.py", &writes("Invites"))];
    assert_eq!(stored(&files), [("token-stored-plaintext-sql".to_owned(), 2)]);
    let outcome = outcome(&files);
    let finding = outcome.findings.iter().find(|f| &*f.rule == "token-stored-plaintext-sql");
    let finding = finding.expect("it is reported");
    assert!(finding.supersedes.iter().any(|id| &**id == "token-stored-plaintext-model"));
    assert!(finding.supersedes.iter().all(|id| *id != finding.rule));
}

#[test]
fn other_tables_are_other_causes() {
    let files = [SCHEMA, MODELS, ("club/invite.py", &writes("guests"))];
    let mut found = stored(&files);
    found.sort();
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    // What makes the table speaks for its column, too.
    assert_eq!(ids, ["token-stored-plaintext-sql", "token-stored-plaintext-sql"]);
}

#[test]
fn writes_of_one_table_are_mended_one_by_one() {
    let files = [("club/invite.py", &*writes("invites")), ("club/again.py", &*writes("invites"))];
    assert_eq!(stored(&files).len(), 2);
}
