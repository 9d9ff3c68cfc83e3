//! How a graph is written: weights one after the other, so that memory holds one of them at a time.

use super::Export;
use super::parts::{entry, floats};
use super::proto::{EXTERNAL, FLOAT, GRAPH_TAG, GraphProto, INITIALIZER_TAG, RAW_DATA_TAG, TensorProto};
use crate::ir::{Net, ParamId};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use std::io::{self, Write};

/// What gives the numbers of a parameter.
pub type Weights<'a> = &'a mut dyn FnMut(ParamId) -> io::Result<Vec<f32>>;

/// The most bytes that a file of messages may have: its readers count them in 31 bits.
pub const MOST_BYTES: u64 = (1 << 31) - 1;

impl Export {
    /// The length of the file with its weights in it, in bytes.
    pub fn bytes(&self, net: &Net) -> u64 {
        let weights: u64 = self.weights.iter().map(|id| within(inline_len(net, *id))).sum();
        self.model.encoded_len() as u64 + weights + 16
    }

    /// Writes the file, with its weights in it.
    ///
    /// # Errors
    /// If it cannot be written, or weights cannot be had.
    pub fn write(&self, net: &Net, weights: Weights<'_>, out: &mut dyn Write) -> io::Result<()> {
        let len = self.weights.iter().map(|id| within(inline_len(net, *id))).sum();
        self.head(len, out)?;
        for id in &self.weights {
            let param = net.param(*id);
            let tensor = floats(&param.name, &param.shape, weights(*id)?);
            out.write_all(&field(INITIALIZER_TAG, &tensor))?;
        }
        Ok(())
    }

    /// Writes the file without the numbers of its weights, which lie in another file beside it, one behind the other; that file has the
    /// name `beside`, and [`Export::write_weights`] writes it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_beside(&self, net: &Net, beside: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut tensors = Vec::new();
        let mut offset = 0;
        for id in &self.weights {
            let param = net.param(*id);
            let length = 4 * param.len();
            let external_data = vec![
                entry("location", beside),
                entry("offset", &offset.to_string()),
                entry("length", &length.to_string()),
            ];
            offset += length;
            let dims = param.shape.iter().map(|dim| *dim as i64).collect();
            let name = param.name.clone();
            let data_location = Some(EXTERNAL);
            let tensor = TensorProto { dims, data_type: FLOAT, name, raw_data: None, external_data, data_location };
            tensors.extend(field(INITIALIZER_TAG, &tensor));
        }
        self.head(tensors.len() as u64, out)?;
        out.write_all(&tensors)
    }

    /// Writes the numbers of the weights, one parameter behind the other.
    ///
    /// # Errors
    /// If they cannot be written or had.
    pub fn write_weights(&self, weights: Weights<'_>, out: &mut dyn Write) -> io::Result<()> {
        for id in &self.weights {
            let bytes: Vec<u8> = weights(*id)?.into_iter().flat_map(f32::to_le_bytes).collect();
            out.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Writes everything but the weights, which take so many bytes and follow in the same graph.
    fn head(&self, weights: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut model = self.model.clone();
        let graph = model.graph.take().unwrap_or_else(GraphProto::default).encode_to_vec();
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

/// The length of a message of that length as a field of the graph.
fn within(len: u64) -> u64 {
    key_len(INITIALIZER_TAG) as u64 + encoded_len_varint(len) as u64 + len
}

fn field(tag: u32, tensor: &TensorProto) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::message::encode(tag, tensor, &mut bytes);
    bytes
}
