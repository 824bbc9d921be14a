//! Enters the terminal and leaves it as it was: at the end, after a panic, and while the process is stopped.

use std::io::{self, Stdout, Write};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, TerminalOptions, Viewport};
use rustix::io::Errno;
use rustix::{process, termios};

/// Most bytes that [`copy_sequence`] takes; terminals drop sequences that are longer than some ten thousand characters.
pub const COPY_BYTES_MAX: usize = 48 * 1024;

/// The most columns and rows that are drawn on; beyond them the terminal stays empty.
const SIZE_MAX: Size = Size::new(1_000, 500);

/// Whether the terminal is ours now, so that whoever comes first (the guard or the panic hook) restores it, once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours; restores it when dropped.
#[derive(Debug)]
pub struct Guard {
    /// Never dropped: it would complain about a terminal that is gone, and [`restore`] shows the cursor.
    terminal: ManuallyDrop<ratatui::Terminal<CrosstermBackend<Stdout>>>,
    size: Size,
    mouse: bool,
}

/// Takes the terminal: raw mode, the alternate screen, bracketed paste, focus events and, if wanted, the mouse.
///
/// # Errors
///
/// When the terminal cannot be asked, such as when standard output is none. It is then as it was.
pub fn enter(mouse: bool) -> io::Result<Guard> {
    install_panic_hook();
    let size = size()?;
    let options = TerminalOptions { viewport: Viewport::Fixed((Position::ORIGIN, size).into()) };
    let terminal = ratatui::Terminal::with_options(CrosstermBackend::new(io::stdout()), options)?;
    take(mouse)?;
    let mut guard = Guard { terminal: ManuallyDrop::new(terminal), size, mouse };
    guard.redraw()?;
    Ok(guard)
}

/// Gives the terminal back; does nothing when it is not ours. Errors are of no use here: there is nowhere left to tell them.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = leave_modes(&mut io::stdout());
        leave_raw_mode();
    }
}

/// As much of it as goes without writing to the terminal, whoever may be at it and be held by a terminal that takes no output.
pub fn give_up() {
    leave_raw_mode();
}

/// In the background the shell has set the terminal to its own liking, and whoever sets it stops.
fn leave_raw_mode() {
    if is_foreground() {
        let _ = disable_raw_mode();
    }
}

/// Whether keys of the terminal come to this process, or no shell decides about that.
pub fn is_foreground() -> bool {
    !termios::tcgetpgrp(io::stdout()).is_ok_and(|group| group != process::getpgrp())
}

/// Whether there is no terminal any more: its window was closed.
pub fn is_gone() -> bool {
    termios::tcgetwinsize(io::stdout()).is_err_and(|error| error == Errno::IO)
}

/// The columns and rows of the terminal that are drawn on.
///
/// # Errors
///
/// When the terminal cannot be asked.
pub fn size() -> io::Result<Size> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(drawn(width, height))
}

/// What is drawn on of so many columns and rows.
pub fn drawn(width: u16, height: u16) -> Size {
    Size::new(width.min(SIZE_MAX.width), height.min(SIZE_MAX.height))
}

impl Guard {
    /// Draws a picture of this size.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn draw(&mut self, size: Size, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if size != self.size {
            self.size = size;
            self.redraw()?;
        }
        self.terminal.draw(view).map(drop)
    }

    /// Whether the mouse is ours; when it is not, the terminal selects text with it.
    pub fn mouse(&self) -> bool {
        self.mouse
    }

    /// Takes or releases the mouse.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn set_mouse(&mut self, mouse: bool) -> io::Result<()> {
        self.mouse = mouse;
        if mouse { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) }
    }

    /// Gives the terminal back before the process stops.
    pub fn suspend(&mut self) {
        restore();
    }

    /// Takes the terminal again after the process was stopped, whether [`Guard::suspend`] came before or not; the next draw draws
    /// everything.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be asked.
    pub fn resume(&mut self) -> io::Result<()> {
        // Modes that others have changed are only set anew where they count as left.
        restore();
        take(self.mouse)?;
        self.redraw()
    }

    /// Makes the next draw draw everything, over whatever others have written. `Terminal::clear` would first ask the terminal where
    /// the cursor is: a way there and back before the first picture, and an error with terminals that do not answer.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.terminal.resize(Rect::from((Position::ORIGIN, self.size)))
    }

    /// Asks the terminal to put `text` on the clipboard; says whether it was short enough to ask.
    ///
    /// # Errors
    ///
    /// When the terminal cannot be written to.
    pub fn copy(&mut self, text: &[u8]) -> io::Result<bool> {
        let Some(sequence) = copy_sequence(text) else { return Ok(false) };
        let mut out = io::stdout();
        out.write_all(sequence.as_bytes())?;
        out.flush()?;
        Ok(true)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// The sequence (OSC 52) that asks a terminal, also one behind ssh, to put bytes on the clipboard; none when there are more
/// than [`COPY_BYTES_MAX`].
pub fn copy_sequence(text: &[u8]) -> Option<String> {
    (text.len() <= COPY_BYTES_MAX).then(|| format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)))
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    enter_modes(&mut io::stdout(), mouse).inspect_err(|_| restore())
}

fn enter_modes(out: &mut impl Write, mouse: bool) -> io::Result<()> {
    queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Leaves all modes, whether they were entered or not, in the reverse order.
fn leave_modes(out: &mut impl Write) -> io::Result<()> {
    execute!(out, DisableMouseCapture, DisableFocusChange, DisableBracketedPaste, LeaveAlternateScreen, Show)
}

/// Makes a panic restore the terminal before it is told, so that it can be read.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            tell(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private modes that a sequence sets (`h`) or resets (`l`).
    fn modes(sequence: &[u8], set: char) -> Vec<String> {
        let text = String::from_utf8_lossy(sequence).into_owned();
        let mut modes: Vec<_> =
            text.split("\x1b[?").filter_map(|mode| mode.trim_end().strip_suffix(set)).map(str::to_owned).collect();
        modes.sort();
        modes
    }

    #[test]
    fn every_mode_entered_is_left() {
        let (mut entered, mut left) = (Vec::new(), Vec::new());
        enter_modes(&mut entered, true).unwrap();
        leave_modes(&mut left).unwrap();
        let entered = modes(&entered, 'h');
        assert!(entered.contains(&"1049".to_owned()) && entered.contains(&"2004".to_owned()), "{entered:?}");
        assert_eq!(modes(&left, 'l'), entered);
        assert_eq!(modes(&left, 'h'), ["25"], "the cursor shows again");
    }

    #[test]
    fn no_more_is_drawn_on_than_memory_is_had_for() {
        assert_eq!(drawn(120, 40), Size::new(120, 40));
        assert_eq!(drawn(30_000, u16::MAX), SIZE_MAX);
    }

    #[test]
    fn the_mouse_is_taken_only_when_wanted() {
        let mut entered = Vec::new();
        enter_modes(&mut entered, false).unwrap();
        assert!(!modes(&entered, 'h').contains(&"1000".to_owned()));
    }

    #[test]
    fn copying_is_base64_and_bounded() {
        assert_eq!(copy_sequence(b"user:1\x1b").unwrap(), "\x1b]52;c;dXNlcjoxGw==\x1b\\");
        assert!(copy_sequence(&vec![b'x'; COPY_BYTES_MAX]).is_some());
        assert!(copy_sequence(&vec![b'x'; COPY_BYTES_MAX + 1]).is_none());
    }
}
