//! Checks of settings that do nothing: against the number of epochs, schedules that name epochs which the run does not
//! have, calls whose arguments leave them without effect, and a batch that the views of an image do not fit into.

use super::settings::Settings;
use crate::diag::settings::{Idle, OffEpoch, idle, off_epoch, split_views};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{CallArg, Entry, Expr, ExprKind, Item, ItemKind};
use crate::vocabulary::{ArgValue, Bound};

/// Augmentations and schedules that do nothing where an argument of theirs is that number.
const WITHOUT_EFFECT: &[(&str, &str, f64)] = &[
    ("pad_crop", "border", 0.0),
    ("flip", "p", 0.0),
    ("rotate", "degrees", 0.0),
    ("repeat", "count", 1.0),
    ("steps", "factor", 1.0),
    ("cosine", "to", 1.0),
    ("plateau", "factor", 1.0),
];

/// Settings as they are for a run, of which some may be other than those that the spec has of its `own`.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub items: &'a [Item],
    pub settings: &'a Settings,
    pub own: &'a Settings,
}

impl<'a> Given<'a> {
    /// The value of a setting where it stands in the spec; none where a flag or a file has changed it.
    pub fn written(&self, key: &str) -> Option<&'a Expr> {
        let of = |settings: &'a Settings| settings.blocks().map(|block| block.get(key));
        entry(self.items, key).map(|entry| &entry.value).filter(|_| of(self.settings) == of(self.own))
    }

    /// The place of a block of settings that stands in the spec with others than this one, which no flag or file gives either.
    pub fn block_without(&self, name: &str, key: &str) -> Option<Span> {
        let is_as_written =
            self.settings.blocks().map(|block| block.get(key)) == self.own.blocks().map(|block| block.get(key));
        self.items.iter().filter(|_| is_as_written).find_map(|item| match &item.kind {
            ItemKind::Settings { word, entries, .. } if word.text == name => {
                let is_silent = !entries.is_empty() && entries.iter().all(|entry| entry.key.text != key);
                is_silent.then_some(word.span)
            }
            _ => None,
        })
    }

    /// The places of so many calls of a setting that is a list of them: each where it stands in the spec.
    pub fn places(&self, key: &str, calls: usize) -> Vec<Option<Span>> {
        let places: Vec<Span> = match self.written(key).map(|value| (&value.kind, value.span)) {
            Some((ExprKind::List(items), _)) => items.iter().map(|item| item.span).collect(),
            Some((_, span)) => vec![span],
            None => Vec::new(),
        };
        (0..calls).map(|n| places.get(n).copied()).collect()
    }
}

/// Warns of settings that do nothing. Those of flags and files have no place in the spec.
pub fn check(given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) {
    check_epochs(given, diagnostics);
    let train = &given.settings.train;
    let [epochs, warmup, patience] = ["epochs", "warmup", "patience"].map(|key| train.count(key));
    let schedule = train.call("schedule");
    let is_still = train.call("optimizer").get("lr") == Some(&ArgValue::Real(0.0));
    let of_schedule = match schedule.callee {
        "cosine" if warmup == epochs => Some(Idle::Cosine { warmup, epochs }),
        // The first epoch is the lowest so far, and an epoch is to follow the fall.
        "plateau" if schedule.count("patience") + 2 >= epochs => {
            Some(Idle::Plateau { patience: schedule.count("patience"), epochs })
        }
        "steps" | "plateau" if schedule.real("factor") == 0.0 => Some(Idle::Stop { callee: schedule.callee }),
        _ => without_effect(schedule),
    };
    for (key, found) in [
        ("warmup", (warmup > epochs).then_some(Idle::Warmup { warmup, epochs })),
        ("schedule", of_schedule),
        ("patience", (patience >= epochs).then_some(Idle::Patience { patience, epochs })),
        ("optimizer", is_still.then_some(Idle::Rate)),
    ] {
        diagnostics.extend(found.map(|found| idle(&found, given.written(key).map(|value| value.span))));
    }
    let augment = given.settings.data.calls("augment");
    for (n, (call, place)) in augment.iter().zip(given.places("augment", augment.len())).enumerate() {
        // What a const says is a choice of whoever runs the spec, and to have none of it may be one.
        let found = without_effect(call).filter(|_| !is_by_const(given.written("augment"), n));
        diagnostics.extend(found.map(|found| idle(&found, place)));
    }
    check_views(given, diagnostics);
}

