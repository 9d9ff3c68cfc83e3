//! Checks of the `sleep` block against the net.

use super::schedules::Given;
use crate::diag::Span;
use crate::diag::sleep::{self as problems, Named};
use crate::diag::{Diagnostic, Level};
use crate::ir::{LocalLayer, Modules, Net};
use crate::syntax::ast::{CallArg, ExprKind, Item, ItemKind};
use crate::vocabulary::{Bound, sharing};
use std::collections::BTreeSet;

/// Reports names to share that hold no layer without weight sharing, and warns of a sleep that does not do what it says. A sleep
/// that never comes has no problems.
pub fn check(given: Given<'_>, net: &Net, diagnostics: &mut Vec<Diagnostic>) {
    let sleep = &given.settings.sleep;
    let (names, places) = (sleep.names("share"), given.places("share", sleep.names("share").len()));
    let all = net.local_layers();
    let known: BTreeSet<&str> = all.iter().filter_map(|layer| net.param(layer.weight).name.split('.').next()).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let mut is_sound = true;
    for (at, (name, place)) in names.iter().zip(places).enumerate() {
        if net.local_layers_of(std::slice::from_ref(name)).is_empty() {
            let (written, named) = named(given, at, name);
            diagnostics.push(problems::no_local_layer(written, named, &known, place));
            is_sound = false;
        }
    }
    // What cannot be read may be what would have said how often.
    let is_read = diagnostics.iter().all(|problem| problem.code.level != Level::Error);
    if let Some(block) = given.block_without("sleep", "every").filter(|_| is_read && sleep.count("every") == 0) {
        diagnostics.push(problems::never_comes(block));
    }
    if sleep.count("every") == 0 || !is_sound {
        return;
    }
    let place = |key: &str| given.written(key).map(|value| value.span);
    let layers = net.local_layers_of(names);
    let trained: Vec<LocalLayer> = layers.iter().copied().filter(|layer| net.param(layer.weight).trained()).collect();
    if trained.is_empty() {
        diagnostics.push(problems::shares_nothing(layers.len(), place("every")));
    }
    let modules = Modules::named(sleep.word("modules"));
    let lone = trained.iter().find_map(|layer| {
        let lone = layer.modules(modules).iter().filter(|places| places.len() == 1).count();
        (lone > 0).then_some((layer, lone))
    });
    if let Some((layer, lone)) = lone {
        let name = net.param(layer.weight).owner();
        diagnostics.push(problems::lone_places(name, lone, layer.to, place("modules").or_else(|| place("every"))));
    }
    let rule = &sharing::complete(sleep.call("rule"));
    let in_rule = |name: &str| given.written("rule").map(|value| place_of(name, &value.kind).unwrap_or(value.span));
    let narrowest = trained.iter().filter_map(|layer| Some((layer, bound(rule, layer)?)));
    if let Some((layer, bound)) =
        narrowest.min_by(|(_, a), (_, b)| a.total_cmp(b)).filter(|(_, bound)| rule.real("eta") >= *bound)
    {
        let name = net.param(layer.weight).owner();
        diagnostics.push(problems::diverges(name, rule.real("eta"), bound, &others(rule, layer), in_rule("eta")));
    }
    if rule.callee != "mean" && rule.real("eta") == 0.0 && !trained.is_empty() {
        diagnostics.push(problems::stands_still(rule.callee, in_rule("eta")));
    }
    if rule.callee == "circuit" && !trained.is_empty() {
        let [present, dt] = ["present", "dt"].map(|time| rule.real(time));
        if present < dt {
            diagnostics.push(problems::is_one_step(present, dt, in_rule("present").or_else(|| in_rule("dt"))));
        }
        // Mean rate and inhibition swing around each other `sqrt(alpha)` times as fast as they come to rest.
        let (alpha, bound) = (rule.real("alpha"), 2.0 * rule.real("tau") / rule.real("dt") - 1.0);
        if alpha >= bound {
            diagnostics.push(problems::swings(alpha, bound, in_rule("alpha")));
        }
    }
}

