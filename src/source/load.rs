//! From paths to a table of decoded files.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::discover::{Candidate, discover};
use super::read::{decode, read_bytes};
use super::{
    DiscoverError, DiscoverOptions, FileTable, SkipReason, Skipped, SourceFile, show_path,
};

/// Offsets are 32 bits wide, and decoding may make a text up to three times as long.
const OFFSET_LIMIT: u64 = (u32::MAX / 4) as u64;

/// Discovers, reads and decodes the files below `paths`, in parallel.
///
/// Paths are shown relative to the one directory given, otherwise to the deepest directory
/// all roots have in common. Only a missing or inaccessible root is an error.
pub fn load(paths: &[PathBuf], options: &DiscoverOptions) -> Result<FileTable, DiscoverError> {
    let found = discover(paths, options)?;
    let base = found.base.as_path();
    let skipped = |path: &Path, reason| Skipped { path: show_path(below(base, path)), reason };
    let read: Vec<Result<SourceFile, Skipped>> = found
        .files
        .into_par_iter()
        .map(|file| {
            let limit = options.limit(file.kind).min(OFFSET_LIMIT);
            let overlay = options.overlays.iter().find(|overlay| overlay.path == file.path);
            let bytes = match overlay {
                Some(overlay) if overlay.bytes.len() as u64 > limit => Err(SkipReason::TooLarge),
                Some(overlay) => Ok(overlay.bytes.clone()),
                None => read_bytes(&file.path, limit, file.named),
            };
            bytes
                .and_then(|bytes| source_file(base, &file, bytes))
                .map_err(|reason| skipped(&file.path, reason))
        })
        .collect();
    let mut left_out: Vec<Skipped> =
        found.skipped.iter().map(|(path, reason)| skipped(path, *reason)).collect();
    let mut files = Vec::with_capacity(read.len());
    for outcome in read {
        match outcome {
            Ok(file) => files.push(file),
            Err(skipped) => left_out.push(skipped),
        }
    }
    Ok(FileTable::new(found.base, files, left_out))
}

fn source_file(base: &Path, file: &Candidate, bytes: Vec<u8>) -> Result<SourceFile, SkipReason> {
    let decoded = decode(bytes)?;
    let relative = below(base, &file.path);
    SourceFile::new(relative, file.path.clone(), file.kind, decoded.text.into(), decoded.notes)
}

fn below<'a>(base: &Path, path: &'a Path) -> &'a Path {
    path.strip_prefix(base).unwrap_or(path)
}
