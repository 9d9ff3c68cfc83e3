//! The gradients of a model's parameters.

use super::{Model, id};
use burn::module::ParamId;
use burn::tensor::Tensor;

/// The gradients of a model's parameters, in the net's order, in four dimensions as a model keeps its parameters, and without
/// autodiff. What the loss does not depend on has none.
#[derive(Debug)]
pub struct Gradients(Vec<Option<Tensor<4>>>);

impl Gradients {
    /// The gradients that Burn has found on its way back from a loss.
    pub fn of(model: &Model, mut found: burn::tensor::Gradients) -> Self {
        Self(model.params.iter().map(|param| param.val().grad_remove(&mut found)).collect())
    }

    /// Adds to the gradient of a parameter.
    pub(super) fn add(&mut self, index: usize, more: Tensor<4>) {
        let before = self.0[index].take();
        self.0[index] = Some(match before {
            Some(gradient) => gradient + more,
            None => more,
        });
    }

    /// The gradient of a parameter.
    pub(super) fn get(&self, index: usize) -> Option<Tensor<4>> {
        self.0[index].clone()
    }

    /// Each gradient, with the parameter that it is of.
    pub fn each(self) -> impl Iterator<Item = (ParamId, Tensor<4>)> {
        self.0.into_iter().enumerate().filter_map(|(index, gradient)| Some((id(index), gradient?)))
    }

    /// The sum of each gradient, `[1]`: not finite if one of its numbers is not. With autodiff, as the loss is, since Burn reads
    /// tensors of both kinds in two goes.
    pub fn sums(&self) -> impl Iterator<Item = Tensor<1>> {
        self.0.iter().flatten().map(|gradient| gradient.clone().sum().autodiff())
    }
}

impl Model {
    /// Goes back from a loss, `[1]`, to the gradients of the parameters.
    ///
    /// # Panics
    /// If the loss depends on no parameter that is trained.
    pub fn backward(&self, loss: Tensor<1>) -> Gradients {
        Gradients::of(self, loss.backward())
    }
}
