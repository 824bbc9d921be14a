//! A terminal that tests can type into and read: a session of tmux, on a server of tmux of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rkvs_tests::{binary, skip};

/// What does not happen within that time never does. Debug builds on a busy machine take seconds.
const WAIT_MAX: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A shell in a terminal; gone when dropped.
pub(crate) struct Terminal {
    tmux: PathBuf,
    socket: String,
}

impl Terminal {
    /// A shell in a terminal of this size, unless there is no tmux, which is said aloud.
    pub(crate) fn shell_or_skip(what: &str, width: u16, height: u16) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let Some(tmux) = binary::on_search_path("tmux") else {
            skip::skipped(what, "no tmux on the search path to run it in");
            return None;
        };
        let socket = format!("rkvs-tui-test-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let terminal = Self { tmux, socket };
        let size = [width.to_string(), height.to_string()];
        // Nothing of the developer's own settings: neither those of tmux, nor of the shell, nor of the dashboard.
        let shell =
            "exec env -i PATH=\"$PATH\" HOME=/nonexistent TERM=tmux-256color LC_ALL=C.UTF-8 TZ=UTC PS1='shell> ' sh";
        terminal.tmux(&["-f", "/dev/null", "-u", "new-session", "-d", "-x", &size[0], "-y", &size[1], shell]);
        terminal.wait_for("the shell", |screen| screen.contains("shell>"));
        Some(terminal)
    }

    /// Runs a command line in the shell.
    pub(crate) fn run(&self, line: &str) {
        self.type_in(line);
        self.press(&["Enter"]);
    }

    /// Types text as it is.
    pub(crate) fn type_in(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Presses keys by their names: `Enter`, `Escape`, `Tab`, `C-z`.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, width: u16, height: u16) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// What is on the screen with the sequences that colour it.
    pub(crate) fn coloured_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// A variable of the terminal, such as `alternate_on`.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.tmux(&["display-message", "-p", &format!("#{{{name}}}")]).trim_end().to_owned()
    }

    /// Waits until the screen shows something; returns it.
    pub(crate) fn wait_for(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        let is_there = until(|| {
            screen = self.screen();
            holds(&screen)
        });
        assert!(is_there, "the terminal does not show {what}:\n{screen}");
        screen
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new(&self.tmux).args(["-L", &self.socket]).args(args).output().expect("tmux runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {args:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The test has its verdict already.
        let _ = Command::new(&self.tmux).args(["-L", &self.socket, "kill-server"]).output();
    }
}

/// Waits for a condition; `false` when it never holds.
pub(crate) fn until(mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > WAIT_MAX {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

/// A path as the shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
