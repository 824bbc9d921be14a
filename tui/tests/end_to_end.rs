//! The dashboard as a person uses it: in a terminal, against a running server.

mod tmux;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use rkvs_tests::Server;
use rkvs_tui::terminal;
use rustix::termios::{Action, tcflow};
use tempfile::TempDir;
use tmux::{Terminal, quoted, until};

/// A terminal whose shell can start the dashboard of a server that holds some data.
struct Stage {
    terminal: Terminal,
    server: Server,
    dir: TempDir,
}

const SOCKET: &str = "server.sock";

impl Stage {
    fn or_skip(what: &str) -> Option<Self> {
        let terminal = Terminal::shell_or_skip(what, 120, 40)?;
        let dir = tempfile::Builder::new().prefix("rkvs-tui-").tempdir().expect("a temporary folder");
        let server = serve(dir.path());
        let mut client = server.client();
        let set_up = [
            "NAMESPACE CREATE sessions DB 20 SHARDS 16",
            "NAMESPACE AUTOSAVE SET sessions SECONDS 3600",
            "CONFIG SET slowlog-log-slower-than 0",
            "SET here 1",
            "HSET hash a 1",
            "SELECT 20",
            "SET session:1 x EX 3600",
            // So that the dashboard's own requests do not push these out.
            "CONFIG SET slowlog-log-slower-than 10000000",
        ];
        for line in set_up {
            let reply = client.line(line);
            assert!(!reply.is_error(), "{line}: {reply:?}");
        }
        Some(Self { terminal, server, dir })
    }

    /// Starts the dashboard and waits for its first picture with data.
    fn start(&self, before: &str, args: &str) {
        let program = quoted(Path::new(env!("CARGO_BIN_EXE_rkvs-tui")));
        let socket = quoted(&self.dir.path().join(SOCKET));
        // The path is longer than the screen is wide: it is given by a variable, so that the line can be read in failures.
        self.terminal.run(&format!("tui={program} server={socket}; clear"));
        self.terminal.run(&format!("{before} \"$tui\" \"$server\" {args}; echo \"ended: $?\""));
        self.terminal.wait_for("the dashboard", is_live);
    }

    /// The modes of the terminal line as `stty` tells them.
    fn modes(&self, name: &str) -> String {
        let file = self.dir.path().join(name);
        self.terminal.run(&format!("stty -a >{} ; clear", quoted(&file)));
        let mut modes = String::new();
        // The shell has made the file before stty has written it.
        let is_told = until(|| {
            modes = fs::read_to_string(&file).unwrap_or_default();
            modes.ends_with('\n') && modes.contains("echo")
        });
        assert!(is_told, "stty tells nothing: {modes}");
        modes
    }

    /// Sends a signal to the dashboard.
    fn signal(&self, signal: &str) {
        let dashboard = self.dashboard();
        let sent = Command::new("kill").args(["-s", signal, &dashboard]).status().expect("kill runs");
        assert!(sent.success(), "{signal} to {dashboard}");
    }

    /// The dashboard's process, which is the child of the terminal's shell.
    fn dashboard(&self) -> String {
        let shell = self.terminal.variable("pane_pid");
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("children are told");
        children.split_whitespace().last().expect("it is running").to_owned()
    }

    /// The terminal line, as others reach it.
    fn line(&self) -> File {
        File::options().write(true).open(self.terminal.variable("pane_tty")).expect("a terminal line")
    }

    fn assert_terminal_is_restored(&self, modes_before: &str) {
        assert_eq!(self.terminal.variable("alternate_on"), "0", "the usual screen is back");
        assert_eq!(self.terminal.variable("cursor_flag"), "1", "the cursor can be seen");
        assert_eq!(self.terminal.variable("mouse_any_flag"), "0", "the mouse is the terminal's own");
        assert_eq!(self.modes("after"), modes_before);
    }

    fn number(&self, line: &str) -> i64 {
        self.server.client().line(line).integer().expect("a number")
    }
}

fn serve(dir: &Path) -> Server {
    Server::rkvs_in(dir, &["--unixsocket", SOCKET, "--databases", "16"])
}

fn is_live(screen: &str) -> bool {
    screen.contains("LIVE") && screen.contains("rkvs")
}

