//! The lateral bundles of a net, and those that drive the same feature maps from below, as its equations have them.

use super::paths::{Paths, Way};
use crate::train::TrainError;
use lcnnc_lang::diag::{among, did_you_mean};
use lcnnc_lang::ir::{Net, Node, Op, Param, ParamClass, ParamId, Shape, Value};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Type};
use std::collections::BTreeMap;

/// The argument by which lateral bundles are chosen by hand.
pub const OF: Arg = Arg::with("of", Type::Names, ArgValue::Names(Vec::new()), ABOUT);

/// The help text of the argument `of`, by which a user names lateral bundles to an analysis.
pub const ABOUT: &str = "the lateral bundles, as in `W_L` or `area2.W_L`; `all` are those that lead from a state, or from what its loop makes \
                         of it, into the next value of that state, and those of arms";

/// The argument by which their afferent bundles are.
pub const AFFERENT: Arg = Arg::with(
    "afferent",
    Type::Names,
    ArgValue::Names(Vec::new()),
    "the bundle that each of them is compared with, one for all of them or as many as there are; `all` are those that are added into the same sum and come from below",
);

/// A lateral bundle with what is known of its place.
#[derive(Clone, Debug)]
pub struct Lateral<'n> {
    /// The kernels, `[maps, maps, height, width]`, or `[rows, columns, maps, maps, height, width]` without weight sharing.
    pub bundle: &'n Param,
    /// The bundle that drives the same feature maps from below.
    pub afferent: Option<&'n Param>,
    /// The name of the state that it leads from and to, or of the value that it leads from outside of loops.
    pub value: Option<String>,
}

impl Lateral<'_> {
    /// How many feature maps it leads from, and to.
    pub fn maps(&self) -> usize {
        self.bundle.shape[self.bundle.shape.len() - 3]
    }
}

/// The convolutions among the bundles that lead from a state of a loop, or from what the loop makes of it, into the next value of that
/// state, and of those outside of loops that drive an arm of a branch; in the order of the net.
pub fn bundles(net: &Net) -> Vec<Lateral<'_>> {
    all(net).into_iter().filter(|lateral| lateral.bundle.shape.len() == 4).collect()
}

/// All lateral bundles of a net, those of layers without weight sharing among them.
pub fn all(net: &Net) -> Vec<Lateral<'_>> {
    let (paths, mut found) = (Paths::of(net), BTreeMap::new());
    for node in net.nodes() {
        let Some((x, weight)) = kernel(net, node) else { continue };
        let Some(way) = paths.ways(node.value, x).into_iter().next().or_else(|| arm(net, &paths, node)) else {
            continue;
        };
        for (n, id) in net.versions(weight).into_iter().enumerate() {
            found.entry(id).or_insert((n, way.clone()));
        }
    }
    let is_lateral = |id: ParamId| found.contains_key(&id);
    let lateral = |(id, (n, way)): (&ParamId, &(usize, Way))| {
        let bundle = net.param(*id);
        let is_meant = |other: ParamId| !is_lateral(other) && leads(net.param(other), bundle);
        let afferent = paths.below(way, &is_meant).map(|first| {
            let versions = net.versions(first);
            net.param(versions.get(*n).copied().unwrap_or(first))
        });
        Lateral { bundle, afferent, value: way.name.clone() }
    };
    found.iter().map(lateral).collect()
}

/// For a convolution that gives as many feature maps as it reads: the value it reads, and its kernels. Kernels of 1 x 1 that all
/// places share are left out.
fn kernel(net: &Net, node: &Node) -> Option<(Value, ParamId)> {
    match node.op {
        Op::Conv { x, weight, .. } | Op::Local { x, weight, .. } if is_square(net.param(weight)) => Some((x, weight)),
        _ => None,
    }
}

fn is_square(param: &Param) -> bool {
    param.class == ParamClass::Kernel
        && match *param.shape.as_slice() {
            [out, from, height, _] => out == from && height > 1,
            [_, _, out, from, _, _] => out == from,
            _ => false,
        }
}

/// The way of weights that drive an arm of a branch outside of loops: from the maps that they read to maps of the same size.
fn arm(net: &Net, paths: &Paths, node: &Node) -> Option<Way> {
    let (x, weight) = kernel(net, node)?;
    let is_arm = net.param(weight).role.is_some() && !paths.is_looped(node.value);
    (is_arm && matches!(node.shape, Shape::Map(_)) && paths.shape(x) == &node.shape).then(|| paths.through(x))
}

