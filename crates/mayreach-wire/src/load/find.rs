//! Which files a folder or a pattern stands for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mayreach::ErrorCode;

use crate::problem::{ProblemOut, closest};

/// The manifests and folders directly inside a folder, by name.
pub(super) fn inside(folder: &Path) -> Result<Vec<PathBuf>, ProblemOut> {
    let read = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths = read().map_err(|error| unreadable(folder, &error))?;
    paths.retain(|path| if path.is_dir() { !is_hidden(path) } else { is_manifest(path) });
    paths.sort();
    Ok(paths)
}

/// What is wrong with a path in a folder that is neither a file nor a folder: reading a pipe
/// that nobody named would wait forever.
pub(super) fn odd(path: &Path) -> Option<ProblemOut> {
    let odd = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    odd.then(|| {
        let message = format!("`{}` is not a file", path.display());
        ProblemOut::new(ErrorCode::Unreadable, message).help("move it out of the folder")
    })
}

/// What a pattern matches, by name.
pub(super) fn matches(pattern: &str) -> Result<Vec<PathBuf>, ProblemOut> {
    if !pattern.contains(['*', '?', '[']) {
        return Err(missing(pattern));
    }
    // As in a shell, `*` does not stand for a hidden name.
    let rules = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let found = glob::glob_with(pattern, rules).map_err(|error| {
        ProblemOut::new(
            ErrorCode::Unreadable,
            format!("`{pattern}` is not a pattern: {}", error.msg),
        )
    })?;
    let mut paths = Vec::new();
    for path in found {
        paths.push(path.map_err(|error| unreadable(error.path(), error.error()))?);
    }
    paths.sort();
    if paths.is_empty() {
        let message = format!("nothing matches `{pattern}`");
        return Err(ProblemOut::new(ErrorCode::Empty, message)
            .help("`*` stays within a folder, `**` goes through folders"));
    }
    Ok(paths)
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> ProblemOut {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    ProblemOut::new(ErrorCode::Unreadable, format!("cannot read `{}`: {reason}", path.display()))
}

fn missing(name: &str) -> ProblemOut {
    let path = Path::new(name);
    let problem = unreadable(path, &io::ErrorKind::NotFound.into());
    match neighbour(path) {
        Some(near) => problem.help(format!("did you mean `{}`?", near.display())),
        None => problem.help("paths are files, folders, patterns, or `-` for the standard input"),
    }
}

/// What lies beside a path that does not exist and has nearly its name.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut names: Vec<String> = fs::read_dir(listed)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let name = path.file_name()?.to_str()?;
    closest(name, names.iter().map(String::as_str)).map(|near| folder.join(near))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