/// Opens each tab by its digit and reads what only this tab shows.
#[test]
fn every_tab_shows_what_it_is_about() {
    let Some(stage) = Stage::or_skip("tabs of the dashboard") else { return };
    stage.start("", "--namespace sessions");
    let tabs = [
        ("1", "Overview", "ops/s"),
        ("2", "Namespaces", "sessions"),
        ("3", "Commands", "namespace|create"),
        ("4", "Clients", "rkvs-tui"),
        ("5", "Shards", "15"),
        ("6", "Persist", "autosave"),
        ("7", "Slowlog", "SELECT"),
        ("8", "Config", "maxmemory"),
        ("9", "Keys", "session:"),
    ];
    for (digit, title, words) in tabs {
        stage.terminal.press(&[digit]);
        let tab = format!("[{digit} {title}]");
        let is_shown = |screen: &str| screen.contains(&tab) && screen.to_lowercase().contains(&words.to_lowercase());
        stage.terminal.wait_for(&format!("{tab} with {words}"), is_shown);
    }
    stage.terminal.press(&["?"]);
    stage.terminal.wait_for("the help", |screen| screen.contains("type to search"));
    stage.terminal.press(&["Escape"]);
    stage.terminal.wait_for("the screen below the help", |screen| !screen.contains("type to search"));
}

#[test]
fn saving_is_asked_about_and_then_done() {
    let Some(stage) = Stage::or_skip("saving by a key") else { return };
    stage.start("", "");
    let saved_before = stage.number("LASTSAVE");
    // The time of a save is told in seconds: another one can be told from the first only in another second.
    let seconds = || {
        let time = stage.server.client().line("TIME").items().and_then(|items| items[0].text());
        time.and_then(|text| text.parse::<i64>().ok()).expect("seconds")
    };
    assert!(until(|| seconds() > saved_before));
    stage.terminal.press(&["b"]);
    stage.terminal.wait_for("a question", |screen| screen.contains("Cancel") && screen.contains("Save"));
    stage.terminal.press(&["Enter"]);
    stage.terminal.wait_for("no question", |screen| !screen.contains("Cancel"));
    assert_eq!(stage.number("LASTSAVE"), saved_before, "Enter cancels");
    stage.terminal.press(&["b"]);
    stage.terminal.wait_for("a question", |screen| screen.contains("Cancel"));
    stage.terminal.press(&["Tab", "Enter"]);
    assert!(until(|| stage.number("LASTSAVE") > saved_before), "the server saves");
    stage.terminal.wait_for("how it went", |screen| screen.contains("save done in"));
}

#[test]
fn the_number_of_shards_is_changed() {
    let Some(stage) = Stage::or_skip("a resize by the palette") else { return };
    stage.start("", "--view shards --namespace sessions");
    stage.terminal.type_in(":");
    stage.terminal.wait_for("the palette", |screen| screen.contains("command"));
    stage.terminal.type_in("resize 64");
    stage.terminal.press(&["Enter"]);
    stage.terminal.wait_for("a question", |screen| screen.contains("Cancel") && screen.contains("64"));
    stage.terminal.press(&["Enter", "Tab", "Enter"]);
    let shards = || {
        let reply = stage.server.client().line("NAMESPACE INFO sessions");
        let items = reply.items().expect("fields and values");
        let at = items.iter().position(|item| item.text().as_deref() == Some("shards")).expect("it tells the shards");
        items[at + 1].integer()
    };
    assert!(until(|| shards() == Some(64)), "NAMESPACE INFO tells {:?} shards", shards());
    stage.terminal.wait_for("the new shards", |screen| screen.contains("64"));
}

#[test]
fn with_readonly_nothing_is_changed() {
    let Some(stage) = Stage::or_skip("--readonly") else { return };
    stage.start("", "--readonly");
    let saved_before = stage.number("LASTSAVE");
    stage.terminal.press(&["b"]);
    stage.terminal.wait_for("the refusal", |screen| screen.contains("--readonly") && !screen.contains("Cancel"));
    stage.terminal.press(&["Tab", "Enter"]);
    stage.terminal.wait_for("the screen below", |screen| screen.contains("READ-ONLY") && !screen.contains("refused:"));
    assert_eq!(stage.number("LASTSAVE"), saved_before);
}

#[test]
fn a_lost_server_is_told_and_found_again() {
    let Some(stage) = Stage::or_skip("a server that goes away") else { return };
    stage.start("", "");
    let Stage { terminal, server, dir } = stage;
    server.kill();
    terminal.wait_for("that the server is gone", |screen| screen.contains("DISCONNECTED") && screen.contains("retry"));
    let _server = serve(dir.path());
    terminal.wait_for("that it is back", |screen| is_live(screen) && !screen.contains("DISCONNECTED"));
}

