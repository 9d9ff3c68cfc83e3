//! Whatever compiles is cut into parts that run fused and parts that do not, and the plan of that can be printed; and it has a graph of
//! ONNX.

#![no_main]

use lcnnc::back::onnx::{self, NoGraph};
use lcnnc::fuse::cut::Cut;
use lcnnc::fuse::lower::Processor;
use lcnnc::fuse::plan;
use lcnnc_lang::{Options, Source};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.lcnn".to_owned(), text: text.to_owned() };
    let Some(net) = lcnnc_lang::compile(&source, &Options::default()).net else { return };
    for cut in [Cut::of(&net, Processor::Cpu), Cut::none(&net)] {
        assert!(!plan::emit(&net, &cut).is_empty());
    }
    // Loops that are kept: written out, a loop of many steps is a large graph.
    match onnx::emit(&net, &onnx::Options { loops: true, ..onnx::Options::default() }) {
        Ok(graph) => assert!(graph.model.graph.is_some_and(|graph| graph.output.len() == 1)),
        Err(error) => assert!(matches!(error, NoGraph::Windows { .. }), "{error}"),
    }
});