/// Name number `at` under `share` as it is written, and what the spec calls so; `name` is what it stands for.
fn named<'a>(given: Given<'a>, at: usize, name: &'a str) -> (&'a str, Named<'a>) {
    let value = given.written("share").map(|value| match &value.kind {
        ExprKind::List(items) => items.get(at).map_or(&value.kind, |item| &item.kind),
        kind => kind,
    });
    if let Some(ExprKind::Name(written)) = value.filter(|kind| !matches!(kind, ExprKind::Name(word) if word == name)) {
        return (written, Named::Const(name));
    }
    let mut pending: Vec<(&Item, Named<'_>)> = given.items.iter().map(|item| (item, Named::Other)).collect();
    let mut found = Named::Nothing;
    while let Some((item, named)) = pending.pop() {
        let (is, body, inside): (_, &[Item], _) = match &item.kind {
            ItemKind::Input { name, .. } | ItemKind::Weights { name, .. } | ItemKind::Equation { name, .. } => {
                (name, &[], named)
            }
            ItemKind::State { name, .. } | ItemKind::Arm { name, .. } | ItemKind::Const { name, .. } => {
                (name, &[], named)
            }
            ItemKind::Branch { name, arms, .. } => (name, arms, named),
            ItemKind::Loop { name, body, .. } => (name, body, Named::Inside("loop", &name.text)),
            ItemKind::Block { name: block, .. } if block.text == name => return (name, Named::Template("block")),
            ItemKind::Fn { name: function, .. } if function.text == name => return (name, Named::Template("function")),
            ItemKind::Block { name, body, .. } => (name, body, Named::Inside("block", &name.text)),
            _ => continue,
        };
        match named {
            Named::Other if is.text == name => return (name, named),
            _ if is.text == name => found = named,
            _ => {}
        }
        pending.extend(body.iter().map(|item| (item, inside)));
    }
    (name, found)
}

/// The step from which on the weights of a layer diverge in a sleep by this rule; none for a rule without steps.
///
/// An error `e` of a kernel becomes `(1 - eta * C) e`, where `C` is the covariance of the patterns of a step. These are new at
/// each step, Gaussian, and `m` in number, so that the mean of `C` squared is `1 + (n + 1) / m` for kernels of `n` weights, and
/// the square of the error stays below what it was for `eta` below 2 over that.
fn bound(rule: &Bound, layer: &LocalLayer) -> Option<f64> {
    spread(rule, layer).map(|spread| 2.0 / (variance(rule) * spread + rule.real("gamma")))
}

/// The variance of what a place of a module sees, by a rule with patterns.
fn variance(rule: &Bound) -> f64 {
    1.0 + rule.real("noise").powi(2)
}

/// How much larger than that the few patterns of a step make the mean of `C` squared; none for a rule without patterns.
fn spread(rule: &Bound, layer: &LocalLayer) -> Option<f64> {
    let patterns = match rule.callee {
        "hebbian" => rule.count("patterns"),
        "circuit" => 1,
        _ => return None,
    };
    Some(1.0 + (layer.taps() as f64 + 1.0) / patterns as f64)
}

/// What can be done instead of taking a smaller step: each of these is enough by itself.
fn others(rule: &Bound, layer: &LocalLayer) -> Vec<&'static str> {
    let (eta, gamma, variance) = (rule.real("eta"), rule.real("gamma"), variance(rule));
    let mut others = Vec::new();
    if rule.callee == "hebbian" && eta < 2.0 / (variance + gamma) {
        others.push("more `patterns`");
    }
    if spread(rule, layer).is_some_and(|spread| eta < 2.0 / (variance * spread)) {
        others.push("a smaller `gamma`");
    }
    others
}

/// The place of an argument of a rule, where the spec names it.
fn place_of(name: &str, rule: &ExprKind) -> Option<Span> {
    let ExprKind::Call(call) = rule else { return None };
    let is_it = |arg: &&CallArg| arg.name.as_ref().is_some_and(|given| given.text == name);
    call.args.iter().find(is_it).map(|arg| arg.value.span)
}