/// Warns of a batch that is no multiple of the number of views that `repeat` makes of an image.
fn check_views(given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (augment, batch) = (given.settings.data.calls("augment"), given.settings.train.count("batch"));
    let places = given.places("augment", augment.len());
    let repeats: Vec<_> = augment.iter().zip(places).filter(|(call, _)| call.callee == "repeat").collect();
    let views = repeats.iter().fold(1, |views: usize, (call, _)| views.saturating_mul(call.count("count")));
    if !batch.is_multiple_of(views) {
        let places = [repeats.last().and_then(|(_, place)| *place), given.written("batch").map(|value| value.span)];
        diagnostics.push(split_views(batch, views, places));
    }
}

/// Whether a const is the first argument of call number `n`, counted from 0, in a list of augmentations. The first argument of an
/// augmentation says how much is done.
fn is_by_const(list: Option<&Expr>, n: usize) -> bool {
    let call = match list.map(|list| &list.kind) {
        Some(ExprKind::List(items)) => items.get(n).map(|item| &item.kind),
        call => call,
    };
    let Some(ExprKind::Call(call)) = call else { return false };
    call.args.first().is_some_and(|arg| matches!(arg.value.kind, ExprKind::Name(_)))
}

/// What is idle about a call that has an argument with which it does nothing.
fn without_effect(call: &Bound) -> Option<Idle> {
    let is = |argument: &str, value: f64| match call.get(argument) {
        Some(ArgValue::Count(n)) => *n as f64 == value,
        Some(ArgValue::Real(x)) => *x == value,
        _ => false,
    };
    let found = WITHOUT_EFFECT.iter().find(|(callee, argument, value)| *callee == call.callee && is(argument, *value));
    found.map(|(callee, argument, value)| Idle::Call { callee, argument, value: *value })
}

/// Warns of each epoch of `steps(at: […])` behind which the rate does not fall, or not as it seems to.
fn check_epochs(given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let train = &given.settings.train;
    let schedule = train.call("schedule");
    if schedule.get("at").is_none() {
        return;
    }
    let (at, places) = (schedule.reals("at"), given.written("schedule").and_then(places).unwrap_or_default());
    for (n, (epoch, odd)) in odd(at, train.count("epochs")).into_iter().enumerate() {
        diagnostics.extend(odd.map(|odd| off_epoch(epoch, odd, at.len() == 1, places.get(n).copied())));
    }
}

/// Each epoch that a schedule names, with what is odd about it.
fn odd(at: &[f64], epochs: usize) -> Vec<(f64, Option<OffEpoch>)> {
    let before = std::iter::once(None).chain(at.iter().copied().map(Some));
    let odd = |(before, at): (Option<f64>, &f64)| {
        let unsorted = before.filter(|before| before >= at);
        let odd = match unsorted {
            _ if *at <= 0.0 => Some(OffEpoch::Before { epochs }),
            _ if at.ceil() >= epochs as f64 => Some(OffEpoch::Behind { epochs }),
            _ if at.fract() != 0.0 => Some(OffEpoch::Between { next: at.ceil() }),
            unsorted => unsorted.map(|before| OffEpoch::Unsorted { before }),
        };
        (*at, odd)
    };
    before.zip(at).map(odd).collect()
}

/// The places where the epochs of a schedule are written: an item of a list each, or one alone.
fn places(schedule: &Expr) -> Option<Vec<Span>> {
    let ExprKind::Call(call) = &schedule.kind else { return None };
    let is_at = |arg: &&CallArg| arg.name.as_ref().is_none_or(|name| name.text == "at");
    let Expr { kind, span } = &call.args.iter().find(is_at)?.value;
    Some(match kind {
        ExprKind::List(items) => items.iter().map(|item| item.span).collect(),
        _ => vec![*span],
    })
}

/// The entry of a key in the settings blocks.
fn entry<'a>(items: &'a [Item], key: &str) -> Option<&'a Entry> {
    items.iter().find_map(|item| match &item.kind {
        ItemKind::Settings { entries, .. } => entries.iter().find(|entry| entry.key.text == key),
        _ => None,
    })
}
