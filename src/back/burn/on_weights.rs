//! What a net calculates from weights alone, such as its penalties, and the way back from there: in one pass over each weight, in
//! this process's memory. Going primitive by primitive, Burn takes longer to keep account of them than to calculate.

mod calculus;

use super::judge::numbers;
use super::list::List;
use super::update::is_in_memory;
use super::{Model, held};
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};
use lcnnc_lang::ir::{Binary, Net, Node, Op, ParamId, Reduce, Shape, Unary, Value};
use std::sync::Arc;

/// The primitives that make a net's penalties of its weights, in order of execution. Each of them makes one value, and names the
/// values that it reads by their places in this order.
#[derive(Debug)]
pub(super) struct OnWeights {
    steps: Vec<Step>,
    /// The penalties, in the net's order.
    penalties: Vec<usize>,
    /// The parameters that are read.
    params: Vec<ParamId>,
    /// Whether training moves a weight that a value depends on.
    moves: Vec<bool>,
}

#[derive(Debug)]
enum Step {
    /// All numbers of a parameter, by its place in [`OnWeights::params`].
    Param(usize),
    Number(f64),
    Unary(Unary, usize),
    Binary(Binary, [usize; 2]),
    Reduce(Reduce, usize),
}

impl OnWeights {
    /// The penalties of a net of which these are all the primitives that are not fused. None where the net has no penalties, or they
    /// are made of something that is not done here.
    pub fn of<'n>(net: &Net, nodes: impl Iterator<Item = &'n Node>) -> Option<Self> {
        let mut places = vec![None; net.values];
        let mut shapes: Vec<&Shape> = Vec::new();
        let mut made = Self { steps: Vec::new(), penalties: Vec::new(), params: Vec::new(), moves: Vec::new() };
        for node in nodes {
            let place = |value: Value| places[value.0];
            let (step, moves) = match &node.op {
                Op::Param(id) => {
                    let known = made.params.iter().position(|other| other == id);
                    let index = known.unwrap_or_else(|| {
                        made.params.push(*id);
                        made.params.len() - 1
                    });
                    (Step::Param(index), net.param(*id).trained())
                }
                Op::Number(x) => (Step::Number(*x), false),
                Op::Unary { f: Unary::Gelu, .. } => return None,
                Op::Unary { f, x } => {
                    let x = place(*x)?;
                    (Step::Unary(*f, x), made.moves[x])
                }
                Op::Binary { f, left, right } => {
                    let both = [place(*left)?, place(*right)?];
                    let [left, right] = both.map(|place| shapes[place]);
                    if left != right && ![left, right].contains(&&Shape::Scalar) {
                        return None;
                    }
                    (Step::Binary(*f, both), both.iter().any(|place| made.moves[*place]))
                }
                Op::Reduce { f, x } => {
                    let x = place(*x)?;
                    (Step::Reduce(*f, x), made.moves[x])
                }
                _ => return None,
            };
            places[node.value.0] = Some(made.steps.len());
            shapes.push(&node.shape);
            made.steps.push(step);
            made.moves.push(moves);
        }
        made.penalties = net.penalties.iter().map(|penalty| places[penalty.value.0]).collect::<Option<_>>()?;
        (!made.params.is_empty() && !made.penalties.is_empty()).then_some(made)
    }
}

#[backend_extension(Flex)]
trait WeightOps: Backend {
    /// Every penalty, `[1]`, and behind them the gradient of their sum by each parameter, in a row: empty where it has none.
    fn penalised(#[extension_type] params: List<Self>, penalties: Arc<OnWeights>) -> List<Self>;
}

impl WeightOps for Flex {
    fn penalised(params: List<Self>, penalties: Arc<OnWeights>) -> List<Self> {
        let numbers: Vec<&[f32]> = params.0.iter().map(numbers).collect();
        let (values, gradients) = penalties.run(&numbers);
        let device = params.0[0].device();
        let row = |data: Vec<f32>| {
            let len = data.len();
            Flex::float_from_data(TensorData::new(data, [len]), &device)
        };
        let values = values.into_iter().map(|value| row(vec![value]));
        List(values.chain(gradients.into_iter().map(|gradient| row(gradient.unwrap_or_default()))).collect())
    }
}

/// What penalties come to, `[1]` each, and the gradients of their sum by parameter, as a model keeps it.
pub(super) struct Penalised {
    pub penalties: Vec<Tensor<1>>,
    pub gradients: Vec<(usize, Tensor<4>)>,
}

impl Model {
    /// The penalties of a model whose weights lie in this process's memory in single precision. Nothing here is with autodiff.
    pub(super) fn penalised(&self, penalties: &Arc<OnWeights>) -> Penalised {
        let row = |id: &ParamId| self.params[id.0].val().inner().reshape([self.net.param(*id).len()]);
        let params: Vec<Tensor<1>> = penalties.params.iter().map(row).collect();
        debug_assert!(params.iter().all(is_in_memory), "the caller has looked");
        let params = List(params.into_iter().map(Tensor::into_dispatch).collect());
        let mut found =
            <Dispatch as WeightOps>::penalised(params, penalties.clone()).0.into_iter().map(Tensor::from_dispatch);
        let values = found.by_ref().take(penalties.penalties.len()).collect();
        let shaped = |(id, gradient): (&ParamId, Tensor<1>)| {
            let held = held(&self.net.param(*id).shape);
            (gradient.dims()[0] > 0).then(|| (id.0, gradient.reshape(held)))
        };
        Penalised { penalties: values, gradients: penalties.params.iter().zip(found).filter_map(shaped).collect() }
    }
}
