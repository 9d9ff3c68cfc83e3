//! A [`Graph`] as a list of tasks in order: kernels that nothing needs are left out, elementwise work becomes an
//! epilogue of the task whose result it reads, and values that are not needed at once share buffers.

use super::allocator::Lifetime;
use super::batch_norm::{BatchNorm, Statistics};
use super::epilogue::{Epilogue, Row, RowOp, settle_rows};
use super::graph::{Bank, Dims, Graph, Id, Kernel, Node};
use super::stages::{Stage, StageNodes, staged};

/// The tasks that a block of images goes through, and where its values are.
#[derive(Debug)]
pub struct TaskSchedule {
    pub banks: Vec<Bank>,
    pub norms: Vec<BatchNorm>,
    pub tasks: Vec<Task>,
    /// The stages that the tasks fall into, in order.
    pub stages: Vec<Stage>,
    pub buffers: Vec<Buffer>,
    /// Where each value is, by its [`Id`]; none for a value that is never kept whole.
    pub locations: Vec<Option<Location>>,
    /// The shape of each value, by its [`Id`].
    pub dims: Vec<Dims>,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// The root of each value, by its [`Id`].
    pub roots: Vec<Root>,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// The tasks between which each value is kept, by its [`Id`]; none for a value that is not kept or is not its own
    /// root.
    pub lifetimes: Vec<Option<Lifetime>>,
}

impl TaskSchedule {
    /// Whether the schedule has the backward pass of a convolution.
    pub fn goes_back(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.kernel, Some(Kernel::ConvBackward(_))))
    }
}

/// A piece of memory that holds one value after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// The length in floats for each image.
    pub len: usize,
    /// Whether it holds values that are made in one stage and read in a later one: each block of the batch has such a
    /// buffer of its own, while a thread has one of the others for all the blocks that it runs.
    pub crosses: bool,
}

/// Where a value that is kept whole begins: a buffer, and an offset in floats of each image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    pub buffer: usize,
    pub offset: usize,
}

/// The value that was made with the numbers of another one, such as the value that a [`Kernel::View`] shows in another
/// shape, and the offset at which the numbers begin in it, in floats of each image. Most values are their own root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    pub id: Id,
    pub offset: usize,
}

/// One kernel with the epilogues of its results, or elementwise work alone.
#[derive(Debug)]
pub struct Task {
    /// The kernel; none where there is elementwise work alone, in the only epilogue.
    pub kernel: Option<Kernel>,
    /// The values that the kernel reads.
    pub reads: Vec<Id>,
    /// The values that the kernel makes.
    pub makes: Vec<Id>,
    /// An epilogue for each result of a kernel that makes its results row by row; none for other kernels.
    pub epilogues: Vec<Epilogue>,
}

/// The moment at which a value is there, row by row or as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    task: usize,
    /// The epilogue of the task in which the rows appear one by one; none if the value is there as a whole, which is
    /// when the task is done.
    epilogue: Option<usize>,
}

/// Where the sums over channels are taken, which are the gradients of biases and gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelSums {
    /// The epilogue that makes the rows sums them as they come: a thread of the CPU sees all rows of a channel.
    InEpilogues,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// Kernels of their own sum values that are kept whole: no unit of a GPU sees all of a channel.
    AsKernels,
}

/// Puts the kernels of a graph in order, with epilogues and buffers.
///
/// # Panics
/// Never for the graph of a part of a net, with or without what [`super::adjoint`] appends.
pub fn task_schedule(graph: &Graph, statistics: Statistics, channel_sums: ChannelSums) -> TaskSchedule {
    let mut scheduler = Scheduler::new(graph, channel_sums);
    for StageNodes { nodes, together, meets } in staged(used(graph), graph.values.len(), statistics) {
        scheduler.first = scheduler.tasks.len();
        nodes.iter().for_each(|node| scheduler.node(node));
        let tasks = scheduler.first..scheduler.tasks.len();
        scheduler.stages.push(Stage { tasks, together, meets });
    }
    scheduler.settle();
    scheduler.finish()
}

/// The nodes that have an effect or make something that one of those reads, in order.
fn used(graph: &Graph) -> Vec<Node> {
    let mut wanted = vec![false; graph.values.len()];
    let mut nodes = Vec::new();
    for node in graph.nodes.iter().rev() {
        if node.kernel.has_effect() || node.makes.iter().any(|id| wanted[*id]) {
            node.reads.iter().for_each(|id| wanted[*id] = true);
            nodes.push(node.clone());
        }
    }
    nodes.reverse();
    nodes
}

