//! Elementwise work that rides on the kernel whose result it reads.

use super::batch_norm::NormPass;
use super::graph::{Dims, Id, Map, Slot};

/// Elementwise work on each row of a result as soon as it is made, while it is in the first-level cache.
#[derive(Debug, Default)]
pub struct Epilogue {
    /// The shape of everything that the epilogue works on.
    pub dims: Dims,
    pub ops: Vec<RowOp>,
    /// How many temporary rows the operations need at once.
    pub temporaries: usize,
    /// The place that takes a row of the kernel's result; none where there is no kernel.
    pub result: Option<Row>,
    /// The values that are made here and kept whole.
    pub stores: Vec<Id>,
}

/// Elementwise work on one row of cells.
#[derive(Clone, Debug)]
pub enum RowOp {
    /// Applies a function to one row, or to two.
    Map { map: Map, reads: Vec<Row>, to: Row },
    /// Adds the sum over a row, or over the product of two, to the gradient of a parameter with a number for each
    /// channel.
    ChannelSum { slot: Slot, reads: Vec<Row> },
    /// Adds to the sums that a batch normalisation takes over the batch; see [`super::graph::Kernel::BatchSums`].
    BatchSums { norm: NormPass, reads: Vec<Row> },
}

impl RowOp {
    /// The rows that the operation reads: one or two.
    pub fn reads(&self) -> &[Row] {
        match self {
            RowOp::Map { reads, .. } | RowOp::ChannelSum { reads, .. } | RowOp::BatchSums { reads, .. } => reads,
        }
    }

    pub fn reads_mut(&mut self) -> &mut [Row] {
        match self {
            RowOp::Map { reads, .. } | RowOp::ChannelSum { reads, .. } | RowOp::BatchSums { reads, .. } => reads,
        }
    }

    /// Whether there is something for each channel in the operation: then it works on one channel at a time.
    pub fn is_by_channel(&self) -> bool {
        match self {
            RowOp::Map { map, .. } => map.slot().is_some() || map.norm().is_some(),
            RowOp::ChannelSum { .. } | RowOp::BatchSums { .. } => true,
        }
    }
}

/// A row of cells that an epilogue reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A row that lives only while the epilogue works on it, by its index.
    Temporary(usize),
    /// The row at the same place of a value that is kept whole.
    Kept(Id),
}

/// Gives temporary rows to everything that an epilogue makes and that need not be kept whole; `result` is what its
/// kernel makes. Each value has a row of its own: the rows of an epilogue all fit into the first-level cache.
pub fn settle_rows(epilogue: &mut Epilogue, result: Option<Id>, whole: &[bool]) {
    let mut temporaries: Vec<Id> = Vec::new();
    let stores = &mut epilogue.stores;
    let mut settle = |id: Id| {
        if whole[id] {
            stores.push(id);
            Row::Kept(id)
        } else {
            temporaries.push(id);
            Row::Temporary(temporaries.len() - 1)
        }
    };
    epilogue.result = result.map(&mut settle);
    for op in &mut epilogue.ops {
        if let RowOp::Map { to, .. } = op
            && let Row::Kept(id) = *to
        {
            *to = settle(id);
        }
    }
    epilogue.temporaries = temporaries.len();
    for row in epilogue.ops.iter_mut().flat_map(RowOp::reads_mut) {
        if let Row::Kept(id) = *row
            && let Some(n) = temporaries.iter().position(|temporary| *temporary == id)
        {
            *row = Row::Temporary(n);
        }
    }
}
