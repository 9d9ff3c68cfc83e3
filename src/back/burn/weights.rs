//! Weights in and out of a model, in PyTorch's shapes.

use super::{DeviceError, Gradients, Model, held, read_all};
use burn::tensor::{Tensor, TensorData, Transaction};
use lcnnc_lang::diag::did_you_mean;
use lcnnc_lang::ir::Param;
use std::borrow::Cow;
use std::fmt;

/// A named tensor on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// As the net names it: `W_L.weight`.
    pub name: String,
    /// In PyTorch's layout: `[out, in, k, k]`, `[out, in]`, `[C]`.
    pub shape: Vec<usize>,
    /// Row by row. Single precision fits without loss.
    pub values: Vec<f64>,
}

/// Why weights do not fit a net: everything that is wrong with them, in the order of the net and then of the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsError {
    pub problems: Vec<WeightProblem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum WeightProblem {
    Missing {
        name: String,
        shape: Vec<usize>,
    },
    /// No parameter of the net; `meant` is one whose name is near.
    Unknown {
        name: String,
        meant: Option<String>,
    },
    Twice {
        name: String,
    },
    Shape {
        name: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    /// Not as many values as the shape says.
    Count {
        name: String,
        expected: usize,
        found: usize,
    },
}

impl fmt::Display for WeightProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightProblem::Missing { name, shape } => write!(f, "`{name}` {shape:?} is missing"),
            WeightProblem::Unknown { name, meant: None } => write!(f, "the net has no `{name}`"),
            WeightProblem::Unknown { name, meant: Some(meant) } => {
                write!(f, "the net has no `{name}`; did you mean `{meant}`?")
            }
            WeightProblem::Twice { name } => write!(f, "`{name}` is there twice"),
            WeightProblem::Shape { name, expected, found } => {
                write!(f, "`{name}` must have the shape {expected:?}, found {found:?}")
            }
            WeightProblem::Count { name, expected, found } => {
                write!(f, "`{name}` must have {expected} values for its shape, found {found}")
            }
        }
    }
}

impl fmt::Display for WeightsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the weights do not fit the net")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for WeightsError {}

impl Model {
    /// Every parameter, running statistics included, in the net's order.
    ///
    /// # Errors
    /// If the device failed.
    pub fn weights(&self) -> Result<Vec<Weight>, DeviceError> {
        self.named(|index| Some(self.params[index].val()))
    }

    /// The gradients of parameters by name, in the net's order; what the loss does not depend on is left out.
    ///
    /// # Errors
    /// If the device failed.
    pub fn gradients(&self, gradients: &Gradients) -> Result<Vec<Weight>, DeviceError> {
        self.named(|index| gradients.get(index))
    }

    /// Every parameter, running statistics included, in the net's order, in the width that the model keeps it in.
    ///
    /// # Errors
    /// If the device failed.
    pub fn tensors(&self) -> Result<Vec<(&Param, TensorData)>, DeviceError> {
        self.read(|index| Some(self.params[index].val()))
    }

    fn named(&self, tensor: impl Fn(usize) -> Option<Tensor<4>>) -> Result<Vec<Weight>, DeviceError> {
        let weight = |(param, data): (&Param, TensorData)| Weight {
            name: param.name.clone(),
            shape: param.shape.clone(),
            values: data.iter::<f64>().collect(),
        };
        Ok(self.read(tensor)?.into_iter().map(weight).collect())
    }

    fn read(&self, tensor: impl Fn(usize) -> Option<Tensor<4>>) -> Result<Vec<(&Param, TensorData)>, DeviceError> {
        let found = self.net.params.iter().enumerate().filter_map(|(index, param)| Some((param, tensor(index)?)));
        let (params, tensors): (Vec<&Param>, Vec<Tensor<4>>) = found.unzip();
        let data = read_all(tensors.into_iter().fold(Transaction::default(), Transaction::register))?;
        Ok(params.into_iter().zip(data).collect())
    }

    /// The model with these weights, in any order; they are rounded to the model's precision. Weights that are handed over
    /// are let go of one by one, so that they and the model's are never there twice.
    ///
    /// # Errors
    /// Unless they are exactly the net's parameters, each of its shape.
    pub fn with_weights<'w>(mut self, weights: impl Into<Cow<'w, [Weight]>>) -> Result<Self, WeightsError> {
        let mut weights = weights.into();
        let problems = self.problems(&weights);
        if !problems.is_empty() {
            return Err(WeightsError { problems });
        }
        let dtype = self.precision.dtype();
        for index in 0..self.params.len() {
            let wanted = &self.net.params[index];
            if let Some(place) = weights.iter().position(|weight| weight.name == wanted.name) {
                let shape = held(&weights[place].shape);
                let values = match &mut weights {
                    Cow::Owned(weights) => std::mem::take(&mut weights[place].values),
                    Cow::Borrowed(weights) => weights[place].values.clone(),
                };
                let data = TensorData::new(values, shape);
                self.replace(index, |old| Tensor::from_data(data, (&old.device(), dtype)));
            }
        }
        Ok(self)
    }

    fn problems(&self, weights: &[Weight]) -> Vec<WeightProblem> {
        let params = &self.net.params;
        let missing = params
            .iter()
            .filter(|param| weights.iter().all(|weight| weight.name != param.name))
            .map(|param| WeightProblem::Missing { name: param.name.clone(), shape: param.shape.clone() });
        let wrong = weights.iter().enumerate().filter_map(|(n, weight)| {
            let name = weight.name.clone();
            let Some(param) = params.iter().find(|param| param.name == name) else {
                let meant = did_you_mean(&name, params.iter().map(|param| param.name.as_str()));
                return Some(WeightProblem::Unknown { meant: meant.map(str::to_owned), name });
            };
            if weights[..n].iter().any(|earlier| earlier.name == name) {
                return Some(WeightProblem::Twice { name });
            }
            if weight.shape != param.shape {
                let (expected, found) = (param.shape.clone(), weight.shape.clone());
                return Some(WeightProblem::Shape { name, expected, found });
            }
            let (expected, found) = (param.len(), weight.values.len());
            (expected != found).then_some(WeightProblem::Count { name, expected, found })
        });
        missing.chain(wrong).collect()
    }
}
