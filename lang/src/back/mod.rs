//! Text back ends: each turns a net into a text for people or for another program. Each matches every primitive,
//! without a wildcard.
//!
//! A back end is a file here and a line in [`TEXTS`]; the goldens of all specs, the tests on random ones and the fuzzers walk
//! that list.

pub mod dot;
pub mod pytorch;
pub mod sleep;
pub mod summary;
pub mod timing;

use crate::ir::Net;
use dot::Loops;

/// A function that makes a text of a net.
pub type Emit = fn(&Net) -> String;

/// Every text that can be made of any net, by the name of the folder of its goldens.
pub const TEXTS: &[(&str, Emit)] = &[
    ("graph", |net| dot::emit(net, Loops::Folded)),
    ("graph_unrolled", |net| dot::emit(net, Loops::Unrolled)),
    ("summary", |net| summary::emit(net, None)),
    ("timing", timing::emit),
];
