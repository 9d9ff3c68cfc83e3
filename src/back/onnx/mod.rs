//! A net as an ONNX graph, for inference: what is drawn at random in training is left out, and running statistics are what they are.
//!
//! A file here is a concern: [`proto`] the messages of the file, [`parts`] pieces of them, [`tapped`](mod@tapped) how values leave loops,
//! [`needed`] which values are computed, [`graph`] statements, with loops written out or kept, [`ops`] and [`layer`] primitives, [`pictures`]
//! what is done to pictures first, [`finish`] outputs, [`file`](mod@file) how all of it is written.

pub mod file;
mod finish;
mod graph;
mod layer;
mod needed;
mod ops;
pub mod parts;
mod pictures;
pub mod proto;
mod tapped;

use crate::activity::{Asked, Place};
use finish::Output;
use graph::Writer;
use lcnnc_lang::ir::{Net, Op, ParamId, Shape, TooManyValues, cost, unrolled};
use lcnnc_lang::vocabulary::Bound;
use needed::Needed;
use parts::{dims, entry, info};
use proto::{FLOAT, IR_VERSION, ModelProto, OPSET, OperatorSetIdProto};
use thiserror::Error;

/// The most bytes that the windows of one image may take which a layer without weight sharing looks at.
pub const MOST_WINDOWS: u64 = 1 << 30;

/// What is asked of a graph, beside its net.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether loops stay loops, as nodes `Loop`; otherwise they are written out.
    pub loops: bool,
    /// The values that the graph gives; the scores where there are none.
    pub outputs: Vec<Asked>,
    /// The transforms of pictures that stand in front of the net, where the graph takes pictures.
    pub pictures: Option<Vec<Bound>>,
    /// The most bytes of windows, [`MOST_WINDOWS`].
    pub most_windows: u64,
    /// Facts about the net, each a name and a text.
    pub metadata: Vec<(String, String)>,
    /// What stands at the head of the spec.
    pub doc: String,
}

impl Default for Options {
    fn default() -> Self {
        let (outputs, metadata) = (Vec::new(), Vec::new());
        Self { loops: false, outputs, pictures: None, most_windows: MOST_WINDOWS, metadata, doc: String::new() }
    }
}

/// Why a net has no graph.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum NoGraph {
    #[error("{0}; `--loops` keeps the loops as loops")]
    Long(TooManyValues),

    #[error(
        "{equation} is without weight sharing, and the windows that it looks at would be {} for each image, more than {}; ONNX has no \
         operator for such a layer",
        cost::bytes(u128::from(*bytes)),
        cost::bytes(u128::from(*most))
    )]
    Windows { equation: String, bytes: u64, most: u64 },

    #[error(
        "`{0}` is what the graph is given: leave it out of `--outputs`, or have it made of pictures by `--with-preprocessing`"
    )]
    Input(String),

    #[error(
        "`normalise` takes mean and deviation from the training images, which a spec does not know: export a run of it, or give \
         `normalise` numbers"
    )]
    Unmeasured,

    #[error(
        "`--with-preprocessing` has no ONNX for the transform `{0}`: leave the flag out, and transform pictures before"
    )]
    Transform(String),
}

/// A graph whose weights are still to be filled in.
#[derive(Clone, Debug)]
pub struct Export {
    /// Everything but the weights.
    pub model: ModelProto,
    /// The parameters that the graph reads, in the order of the net.
    pub weights: Vec<ParamId>,
}

/// The net as a graph, from the images to the scores or to the values that are asked for.
///
/// # Errors
/// Why it has none.
pub fn emit(net: &Net, options: &Options) -> Result<Export, NoGraph> {
    let numbers: Vec<usize> = options.outputs.iter().flat_map(|asked| asked.place.numbers()).copied().collect();
    let (net, values) = tapped::tapped(net, &numbers);
    if !options.loops {
        // Counts the values; the graph itself is written from the statements, which know the names of steps.
        unrolled(&net).map_err(NoGraph::Long)?;
    }
    let outputs = outputs(&net, options, &values)?;
    let roots: Vec<_> = outputs.iter().flat_map(|output| output.values.iter().copied()).collect();
    let needed = Needed::of(&net, &roots);
    windows(&net, &needed, options.most_windows)?;
    let mut writer = Writer::new(&net, needed, options.loops);
    let (input, image) = (net.input.0.clone(), dims(&Shape::Map(net.input.1)));
    let input = match &options.pictures {
        None => info(&input, FLOAT, image),
        Some(calls) => writer.pictures(calls)?,
    };
    writer.stmts(&net.body);
    let (mut graph, weights) = writer.finish(&outputs);
    graph.name.clone_from(&net.name);
    graph.input = vec![input];
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

/// The outputs of the graph; `values` are those that [`Asked`] numbers, one behind the other.
fn outputs(net: &Net, options: &Options, values: &[lcnnc_lang::ir::Value]) -> Result<Vec<Output>, NoGraph> {
    if options.outputs.is_empty() {
        let name = net.output.name.split('@').next().unwrap_or_default().to_owned();
        return Ok(vec![Output { name, values: vec![net.output.answer()], is_row: false }]);
    }
    let mut values = values.iter().copied();
    let output = |asked: &Asked| {
        let values = match &asked.place {
            Place::Input if options.pictures.is_none() => return Err(NoGraph::Input(asked.text.clone())),
            Place::Input => vec![lcnnc_lang::ir::Value::INPUT],
            Place::Traced(numbers) => values.by_ref().take(numbers.len()).collect(),
        };
        Ok(Output { name: asked.text.clone(), values, is_row: !asked.steps.is_empty() })
    };
    options.outputs.iter().map(output).collect()
}

/// Refuses layers without weight sharing that would need too much memory.
fn windows(net: &Net, needed: &Needed, most: u64) -> Result<(), NoGraph> {
    for node in net.nodes().filter(|node| needed.has(node.value)) {
        let Op::Local { weight, .. } = &node.op else { continue };
        let &[height, width, _, from, kernel, _] = net.param(*weight).shape.as_slice() else { continue };
        let bytes = [height, width, from, kernel, kernel].iter().fold(4_u64, |n, side| n.saturating_mul(*side as u64));
        if bytes > most {
            return Err(NoGraph::Windows { equation: net.equation(node.value), bytes, most });
        }
    }
    Ok(())
}
