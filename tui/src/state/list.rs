//! The list of a screen: what is shown in which order, and what is selected. Selection goes by identity: rows move about with
//! every sample, and what is selected stays so.

use std::sync::Arc;

use super::filter::Filter;
use super::input::Input;

/// What a row is about, whatever place it stands at: a name, a number, the bytes of a key. Copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(Arc<[u8]>);

impl RowId {
    /// The bytes it was made of.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text it was made of, or `None` when it is no text.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The number it was made of.
    pub fn as_number(&self) -> Option<u64> {
        self.as_str()?.parse().ok()
    }
}

impl From<&[u8]> for RowId {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for RowId {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<u64> for RowId {
    fn from(number: u64) -> Self {
        number.to_string().as_str().into()
    }
}

/// A row in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub id: RowId,
    /// Where its data stands in the part of the shown sample that the screen lists.
    pub index: usize,
}

/// A column that rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Whether the largest comes first when it is chosen.
    pub is_descending: bool,
}

/// What a row is sorted by.
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// A number.
    Number(f64),
    /// A text, compared without regard to letter case.
    Text(String),
    /// Nothing is known: such rows come last, whatever the order.
    Unknown,
}

impl SortKey {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase())
    }
}

impl From<Option<u64>> for SortKey {
    fn from(count: Option<u64>) -> Self {
        count.map(|count| count as f64).into()
    }
}

impl From<Option<f64>> for SortKey {
    fn from(number: Option<f64>) -> Self {
        number.filter(|number| !number.is_nan()).map_or(Self::Unknown, Self::Number)
    }
}

/// The order of identities: numbers by their size, before names.
fn by_identity(a: &RowId, b: &RowId) -> std::cmp::Ordering {
    let is_number = |id: &RowId| !id.0.is_empty() && id.0.iter().all(u8::is_ascii_digit);
    match (is_number(a), is_number(b)) {
        (true, true) => a.0.len().cmp(&b.0.len()).then_with(|| a.cmp(b)),
        (a_is_number, b_is_number) => b_is_number.cmp(&a_is_number).then_with(|| a.cmp(b)),
    }
}

