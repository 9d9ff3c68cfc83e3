//! What TensorBoard's page of hyperparameters compares runs by: the settings when a run begins, and at its end the test accuracy.

use crate::observe::RunHome;
use crate::observe::events::{At, Events, Session, Tag, file};
use crate::train::{MadeWith, Summary, TrainError};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Writes what a run is made with, at its start.
pub(super) fn begin(events: &mut Events, started: Timestamp, made_with: &MadeWith) -> Result<(), TrainError> {
    let MadeWith { model, spec, dataset, limit, limit_test, .. } = made_with;
    let of_run = [("model", model), ("spec", spec), ("dataset", dataset)];
    let limits = [("limit", limit), ("limit_test", limit_test)];
    let limits = limits.into_iter().filter_map(|(name, limit)| Some((name, limit.as_ref()?.to_string())));
    let of_run = of_run.map(|(name, text)| (name, text.clone())).into_iter().chain(limits);
    let mut settings: BTreeMap<String, String> = of_run.map(|(name, text)| (name.to_owned(), text)).collect();
    for (part, name, text) in made_with.parts() {
        // A const comes before a setting of the same name.
        let name = if settings.contains_key(name) { format!("{part}.{name}") } else { name.to_owned() };
        settings.insert(name, text);
    }
    events.session(At { step: 0, wall: started }, Session::start(&settings, started.as_duration().as_secs_f64()))
}

/// Writes that a run has come to its end, and its test accuracy. A run without an event file stays without one.
///
/// # Errors
/// If the file cannot be written.
pub fn finish(run: RunHome<'_>, summary: &Summary) -> Result<(), TrainError> {
    if !file(run).is_file() {
        return Ok(());
    }
    let mut events = Events::open(run, None)?;
    let wall = Timestamp::now();
    let about = "Share from 0 to 1 of the test half, with the weights of the best epoch.";
    let tag = Tag { name: "accuracy/test", about };
    events.scalar(tag, At { step: summary.best_epoch, wall }, summary.test.accuracy)?;
    events.session(At { step: summary.epochs, wall }, Session::end(wall.as_duration().as_secs_f64(), true))
}

/// Writes that a run diverged. A run without an event file stays without one.
///
/// # Errors
/// If the file cannot be written.
pub fn fail(run: RunHome<'_>) -> Result<(), TrainError> {
    if !file(run).is_file() {
        return Ok(());
    }
    let wall = Timestamp::now();
    Events::open(run, None)?.session(At { step: 0, wall }, Session::end(wall.as_duration().as_secs_f64(), false))
}
