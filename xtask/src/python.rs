//! The Python package and its tests, in a virtual environment of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{self, must, must_be};

const REQUIREMENTS: &str = "bindings/python/requirements-test.txt";

/// Builds the package and runs its tests; `spark` adds the example on Apache Spark.
pub(crate) fn test(spark: bool) -> bool {
    let Some(python) = environment() else { return false };
    if spark && !must(&[&python, "-m", "pip", "install", "--quiet", "pyspark>=4,<5"]) {
        return false;
    }
    let mut tests = vec![python.as_str(), "-m", "pytest", "-q", "-n2", "bindings/python/tests"];
    if spark {
        tests.push("--spark");
    }
    build(&python)
        && run::command().is_some_and(|command| run::must_with(&tests, "MAYREACH", &command))
        && from_sdist(&python)
}

/// What a user without this checkout does: install the source distribution into an environment of
/// its own, and ask. Built as for development, for the sake of time.
fn from_sdist(python: &str) -> bool {
    let Some(target) = target() else { return false };
    let (sdist, fresh) = (target.join("python-sdist"), target.join("python-fresh"));
    let _ = fs::remove_dir_all(&sdist);
    let manifest = "bindings/python/Cargo.toml";
    let (Some(out), Some(environment)) = (sdist.to_str(), fresh.to_str()) else { return false };
    let maturin = python.replace("bin/python", "bin/maturin");
    if !must(&[&maturin, "sdist", "--quiet", "-m", manifest, "-o", out])
        || !must(&[python, "-m", "venv", "--clear", environment])
    {
        return false;
    }
    let Ok(Some(Ok(file))) = fs::read_dir(&sdist).map(|mut files| files.next()) else {
        return false;
    };
    let (file, fresh_python) = (file.path(), fresh.join("bin/python"));
    let (Some(file), Some(fresh_python)) = (file.to_str(), fresh_python.to_str()) else {
        return false;
    };
    let dev = "build-args=--profile=dev";
    run::must_with(
        &[fresh_python, "-m", "pip", "install", "--quiet", "-C", dev, file],
        "CARGO_TARGET_DIR",
        &target,
    ) && must(&[fresh_python, "-I", "bindings/python/tests/fresh.py", environment])
}

fn target() -> Option<PathBuf> {
    let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()));
    std::path::absolute(target).ok()
}

/// The interpreter of the environment, which is made anew when its requirements change.
fn environment() -> Option<String> {
    let folder = target()?.join("python");
    let python = folder.join("bin/python").to_str()?.to_owned();
    let wanted = fs::read_to_string(REQUIREMENTS).ok()?;
    let stamp = folder.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Some(python);
    }
    let base = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let made = must(&[&base, "-m", "venv", "--clear", folder.to_str()?])
        && must(&[&python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]);
    (made && fs::write(&stamp, wanted).is_ok()).then_some(python)
}

/// An editable install of a development build, beside the other development builds.
fn build(python: &str) -> bool {
    let folder = Path::new(python).parent().and_then(Path::parent);
    let Some(folder) = folder else { return false };
    let maturin = folder.join("bin/maturin");
    let line = ["maturin", "develop", "--quiet", "-m", "bindings/python/Cargo.toml"];
    let mut command = Command::new(maturin);
    command.args(line.get(1..).unwrap_or(&[]));
    // As if the environment were activated.
    must_be(&line, command.env("VIRTUAL_ENV", folder))
}
