//! Pieces of messages: attributes, types, small tensors.

use super::proto::{
    AttributeProto, Dimension, DimensionProto, FLOAT, GraphProto, INT64, StringStringEntryProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute,
};
use lcnnc_lang::ir::Shape;

/// The name of the length that the batch has.
pub const BATCH: &str = "batch";

pub fn int(name: &str, i: usize) -> AttributeProto {
    AttributeProto { i: Some(i as i64), ..empty(name, attribute::INT) }
}

pub fn float(name: &str, f: f64) -> AttributeProto {
    AttributeProto { f: Some(f as f32), ..empty(name, attribute::FLOAT) }
}

pub fn ints(name: &str, ints: &[usize]) -> AttributeProto {
    AttributeProto { ints: ints.iter().map(|i| *i as i64).collect(), ..empty(name, attribute::INTS) }
}

pub fn word(name: &str, word: &str) -> AttributeProto {
    AttributeProto { s: Some(word.as_bytes().to_vec()), ..empty(name, attribute::STRING) }
}

pub fn graph(name: &str, graph: GraphProto) -> AttributeProto {
    AttributeProto { g: Some(Box::new(graph)), ..empty(name, attribute::GRAPH) }
}

pub fn tensor(name: &str, tensor: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(Box::new(tensor)), ..empty(name, attribute::TENSOR) }
}

fn empty(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), kind, ..AttributeProto::default() }
}

/// A tensor of numbers that are known, in single precision.
pub fn floats(name: &str, dims: &[usize], numbers: impl IntoIterator<Item = f32>) -> TensorProto {
    let raw_data = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
    of_bytes(name, dims, FLOAT, raw_data)
}

/// A tensor of whole numbers.
pub fn wholes(name: &str, dims: &[usize], numbers: &[i64]) -> TensorProto {
    of_bytes(name, dims, INT64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
}

fn of_bytes(name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> TensorProto {
    let dims = dims.iter().map(|dim| *dim as i64).collect();
    TensorProto { name: name.to_owned(), dims, data_type, raw_data: Some(raw_data), ..TensorProto::default() }
}

/// Dimensions as they are declared: those of one image behind that of the batch, where each image has a value of its own.
pub fn dims(shape: &Shape) -> Vec<Dimension> {
    let known = |dims: &[usize]| dims.iter().map(|dim| Dimension::Value(*dim as i64)).collect::<Vec<_>>();
    let batch = vec![Dimension::Param(BATCH.to_owned())];
    match shape {
        Shape::Map(dims) => [batch, known(dims)].concat(),
        Shape::Vector(len) => [batch, known(&[*len])].concat(),
        Shape::Weight(dims) => known(dims),
        Shape::Scalar => Vec::new(),
    }
}

/// What a graph says of a tensor: its name, the type of its numbers and its dimensions.
pub fn info(name: &str, elem_type: i32, dims: Vec<Dimension>) -> ValueInfoProto {
    let dim = dims.into_iter().map(|value| DimensionProto { value: Some(value) }).collect();
    let tensor_type = TensorTypeProto { elem_type, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.to_owned(), kind: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

pub fn entry(key: &str, value: &str) -> StringStringEntryProto {
    StringStringEntryProto { key: key.to_owned(), value: value.to_owned() }
}
