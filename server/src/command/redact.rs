//! What of a request may be shown to others: passwords may not.

use super::args::Args;
use super::spec::Command;

/// Stands for an argument that is not shown.
const REDACTED: &[u8] = b"(redacted)";

/// A request's arguments for the slow log, its passwords replaced.
pub(super) fn shown<'a>(command: &Command, args: &Args<'a>) -> Vec<&'a [u8]> {
    let mut shown: Vec<&[u8]> = args.whole().collect();
    match command.full_name() {
        "auth" => shown.iter_mut().skip(1).for_each(|argument| *argument = REDACTED),
        "hello" => {
            let mut index = 2;
            while index < shown.len() {
                if shown[index].eq_ignore_ascii_case(b"auth") {
                    shown.iter_mut().skip(index + 1).take(2).for_each(|argument| *argument = REDACTED);
                    index += 2;
                }
                index += 1;
            }
        }
        "config|set" => {
            let mut index = 2;
            while index + 1 < shown.len() {
                let name = String::from_utf8_lossy(shown[index]);
                if crate::config::setting(&name).is_some_and(|setting| setting.secret) {
                    shown[index + 1] = REDACTED;
                }
                index += 2;
            }
        }
        _ => {}
    }
    shown
}
