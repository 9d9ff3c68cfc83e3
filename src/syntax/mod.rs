//! Text to tree. The only room that sees pest.

pub mod ast;
