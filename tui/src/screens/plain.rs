//! A list as lines of text, the whole body wide.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Screen;
use crate::state::App;
use crate::text;
use crate::theme::Role;

/// Where the rows are: below one line of headings.
pub(super) fn list_area(body: Rect) -> Rect {
    Rect { y: body.y + body.height.min(1), height: body.height.saturating_sub(1), ..body }
}

/// Draws headings and the rows that can be seen; `cells` tells a row's texts from its index.
pub(super) fn list(
    screen: &dyn Screen,
    app: &App,
    frame: &mut Frame<'_>,
    body: Rect,
    cells: impl Fn(usize) -> Vec<String>,
) {
    let theme = app.options.theme;
    let list = app.list_of(screen.tab());
    let columns = screen.columns();
    let width = usize::from(body.width) / columns.len().max(1);
    let ellipsis = theme.symbols().ellipsis;
    let fit = |text: &str| text::fit(text, width.saturating_sub(1), text::Align::Left, ellipsis) + " ";
    let heading: String = columns.iter().map(|column| fit(column.title)).collect();
    frame.render_widget(Line::styled(heading, theme.style(Role::Heading)), Rect { height: body.height.min(1), ..body });
    let area = list_area(body);
    for (line, row) in list.rows.iter().skip(list.offset).take(area.height.into()).enumerate() {
        let is_selected = list.selected.as_ref() == Some(&row.id);
        let role = if is_selected { Role::Selected } else { Role::Text };
        let words: String = cells(row.index).iter().map(|cell| fit(&text::harmless(cell.as_bytes()))).collect();
        let at = Rect { y: area.y + line as u16, height: 1, ..area };
        frame.render_widget(Line::styled(words, theme.style(role)), at);
    }
}
