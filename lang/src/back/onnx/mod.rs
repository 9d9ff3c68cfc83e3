//! A net as an ONNX graph, for inference: what is drawn at random in training is left out, and running statistics are what they are.
//!
//! A file here is a concern: [`proto`] the messages of the file, [`parts`] pieces of them, [`needed`] which values are computed,
//! [`graph`] statements, with loops written out or kept, [`ops`] and [`layer`] primitives, [`file`](mod@file) how all of it is written.

pub mod file;
mod graph;
mod layer;
mod needed;
mod ops;
pub mod parts;
pub mod proto;

use crate::ir::{Net, ParamId, TooManyValues, unrolled};
use graph::Writer;
use needed::Needed;
use parts::{dims, entry, info};
use proto::{FLOAT, IR_VERSION, ModelProto, OPSET, OperatorSetIdProto};

/// What is asked of a graph, beside its net.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether loops stay loops, as nodes `Loop`; otherwise they are written out.
    pub loops: bool,
    /// Facts about the net, each a name and a text.
    pub metadata: Vec<(String, String)>,
    /// What stands at the head of the spec.
    pub doc: String,
}

/// A graph whose weights are still to be filled in.
#[derive(Clone, Debug)]
pub struct Export {
    /// Everything but the weights.
    pub model: ModelProto,
    /// The parameters that the graph reads, in the order of the net.
    pub weights: Vec<ParamId>,
}

/// The net as a graph, from the images to the scores.
///
/// # Errors
/// If the loops are to be written out, and that would be too many values.
pub fn emit(net: &Net, options: &Options) -> Result<Export, TooManyValues> {
    let answer = net.output.answer();
    if !options.loops {
        // Counts the values; the graph itself is written from the statements, which know the names of steps.
        unrolled(net)?;
    }
    let needed = Needed::of(net, &[answer]);
    let mut writer = Writer::new(net, needed, options.loops);
    writer.stmts(&net.body);
    let output = net.output.name.split('@').next().unwrap_or_default().to_owned();
    let (mut graph, weights) = writer.finish(answer, &output);
    graph.name.clone_from(&net.name);
    let (input, [c, h, w]) = &net.input;
    graph.input = vec![info(input, FLOAT, dims(&crate::ir::Shape::Map([*c, *h, *w])))];
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "lcnnc".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: options.doc.clone(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: options.metadata.iter().map(|(key, value)| entry(key, value)).collect(),
    };
    Ok(Export { model, weights })
}
