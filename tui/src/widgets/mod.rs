//! Parts of screens. Each takes plain data (text already made harmless, numbers, roles) and draws cells; none knows the
//! application, its state or the server.
//!
//! A widget is a struct of what it shows with `draw(&self, area, buffer, theme)`. It draws into any area, also an empty one or one
//! that reaches beyond the buffer; less room means less shown, never a panic. Widgets that react to the mouse answer
//! `hit(area, position)` from the same arithmetic that drew them.

pub mod banner;
pub mod bars;
mod canvas;
pub mod chart;
pub mod dialog;
pub mod facts;
pub mod gauge;
pub mod help;
pub mod histogram;
pub mod input;
pub mod key_bar;
pub mod palette;
pub mod panel;
pub mod progress;
pub mod properties;
pub mod table;
pub mod tabs;
#[cfg(test)]
mod testing;
pub mod toast;
pub mod too_small;

pub use canvas::{Canvas, bar_text};
