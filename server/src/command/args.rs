//! A cursor over one request's arguments.

use std::marker::PhantomData;

/// The arguments of one request, read from front to back.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    bytes: PhantomData<&'a [u8]>,
}
