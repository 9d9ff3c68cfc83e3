//! Steps that a spec names, by their names.

use lcnnc_lang::vocabulary::Bound;

/// How a step that a spec can name is made: a `dyn Transform`, a `dyn Augment`.
pub struct Kind<T: ?Sized> {
    pub name: &'static str,
    pub build: fn(&Bound) -> Box<T>,
}

/// The step that a call names.
///
/// # Panics
/// If none of `kinds` has that name; no spec can bring that about.
pub fn build<T: ?Sized>(kinds: &[Kind<T>], call: &Bound) -> Box<T> {
    match kinds.iter().find(|kind| kind.name == call.callee) {
        Some(kind) => (kind.build)(call),
        None => unreachable!("nothing is called `{}`", call.callee),
    }
}