/// Puts rows in order; rows with the same key stay in that of their identities, so that none jumps about.
pub fn sorted(mut rows: Vec<(SortKey, Row)>, is_descending: bool) -> Vec<Row> {
    use std::cmp::Ordering;
    rows.sort_by(|(a, a_row), (b, b_row)| {
        let order = match (a, b) {
            (SortKey::Unknown, SortKey::Unknown) => return by_identity(&a_row.id, &b_row.id),
            (SortKey::Unknown, _) => return Ordering::Greater,
            (_, SortKey::Unknown) => return Ordering::Less,
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
            (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
        };
        let order = if is_descending { order.reverse() } else { order };
        order.then_with(|| by_identity(&a_row.id, &b_row.id))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The state of one screen's list. A screen without a list leaves it untouched.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What is shown, in order: the result of the screen's `rows`, kept up to date by `update`.
    pub rows: Vec<Row>,
    /// What is selected.
    pub selected: Option<RowId>,
    /// Its place, so that the next one is selected when it goes away.
    position: usize,
    /// Whether the user chose it. Until then the first row is selected, whichever that is.
    is_chosen: bool,
    /// The first row that is drawn.
    pub offset: usize,
    /// The column rows are sorted by: a place in the screen's `columns`.
    pub sort: usize,
    /// Whether the order is not the column's usual one.
    pub is_reversed: bool,
    /// What was typed as a filter.
    pub filter: Input,
    /// Which of its views the screen shows: `v` goes on to the next, and the screen takes the remainder.
    pub view: usize,
    /// What the details are shown of.
    pub detail: Option<RowId>,
}

impl List {
    /// The filter.
    pub fn parsed_filter(&self) -> Filter {
        Filter::parse(self.filter.text())
    }

    /// Whether the column's largest values come first.
    pub fn is_descending(&self, columns: &[Column]) -> bool {
        columns.get(self.sort).is_some_and(|column| column.is_descending) != self.is_reversed
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<&Row> {
        self.rows.get(self.position).filter(|row| Some(&row.id) == self.selected.as_ref())
    }

    /// The place of the selected row.
    pub fn position(&self) -> Option<usize> {
        self.selected_row().map(|_| self.position)
    }

    /// Takes new rows; `height` of them can be seen. Selects the same as before, or what stands in its place.
    pub fn set_rows(&mut self, rows: Vec<Row>, height: usize) {
        self.rows = rows;
        // Of nothing nobody chooses.
        self.is_chosen &= !self.rows.is_empty();
        if !self.is_chosen {
            self.position = 0;
        } else if let Some(selected) = &self.selected
            && self.selected_row().is_none()
            && let Some(position) = self.rows.iter().position(|row| row.id == *selected)
        {
            self.position = position;
        }
        self.place(self.position, height);
    }

    /// Selects the row at a place, or the last one, and scrolls so that it can be seen.
    pub fn select(&mut self, position: usize, height: usize) {
        self.is_chosen = true;
        self.place(position, height);
    }

    /// Selects what it is about as soon as there is a row of it.
    pub fn choose(&mut self, id: RowId) {
        self.is_chosen = true;
        self.selected = Some(id);
    }

    /// Keeps what is selected, for something is about to be done with it.
    pub fn keep_selected(&mut self) {
        self.is_chosen = self.selected.is_some();
    }

    fn place(&mut self, position: usize, height: usize) {
        self.position = position.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.position).map(|row| row.id.clone());
        let height = height.max(1);
        self.offset = self.offset.clamp((self.position + 1).saturating_sub(height), self.position);
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }

    /// Selects the row so many places on.
    pub fn step(&mut self, by: isize, height: usize) {
        self.select(self.position.saturating_add_signed(by), height);
    }

    /// Scrolls without selecting, as far as there are rows; the selection is dragged along.
    pub fn scroll(&mut self, by: isize, height: usize) {
        let last = self.rows.len().saturating_sub(height.max(1));
        self.offset = self.offset.saturating_add_signed(by).min(last);
        let position = self.position.clamp(self.offset, self.offset + height.max(1) - 1);
        self.select(position, height);
    }

    /// Sorts by another column.
    pub fn sort_by(&mut self, column: usize) {
        self.is_reversed = self.sort == column && !self.is_reversed;
        self.sort = column;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: &[u64]) -> Vec<Row> {
        ids.iter().enumerate().map(|(index, &id)| Row { id: id.into(), index }).collect()
    }

    #[test]
    fn selection_follows_what_is_selected() {
        let mut list = List::default();
        list.set_rows(rows(&[1, 2, 3, 4]), 2);
        list.select(2, 2);
        assert_eq!((list.selected.clone(), list.offset), (Some(3.into()), 1));
        list.set_rows(rows(&[3, 9, 8, 7, 1]), 2);
        assert_eq!((list.position(), list.offset), (Some(0), 0));
        list.select(4, 2);
        list.set_rows(rows(&[3, 9]), 2);
        assert_eq!((list.selected.clone(), list.offset), (Some(9.into()), 0));
        list.set_rows(Vec::new(), 2);
        assert_eq!((list.selected.clone(), list.position()), (None, None));
        list.set_rows(rows(&[5]), 2);
        assert_eq!(list.selected, Some(5.into()));
    }

    #[test]
    fn the_first_row_is_selected_until_another_is_chosen() {
        let mut list = List::default();
        list.set_rows(rows(&[1, 2, 3, 4]), 2);
        list.set_rows(rows(&[4, 3, 2, 1]), 2);
        assert_eq!((list.selected.clone(), list.offset), (Some(4.into()), 0));
        list.step(1, 2);
        list.set_rows(rows(&[1, 2, 3, 4]), 2);
        assert_eq!((list.selected.clone(), list.offset), (Some(3.into()), 1));
        let mut list = List::default();
        list.set_rows(rows(&[1, 2]), 2);
        list.keep_selected();
        list.set_rows(rows(&[2, 1]), 2);
        assert_eq!(list.selected, Some(1.into()), "something was done with it");
        list.set_rows(Vec::new(), 2);
        list.set_rows(rows(&[2, 1]), 2);
        list.set_rows(rows(&[1, 2]), 2);
        assert_eq!(list.selected, Some(1.into()), "what was chosen is gone");
    }

    #[test]
    fn steps_and_scrolling_stay_within_the_rows() {
        let mut list = List::default();
        list.set_rows(rows(&[1, 2, 3, 4, 5, 6]), 3);
        list.step(-1, 3);
        assert_eq!(list.position(), Some(0));
        list.step(isize::MAX, 3);
        assert_eq!((list.position(), list.offset), (Some(5), 3));
        list.scroll(-2, 3);
        assert_eq!((list.position(), list.offset), (Some(3), 1));
        list.scroll(100, 3);
        assert_eq!((list.position(), list.offset), (Some(3), 3));
        list.set_rows(rows(&[1, 2, 3, 4, 5, 6]), 100);
        assert_eq!(list.offset, 0);
        list.step(1, 0);
        assert_eq!(list.position(), Some(4));
    }

    #[test]
    fn what_is_unknown_comes_last_in_any_order() {
        let keyed = |keys: [Option<u64>; 4]| -> Vec<(SortKey, Row)> {
            keys.into_iter().map(SortKey::from).zip(rows(&[1, 2, 3, 4])).collect()
        };
        let ids = |rows: Vec<Row>| -> Vec<_> { rows.iter().filter_map(|row| row.id.as_number()).collect() };
        assert_eq!(ids(sorted(keyed([Some(5), None, Some(7), Some(5)]), false)), [1, 4, 3, 2]);
        assert_eq!(ids(sorted(keyed([Some(5), None, Some(7), Some(5)]), true)), [3, 1, 4, 2]);
    }

    #[test]
    fn choosing_the_column_again_reverses() {
        const COLUMNS: [Column; 2] =
            [Column { title: "name", is_descending: false }, Column { title: "ops", is_descending: true }];
        let mut list = List::default();
        assert!(!list.is_descending(&COLUMNS));
        list.sort_by(1);
        assert!(list.is_descending(&COLUMNS));
        list.sort_by(1);
        assert!(!list.is_descending(&COLUMNS));
        list.sort_by(0);
        assert!(!list.is_descending(&COLUMNS));
    }
}
