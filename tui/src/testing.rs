//! What tests of state and screens share: pressing keys, reading what is sent, looking at the picture.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::state::App;
use crate::state::msg::{Effect, Msg};
use crate::state::update::update;
use crate::view::view;

/// Presses keys: characters stand for themselves, `⏎ ⎋ ⇥ ↓` for Enter, Esc, Tab and Down, `⌫` for what empties a field.
pub(crate) fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.chars() {
        let key = match key {
            '⏎' => KeyEvent::from(KeyCode::Enter),
            '⎋' => KeyEvent::from(KeyCode::Esc),
            '⇥' => KeyEvent::from(KeyCode::Tab),
            '↓' => KeyEvent::from(KeyCode::Down),
            '⌫' => KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL),
            key => KeyEvent::from(KeyCode::Char(key)),
        };
        let now_ms = app.now_ms + 10;
        effects.extend(update(app, Msg::Key(key), now_ms));
    }
    effects
}

/// The commands that are to be sent, those for a keyspace behind it: `20> FLUSHDB`.
pub(crate) fn sent(effects: &[Effect]) -> Vec<String> {
    let requests =
        effects.iter().filter_map(|effect| if let Effect::Run(request) = effect { Some(request) } else { None });
    let text = |command: &Vec<Vec<u8>>| -> String {
        command.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
    };
    let commands =
        requests.flat_map(|request| request.commands.iter().map(|command| (request.keyspace.as_ref(), text(command))));
    commands.map(|(keyspace, text)| keyspace.map_or(String::new(), |of| format!("{of}> ")) + &text).collect()
}

/// What the terminal shows.
pub(crate) fn picture(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    terminal.backend().to_string()
}
