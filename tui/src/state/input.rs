//! A line of text that is being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

/// Bytes of a line.
pub const INPUT_SIZE_MAX: usize = 4_096;

/// A line of text and the place where the next character goes. A step is one character as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// In bytes, always between two graphemes.
    cursor: usize,
}

impl Input {
    /// A line with text in it, the cursor behind.
    pub fn new(text: impl Into<String>) -> Self {
        let mut input = Self::default();
        input.insert(&text.into());
        input
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The texts before and after the cursor.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Inserts text at the cursor as far as there is room; control characters are left out.
    pub fn insert(&mut self, text: &str) {
        for character in text.chars().filter(|character| !character.is_control()) {
            if self.text.len() + character.len_utf8() > INPUT_SIZE_MAX {
                break;
            }
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
        // What was typed may have joined the character behind it.
        self.cursor = self.step_from(self.cursor);
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Edits the line; false when the key means nothing here.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if is_ctrl => self.cursor = 0,
            KeyCode::Char('e') if is_ctrl => self.cursor = self.text.len(),
            KeyCode::Char('u') if is_ctrl => self.remove(0, self.cursor),
            KeyCode::Char('k') if is_ctrl => self.remove(self.cursor, self.text.len()),
            KeyCode::Char('w') if is_ctrl => {
                let before = self.text[..self.cursor].trim_end();
                let from = before.rfind(' ').map_or(0, |space| space + 1);
                self.remove(from, self.cursor);
            }
            KeyCode::Char(character) if !is_ctrl && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.insert(character.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Backspace => self.remove(self.before(), self.cursor),
            KeyCode::Delete => self.remove(self.cursor, self.after()),
            _ => return false,
        }
        true
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = self.step_from(from);
    }

    fn steps(&self) -> impl Iterator<Item = usize> {
        self.text.grapheme_indices(true).map(|(index, _)| index)
    }

    fn step_from(&self, from: usize) -> usize {
        self.steps().find(|&step| step >= from).unwrap_or(self.text.len())
    }

    fn before(&self) -> usize {
        self.steps().take_while(|&step| step < self.cursor).last().unwrap_or(0)
    }

    fn after(&self) -> usize {
        self.steps().find(|&step| step > self.cursor).unwrap_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut Input, codes: &[KeyCode]) {
        for &code in codes {
            assert!(input.key(KeyEvent::new(code, KeyModifiers::NONE)), "{code:?}");
        }
    }

    #[test]
    fn characters_are_edited_as_people_see_them() {
        let mut input = Input::new("a👨‍👩‍👧é");
        typed(&mut input, &[KeyCode::Left, KeyCode::Left]);
        assert_eq!(input.parts(), ("a", "👨‍👩‍👧é"));
        typed(&mut input, &[KeyCode::Delete, KeyCode::Char('b'), KeyCode::End, KeyCode::Backspace]);
        assert_eq!(input.parts(), ("ab", ""));
        typed(&mut input, &[KeyCode::Home, KeyCode::Backspace, KeyCode::Left, KeyCode::Right, KeyCode::Char('x')]);
        assert_eq!(input.parts(), ("ax", "b"));
    }

    #[test]
    fn control_keys_remove_words_and_lines() {
        let mut input = Input::new("one two three");
        for (key, left) in [('w', "one two "), ('w', "one "), ('u', "")] {
            assert!(input.key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)));
            assert_eq!(input.text(), left);
        }
    }

    #[test]
    fn pasted_text_is_one_bounded_line() {
        let mut input = Input::default();
        input.insert("a\r\n\u{1b}[2Jb");
        assert_eq!(input.text(), "a[2Jb");
        input.insert(&"é".repeat(INPUT_SIZE_MAX));
        assert!(input.text().len() <= INPUT_SIZE_MAX && input.text().len() > INPUT_SIZE_MAX - 2);
    }

    #[test]
    fn the_cursor_never_stands_within_a_character() {
        let mut input = Input::new("\u{301}");
        typed(
            &mut input,
            &[KeyCode::Home, KeyCode::Char('e'), KeyCode::Left, KeyCode::Char('\u{200d}'), KeyCode::Delete],
        );
        let (before, after) = input.parts();
        assert_eq!(format!("{before}{after}"), input.text());
    }
}
