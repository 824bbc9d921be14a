//! A dialog: it says what is about to happen to which server and what that costs, and asks. `Cancel` has the focus at first,
//! unless something has to be typed; a key that is held down never confirms anything.

use std::fmt;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::input::Input;
use super::msg::Effect;
use super::sample::{Sample, Server};

/// What follows from confirming with these texts in the fields; an error stays in the dialog.
type Confirm = Arc<dyn Fn(&[String]) -> Result<Vec<Effect>, String> + Send + Sync>;

/// What is said about these texts in the fields while they are typed: labels and texts.
type Preview = Arc<dyn Fn(&[String]) -> Vec<(String, String)> + Send + Sync>;

/// What the newest sample says: labels of lines, and the texts that take the place of theirs.
type Renew = Arc<dyn Fn(&Sample) -> Vec<(&'static str, String)> + Send + Sync>;

/// A dialog on top of everything.
#[derive(Clone)]
pub struct Dialog {
    /// What it is about: `Resize shards`.
    pub title: String,
    /// A label and what there is to say: `server`, `namespace`, `effect`, `cost` …
    pub lines: Vec<(String, String)>,
    /// What has to be typed.
    pub fields: Vec<Field>,
    /// What has the focus.
    pub focus: Focus,
    /// The button that confirms: `Resize`; empty in a message, which has only `Close`.
    pub verb: String,
    /// What was wrong with the last try to confirm.
    pub error: Option<String>,
    /// Whether something is lost that cannot be had back.
    pub is_destructive: bool,
    /// Rows that the user has scrolled away; none when the focus decides.
    pub scroll: Option<u16>,
    confirm: Option<Confirm>,
    preview: Option<Preview>,
    renew: Option<Renew>,
}

/// A field of a dialog.
#[derive(Clone, Debug)]
pub struct Field {
    /// What is asked for.
    pub label: String,
    /// What was typed.
    pub input: Input,
    /// The text it must be for the dialog to be confirmed.
    pub must_be: Option<String>,
    /// Whether what is typed must not be seen.
    pub is_secret: bool,
    /// Whether spaces at either end belong to what is typed.
    pub is_exact: bool,
}

/// What has the focus of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// A field.
    Field(usize),
    /// The button that changes nothing.
    Cancel,
    /// The button that confirms.
    Verb,
}

/// What became of a dialog after a key.
#[derive(Debug)]
pub enum Outcome {
    /// It stays.
    Open,
    /// It is gone, and nothing happens.
    Cancelled,
    /// It is gone, and this happens.
    Confirmed(Vec<Effect>),
}

