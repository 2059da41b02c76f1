//! Lists the rule packs under `rules/`, so that they are part of the binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut packs = Vec::new();
    collect(&root.join("rules"), &mut packs)?;
    packs.sort();

    let mut list = String::from("&[\n");
    for path in packs {
        let name = path.strip_prefix(&root).expect("it was found below the root");
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("a string takes all");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("packs.rs"), list)
}

/// Adds all `.toml` files below `folder`; a folder that is not there has none.
fn collect(folder: &Path, packs: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, packs)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            packs.push(path);
        }
    }
    Ok(())
}
