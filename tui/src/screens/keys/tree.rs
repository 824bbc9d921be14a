//! Keys grouped by what stands before their colons: `user:1`, `user:2` → `user:` with two keys.

use super::browser::{Browser, GROUP, Key, id, is_group, name};
use crate::state::list::{Row, RowId};

/// Ends the name of a group.
const SEPARATOR: u8 = b':';
/// Bytes of a name in which groups are looked for.
const PREFIX_SIZE_MAX: usize = 1_024;

/// The prefix that a name has in common with its group, beyond the first `from` bytes.
fn prefix(name: &[u8], from: usize) -> Option<&[u8]> {
    let part = name.get(from..name.len().min(PREFIX_SIZE_MAX))?;
    part.iter().position(|&byte| byte == SEPARATOR).map(|at| &name[..from + at + 1])
}

/// The rows of the tree in order: groups with what they hold where they are unfolded. `places` are the keys to show, by name;
/// `order` compares what stands at the same level.
pub(super) fn rows(
    browser: &Browser,
    places: &[usize],
    order: &dyn Fn(&Node<'_>, &Node<'_>) -> std::cmp::Ordering,
) -> Vec<Row> {
    let mut rows = Vec::new();
    unfold(browser, places, 0, order, &mut rows);
    rows
}

/// Something at one level of the tree.
pub(super) enum Node<'a> {
    /// A key, and its place.
    Key(&'a Key, usize),
    /// A prefix, and the places of its keys.
    Group(&'a [u8], &'a [usize]),
}

fn unfold<'a>(
    browser: &'a Browser,
    places: &'a [usize],
    from: usize,
    order: &dyn Fn(&Node<'_>, &Node<'_>) -> std::cmp::Ordering,
    rows: &mut Vec<Row>,
) {
    let mut nodes = Vec::new();
    let mut rest = places;
    while let [first, after @ ..] = rest {
        let key = &browser.keys[*first];
        let group = prefix(name(&key.id), from);
        let count =
            group.map_or(1, |group| rest.partition_point(|&place| name(&browser.keys[place].id).starts_with(group)));
        match group {
            // A group of one is no group.
            Some(group) if count > 1 => {
                nodes.push(Node::Group(group, &rest[..count]));
                rest = &rest[count..];
            }
            _ => {
                nodes.push(Node::Key(key, *first));
                rest = after;
            }
        }
    }
    nodes.sort_by(order);
    for node in nodes {
        match node {
            Node::Key(key, index) => rows.push(Row { id: key.id.clone(), index }),
            Node::Group(prefix, places) => {
                rows.push(Row { id: id(GROUP, prefix), index: places[0] });
                if browser.is_unfolded(prefix) {
                    unfold(browser, places, prefix.len(), order, rows);
                }
            }
        }
    }
}

/// How deep a row stands, and from where on its name is shown: what the groups around it say is not said again.
pub(super) fn indent(browser: &Browser, id: &RowId) -> (usize, usize) {
    let name = name(id);
    // A group does not stand within itself.
    let own = if is_group(id) { name.len() } else { usize::MAX };
    let (mut depth, mut from) = (0, 0);
    while let Some(prefix) = prefix(name, from) {
        if prefix.len() == own || !browser.is_unfolded(prefix) {
            break;
        }
        depth += 1;
        from = prefix.len();
    }
    // A group of one key is shown as the key, also when it was once unfolded.
    (depth, from)
}
