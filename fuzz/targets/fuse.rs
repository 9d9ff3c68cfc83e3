//! Whatever compiles is cut into parts that run fused and parts that do not, and the plan of that can be printed.

#![no_main]

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
});
