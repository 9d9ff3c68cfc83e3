//! A [`Graph`] as a program: what nothing needs is gone, what is done entry by entry rides on the kernel whose result
//! it takes, and values share buffers where they are not needed at once.

use super::graph::{Bank, Dims, Graph, Id, Kernel, Map, Node, Slot};

/// What a block of images goes through.
#[derive(Debug)]
pub struct Program {
    pub banks: Vec<Bank>,
    pub steps: Vec<Step>,
    /// Numbers an image in each buffer.
    pub buffers: Vec<usize>,
    /// Where each value is, if it is kept whole.
    pub places: Vec<Option<Place>>,
    pub dims: Vec<Dims>,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// The value whose numbers each value's are, and from which of an image's on.
    pub roots: Vec<(Id, usize)>,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// The step that makes a value that is kept, and the last one that reads it; only of roots.
    pub lives: Vec<Option<(usize, usize)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub buffer: usize,
    /// The number of an image that it begins at.
    pub first: usize,
}

/// One kernel, and what is done to the rows of its results as they come.
#[derive(Debug)]
pub struct Step {
    /// None where there are only rows.
    pub kernel: Option<Kernel>,
    pub reads: Vec<Id>,
    pub makes: Vec<Id>,
    /// One for each result that is made row by row.
    pub tails: Vec<Tail>,
}

/// Work on one row after the other.
#[derive(Debug, Default)]
pub struct Tail {
    pub dims: Dims,
    pub ops: Vec<RowOp>,
    /// How many rows are worked on beside the values that are kept.
    pub rows: usize,
    /// Where the kernel's result goes; none for rows alone.
    pub result: Option<At>,
    /// The values that are made here and kept.
    pub stores: Vec<Id>,
}

#[derive(Debug)]
pub struct RowOp {
    pub what: What,
    pub reads: Vec<At>,
    pub to: At,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Map(Map),
    /// Adds up each channel, for a parameter's gradient.
    Sum(Slot),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A row that lives only while it is worked on.
    Row(usize),
    /// The same row of a value that is kept.
    Value(Id),
}

/// A place in the program: a step, and which of its tails; `None` is behind the step.
type Moment = (usize, Option<usize>);

/// Where the sums over channels are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// On the rows that they sum, as they come.
    Riding,
    #[cfg_attr(not(feature = "gpu"), expect(dead_code, reason = "only kernels for graphics processors read it"))]
    /// By kernels of their own, of values that are kept: where no thread sees all of a channel.
    Apart,
}

/// # Panics
/// Never for a graph that `unroll` of the compiler and [`super::adjoint`] made.
pub fn schedule(graph: &Graph, sums: Sums) -> Program {
    let nodes = used(graph);
    let mut scheduler = Scheduler::new(graph, sums);
    nodes.iter().for_each(|node| scheduler.node(node));
    scheduler.settle();
    scheduler.program()
}

/// The nodes that have an effect, or make something that one of those reads.
fn used(graph: &Graph) -> Vec<Node> {
    let mut wanted = vec![false; graph.values.len()];
    let mut nodes = Vec::new();
    for node in graph.nodes.iter().rev() {
        let effect = match node.kernel {
            Kernel::ConvBack(_)
            | Kernel::DenseBack(_)
            | Kernel::ChannelSum(_)
            | Kernel::Loss
            | Kernel::Output(_)
            | Kernel::InputGrad(_) => true,
            _ => node.makes.iter().any(|id| wanted[*id]),
        };
        if effect {
            node.reads.iter().for_each(|id| wanted[*id] = true);
            nodes.push(node.clone());
        }
    }
    nodes.reverse();
    nodes
}

struct Scheduler<'a> {
    graph: &'a Graph,
    sums: Sums,
    steps: Vec<Step>,
    /// When each value is there.
    made: Vec<Moment>,
    /// The value whose numbers these are, and from which one on.
    root: Vec<(Id, usize)>,
    /// Whether a value must be kept whole.
    whole: Vec<bool>,
    /// The last step that reads a value that is kept.
    last: Vec<usize>,
}

impl<'a> Scheduler<'a> {
    fn new(graph: &'a Graph, sums: Sums) -> Self {
        let count = graph.values.len();
        Self {
            graph,
            sums,
            steps: Vec::new(),
            made: vec![(0, None); count],
            root: (0..count).map(|id| (id, 0)).collect(),
            whole: vec![false; count],
            last: vec![0; count],
        }
    }

    fn node(&mut self, node: &Node) {
        match node.kernel {
            Kernel::Map(map) => self.rows(What::Map(map), &node.reads, Some(node.makes[0])),
            Kernel::ChannelSum(slot) if self.sums == Sums::Riding => self.rows(What::Sum(slot), &node.reads, None),
            Kernel::View => self.alias(node, 0),
            Kernel::Part(first) => {
                let [_, height, width] = self.graph.dims(node.reads[0]);
                self.alias(node, first * height * width);
            }
            _ => self.kernel(node),
        }
    }

    fn alias(&mut self, node: &Node, skip: usize) {
        let (x, y) = (node.reads[0], node.makes[0]);
        let (root, first) = self.root[x];
        self.root[y] = (root, first + skip);
        self.whole[root] = true;
        // Behind the step: rows of one shape are not rows of the other.
        self.made[y] = (self.made[x].0, None);
    }

