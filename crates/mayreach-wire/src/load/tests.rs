//! Tests of `load`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

/// A folder that is gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mayreach-load-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn with(self, name: &str, text: &[u8]) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Names of what was read, as seen from here.
    fn names(&self, paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| self.path(path)).collect();
        let sources = load(&paths, &mut io::empty()).unwrap();
        let short = |source: &Source| {
            Path::new(source.name()).strip_prefix(&self.0).unwrap().display().to_string()
        };
        sources.iter().map(short).collect()
    }

    fn problem(&self, path: &str) -> ProblemOut {
        let Problems(mut problems) = load(&[self.path(path)], &mut io::empty()).unwrap_err();
        assert_eq!(problems.len(), 1);
        problems.remove(0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tree() -> Folder {
    Folder::new()
        .with("b.yaml", b"b")
        .with("a.yml", b"a")
        .with("sub/c.json", b"c")
        .with("sub/deep/d.yaml", b"d")
        .with("notes.txt", b"no manifest")
        .with(".git/e.yaml", b"hidden")
}

#[test]
fn folders_give_all_manifests_in_order() {
    assert_eq!(tree().names(&[""]), ["a.yml", "b.yaml", "sub/c.json", "sub/deep/d.yaml"]);
}

#[test]
fn a_file_that_is_named_is_read_whatever_its_ending() {
    assert_eq!(tree().names(&["notes.txt"]), ["notes.txt"]);
}

#[test]
fn patterns_match_files_and_folders() {
    let tree = tree();
    assert_eq!(tree.names(&["*.y*ml"]), ["a.yml", "b.yaml"]);
    assert_eq!(tree.names(&["**/*.yaml"]), ["b.yaml", "sub/deep/d.yaml"]);
    assert_eq!(tree.names(&[".git/*"]), [".git/e.yaml"]);
    assert_eq!(tree.names(&["su?"]), ["sub/c.json", "sub/deep/d.yaml"]);
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_that_file() {
    assert_eq!(tree().with("[a].yaml", b"x").names(&["[a].yaml"]), ["[a].yaml"]);
}

#[test]
fn what_is_named_twice_is_read_once() {
    let tree = tree();
    assert_eq!(tree.names(&["b.yaml", "sub/../b.yaml", "b.yaml"]), ["b.yaml"]);
    assert_eq!(tree.names(&["sub", "sub/deep", "sub"]), ["sub/c.json", "sub/deep/d.yaml"]);
    let both = load(&["-", "-"], &mut &b"text"[..]).unwrap();
    assert_eq!(both.len(), 1);
    assert_eq!((both[0].name(), both[0].bytes()), ("-", &b"text"[..]));
}

#[test]
fn what_is_not_there_is_an_error_with_a_hint() {
    let tree = tree();
    let problem = tree.problem("b.yml");
    assert_eq!(problem.code, "unreadable");
    assert!(problem.message.ends_with("b.yml`: it does not exist"), "{}", problem.message);
    assert!(problem.help.unwrap().starts_with("did you mean"));
    assert_eq!(tree.problem("nowhere/x.yaml").code, "unreadable");
    let problem = tree.problem("*.toml");
    assert_eq!(problem.code, "empty");
    assert_eq!(tree.problem("[").code, "unreadable");
}

#[test]
fn a_folder_without_manifests_is_an_error() {
    let tree = tree().with("docs/readme.md", b"text");
    assert_eq!(tree.problem("docs").code, "empty");
}

#[test]
fn all_problems_come_back_and_nothing_is_half_loaded() {
    let tree = tree();
    let paths = [tree.path("x.yaml"), tree.path("b.yaml"), tree.path("y.yaml")];
    let Problems(problems) = load(&paths, &mut io::empty()).unwrap_err();
    assert_eq!(problems.len(), 2);
}

#[test]
fn binary_files_are_named() {
    let tree = tree().with("x.yaml", &[0, 1, 2, 3]);
    let problem = tree.problem("x.yaml");
    assert_eq!(problem.code, "syntax");
    assert_eq!(problem.file, Some(tree.path("x.yaml")));
}

#[test]
fn a_source_may_be_as_large_as_its_limit() {
    let tree = Folder::new().with("a.yaml", b"12345").with("b.yaml", b"123456");
    let mut limits = Limits::default();
    limits.source_bytes = 5;
    let read = |path: &str| load_within(&[tree.path(path)], &mut io::empty(), &limits);
    assert_eq!(read("a.yaml").unwrap()[0].bytes(), b"12345");
    let Problems(problems) = read("b.yaml").unwrap_err();
    assert_eq!(problems[0].code, "limit");
    assert_eq!(problems[0].file, Some(tree.path("b.yaml")));

    let stdin = |text: &[u8]| load_within(&["-"], &mut &text[..], &limits).map(|s| s.len());
    assert_eq!(stdin(b"12345"), Ok(1));
    assert_eq!(stdin(b"123456").unwrap_err().0[0].code, "limit");
}

#[test]
fn all_sources_may_be_as_large_as_their_limit() {
    let tree = Folder::new().with("a.yaml", b"12345").with("b.yaml", b"123456");
    let mut limits = Limits::default();
    let paths = [tree.path("")];
    limits.total_bytes = 11;
    assert_eq!(load_within(&paths, &mut io::empty(), &limits).unwrap().len(), 2);
    limits.total_bytes = 10;
    let Problems(problems) = load_within(&paths, &mut io::empty(), &limits).unwrap_err();
    assert_eq!(problems[0].code, "limit");
}

/// 1 GB of `a`, and what never ends, cost no more memory than a limit allows.
#[test]
fn endless_input_stops_at_the_limit() {
    let mut limits = Limits::default();
    limits.source_bytes = 1 << 20;
    let mut taken = Counted { reader: io::repeat(b'a').take(1 << 30), bytes: 0 };
    let Problems(problems) = load_within(&["-"], &mut taken, &limits).unwrap_err();
    assert_eq!(problems[0].code, "limit");
    assert_eq!(taken.bytes, (1 << 20) + 1);
}

struct Counted<R> {
    reader: R,
    bytes: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes += count;
        Ok(count)
    }
}

#[cfg(unix)]
#[test]
fn links_and_devices_do_no_harm() {
    use std::os::unix::fs::symlink;

    let tree = tree();
    symlink(&tree.0, tree.0.join("sub/loop")).unwrap();
    symlink(tree.0.join("b.yaml"), tree.0.join("sub/again.yaml")).unwrap();
    assert_eq!(tree.names(&[""]), ["a.yml", "b.yaml", "sub/c.json", "sub/deep/d.yaml"]);

    let Problems(problems) = load(&["/dev/zero"], &mut io::empty()).unwrap_err();
    assert_eq!(problems[0].code, "syntax");
    symlink("/dev/zero", tree.0.join("sub/zero.yaml")).unwrap();
    assert_eq!(tree.problem("sub").code, "unreadable");
    fs::remove_file(tree.0.join("sub/zero.yaml")).unwrap();
    symlink("nowhere", tree.0.join("sub/broken.yaml")).unwrap();
    assert_eq!(tree.problem("sub").code, "unreadable");
}
