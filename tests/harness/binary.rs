//! Finds the programs under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The server under test: `RKVS_SERVER` when set, else the workspace's own `rkvs-server`, brought up to date by `cargo
/// build` in the profile of the running test.
///
/// # Panics
/// When there is no such file and it cannot be built.
pub fn rkvs() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match env::var_os("RKVS_SERVER") {
        Some(path) => {
            let path = PathBuf::from(path);
            assert!(path.is_file(), "RKVS_SERVER names no file: {}", path.display());
            path
        }
        None => build(),
    })
}

/// Whether `RKVS_SERVER` names the reference itself, which proves the tests rather than the server.
pub fn rkvs_is_the_reference() -> bool {
    rkvs().file_name().is_some_and(|name| name == "redis-server")
}

/// The reference server on the search path, if there is one.
pub fn redis() -> Option<&'static Path> {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    PATH.get_or_init(|| on_search_path("redis-server")).as_deref()
}

/// The first file called `name` in a directory of `PATH`.
pub fn on_search_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Builds the server beside the test executable. Cargo's own lock lets several test processes ask at once; the
/// second finds nothing to do. A stale binary would test yesterday's code, so this runs even when one is there.
fn build() -> PathBuf {
    let exe = env::current_exe().expect("a process knows its executable");
    let profile_dir = exe.ancestors().nth(2).expect("test executables lie in target/PROFILE/deps");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--quiet", "--package", "rkvs-server", "--bin", "rkvs-server"]);
    if profile_dir.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo runs, since it runs this test");
    assert!(status.success(), "cannot build rkvs-server; set RKVS_SERVER to a built one");
    profile_dir.join("rkvs-server")
}
