//! The allocator mimalloc, for programs that have chosen it: what it reports, and having it give memory back.
//!
//! Behind the feature `mimalloc`; the engine itself works with any allocator.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_void};

use libmimalloc_sys::{mi_collect, mi_stats_print_out};

/// Has the allocator give the memory back that the calling thread has freed, and what threads that ended have left. Other
/// threads keep what they hold: each calls this for itself.
pub fn collect() {
    // SAFETY: may be called at any time, by any thread.
    unsafe { mi_collect(true) };
}

/// Gives memory back that has been free for a while, whoever freed it. Does nothing while there is none, else it asks the system, for
/// milliseconds when there is much: to be called now and then by a thread that nobody waits for, since threads that allocate do
/// it on their way otherwise, and idle ones never.
pub fn purge() {
    // SAFETY: may be called at any time, by any thread.
    unsafe { mi_collect(false) };
}

/// The allocator's own report.
pub fn report() -> String {
    let mut text = String::new();
    // SAFETY: `append` gets the pointer to `text` and uses it only during this call.
    unsafe { mi_stats_print_out(Some(append), (&raw mut text).cast()) };
    text
}

/// Appends a piece of the report to the string behind `text`.
///
/// # Safety
///
/// `piece` is null or a C string; `text` leads to a `String` that nobody else uses.
unsafe extern "C" fn append(piece: *const c_char, text: *mut c_void) {
    if piece.is_null() {
        return;
    }
    // SAFETY: by the contract of this function.
    let (piece, text) = unsafe { (CStr::from_ptr(piece), &mut *text.cast::<String>()) };
    text.push_str(&piece.to_string_lossy());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_a_text_even_where_another_allocator_serves() {
        collect();
        purge();
        assert!(!report().trim().is_empty());
    }
}