impl Dialog {
    /// A message that can only be closed.
    pub fn message(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lines: vec![(String::new(), text.into())],
            fields: Vec::new(),
            focus: Focus::Cancel,
            verb: String::new(),
            error: None,
            is_destructive: false,
            scroll: None,
            confirm: None,
            preview: None,
            renew: None,
        }
    }

    /// A question; `confirm` says what happens when the answer is yes, from what stands in the fields.
    pub fn confirm(
        title: impl Into<String>,
        verb: impl Into<String>,
        confirm: impl Fn(&[String]) -> Result<Vec<Effect>, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            lines: Vec::new(),
            fields: Vec::new(),
            focus: Focus::Cancel,
            verb: verb.into(),
            error: None,
            is_destructive: false,
            scroll: None,
            confirm: Some(Arc::new(confirm)),
            preview: None,
            renew: None,
        }
    }

    /// Also says this.
    pub fn line(mut self, label: impl Into<String>, text: impl Into<String>) -> Self {
        self.lines.push((label.into(), text.into()));
        self
    }

    /// Also asks for this, with something typed already.
    pub fn field(mut self, label: impl Into<String>, text: impl Into<String>) -> Self {
        self.fields.push(Field {
            label: label.into(),
            input: Input::new(text),
            must_be: None,
            is_secret: false,
            is_exact: false,
        });
        self.focus = Focus::Field(0);
        self
    }

    /// Also asks for this, where spaces at either end count.
    pub fn exact_field(self, label: impl Into<String>, text: impl Into<String>) -> Self {
        let mut dialog = self.field(label, text);
        dialog.fields.iter_mut().rev().take(1).for_each(|field| field.is_exact = true);
        dialog
    }

    /// Also asks for a password, of which nothing is shown.
    pub fn secret(mut self, label: impl Into<String>) -> Self {
        self.fields.push(Field {
            label: label.into(),
            input: Input::default(),
            must_be: None,
            is_secret: true,
            is_exact: false,
        });
        self.focus = Focus::Field(0);
        self
    }

    /// Also says what follows from what is typed, such as the command that would be sent.
    pub fn preview(mut self, preview: impl Fn(&[String]) -> Vec<(String, String)> + Send + Sync + 'static) -> Self {
        self.preview = Some(Arc::new(preview));
        self
    }

    /// Goes on telling what is, while it is open.
    pub fn renewed(mut self, renew: impl Fn(&Sample) -> Vec<(&'static str, String)> + Send + Sync + 'static) -> Self {
        self.renew = Some(Arc::new(renew));
        self
    }

    /// Brings its lines up to date.
    pub(super) fn renew(&mut self, sample: &Sample) {
        let told = self.renew.as_ref().map_or_else(Vec::new, |renew| renew(sample));
        for (label, text) in told {
            if let Some(line) = self.lines.iter_mut().find(|(other, _)| other == label) {
                line.1 = text;
            }
        }
    }

    /// Can only be confirmed once this word was typed.
    pub fn must_type(mut self, word: impl Into<String>) -> Self {
        let word = word.into();
        let label = format!("type {word}");
        self.fields.push(Field {
            label,
            input: Input::default(),
            must_be: Some(word),
            is_secret: false,
            is_exact: false,
        });
        self.focus = Focus::Field(0);
        self.destructive()
    }

    /// Something is lost that cannot be had back.
    pub fn destructive(mut self) -> Self {
        self.is_destructive = true;
        self
    }

    /// Names the server in the first line of a question, and speaks its words.
    pub(super) fn server_line(mut self, server: &Server) -> Self {
        if self.is_question() {
            for (label, _) in self.lines.iter_mut().filter(|(label, _)| label == "namespace") {
                *label = server.keyspace_word().into();
            }
            self.lines.insert(0, ("server".into(), format!("{} ({})", server.address, server.title())));
        }
        self
    }

    /// Whether it asks for something that can be confirmed.
    pub fn is_question(&self) -> bool {
        self.confirm.is_some()
    }

    /// What follows from what has been typed so far: labels and texts.
    pub fn previewed(&self) -> Vec<(String, String)> {
        self.preview.as_ref().map_or_else(Vec::new, |preview| preview(&self.texts()))
    }

    /// Asks again, with what was typed, after the server refused it.
    pub(super) fn refused(mut self, error: String) -> Self {
        self.error = Some(error);
        self.focus = if self.fields.is_empty() { Focus::Cancel } else { Focus::Field(0) };
        self
    }

    fn texts(&self) -> Vec<String> {
        let typed = |field: &Field| {
            let text = field.input.text();
            if field.is_exact { text.to_owned() } else { text.trim().to_owned() }
        };
        self.fields.iter().map(typed).collect()
    }

    /// Pastes into the field that has the focus.
    pub fn paste(&mut self, text: &str) {
        if let Focus::Field(index) = self.focus {
            self.fields[index].input.insert(text);
        }
    }

    /// Obeys a key. Enter leads from field to field and then to `Cancel`: alone it never confirms.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        self.scroll = None;
        match (key.code, self.focus) {
            (KeyCode::Esc, _) => return Outcome::Cancelled,
            (KeyCode::Char('c'), _) if key.modifiers.contains(KeyModifiers::CONTROL) => return Outcome::Cancelled,
            (KeyCode::Enter, Focus::Cancel) => return Outcome::Cancelled,
            (KeyCode::Enter, Focus::Verb) => return self.try_to_confirm(),
            (KeyCode::Enter | KeyCode::Tab | KeyCode::Down, _) => self.step(1),
            (KeyCode::BackTab | KeyCode::Up, _) => self.step(-1),
            (_, Focus::Field(index)) => {
                self.error = None;
                self.fields[index].input.key(key);
            }
            (KeyCode::Right | KeyCode::Char('l'), _) => self.step(1),
            (KeyCode::Left | KeyCode::Char('h'), _) => self.step(-1),
            (KeyCode::Char('q'), _) => return Outcome::Cancelled,
            _ => {}
        }
        Outcome::Open
    }

    /// Goes around: fields, Cancel, the verb.
    fn step(&mut self, by: isize) {
        let stops = self.fields.len() + 1 + usize::from(self.is_question());
        let at = match self.focus {
            Focus::Field(index) => index,
            Focus::Cancel => self.fields.len(),
            Focus::Verb => self.fields.len() + 1,
        };
        let at = (at as isize + by).rem_euclid(stops as isize) as usize;
        self.focus = match at.checked_sub(self.fields.len()) {
            None => Focus::Field(at),
            Some(0) => Focus::Cancel,
            Some(_) => Focus::Verb,
        };
    }

    fn try_to_confirm(&mut self) -> Outcome {
        let Some(confirm) = &self.confirm else { return Outcome::Cancelled };
        for (index, field) in self.fields.iter().enumerate() {
            if let Some(word) = &field.must_be
                && field.input.text() != word
            {
                self.error = Some(format!("type {word} to go on"));
                self.focus = Focus::Field(index);
                return Outcome::Open;
            }
        }
        match confirm(&self.texts()) {
            Ok(effects) => Outcome::Confirmed(effects),
            Err(error) => {
                self.error = Some(error);
                self.focus = if self.fields.is_empty() { Focus::Cancel } else { Focus::Field(0) };
                Outcome::Open
            }
        }
    }
}

