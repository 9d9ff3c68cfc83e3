//! How a graph is written: weights one after the other, so that memory holds one of them at a time.

use super::Export;
use super::parts::{entry, floats};
use super::proto::{EXTERNAL, GRAPH_TAG, INITIALIZER_TAG, RAW_DATA_TAG, TensorProto};
use lcnnc_lang::ir::{Net, ParamId};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use std::io::{self, Write};

/// What gives the numbers of a parameter.
pub type Weights<'a> = &'a mut dyn FnMut(ParamId) -> io::Result<Vec<f32>>;

/// The most bytes that a file of messages may have: its readers count them in 31 bits.
pub const MOST_BYTES: u64 = (1 << 31) - 1;

/// The most by which the length of a graph grows where it is written, by the weights that follow in it.
const HEAD_KEYS: u64 = 10;

/// What one of the files of a graph holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// The graph with its weights in it.
    All,
    /// The graph without the numbers of its weights, which lie in the file of that name beside it.
    Graph(String),
    /// The numbers of the weights, one parameter behind the other.
    Weights,
}

impl Export {
    /// The files of a graph, each by its name: one called `name`, or beside it one for the weights if they together are more than `most`
    /// bytes.
    pub fn files(&self, net: &Net, name: &str, most: u64) -> Vec<(String, Contents)> {
        let head = self.model.encoded_len() as u64 + HEAD_KEYS;
        if head.saturating_add(self.inline(net)) <= most {
            return vec![(name.to_owned(), Contents::All)];
        }
        let beside = format!("{name}.data");
        vec![(name.to_owned(), Contents::Graph(beside.clone())), (beside, Contents::Weights)]
    }

    /// Writes one of [`Export::files`].
    ///
    /// # Errors
    /// If it cannot be written, or weights cannot be had.
    pub fn write(&self, net: &Net, contents: &Contents, weights: Weights<'_>, out: &mut dyn Write) -> io::Result<()> {
        match contents {
            Contents::All => {
                self.head(self.inline(net), out)?;
                self.weights.iter().try_for_each(|id| {
                    let param = net.param(*id);
                    out.write_all(&field(&floats(&param.name, &param.shape, weights(*id)?)))
                })
            }
            Contents::Graph(beside) => {
                let tensors = self.outside(net, beside);
                self.head(tensors.len() as u64, out)?;
                out.write_all(&tensors)
            }
            Contents::Weights => self.weights.iter().try_for_each(|id| {
                let bytes: Vec<u8> = weights(*id)?.into_iter().flat_map(f32::to_le_bytes).collect();
                out.write_all(&bytes)
            }),
        }
    }

    /// How many bytes the weights take within the graph.
    fn inline(&self, net: &Net) -> u64 {
        self.weights.iter().map(|id| inline_len(net, *id)).map(|len| len + prefix(len)).sum()
    }

    /// The parameters as tensors that say where their numbers lie in another file.
    fn outside(&self, net: &Net, beside: &str) -> Vec<u8> {
        let (mut tensors, mut offset) = (Vec::new(), 0);
        for id in &self.weights {
            let param = net.param(*id);
            let length = 4 * param.len();
            let facts =
                [("location", beside.to_owned()), ("offset", offset.to_string()), ("length", length.to_string())];
            let tensor = TensorProto {
                raw_data: None,
                external_data: facts.iter().map(|(key, value)| entry(key, value)).collect(),
                data_location: Some(EXTERNAL),
                ..floats(&param.name, &param.shape, [])
            };
            tensors.extend(field(&tensor));
            offset += length;
        }
        tensors
    }

    /// Writes everything but the weights, which take so many bytes and follow in the same graph.
    fn head(&self, weights: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut model = self.model.clone();
        let graph = model.graph.take().unwrap_or_default().encode_to_vec();
        let mut bytes = model.encode_to_vec();
        encode_key(GRAPH_TAG, WireType::LengthDelimited, &mut bytes);
        encode_varint(graph.len() as u64 + weights, &mut bytes);
        out.write_all(&bytes)?;
        out.write_all(&graph)
    }
}

/// The length of the message of a parameter with its numbers in it.
fn inline_len(net: &Net, id: ParamId) -> u64 {
    let param = net.param(id);
    let bytes = 4 * param.len() as u64;
    let numbers = key_len(RAW_DATA_TAG) as u64 + encoded_len_varint(bytes) as u64 + bytes;
    let bare = TensorProto { raw_data: None, ..floats(&param.name, &param.shape, []) };
    bare.encoded_len() as u64 + numbers
}

/// How many bytes stand in front of a message of that length, as a field of the graph.
fn prefix(len: u64) -> u64 {
    key_len(INITIALIZER_TAG) as u64 + encoded_len_varint(len) as u64
}

/// A parameter as a field of the graph.
fn field(tensor: &TensorProto) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::message::encode(INITIALIZER_TAG, tensor, &mut bytes);
    bytes
}
