//! What a kind of transform or augmentation is: a name that a spec may call, and how the call is built.

use lcnnc_lang::vocabulary::Bound;

/// A kind of transform (`dyn Transform`) or augmentation (`dyn Augment`) that a spec can call by its name.
pub struct Kind<T: ?Sized> {
    pub name: &'static str,
    pub build: fn(&Bound) -> Box<T>,
}

/// Builds the transform or the augmentation that a call names.
///
/// # Panics
/// If none of `kinds` has the name of the call; no spec can bring that about.
pub fn build<T: ?Sized>(kinds: &[Kind<T>], call: &Bound) -> Box<T> {
    match kinds.iter().find(|kind| kind.name == call.callee) {
        Some(kind) => (kind.build)(call),
        None => unreachable!("nothing is called `{}`", call.callee),
    }
}
