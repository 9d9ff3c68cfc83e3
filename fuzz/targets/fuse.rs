//! Whatever compiles is cut into parts that run fused and parts that do not, and the plan of that can be printed.

#![no_main]

use lcnnc::fuse::plan;
use lcnnc::fuse::regions::Regions;
use lcnnc_lang::{Options, Source};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source { name: "fuzz.lcnn".to_owned(), text: text.to_owned() };
    let Some(net) = lcnnc_lang::compile(&source, &Options::default()).net else { return };
    for regions in [Regions::of(&net), Regions::none(&net)] {
        assert!(!plan::emit(&net, &regions).is_empty());
    }
});
