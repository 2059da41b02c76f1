//! A small library and rules around the part a test is about.
#![allow(clippy::allow_attributes, reason = "each test file uses its own part of this")]
#![allow(dead_code, reason = "each test file uses its own part of this")]

use tokscan::rule::{PackErrors, RuleSet};

/// Library models the test rules build on.
pub const LIBRARY: &str = r#"
[[stack]]
name = "flask"
kind = "framework"
imports = ["flask"]

[[stack]]
name = "cockroachdb"
kind = "database"
strings = ["^cockroachdb://"]

[[call]]
package = "pyjwt>=2"
signature = "jwt.decode(jwt, key='', algorithms=None, options={}, *, leeway=0)"
is = "jwt.verify"
roles = { token = "jwt", key = "key", require = "options.require ?? []" }
unless = "options.verify_signature == False"
returns = { label = "claims" }
raises = "jwt.PyJWTError"

[[call]]
signature = "pymongo.collection.Collection.find_one(filter=None, *args, **kwargs)"
is = "db.lookup"
roles = { model = "receiver", filters = "filter" }

[[concept]]
name = "session.bind"
any = ["flask.session[$K] = $USER", "flask_login.login_user($USER, ...)"]
where.K = { name = "identity" }
roles = { user = "$USER", session = "receiver" }

[[concept]]
name = "test"
any = ["$X == $_", "$X in $_"]
where.X = { label = "claims" }
roles = { value = "$X" }

[[name]]
id = "identity"
words = ["user_id", "uid"]
examples = ["userId"]
not-examples = ["user"]

[[standard]]
key = "owasp-api"
title = "A list"
prefix = ""
url = "https://example.org/{}"
entries = { "API2:2023" = "Broken" }
complete = true

[[label]]
name = "claims"

[[label]]
name = "request.query"

[[type]]
path = "flask.Flask"
attrs = { config = "flask.config.Config" }

[[alias]]
from = "jwt.api_jwt"
to = "jwt"
"#;

/// The parts of a rule before its matches.
pub const HEAD: &str = r#"
[[rule]]
id = "a-rule"
title = "A title"
category = "jwt"
severity = "high"
confidence = "medium"
cwe = [347]
why = "It matters."
fix = "Mend it."
references = ["https://example.org/a"]
message = "That is wrong"
"#;

/// The parts after them.
pub const EXAMPLES: &str = r#"
[[rule.example]]
bad = "f()  # <- here\n"

[[rule.example]]
good = "g()\n"

[[rule.example]]
good = "h()\n"
"#;

/// A pack with a rule that has this match.
pub fn with_match(body: &str) -> String {
    format!("{LIBRARY}{HEAD}\n[[rule.match]]\n{body}\n{EXAMPLES}")
}

/// Loads one pack.
pub fn load(text: &str) -> Result<RuleSet, PackErrors> {
    RuleSet::from_texts(&[("test.toml", text)])
}

/// Messages and excerpts of all errors of a pack.
pub fn errors(text: &str) -> Vec<(String, String)> {
    match load(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .errors()
            .iter()
            .map(|error| (error.message().to_owned(), error.excerpt().to_owned()))
            .collect(),
    }
}
