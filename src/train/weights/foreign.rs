//! Weights that another program wrote: what their names look like, and how they become a net's.

use crate::back::burn::Weight;

/// The prefixes that wrappers of PyTorch put before every name: data parallel training, and `torch.compile`.
const PREFIXES: [&str; 2] = ["module.", "_orig_mod."];

/// The last part of the name of a counter in PyTorch's batch normalisation; the running statistics of lcnnc need none.
const COUNTER: &str = "num_batches_tracked";

/// Whether a tensor only counts batches.
pub fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some(COUNTER)
}

/// Takes the prefixes off that all names have and none of the net's has; gives the prefixes that were there. A prefix is one of
/// a wrapper, or one without which names are those of the net.
pub fn unwrapped<'n>(weights: &mut [Weight], net: impl Iterator<Item = &'n str> + Clone) -> Vec<String> {
    let mut taken = Vec::new();
    while let Some(prefix) = prefix(weights, net.clone()) {
        weights.iter_mut().for_each(|weight| drop(weight.name.drain(..prefix.len())));
        taken.push(prefix);
    }
    taken
}

fn prefix<'n>(weights: &[Weight], net: impl Iterator<Item = &'n str> + Clone) -> Option<String> {
    let first = &weights.first()?.name;
    // The module may be a part of a part of another one.
    let prefixes = first.match_indices('.').map(|(dot, _)| &first[..=dot]);
    let wraps = |prefix: &&str| {
        let rest: Option<Vec<&str>> = weights.iter().map(|weight| weight.name.strip_prefix(prefix)).collect();
        let is_ours = |rest: &[&str]| net.clone().any(|name| rest.contains(&name));
        !net.clone().any(|name| name.starts_with(prefix))
            && rest.is_some_and(|rest| PREFIXES.contains(prefix) || is_ours(&rest))
    };
    prefixes.into_iter().find(wraps).map(str::to_owned)
}
