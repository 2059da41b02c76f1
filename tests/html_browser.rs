//! The HTML report in a browser: filters, traces, narrow screens, dark mode, no scripts. Passes
//! with a message where there is no Chromium.
//!
//! `TOKSCAN_SCREENSHOTS=DIR` keeps pictures of the page.

mod report_support;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use report_support::hostile;
use tempfile::TempDir;
use tokscan::report::Format;

/// The exit code that says there is no browser.
const NO_BROWSER: i32 = 77;
/// A project with findings of several severities and categories, and with traces.
const PROJECT: &str = "fixtures/django-cockroachdb-token-leakage/weak";

#[test]
fn the_page_works_in_a_browser() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new().expect("temporary directory");
    let (page, hostile_page) =
        (folder.path().join("page.html"), folder.path().join("hostile.html"));
    let scan = Command::new(env!("CARGO_BIN_EXE_tokscan"))
        .current_dir(root)
        .args(["--quiet", "--exit-zero", "--no-config", "--format", "html", "--output"])
        .args([&page, Path::new(PROJECT)])
        .status()
        .expect("tokscan");
    assert!(scan.success());
    std::fs::write(&hostile_page, hostile().plain(Format::Html)).expect("file");
    let driven = Command::new("python3")
        .arg(root.join("tests/browser/drive.py"))
        .args([&page, &hostile_page])
        .args(std::env::var_os("TOKSCAN_SCREENSHOTS"))
        .output();
    let skipped = match &driven {
        Err(error) => Some(format!("python3: {error}")),
        Ok(output) if output.status.code() == Some(NO_BROWSER) => {
            Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(_) => None,
    };
    if let Some(why) = skipped {
        // The harness would swallow `eprintln`.
        writeln!(std::io::stderr().lock(), "the HTML report is not tried in a browser: {why}")
            .expect("stderr");
        return;
    }
    let output = driven.expect("output");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