    fn kernel(&mut self, node: &Node) {
        let step = self.steps.len();
        node.reads.iter().for_each(|id| self.whole[self.root[*id].0] = true);
        let by_rows = matches!(node.kernel, Kernel::Conv(_) | Kernel::ConvBack(_));
        let mut tails = Vec::new();
        for id in &node.makes {
            if by_rows {
                self.made[*id] = (step, Some(tails.len()));
                tails.push(Tail { dims: self.graph.dims(*id), ..Tail::default() });
            } else {
                self.made[*id] = (step, None);
                self.whole[*id] = true;
            }
        }
        let (kernel, reads, makes) = (Some(node.kernel.clone()), node.reads.clone(), node.makes.clone());
        self.steps.push(Step { kernel, reads, makes, tails });
    }

    /// Rides on the tail that makes the last of what it reads, or goes into rows of its own.
    fn rows(&mut self, what: What, reads: &[Id], makes: Option<Id>) {
        let dims = self.graph.dims(reads[0]);
        let order = |moment: &Moment| (moment.0, moment.1.unwrap_or(usize::MAX));
        let latest = reads.iter().map(|id| self.made[*id]).max_by_key(order).unwrap_or((0, None));
        let fits = |tail: &Tail| tail.dims == dims;
        let end = self.steps.len();
        let (step, tail) = match latest {
            (step, Some(tail)) if fits(&self.steps[step].tails[tail]) => (step, tail),
            (step, _) => {
                let open = self.steps.last().is_some_and(|last| last.kernel.is_none() && fits(&last.tails[0]));
                if !(open && step + 1 < end) {
                    let tails = vec![Tail { dims, ..Tail::default() }];
                    self.steps.push(Step { kernel: None, reads: Vec::new(), makes: Vec::new(), tails });
                }
                (self.steps.len() - 1, 0)
            }
        };
        for id in reads {
            if self.made[*id] != (step, Some(tail)) {
                self.whole[self.root[*id].0] = true;
            }
        }
        let reads = reads.iter().map(|id| At::Value(*id)).collect();
        // A sum makes nothing; it is told apart by `what`.
        let to = makes.map_or(At::Row(0), At::Value);
        self.steps[step].tails[tail].ops.push(RowOp { what, reads, to });
        if let Some(id) = makes {
            self.made[id] = (step, Some(tail));
        }
    }

    /// Decides what is kept whole, and gives the rest rows.
    fn settle(&mut self) {
        for step in &mut self.steps {
            let makes = step.makes.clone();
            for (n, tail) in step.tails.iter_mut().enumerate() {
                let mut row = vec![];
                let mut settle = |id: Id, stores: &mut Vec<Id>| {
                    if self.whole[id] {
                        stores.push(id);
                        At::Value(id)
                    } else {
                        row.push(id);
                        At::Row(row.len() - 1)
                    }
                };
                if step.kernel.is_some() {
                    tail.result = Some(settle(makes[n], &mut tail.stores));
                }
                for op in &mut tail.ops {
                    if let (What::Map(_), At::Value(id)) = (op.what, op.to) {
                        op.to = settle(id, &mut tail.stores);
                    }
                }
                tail.rows = row.len();
                for op in &mut tail.ops {
                    for read in &mut op.reads {
                        if let At::Value(id) = *read
                            && let Some(place) = row.iter().position(|known| *known == id)
                        {
                            *read = At::Row(place);
                        }
                    }
                }
            }
        }
        for (n, step) in self.steps.iter().enumerate() {
            let rows = step.tails.iter().flat_map(|tail| tail.ops.iter().flat_map(|op| &op.reads));
            let rows = rows.filter_map(|at| if let At::Value(id) = at { Some(*id) } else { None });
            for id in step.reads.iter().copied().chain(rows) {
                let root = self.root[id].0;
                self.last[root] = self.last[root].max(n);
            }
        }
    }

    /// Gives buffers to what is kept: a buffer is free again behind the last step that reads it.
    fn program(self) -> Program {
        let mut buffers: Vec<usize> = Vec::new();
        let mut free: Vec<usize> = Vec::new();
        let mut busy: Vec<(usize, usize)> = Vec::new();
        let mut places = vec![None; self.graph.values.len()];
        let mut lives = vec![None; self.graph.values.len()];
        for (n, step) in self.steps.iter().enumerate() {
            busy.retain(|(until, buffer)| {
                let over = *until < n;
                if over {
                    free.push(*buffer);
                }
                !over
            });
            let stores = step.tails.iter().flat_map(|tail| tail.stores.iter().copied());
            let whole = step.makes.iter().copied().filter(|id| self.made[*id].1.is_none());
            for id in stores.chain(whole) {
                let size = self.graph.dims(id).iter().product();
                let known = free.iter().position(|buffer| buffers[*buffer] == size);
                let buffer = known.map_or(buffers.len(), |known| free.swap_remove(known));
                if buffer == buffers.len() {
                    buffers.push(size);
                }
                lives[id] = Some((n, self.last[id].max(n)));
                busy.push((self.last[id].max(n), buffer));
                places[id] = Some(Place { buffer, first: 0 });
            }
        }
        for (id, (root, first)) in self.root.iter().enumerate() {
            if *root != id {
                places[id] = places[*root].map(|place: Place| Place { first: place.first + first, ..place });
            }
        }
        let dims = self.graph.values.clone();
        let banks = self.graph.banks.clone();
        Program { banks, steps: self.steps, buffers, places, dims, roots: self.root, lives }
    }
}
