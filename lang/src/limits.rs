//! The limits of the language: how large a text may be, how deep it may go, and how far it may be written out.
//!
//! Each is far above what a spec needs, and low enough that no text can exhaust the compiler: those of the text bound
//! the recursion of whoever walks its tree, and those of what is written out bound time and memory where functions,
//! blocks and copies call each other, and a few lines become millions of values.

/// The largest text that is read, in bytes.
pub const MAX_SIZE: usize = 1 << 20;

/// How many brackets and braces may be open inside each other; choices inside choices are bounded by it too.
pub const MAX_NESTING: usize = 64;

/// How many operators one statement may hold: with the limit on brackets, this bounds how deep its tree can be.
pub const MAX_OPERATORS: usize = 256;

/// How deep expressions may stand inside expressions, once functions and blocks are written out.
pub const MAX_DEPTH: usize = 1_000;

/// How many blocks may stand inside each other, once they are written out.
pub const MAX_OPEN_BLOCKS: usize = 64;

/// How many calls of functions and blocks a spec may have, those inside other ones counted each time.
pub const MAX_CALLS: usize = 100_000;

/// How many definitions a spec may have, those of every copy of a block counted.
pub const MAX_DEFINITIONS: usize = 100_000;

/// How many values a net may have, those of a loop's body counted once; where its loops are written out, at every step.
pub const MAX_VALUES: usize = 1_000_000;

/// How many copies one `repeat` may chain.
pub const MAX_COPIES: usize = 10_000;

/// How many steps a loop may have.
pub const MAX_STEPS: usize = 10_000;

/// How many images one batch may hold.
pub const MAX_BATCH: usize = 65_536;

/// How many numbers one tensor may hold, for one image where each has its own: 4 GB in single precision.
pub const MAX_NUMBERS: usize = 1 << 30;

/// How many statements the timing of a net looks at: loops inside loops are gone through again at each step of those
/// around them, and beyond this nothing is said of when the image arrives.
pub const MAX_TIMED: usize = 10_000_000;
