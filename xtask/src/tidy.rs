//! The house rules: sizes, a first line that says what a file is, stages that only look left, no
//! file that nothing compiles, a case folder and a page for every kind.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const FILE_LINES_MAX: usize = 600;
/// A stage may name itself and what stands left of it.
const STAGES: [&str; 7] = ["error", "manifest", "model", "kinds", "compiled", "decision", "report"];
/// `compiled` and later must not know that kinds exist.
const BLIND_TO_KINDS: [&str; 3] = ["compiled", "decision", "report"];
/// A path of one machine means nothing on another.
const FORBIDDEN: [&str; 3] = ["/root/", "/home/", "/tmp/"];

pub(crate) fn tidy() -> bool {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default();
    let mut files = Vec::new();
    walk(&root, &mut files);
    let mut problems = Vec::new();
    for file in &files {
        check_file(&root, file, &mut problems);
        check_reached(file, &files, &mut problems);
    }
    check_stages(&root.join("crates/mayreach/src"), &mut problems);
    check_kinds(&root, &mut problems);
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    println!("tidy: {} files, {} problems", files.len(), problems.len());
    problems.is_empty() && !files.is_empty()
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !matches!(name, "target" | "node_modules") {
                walk(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn check_file(root: &Path, file: &Path, problems: &mut Vec<String>) {
    let text = read(file);
    let shown = file.strip_prefix(root).unwrap_or(file).display();
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        problems.push(format!("{shown}: {lines} lines, at most {FILE_LINES_MAX}"));
    }
    if !text.starts_with("//!") && !file.ends_with("build.rs") {
        problems.push(format!("{shown}: starts without a `//!` line"));
    }
    if !file.ends_with("tidy.rs") {
        for word in FORBIDDEN.iter().filter(|w| text.contains(**w)) {
            problems.push(format!("{shown}: contains `{word}`"));
        }
    }
}

/// A file no `mod` line names is never compiled, so its tests never run.
fn check_reached(file: &Path, files: &[PathBuf], problems: &mut Vec<String>) {
    let is_root = |a: &&Path| a.file_name().is_some_and(|n| n == "src" || n == "it");
    let Some(src) = file.ancestors().find(is_root) else { return };
    let (Some(dir), Some(stem)) = (file.parent(), file.file_stem().and_then(|s| s.to_str())) else {
        return;
    };
    if dir == src && matches!(stem, "lib" | "main") || dir.ends_with("src/bin") {
        return;
    }
    let (dir, stem) = if stem == "mod" {
        let Some(up) = dir.parent() else { return };
        (up, dir.file_name().and_then(|n| n.to_str()).unwrap_or_default())
    } else {
        (dir, stem)
    };
    let parents =
        [dir.join("mod.rs"), dir.with_extension("rs"), dir.join("lib.rs"), dir.join("main.rs")];
    let names = |parent: &PathBuf| {
        read(parent).lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            let words: Vec<_> = code.split_whitespace().collect();
            words
                .windows(2)
                .any(|w| matches!(w, ["mod", name] if name.trim_end_matches([';', '{']) == stem))
        })
    };
    if !parents.iter().filter(|p| files.contains(p)).any(names) {
        problems.push(format!("{}: no `mod {stem}` names it", file.display()));
    }
}

fn check_stages(src: &Path, problems: &mut Vec<String>) {
    let mut files = Vec::new();
    walk(src, &mut files);
    for file in files {
        let Ok(inside) = file.strip_prefix(src) else { continue };
        if inside.components().any(|c| c.as_os_str() == "tests.rs" || c.as_os_str() == "tests") {
            continue;
        }
        let first =
            inside.components().next().map(|c| c.as_os_str().to_string_lossy().replace(".rs", ""));
        let first = first.unwrap_or_default();
        let Some(own) = STAGES.iter().position(|s| *s == first) else { continue };
        for named in named_stages(&read(&file)) {
            let Some(other) = STAGES.iter().position(|s| *s == named) else { continue };
            if other > own || (named == "kinds" && BLIND_TO_KINDS.contains(&first.as_str())) {
                problems.push(format!("{}: stage `{first}` uses stage `{named}`", file.display()));
            }
        }
    }
}

/// The first path segment of every `crate::…`, also inside `use crate::{…}`.
fn named_stages(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        let Some(group) = part.strip_prefix('{') else {
            found.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            continue;
        };
        let mut depth = 0usize;
        let mut segment = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => segment.clear(),
                ':' if depth == 0 => {
                    found.insert(segment.trim().to_owned());
                }
                c if depth == 0 => segment.push(c),
                _ => {}
            }
        }
    }
    found
}

/// One policy kind: its source, its cases, its page.
fn check_kinds(root: &Path, problems: &mut Vec<String>) {
    let summary = read(&root.join("docs/src/SUMMARY.md"));
    let kinds = root.join("crates/mayreach/src/kinds");
    for family in ["kubernetes", "calico", "istio"] {
        let Ok(entries) = fs::read_dir(kinds.join(family)) else { continue };
        let folders =
            entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.join("lower.rs").exists());
        for kind in folders {
            let name = kind.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if !kind.join("manifest.rs").exists() {
                problems.push(format!("kind `{family}/{name}`: manifest.rs is missing"));
            }
            if !summary.contains(&format!("kinds/{family}.md")) {
                problems.push(format!("family `{family}`: no line in docs/src/SUMMARY.md"));
            }
        }
    }
}
