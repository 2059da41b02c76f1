//! Fingerprints: the identity of a finding when lines move.

use crate::base::{FxHashMap, stable_digest};
use crate::finding::{Finding, Fingerprint};
use crate::source::{FileTable, Redactor};

/// Longest code that goes into a fingerprint, in bytes.
const MAX_CODE: usize = 512;

/// Gives each finding its fingerprint: rule, path, enclosing symbol, the code at the primary
/// place without white space and with secrets masked, and the ordinal among equals.
pub fn assign(findings: &mut [Finding], files: &FileTable, redactor: &Redactor) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for finding in findings {
        let loc = finding.primary.loc;
        let text = redactor.display_text(loc.file);
        let code = text.get(loc.start as usize..loc.end as usize).unwrap_or_default();
        let code: String = code.split_whitespace().flat_map(str::chars).take(MAX_CODE).collect();
        let path = &files.get(loc.file).path;
        let base = stable_digest([&*finding.rule, path, &finding.symbol, &code]);
        let ordinal = seen.entry(base.clone()).or_default();
        finding.fingerprint = Fingerprint(stable_digest([&*base, &ordinal.to_string()]));
        *ordinal += 1;
    }
}
