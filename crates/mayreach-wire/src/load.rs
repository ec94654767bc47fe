//! Paths to sources: files, folders, patterns and the standard input, each read once, in order,
//! and never more of it than the limits allow.

mod find;
mod take;
#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    io::Read,
    path::{Path, PathBuf},
};

use mayreach::{ErrorCode, Limits, Source};

use self::take::Quota;
use crate::problem::{ProblemOut, Problems};

/// Reads everything that `paths` name, within the default limits. See [`load_within`].
///
/// # Errors
/// Everything that cannot be read; nothing is half-loaded.
pub fn load<S: AsRef<str>>(paths: &[S], stdin: &mut dyn Read) -> Result<Vec<Source>, Problems> {
    load_within(paths, stdin, &Limits::default())
}

/// Reads everything that `paths` name: files; folders with all that is in them (`*.yaml`, `*.yml`,
/// `*.json`, hidden folders left out); patterns such as `policies/**/*.yaml`; `-` for `stdin`.
/// What is named twice is read once. Folders and patterns give their files in the order of their
/// names.
///
/// # Errors
/// Everything that cannot be read; nothing is half-loaded.
pub fn load_within<S: AsRef<str>>(
    paths: &[S],
    stdin: &mut dyn Read,
    limits: &Limits,
) -> Result<Vec<Source>, Problems> {
    let mut loading = Loading {
        sources: Vec::new(),
        problems: Vec::new(),
        seen: HashSet::new(),
        files: 0,
        quota: Quota::new(limits),
    };
    for path in paths {
        loading.argument(path.as_ref(), stdin);
        if loading.quota.is_exceeded() {
            break;
        }
    }
    if loading.problems.is_empty() { Ok(loading.sources) } else { Err(Problems(loading.problems)) }
}

/// What has been read so far.
struct Loading {
    sources: Vec<Source>,
    problems: Vec<ProblemOut>,
    /// Canonical paths of the files and folders met; `-` for the standard input.
    seen: HashSet<PathBuf>,
    /// Files met, those named twice counted twice.
    files: usize,
    quota: Quota,
}

impl Loading {
    fn argument(&mut self, argument: &str, stdin: &mut dyn Read) {
        if argument == "-" {
            if self.seen.insert(PathBuf::from("-")) {
                let text = self.quota.stream(stdin).map_err(|problem| problem.named("-"));
                self.keep("-", text);
            }
            return;
        }
        let path = Path::new(argument);
        if path.exists() {
            return self.path(path);
        }
        match find::matches(argument) {
            Ok(paths) => paths.iter().for_each(|path| self.path(path)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// A file or folder that somebody named.
    fn path(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        if !self.is_new(path) {
            return;
        }
        let before = (self.files, self.problems.len());
        self.folder(path);
        if before == (self.files, self.problems.len()) {
            let message = format!("no manifest in the folder `{}`", path.display());
            self.problems.push(
                ProblemOut::new(ErrorCode::Empty, message)
                    .help("manifests are files that end in .yaml, .yml or .json"),
            );
        }
    }

    /// Everything in a folder. A link back to a folder met before is not followed again.
    fn folder(&mut self, folder: &Path) {
        let paths = match find::inside(folder) {
            Ok(paths) => paths,
            Err(problem) => return self.problems.push(problem),
        };
        for path in paths {
            if path.is_dir() {
                if self.is_new(&path) {
                    self.folder(&path);
                }
            } else if let Some(problem) = find::odd(&path) {
                self.problems.push(problem);
            } else {
                self.file(&path);
            }
            if self.quota.is_exceeded() {
                return;
            }
        }
    }

    fn file(&mut self, path: &Path) {
        self.files += 1;
        if self.is_new(path) {
            let name = path.display().to_string();
            let text = self.quota.file(path).map_err(|problem| problem.named(&name));
            self.keep(&name, text);
        }
    }

    fn is_new(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    fn keep(&mut self, name: &str, text: Result<Vec<u8>, ProblemOut>) {
        match text {
            Ok(text) => self.sources.push(Source::new(name, text)),
            Err(problem) => self.problems.push(problem),
        }
    }
}
