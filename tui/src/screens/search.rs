//! What the filter of a screen's list looks at: what the screen names of a row, and each cell under its heading.

use crate::state::App;
use crate::state::filter::Filter;
use crate::state::tab::Tab;
use crate::widgets::table::{Cell, Column};

/// The filter of a tab's list. Beside what the screen names, which is what words without a column are looked for in, it knows each
/// column by its heading, as what the cell below it shows.
pub(super) struct Search {
    filter: Filter,
    /// The columns of the table that the filter names, and their headings.
    named: Vec<(usize, &'static str)>,
}

impl Search {
    /// Reads what was typed; `columns` are those of the table.
    pub(super) fn new(app: &App, tab: Tab, columns: &[Column<'static>]) -> Self {
        let filter = app.list_of(tab).parsed_filter();
        let headings = columns.iter().map(Column::title).enumerate();
        let named = headings.filter(|(_, heading)| filter.names(heading)).collect();
        Self { filter, named }
    }

    /// Whether it fits everything.
    pub(super) fn is_empty(&self) -> bool {
        self.filter.is_empty()
    }

    /// Whether it names a column.
    pub(super) fn names(&self, column: &str) -> bool {
        self.filter.names(column)
    }

    /// Whether a row is shown: `told` is what the screen names of it, `cell` makes the cell of a column, for which only a filter that
    /// names it pays.
    pub(super) fn fits<'c>(&self, told: &[(&str, &str)], cell: impl Fn(usize) -> Cell<'c>) -> bool {
        if self.named.is_empty() {
            return self.filter.fits(told);
        }
        let cells: Vec<_> = self.named.iter().map(|(column, heading)| (*heading, cell(*column))).collect();
        let shown = cells.iter().map(|(heading, cell)| (*heading, cell.text()));
        self.filter.fits(&told.iter().copied().chain(shown).collect::<Vec<_>>())
    }
}

/// The names that a filter knows: those that the screen has beside the headings, then the headings.
pub(super) fn columns<'a>(told: &[&'a str], columns: &[Column<'a>]) -> Vec<&'a str> {
    told.iter().copied().chain(columns.iter().map(Column::title).filter(|heading| !heading.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::{dialogs, of};
    use crate::testing::{picture, press};

    #[test]
    fn every_heading_is_a_column_that_a_filter_may_name() {
        for tab in Tab::ALL.into_iter().filter(|tab| !matches!(tab, Tab::Overview | Tab::Keys)) {
            for is_rkvs in [true, false] {
                let mut app = dialogs::app(tab, is_rkvs);
                // A plain server has no shards, and no autosaves.
                if app.tab != tab || (tab == Tab::Persistence && !is_rkvs) {
                    continue;
                }
                let rows = app.list().rows.len();
                assert!(rows > 0, "{tab:?}");
                for column in of(tab).columns_of(&app) {
                    let heading = column.title.replace(' ', "");
                    press(&mut app, &format!("/⌫{heading}=⏎"));
                    assert_eq!(app.list().rows.len(), rows, "{tab:?} {heading}");
                    press(&mut app, &format!("/⌫{heading}=§⏎"));
                    assert_eq!(app.list().rows.len(), 0, "{tab:?} {heading}");
                    assert!(!picture(&app).contains("no column"), "{tab:?} {heading}\n{}", picture(&app));
                }
            }
        }
    }
}
