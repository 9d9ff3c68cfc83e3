//! Checks of settings against the number of epochs: settings without effect, and schedules that name epochs which the
//! run does not have.

use super::settings::Settings;
use crate::diag::settings::{Idle, OffEpoch, idle, off_epoch};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{CallArg, Entry, Expr, ExprKind, Item, ItemKind};
use crate::vocabulary::ArgValue;

/// Warns of settings that do nothing, as they stand in the spec.
pub fn check(items: &[Item], settings: &Settings, diagnostics: &mut Vec<Diagnostic>) {
    check_epochs(items, settings, diagnostics);
    let train = &settings.train;
    let [epochs, warmup, patience] = ["epochs", "warmup", "patience"].map(|key| train.count(key));
    let is_still = train.call("optimizer").get("lr") == Some(&ArgValue::Real(0.0));
    for (key, found) in [
        ("warmup", (warmup > epochs).then_some(Idle::Warmup { warmup, epochs })),
        (
            "schedule",
            (warmup == epochs && train.call("schedule").callee == "cosine").then_some(Idle::Cosine { warmup, epochs }),
        ),
        ("patience", (patience >= epochs).then_some(Idle::Patience { patience, epochs })),
        ("optimizer", is_still.then_some(Idle::Rate)),
    ] {
        if let (Some(found), Some(entry)) = (found, entry(items, key)) {
            diagnostics.push(idle(&found, entry.value.span));
        }
    }
}

/// Warns of each epoch of `steps(at: […])` behind which the rate does not fall, or not as it seems to.
fn check_epochs(items: &[Item], settings: &Settings, diagnostics: &mut Vec<Diagnostic>) {
    let schedule = settings.train.call("schedule");
    let Some(places) = schedule.get("at").and(places(items)) else { return };
    for (n, (at, odd)) in odd(schedule.reals("at"), settings.train.count("epochs")).into_iter().enumerate() {
        if let (Some(odd), Some(span)) = (odd, places.get(n)) {
            diagnostics.push(off_epoch(at, odd, *span));
        }
    }
}

/// Each epoch that a schedule names, with what is odd about it.
fn odd(at: &[f64], epochs: usize) -> Vec<(f64, Option<OffEpoch>)> {
    let before = std::iter::once(None).chain(at.iter().copied().map(Some));
    let odd = |(before, at): (Option<f64>, &f64)| {
        let unsorted = before.filter(|before| before >= at);
        let odd = match unsorted {
            _ if *at <= 0.0 => Some(OffEpoch::Before),
            _ if at.ceil() >= epochs as f64 => Some(OffEpoch::Behind { epochs }),
            _ if at.fract() != 0.0 => Some(OffEpoch::Between { next: at.ceil() }),
            unsorted => unsorted.map(|before| OffEpoch::Unsorted { before }),
        };
        (*at, odd)
    };
    before.zip(at).map(odd).collect()
}

/// The places where the epochs of the spec's schedule are written: an item of a list each, or one alone.
fn places(items: &[Item]) -> Option<Vec<Span>> {
    let schedule = entry(items, "schedule")?;
    let ExprKind::Call(call) = &schedule.value.kind else { return None };
    let is_at = |arg: &&CallArg| arg.name.as_ref().is_none_or(|name| name.text == "at");
    let Expr { kind, span } = &call.args.iter().find(is_at)?.value;
    Some(match kind {
        ExprKind::List(items) => items.iter().map(|item| item.span).collect(),
        _ => vec![*span],
    })
}

/// The entry of a key in the settings blocks.
pub fn entry<'a>(items: &'a [Item], key: &str) -> Option<&'a Entry> {
    items.iter().find_map(|item| match &item.kind {
        ItemKind::Settings { entries, .. } => entries.iter().find(|entry| entry.key.text == key),
        _ => None,
    })
}
