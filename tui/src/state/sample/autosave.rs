//! A namespace that is saved at intervals.

use serde::{Deserialize, Serialize};

use super::NAMESPACES_MAX;
use crate::value::Value;

/// One entry of NAMESPACE AUTOSAVE LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of NAMESPACE AUTOSAVE LIST, under its names")]
pub struct Autosave {
    pub name: String,
    /// Of the file's name.
    pub pattern: String,
    pub seconds: u64,
    /// Files that are kept; 0 is all.
    pub keep: u64,
    pub due_in_s: u64,
    pub in_progress: bool,
    /// `none`, `ok` or `err`.
    pub last_status: String,
    pub last_error: String,
    pub last_file: String,
    /// Seconds since 1970; 0 is never.
    pub last_save_s: u64,
    pub last_bytes: u64,
    pub last_duration_ms: u64,
}

impl Autosave {
    /// Reads NAMESPACE AUTOSAVE LIST.
    pub fn from_reply(reply: &Value) -> Vec<Self> {
        reply.items().iter().filter_map(Self::one).take(NAMESPACES_MAX).collect()
    }

    fn one(reply: &Value) -> Option<Self> {
        let text = |field| reply.text(field).unwrap_or_default();
        let number = |field| reply.number(field).unwrap_or(0);
        Some(Self {
            name: reply.text("name")?,
            pattern: text("pattern"),
            seconds: number("seconds"),
            keep: number("keep"),
            due_in_s: number("due_in_seconds"),
            in_progress: number("in_progress") > 0,
            last_status: text("last_status"),
            last_error: text("last_error"),
            last_file: text("last_file"),
            last_save_s: number("last_save"),
            last_bytes: number("last_bytes"),
            last_duration_ms: number("last_duration_ms"),
        })
    }
}