#[test]
fn a_terminal_may_be_too_small_for_a_while() {
    let Some(stage) = Stage::or_skip("sizes of the terminal") else { return };
    stage.start("", "");
    for (width, height) in [(20, 4), (300, 100), (39, 50), (60, 16), (1, 1), (120, 40)] {
        stage.terminal.resize(width, height);
        if width >= 40 {
            stage.terminal.wait_for("the dashboard", is_live);
        } else if width > 10 {
            stage.terminal.wait_for("what it needs", |screen| screen.contains("too small"));
        }
    }
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let Some(stage) = Stage::or_skip("the terminal after the end") else { return };
    for quit in ["q", "C-c"] {
        let modes = stage.modes("before");
        stage.start("", "");
        assert_eq!(stage.terminal.variable("alternate_on"), "1");
        stage.terminal.press(&[quit]);
        stage.terminal.wait_for("the end", |screen| screen.contains("ended: 0") && screen.contains("shell>"));
        stage.assert_terminal_is_restored(&modes);
    }
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was() {
    let Some(stage) = Stage::or_skip("the terminal after a panic") else { return };
    let modes = stage.modes("before");
    let program = quoted(&std::env::current_exe().expect("a process knows its executable"));
    stage.terminal.run(&format!("me={program}; clear"));
    stage.terminal.run("\"$me\" --ignored --exact --nocapture takes_the_terminal_and_panics; echo \"ended: $?\"");
    let screen = stage.terminal.wait_for("the end", |screen| screen.contains("ended: 101"));
    assert!(screen.contains("while the terminal was taken"), "the message can be read:\n{screen}");
    stage.assert_terminal_is_restored(&modes);
}

#[test]
#[ignore = "a_panic_leaves_the_terminal_as_it_was runs it, in a terminal"]
fn takes_the_terminal_and_panics() {
    let mut guard = terminal::enter(true).expect("a terminal");
    let size = terminal::size().expect("a size");
    guard.draw(size, |frame| frame.render_widget("on the other screen", frame.area())).expect("a picture");
    panic!("while the terminal was taken");
}

#[test]
fn a_stopped_dashboard_goes_on() {
    let Some(stage) = Stage::or_skip("Ctrl-Z and fg") else { return };
    let modes = stage.modes("before");
    stage.start("", "");
    stage.terminal.press(&["C-z"]);
    stage.terminal.wait_for("the shell", |screen| screen.contains("shell>") && !screen.contains("LIVE"));
    stage.assert_terminal_is_restored(&modes);
    stage.terminal.run("fg");
    stage.terminal.wait_for("the dashboard again", is_live);
    stage.terminal.press(&["2"]);
    stage.terminal.wait_for("that it obeys", |screen| screen.contains("[2 Namespaces]"));
    stage.terminal.press(&["q"]);
    stage.terminal.wait_for("the end", |screen| screen.contains("shell>") && !screen.contains("LIVE"));
    stage.assert_terminal_is_restored(&modes);
}

#[test]
fn signals_that_end_it_leave_the_terminal_as_it_was() {
    let Some(stage) = Stage::or_skip("the terminal after signals") else { return };
    for (signal, number) in [("TERM", 15), ("HUP", 1), ("INT", 2), ("QUIT", 3)] {
        let modes = stage.modes("before");
        stage.start("", "");
        stage.signal(signal);
        let ended = format!("ended: {}", 128 + number);
        stage.terminal.wait_for(&ended, |screen| screen.contains(&ended) && screen.contains("shell>"));
        stage.assert_terminal_is_restored(&modes);
    }
}

#[test]
fn signals_that_stop_it_are_like_ctrl_z() {
    let Some(stage) = Stage::or_skip("SIGTSTP, SIGSTOP and fg") else { return };
    let modes = stage.modes("before");
    stage.start("", "");
    stage.signal("TSTP");
    stage.terminal.wait_for("the shell", |screen| screen.contains("shell>") && !screen.contains("LIVE"));
    stage.assert_terminal_is_restored(&modes);
    stage.terminal.run("fg");
    stage.terminal.wait_for("the dashboard again", is_live);
    // What cannot be caught leaves its picture behind; it is put right by what lets it go on.
    stage.signal("STOP");
    stage.terminal.wait_for("the shell over the picture", |screen| screen.contains("Stopped"));
    stage.terminal.type_in("fg");
    // The line is still raw: Enter is no end of line to the shell.
    stage.terminal.press(&["C-j"]);
    stage.terminal.wait_for("the dashboard alone", |screen| is_live(screen) && !screen.contains("Stopped"));
    stage.terminal.press(&["2"]);
    stage.terminal.wait_for("that it obeys", |screen| screen.contains("[2 Namespaces]"));
    assert_eq!(stage.terminal.variable("alternate_on"), "1");
    stage.terminal.press(&["q"]);
    stage.terminal.wait_for("the end", |screen| screen.contains("shell>") && !screen.contains("LIVE"));
    stage.assert_terminal_is_restored(&modes);
}

#[test]
fn a_stopped_dashboard_can_be_ended() {
    let Some(stage) = Stage::or_skip("Ctrl-Z and kill %1") else { return };
    let modes = stage.modes("before");
    stage.start("", "");
    let dashboard = stage.dashboard();
    stage.terminal.press(&["C-z"]);
    stage.terminal.wait_for("the shell", |screen| screen.contains("shell>") && !screen.contains("LIVE"));
    // In the background it leaves the terminal alone, and stops again.
    stage.terminal.run("clear; bg");
    assert!(until(|| state_of(&dashboard) == Some('T')), "{:?}", state_of(&dashboard));
    // As shells with job control do themselves.
    stage.terminal.run("clear; kill %1; kill -s CONT %1");
    assert!(until(|| state_of(&dashboard).is_none()), "{:?}", state_of(&dashboard));
    stage.assert_terminal_is_restored(&modes);
    assert!(!stage.terminal.screen().contains("LIVE"));
}

/// The letter of a process's state, until it has ended.
fn state_of(process: &str) -> Option<char> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    status.rsplit_once(") ")?.1.chars().next().filter(|state| *state != 'Z')
}

