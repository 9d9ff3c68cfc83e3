//! The end of a training that no longer gets better.

use super::{Course, Phase, PhaseKind};
use lcnnc_lang::diag::counted;

pub const PATIENCE: PhaseKind = PhaseKind {
    name: "patience",
    build: |_, settings| {
        let train = &settings.train;
        let epochs = train.count("patience");
        (epochs > 0).then(|| Box::new(Patience { epochs }) as Box<dyn Phase>)
    },
    absurd: |_| None,
};

/// Ends a training after so many epochs without better weights. The epoch of the best ones is in every checkpoint, so there
/// is nothing more to remember.
struct Patience {
    epochs: usize,
}

impl Phase for Patience {
    fn is_over(&self, course: Course) -> Option<String> {
        let waited = course.done - course.best?;
        let why = || format!("the validation accuracy was no better for {}", counted(waited, "epoch"));
        (waited >= self.epochs).then(why)
    }
}
