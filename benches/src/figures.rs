//! Figures that criterion does not keep: sizes, counts, numbers of flows, versions of peers.

use std::{fs, path::PathBuf};

/// Where they lie: beside criterion's own, under the build folder.
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"));
    target.join("criterion").join("figures")
}

/// Keeps a figure; a later one of the same name replaces it.
///
/// # Panics
/// The folder cannot be written: then no figure is worth going on for.
pub fn record(name: &str, value: &str) {
    let path = folder().join(name.replace('/', "_"));
    fs::create_dir_all(folder()).expect("a folder for figures");
    fs::write(path, value).expect("a figure");
}

/// A kept figure.
pub fn recorded(name: &str) -> Option<String> {
    fs::read_to_string(folder().join(name.replace('/', "_"))).ok()
}