/// Whether a bundle makes the maps that another one leads to; of layers without weight sharing at the same places.
fn leads(param: &Param, bundle: &Param) -> bool {
    let is_kernel = param.class == ParamClass::Kernel;
    is_kernel
        && match (param.shape.as_slice(), bundle.shape.as_slice()) {
            ([out, _, _, _], [maps, _, _, _] | [_, _, maps, _, _, _]) => out == maps,
            ([height, width, out, _, _, _], [rows, columns, maps, _, _, _]) => {
                [height, width, out] == [rows, columns, maps]
            }
            _ => false,
        }
}

/// Why there is nothing lateral to see in a net, if there is not.
pub fn applies(net: &Net) -> Result<(), String> {
    match bundles(net).is_empty() {
        false => Ok(()),
        true => Err(NONE.to_owned()),
    }
}

/// That a net has no lateral bundle.
pub const NONE: &str = "the net has no lateral bundle: no convolution with as many maps in as out leads from a state of a loop into the next \
                        value of that state, or drives an arm of a branch; one that is meant all the same is named by hand";

/// What the user chose by hand.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'c> {
    /// The analysis that is asked for.
    pub analysis: &'static str,
    pub bundles: &'c [String],
    pub afferents: &'c [String],
    /// Whether layers without weight sharing are among them.
    pub with_local: bool,
}

/// The lateral bundles that are named, or those that the equations have where none is; each with the afferent one that is named, or
/// that the equations have.
///
/// # Errors
/// Of a name that no such bundle has, and of numbers of names that do not fit.
pub fn chosen<'n>(net: &'n Net, choice: Choice) -> Result<Vec<Lateral<'n>>, TrainError> {
    let refused = |reason: String| super::wrong_call(choice.analysis, reason);
    let is_fit = |lateral: &Lateral| choice.with_local || lateral.bundle.shape.len() == 4;
    let known: Vec<Lateral> = all(net).into_iter().filter(|lateral| is_fit(lateral)).collect();
    let mut found = Vec::new();
    for name in choice.bundles {
        for bundle in named(net, name, choice.with_local).map_err(refused)? {
            let by_hand = Lateral { bundle, afferent: None, value: None };
            if !is_square(bundle) {
                let reason =
                    "is no lateral bundle: that is a convolution larger than 1 x 1 with as many maps in as out";
                return Err(refused(format!("`{name}` {reason}")));
            }
            found.push(known.iter().find(|it| it.bundle.name == bundle.name).cloned().unwrap_or(by_hand));
        }
    }
    if choice.bundles.is_empty() {
        found = known;
    }
    let count = choice.afferents.len();
    if ![0, 1, found.len()].contains(&count) {
        let bundles: Vec<&str> = found.iter().map(|it| it.bundle.owner()).collect();
        let reason = format!(
            "`afferent` names {count} bundles for {}: name one for all of them, or one for each",
            bundles.join(", ")
        );
        return Err(refused(reason));
    }
    for (n, lateral) in found.iter_mut().enumerate().filter(|_| count > 0) {
        let name = &choice.afferents[n % count];
        let fit = named(net, name, true).map_err(refused)?.into_iter().find(|param| leads(param, lateral.bundle));
        let missing = || {
            let [owner, maps] = [lateral.bundle.owner().to_owned(), lateral.maps().to_string()];
            refused(format!("`{name}` does not lead to the {maps} feature maps that `{owner}` leads to"))
        };
        lateral.afferent = Some(fit.ok_or_else(missing)?);
    }
    Ok(found)
}

/// The kernels of the bundle of that name; one of which each step has its own has several.
fn named<'n>(net: &'n Net, name: &str, with_local: bool) -> Result<Vec<&'n Param>, String> {
    let is_meant = |param: &&Param| {
        param.class == ParamClass::Kernel && (param.shape.len() == 4 || with_local && param.shape.len() == 6)
    };
    let all: Vec<&Param> = net.params.iter().filter(is_meant).collect();
    let inside = format!("{name}.");
    let is_own = |param: &&Param| {
        let rest = param.owner().strip_prefix(&inside);
        param.owner() == name || rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let own: Vec<&Param> = all.iter().copied().filter(is_own).collect();
    if own.is_empty() {
        let known = || all.iter().map(|param| param.owner());
        let kind = if with_local { "layer with kernels" } else { "convolution" };
        let help = did_you_mean(name, known())
            .map_or_else(|| format!("write {}", among(known())), |near| format!("did you mean `{near}`?"));
        return Err(format!("`{name}` is no bundle of a {kind}: {help}"));
    }
    Ok(own)
}
