//! Parts of screens. Each takes plain data (text already made harmless, numbers, roles) and draws cells; none knows the
//! application, its state or the server.
//!
//! A widget is a struct of what it shows with `draw(&self, area, buffer, theme)`. It draws into any area, also an empty one or one
//! that reaches beyond the buffer; less room means less shown, never a panic. Widgets that react to the mouse answer
//! `hit(area, position)` from the same arithmetic that drew them.

mod canvas;
pub mod panel;
pub mod table;
#[cfg(test)]
mod testing;

pub use canvas::{Canvas, bar_text};