/// A schedule that is being made. All vectors but `tasks` are indexed by a value's [`Id`].
struct Scheduler<'a> {
    graph: &'a Graph,
    channel_sums: ChannelSums,
    tasks: Vec<Task>,
    /// The first task of the stage at hand.
    first: usize,
    stages: Vec<Stage>,
    /// The moment at which each value is there.
    made: Vec<Moment>,
    roots: Vec<Root>,
    /// Whether a value must be kept whole; set for roots alone.
    whole: Vec<bool>,
    /// The last task that reads a value that is kept whole; set for roots alone.
    last_read: Vec<usize>,
}

impl<'a> Scheduler<'a> {
    fn new(graph: &'a Graph, channel_sums: ChannelSums) -> Self {
        let count = graph.values.len();
        Self {
            graph,
            channel_sums,
            tasks: Vec::new(),
            first: 0,
            stages: Vec::new(),
            made: vec![Moment { task: 0, epilogue: None }; count],
            roots: (0..count).map(|id| Root { id, offset: 0 }).collect(),
            whole: vec![false; count],
            last_read: vec![0; count],
        }
    }

    fn node(&mut self, node: &Node) {
        match node.kernel {
            Kernel::Map(map) => {
                let reads = node.reads.iter().map(|id| Row::Kept(*id)).collect();
                self.elementwise(
                    RowOp::Map { map, reads, to: Row::Kept(node.makes[0]) },
                    &node.reads,
                    Some(node.makes[0]),
                );
            }
            Kernel::ChannelSum(slot) => match self.channel_sums {
                ChannelSums::InEpilogues => {
                    let reads = node.reads.iter().map(|id| Row::Kept(*id)).collect();
                    self.elementwise(RowOp::ChannelSum { slot, reads }, &node.reads, None);
                }
                ChannelSums::AsKernels => self.kernel(node),
            },
            Kernel::BatchSums(norm) => {
                let reads = node.reads.iter().map(|id| Row::Kept(*id)).collect();
                self.elementwise(RowOp::BatchSums { norm, reads }, &node.reads, None);
            }
            Kernel::View => self.alias(node, 0),
            Kernel::Channels(first) => {
                let [_, height, width] = self.graph.dims(node.reads[0]);
                self.alias(node, first * height * width);
            }
            Kernel::Input(_)
            | Kernel::Zeros
            | Kernel::Mask(_)
            | Kernel::Conv(_)
            | Kernel::ConvBackward(_)
            | Kernel::Local(_)
            | Kernel::LocalBackward(_)
            | Kernel::Pool(_)
            | Kernel::PoolBackward(_)
            | Kernel::Upsample(_)
            | Kernel::UpsampleBackward(_)
            | Kernel::ImageNorm(_)
            | Kernel::ImageNormBackward(_)
            | Kernel::Dense(_)
            | Kernel::DenseBackward(_)
            | Kernel::Concat
            | Kernel::Loss
            | Kernel::OutputGradient(_)
            | Kernel::Output(_)
            | Kernel::InputGradient(_) => self.kernel(node),
        }
    }

    /// Gives a value the numbers of the one that it is read from, `skip` floats further on.
    fn alias(&mut self, node: &Node, skip: usize) {
        let (x, y) = (node.reads[0], node.makes[0]);
        let Root { id, offset } = self.roots[x];
        self.roots[y] = Root { id, offset: offset + skip };
        self.whole[id] = true;
        // As a whole, even if rows of `x` come one by one: rows of one shape are not rows of the other.
        self.made[y] = Moment { epilogue: None, ..self.made[x] };
    }

    /// Appends a task of its own. What it reads is then kept whole, since kernels read more than a row at a time.
    fn kernel(&mut self, node: &Node) {
        let task = self.tasks.len();
        node.reads.iter().for_each(|id| self.whole[self.roots[*id].id] = true);
        let by_rows = node.kernel.bank().is_some();
        let mut epilogues = Vec::new();
        for id in &node.makes {
            if by_rows {
                self.made[*id] = Moment { task, epilogue: Some(epilogues.len()) };
                epilogues.push(Epilogue { dims: self.graph.dims(*id), ..Epilogue::default() });
            } else {
                self.made[*id] = Moment { task, epilogue: None };
                self.whole[*id] = true;
            }
        }
        let (kernel, reads, makes) = (Some(node.kernel.clone()), node.reads.clone(), node.makes.clone());
        self.tasks.push(Task { kernel, reads, makes, epilogues });
    }