#[test]
fn a_terminal_that_takes_no_output_holds_nobody() {
    let Some(stage) = Stage::or_skip("a terminal that takes no output") else { return };
    let modes = stage.modes("before");
    stage.start("", "");
    let (dashboard, line) = (stage.dashboard(), stage.line());
    tcflow(&line, Action::OOff).expect("output can be held");
    stage.signal("TERM");
    assert!(until(|| state_of(&dashboard).is_none()), "{:?}", state_of(&dashboard));
    tcflow(&line, Action::OOn).expect("output can go on");
    // Its picture is still there, for nobody could take it away.
    stage.terminal.wait_for("the end", |screen| screen.contains("ended: 143") && screen.contains("shell>"));
    assert_eq!(stage.modes("after"), modes);
}

#[test]
fn a_window_that_is_closed_ends_it_in_silence() {
    let Some(stage) = Stage::or_skip("a window that is closed") else { return };
    let file = |name: &str| stage.dir.path().join(name);
    let (said, code) = (file("said"), file("code"));
    stage.terminal.run(&format!("export said={} code={}; clear", quoted(&said), quoted(&code)));
    // A shell without job control stays when the terminal is gone, and tells the exit code.
    stage.start(r#"sh -c 'trap "" HUP; "$0" "$@" 2>"$said"; echo "$?" >"$code"'"#, "");
    let Stage { terminal, server: _server, dir: _dir } = stage;
    drop(terminal);
    assert!(until(|| fs::read_to_string(&code).is_ok_and(|code| code.ends_with('\n'))), "it goes on");
    assert_eq!(fs::read_to_string(&code).unwrap(), "129\n");
    assert_eq!(fs::read_to_string(&said).unwrap(), "");
}

#[test]
fn what_others_wrote_over_it_is_drawn_over_by_ctrl_l() {
    let Some(stage) = Stage::or_skip("Ctrl-L") else { return };
    stage.start("", "");
    stage.line().write_all(b"\x1b[3;1Hfrom somebody else").expect("it can be written to");
    stage.terminal.wait_for("what is foreign", |screen| screen.contains("from somebody else"));
    stage.terminal.press(&["C-l"]);
    stage.terminal.wait_for("the dashboard alone", |screen| is_live(screen) && !screen.contains("from somebody else"));
}

/// Parameters of the sequences that choose colours and styles.
fn styles(screen: &str) -> Vec<u16> {
    let sequences = screen.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m'));
    let parameters = sequences.flat_map(|(parameters, _)| parameters.split([';', ':']));
    parameters.filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn no_color_means_no_colours() {
    let Some(stage) = Stage::or_skip("NO_COLOR") else { return };
    // Resets to the terminal's own colours are 39 and 49.
    let is_colour = |style: &u16| matches!(style, 30..=38 | 40..=48 | 90..=107);
    stage.start("", "");
    assert!(styles(&stage.terminal.coloured_screen()).iter().any(is_colour), "there are colours otherwise");
    stage.terminal.press(&["q"]);
    stage.terminal.wait_for("the end", |screen| screen.contains("ended: 0"));
    stage.start("NO_COLOR=1", "");
    for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        stage.terminal.press(&[digit]);
        stage.terminal.wait_for("the tab", |screen| screen.contains(&format!("[{digit} ")));
        let screen = stage.terminal.coloured_screen();
        let colours: Vec<_> = styles(&screen).into_iter().filter(is_colour).collect();
        assert!(colours.is_empty(), "{colours:?} in {screen:?}");
    }
}