impl fmt::Debug for Dialog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialog").field("title", &self.title).field("focus", &self.focus).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(dialog: &mut Dialog, codes: &[KeyCode]) -> Outcome {
        let mut outcome = Outcome::Open;
        for &code in codes {
            outcome = dialog.key(KeyEvent::new(code, KeyModifiers::NONE));
        }
        outcome
    }

    fn question() -> Dialog {
        Dialog::confirm("Save", "Save", |_| Ok(vec![Effect::PollNow]))
    }

    #[test]
    fn enter_alone_changes_nothing() {
        assert!(matches!(press(&mut question(), &[KeyCode::Enter]), Outcome::Cancelled));
        assert!(matches!(press(&mut question(), &[KeyCode::Esc]), Outcome::Cancelled));
        assert!(matches!(press(&mut question(), &[KeyCode::Char('y')]), Outcome::Open));
    }

    #[test]
    fn enter_leads_through_the_fields_to_cancel() {
        let mut dialog = question().field("a", "1").field("b", "2");
        for focus in [Focus::Field(1), Focus::Cancel] {
            assert!(matches!(press(&mut dialog, &[KeyCode::Enter]), Outcome::Open));
            assert_eq!(dialog.focus, focus);
        }
        assert!(matches!(press(&mut dialog, &[KeyCode::Enter]), Outcome::Cancelled));
    }

    #[test]
    fn the_verb_is_a_step_away() {
        for step in [KeyCode::Tab, KeyCode::Right, KeyCode::Left, KeyCode::BackTab] {
            let outcome = press(&mut question(), &[step, KeyCode::Enter]);
            assert!(matches!(outcome, Outcome::Confirmed(effects) if effects == [Effect::PollNow]), "{step:?}");
        }
    }

    #[test]
    fn the_word_must_be_typed() {
        let mut dialog = question().must_type("ab");
        assert!(matches!(press(&mut dialog, &[KeyCode::BackTab, KeyCode::Enter]), Outcome::Open));
        assert_eq!((dialog.focus, dialog.error.is_some()), (Focus::Field(0), true));
        let keys = [KeyCode::Char('a'), KeyCode::Char('b'), KeyCode::Enter, KeyCode::Tab, KeyCode::Enter];
        assert!(matches!(press(&mut dialog, &keys), Outcome::Confirmed(_)));
    }

    #[test]
    fn a_field_that_is_wrong_keeps_the_dialog() {
        let mut dialog = Dialog::confirm("Resize", "Resize", |texts| {
            texts[0].parse::<u64>().map(|_| Vec::new()).map_err(|_| "a number, please".to_owned())
        })
        .field("shards", "x");
        assert!(matches!(press(&mut dialog, &[KeyCode::Enter, KeyCode::Tab, KeyCode::Enter]), Outcome::Open));
        assert_eq!(dialog.error.as_deref(), Some("a number, please"));
        let keys = [KeyCode::Backspace, KeyCode::Char('8'), KeyCode::Enter, KeyCode::Tab, KeyCode::Enter];
        assert!(matches!(press(&mut dialog, &keys), Outcome::Confirmed(_)));
    }

    #[test]
    fn a_message_can_only_be_closed() {
        let mut message = Dialog::message("Read-only", "no");
        assert!(matches!(press(&mut message, &[KeyCode::Tab, KeyCode::Right]), Outcome::Open));
        assert!(matches!(press(&mut message, &[KeyCode::Enter]), Outcome::Cancelled));
    }
}
