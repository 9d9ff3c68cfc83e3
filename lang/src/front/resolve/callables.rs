//! What a spec can call: kinds, built-in functions and measures, functions of the prelude, and its own functions and blocks.

use crate::front::const_eval;
use crate::front::graph::{Block, Function};
use crate::functions;
use crate::kinds;
use crate::syntax::ast::Name;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a spec can call, and what of its own is called.
#[derive(Debug)]
pub struct Callables<'f, 'a> {
    pub functions: &'f BTreeMap<&'a str, Function<'a>>,
    /// The blocks of the spec, each with the place where it is named.
    pub blocks: BTreeMap<&'a str, &'a Name>,
    /// The names of all parameters of blocks.
    pub params: BTreeSet<&'a str>,
    /// The functions and blocks of the spec that something names.
    named: RefCell<BTreeSet<String>>,
}

impl<'f, 'a> Callables<'f, 'a> {
    pub fn new(functions: &'f BTreeMap<&'a str, Function<'a>>, blocks: &BTreeMap<&'a str, Block<'a>>) -> Self {
        let params = blocks.values().flat_map(|block| block.params.iter().map(|param| block.graph.nodes[*param].name));
        let params = params.collect();
        let blocks = blocks.iter().map(|(name, block)| (*name, block.name)).collect();
        Self { functions, blocks, params, named: RefCell::default() }
    }

    /// Whether something that can be called has that name. If so, it counts as used.
    pub fn has(&self, name: &str) -> bool {
        if self.functions.contains_key(name) || self.blocks.contains_key(name) {
            self.named.borrow_mut().insert(name.to_owned());
            return true;
        }
        const_eval::is_callable(name)
    }

    /// Whether that is the name of something to call, or of a measure.
    pub fn takes(&self, name: &str) -> bool {
        self.has(name) || const_eval::measure(name).is_some()
    }

    /// The functions and blocks of the spec that nothing names, each with what it is, in words.
    pub fn unnamed(&self) -> Vec<(&'static str, &'a Name)> {
        let named = self.named.borrow();
        let functions = self.functions.values().filter(|f| !f.prelude).map(|f| ("the function", f.name));
        let all = functions.chain(self.blocks.values().map(|name| ("the block", *name)));
        all.filter(|(_, name)| !named.contains(&name.text)).collect()
    }

    /// The names of everything in the language that can be called.
    pub fn of_language(&self) -> Vec<&str> {
        let kinds = kinds::KINDS.iter().map(|kind| kind.name);
        let built_in = functions::FUNCTIONS.iter().map(|function| function.name);
        let measures = const_eval::MEASURES.iter().map(|measure| measure.name);
        let prelude = self.functions.iter().filter(|(_, function)| function.prelude).map(|(name, _)| *name);
        kinds.chain(built_in).chain(measures).chain(prelude).collect()
    }

    /// The names of the functions and blocks of the spec.
    pub fn own(&self) -> Vec<&str> {
        let functions = self.functions.iter().filter(|(_, function)| !function.prelude).map(|(name, _)| *name);
        functions.chain(self.blocks.keys().copied()).collect()
    }
}
