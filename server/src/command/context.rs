//! What a handler works with beside its arguments.

use std::marker::PhantomData;

/// The session that sent a request, and the server it reached.
#[derive(Debug)]
pub struct Context<'a> {
    server: PhantomData<&'a ()>,
}