    /// Puts elementwise work into the epilogue that makes the last of what it reads, or else into a task for
    /// elementwise work alone.
    ///
    /// An epilogue has a row at hand that never has to be written to memory, so as much as possible goes there: a
    /// convolution whose result is added to a drive and rectified is one task. What else the work reads must be there
    /// as a whole before that task begins, which is why the latest of all moments decides. Where the latest value is
    /// there as a whole, or has another shape, there is no row to ride on; then the last task is shared if it is one of
    /// elementwise work on the same shape and everything that is read was there before it began, and otherwise a new
    /// one is appended. Tasks of an earlier stage are over.
    fn elementwise(&mut self, op: RowOp, reads: &[Id], makes: Option<Id>) {
        let dims = self.graph.dims(reads[0]);
        // Within a task, epilogues run in order, and what is made as a whole is there after all of them.
        let order = |moment: &Moment| (moment.task, moment.epilogue.unwrap_or(usize::MAX));
        let latest = reads.iter().map(|id| self.made[*id]).max_by_key(order);
        let latest = latest.unwrap_or(Moment { task: 0, epilogue: None });
        let fits = |epilogue: &Epilogue| epilogue.dims == dims;
        let here = match latest.epilogue {
            Some(epilogue) if latest.task >= self.first && fits(&self.tasks[latest.task].epilogues[epilogue]) => latest,
            Some(_) | None => {
                let last = self.tasks[self.first..].last();
                let open = last.is_some_and(|last| last.kernel.is_none() && fits(&last.epilogues[0]));
                if !(open && latest.task + 1 < self.tasks.len()) {
                    let epilogues = vec![Epilogue { dims, ..Epilogue::default() }];
                    self.tasks.push(Task { kernel: None, reads: Vec::new(), makes: Vec::new(), epilogues });
                }
                Moment { task: self.tasks.len() - 1, epilogue: Some(0) }
            }
        };
        // Only what this epilogue itself makes is at hand as a row.
        reads.iter().filter(|id| self.made[**id] != here).for_each(|id| self.whole[self.roots[*id].id] = true);
        self.tasks[here.task].epilogues[here.epilogue.unwrap_or(0)].ops.push(op);
        if let Some(id) = makes {
            self.made[id] = here;
        }
    }

    /// Decides which rows are temporary, and when each value that is kept whole is read for the last time.
    ///
    /// This has to wait until all nodes have been seen: a later kernel may read a value as a whole that up to then was
    /// read by its own epilogue alone. So far every row is noted as [`Row::Kept`].
    fn settle(&mut self) {
        for task in &mut self.tasks {
            for (n, epilogue) in task.epilogues.iter_mut().enumerate() {
                let result = task.kernel.is_some().then(|| task.makes[n]);
                settle_rows(epilogue, result, &self.whole);
            }
        }
        for (n, task) in self.tasks.iter().enumerate() {
            let rows = task.epilogues.iter().flat_map(|epilogue| epilogue.ops.iter().flat_map(RowOp::reads));
            let kept = rows.filter_map(|row| if let Row::Kept(id) = row { Some(*id) } else { None });
            for id in task.reads.iter().copied().chain(kept) {
                let root = self.roots[id].id;
                self.last_read[root] = self.last_read[root].max(n);
            }
        }
    }

    /// Gives buffers to what is kept whole, and hands the schedule out. A buffer is free again after the last task that
    /// reads it, not within it: an epilogue may write one value while it reads another.
    fn finish(self) -> TaskSchedule {
        let mut buffers: Vec<Buffer> = Vec::new();
        let stage_of = |task: usize| self.stages.iter().position(|stage| stage.tasks.contains(&task));
        let mut free: Vec<usize> = Vec::new();
        let mut busy: Vec<(Lifetime, usize)> = Vec::new();
        let mut locations = vec![None; self.graph.values.len()];
        let mut lifetimes = vec![None; self.graph.values.len()];
        for (n, task) in self.tasks.iter().enumerate() {
            busy.retain(|(lifetime, buffer)| {
                let over = lifetime.last < n;
                if over {
                    free.push(*buffer);
                }
                !over
            });
            let stores = task.epilogues.iter().flat_map(|epilogue| epilogue.stores.iter().copied());
            let whole = task.makes.iter().copied().filter(|id| self.made[*id].epilogue.is_none());
            for id in stores.chain(whole) {
                let lifetime = Lifetime { first: n, last: self.last_read[id].max(n) };
                let crosses = stage_of(lifetime.first) != stage_of(lifetime.last);
                let wanted = Buffer { len: self.graph.dims(id).iter().product(), crosses };
                let reused = free.iter().position(|buffer| buffers[*buffer] == wanted);
                let buffer = reused.map_or(buffers.len(), |reused| free.swap_remove(reused));
                if buffer == buffers.len() {
                    buffers.push(wanted);
                }
                lifetimes[id] = Some(lifetime);
                busy.push((lifetime, buffer));
                locations[id] = Some(Location { buffer, offset: 0 });
            }
        }
        for (id, root) in self.roots.iter().enumerate().filter(|(id, root)| root.id != *id) {
            locations[id] = locations[root.id].map(|of: Location| Location { offset: of.offset + root.offset, ..of });
        }
        let Graph { values: dims, banks, norms, .. } = self.graph.clone();
        let Self { tasks, stages, roots, .. } = self;
        TaskSchedule { banks, norms, tasks, stages, buffers, locations, dims, roots, lifetimes }
    }
}
