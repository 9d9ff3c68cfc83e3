//! Steps that a spec names: how they are declared, and how a spec's calls become steps.

use crate::schema::{Bound, Callable};

/// A step that a spec can name: a `dyn Transform`, a `dyn Augment`.
pub struct Kind<T: ?Sized> {
    pub call: Callable,
    pub build: fn(&Bound) -> Box<T>,
}

/// How each of `kinds` is called; `N` is their number.
pub const fn callables<T: ?Sized, const N: usize>(kinds: &[Kind<T>]) -> [Callable; N] {
    let mut calls = [const { Callable { name: "", about: "", args: &[] } }; N];
    let mut i = 0;
    while i < N {
        let Callable { name, about, args } = kinds[i].call;
        calls[i] = Callable { name, about, args };
        i += 1;
    }
    calls
}

/// The steps that `calls` name, each with its name.
///
/// # Panics
/// If a call was not bound against the [`callables`] of `kinds`; no spec can bring that about.
pub fn build<T: ?Sized>(kinds: &[Kind<T>], calls: &[Bound]) -> Vec<(&'static str, Box<T>)> {
    let step = |call: &Bound| match kinds.iter().find(|kind| kind.call.name == call.callee) {
        Some(kind) => (kind.call.name, (kind.build)(call)),
        None => unreachable!("nothing is called `{}`", call.callee),
    };
    calls.iter().map(step).collect()
}
