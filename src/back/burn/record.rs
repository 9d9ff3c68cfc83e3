//! The named values that are kept of a run.

use burn::tensor::Tensor;

/// Which named values of a run are kept, and those that were made so far.
#[derive(Default)]
pub(super) struct Record {
    /// Whether each named value is wanted, in the order in which they are made; all are where nothing is said.
    wanted: Option<Vec<bool>>,
    /// How many were made.
    made: usize,
    pub values: Vec<(String, Tensor<4>)>,
}

impl Record {
    /// A record of the values that are marked, in the order in which they are made.
    pub fn of(wanted: &[bool]) -> Self {
        Self { wanted: Some(wanted.to_vec()), ..Self::default() }
    }

    /// Keeps a value that was made, if it is wanted.
    pub fn take(&mut self, name: &str, made: &Tensor<4>) {
        if self.wanted.as_ref().is_none_or(|wanted| wanted.get(self.made) == Some(&true)) {
            self.values.push((name.to_owned(), made.clone()));
        }
        self.made += 1;
    }
}
